/*
 * Classifiers: what row of `whymem types --by ...` an object belongs to.
 */
#ifndef WHYMEM_CLASSES_H
#define WHYMEM_CLASSES_H

#include "analysis/analysis.h"

enum by { BY_TYPE, BY_CLASS, BY_MODULE, BY_SIZE, BY_REFERRERS, BY_OWNER, BY_GENERATION };

/* The classifier of that name; BY_TYPE for NULL; false when there is none. */
bool by_find(const char *name, enum by *ret);

const char *by_name(enum by by);

/* A class of a classifier; `keys` says which objects are in it. */
struct population {
	uint64_t key;
	uint64_t count, self_bytes, size_bytes;
	obj_id first;       /* object in it */
	char *name;         /* NULL: not known */
	const char *module; /* NULL: none */
};

struct classes {
	uint64_t *key;  /* by object; freed with analysis_free() */
	type_id *owner; /* by node: type of the object whose __dict__ it is, TYPE_NONE */
	VEC(struct population) rows;      /* by bytes, then by name */
	VEC(struct label_set) label_sets; /* BY_REFERRERS */
	VEC(uint32_t) labels;
};

/* Different kinds of referrers, `n` from `first` on in the labels. */
struct label_set {
	uint64_t key;
	uint32_t first, n;
};

struct error *classes_init(struct classes *classes, struct analysis *analysis, enum by by);
void classes_deinit(struct classes *classes, const struct analysis *analysis);

/* ---- referrers.c ---- */

/* Keys by the set of what refers to an object: types, dicts of types, kinds of holders. */
struct error *referrers_classify(struct classes *classes, const struct analysis *analysis);
void referrers_render(const struct classes *classes, const struct snapshot *snapshot, uint64_t key,
	struct text *text);

#endif
