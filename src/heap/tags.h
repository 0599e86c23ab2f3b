/*
 * The tags of a traced process (trace/tags.h), read out of the image at once:
 * then nothing keeps it. Of each block the node alone is kept, a bit for each
 * granule tells where one begins: about a thirtieth of the heap.
 */
#ifndef WHYMEM_HEAP_TAGS_H
#define WHYMEM_HEAP_TAGS_H

#include "base/column.h"
#include "heap/agent.h"

struct tags {
	struct column leaves; /* struct tag_leaf, by address of what they tell of */
	struct column nodes;  /* uint32_t, of the blocks of a leaf one behind the other */
};

/* Empty unless the agent is tracing. */
struct error *tags_init(struct tags *tags, const struct agent *agent);
void tags_deinit(struct tags *tags);

/* Remembers where it looked last; one a thread. */
struct tag_cursor {
	const struct tag_leaf *leaf;
};

/*
 * The node whose stack allocated the block that its user sees at `start`;
 * TRACE_NODE_UNTRACED when nobody counted it.
 */
uint32_t tags_find(const struct tags *tags, struct tag_cursor *cursor, addr_t start);

#endif
