/*
 * Which blocks in use hold objects: fills the set of objects, books them as
 * OWNER_OBJECT (dead ones as OWNER_FREELIST) and counts who has to be read.
 *
 * A block holds an object when a known type stands where the type's own prefix
 * puts it, the reference count is plausible, and the size fits the block.
 */
#ifndef WHYMEM_HEAP_CLASSIFY_H
#define WHYMEM_HEAP_CLASSIFY_H

#include "heap/state.h"

/* Objects in heap blocks; parallel. Free lists must have been claimed. */
struct error *classify_blocks(struct heap *heap);

/* Objects in the data of programs and of interpreters' states. */
struct error *classify_statics(struct heap *heap);

#endif
