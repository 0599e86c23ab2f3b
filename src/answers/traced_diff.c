#include "answers/traced_diff.h"

#include "answers/traced.h"
#include "trace/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#define NOTABLE_BYTES (1 << 20) /* a smaller change of the whole is none to speak of */

enum { BEFORE, AFTER, N_SIDES };

struct side {
	const struct snapshot *snapshot;
	const struct snap_trace *trace;
	struct trace_tree tree;
	struct trace_rows rows;
	struct trace_sources sources;
};

struct comparing {
	const struct traced_diff_options *options;
	struct side sides[N_SIDES];
	struct trace_pairs pairs;
};

struct error *traced_diff_choose(
	struct traced_diff_options *options, const char *by, const char *sort)
{
	bool is_by = !by || (trace_by_find(by, &options->by) && options->by <= TRACE_BY_FUNCTION);
	if (!is_by)
		return error_create(ERROR_USAGE, 0, "use line or function",
			"traces cannot be compared by %s", by);
	bool is_key = !sort || trace_key_find(sort, &options->key);
	if (!is_key || options->key > TRACE_KEY_ALLOCATED)
		return error_create(ERROR_USAGE, 0, "use peak, live or allocated",
			"traces cannot be compared by %s", sort);
	return NULL;
}

/* ---- sides ---- */

static struct error *side_init(struct side *side, const struct snapshot *snapshot,
	const struct traced_diff_options *options)
{
	const struct trace_options trace_options = {.by = options->by, .key = options->key};
	side->snapshot = snapshot;
	side->trace = &snapshot->traces.data[0];
	struct error *error = trace_tree_create(snapshot, side->trace, &trace_options, &side->tree);
	if (!error)
		error = trace_rows_read(&side->tree, &side->rows);
	return error ? error : trace_sources_init(&side->sources, snapshot);
}

static void side_deinit(struct side *side)
{
	trace_tree_deinit(&side->tree);
	trace_rows_deinit(&side->rows);
	trace_sources_deinit(&side->sources);
}

static struct trace_totals totals_of(const struct side *side)
{
	return side->tree.nodes.data[0].whole;
}

static struct trace_totals row_totals(const struct side *side, uint32_t row)
{
	return row == TRACE_ROW_NONE ? (struct trace_totals){0} : side->rows.data[row].own;
}

/* ---- rows ---- */

static uint64_t pair_bytes(
	const struct comparing *comparing, const struct trace_pair *pair, unsigned side)
{
	struct trace_totals totals =
		row_totals(&comparing->sides[side], side == BEFORE ? pair->before : pair->after);
	return trace_totals_get(&totals, comparing->options->key);
}

static int64_t pair_delta(const struct comparing *comparing, const struct trace_pair *pair)
{
	return (int64_t)(pair_bytes(comparing, pair, AFTER) - pair_bytes(comparing, pair, BEFORE));
}

static int compare_pairs(const void *a, const void *b, void *arg)
{
	const struct trace_pair *left = a, *right = b;
	int64_t left_delta = pair_delta(arg, left), right_delta = pair_delta(arg, right);
	int64_t left_size = left_delta < 0 ? -left_delta : left_delta;
	int64_t right_size = right_delta < 0 ? -right_delta : right_delta;
	if (left_size != right_size)
		return left_size > right_size ? -1 : 1;
	if (left->after != right->after)
		return left->after < right->after ? -1 : 1;
	return (left->before > right->before) - (left->before < right->before);
}

static uint32_t node_of(const struct side *side, uint32_t row)
{
	return side->rows.data[row].node;
}

/* Equal for the same place in another run, when nothing above it changed in its function. */
static uint64_t fingerprint(const struct side *side, uint32_t row)
{
	const struct snap_trace_frame *frame = trace_tree_frame(&side->tree, node_of(side, row));
	const char *module = trace_module(
		&side->tree.places, (uint32_t)(frame - side->snapshot->trace_frames.data));
	const char *function = snapshot_string(side->snapshot, frame->function);
	bool is_by_line = side->tree.options.by == TRACE_BY_LINE;
	uint64_t hash = XXH3_64bits(module, strlen(module));
	hash = XXH3_64bits_withSeed(function, strlen(function), hash);
	return is_by_line ? hash ^ (frame->line - frame->first_line) : hash;
}

static void set_change(struct row *row, const char *const names[3], uint64_t before, uint64_t after)
{
	row_set_u64(row, names[0], before);
	row_set_u64(row, names[1], after);
	row_set_int(row, names[2], (int64_t)(after - before));
}

static void set_all_changes(struct row *row, const struct trace_totals *before,
	const struct trace_totals *after, enum trace_key key)
{
	static const char *const names[][3] = {
		{"before_bytes", "after_bytes", "delta_bytes"},
		{"before_count", "after_count", "delta_count"},
		{"before_peak_bytes", "after_peak_bytes", "delta_peak_bytes"},
		{"before_live_bytes", "after_live_bytes", "delta_live_bytes"},
		{"before_allocated_bytes", "after_allocated_bytes", "delta_allocated_bytes"},
	};
	set_change(row, names[0], trace_totals_get(before, key), trace_totals_get(after, key));
	set_change(row, names[1], before->allocation_count, after->allocation_count);
	set_change(row, names[2], before->peak_bytes, after->peak_bytes);
	set_change(row, names[3], before->live_bytes, after->live_bytes);
	set_change(row, names[4], before->allocated_bytes, after->allocated_bytes);
}

static void fill_pair(struct comparing *comparing, const struct trace_pair *pair, struct row *row)
{
	bool has_after = pair->after != TRACE_ROW_NONE;
	struct side *side = &comparing->sides[has_after ? AFTER : BEFORE];
	uint32_t number = has_after ? pair->after : pair->before;
	uint32_t frame = side->tree.places.frames.data[side->rows.data[number].place];
	struct trace_totals before = row_totals(&comparing->sides[BEFORE], pair->before);
	struct trace_totals after = row_totals(&comparing->sides[AFTER], pair->after);
	const struct snap_trace_frame *frame_before =
		pair->before == TRACE_ROW_NONE
			? NULL
			: trace_tree_frame(&comparing->sides[BEFORE].tree,
				  node_of(&comparing->sides[BEFORE], pair->before));
	bool is_by_line = comparing->options->by == TRACE_BY_LINE;
	row_set_null(row, "path");
	row_set_null(row, "type");
	if (is_by_line) {
		traced_fill_frame(row, &side->tree, &side->sources, frame);
	} else {
		traced_fill_place(row, &side->tree, node_of(side, number));
		row_set_null(row, "source");
	}
	row_set_u64(row, "before_line",
		is_by_line && frame_before && frame_before->line ? frame_before->line : UINT64_MAX);
	row_set_format(
		row, "fingerprint", "%016llx", (unsigned long long)fingerprint(side, number));
	row_set_bool(row, "is_new", pair->before == TRACE_ROW_NONE);
	row_set_bool(row, "is_gone", !has_after);
	set_all_changes(row, &before, &after, comparing->options->key);
	row_set_null(row, "bound_count");
}

static void fill_rows(struct comparing *comparing, struct row *root)
{
	const struct trace_pairs *pairs = &comparing->pairs;
	struct trace_totals before = totals_of(&comparing->sides[BEFORE]);
	struct trace_totals after = totals_of(&comparing->sides[AFTER]);
	enum trace_key key = comparing->options->key;
	int64_t rest = (int64_t)(trace_totals_get(&after, key) - trace_totals_get(&before, key));
	uint32_t top = comparing->options->top;
	size_t n = top ? MIN(pairs->n, (size_t)top) : pairs->n;
	struct table *table = row_add_table(root, "rows");
	for (size_t i = 0; i < n; i++) {
		fill_pair(comparing, &pairs->data[i], table_add(table));
		rest -= pair_delta(comparing, &pairs->data[i]);
	}
	struct row *row = row_add_row(root, "rest");
	row_set_u64(row, "row_count", pairs->n - n);
	row_set_int(row, "delta_bytes", rest);
}

/* ---- expectations ---- */

/* Is `name` the row's line ("app.py:12"), its function or the end of that ("load", "app.load")? */
static bool is_named(const struct side *side, uint32_t row, const char *name)
{
	const struct snap_trace_frame *frame = trace_tree_frame(&side->tree, node_of(side, row));
	const char *module = trace_module(
		&side->tree.places, (uint32_t)(frame - side->snapshot->trace_frames.data));
	char text[4096];
	for (unsigned i = side->tree.options.by != TRACE_BY_LINE; i < 2; i++) {
		int n = i ? snprintf(text, sizeof(text), "%s.%s", module,
				    snapshot_string(side->snapshot, frame->function))
			  : snprintf(text, sizeof(text), "%s:%u",
				    snapshot_string(side->snapshot, frame->file), frame->line);
		size_t n_name = strlen(name), n_text = MIN((size_t)MAX(n, 0), sizeof(text) - 1);
		if (n_name > n_text || strcmp(text + n_text - n_name, name) != 0)
			continue;
		if (n_name == n_text || strchr("./", text[n_text - n_name - 1]))
			return true;
	}
	return false;
}

static struct expect_value value_of(uint64_t n_bytes, uint64_t count)
{
	return (struct expect_value){true, count, n_bytes};
}

static struct expect_value measure(const struct side *side, const char *name, enum trace_key key)
{
	struct trace_totals totals = totals_of(side), sum = {0};
	if (!strcmp(name, "peak"))
		return value_of(totals.peak_bytes, UINT64_MAX);
	if (!strcmp(name, "live"))
		return value_of(totals.live_bytes, totals.live_count);
	if (!strcmp(name, "allocated"))
		return value_of(totals.allocated_bytes, totals.allocation_count);
	bool is_found = false;
	for (uint32_t row = 0; row < side->rows.n; row++) {
		if (!is_named(side, row, name))
			continue;
		is_found = true;
		trace_totals_add(&sum, &side->rows.data[row].own);
	}
	struct expect_value value = value_of(trace_totals_get(&sum, key), sum.allocation_count);
	value.is_found = is_found;
	return value;
}

static void fill_expectations(const struct comparing *comparing, struct row *root, bool *ok_ret)
{
	struct table *table = row_add_table(root, "expect");
	const struct traced_diff_options *options = comparing->options;
	for (size_t i = 0; i < options->n_expectations; i++) {
		const struct expectation *expectation = &options->expectations[i];
		struct expect_value before =
			measure(&comparing->sides[BEFORE], expectation->name, options->key);
		struct expect_value after =
			measure(&comparing->sides[AFTER], expectation->name, options->key);
		*ok_ret &= expectation_fill(expectation, &before, &after, table_add(table));
	}
}

/* ---- the document ---- */

static void fill_captures(const struct comparing *comparing, struct row *root)
{
	struct table *table = row_add_table(root, "captures");
	for (unsigned i = 0; i < N_SIDES; i++) {
		const struct side *side = &comparing->sides[i];
		struct trace_totals totals = totals_of(side);
		struct row *row = table_add(table);
		row_set_u64(row, "captured_unix_ns", side->snapshot->captured_unix_ns);
		row_set_u64(row, "rss_bytes", side->snapshot->rss_bytes);
		row_set_u64(row, "object_count",
			side->snapshot->n_objects ? side->snapshot->n_objects : UINT64_MAX);
		row_set_u64(row, "pid", side->trace->pid);
		row_set_u64(row, "peak_bytes", totals.peak_bytes);
		row_set_u64(row, "live_bytes", totals.live_bytes);
		row_set_u64(row, "allocated_bytes", totals.allocated_bytes);
	}
	row_set_int(root, "capture_count", N_SIDES);
	row_set_bool(root, "same_process",
		comparing->sides[BEFORE].trace->pid == comparing->sides[AFTER].trace->pid);
	row_set_null(root, "account");
	row_set_text(root, "by", trace_by_name(comparing->options->by));
	row_set_text(root, "sort", trace_key_name(comparing->options->key));
}

static void fill_verdict(const struct comparing *comparing, struct row *root)
{
	static const char *const words[] = {
		"peak", "what is alive at the end", "what is allocated"};
	enum trace_key key = comparing->options->key;
	struct trace_totals before = totals_of(&comparing->sides[BEFORE]);
	struct trace_totals after = totals_of(&comparing->sides[AFTER]);
	int64_t delta = (int64_t)(trace_totals_get(&after, key) - trace_totals_get(&before, key));
	uint64_t size = (uint64_t)(delta < 0 ? -delta : delta);
	bool is_small = size < NOTABLE_BYTES;
	struct row *row = row_add_row(root, "verdict");
	row_set_text(row, "kind", is_small ? "small" : "data");
	row_set_text(row, "basis", "growth");
	row_set_null(row, "part");
	row_set_null(row, "path");
	row_set_u64(row, "bytes", size);
	if (is_small)
		row_set_format(row, "text", "%s%s hardly differs",
			key == TRACE_KEY_PEAK ? "the " : "", words[key]);
	else
		row_set_format(row, "text", "%s%s is %.1f MiB %s",
			key == TRACE_KEY_PEAK ? "the " : "", words[key], (double)size / (1 << 20),
			delta > 0 ? "higher" : "lower");
	row_set_null(row, "rate_bytes_per_hour");
	row_set_null(row, "limit_seconds_left");
}

static struct error *fill(struct comparing *comparing, struct row *root, bool *ok_ret)
{
	const struct trace_side before = {
		&comparing->sides[BEFORE].tree, &comparing->sides[BEFORE].rows};
	const struct trace_side after = {
		&comparing->sides[AFTER].tree, &comparing->sides[AFTER].rows};
	struct error *error = trace_match(&before, &after, &comparing->pairs);
	if (error)
		return error;
	if (comparing->pairs.n)
		qsort_r(comparing->pairs.data, comparing->pairs.n, sizeof(struct trace_pair),
			compare_pairs, comparing);
	fill_captures(comparing, root);
	fill_rows(comparing, root);
	fill_verdict(comparing, root);
	fill_expectations(comparing, root, ok_ret);
	return NULL;
}

struct error *answer_traced_diff(const struct snapshot *before, const struct snapshot *after,
	const struct traced_diff_options *options, struct row *root, bool *ok_ret)
{
	struct comparing comparing = {.options = options};
	*ok_ret = true;
	struct error *error = side_init(&comparing.sides[BEFORE], before, options);
	if (!error)
		error = side_init(&comparing.sides[AFTER], after, options);
	if (!error)
		error = fill(&comparing, root, ok_ret);
	side_deinit(&comparing.sides[BEFORE]);
	side_deinit(&comparing.sides[AFTER]);
	vec_deinit(&comparing.pairs);
	return error;
}
