/*
 * Graphs made to measure: the shape of a Python heap, and the shapes that make
 * careless algorithms quadratic or overflow their stack. Made from a seed, so
 * that every run sees the same ones.
 */
#ifndef WHYMEM_BENCH_GRAPH_SHAPES_H
#define WHYMEM_BENCH_GRAPH_SHAPES_H

#include "graph/graph.h"

struct shape {
	struct graph graph;
	uint64_t *start; /* n + 2; columns as those of a snapshot */
	uint32_t *to;
	uint64_t n_edges;
	uint32_t *roots;
	uint32_t n_roots;
};

/*
 * The graph called `name` of about `n` nodes:
 *	heap		records in lists: 55 % leaves, 1.8 edges a node, shared types and keys
 *	shuffled	the same, its nodes numbered at random
 *	chain		one chain of n nodes
 *	shared		two chains that share their payloads
 *	double		a doubly linked list with payloads, entered from both ends
 *	random		2.5 random edges a node
 * False when there is no such shape, or no memory for it.
 */
bool shape_make(const char *name, uint32_t n, struct shape *ret);
void shape_free(struct shape *shape);

/* The names above, ended by NULL. */
extern const char *const shape_names[];

#endif
