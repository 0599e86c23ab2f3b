/*
 * What native blocks that no object owns look like: by size, by what their
 * first word is, and by whether anything still leads to them.
 */
#ifndef WHYMEM_HEAP_UNOWNED_H
#define WHYMEM_HEAP_UNOWNED_H

#include "heap/state.h"

/* Fills snapshot->unowned, the largest first. After the account. */
struct error *unowned_find(struct heap *heap);

#endif
