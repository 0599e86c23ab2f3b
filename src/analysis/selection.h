/*
 * Selections: sets of objects by a small language, whymem-select(7).
 *
 *	type:Session & held-by:app.cache.RESULTS - module:json
 *	(type:app.Client).socket
 *
 * A term is a target (an address, a type or a path), `word`, `word:value` or
 * `relation(selection)`; `~ - & ^ |` combine sets and bind as in Python.
 *
 * selection_parse.c turns text into steps in postfix order, selection.c carries
 * them out on a stack of bit sets; both are loops, so that no expression is too
 * deep. Same snapshot, same set.
 */
#ifndef WHYMEM_SELECTION_H
#define WHYMEM_SELECTION_H

#include "analysis/analysis.h"

/*
 * The objects that `expression` selects: a bit a node (words_of()), to be freed
 * by the caller. USAGE tells what cannot be read, and where.
 */
struct error *selection_find(struct analysis *analysis, const char *expression, uint64_t **set_ret);

/* The objects of a set in order of their ids; the caller frees the vector. */
struct error *selection_ids(
	const struct analysis *analysis, const uint64_t *set, struct obj_ids *ret);

uint64_t selection_count(const struct analysis *analysis, const uint64_t *set);

#endif
