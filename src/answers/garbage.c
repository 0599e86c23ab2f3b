/*
 * `whymem garbage`: cycles that nothing reaches, by the types that make them,
 * without collecting them; and objects that C code holds.
 *
 * All garbage hangs on seeds: groups of objects that reach each other and that
 * nothing outside reaches. An object counts for the first seed that leads to it.
 */
#include "answers/garbage.h"

#include <stdlib.h>
#include <xxhash.h>

/* A finding is worth its line from here on. */
#define FINDING_BYTES (1ull << 20)
#define FINDING_SHARE 100

/* Names of types that a row writes out. */
#define TYPES_SHOWN 8

/* What hangs on one seed. */
struct island {
	uint64_t signature; /* of the types in its cycle */
	uint64_t count, n_bytes, resident_bytes;
	uint32_t seed;
	uint32_t first_type, n_types; /* in `types` */
};

struct garbage {
	VEC(struct island) islands; /* by seed, then one a signature by bytes */
	VEC(type_id) types;         /* of the cycle of each seed, sorted */
	uint64_t n_cycles;
};

static void garbage_deinit(struct garbage *garbage)
{
	vec_deinit(&garbage->islands);
	vec_deinit(&garbage->types);
}

/* ---- islands ---- */

struct walk_state {
	const struct analysis *analysis;
	uint64_t *visited;
	uint32_t *stack;
};

static void add_object(const struct analysis *analysis, uint32_t node, struct island *island)
{
	if (!is_object(analysis->snapshot, node))
		return;
	uint64_t n_bytes = snapshot_self_bytes(analysis->snapshot, node);
	uint64_t missing = missing_of(analysis, node);
	island->count++;
	island->n_bytes += n_bytes;
	island->resident_bytes += weight_of(analysis, node) - MIN(missing, weight_of(analysis, node));
}

static bool add_type(struct garbage *garbage, const struct walk_state *state, uint32_t node,
	const struct island *island)
{
	const struct analysis *analysis = state->analysis;
	if (!is_object(analysis->snapshot, node) ||
		analysis->component[node] != analysis->component[island->seed])
		return true;
	type_id *type = vec_add(&garbage->types);
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
static void sign(struct garbage *garbage, struct island *island)
{
	type_id *types = garbage->types.data + island->first_type;
	size_t n = garbage->types.n - island->first_type, n_distinct = 0;
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
	garbage->types.n = island->first_type + n_distinct;
	island->n_types = (uint32_t)n_distinct;
	island->signature = hash;
}

static bool walk_island(struct garbage *garbage, struct walk_state *state, struct island *island)
{
	const struct graph *graph = &state->analysis->graph;
	size_t n = 0;
	state->stack[n++] = island->seed;
	bits_set(state->visited, island->seed);
	while (n) {
		uint32_t node = state->stack[--n];
		add_object(state->analysis, node, island);
		if (!add_type(garbage, state, node, island))
			return false;
		for (uint64_t e = graph->start[node]; e < graph->start[node + 1]; e++) {
			uint32_t to = graph->to[e];
			if (!is_garbage(state->analysis, to) || bits_get(state->visited, to))
				continue;
			bits_set(state->visited, to);
			state->stack[n++] = to;
		}
	}
	sign(garbage, island);
	return true;
}

static struct error *find_islands(struct garbage *garbage, struct walk_state *state)
{
	const struct analysis *analysis = state->analysis;
	vec_foreach (&analysis->seeds, seed) {
		struct island *island = vec_add(&garbage->islands);
		if (!island)
			return &error_no_memory;
		*island = (struct island){.seed = *seed, .first_type = (uint32_t)garbage->types.n};
		if (!walk_island(garbage, state, island))
			return &error_no_memory;
	}
	garbage->n_cycles = garbage->islands.n;
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

static void merge_islands(struct garbage *garbage)
{
	size_t n = 0;
	struct island *islands = garbage->islands.data;
	if (!garbage->islands.n)
		return;
	qsort(islands, garbage->islands.n, sizeof(*islands), compare_signatures);
	for (size_t i = 1; i < garbage->islands.n; i++) {
		if (islands[i].signature != islands[n].signature) {
			islands[++n] = islands[i];
			continue;
		}
		islands[n].count += islands[i].count;
		islands[n].n_bytes += islands[i].n_bytes;
		islands[n].resident_bytes += islands[i].resident_bytes;
	}
	garbage->islands.n = n + 1;
	qsort(islands, n + 1, sizeof(*islands), compare_bytes);
}

static struct error *garbage_init(struct garbage *garbage, struct analysis *analysis)
{
	*garbage = (struct garbage){0};
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
	};
	if (state.visited && state.stack)
		error = find_islands(garbage, &state);
	else
		error = &error_no_memory;
	free(state.visited);
	analysis_free(analysis, state.stack, sizeof(uint32_t));
	if (error)
		garbage_deinit(garbage);
	else
		merge_islands(garbage);
	return error;
}

/* ---- rows ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void types_render(const struct snapshot *snapshot, const struct garbage *garbage,
	const struct island *island, struct text *text)
{
	const char **names = calloc(island->n_types + 1, sizeof(*names));
	if (!names) {
		text->failed = true;
		return;
	}
	for (uint32_t i = 0; i < island->n_types; i++) {
		type_id type = garbage->types.data[island->first_type + i];
		names[i] = snapshot_string(snapshot, snapshot->types.data[type].name);
	}
	qsort(names, island->n_types, sizeof(*names), compare_names);
	for (uint32_t i = 0; i < MIN(island->n_types, TYPES_SHOWN); i++)
		text_format(text, "%s%s", i ? ", " : "", names[i]);
	if (island->n_types > TYPES_SHOWN)
		text_format(text, " and %u more", island->n_types - TYPES_SHOWN);
	free(names);
}

static void set_types(struct row *row, const char *name, const struct snapshot *snapshot,
	const struct garbage *garbage, const struct island *island)
{
	struct text text _cleanup_text_ = {0};
	types_render(snapshot, garbage, island, &text);
	row_set_text(row, name, text_get(&text));
	if (row && text.failed)
		row->document->failed = true;
}

/* The same cycles in another run of the program. */
static void set_fingerprint(struct row *row, const struct snapshot *snapshot,
	const struct garbage *garbage, const struct island *island)
{
	struct text text _cleanup_text_ = {0};
	text_add_string(&text, "garbage ");
	types_render(snapshot, garbage, island, &text);
	row_set_format(row, "fingerprint", "%016llx",
		(unsigned long long)XXH3_64bits(text_get(&text), text.n));
	if (row && text.failed)
		row->document->failed = true;
}

static void set_rows(const struct analysis *analysis, const struct answer_options *options,
	const struct garbage *garbage, struct row *root)
{
	struct table *table = row_add_table(root, "rows");
	uint64_t count = 0, n_bytes = 0;
	size_t n_shown = rows_shown(options, garbage->islands.n);
	for (size_t i = 0; i < garbage->islands.n; i++) {
		const struct island *island = &garbage->islands.data[i];
		if (i >= n_shown) {
			count += island->count;
			n_bytes += island->n_bytes;
			continue;
		}
		struct row *row = table_add(table);
		set_types(row, "types", analysis->snapshot, garbage, island);
		row_set_u64(row, "object_count", island->count);
		row_set_u64(row, "bytes", island->n_bytes);
		row_set_address(row, analysis->snapshot, island->seed);
	}
	struct row *rest = row_add_row(root, "rest");
	row_set_u64(rest, "row_count", garbage->islands.n - n_shown);
	row_set_u64(rest, "object_count", count);
	row_set_u64(rest, "bytes", n_bytes);
}

static void set_collector(const struct snapshot *snapshot, struct row *root)
{
	static const char *const thresholds[] = {"gc.threshold0", "gc.threshold1", "gc.threshold2"};
	static const char *const counts[] = {"gc.count0", "gc.count1", "gc.count2"};
	struct row *row = row_add_row(root, "gc");
	uint64_t enabled = snapshot_figure(snapshot, "gc.enabled");
	if (enabled == UINT64_MAX)
		row_set_null(row, "enabled");
	else
		row_set_bool(row, "enabled", enabled != 0);
	int64_t threshold[3], count[3];
	size_t n_thresholds = 0, n_counts = 0;
	for (size_t i = 0; i < 3; i++) {
		uint64_t value = snapshot_figure(snapshot, thresholds[i]);
		if (value != UINT64_MAX)
			threshold[n_thresholds++] = (int64_t)value;
		value = snapshot_figure(snapshot, counts[i]);
		if (value != UINT64_MAX)
			count[n_counts++] = (int64_t)value;
	}
	if (n_thresholds)
		row_set_ints(row, "thresholds", threshold, n_thresholds);
	else
		row_set_null(row, "thresholds");
	if (n_counts)
		row_set_ints(row, "counts", count, n_counts);
	else
		row_set_null(row, "counts");
	row_set_u64(row, "frozen_count", snapshot_figure(snapshot, "gc.frozen"));
}

/* ---- what C holds ---- */

struct held {
	uint64_t count, retained, excess;
	type_id type;
};

static int compare_held(const void *a, const void *b, void *arg)
{
	const struct snapshot *snapshot = arg;
	const struct held *left = a, *right = b;
	if (left->retained != right->retained)
		return left->retained > right->retained ? -1 : 1;
	int order = strcmp(snapshot_string(snapshot, snapshot->types.data[left->type].name),
		snapshot_string(snapshot, snapshot->types.data[right->type].name));
	if (order)
		return order;
	return left->type < right->type ? -1 : left->type > right->type;
}

static struct error *set_c_held(
	const struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct table *table = row_add_table(root, "c_held");
	struct held *held = calloc(snapshot->types.n + 1, sizeof(*held));
	if (!held)
		return &error_no_memory;
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_REF_EXCESS, &begin, &end);
	for (uint32_t i = begin; i < end; i++) {
		obj_id object = snapshot->facts.object[i];
		if (!is_object(snapshot, object))
			continue;
		struct held *of = &held[snapshot->type[object]];
		of->count++;
		of->retained += retained_of(analysis, object);
		of->excess += snapshot->facts.value[i];
	}
	size_t n = 0;
	for (type_id t = 0; t < snapshot->types.n; t++) {
		held[t].type = t;
		if (held[t].count)
			held[n++] = held[t];
	}
	qsort_r(held, n, sizeof(*held), compare_held, (void *)snapshot);
	for (size_t i = 0; i < rows_shown(options, n); i++) {
		struct row *row = table_add(table);
		row_set_text(row, "type",
			snapshot_string(snapshot, snapshot->types.data[held[i].type].name));
		row_set_u64(row, "object_count", held[i].count);
		row_set_u64(row, "retained_bytes", held[i].retained);
		row_set_u64(row, "excess_ref_count", held[i].excess);
	}
	free(held);
	return NULL;
}

struct error *answer_garbage(
	struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	struct garbage garbage;
	struct error *error = garbage_init(&garbage, analysis);
	if (error)
		return error;
	set_collector(analysis->snapshot, root);
	row_set_u64(root, "object_count", analysis->garbage.count);
	row_set_u64(root, "bytes", analysis->garbage.bytes);
	set_rows(analysis, options, &garbage, root);
	garbage_deinit(&garbage);
	return set_c_held(analysis, options, root);
}

/* ---- the finding ---- */

static void set_advice(struct row *row, bool is_disabled)
{
	row_set_text(row, "advice",
		is_disabled ? "Break the cycles with a weak reference, or enable the garbage "
			      "collector again: gc.enable()."
			    : "Break the cycles with a weak reference, or collect more often: "
			      "gc.set_threshold().");
}

static void set_finding(const struct analysis *analysis, const struct garbage *garbage,
	const struct account *account, struct row *row)
{
	const struct snapshot *snapshot = analysis->snapshot;
	const struct island *largest = &garbage->islands.data[0];
	uint64_t enabled = snapshot_figure(snapshot, "gc.enabled");
	uint64_t resident = 0;
	vec_foreach (&garbage->islands, island)
		resident += island->resident_bytes;
	row_set_text(row, "rule", enabled == 0 ? "garbage_gc_disabled" : "garbage_cycles");
	row_set_null(row, "path");
	set_types(row, "type", snapshot, garbage, largest);
	row_set_null(row, "file");
	row_set_null(row, "line");
	row_set_null(row, "address");
	set_fingerprint(row, snapshot, garbage, largest);
	row_set_u64(row, "retained_bytes", analysis->garbage.weight);
	row_set_u64(row, "saving_bytes",
		MIN(resident, account_get(account, "objects.garbage") +
				      account_get(account, "native.owned")));
	row_set_text(row, "saving_method", "bound");
	set_advice(row, enabled == 0);
	struct row *evidence = row_add_row(row, "evidence");
	row_set_text(evidence, "part", "objects.garbage");
	row_set_u64(evidence, "object_count", analysis->garbage.count);
	row_set_u64(evidence, "cycle_count", garbage->n_cycles);
	if (enabled == UINT64_MAX)
		row_set_null(evidence, "gc_enabled");
	else
		row_set_bool(evidence, "gc_enabled", enabled != 0);
}

struct error *garbage_finding(
	struct analysis *analysis, const struct account *account, struct table *findings)
{
	uint64_t n_bytes = account_get(account, "objects.garbage");
	if (n_bytes < FINDING_BYTES || n_bytes < analysis->snapshot->total_bytes / FINDING_SHARE)
		return NULL;
	struct garbage garbage;
	struct error *error = garbage_init(&garbage, analysis);
	if (error)
		return error;
	if (garbage.islands.n)
		set_finding(analysis, &garbage, account, table_add(findings));
	garbage_deinit(&garbage);
	return NULL;
}
