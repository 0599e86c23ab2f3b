#include "answers/traced.h"

#define STEPS_MAX 8 /* callers told of a site */

struct error *traced_options_choose(
	struct traced_options *options, const char *by, const char *sort)
{
	if (by && !trace_by_find(by, &options->trace.by))
		return error_create(ERROR_USAGE, 0, "use line, function, module, file or thread",
			"allocations cannot be told apart by %s", by);
	if (sort && !trace_key_find(sort, &options->trace.key))
		return error_create(ERROR_USAGE, 0, "use peak, live, allocated, count or temporary",
			"lines cannot be ordered by %s", sort);
	return NULL;
}

void traced_fill_counts(struct row *row, const struct trace_totals *totals)
{
	row_set_int(row, "live_bytes", (int64_t)totals->live_bytes);
	row_set_int(row, "live_count", (int64_t)totals->live_count);
	row_set_int(row, "allocated_bytes", (int64_t)totals->allocated_bytes);
	row_set_int(row, "allocation_count", (int64_t)totals->allocation_count);
	row_set_int(row, "peak_bytes", (int64_t)totals->peak_bytes);
	row_set_int(row, "temporary_count", (int64_t)totals->temporary_count);
}

static void fill_wholes(struct row *row, const struct trace_totals *whole)
{
	row_set_int(row, "inclusive_live_bytes", (int64_t)whole->live_bytes);
	row_set_int(row, "inclusive_allocated_bytes", (int64_t)whole->allocated_bytes);
	row_set_int(row, "inclusive_peak_bytes", (int64_t)whole->peak_bytes);
}

/* ---- places ---- */

static void set_text_or_null(struct row *row, const char *name, const char *text)
{
	row_set_text(row, name, text && *text ? text : NULL);
}

void traced_fill_place(struct row *row, const struct trace_tree *tree, uint32_t node)
{
	const struct snapshot *snapshot = tree->snapshot;
	const struct snap_trace_frame *frame = trace_tree_frame(tree, node);
	enum trace_by by = tree->options.by;
	bool is_line = frame && frame->kind == TRACE_FRAME_LINE && by != TRACE_BY_THREAD;
	bool has_file = is_line && by != TRACE_BY_MODULE;
	bool has_function = is_line && by < TRACE_BY_MODULE;
	set_text_or_null(row, "file", has_file ? snapshot_string(snapshot, frame->file) : NULL);
	row_set_u64(row, "line",
		is_line && by == TRACE_BY_LINE && frame->line ? frame->line : UINT64_MAX);
	set_text_or_null(
		row, "function", has_function ? snapshot_string(snapshot, frame->function) : NULL);
	set_text_or_null(row, "module",
		is_line ? trace_module(
				  &tree->places, (uint32_t)(frame - snapshot->trace_frames.data))
			: NULL);
}

/* The callers of the stack that allocated most there, the nearest first. */
static void fill_steps(struct row *row, const struct trace_tree *tree, uint32_t node)
{
	const struct trace_tree_node *nodes = tree->nodes.data;
	struct table *steps = row_add_table(row, "steps");
	uint32_t at = nodes[node].parent;
	for (unsigned n = 0; at && n < STEPS_MAX; n++, at = nodes[at].parent)
		if (trace_tree_frame(tree, at)->kind == TRACE_FRAME_LINE)
			traced_fill_place(table_add(steps), tree, at);
}

static void fill_thread(struct row *row, const struct snapshot *snapshot, str_id thread)
{
	bool is_one = thread != TRACE_THREAD_NONE && thread != TRACE_THREAD_SEVERAL;
	row_set_text(row, "thread", is_one ? snapshot_string(snapshot, thread) : NULL);
}

/* ---- sites ---- */

static void fill_site(struct row *row, const struct trace_tree *tree, const struct trace_row *site)
{
	traced_fill_place(row, tree, site->node);
	fill_thread(row, tree->snapshot, site->thread);
	traced_fill_counts(row, &site->own);
	fill_wholes(row, &site->whole);
	fill_steps(row, tree, site->node);
}

static void fill_sites(const struct trace_tree *tree, const struct trace_rows *rows,
	const struct traced_options *options, struct row *root)
{
	struct trace_totals rest = tree->nodes.data[0].whole;
	size_t n = options->top ? MIN(rows->n, (size_t)options->top) : rows->n;
	struct table *table = row_add_table(root, "sites");
	for (size_t i = 0; i < n; i++) {
		fill_site(table_add(table), tree, &rows->data[i]);
		trace_totals_subtract(&rest, &rows->data[i].own);
	}
	struct row *row = row_add_row(root, "rest");
	row_set_int(row, "row_count", (int64_t)(rows->n - n));
	traced_fill_counts(row, &rest);
}

/* ---- the envelope ---- */

static struct row *warn(struct table *warnings, const char *id)
{
	struct row *row = table_add(warnings);
	row_set_text(row, "id", id);
	return row;
}

static void add_warnings(const struct trace_tree *tree, struct table *warnings)
{
	const struct snap_trace *trace = tree->trace;
	if (tree->overflow.allocation_count)
		row_set_format(warn(warnings, "table_full"), "text",
			"the table of stacks is full: %llu allocations of %llu bytes came from "
			"lines that it has no place for; they are in the totals and in the rest",
			(unsigned long long)tree->overflow.allocation_count,
			(unsigned long long)tree->overflow.allocated_bytes);
	if (trace->n_cut_stacks)
		row_set_format(warn(warnings, "deep_stacks"), "text",
			"%u stacks were deeper than %u frames: only the innermost are known",
			trace->n_cut_stacks, TRACE_DEPTH_MAX);
	if (trace->uncounted_count)
		row_set_format(warn(warnings, "uncounted"), "text",
			"%llu allocations of %llu bytes could not be counted: there was no memory "
			"for it",
			(unsigned long long)trace->uncounted_count,
			(unsigned long long)trace->uncounted_bytes);
}

static void fill_capture(const struct trace_tree *tree, const char *method, struct row *root)
{
	const struct snap_trace *trace = tree->trace;
	row_set_null(root, "target");
	struct row *capture = row_add_row(root, "capture");
	row_set_text(capture, "method", method);
	row_set_u64(capture, "pid", trace->pid);
	row_set_text(capture, "python", snapshot_string(tree->snapshot, trace->python_version));
	set_text_or_null(capture, "program", snapshot_string(tree->snapshot, trace->command));
	row_set_bool(
		capture, "complete", !tree->overflow.allocation_count && !trace->uncounted_count);
	add_warnings(tree, row_add_table(capture, "warnings"));
}

static void fill_exit(
	const struct snapshot *snapshot, const struct snap_trace *trace, struct row *root)
{
	struct row *row = row_add_row(root, "exit");
	bool has_status = trace->exit_status != UINT32_MAX;
	bool has_signal = trace->exit_signal != UINT32_MAX;
	row_set_u64(row, "status", has_status ? trace->exit_status : UINT64_MAX);
	row_set_u64(row, "signal", has_signal ? trace->exit_signal : UINT64_MAX);
	if (trace->refused_bytes == UINT64_MAX) {
		row_set_null(row, "memory_error");
		return;
	}
	struct row *refused = row_add_row(row, "memory_error");
	row_set_u64(refused, "requested_bytes", trace->refused_bytes);
	set_text_or_null(refused, "file", snapshot_string(snapshot, trace->refused_file));
	row_set_u64(refused, "line", trace->refused_line ? trace->refused_line : UINT64_MAX);
}

struct error *answer_traced(const struct snapshot *snapshot, const struct snap_trace *trace,
	const struct traced_options *options, const char *method, struct row *root)
{
	struct trace_tree tree;
	struct trace_rows rows;
	struct error *error = trace_tree_create(snapshot, trace, &options->trace, &tree);
	if (error)
		return error;
	error = trace_rows_read(&tree, &rows);
	if (!error) {
		fill_capture(&tree, method, root);
		row_set_text(root, "by", trace_by_name(options->trace.by));
		row_set_text(root, "sort", trace_key_name(options->trace.key));
		traced_fill_counts(row_add_row(root, "totals"), &tree.nodes.data[0].whole);
		fill_sites(&tree, &rows, options, root);
		fill_exit(snapshot, trace, root);
		trace_rows_deinit(&rows);
	}
	trace_tree_deinit(&tree);
	return error;
}
