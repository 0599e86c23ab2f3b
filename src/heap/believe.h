/*
 * Words of static data and of running frames' stacks that look like references:
 * are they? A scan finds stale addresses too (free lists, freed caches, slots
 * above the top of a stack), whose objects live again elsewhere. The reference
 * count decides: such an edge stands only if the object counts more references
 * than layouts account for.
 */
#ifndef WHYMEM_HEAP_BELIEVE_H
#define WHYMEM_HEAP_BELIEVE_H

#include "heap/state.h"

/* Drops the scanned edges of synthetic nodes that no reference count bears out. */
struct error *believe_roots(struct heap *heap, struct column *start, struct column *to,
	struct column *kind, struct column *operand);

#endif
