/*
 * `whymem garbage`: cycles that nothing reaches, by the types that make them,
 * without collecting them; and objects that C code holds.
 */
#include "analysis/islands.h"
#include "answers/table.h"

#include <stdlib.h>

/* ---- rows ---- */

static void set_types(struct row *row, const char *name, const struct snapshot *snapshot,
	const struct islands *islands, const struct island *island)
{
	struct text text _cleanup_text_ = {0};
	island_render_types(islands, snapshot, island, &text);
	row_set_text(row, name, text_get(&text));
	if (row && text.failed)
		row->document->failed = true;
}

static void set_rows(const struct analysis *analysis, const struct answer_options *options,
	const struct islands *islands, struct row *root)
{
	struct table *table = row_add_table(root, "rows");
	uint64_t count = 0, n_bytes = 0;
	size_t n_shown = rows_shown(options, islands->n);
	for (size_t i = 0; i < islands->n; i++) {
		const struct island *island = &islands->data[i];
		if (i >= n_shown) {
			count += island->count;
			n_bytes += island->n_bytes;
			continue;
		}
		struct row *row = table_add(table);
		set_types(row, "types", analysis->snapshot, islands, island);
		row_set_u64(row, "object_count", island->count);
		row_set_u64(row, "bytes", island->n_bytes);
		row_set_address(row, analysis->snapshot, island->seed);
		row_set_origin(row, analysis->snapshot, &island->origin);
	}
	struct row *rest = row_add_row(root, "rest");
	row_set_u64(rest, "row_count", islands->n - n_shown);
	row_set_u64(rest, "object_count", count);
	row_set_u64(rest, "bytes", n_bytes);
}

/* Objects that gc.freeze() has set aside. */
static uint64_t frozen_count(const struct snapshot *snapshot)
{
	uint64_t n = 0;
	for (obj_id i = 0; i < snapshot->n_objects; i++)
		n += snapshot->flags[i] & OBJECT_TRACKED &&
		     (snapshot->flags[i] & OBJECT_GENERATION) == OBJECT_GENERATION;
	return n;
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
	row_set_u64(row, "frozen_count", frozen_count(snapshot));
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
	struct islands islands;
	struct error *error = islands_init(&islands, analysis);
	if (error)
		return error;
	set_collector(analysis->snapshot, root);
	row_set_u64(root, "object_count", analysis->garbage.count);
	row_set_u64(root, "bytes", analysis->garbage.bytes);
	set_rows(analysis, options, &islands, root);
	islands_deinit(&islands);
	return set_c_held(analysis, options, root);
}
