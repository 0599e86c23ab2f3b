/*
 * The object graph in compressed rows, and what is computed on it: pure
 * functions over columns, iterative, linear or nearly so on every shape.
 *
 * Nodes are 0 .. n-1. The virtual super-root is GRAPH_ROOT; its successors are
 * given as a list of roots. The graph must be whole (snapshot_check()): rows in
 * order, edges that lead to nodes. Arrays of results hold anything after a
 * failure. Knows nothing about Python or output.
 */
#ifndef WHYMEM_GRAPH_H
#define WHYMEM_GRAPH_H

#include "base/column.h"
#include "base/error.h"

#define GRAPH_ROOT UINT32_MAX /* as an immediate dominator: held by several roots, or a root */
#define GRAPH_UNREACHED                                                                            \
	(UINT32_MAX - 1) /* as an immediate dominator: not reached from any root                   \
			  */

struct graph {
	uint32_t n;
	const uint64_t *start; /* n + 1 */
	const uint32_t *to;
};

/*
 * Immediate dominators of all nodes, from the roots. idom_ret[n] is filled with
 * a node, GRAPH_ROOT or GRAPH_UNREACHED.
 *
 * Semi-NCA over the nodes that have successors, renumbered in preorder, with
 * skew-binary jump pointers; nodes without successors are folded in by one
 * pass afterwards. O(n log n) on every shape.
 */
struct error *graph_dominators(
	const struct graph *graph, const uint32_t *roots, uint32_t n_roots, uint32_t *idom_ret);

/*
 * Dominators of a graph in two stages: first from `roots`; then, among the
 * nodes left unreached, from a second super-root over those that must be
 * started from: the lowest node of each strongly connected component that no
 * other unreached one leads to. Nodes of the second stage get idoms within it,
 * GRAPH_ROOT at its top, and a set bit in second_ret (a bit a node).
 */
struct error *graph_dominators_two_stage(const struct graph *graph, const uint32_t *roots,
	uint32_t n_roots, uint32_t *idom_ret, uint64_t *second_ret);

/*
 * For each node that dominates others the weight of itself and of all that it
 * dominates. `idom` must come from graph_dominators*(). `weight` is called once
 * a node, from several threads.
 */
typedef uint64_t (*graph_weight_fn)(const void *arg, uint32_t node);

struct graph_sums {
	uint32_t n;
	struct column bits; /* uint64_t, a bit a node: dominates others */
	struct column rank; /* uint32_t, such nodes before each 64 nodes */
	struct column sum;  /* uint64_t, one for each of them */
};

struct error *graph_sums_init(struct graph_sums *sums, uint32_t n, const uint32_t *idom,
	graph_weight_fn weight, const void *arg);
void graph_sums_deinit(struct graph_sums *sums);

/* Does `node` dominate others? */
static inline bool graph_sums_has(const struct graph_sums *sums, uint32_t node)
{
	return ((const uint64_t *)sums->bits.data)[node / 64] >> node % 64 & 1;
}

/* The place of the sum of `node`, which must have one. */
static inline uint32_t graph_sums_index(const struct graph_sums *sums, uint32_t node)
{
	uint64_t before =
		((const uint64_t *)sums->bits.data)[node / 64] & ((1ull << node % 64) - 1);
	return ((const uint32_t *)sums->rank.data)[node / 64] +
	       (uint32_t)__builtin_popcountll(before);
}

/* What `node` and all that it dominates weigh; `weight` is its own weight. */
static inline uint64_t graph_sums_get(const struct graph_sums *sums, uint32_t node, uint64_t weight)
{
	return graph_sums_has(sums, node)
		       ? ((const uint64_t *)sums->sum.data)[graph_sums_index(sums, node)]
		       : weight;
}

/* The children lists of a dominator tree: children of i are child[start[i] .. start[i+1]);
 * those of the super-root stand at i == n. */
struct dominator_tree {
	uint32_t n;
	uint64_t *start; /* n + 2 */
	uint32_t *child;
};

struct error *dominator_tree_init(struct dominator_tree *tree, uint32_t n, const uint32_t *idom);
void dominator_tree_deinit(struct dominator_tree *tree);

/* reached_ret: a bit a node, set when reachable from the roots. Parallel-free, iterative. */
struct error *graph_reach(
	const struct graph *graph, const uint32_t *roots, uint32_t n_roots, uint64_t *reached_ret);

/*
 * Strongly connected components (iterative Tarjan) of the nodes whose bit is
 * set in `among` (all when NULL). component_ret[n]: dense component number in
 * reverse topological order, or GRAPH_UNREACHED outside `among`.
 */
struct error *graph_components(const struct graph *graph, const uint64_t *among,
	uint32_t *component_ret, uint32_t *n_components_ret);

/*
 * Cheapest paths from several roots, found together: a bucketed breadth-first
 * search where root r starts at cost root_cost[r], and edge e costs
 * edge_cost(arg, e) (0 .. 15; 255 forbids it). Stops when all `wanted` nodes
 * (a bit each) are reached, or everything is; nodes that are neither wanted nor
 * lead anywhere may be left out. Ties go to the smaller root index, then the
 * smaller edge index. Costs memory where nodes are reached only.
 */
struct graph_paths {
	const struct graph *graph;
	struct column
		parent; /* uint32_t, XOR GRAPH_UNREACHED: a zero is a node that was not reached */
	struct column edge; /* uint32_t, index among the edges of the parent */
};

typedef uint8_t (*edge_cost_fn)(void *arg, uint32_t from, uint64_t edge);
struct error *graph_paths_init(struct graph_paths *paths, const struct graph *graph,
	const uint32_t *roots, const uint32_t *root_cost, uint32_t n_roots, edge_cost_fn edge_cost,
	void *arg, const uint64_t *wanted);
void graph_paths_deinit(struct graph_paths *paths);

/* The node before `node` on its cheapest path, GRAPH_ROOT for roots, GRAPH_UNREACHED. */
static inline uint32_t graph_paths_parent(const struct graph_paths *paths, uint32_t node)
{
	return ((const uint32_t *)paths->parent.data)[node] ^ GRAPH_UNREACHED;
}

/* The edge into `node` on its cheapest path, UINT64_MAX for roots and unreached. */
static inline uint64_t graph_paths_edge(const struct graph_paths *paths, uint32_t node)
{
	uint32_t parent = graph_paths_parent(paths, node);
	if (parent >= GRAPH_UNREACHED)
		return UINT64_MAX;
	return paths->graph->start[parent] + ((const uint32_t *)paths->edge.data)[node];
}

/* Edges reversed: predecessors of i are from[start[i] .. start[i+1]), and their edge indices. */
struct graph_inverse {
	uint32_t n;
	uint64_t *start;
	uint32_t *from;
};

struct error *graph_inverse_init(struct graph_inverse *inverse, const struct graph *graph);
void graph_inverse_deinit(struct graph_inverse *inverse);

#endif
