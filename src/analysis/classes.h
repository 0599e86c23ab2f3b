/*
 * Classifiers: what row of `whymem types --by ...` an object belongs to.
 */
#ifndef WHYMEM_CLASSES_H
#define WHYMEM_CLASSES_H

#include "analysis/ages.h"
#include "analysis/analysis.h"
#include "analysis/labels.h"

enum by {
	BY_TYPE,
	BY_CLASS,
	BY_MODULE,
	BY_SIZE,
	BY_REFERRERS,
	BY_VIA,
	BY_OWNER,
	BY_GENERATION,
	BY_AGE,
	BY_LINE
};

/* The classifier of that name; BY_TYPE for NULL; false when there is none. */
bool by_find(const char *name, enum by *ret);

const char *by_name(enum by by);

/* A class of a classifier; `keys` says which objects are in it. */
struct population {
	uint64_t key;
	uint64_t count, self_bytes, size_bytes;
	obj_id first;                /* object in it */
	char *name;                  /* NULL: not known */
	const char *module;          /* NULL: none */
	const char *file, *function; /* BY_LINE; NULL: not known */
	uint32_t line;
	struct age_sum ages;
};

struct classes {
	enum by by;
	uint64_t *key; /* by object: of the row that its bytes are in; freed with analysis_free() */
	type_id *owner; /* by node: type of the object whose __dict__ it is, TYPE_NONE */
	VEC(struct population) rows;      /* by bytes, then by name */
	VEC(struct label_set) label_sets; /* BY_REFERRERS, BY_VIA */
	VEC(uint32_t) labels;
	VEC(struct reference_name) names; /* BY_VIA: what the labels stand for */
};

struct reference_name {
	uint64_t hash;
	struct label label;
};

/* Different labels, `n` from `first` on in the labels. */
struct label_set {
	uint64_t key;
	uint32_t first, n;
};

/* Rows count the objects of `only` (a bit a node), all objects when it is NULL. */
struct error *classes_init(
	struct classes *classes, struct analysis *analysis, enum by by, const uint64_t *only);
void classes_deinit(struct classes *classes, const struct analysis *analysis);

/* Is that the name of the row, with its module or without? */
bool population_is_called(const struct population *row, const char *name);

/* ---- referrers.c ---- */

/* Keys by the set of what refers to an object: types, dicts of types and kinds of holders;
 * BY_VIA by the names of the references. */
struct error *referrers_classify(
	struct classes *classes, const struct analysis *analysis, enum by by);
void referrers_render(const struct classes *classes, const struct snapshot *snapshot, uint64_t key,
	struct text *text);

#endif
