/*
 * Small random graphs of many shapes, for comparison with brute force.
 */
#ifndef WHYMEM_TESTS_RANDOM_GRAPH_H
#define WHYMEM_TESTS_RANDOM_GRAPH_H

#include "graph/bits.h"
#include "graph/graph.h"

#include <stdlib.h>

#define GRAPH_NODES_MAX 48
#define GRAPH_EDGES_MAX (GRAPH_NODES_MAX * 6)
#define GRAPH_ROOTS_MAX 6
#define GRAPH_WORDS ((GRAPH_NODES_MAX + 63) / 64)

struct random_graph {
	struct graph graph;
	uint64_t start[GRAPH_NODES_MAX + 1];
	uint32_t to[GRAPH_EDGES_MAX];
	uint32_t roots[GRAPH_ROOTS_MAX];
	uint32_t n_roots;
	uint64_t weight[GRAPH_NODES_MAX];
};

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % n);
}

static uint32_t clamp(uint32_t value, uint32_t largest)
{
	return MIN(value, largest);
}

/* Where an edge of `from` leads, by the character of the graph. */
static uint32_t random_target(unsigned shape, uint32_t n, uint32_t from)
{
	switch (shape) {
	case 0: /* anything */
		return random_below(n);
	case 1: /* forward: no cycles */
		return from + 1 < n ? from + 1 + random_below(n - from - 1) : from;
	case 2: /* near: long chains with back edges */
		return clamp(from + random_below(4) - MIN(from, 1), n - 1);
	case 3: /* hubs */
		return random_below(random_below(3) ? clamp(n, 3) : n);
	default: /* a tree with shared leaves in its upper half */
		return random_below(4) ? clamp(from * 2 + 1 + random_below(2), n - 1)
				       : n - 1 - random_below((n + 1) / 2);
	}
}

static void random_graph_make(struct random_graph *made, uint64_t seed)
{
	*made = (struct random_graph){0};
	random_state = seed * 7919 + 13;
	uint32_t n = 1 + random_below(GRAPH_NODES_MAX);
	unsigned shape = (unsigned)(seed % 5), density = 1 + random_below(5);
	uint32_t leaf_percent = random_below(80), n_edges = 0;
	for (uint32_t i = 0; i < n; i++) {
		made->start[i] = n_edges;
		made->weight[i] = random_below(1000);
		uint32_t degree = random_below(100) < leaf_percent ? 0 : random_below(density + 1);
		for (uint32_t k = 0; k < degree; k++) {
			made->to[n_edges++] = random_target(shape, n, i);
		}
	}
	made->start[n] = n_edges;
	made->n_roots = random_below(GRAPH_ROOTS_MAX + 1);
	for (uint32_t i = 0; i < made->n_roots; i++)
		made->roots[i] = random_below(n);
	made->graph = (struct graph){.n = n, .start = made->start, .to = made->to};
}

/* Which nodes of `among` are reached from the roots when `removed` is not there. */
static void brute_reach(const struct random_graph *made, const uint32_t *roots, uint32_t n_roots,
	const bool *among, uint32_t removed, bool *reached)
{
	uint32_t stack[GRAPH_NODES_MAX * (GRAPH_NODES_MAX + 1)], depth = 0;
	memset(reached, 0, GRAPH_NODES_MAX * sizeof(*reached));
	for (uint32_t i = 0; i < n_roots; i++)
		stack[depth++] = roots[i];
	while (depth) {
		uint32_t node = stack[--depth];
		if (reached[node] || node == removed || (among && !among[node]))
			continue;
		reached[node] = true;
		for (uint64_t e = made->start[node]; e < made->start[node + 1]; e++)
			stack[depth++] = made->to[e];
	}
}

#endif
