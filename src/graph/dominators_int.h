/*
 * What the two-stage dominators share with the one-stage ones.
 */
#ifndef WHYMEM_GRAPH_DOMINATORS_INT_H
#define WHYMEM_GRAPH_DOMINATORS_INT_H

#include "graph/graph.h"

/*
 * Immediate dominators within the sub-graph of the nodes whose bit is set in
 * `among` (all when NULL), from those of the roots that belong to it. Entries
 * of idom_ret outside it are neither read nor written.
 */
struct error *dominators_among(const struct graph *graph, const uint64_t *among,
	const uint32_t *roots, uint32_t n_roots, uint32_t *idom_ret);

#endif
