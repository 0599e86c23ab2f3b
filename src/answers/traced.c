#include "answers/traced.h"

#include "trace/record.h"
#include "trace/sources.h"

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

void traced_fill_wholes(struct row *row, const struct trace_totals *whole)
{
	row_set_int(row, "inclusive_live_bytes", (int64_t)whole->live_bytes);
	row_set_int(row, "inclusive_allocated_bytes", (int64_t)whole->allocated_bytes);
	row_set_int(row, "inclusive_peak_bytes", (int64_t)whole->peak_bytes);
	row_set_int(row, "inclusive_allocation_count", (int64_t)whole->allocation_count);
	row_set_int(row, "inclusive_temporary_count", (int64_t)whole->temporary_count);
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

void traced_fill_thread_root(
	struct row *row, const struct snapshot *snapshot, const struct snap_trace_frame *frame)
{
	bool is_root = frame && frame->kind == TRACE_FRAME_THREAD;
	row_set_text(row, "thread", is_root ? snapshot_string(snapshot, frame->function) : NULL);
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

/* What the answer about a process is made of. */
struct process {
	const struct traced_options *options;
	const struct trace_tree *tree;
	struct trace_rows rows;
	struct trace_sources sources;
};

static void set_source(
	struct row *row, struct trace_sources *sources, const struct snap_trace_frame *frame)
{
	size_t n = 0;
	const char *text = frame ? trace_source_line(sources, frame, &n) : NULL;
	if (text)
		row_set_format(row, "source", "%.*s", (int)n, text);
	else
		row_set_null(row, "source");
}

static void fill_source(struct row *row, struct process *process, uint32_t node)
{
	bool is_by_line = process->tree->options.by == TRACE_BY_LINE;
	set_source(
		row, &process->sources, is_by_line ? trace_tree_frame(process->tree, node) : NULL);
}

void traced_fill_frame(struct row *row, const struct trace_tree *tree,
	struct trace_sources *sources, uint32_t number)
{
	const struct snapshot *snapshot = tree->snapshot;
	const struct snap_trace_frame *frame = &snapshot->trace_frames.data[number];
	bool is_line = frame->kind == TRACE_FRAME_LINE;
	set_text_or_null(row, "file", is_line ? snapshot_string(snapshot, frame->file) : NULL);
	row_set_u64(row, "line", is_line && frame->line ? frame->line : UINT64_MAX);
	set_text_or_null(
		row, "function", is_line ? snapshot_string(snapshot, frame->function) : NULL);
	set_text_or_null(row, "module", is_line ? trace_module(&tree->places, number) : NULL);
	set_source(row, sources, frame);
}

static void fill_site(struct row *row, struct process *process, const struct trace_row *site)
{
	traced_fill_place(row, process->tree, site->node);
	fill_source(row, process, site->node);
	fill_thread(row, process->tree->snapshot, site->thread);
	traced_fill_counts(row, &site->own);
	traced_fill_wholes(row, &site->whole);
	row_set_u64(row, "lifetime_ns", trace_totals_lifetime(&site->own));
	fill_steps(row, process->tree, site->node);
}

static void fill_sites(struct process *process, struct row *root)
{
	struct trace_totals rest = process->tree->nodes.data[0].whole;
	const struct trace_rows *rows = &process->rows;
	uint32_t top = process->options->top;
	size_t n = top ? MIN(rows->n, (size_t)top) : rows->n;
	struct table *table = row_add_table(root, "sites");
	for (size_t i = 0; i < n; i++) {
		fill_site(table_add(table), process, &rows->data[i]);
		trace_totals_subtract(&rest, &rows->data[i].own);
	}
	struct row *row = row_add_row(root, "rest");
	row_set_int(row, "row_count", (int64_t)(rows->n - n));
	traced_fill_counts(row, &rest);
}

/* ---- who stands out ---- */

#define NOTABLE_MAX 3           /* rows told of churn and of what is alive */
#define NOTABLE_BYTES (1 << 20) /* less is not worth a word */
#define NOTABLE_SHARE 20        /* nor is less than one part in 20 of all */

/* Bytes that a line allocated again and again: more than it ever needed at once. */
static uint64_t churned_bytes(const struct trace_totals *totals)
{
	uint64_t needed = MAX(totals->peak_bytes, totals->live_bytes);
	return totals->allocated_bytes > needed ? totals->allocated_bytes - needed : 0;
}

static uint64_t live_bytes(const struct trace_totals *totals)
{
	return totals->live_bytes;
}

typedef uint64_t (*value_fn)(const struct trace_totals *totals);

/* The row with the most behind `before` in the order, or NULL. */
static const struct trace_row *next_notable(
	const struct trace_rows *rows, value_fn value_of, const struct trace_row *before)
{
	const struct trace_row *found = NULL;
	uint64_t most = before ? value_of(&before->own) : UINT64_MAX;
	for (const struct trace_row *row = rows->data; row < rows->data + rows->n; row++) {
		uint64_t value = value_of(&row->own);
		bool is_behind = value < most || (value == most && before && row > before);
		if (is_behind && (!found || value > value_of(&found->own)))
			found = row;
	}
	return found;
}

static void fill_notable(struct process *process, value_fn value_of, uint64_t whole,
	const char *key, struct table *table)
{
	const struct trace_row *row = NULL;
	for (unsigned i = 0; i < NOTABLE_MAX; i++) {
		row = next_notable(&process->rows, value_of, row);
		uint64_t value = row ? value_of(&row->own) : 0;
		if (value < NOTABLE_BYTES || value < whole / NOTABLE_SHARE)
			return;
		struct row *to = table_add(table);
		traced_fill_place(to, process->tree, row->node);
		fill_source(to, process, row->node);
		row_set_u64(to, key, value);
	}
}

static void fill_notables(struct process *process, struct row *root)
{
	const struct trace_totals *totals = &process->tree->nodes.data[0].whole;
	fill_notable(process, churned_bytes, totals->allocated_bytes, "churned_bytes",
		row_add_table(root, "churn"));
	fill_notable(process, live_bytes, totals->live_bytes, "live_bytes",
		row_add_table(root, "alive"));
}

static struct error *fill_threads(
	const struct snapshot *snapshot, const struct snap_trace *trace, struct row *root)
{
	struct trace_threads threads;
	struct error *error = trace_threads_read(snapshot, trace, &threads);
	if (error)
		return error;
	struct table *table = row_add_table(root, "threads");
	vec_foreach (&threads, thread) {
		struct row *row = table_add(table);
		fill_thread(row, snapshot, thread->name);
		traced_fill_counts(row, &thread->totals);
	}
	vec_deinit(&threads);
	return NULL;
}

/* ---- a process ---- */

static struct error *fill_process(
	const struct trace_tree *tree, const struct traced_options *options, struct row *root)
{
	struct process process = {.options = options, .tree = tree};
	struct error *error = trace_sources_init(&process.sources, tree->snapshot);
	if (!error)
		error = trace_rows_read(tree, &process.rows);
	if (!error) {
		traced_fill_counts(row_add_row(root, "totals"), &tree->nodes.data[0].whole);
		fill_sites(&process, root);
		fill_notables(&process, root);
		error = fill_threads(tree->snapshot, tree->trace, root);
	}
	if (!error)
		error = traced_fill_times(tree, &process.sources, options, root);
	trace_rows_deinit(&process.rows);
	trace_sources_deinit(&process.sources);
	return error;
}

static void fill_ending(struct row *row, const struct snap_trace *trace)
{
	bool has_status = trace->exit_status != UINT32_MAX;
	bool has_signal = trace->exit_signal != UINT32_MAX;
	row_set_u64(row, "status", has_status ? trace->exit_status : UINT64_MAX);
	row_set_u64(row, "signal", has_signal ? trace->exit_signal : UINT64_MAX);
	row_set_bool(row, "killed_for_memory", trace->flags & TRACE_KILLED_FOR_MEMORY);
}

/* Who held the memory when an allocation failed, or at that time. */
static void fill_holders(
	const struct snapshot *snapshot, uint32_t trace, uint64_t unix_ns, struct row *of)
{
	struct table *table = row_add_table(of, "holders");
	vec_foreach (&snapshot->trace_holders, holder) {
		if (holder->trace != trace || holder->unix_ns != unix_ns)
			continue;
		struct row *row = table_add(table);
		row_set_text(row, "path", snapshot_string(snapshot, holder->path));
		row_set_text(row, "type", snapshot_string(snapshot, holder->type));
		row_set_u64(row, "retained_bytes", holder->retained_bytes);
		set_text_or_null(row, "allocated_file", snapshot_string(snapshot, holder->file));
		row_set_u64(row, "allocated_line", holder->line ? holder->line : UINT64_MAX);
	}
}

/* The last allocation that failed. */
static void fill_memory_error(
	const struct snapshot *snapshot, const struct snap_trace *trace, struct row *row)
{
	if (trace->failed_frame == UINT32_MAX) {
		row_set_null(row, "memory_error");
		return;
	}
	const struct snap_trace_frame *frame = &snapshot->trace_frames.data[trace->failed_frame];
	struct row *failed = row_add_row(row, "memory_error");
	row_set_u64(failed, "requested_bytes", trace->failed_bytes);
	set_text_or_null(failed, "file", snapshot_string(snapshot, frame->file));
	row_set_u64(failed, "line", frame->line ? frame->line : UINT64_MAX);
	set_text_or_null(failed, "function", snapshot_string(snapshot, frame->function));
	fill_holders(snapshot, (uint32_t)(trace - snapshot->traces.data), 0, failed);
}

/* When whymem looked at the process because memory ran short; 0: it did not. */
static uint64_t time_of_look(const struct snapshot *snapshot, uint32_t trace)
{
	vec_foreach (&snapshot->trace_holders, holder) {
		if (holder->trace == trace && holder->unix_ns)
			return holder->unix_ns;
	}
	return 0;
}

static void fill_last_look(
	const struct snapshot *snapshot, const struct snap_trace *trace, struct row *row)
{
	uint32_t index = (uint32_t)(trace - snapshot->traces.data);
	uint64_t unix_ns = time_of_look(snapshot, index);
	if (!unix_ns || unix_ns > trace->ended_unix_ns) {
		row_set_null(row, "last_look");
		return;
	}
	struct row *look = row_add_row(row, "last_look");
	row_set_u64(look, "before_end_ns", trace->ended_unix_ns - unix_ns);
	fill_holders(snapshot, index, unix_ns, look);
}

static void fill_exit(
	const struct snapshot *snapshot, const struct snap_trace *trace, struct row *root)
{
	struct row *row = row_add_row(root, "exit");
	fill_ending(row, trace);
	fill_memory_error(snapshot, trace, row);
	fill_last_look(snapshot, trace, row);
}

/* ---- children ---- */

static struct error *fill_child(const struct snapshot *snapshot, const struct snap_trace *trace,
	const struct traced_options *options, struct row *row)
{
	struct trace_tree tree;
	bool has_ending = trace->exit_status != UINT32_MAX || trace->exit_signal != UINT32_MAX;
	struct error *error = trace_tree_create(snapshot, trace, &options->trace, &tree);
	if (error)
		return error;
	row_set_u64(row, "pid", trace->pid);
	row_set_u64(row, "parent_pid", trace->parent_pid);
	row_set_text(row, "command", snapshot_string(snapshot, trace->command));
	row_set_text(row, "python", snapshot_string(snapshot, trace->python_version));
	row_set_bool(row, "running", !trace->ended_unix_ns);
	if (has_ending)
		fill_ending(row_add_row(row, "exit"), trace);
	else
		row_set_null(row, "exit");
	fill_memory_error(snapshot, trace, row);
	fill_last_look(snapshot, trace, row);
	error = fill_process(&tree, options, row);
	trace_tree_deinit(&tree);
	return error;
}

static struct error *fill_children(
	const struct snapshot *snapshot, const struct traced_options *options, struct row *root)
{
	struct table *children = row_add_table(root, "children");
	struct error *error = NULL;
	for (size_t i = 1; !error && i < snapshot->traces.n; i++)
		error = fill_child(
			snapshot, &snapshot->traces.data[i], options, table_add(children));
	uint64_t n_dropped;
	struct trace_totals dropped = trace_dropped(snapshot, &n_dropped);
	struct row *row = row_add_row(root, "dropped_children");
	row_set_u64(row, "row_count", n_dropped);
	traced_fill_counts(row, &dropped);
	return error;
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
	const struct snapshot *snapshot = tree->snapshot;
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
			"%llu allocations of %llu bytes could not be counted",
			(unsigned long long)trace->uncounted_count,
			(unsigned long long)trace->uncounted_bytes);
	vec_foreach (&snapshot->warnings, warning)
		row_set_text(warn(warnings, snapshot_string(snapshot, warning->id)), "text",
			snapshot_string(snapshot, warning->text));
}

static void set_program(struct row *row, const char *command)
{
	size_t n;
	const char *name = trace_program(command, &n);
	if (n)
		row_set_format(row, "program", "%.*s", (int)n, name);
	else
		row_set_null(row, "program");
}

static void fill_capture(
	const struct trace_tree *tree, const struct traced_options *options, struct row *root)
{
	const struct snap_trace *trace = tree->trace;
	const struct snapshot *snapshot = tree->snapshot;
	row_set_null(root, "target");
	struct row *capture = row_add_row(root, "capture");
	row_set_text(capture, "method", options->is_file ? "file" : "traced");
	row_set_u64(capture, "pid", trace->pid);
	row_set_text(capture, "python", snapshot_string(snapshot, trace->python_version));
	set_program(capture, snapshot_string(snapshot, trace->command));
	row_set_bool(capture, "complete",
		!tree->overflow.allocation_count && !trace->uncounted_count && snapshot->complete);
	add_warnings(tree, row_add_table(capture, "warnings"));
	row_set_text(root, "by", trace_by_name(options->trace.by));
	row_set_text(root, "sort", trace_key_name(options->trace.key));
}

struct error *answer_traced(
	const struct snapshot *snapshot, const struct traced_options *options, struct row *root)
{
	struct trace_tree tree;
	struct traced_options straight = *options;
	straight.trace.inverted = false;
	const struct snap_trace *first = &snapshot->traces.data[0];
	struct error *error = trace_tree_create(snapshot, first, &straight.trace, &tree);
	if (error)
		return error;
	fill_capture(&tree, options, root);
	error = fill_process(&tree, options, root);
	fill_exit(snapshot, first, root);
	if (!error && options->has_tree)
		error = traced_fill_tree(snapshot, first, options, root);
	trace_tree_deinit(&tree);
	return error ? error : fill_children(snapshot, &straight, root);
}
