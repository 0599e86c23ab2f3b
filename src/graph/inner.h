/*
 * The inner graph: the nodes that have successors, numbered densely in their
 * order, and the edges between them. Whatever asks for paths only needs these;
 * on heaps of objects it is less than half of the nodes and a third of the edges.
 */
#ifndef WHYMEM_GRAPH_INNER_H
#define WHYMEM_GRAPH_INNER_H

#include "base/column.h"
#include "graph/bits.h"
#include "graph/graph.h"

/* An inner node. Its edges end where those of the next row begin. */
struct row {
	uint64_t first;  /* edge */
	uint32_t number; /* for the search to use; 0 at first */
	uint32_t node;   /* in the whole graph */
};

struct inner_graph {
	uint32_t n;
	struct column bits; /* uint64_t, a bit a node of the whole graph: is inner */
	struct column rank; /* uint32_t, inner nodes before each 64 nodes */
	struct column rows; /* struct row, n + 1 */
	struct column to;   /* uint32_t, row that an edge leads to */
};

/* The inner nodes whose bit is set in `among` (all when NULL). */
struct error *inner_graph_init(
	struct inner_graph *inner, const struct graph *graph, const uint64_t *among);
void inner_graph_deinit(struct inner_graph *inner);

/* Lets go of rows and edges; who is inner stays known. */
void inner_graph_trim(struct inner_graph *inner);

static inline bool inner_has(const struct inner_graph *inner, uint32_t node)
{
	return bits_get(inner->bits.data, node);
}

/* The row of a node, which must be inner; of another, that of the next inner one. */
static inline uint32_t inner_row(const struct inner_graph *inner, uint32_t node)
{
	const uint64_t *bits = inner->bits.data;
	const uint32_t *rank = inner->rank.data;
	uint64_t before = bits[node / 64] & ((1ull << node % 64) - 1);
	return rank[node / 64] + (uint32_t)__builtin_popcountll(before);
}

/* The node that edge `edge` of the whole graph belongs to. */
uint32_t edge_source(const struct graph *graph, uint64_t edge);

#endif
