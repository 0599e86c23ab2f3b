/*
 * A moment: what is kept of a capture when its snapshot is gone, so that another
 * one can be compared with it. Holders by the fingerprint of their path, classes
 * of objects by name, the account, and the outline of the heap for what is no
 * row itself.
 */
#ifndef WHYMEM_MOMENT_H
#define WHYMEM_MOMENT_H

#include "analysis/account.h"
#include "analysis/bounds.h"
#include "analysis/classes.h"
#include "analysis/origins.h"
#include "analysis/outline.h"
#include "answers/expect.h"

/* The line that allocated most of what a row holds. */
struct moment_origin {
	char *file, *function; /* NULL: not known */
	uint32_t line;
	uint64_t n_bytes;
};

/* A row that can be found again in another capture. */
struct moment_row {
	uint64_t key;     /* fingerprint, or hash of module and name */
	uint64_t address; /* 0: none */
	uint32_t type_hash;
	uint32_t entry; /* in the outline, or OUTLINE_NONE */
	bool is_group;
	bool is_small;              /* a group that is no row by itself */
	char *path;                 /* of a class: module.name */
	char *merged;               /* the path with [*] for indices; NULL when it is the same */
	char *type, *module, *file; /* may be NULL */
	uint32_t line;
	uint64_t count;   /* items of a container, members, objects; UINT64_MAX: none */
	uint64_t n_bytes; /* retained, of a class own */
	bool is_bounded;
	uint64_t bound; /* most items, UINT64_MAX: not known */
	struct moment_origin origin;
};

struct moment_rows {
	struct moment_row *data; /* by key */
	size_t n, capacity;
};

struct moment {
	uint64_t pid, started_unix_ns, captured_unix_ns;
	uint64_t rss_bytes; /* UINT64_MAX: unknown */
	uint64_t total_bytes, limit_bytes, used_bytes;
	uint64_t n_objects;
	struct account account;
	struct outline outline;
	struct moment_rows holders;
	struct moment_rows classes;
	struct expect_value values[EXPECTATIONS_MAX];

	/* the verdict of this capture alone */
	const char *verdict_kind, *verdict_part;
	char *verdict_path, *verdict_text;
	uint64_t verdict_bytes;
};

struct moment_options {
	bool has_classes;
	enum by by; /* of the classes */
	const struct expectation *expectations;
	size_t n_expectations;
};

struct error *moment_init(
	struct moment *moment, struct analysis *analysis, const struct moment_options *options);
void moment_deinit(struct moment *moment);

/* Were both taken of one process? */
bool moment_is_same_process(const struct moment *a, const struct moment *b);

/* What stands at a place of a moment. */
struct standing {
	uint64_t n_bytes;
	uint64_t count; /* UINT64_MAX: none */
	uint32_t n;     /* objects that have the path; 0: nothing of a size that is kept */
	uint32_t entry; /* one of them in the outline, or OUTLINE_NONE */
};

/* The place of `row`, which is a holder of this or of another moment. */
struct standing moment_standing(
	const struct moment *moment, const struct moment_row *row, bool is_same_process);

/* The class of that key; zeros when there is none. */
struct standing moment_class(const struct moment *moment, uint64_t key);

/* The key of a class. */
uint64_t class_key(const char *module, const char *name);

/* Sets the path, type and module of a row to those of a class. */
struct error *class_row_name(
	struct moment_row *row, const struct population *population, enum by by);

/* Makes rows of holders and adds them; of their memory only that of `set` (a bit a node) counts. */
struct error *moment_rows_add(struct moment_rows *rows, struct analysis *analysis,
	const struct outline *outline, const struct holders *holders, const uint64_t *set);
void moment_row_deinit(struct moment_row *row);
void moment_rows_deinit(struct moment_rows *rows);

#endif
