/*
 * What the lines of a traced program had alive over time, out of the samples of
 * its trace: how much each grew in a window, and what was alive at a time.
 */
#include "answers/traced.h"
#include "trace/growth.h"

#include <stdlib.h>

/* ---- growth ---- */

static void fill_window(
	const struct trace_window *window, const struct traced_options *options, struct row *root)
{
	struct row *row = row_add_row(root, "window");
	row_set_bool(row, "is_asked_for", options->has_window);
	row_set_u64(row, "begin_ns", window->begin_ns);
	row_set_u64(row, "end_ns", window->end_ns);
	row_set_u64(row, "sample_count", window->last - window->first + 1);
	row_set_u64(row, "begin_bytes", window->begin_bytes);
	row_set_u64(row, "end_bytes", window->end_bytes);
	row_set_int(row, "delta_bytes", (int64_t)(window->end_bytes - window->begin_bytes));
}

static void fill_change(struct row *row, const struct trace_tree *tree,
	struct trace_sources *sources, const struct trace_change *change)
{
	traced_fill_frame(row, tree, sources, change->frame);
	row_set_u64(row, "begin_bytes", change->begin_bytes);
	row_set_u64(row, "end_bytes", change->end_bytes);
	row_set_int(row, "delta_bytes", (int64_t)(change->end_bytes - change->begin_bytes));
	row_set_int(row, "rate_bytes_per_second", change->bytes_per_second);
	row_set_bool(row, "is_steady", change->is_steady);
}

/* What is in no row belongs to lines that never had much. */
static struct error *fill_growth(const struct trace_tree *tree, struct trace_sources *sources,
	const struct trace_window *window, uint32_t top, struct row *root)
{
	struct trace_changes changes = {0};
	struct error *error = trace_changes_read(tree->snapshot, window, &changes);
	if (error)
		return error;
	int64_t rest = (int64_t)(window->end_bytes - window->begin_bytes);
	size_t n = top ? MIN(changes.n, (size_t)top) : changes.n;
	struct table *table = row_add_table(root, "growth");
	for (size_t i = 0; i < n; i++) {
		const struct trace_change *change = &changes.data[i];
		fill_change(table_add(table), tree, sources, change);
		rest -= (int64_t)(change->end_bytes - change->begin_bytes);
	}
	struct row *row = row_add_row(root, "growth_rest");
	row_set_u64(row, "row_count", changes.n - n);
	row_set_int(row, "delta_bytes", rest);
	vec_deinit(&changes);
	return NULL;
}

/* ---- a moment ---- */

static int compare_levels(const void *a, const void *b)
{
	const struct snap_trace_level *left = a, *right = b;
	if (left->live_bytes != right->live_bytes)
		return left->live_bytes > right->live_bytes ? -1 : 1;
	return (left->frame > right->frame) - (left->frame < right->frame);
}

static struct error *fill_moment(const struct trace_tree *tree, struct trace_sources *sources,
	const struct trace_window *window, uint32_t top, struct row *root)
{
	size_t n_levels;
	const struct snap_trace_level *levels =
		trace_levels_at(tree->snapshot, window->last, &n_levels);
	struct snap_trace_level *sorted = calloc(n_levels + 1, sizeof(*sorted));
	if (!sorted)
		return &error_no_memory;
	if (n_levels)
		memcpy(sorted, levels, n_levels * sizeof(*sorted));
	qsort(sorted, n_levels, sizeof(*sorted), compare_levels);
	size_t n = top ? MIN(n_levels, (size_t)top) : n_levels;
	uint64_t rest = window->end_bytes;
	struct row *moment = row_add_row(root, "at");
	row_set_u64(moment, "time_ns", window->end_ns);
	row_set_u64(moment, "live_bytes", window->end_bytes);
	struct table *table = row_add_table(moment, "rows");
	for (size_t i = 0; i < n; i++) {
		struct row *row = table_add(table);
		traced_fill_frame(row, tree, sources, sorted[i].frame);
		row_set_u64(row, "live_bytes", sorted[i].live_bytes);
		rest -= MIN(rest, sorted[i].live_bytes);
	}
	struct row *row = row_add_row(moment, "rest");
	row_set_u64(row, "row_count", n_levels - n);
	row_set_u64(row, "live_bytes", rest);
	free(sorted);
	return NULL;
}

static void fill_nothing(const struct traced_options *options, struct row *root)
{
	row_set_null(root, "window");
	row_set_null(root, "growth");
	row_set_null(root, "growth_rest");
	if (options->at_ns != UINT64_MAX)
		row_set_null(root, "at");
}

struct error *traced_fill_times(const struct trace_tree *tree, struct trace_sources *sources,
	const struct traced_options *options, struct row *root)
{
	const struct snapshot *snapshot = tree->snapshot;
	struct trace_window window, moment;
	row_set_u64(root, "peak_time_ns", trace_peak_time(snapshot, tree->trace));
	if (!trace_window_find(
		    snapshot, tree->trace, options->begin_ns, options->end_ns, &window)) {
		fill_nothing(options, root);
		return NULL;
	}
	fill_window(&window, options, root);
	struct error *error = fill_growth(tree, sources, &window, options->top, root);
	if (!error && options->at_ns != UINT64_MAX &&
		trace_window_find(snapshot, tree->trace, 0, options->at_ns, &moment))
		error = fill_moment(tree, sources, &moment, options->top, root);
	return error;
}
