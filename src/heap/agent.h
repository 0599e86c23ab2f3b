/*
 * The agent of `whymem run` inside a captured process (trace/tags.h): where its
 * tags and its table are, and which memory is its own.
 *
 * Tags are private memory of the process and frozen with it; the table of
 * stacks is shared, so it is read as it is when it is asked for: stacks that it
 * knew at the freeze never change. Nothing of both is trusted.
 */
#ifndef WHYMEM_HEAP_AGENT_H
#define WHYMEM_HEAP_AGENT_H

#include "base/vec.h"
#include "target/capture.h"
#include "trace/trace.h"

struct agent_span {
	addr_t begin, end;
};

/* Tags of the memory from `base` on. */
struct agent_leaf {
	addr_t at, base;
};

struct agent {
	const struct mem *mem;
	const struct map *module;      /* first map of its file; NULL: there is no agent */
	addr_t directory, table;       /* 0: not known */
	uint32_t n_nodes;              /* of the table; 0: nothing is counted, tags tell nothing */
	uint32_t now;                  /* as in tags */
	bool knows_time;               /* somebody sets the clock of the process */
	VEC(struct agent_span) memory; /* of the tags: by address, disjoint */
	VEC(struct agent_leaf) leaves; /* by base */
	VEC(struct agent_span) data;   /* its variables */
};

struct error *agent_find(const struct capture *capture, struct agent *ret);
void agent_deinit(struct agent *agent);

static inline bool agent_is_tracing(const struct agent *agent)
{
	return agent->n_nodes;
}

/* Is `map`, which is shared, the table? */
static inline bool agent_has_table(const struct agent *agent, const struct map *map)
{
	return agent->table >= map->start && agent->table < map->end;
}

/* A copy of the table; to be closed by trace_close(). */
struct error *agent_copy_table(
	const struct agent *agent, const struct capture *capture, struct trace *ret);

#endif
