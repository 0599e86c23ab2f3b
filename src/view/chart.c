#include "view/chart.h"

#include "view/screens.h"

#include <math.h>
#include <stdio.h>

#define MIB 1048576.0
#define HEAD_SHARE 0.03
#define ZERO_SHARE 4 /* a curve that moves in less than this part of it does not begin at zero */

/* ---- axes ---- */

/* The least of 1, 2, 5, 10, 20 ... that is not below `step`. */
static double nice_step(double step)
{
	double power = pow(10, floor(log10(step)));
	static const double steps[] = {1, 2, 5};
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (steps[i] * power >= step * 0.999999)
			return steps[i] * power;
	}
	return 10 * power;
}

static double step_for(const struct axis *axis, unsigned n_marks)
{
	return nice_step((axis->high - axis->low) / axis->unit / n_marks) * axis->unit;
}

static struct axis time_axis(double low, double high, unsigned n_marks)
{
	static const struct {
		const char *name;
		double seconds, from;
	} units[] = {{"d", 86400, 4 * 86400}, {"h", 3600, 4 * 3600}, {"min", 60, 240}, {"s", 1, 0}};
	if (high - low < 1e-3)
		high = low + 1e-3;
	size_t i = 0;
	while (high - low < units[i].from)
		i++;
	struct axis axis = {
		.low = low, .high = high, .unit = units[i].seconds, .unit_name = units[i].name};
	axis.step = step_for(&axis, n_marks);
	return axis;
}

/* From zero, unless that would hide how the curves move; with some room above them. */
static struct axis bytes_axis(double low, double high, unsigned n_marks)
{
	if (high - low > high / ZERO_SHARE || high - low < 0.01 * MIB)
		low = 0;
	struct axis axis = {
		.low = low, .high = MAX(high, 0.01 * MIB), .unit = MIB, .unit_name = "MiB"};
	axis.step = step_for(&axis, n_marks);
	axis.low = floor(axis.low / axis.step) * axis.step;
	axis.high += (axis.high - axis.low) * HEAD_SHARE;
	return axis;
}

double axis_first(const struct axis *axis)
{
	return ceil(axis->low / axis->step - 1e-6) * axis->step;
}

unsigned axis_count(const struct axis *axis)
{
	return (unsigned)((axis->high - axis_first(axis)) / axis->step + 1e-6) + 1;
}

struct number axis_label(const struct axis *axis, double value)
{
	double step = axis->step / axis->unit, scaled = value / axis->unit;
	int digits = step < 0.9999 ? (int)ceil(-log10(step) - 1e-6) : 0;
	struct number number;
	if (!digits)
		return number_count((int64_t)llround(scaled));
	snprintf(number.text, sizeof(number.text), "%.*f", MIN(digits, 6), scaled);
	return number;
}

double axis_place(const struct axis *axis, double value)
{
	return (value - axis->low) / (axis->high - axis->low);
}

/* ---- curves ---- */

double run_seconds(const struct row *run, const struct row *row, const char *name)
{
	return (double)(row_int(row, name, 0) - row_int(run, "started_unix_ns", 0)) / 1e9;
}

const struct row *chart_run(const struct chart *chart, const struct row *row)
{
	size_t i = (size_t)row_int(row, "run", -1);
	return i < table_rows(chart->runs) ? chart->runs->rows.data[i] : NULL;
}

static bool read_points(struct chart *chart, const struct table *samples)
{
	vec_foreach (&samples->rows, row) {
		size_t i = (size_t)row_int(*row, "series", -1);
		if (i >= chart->curves.n)
			continue;
		struct curve *curve = &chart->curves.data[i];
		struct chart_point *point = vec_add(&curve->points);
		if (!point)
			return false;
		point->at = run_seconds(curve->run, *row, "unix_ns");
		point->n_bytes = (double)row_int(*row, "bytes", 0);
	}
	return true;
}

static bool read_curves(struct chart *chart, const struct row *root)
{
	const struct table *series = row_table(root, "series"),
			   *samples = row_table(root, "samples");
	chart->runs = row_table(root, "runs");
	chart->spans = row_table(root, "spans");
	vec_foreach (&series->rows, row) {
		struct curve *curve = vec_add(&chart->curves);
		if (!curve)
			return false;
		*curve = (struct curve){.row = *row, .run = chart_run(chart, *row)};
	}
	return read_points(chart, samples);
}

struct range {
	double low, high;
};

static void widen(struct range *range, double value)
{
	range->low = MIN(range->low, value);
	range->high = MAX(range->high, value);
}

bool chart_read(
	const struct row *root, unsigned n_time_marks, unsigned n_bytes_marks, struct chart *ret)
{
	struct chart chart = {0};
	struct range time = {INFINITY, -INFINITY}, bytes = {INFINITY, -INFINITY};
	const struct row *drawing = row_row(root, "drawing");
	if (!read_curves(&chart, root)) {
		chart_deinit(&chart);
		return false;
	}
	vec_foreach (&chart.curves, curve) {
		vec_foreach (&curve->points, point) {
			widen(&time, point->at);
			widen(&bytes, point->n_bytes);
		}
	}
	vec_foreach (&chart.spans->rows, span) {
		widen(&time, run_seconds(chart_run(&chart, *span), *span, "begin_unix_ns"));
		widen(&time, run_seconds(chart_run(&chart, *span), *span, "end_unix_ns"));
	}
	if (row_has(drawing, "window_begin_ns")) {
		time.low = (double)row_int(drawing, "window_begin_ns", 0) / 1e9;
		time.high = MIN(time.high, (double)row_int(drawing, "window_end_ns", 0) / 1e9);
	}
	chart.time = time_axis(time.low, time.high, n_time_marks);
	chart.bytes = bytes_axis(bytes.low, bytes.high, n_bytes_marks);
	*ret = chart;
	return true;
}

void chart_deinit(struct chart *chart)
{
	vec_foreach (&chart->curves, curve)
		vec_deinit(&curve->points);
	vec_deinit(&chart->curves);
}

/* ---- functions ---- */

static struct function *find_function(struct functions *functions, const char *name)
{
	vec_foreach (&functions->all, function) {
		if (!strcmp(function->name, name))
			return function;
	}
	struct function *function = vec_add(&functions->all);
	if (function)
		function->name = name;
	return function;
}

static int compare_functions(const void *left, const void *right)
{
	const struct function *a = left, *b = right;
	if (a->peak_bytes != b->peak_bytes)
		return a->peak_bytes < b->peak_bytes ? 1 : -1;
	return strcmp(a->name, b->name);
}

static void count_call(struct function *function, const struct chart *chart, const struct row *span)
{
	const struct row *run = chart_run(chart, span);
	function->n_calls++;
	function->delta_bytes += row_int(span, "end_bytes", 0) - row_int(span, "begin_bytes", 0);
	function->peak_bytes = MAX(function->peak_bytes, row_int(span, "peak_bytes", 0));
	function->seconds +=
		run_seconds(run, span, "end_unix_ns") - run_seconds(run, span, "begin_unix_ns");
}

bool chart_functions(const struct chart *chart, struct functions *ret)
{
	struct functions functions = {0};
	vec_foreach (&chart->spans->rows, row) {
		struct function *function =
			find_function(&functions, row_text(*row, "function", ""));
		if (!function) {
			vec_deinit(&functions.all);
			return false;
		}
		count_call(function, chart, *row);
	}
	if (functions.all.n)
		qsort(functions.all.data, functions.all.n, sizeof(struct function),
			compare_functions);
	*ret = functions;
	return true;
}

int64_t chart_levels(const struct chart *chart)
{
	int64_t n = 0;
	vec_foreach (&chart->spans->rows, row)
		n = MAX(n, row_int(*row, "level", 0) + 1);
	return n;
}

/* ---- words ---- */

static const char *file_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	return slash ? slash + 1 : path;
}

/* A file may hold several runs. */
static char *run_name(const struct chart *chart, const struct row *run)
{
	const char *file = row_text(run, "file", NULL);
	unsigned n_same = 0, number = 0;
	vec_foreach (&chart->runs->rows, other) {
		n_same += file && !strcmp(row_text(*other, "file", ""), file);
		number = *other == run ? n_same : number;
	}
	char *text = NULL;
	int n = n_same > 1 ? asprintf(&text, "%s, run %u", file_name(file), number)
			   : asprintf(&text, "%s", file ? file_name(file) : "memory");
	return n < 0 ? NULL : text;
}

/* Without children a curve is its run. */
char *curve_name(const struct chart *chart, const struct curve *curve)
{
	const char *kind = row_text(curve->row, "kind", "");
	bool is_child = !strcmp(kind, "child"), is_total = !strcmp(kind, "total");
	unsigned n_curves = 0;
	char *text = NULL, pid[32] = "";
	vec_foreach (&chart->curves, other)
		n_curves += other->run == curve->run;
	char *run = run_name(chart, curve->run);
	if (!run || n_curves == 1)
		return run;
	if (row_has(curve->row, "pid"))
		snprintf(pid, sizeof(pid), " %lld", (long long)row_int(curve->row, "pid", 0));
	bool is_named = table_rows(chart->runs) > 1;
	int n = asprintf(&text, "%s%s%s%s", is_named ? run : "", is_named ? ", " : "",
		is_child   ? "child"
		: is_total ? "all together"
			   : "process",
		pid);
	free(run);
	return n < 0 ? NULL : text;
}

/* Bytes an hour as MiB in the unit of time in which they are some. */
struct rate {
	double per_hour;
	const char *name;
};

static struct rate rate_unit(double largest)
{
	double mib = fabs(largest) / MIB;
	return mib >= 3600 ? (struct rate){3600, "MiB/s"}
	       : mib >= 60 ? (struct rate){60, "MiB/min"}
	       : mib >= 1  ? (struct rate){1, "MiB/h"}
			   : (struct rate){1.0 / 24, "MiB/d"};
}

char *slope_text(const struct row *series)
{
	const char *slope = row_text(series, "slope", "");
	double middle = (double)row_int(series, "slope_bytes_per_hour", 0),
	       low = (double)row_int(series, "slope_low_bytes_per_hour", 0),
	       high = (double)row_int(series, "slope_high_bytes_per_hour", 0);
	struct rate rate = rate_unit(MAX(fabs(low), fabs(high)));
	double unit = MIB * rate.per_hour;
	char *text = NULL;
	int n;
	if (!strcmp(slope, "too_short"))
		n = asprintf(&text, "too few samples to tell whether it grows");
	else if (!strcmp(slope, "flat"))
		n = asprintf(&text, "neither grows nor shrinks: all samples are the same");
	else if (!strcmp(slope, "unclear"))
		n = asprintf(&text, "no clear slope: between %+.2f and %+.2f %s", low / unit,
			high / unit, rate.name);
	else if (!strcmp(slope, "unsteady"))
		n = asprintf(&text,
			"%s by %.2f %s over all, but not in the second half: no steady slope",
			middle > 0 ? "grew" : "shrank", fabs(middle) / unit, rate.name);
	else
		n = asprintf(&text, "%s steadily by %.2f %s: almost surely between %.2f and %.2f",
			slope, fabs(middle) / unit, rate.name, MIN(fabs(low), fabs(high)) / unit,
			MAX(fabs(low), fabs(high)) / unit);
	return n < 0 ? NULL : text;
}
