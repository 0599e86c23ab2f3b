/*
 * The cheapest named paths to the objects that an answer shows.
 */
#include "analysis/analysis.h"

#include <stdlib.h>

struct edge_filter {
	struct names *names;
	const struct snapshot *snapshot;
	const uint64_t *wanted;
	struct around around;
};

static uint8_t filtered_cost(void *arg, uint32_t from, uint64_t edge)
{
	const struct edge_filter *filter = arg;
	const struct snapshot *snapshot = filter->snapshot;
	const uint64_t *avoid = filter->around.avoid;
	if (avoid && bits_get(avoid, snapshot->edge_to[edge]))
		return NAME_COST_FORBIDDEN;
	if (filter->around.set && bits_get(filter->around.set, from) &&
		snapshot->edge_start[from + 1] - snapshot->edge_start[from] >=
			filter->around.min_edges &&
		!bits_get(filter->wanted, snapshot->edge_to[edge]))
		return NAME_COST_FORBIDDEN;
	return names_edge_cost(filter->names, from, edge);
}

static bool misses_any(
	const struct analysis *analysis, const uint64_t *wanted, const struct graph_paths *paths)
{
	for (size_t word = 0; word < words_of(analysis); word++)
		for (uint64_t bits = wanted[word]; bits; bits &= bits - 1)
			if (graph_paths_parent(paths,
				    (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(bits)) ==
				GRAPH_UNREACHED)
				return true;
	return false;
}

/* Roots that paths may begin at; both columns are the caller's. */
static struct name_roots allowed_roots(
	const struct name_roots *roots, const uint64_t *avoid, uint32_t *node, uint32_t *cost)
{
	struct name_roots allowed = {node, cost, 0};
	for (uint32_t i = 0; i < roots->n; i++) {
		if (bits_get(avoid, roots->node[i]))
			continue;
		node[allowed.n] = roots->node[i];
		cost[allowed.n++] = roots->cost[i];
	}
	return allowed;
}

static struct error *search_filtered(struct analysis *analysis, const struct name_roots *roots,
	const uint64_t *wanted, const struct around *around, struct graph_paths *ret)
{
	struct edge_filter filter = {analysis->names, analysis->snapshot, wanted, *around};
	if (!around->avoid)
		return graph_paths_init(ret, &analysis->graph, roots->node, roots->cost, roots->n,
			filtered_cost, &filter, wanted);
	uint32_t *node = calloc(roots->n + 1ul, sizeof(*node));
	uint32_t *cost = calloc(roots->n + 1ul, sizeof(*cost));
	struct error *error = &error_no_memory;
	if (node && cost) {
		struct name_roots allowed = allowed_roots(roots, around->avoid, node, cost);
		error = graph_paths_init(ret, &analysis->graph, node, cost, allowed.n,
			filtered_cost, &filter, wanted);
	}
	free(node);
	free(cost);
	return error;
}

static struct error *search(struct analysis *analysis, const struct name_roots *roots,
	const uint64_t *wanted, const struct around *around, struct graph_paths *ret)
{
	if (around) {
		struct error *error = search_filtered(analysis, roots, wanted, around, ret);
		if (error || around->may_miss || !misses_any(analysis, wanted, ret))
			return error;
		graph_paths_deinit(ret);
	}
	struct around avoiding = {.avoid = around ? around->avoid : NULL};
	if (avoiding.avoid)
		return search_filtered(analysis, roots, wanted, &avoiding, ret);
	return graph_paths_init(ret, &analysis->graph, roots->node, roots->cost, roots->n,
		names_edge_cost, analysis->names, wanted);
}

static bool wants_garbage(const struct analysis *analysis, const uint64_t *wanted)
{
	for (size_t i = 0; i < words_of(analysis); i++)
		if (wanted[i] & analysis->second[i])
			return true;
	return false;
}

static struct error *search_garbage(struct paths *paths, struct analysis *analysis,
	const uint64_t *wanted, const uint64_t *avoid)
{
	struct error *error = analysis_seeds(analysis);
	if (error)
		return error;
	uint32_t *cost = calloc(analysis->seeds.n + 1, sizeof(*cost));
	uint64_t *inside = malloc(words_of(analysis) * sizeof(*inside));
	if (cost && inside) {
		for (size_t i = 0; i < words_of(analysis); i++)
			inside[i] = wanted[i] & analysis->second[i];
		struct name_roots roots = {analysis->seeds.data, cost, (uint32_t)analysis->seeds.n};
		struct around avoiding = {.avoid = avoid, .may_miss = true};
		error = search(analysis, &roots, inside, avoid ? &avoiding : NULL, &paths->garbage);
		paths->has_garbage = !error;
	} else {
		error = &error_no_memory;
	}
	free(cost);
	free(inside);
	return error;
}

struct error *paths_init(struct paths *paths, struct analysis *analysis, const uint64_t *wanted,
	const struct around *around)
{
	*paths = (struct paths){0};
	struct error *error = analysis_dominators(analysis);
	struct name_roots roots = names_roots(analysis->names);
	uint64_t *live = malloc(words_of(analysis) * sizeof(*live));
	if (!error && !live)
		error = &error_no_memory;
	if (!error) {
		for (size_t i = 0; i < words_of(analysis); i++)
			live[i] = wanted[i] & ~analysis->second[i];
		error = search(analysis, &roots, live, around, &paths->live);
	}
	if (!error && wants_garbage(analysis, wanted))
		error = search_garbage(paths, analysis, wanted, around ? around->avoid : NULL);
	free(live);
	if (error)
		paths_deinit(paths);
	return error;
}

struct error *paths_init_around(
	struct paths *paths, struct analysis *analysis, const uint64_t *wanted)
{
	struct around around = {.set = wanted, .min_edges = LARGE_EDGES};
	return paths_init(paths, analysis, wanted, &around);
}

void paths_deinit(struct paths *paths)
{
	graph_paths_deinit(&paths->live);
	graph_paths_deinit(&paths->garbage);
	paths->has_garbage = false;
}

struct error *paths_get(
	const struct paths *paths, const struct analysis *analysis, uint32_t node, struct path *ret)
{
	struct error *error = path_init(ret, paths_of(paths, analysis, node), node);
	if (!error)
		ret->is_garbage = is_garbage(analysis, node);
	return error;
}
