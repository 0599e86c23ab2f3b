/*
 * Words of static data that look like references: are they? A scan finds stale
 * addresses too (free lists, freed caches), whose objects live again elsewhere.
 * The reference count decides: an edge that a scan of roots found stands only
 * if the object counts more references than layouts account for.
 */
#ifndef WHYMEM_HEAP_BELIEVE_H
#define WHYMEM_HEAP_BELIEVE_H

#include "heap/state.h"

/* Drops the scanned edges of synthetic nodes that no reference count bears out. */
struct error *believe_roots(struct heap *heap, struct column *start, struct column *to,
	struct column *kind, struct column *operand);

#endif
