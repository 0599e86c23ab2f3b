/*
 * Which nodes can be reached from the roots.
 */
#include "base/cleanup.h"
#include "base/column.h"
#include "graph/bits.h"
#include "graph/graph.h"

static void reach(const struct graph *graph, uint64_t *reached, struct column *stack, uint32_t node)
{
	if (bits_get(reached, node))
		return;
	bits_set(reached, node);
	if (graph->start[node] == graph->start[node + 1])
		return;
	*(uint32_t *)column_add(stack, 1) = node;
}

struct error *graph_reach(
	const struct graph *graph, const uint32_t *roots, uint32_t n_roots, uint64_t *reached_ret)
{
	_cleanup_(column_deinit) struct column stack = {0};
	struct error *error = column_init(&stack, sizeof(uint32_t), graph->n);
	if (error)
		return error;
	memset(reached_ret, 0, bits_words(graph->n) * sizeof(uint64_t));
	for (uint32_t i = 0; i < n_roots; i++) {
		reach(graph, reached_ret, &stack, roots[i]);
		while (stack.n) {
			uint32_t node = ((uint32_t *)stack.data)[--stack.n];
			for (uint64_t e = graph->start[node]; e < graph->start[node + 1]; e++)
				reach(graph, reached_ret, &stack, graph->to[e]);
		}
	}
	return NULL;
}
