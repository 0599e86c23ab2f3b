/*
 * Who owns native memory: blocks of C code that objects point at, directly or
 * through other native blocks.
 *
 * Breadth first from all objects at once: a block goes to the object that
 * reaches it in the fewest steps, of several to the one with the lowest id.
 * What the interpreter's own variables point at is the interpreter's.
 */
#ifndef WHYMEM_HEAP_NATIVE_H
#define WHYMEM_HEAP_NATIVE_H

#include "heap/sites.h"

struct native_edge {
	obj_id from, to;
};

struct native_edges {
	VEC(struct native_edge) edges; /* by `from` */
};

/*
 * `walks` in order of their ranges of ids; `late` gets where the memory was allocated. Appends
 * FACT_NATIVE_BYTES and FACT_NATIVE_MISSING to the facts of the last one. *ret: objects that native
 * blocks point at, as edges of the owner of the block.
 */
struct error *native_assign(struct heap *heap, struct walk *walks, unsigned n_walks,
	struct late_sites *late, struct native_edges *ret);

#endif
