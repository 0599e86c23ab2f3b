/*
 * The edges of a graph turned round: a counting sort by where they lead.
 */
#include "base/column.h"
#include "graph/graph.h"

#define AHEAD 24

/* start[i + 1] becomes the index of the first edge into node i. */
static void place_lists(const struct graph *graph, uint64_t *start)
{
	uint64_t n_edges = graph->start[graph->n];
	const uint32_t *to = graph->to;
	for (uint64_t edge = 0; edge < n_edges; edge++) {
		if (n_edges - edge > AHEAD)
			__builtin_prefetch(&start[to[edge + AHEAD] + 2ull], 1);
		start[to[edge] + 2ull]++;
	}
	for (uint64_t i = 2; i < (uint64_t)graph->n + 2; i++)
		start[i] += start[i - 1];
}

static void fill_lists(const struct graph *graph, uint64_t *start, uint32_t *from)
{
	uint64_t n_edges = graph->start[graph->n];
	const uint32_t *to = graph->to;
	for (uint32_t node = 0; node < graph->n; node++)
		for (uint64_t edge = graph->start[node]; edge < graph->start[node + 1]; edge++) {
			if (n_edges - edge > 2 * AHEAD)
				__builtin_prefetch(&start[to[edge + 2 * AHEAD] + 1ull], 1);
			if (n_edges - edge > AHEAD)
				__builtin_prefetch(&from[start[to[edge + AHEAD] + 1ull]], 1);
			from[start[to[edge] + 1ull]++] = node;
		}
}

struct error *graph_inverse_init(struct graph_inverse *inverse, const struct graph *graph)
{
	struct column start, from;
	struct error *error = column_init(&start, sizeof(uint64_t), graph->n + 2ull);
	if (error)
		return error;
	error = column_init(&from, sizeof(uint32_t), graph->start[graph->n]);
	if (error) {
		column_deinit(&start);
		return error;
	}
	place_lists(graph, start.data);
	fill_lists(graph, start.data, from.data);
	*inverse = (struct graph_inverse){.n = graph->n, .start = start.data, .from = from.data};
	return NULL;
}

void graph_inverse_deinit(struct graph_inverse *inverse)
{
	if (!inverse->start)
		return;
	column_deinit(&(struct column){.data = inverse->from,
		.capacity = inverse->start[inverse->n],
		.element_size = sizeof(*inverse->from)});
	column_deinit(&(struct column){.data = inverse->start,
		.capacity = inverse->n + 2ull,
		.element_size = sizeof(*inverse->start)});
	*inverse = (struct graph_inverse){0};
}
