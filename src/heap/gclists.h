/*
 * The lists of the garbage collector give each tracked object its generation.
 *
 * All lists are walked from both ends at once, in step; when all but one have
 * ended, what was not met belongs to that one. So the longest list, usually all
 * of the heap, is never walked: following it costs a cache miss for each object.
 */
#ifndef WHYMEM_HEAP_GCLISTS_H
#define WHYMEM_HEAP_GCLISTS_H

#include "heap/state.h"

/* Sets OBJECT_TRACKED and the generation in snapshot->flags; heap->rest_generation. */
void gclists_read(struct heap *heap);

/* Adds gc.enabled, gc.threshold0 .. 2, gc.count0 .. 2, gc.collecting to the figures. */
struct error *gclists_figures(struct heap *heap);

#endif
