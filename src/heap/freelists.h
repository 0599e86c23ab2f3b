/*
 * Free lists of the interpreter: dead objects that keep their blocks for reuse.
 * They still look alive, so their blocks are claimed (OWNER_FREELIST) before
 * blocks are classified.
 */
#ifndef WHYMEM_HEAP_FREELISTS_H
#define WHYMEM_HEAP_FREELISTS_H

#include "heap/blocks.h"

void freelists_claim(const struct cpython *cpython, struct blocks *blocks);

#endif
