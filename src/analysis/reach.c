/*
 * What a set of objects keeps alive, exactly: a search from the roots that goes
 * around the set reaches all that stays.
 */
#include "analysis/analysis.h"

#include <stdlib.h>

struct reach {
	struct analysis *analysis;
	uint64_t *visited; /* begins as the set itself */
	uint32_t *stack;
	size_t n;
	struct set_retained sum;
};

static void visit(struct reach *reach, uint32_t node)
{
	if (bits_get(reach->visited, node))
		return;
	bits_set(reach->visited, node);
	reach->sum.weight += weight_of(reach->analysis, node);
	reach->sum.size_bytes += size_of(reach->analysis->snapshot, node);
	reach->stack[reach->n++] = node;
}

static void search(struct reach *reach, const uint32_t *roots, size_t n_roots)
{
	const struct graph *graph = &reach->analysis->graph;
	for (size_t i = 0; i < n_roots; i++) {
		visit(reach, roots[i]);
		while (reach->n) {
			uint32_t node = reach->stack[--reach->n];
			for (uint64_t e = graph->start[node]; e < graph->start[node + 1]; e++)
				visit(reach, graph->to[e]);
		}
	}
}

static bool holds_garbage(const struct analysis *analysis, const uint64_t *set)
{
	for (size_t i = 0; i < words_of(analysis); i++)
		if (set[i] & analysis->second[i])
			return true;
	return false;
}

/* Everything, or all that is live. */
static struct set_retained whole(const struct analysis *analysis, bool with_garbage)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct set_retained sum = {.weight = analysis->live.weight};
	if (with_garbage)
		sum.weight += analysis->garbage.weight;
	for (obj_id i = 0; i < snapshot->n_objects; i++)
		if (with_garbage || !is_garbage(analysis, i))
			sum.size_bytes += snapshot_size(snapshot, i);
	return sum;
}

/*
 * Goes around `set`: reach->visited gets the set and all that stays without it.
 * `with_garbage_ret` tells whether garbage was looked at, too.
 */
static struct error *go_around(struct reach *reach, const uint64_t *set, bool *with_garbage_ret)
{
	struct analysis *analysis = reach->analysis;
	struct error *error = analysis_dominators(analysis);
	if (error)
		return error;
	bool with_garbage = holds_garbage(analysis, set);
	if (with_garbage)
		error = analysis_seeds(analysis);
	if (error)
		return error;
	reach->visited = malloc(words_of(analysis) * sizeof(uint64_t));
	reach->stack = analysis_alloc(analysis, sizeof(uint32_t));
	if (!reach->visited || !reach->stack)
		return &error_no_memory;
	memcpy(reach->visited, set, words_of(analysis) * sizeof(uint64_t));
	struct name_roots roots = names_roots(analysis->names);
	search(reach, roots.node, roots.n);
	if (with_garbage)
		search(reach, analysis->seeds.data, analysis->seeds.n);
	*with_garbage_ret = with_garbage;
	return NULL;
}

static void reach_deinit(struct reach *reach)
{
	free(reach->visited);
	analysis_free(reach->analysis, reach->stack, sizeof(uint32_t));
}

struct error *analysis_set_retained(
	struct analysis *analysis, const uint64_t *set, struct set_retained *ret)
{
	bool with_garbage;
	struct reach reach = {.analysis = analysis};
	struct error *error = go_around(&reach, set, &with_garbage);
	if (!error) {
		struct set_retained all = whole(analysis, with_garbage);
		ret->weight = all.weight - reach.sum.weight;
		ret->size_bytes = all.size_bytes - reach.sum.size_bytes;
	}
	reach_deinit(&reach);
	return error;
}

struct error *analysis_held(struct analysis *analysis, const uint64_t *set, uint64_t *ret)
{
	bool with_garbage;
	struct reach reach = {.analysis = analysis};
	struct error *error = go_around(&reach, set, &with_garbage);
	for (size_t i = 0; !error && i < words_of(analysis); i++) {
		uint64_t gone = ~reach.visited[i];
		ret[i] = set[i] | (with_garbage ? gone : gone & ~analysis->second[i]);
	}
	reach_deinit(&reach);
	return error;
}

/*
 * Does a proper dominator of `node` belong to the set? `known` keeps the answer
 * of each node asked for: 1 yes, 2 no. `chain` has room for all nodes.
 */
static bool is_below_set(const struct analysis *analysis, const uint64_t *set, uint32_t node,
	uint8_t *known, uint32_t *chain)
{
	size_t n = 0;
	uint8_t answer = 2;
	for (uint32_t i = node; i < GRAPH_UNREACHED; i = analysis->idom[i]) {
		if (known[i]) {
			answer = known[i];
			break;
		}
		chain[n++] = i;
	}
	while (n) {
		uint32_t i = chain[--n];
		uint32_t above = analysis->idom[i];
		if (above < GRAPH_UNREACHED && bits_get(set, above))
			answer = 1;
		known[i] = answer;
	}
	return known[node] == 1;
}

struct error *analysis_set_tops(const struct analysis *analysis, const uint64_t *set, uint64_t *ret)
{
	uint8_t *known = analysis_alloc(analysis, sizeof(uint8_t));
	uint32_t *chain = analysis_alloc(analysis, sizeof(uint32_t));
	bool ok = known && chain;
	for (uint32_t i = 0; ok && i < analysis->graph.n; i++)
		if (bits_get(set, i) && !is_below_set(analysis, set, i, known, chain))
			bits_set(ret, i);
	analysis_free(analysis, known, sizeof(uint8_t));
	analysis_free(analysis, chain, sizeof(uint32_t));
	return ok ? NULL : &error_no_memory;
}

/* Sets the bit of each component that another one of the garbage leads to. */
static void mark_entered(const struct analysis *analysis, uint64_t *entered)
{
	const struct graph *graph = &analysis->graph;
	const uint32_t *component = analysis->component;
	for (uint32_t i = 0; i < graph->n; i++) {
		if (!is_garbage(analysis, i))
			continue;
		for (uint64_t e = graph->start[i]; e < graph->start[i + 1]; e++) {
			uint32_t to = graph->to[e];
			if (is_garbage(analysis, to) && component[to] != component[i])
				bits_set(entered, component[to]);
		}
	}
}

static struct error *collect_seeds(struct analysis *analysis, uint64_t *entered)
{
	for (uint32_t i = 0; i < analysis->graph.n; i++) {
		if (!is_garbage(analysis, i) || bits_get(entered, analysis->component[i]))
			continue;
		bits_set(entered, analysis->component[i]);
		uint32_t *seed = vec_add(&analysis->seeds);
		if (!seed)
			return &error_no_memory;
		*seed = i;
	}
	return NULL;
}

struct error *analysis_seeds(struct analysis *analysis)
{
	if (analysis->has_seeds)
		return NULL;
	struct error *error = analysis_dominators(analysis);
	if (error)
		return error;
	uint32_t n_components = 0;
	analysis->component = analysis_alloc(analysis, sizeof(uint32_t));
	if (!analysis->component)
		return &error_no_memory;
	error = graph_components(
		&analysis->graph, analysis->second, analysis->component, &n_components);
	if (error)
		return error;
	uint64_t *entered = calloc(n_components / 64 + 1, sizeof(uint64_t));
	if (!entered)
		return &error_no_memory;
	mark_entered(analysis, entered);
	error = collect_seeds(analysis, entered);
	free(entered);
	analysis->has_seeds = !error;
	return error;
}
