/* Sums over sub-trees and cheapest paths as arrays by node. */
#ifndef TESTS_GRAPH_DENSE_H
#define TESTS_GRAPH_DENSE_H

#include "graph/graph.h"

static inline uint64_t dense_weight(const void *arg, uint32_t node)
{
	return ((const uint64_t *)arg)[node];
}

/* retained_ret[i] = weight of i and of all nodes it dominates. */
static inline struct error *dense_retained(
	uint32_t n, const uint32_t *idom, const uint64_t *weight, uint64_t *retained_ret)
{
	struct graph_sums sums;
	struct error *error = graph_sums_init(&sums, n, idom, dense_weight, weight);
	if (error)
		return error;
	for (uint32_t i = 0; i < n; i++)
		retained_ret[i] = graph_sums_get(&sums, i, weight[i]);
	graph_sums_deinit(&sums);
	return NULL;
}

static inline struct error *dense_paths(const struct graph *graph, const uint32_t *roots,
	const uint32_t *root_cost, uint32_t n_roots, edge_cost_fn edge_cost, void *arg,
	const uint64_t *wanted, uint32_t *parent_ret, uint64_t *parent_edge_ret)
{
	struct graph_paths paths;
	struct error *error =
		graph_paths_init(&paths, graph, roots, root_cost, n_roots, edge_cost, arg, wanted);
	if (error)
		return error;
	for (uint32_t i = 0; i < graph->n; i++) {
		parent_ret[i] = graph_paths_parent(&paths, i);
		parent_edge_ret[i] = graph_paths_edge(&paths, i);
	}
	graph_paths_deinit(&paths);
	return NULL;
}

#endif
