/*
 * Live objects that keep nearly empty arenas of pymalloc from being returned.
 */
#ifndef WHYMEM_HEAP_PINS_H
#define WHYMEM_HEAP_PINS_H

#include "heap/state.h"

/* Fills snapshot->pins, by object. After the account. */
struct error *pins_find(struct heap *heap);

#endif
