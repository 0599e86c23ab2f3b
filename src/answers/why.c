/*
 * `whymem why TARGET`: the objects that a target stands for, what they hold,
 * and the different routes that keep them alive.
 */

#include "analysis/selection.h"
#include "answers/allocated.h"

#include <stdlib.h>

/* ---- what they hold ---- */

struct matched {
	struct obj_ids ids;
	uint64_t *set;    /* a bit a node */
	uint64_t *avoid;  /* a bit a node that no path goes through; NULL: none */
	uint64_t *weight; /* by object of `ids`: retained, 0 below another one of the set */
	struct set_retained retained;
};

static struct error *weigh(const struct analysis *analysis, struct matched *matched)
{
	matched->weight = calloc(matched->ids.n + 1, sizeof(uint64_t));
	uint64_t *tops = calloc(words_of(analysis), sizeof(uint64_t));
	struct error *error = matched->weight && tops
				      ? analysis_set_tops(analysis, matched->set, tops)
				      : &error_no_memory;
	for (size_t i = 0; !error && i < matched->ids.n; i++) {
		obj_id object = matched->ids.data[i];
		if (bits_get(tops, object))
			matched->weight[i] = retained_of(analysis, object);
	}
	free(tops);
	return error;
}

static struct error *matched_init(
	struct matched *matched, struct analysis *analysis, const struct answer_options *options)
{
	*matched = (struct matched){0};
	struct error *error = selection_find(analysis, options->query, &matched->set);
	if (!error)
		error = find_only(analysis, options->avoid, &matched->avoid);
	if (!error)
		error = selection_ids(analysis, matched->set, &matched->ids);
	if (!error)
		error = weigh(analysis, matched);
	if (!error && matched->ids.n)
		error = analysis_set_retained(analysis, matched->set, &matched->retained);
	return error;
}

static void matched_deinit(struct matched *matched)
{
	vec_deinit(&matched->ids);
	free(matched->set);
	free(matched->avoid);
	free(matched->weight);
}

/* ---- the dominator of all ---- */

/*
 * The deepest node that dominates all of them, or GRAPH_ROOT. `depth` by node:
 * 1 + how far down the chain of the first one's dominators a node hangs.
 */
static uint32_t common_dominator(const struct analysis *analysis, const struct obj_ids *ids,
	uint32_t *depth, uint32_t *chain)
{
	uint32_t n = 0;
	for (uint32_t i = analysis->idom[ids->data[0]]; i < GRAPH_UNREACHED; i = analysis->idom[i])
		chain[n++] = i;
	for (uint32_t i = 0; i < n; i++)
		depth[chain[i]] = n - i;
	uint32_t deepest = n;
	vec_foreach (ids, object) {
		uint32_t at = analysis->idom[*object], found = 0;
		for (uint32_t i = at; i < GRAPH_UNREACHED; i = analysis->idom[i])
			if (depth[i]) {
				found = depth[i];
				break;
			}
		for (uint32_t i = at; found && i < GRAPH_UNREACHED && !depth[i];
			i = analysis->idom[i])
			depth[i] = found;
		deepest = MIN(deepest, found);
		if (!deepest)
			return GRAPH_ROOT;
	}
	return chain[n - deepest];
}

static struct error *find_dominator(
	const struct analysis *analysis, const struct matched *matched, uint32_t *ret)
{
	*ret = GRAPH_ROOT;
	if (!matched->ids.n)
		return NULL;
	uint32_t *depth = analysis_alloc(analysis, sizeof(uint32_t));
	uint32_t *chain = analysis_alloc(analysis, sizeof(uint32_t));
	bool ok = depth && chain;
	if (ok)
		*ret = common_dominator(analysis, &matched->ids, depth, chain);
	analysis_free(analysis, depth, sizeof(uint32_t));
	analysis_free(analysis, chain, sizeof(uint32_t));
	return ok ? NULL : &error_no_memory;
}

static struct error *set_dominator(const struct analysis *analysis, const struct paths *paths,
	uint32_t dominator, struct row *root)
{
	struct row *row = row_add_row(root, "dominator");
	bool is_unreached = dominator != GRAPH_ROOT &&
			    paths_parent(paths, analysis, dominator) == GRAPH_UNREACHED;
	if (dominator == GRAPH_ROOT || is_unreached) {
		row_set_null(row, "path");
		row_set_null(row, "type");
		row_set_null(row, "address");
		return NULL;
	}
	struct path path = {0};
	struct error *error = paths_get(paths, analysis, dominator, &path);
	if (error)
		return error;
	row_set_path(row, "path", analysis, &path);
	row_set_text(row, "type", names_type(analysis->snapshot, dominator));
	row_set_address(row, analysis->snapshot, dominator);
	path_deinit(&path);
	return NULL;
}

/* ---- ways to them ---- */

/* Is an edge into the set a reason for a person, from where it comes? */
static bool is_way(const struct analysis *analysis, uint32_t from, uint64_t edge)
{
	uint32_t to = analysis->snapshot->edge_to[edge];
	return is_garbage(analysis, from) == is_garbage(analysis, to) &&
	       names_edge_cost(analysis->names, from, edge) < NAME_COST_CLASS;
}

static struct error *add_ways(
	const struct analysis *analysis, const struct matched *matched, struct arrivals *ret)
{
	const struct snapshot *snapshot = analysis->snapshot;
	for (uint32_t from = 0; from < snapshot->n_nodes; from++) {
		uint64_t end = snapshot->edge_start[from + 1];
		for (uint64_t e = snapshot->edge_start[from]; e < end; e++) {
			uint32_t to = snapshot->edge_to[e];
			if (!bits_get(matched->set, to) || bits_get(matched->set, from) ||
				!is_way(analysis, from, e))
				continue;
			struct arrival *arrival = vec_add(ret);
			if (!arrival)
				return &error_no_memory;
			*arrival = (struct arrival){.edge = e, .from = from, .object = to};
		}
	}
	return NULL;
}

static int compare_ids(const void *a, const void *b)
{
	obj_id left = *(const obj_id *)a, right = *(const obj_id *)b;
	return left < right ? -1 : left > right;
}

/* Each way gets the weight of its object; cheapest paths that are no way are added. */
static struct error *complete_ways(const struct analysis *analysis, const struct paths *paths,
	const struct matched *matched, struct arrivals *arrivals)
{
	vec_foreach (arrivals, arrival) {
		const obj_id *found = bsearch(&arrival->object, matched->ids.data, matched->ids.n,
			sizeof(obj_id), compare_ids);
		arrival->weight = matched->weight[found - matched->ids.data];
	}
	for (size_t i = 0; i < matched->ids.n; i++) {
		obj_id object = matched->ids.data[i];
		if (matched->avoid && paths_parent(paths, analysis, object) == GRAPH_UNREACHED)
			continue;
		struct arrival cheapest =
			paths_arrival(paths, analysis, object, matched->weight[i]);
		bool is_known = cheapest.from != OBJ_NONE &&
				!bits_get(matched->set, cheapest.from) &&
				is_way(analysis, cheapest.from, cheapest.edge);
		if (is_known)
			continue;
		struct arrival *slot = vec_add(arrivals);
		if (!slot)
			return &error_no_memory;
		*slot = cheapest;
	}
	return NULL;
}

/* A way from a node that no named path leads to says nothing. */
static void drop_unnamed(
	const struct analysis *analysis, const struct paths *paths, struct arrivals *arrivals)
{
	size_t n = 0;
	vec_foreach (arrivals, arrival) {
		uint32_t from = arrival->from;
		bool is_named =
			from == OBJ_NONE || paths_parent(paths, analysis, from) != GRAPH_UNREACHED;
		if (is_named)
			arrivals->data[n++] = *arrival;
	}
	arrivals->n = n;
}

/* ---- rows ---- */

static void set_root(const struct analysis *analysis, const struct path *path, struct row *row)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct text text _cleanup_text_ = {0};
	names_root_render(analysis->names, path, &text);
	struct location location = names_root_location(analysis->names, path);
	const char *kind = names_root_kind(analysis->names, path);
	uint64_t thread = UINT64_MAX, excess;
	if (!is_object(snapshot, path->node[0]) && holder_get(snapshot, path->node[0])->thread_id)
		thread = holder_get(snapshot, path->node[0])->thread_id;
	struct row *root = row_add_row(row, "root");
	row_set_text(root, "kind", kind);
	row_set_text(root, "name", text_get(&text));
	row_set_u64(root, "thread_id", thread);
	row_set_text(root, "file", location.file);
	row_set_u64(root, "line", location.line ? location.line : UINT64_MAX);
	if (!strcmp(kind, "c_held"))
		row_set_u64(root, "excess_ref_count",
			path->n && snapshot_fact(snapshot, path->node[1], FACT_REF_EXCESS, &excess)
				? excess
				: UINT64_MAX);
	if (text.failed)
		row->document->failed = true;
}

/* Steps of a very long path that stand in a document. */
#define STEPS_MAX 1000

static void set_steps(const struct analysis *analysis, const struct path *path, struct row *row)
{
	struct table *table = row_add_table(row, "steps");
	for (uint32_t i = 0; i < MIN(path->n, STEPS_MAX); i++) {
		struct step step;
		if (!names_step(analysis->names, path, i, &step))
			continue;
		struct row *cells = table_add(table);
		row_set_text(cells, "kind", step_kind_name(step.kind));
		row_set_text(cells, "name", step.merged ? NULL : step.name);
		row_set_u64(cells, "index", step.index);
		row_set_text(cells, "type", names_type(analysis->snapshot, step.node));
		if (step.merged)
			row_set_null(cells, "address");
		else
			row_set_address(cells, analysis->snapshot, step.node);
	}
}

static struct error *set_paths(struct analysis *analysis, const struct answer_options *options,
	const struct matched *matched, const struct paths *paths, struct arrivals *arrivals,
	struct row *root)
{
	struct routes routes;
	struct error *error = routes_init(&routes, paths, analysis, arrivals, matched->set);
	if (error)
		return error;
	struct table *table = row_add_table(root, "paths");
	for (size_t i = 0; !error && i < rows_shown(options, routes.n); i++) {
		const struct route *route = &routes.data[i];
		struct path path = {0};
		error = routes_path(route, arrivals, paths, analysis, &path);
		if (error)
			break;
		struct row *row = table_add(table);
		bool is_all = route->n_objects == matched->ids.n;
		row_set_path(row, "path", analysis, &path);
		set_root(analysis, &path, row);
		row_set_u64(row, "object_count", route->n_objects);
		row_set_u64(
			row, "retained_bytes", is_all ? matched->retained.weight : route->weight);
		set_steps(analysis, &path, row);
		path_deinit(&path);
	}
	struct row *rest = row_add_row(root, "rest");
	row_set_u64(rest, "row_count", routes.n - rows_shown(options, routes.n));
	routes_deinit(&routes);
	return error;
}

static struct error *find_paths(struct analysis *analysis, const struct matched *matched,
	const struct arrivals *arrivals, uint32_t dominator, struct paths *ret)
{
	uint64_t *wanted = malloc(words_of(analysis) * sizeof(uint64_t));
	if (!wanted)
		return &error_no_memory;
	memcpy(wanted, matched->set, words_of(analysis) * sizeof(uint64_t));
	vec_foreach (arrivals, arrival)
		bits_set(wanted, arrival->from);
	if (dominator != GRAPH_ROOT)
		bits_set(wanted, dominator);
	struct around around = {.set = matched->set, .avoid = matched->avoid};
	struct error *error = paths_init(ret, analysis, wanted, &around);
	free(wanted);
	return error;
}

static struct error *explain_matched(struct analysis *analysis,
	const struct answer_options *options, const struct matched *matched, struct row *root)
{
	uint32_t dominator;
	struct arrivals arrivals = {0};
	struct paths paths = {0};
	struct error *error = find_dominator(analysis, matched, &dominator);
	if (!error)
		error = add_ways(analysis, matched, &arrivals);
	if (!error)
		error = find_paths(analysis, matched, &arrivals, dominator, &paths);
	if (!error) {
		drop_unnamed(analysis, &paths, &arrivals);
		error = complete_ways(analysis, &paths, matched, &arrivals);
	}
	if (!error)
		error = set_dominator(analysis, &paths, dominator, root);
	if (!error)
		error = set_paths(analysis, options, matched, &paths, &arrivals, root);
	vec_deinit(&arrivals);
	paths_deinit(&paths);
	return error;
}

struct error *answer_why(
	struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	if (!options->query || !*options->query)
		return error_create(ERROR_USAGE, 0, "name an address, a type or an expression",
			"there is nothing to explain");
	struct error *error = analysis_dominators(analysis);
	if (error)
		return error;
	struct matched matched;
	error = matched_init(&matched, analysis, options);
	if (!error) {
		row_set_text(root, "query", options->query);
		row_set_text(root, "avoid", options->avoid);
		row_set_population(root, "matched", analysis, matched.set, &matched.retained);
		error = row_set_allocated(root, analysis, options, &matched.ids);
		if (!error)
			error = explain_matched(analysis, options, &matched, root);
	}
	matched_deinit(&matched);
	return error;
}
