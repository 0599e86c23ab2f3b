#include "answers/plot.h"

#include "trace/slope.h"

static const char *const series_names[SERIES_KINDS] = {
	[SERIES_PROCESS] = "process",
	[SERIES_TOTAL] = "total",
	[SERIES_CHILD] = "child",
};

static const char *const slope_names[SLOPE_KINDS] = {
	[SLOPE_TOO_SHORT] = "too_short",
	[SLOPE_FLAT] = "flat",
	[SLOPE_UNCLEAR] = "unclear",
	[SLOPE_UNSTEADY] = "unsteady",
	[SLOPE_GROWS] = "grows",
	[SLOPE_SHRINKS] = "shrinks",
};

/* What is asked for of a run, in its own time. */
struct window {
	uint64_t start_ns, from_ns, to_ns;
};

/* What a curve has in a window. */
struct extent {
	uint64_t n_samples;
	struct point_in_time first, last, peak;
};

static void extend(struct extent *extent, struct point_in_time point, uint64_t n_samples)
{
	if (!extent->n_samples)
		extent->first = extent->peak = point;
	if (point.n_bytes > extent->peak.n_bytes)
		extent->peak = point;
	extent->last = point;
	extent->n_samples += n_samples;
}

static bool is_inside(const struct window *window, uint64_t at_ns)
{
	return at_ns >= window->from_ns && at_ns <= window->to_ns;
}

typedef void (*point_fn)(void *arg, struct point_in_time point, uint64_t n_samples);

static size_t first_bucket(const struct timeline *timeline, uint64_t from_ns)
{
	return partition_point(
		i, 0, timeline->buckets.n, timeline->buckets.data[i].last_ns < from_ns);
}

/* Calls `each` for the points of the window in order of time. */
static void each_point(
	const struct timeline *timeline, const struct window *window, point_fn each, void *arg)
{
	for (size_t at = first_bucket(timeline, window->from_ns); at < timeline->buckets.n; at++) {
		const struct bucket *bucket = &timeline->buckets.data[at];
		if (bucket->first_ns > window->to_ns)
			return;
		struct point_in_time points[2];
		unsigned n = bucket_points(bucket, points);
		uint64_t n_left = bucket->n;
		for (unsigned i = 0; i < n; i++) {
			bool is_last = i + 1 == n;
			if (is_inside(window, points[i].at_ns))
				each(arg, points[i], is_last ? n_left : 1);
			n_left--;
		}
		if (bucket->n > 1 && is_inside(window, bucket->last_ns) &&
			bucket->last_ns > points[n - 1].at_ns)
			each(arg, (struct point_in_time){bucket->last_ns, bucket->last_bytes}, 0);
	}
}

static void extend_each(void *arg, struct point_in_time point, uint64_t n_samples)
{
	extend(arg, point, n_samples);
}

static struct extent extent_of(const struct timeline *timeline, const struct window *window)
{
	struct extent extent = {0};
	each_point(timeline, window, extend_each, &extent);
	return extent;
}

/* What the whole run uses: with its children where these are known. */
static const struct series *main_series(const struct run *run)
{
	const struct series *found = NULL;
	vec_foreach (&run->series, series) {
		if (!found || series->kind == SERIES_TOTAL)
			found = series;
	}
	return found;
}

static uint64_t start_of(const struct run *run)
{
	uint64_t start_ns = UINT64_MAX;
	vec_foreach (&run->series, series) {
		if (series->timeline.buckets.n)
			start_ns = MIN(start_ns, series->timeline.buckets.data[0].first_ns);
	}
	return run->spans.n ? MIN(start_ns, run->spans.data[0].begin_ns) : start_ns;
}

static struct window window_of(const struct run *run, const struct plot_options *options)
{
	struct window window = {.start_ns = start_of(run), .to_ns = UINT64_MAX};
	if (options->has_window) {
		window.from_ns = window.start_ns + options->window_begin_ns;
		window.to_ns = window.start_ns + options->window_end_ns;
	}
	return window;
}

/* ---- rows ---- */

static void set_time(struct row *row, const char *name, uint64_t unix_ns)
{
	row_set_int(row, name, (int64_t)MIN(unix_ns, INT64_MAX));
}

static void set_bytes(struct row *row, const char *name, uint64_t n_bytes)
{
	row_set_int(row, name, (int64_t)MIN(n_bytes, INT64_MAX));
}

static void fill_extent(struct row *row, const struct extent *extent)
{
	row_set_int(row, "sample_count", (int64_t)extent->n_samples);
	set_time(row, "begin_unix_ns", extent->first.at_ns);
	set_time(row, "end_unix_ns", extent->last.at_ns);
	set_bytes(row, "first_bytes", extent->first.n_bytes);
	set_bytes(row, "last_bytes", extent->last.n_bytes);
	set_bytes(row, "peak_bytes", extent->peak.n_bytes);
	set_time(row, "peak_unix_ns", extent->peak.at_ns);
}

static void fill_slope(
	struct row *row, const struct timeline *timeline, const struct extent *extent)
{
	struct slope slope = slope_find(timeline, extent->first.at_ns, extent->last.at_ns);
	row_set_text(row, "slope", slope_names[slope.kind]);
	if (slope.kind == SLOPE_TOO_SHORT) {
		row_set_null(row, "slope_bytes_per_hour");
		row_set_null(row, "slope_low_bytes_per_hour");
		row_set_null(row, "slope_high_bytes_per_hour");
		return;
	}
	row_set_int(row, "slope_bytes_per_hour", (int64_t)slope.bytes_per_hour);
	row_set_int(row, "slope_low_bytes_per_hour", (int64_t)slope.low);
	row_set_int(row, "slope_high_bytes_per_hour", (int64_t)slope.high);
}

struct tables {
	struct table *runs, *series, *samples, *spans;
};

static void add_sample(void *arg, struct point_in_time point, uint64_t n_samples)
{
	struct tables *tables = arg;
	struct row *row = table_add(tables->samples);
	row_set_int(row, "series", (int64_t)tables->series->rows.n - 1);
	set_time(row, "unix_ns", point.at_ns);
	set_bytes(row, "bytes", point.n_bytes);
}

static void add_series(
	struct tables *tables, const struct series *series, const struct window *window)
{
	struct extent extent = extent_of(&series->timeline, window);
	if (!extent.n_samples)
		return;
	struct row *row = table_add(tables->series);
	row_set_int(row, "series", (int64_t)tables->series->rows.n - 1);
	row_set_int(row, "run", (int64_t)tables->runs->rows.n - 1);
	row_set_text(row, "kind", series_names[series->kind]);
	if (series->pid)
		row_set_int(row, "pid", series->pid);
	else
		row_set_null(row, "pid");
	fill_extent(row, &extent);
	fill_slope(row, &series->timeline, &extent);
	each_point(&series->timeline, window, add_sample, tables);
}

/* The most that is known while it ran: of samples, and of its begin and end. */
static uint64_t peak_of_span(const struct series *series, const struct span *span)
{
	const struct window window = {.from_ns = span->begin_ns, .to_ns = span->end_ns};
	struct extent extent = extent_of(&series->timeline, &window);
	uint64_t peak = extent.n_samples ? extent.peak.n_bytes : 0;
	return MAX(peak, MAX(span->begin_bytes, span->end_bytes));
}

static void add_span(struct tables *tables, const struct run *run, const struct span *span)
{
	struct row *row = table_add(tables->spans);
	row_set_int(row, "run", (int64_t)tables->runs->rows.n - 1);
	row_set_text(row, "function", span->function);
	row_set_int(row, "level", span->level);
	set_time(row, "begin_unix_ns", span->begin_ns);
	set_time(row, "end_unix_ns", span->end_ns);
	set_bytes(row, "begin_bytes", span->begin_bytes);
	set_bytes(row, "end_bytes", span->end_bytes);
	set_bytes(row, "peak_bytes", peak_of_span(main_series(run), span));
}

static void fill_run(struct row *row, const struct run *run, const struct window *window)
{
	row_set_text(row, "file", run->file);
	row_set_text(row, "command", run->command);
	set_time(row, "started_unix_ns", window->start_ns);
	row_set_u64(row, "interval_ns", run->interval_ns ? run->interval_ns : UINT64_MAX);
	row_set_int(row, "late_count", (int64_t)run->n_late);
	row_set_int(row, "hidden_child_count", (int64_t)run->n_hidden_children);
	row_set_int(row, "hidden_span_count", (int64_t)run->n_hidden_spans);
	row_set_u64(row, "kernel_peak_bytes",
		run->kernel_peak_bytes ? run->kernel_peak_bytes : UINT64_MAX);
	struct extent extent = extent_of(&main_series(run)->timeline, window);
	fill_extent(row, &extent);
}

static void add_run(struct tables *tables, const struct run *run, const struct window *window)
{
	size_t n_before = tables->runs->rows.n;
	const struct series *main = main_series(run);
	if (!main || !extent_of(&main->timeline, window).n_samples)
		return;
	struct row *row = table_add(tables->runs);
	row_set_int(row, "run", (int64_t)n_before);
	fill_run(row, run, window);
	vec_foreach (&run->series, series)
		add_series(tables, series, window);
	vec_foreach (&run->spans, span) {
		if (span->end_ns >= window->from_ns && span->begin_ns <= window->to_ns)
			add_span(tables, run, span);
	}
}

static void fill_drawing(struct row *root, const struct plot_options *options)
{
	struct row *row = row_add_row(root, "drawing");
	row_set_text(row, "title", options->title);
	if (options->has_window) {
		set_time(row, "window_begin_ns", options->window_begin_ns);
		set_time(row, "window_end_ns", options->window_end_ns);
	} else {
		row_set_null(row, "window_begin_ns");
		row_set_null(row, "window_end_ns");
	}
	row_set_bool(row, "flame", options->flame);
	row_set_bool(row, "slope", options->slope);
	row_set_bool(row, "only_peak", options->only_peak);
}

struct error *answer_plot(
	const struct recording *recording, const struct plot_options *options, struct row *root)
{
	row_set_text(root, "figure", options->figure);
	fill_drawing(root, options);
	struct tables tables = {row_add_table(root, "runs"), row_add_table(root, "series"),
		row_add_table(root, "samples"), row_add_table(root, "spans")};
	vec_foreach (&recording->runs, run) {
		struct window window = window_of(run, options);
		add_run(&tables, run, &window);
	}
	if (tables.runs->rows.n)
		return NULL;
	return error_create(ERROR_USAGE, 0, "leave --window out to see what there is",
		"nothing was sampled in that window");
}

/* ---- warnings ---- */

static struct row *warn(struct table *warnings, const char *id)
{
	struct row *row = table_add(warnings);
	row_set_text(row, "id", id);
	return row;
}

static void warn_count(struct table *warnings, const char *id, uint64_t n, const char *what)
{
	if (n)
		row_set_format(warn(warnings, id), "text", "%s: %llu", what, (unsigned long long)n);
}

void plot_warn(const struct recording *recording, struct table *warnings)
{
	vec_foreach (&recording->runs, run) {
		warn_count(warnings, "late_samples", run->n_late,
			"samples left out because whymem was not let run when they were due");
		warn_count(warnings, "hidden_children", run->n_hidden_children,
			"children that are in the total, without a curve of their own");
		warn_count(warnings, "hidden_spans", run->n_hidden_spans,
			"calls that are not shown: earlier or shorter ones");
		warn_count(warnings, "unknown_samples", run->n_unknown_samples,
			"samples whose size is not known");
		if (run->is_cut)
			row_set_format(warn(warnings, "cut_file"), "text",
				"%s ends in the middle of a line: it is not complete", run->file);
	}
}
