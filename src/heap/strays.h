/*
 * Objects in memory of allocators that are recognised but not walked (jemalloc,
 * mimalloc ...): nobody tells which blocks are in use there, so every word is
 * tried, and what looks like a live object by all that its head says is one.
 * Sizes of blocks are not known; those of the objects stand for them.
 */
#ifndef WHYMEM_HEAP_STRAYS_H
#define WHYMEM_HEAP_STRAYS_H

#include "heap/state.h"

/* Where to look: private anonymous memory that no walked allocator owns. None when all are walked.
 */
struct error *strays_find_ranges(struct heap *heap);

/* Adds the objects in heap->strays to heap->ids. */
struct error *strays_classify(struct heap *heap);

/* Does `address` lie in one of the ranges? */
bool strays_has(const struct heap *heap, addr_t address);

#endif
