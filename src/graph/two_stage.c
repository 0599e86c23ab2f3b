/*
 * Dominators of what the roots do not reach, under a second super-root.
 *
 * The unreached part falls into strongly connected components; those that no
 * other one leads to must be started from. Each is started at its node with
 * the lowest number, so that this node dominates the whole cycle.
 */
#include "base/cleanup.h"
#include "base/column.h"
#include "graph/bits.h"
#include "graph/dominators_int.h"

/* A bit a node: not reached by the first stage. Returns how many they are. */
static uint32_t mark_unreached(uint32_t n, const uint32_t *idom, uint64_t *unreached)
{
	uint32_t count = 0;
	memset(unreached, 0, bits_words(n) * sizeof(uint64_t));
	for (uint32_t i = 0; i < n; i++)
		if (idom[i] == GRAPH_UNREACHED) {
			bits_set(unreached, i);
			count++;
		}
	return count;
}

/* A bit a component: another one leads to it. */
static void mark_held(
	const struct graph *graph, const uint64_t *among, const uint32_t *component, uint64_t *held)
{
	for (uint32_t i = 0; i < graph->n; i++) {
		if (!bits_get(among, i))
			continue;
		for (uint64_t e = graph->start[i]; e < graph->start[i + 1]; e++) {
			uint32_t to = graph->to[e];
			if (bits_get(among, to) && component[to] != component[i])
				bits_set(held, component[to]);
		}
	}
}

/* The first node of each component that is not held; `held` is used up. */
static void add_starts(uint32_t n, const uint64_t *among, const uint32_t *component, uint64_t *held,
	struct column *starts)
{
	for (uint32_t i = 0; i < n; i++)
		if (bits_get(among, i) && !bits_get(held, component[i])) {
			bits_set(held, component[i]);
			*(uint32_t *)column_add(starts, 1) = i;
		}
}

static struct error *find_starts(
	const struct graph *graph, const uint64_t *among, struct column *starts)
{
	_cleanup_(column_deinit) struct column component = {0}, held = {0};
	struct error *error = column_init(&component, sizeof(uint32_t), graph->n);
	if (error)
		return error;
	uint32_t n_components;
	error = graph_components(graph, among, component.data, &n_components);
	if (!error)
		error = column_init(&held, sizeof(uint64_t), bits_words(n_components));
	if (error)
		return error;
	mark_held(graph, among, component.data, held.data);
	add_starts(graph->n, among, component.data, held.data, starts);
	return NULL;
}

struct error *graph_dominators_two_stage(const struct graph *graph, const uint32_t *roots,
	uint32_t n_roots, uint32_t *idom_ret, uint64_t *second_ret)
{
	struct error *error = graph_dominators(graph, roots, n_roots, idom_ret);
	if (error)
		return error;
	uint32_t n_unreached = mark_unreached(graph->n, idom_ret, second_ret);
	if (!n_unreached)
		return NULL;
	_cleanup_(column_deinit) struct column starts = {0};
	error = column_init(&starts, sizeof(uint32_t), n_unreached);
	if (!error)
		error = find_starts(graph, second_ret, &starts);
	if (error)
		return error;
	return dominators_among(graph, second_ret, starts.data, (uint32_t)starts.n, idom_ret);
}
