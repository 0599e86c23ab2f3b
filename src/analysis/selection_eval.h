/* What the files that carry out a selection share. Sets have a bit a node. */
#ifndef WHYMEM_SELECTION_EVAL_H
#define WHYMEM_SELECTION_EVAL_H

#include "analysis/selection_int.h"

/* An empty set; NULL when memory ran out. */
uint64_t *selection_set(const struct analysis *analysis);

/* ---- selection_words.c ---- */

/* Sets the bits of the objects that a target names: an address, a type or a path. */
struct error *select_target(struct analysis *analysis, const char *target, uint64_t *set);

/* Of those that a flag or a value selects. */
struct error *select_word(
	struct analysis *analysis, enum word word, const char *value, uint64_t *set);

/* ---- selection_relations.c ---- */

/* Fills the empty `ret` with what stands in the relation `word` to `set`. */
struct error *select_related(
	struct analysis *analysis, enum word word, const uint64_t *set, uint64_t *ret);

#endif
