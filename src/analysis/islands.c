/*
 * Islands: a search from each seed, then one row a set of types.
 */
#include "analysis/islands.h"

#include <stdlib.h>
#include <xxhash.h>

/* Names of types that a row writes out. */
#define TYPES_SHOWN 8

struct walk_state {
	const struct analysis *analysis;
	uint64_t *visited;
	uint32_t *stack;
	struct origin_cursor cursor;
	struct origin_sums origins; /* by cycle */
};

static void add_object(const struct analysis *analysis, uint32_t node, struct island *island)
{
	if (!is_object(analysis->snapshot, node))
		return;
	uint64_t n_bytes = snapshot_self_bytes(analysis->snapshot, node);
	uint64_t missing = missing_of(analysis, node);
	island->count++;
	island->n_bytes += n_bytes;
	island->resident_bytes +=
		weight_of(analysis, node) - MIN(missing, weight_of(analysis, node));
}

static bool add_type(struct islands *islands, const struct walk_state *state, uint32_t node,
	const struct island *island)
{
	const struct analysis *analysis = state->analysis;
	if (!is_object(analysis->snapshot, node) ||
		analysis->component[node] != analysis->component[island->seed])
		return true;
	type_id *type = vec_add(&islands->types);
	if (type)
		*type = analysis->snapshot->type[node];
	return type != NULL;
}

static int compare_types(const void *a, const void *b)
{
	type_id left = *(const type_id *)a, right = *(const type_id *)b;
	return left < right ? -1 : left > right;
}

/* The types of a cycle, each once, and what tells their set from others. */
static void sign(struct islands *islands, struct island *island)
{
	type_id *types = islands->types.data + island->first_type;
	size_t n = islands->types.n - island->first_type, n_distinct = 0;
	if (n)
		qsort(types, n, sizeof(type_id), compare_types);
	uint64_t hash = 0xcbf29ce484222325ull;
	for (size_t i = 0; i < n; i++) {
		if (i && types[i] == types[i - 1])
			continue;
		hash = (hash ^ (types[i] + 1)) * 0x100000001b3ull;
		hash ^= hash >> 29;
		types[n_distinct++] = types[i];
	}
	islands->types.n = island->first_type + n_distinct;
	island->n_types = (uint32_t)n_distinct;
	island->signature = hash;
}

static bool add_origin(struct walk_state *state, uint32_t number, uint32_t node)
{
	return !state->analysis->origins || !is_object(state->analysis->snapshot, node) ||
	       origin_sums_add_object(&state->origins, number, &state->cursor, node);
}

static bool walk_island(struct islands *islands, struct walk_state *state, struct island *island)
{
	const struct graph *graph = &state->analysis->graph;
	size_t n = 0;
	state->stack[n++] = island->seed;
	bits_set(state->visited, island->seed);
	while (n) {
		uint32_t node = state->stack[--n];
		add_object(state->analysis, node, island);
		if (!add_origin(state, (uint32_t)(islands->n - 1), node))
			return false;
		if (!add_type(islands, state, node, island))
			return false;
		for (uint64_t e = graph->start[node]; e < graph->start[node + 1]; e++) {
			uint32_t to = graph->to[e];
			if (!is_garbage(state->analysis, to) || bits_get(state->visited, to))
				continue;
			bits_set(state->visited, to);
			state->stack[n++] = to;
		}
	}
	sign(islands, island);
	return true;
}

static struct error *find_islands(struct islands *islands, struct walk_state *state)
{
	const struct analysis *analysis = state->analysis;
	vec_foreach (&analysis->seeds, seed) {
		struct island *island = vec_add(islands);
		if (!island)
			return &error_no_memory;
		*island = (struct island){.seed = *seed,
			.first_type = (uint32_t)islands->types.n,
			.number = (uint32_t)islands->n - 1};
		if (!walk_island(islands, state, island))
			return &error_no_memory;
	}
	islands->n_cycles = islands->n;
	return NULL;
}

/* ---- by signature ---- */

static int compare_signatures(const void *a, const void *b)
{
	const struct island *left = a, *right = b;
	if (left->signature != right->signature)
		return left->signature < right->signature ? -1 : 1;
	return left->seed < right->seed ? -1 : left->seed > right->seed;
}

static int compare_bytes(const void *a, const void *b)
{
	const struct island *left = a, *right = b;
	if (left->n_bytes != right->n_bytes)
		return left->n_bytes > right->n_bytes ? -1 : 1;
	return left->seed < right->seed ? -1 : left->seed > right->seed;
}

/* The lines of each island, from those of its cycles: cycle i is of island row[i]. */
static bool set_origins(
	struct islands *islands, const struct origin_sums *cycles, const uint32_t *row)
{
	struct origin_sums sums = {0};
	struct origin *origins = calloc(islands->n + 1, sizeof(*origins));
	bool ok = origins != NULL;
	vec_foreach (&cycles->rows, sum)
		ok = ok && origin_sums_add(&sums, row[sum->of], sum->line, sum->n_bytes);
	if (ok)
		origin_sums_largest(&sums, islands->n, origins);
	for (size_t i = 0; ok && i < islands->n; i++)
		islands->data[i].origin = origins[i];
	origin_sums_deinit(&sums);
	free(origins);
	return ok;
}

static bool merge_islands(struct islands *islands, const struct origin_sums *origins)
{
	size_t n = 0;
	struct island *data = islands->data;
	if (!islands->n)
		return true;
	uint32_t *row = calloc(islands->n, sizeof(*row)); /* by cycle */
	if (!row)
		return false;
	qsort(data, islands->n, sizeof(*data), compare_signatures);
	row[data[0].number] = 0;
	for (size_t i = 1; i < islands->n; i++) {
		bool is_new = data[i].signature != data[n].signature;
		row[data[i].number] = (uint32_t)(n + is_new);
		if (is_new) {
			data[++n] = data[i];
			continue;
		}
		data[n].count += data[i].count;
		data[n].n_bytes += data[i].n_bytes;
		data[n].resident_bytes += data[i].resident_bytes;
	}
	islands->n = n + 1;
	bool ok = set_origins(islands, origins, row);
	qsort(data, n + 1, sizeof(*data), compare_bytes);
	free(row);
	return ok;
}

struct error *islands_init(struct islands *islands, struct analysis *analysis)
{
	*islands = (struct islands){0};
	struct error *error = analysis_dominators(analysis);
	if (error || !analysis->garbage.count)
		return error;
	error = analysis_seeds(analysis);
	if (error)
		return error;
	struct walk_state state = {
		.analysis = analysis,
		.visited = calloc(words_of(analysis), sizeof(uint64_t)),
		.stack = analysis_alloc(analysis, sizeof(uint32_t)),
		.cursor = {.analysis = analysis},
	};
	error = state.visited && state.stack ? analysis_origins(analysis) : &error_no_memory;
	if (!error)
		error = find_islands(islands, &state);
	if (!error && !merge_islands(islands, &state.origins))
		error = &error_no_memory;
	free(state.visited);
	analysis_free(analysis, state.stack, sizeof(uint32_t));
	origin_sums_deinit(&state.origins);
	if (error)
		islands_deinit(islands);
	return error;
}

void islands_deinit(struct islands *islands)
{
	vec_deinit(islands);
	vec_deinit(&islands->types);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void island_render_types(const struct islands *islands, const struct snapshot *snapshot,
	const struct island *island, struct text *text)
{
	const char **names = calloc(island->n_types + 1, sizeof(*names));
	if (!names) {
		text->failed = true;
		return;
	}
	for (uint32_t i = 0; i < island->n_types; i++) {
		type_id type = islands->types.data[island->first_type + i];
		names[i] = snapshot_string(snapshot, snapshot->types.data[type].name);
	}
	qsort(names, island->n_types, sizeof(*names), compare_names);
	for (uint32_t i = 0; i < MIN(island->n_types, TYPES_SHOWN); i++)
		text_format(text, "%s%s", i ? ", " : "", names[i]);
	if (island->n_types > TYPES_SHOWN)
		text_format(text, " and %u more", island->n_types - TYPES_SHOWN);
	free(names);
}
