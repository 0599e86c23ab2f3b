/*
 * The tags of a traced process (trace/tags.h), read out of the image at once:
 * then nothing keeps it. Of each block the node and the age are kept, a bit for
 * each granule tells where one begins: about a tenth of the heap.
 */
#ifndef WHYMEM_HEAP_TAGS_H
#define WHYMEM_HEAP_TAGS_H

#include "base/column.h"
#include "heap/agent.h"

struct tags {
	struct column areas; /* struct tag_area, by address */
	struct column known; /* struct tag, of the blocks of an area one behind the other */
};

_Static_assert(SNAP_AGE_UNIT_NS == TRACE_NS_PER_TICK, "ages are kept as they are counted");

/* Empty unless the agent is tracing. */
struct error *tags_init(struct tags *tags, const struct agent *agent);
void tags_deinit(struct tags *tags);

/* Remembers where it looked last; one a thread. */
struct tag_cursor {
	const struct tag_area *area;
};

/* What is known of a block. */
struct tag {
	uint32_t node; /* whose stack allocated it; TRACE_NODE_UNTRACED when nobody counted it */
	uint32_t age;  /* in ticks of the table, or SNAP_NO_AGE */
};

/* Of the block that its user sees at `start`. */
struct tag tags_find(const struct tags *tags, struct tag_cursor *cursor, addr_t start);

#endif
