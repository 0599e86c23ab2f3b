/*
 * What C code holds: objects that no root reaches although their reference
 * counts exceed the references found among the unreached. The collector's own
 * rule (gcmodule.c, subtract_refs), applied from outside.
 */
#ifndef WHYMEM_HEAP_REACH_H
#define WHYMEM_HEAP_REACH_H

#include "heap/state.h"

/* An object held by C code. */
struct held {
	obj_id object;
	uint32_t excess; /* references not accounted for; 0: immortal */
};

struct held_objects {
	VEC(struct held) objects; /* by id */
};

/* heap->snapshot must have its edges; its roots are all synthetic nodes. */
struct error *reach_find_held(struct heap *heap, struct held_objects *ret);

#endif
