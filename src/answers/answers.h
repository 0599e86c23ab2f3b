/*
 * Answers: one function a command turns an analysed snapshot into a document.
 * The last room that knows Python.
 */
#ifndef WHYMEM_ANSWERS_H
#define WHYMEM_ANSWERS_H

#include "base/document.h"
#include "snap/snapshot.h"

/* A snapshot with what is computed on it (analysis/analysis.h). */
struct analysis;

/* What is kept of an earlier capture (answers/moment.h). */
struct moment;

struct answer_options {
	uint32_t top;  /* rows of a table; 0 is all */
	bool retained; /* types: fill retained_bytes */
	const struct moment
		*since; /* explain, types, retained: rows also tell their growth; NULL */
	const char *by; /* types: type, class, module, size ... (analysis/classes.h); NULL: type */
	const char *sort;  /* types: bytes or count; NULL: bytes */
	const char *query; /* why, refs: a selection, such as an address, a type name or a path */
	const char *only;  /* types, retained, rows: a selection; NULL: all objects */
	const char *to;    /* refs: a selection that a chain ends in; NULL: none */
	bool back, chain;  /* refs: to what refers to the objects; the shortest way alone */
	uint32_t depth;    /* refs: levels; 0: all */
	const char *avoid; /* why, refs: a selection that no path goes through; NULL: none */
};

/*
 * Each fills the command's own keys of JSON.md into `root` (the envelope is
 * the caller's, answer_target()).
 */
struct error *answer_explain(struct analysis *, const struct answer_options *, struct row *root);
struct error *answer_types(struct analysis *, const struct answer_options *, struct row *root);
struct error *answer_retained(struct analysis *, const struct answer_options *, struct row *root);
struct error *answer_why(struct analysis *, const struct answer_options *, struct row *root);
struct error *answer_refs(struct analysis *, const struct answer_options *, struct row *root);
struct error *answer_native(struct analysis *, const struct answer_options *, struct row *root);
struct error *answer_garbage(struct analysis *, const struct answer_options *, struct row *root);
struct error *answer_caches(struct analysis *, const struct answer_options *, struct row *root);
struct error *answer_dups(struct analysis *, const struct answer_options *, struct row *root);
struct error *answer_advice(struct analysis *, const struct answer_options *, struct row *root);

/* `whymem advice --list`: all rules, without a snapshot. */
void answer_rules(struct row *root);

/* The `target` row of the envelope; `kind` is process, snapshot or core. */
void answer_target(const struct snapshot *snapshot, const char *kind, struct row *target);

/*
 * `whymem rows`: calls emit(arg, line) for each object and edge, with `only` for
 * those of the selection and the edges that leave them; lines are JSON without a
 * newline. Stops when emit returns false.
 */
struct error *answer_rows(struct analysis *, const struct answer_options *,
	bool (*emit)(void *arg, const char *line), void *arg);

#endif
