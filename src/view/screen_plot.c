/*
 * Memory over time: the peak in words, the curves, what each one is, the calls
 * of functions.
 */
#include "view/chart_text.h"
#include "view/screens.h"
#include "view/utf8.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>

#define TIME_MARKS 7
#define BYTES_MARKS 5

static const struct grid_column curve_columns[] = {
	{.title = "", .ink = INK_BOLD},
	{.title = "peak MiB", .ink = INK_BOLD, .right = true},
	{.title = "at", .right = true, .drop = 3},
	{.title = "begin", .right = true, .drop = 2},
	{.title = "end", .right = true, .drop = 1},
	{.title = "curve", .shrink = SHRINK_MIDDLE, .min_width = 12},
};

static const struct grid_column function_columns[] = {
	{.title = "", .ink = INK_BOLD},
	{.title = "peak MiB", .ink = INK_BOLD, .right = true},
	{.title = "change", .right = true},
	{.title = "calls", .right = true, .drop = 2},
	{.title = "time", .right = true, .drop = 1},
	{.title = "function", .shrink = SHRINK_MIDDLE, .min_width = 12},
};

static struct number seconds_text(double seconds)
{
	return number_duration((int64_t)(seconds * 1e9));
}

/* ---- the head ---- */

/* The title, or the first line of the command, on half a line. */
static char *title_text(const struct row *root, const struct row *run, const struct page *page)
{
	const char *command = row_text(run, "command", "memory over time");
	const char *title = row_text(row_row(root, "drawing"), "title", NULL);
	if (title)
		return strdup(title);
	_cleanup_free_ char *line = strndup(command, strcspn(command, "\n"));
	_cleanup_free_ char *printable = line ? utf8_printable(line, page->style.unicode) : NULL;
	return printable ? grid_shorten(page, printable, page->style.width / 2, SHRINK_END) : NULL;
}

static void show_title(const struct row *root, const struct row *run, struct page *page)
{
	_cleanup_free_ char *title = title_text(root, run, page);
	if (!title)
		sink_fail(page->sink, ENOMEM);
	char samples[128], figure[8] = "memory";
	const char *name = row_text(root, "figure", NULL);
	for (size_t i = 0; name && name[i] && i < 3; i++) {
		figure[i] = (char)(name[i] - 'a' + 'A');
		figure[i + 1] = '\0';
	}
	snprintf(samples, sizeof(samples), "%s samples of %s",
		number_count(row_int(run, "sample_count", 0)).text, figure);
	struct number length = seconds_text(
		run_seconds(run, run, "end_unix_ns") - run_seconds(run, run, "begin_unix_ns"));
	struct number date = number_date(row_int(run, "started_unix_ns", 0));
	const struct segment segments[] = {
		{INK_BOLD, title},
		{INK_PLAIN, length.text},
		{INK_PLAIN, samples},
		{INK_PLAIN, date.text},
	};
	page_segments(page, segments, ARRAY_SIZE(segments), page_dot(page), 2);
}

static void show_peak(const struct row *run, struct page *page)
{
	page_format(page, INK_BOLD, 2, "peak %s MiB at %s, %s MiB at the beginning, %s at the end",
		row_mib(run, "peak_bytes").text,
		seconds_text(run_seconds(run, run, "peak_unix_ns")).text,
		row_mib(run, "first_bytes").text, row_mib(run, "last_bytes").text);
	if (row_int(run, "kernel_peak_bytes", 0) > row_int(run, "peak_bytes", 0))
		page_format(page, INK_PLAIN, 2, "between two samples it reached %s MiB",
			row_mib(run, "kernel_peak_bytes").text);
}

static void show_slope(const struct chart *chart, const struct curve *curve, struct page *page)
{
	_cleanup_free_ char *text = slope_text(curve->row);
	_cleanup_free_ char *name = curve_name(chart, curve);
	if (!text || !name)
		sink_fail(page->sink, ENOMEM);
	else
		page_format(page, INK_PLAIN, 2, "%s%s%s", chart->curves.n > 1 ? name : "",
			chart->curves.n > 1 ? " " : "", text);
}

static void show_slopes(const struct row *root, const struct chart *chart, struct page *page)
{
	if (!row_int(row_row(root, "drawing"), "slope", 0))
		return;
	for (size_t i = 0; i < MIN(chart->curves.n, TEXT_CURVES_MAX); i++)
		show_slope(chart, &chart->curves.data[i], page);
}

/* ---- the curves ---- */

static void add_curve(struct grid *grid, const struct chart *chart, size_t i, unsigned digits)
{
	const struct curve *curve = &chart->curves.data[i];
	grid_format(grid, "%c", text_curve_letter(i));
	grid_add_mib(grid, curve->row, "peak_bytes", digits);
	grid_add_number(grid, seconds_text(run_seconds(curve->run, curve->row, "peak_unix_ns")));
	grid_add_mib(grid, curve->row, "first_bytes", digits);
	grid_add_mib(grid, curve->row, "last_bytes", digits);
	grid_take(grid, curve_name(chart, curve));
}

static void show_curve_table(const struct row *root, const struct chart *chart, struct page *page)
{
	size_t n_shown = MIN(chart->curves.n, TEXT_CURVES_MAX);
	unsigned digits = mib_digits(table_largest(row_table(root, "series"), "peak_bytes"));
	struct grid grid = grid_make(curve_columns, ARRAY_SIZE(curve_columns), 0);
	for (size_t i = 0; i < n_shown; i++)
		add_curve(&grid, chart, i, digits);
	grid_print(&grid, page);
	if (n_shown < chart->curves.n)
		page_format(page, INK_DIM, 2, "  %s and %zu more curves (in the JSON)",
			page_ellipsis(page), chart->curves.n - n_shown);
}

/* ---- functions ---- */

static void show_function_table(const struct functions *functions, size_t n, struct page *page)
{
	unsigned digits = mib_digits(functions->all.data[0].peak_bytes);
	struct grid grid = grid_make(function_columns, ARRAY_SIZE(function_columns), 0);
	for (size_t i = 0; i < n; i++) {
		const struct function *function = &functions->all.data[i];
		grid_format(&grid, "%c", text_function_letter(i));
		grid_add_number(&grid, number_mib(function->peak_bytes, digits));
		grid_add_number(&grid, signed_mib(page, function->delta_bytes, digits));
		grid_add_number(&grid, number_count(function->n_calls));
		grid_add_number(&grid, seconds_text(function->seconds));
		grid_add(&grid, function->name);
	}
	grid_print(&grid, page);
	if (n < functions->all.n)
		page_format(page, INK_DIM, 2, "  %s and %zu more functions (in the JSON)",
			page_ellipsis(page), functions->all.n - n);
}

static bool show_functions(const struct chart *chart, bool as_flame, struct page *page)
{
	struct functions functions = {0};
	bool ok = chart_functions(chart, &functions);
	size_t n = MIN(functions.all.n, TEXT_FUNCTIONS_MAX);
	if (ok && as_flame)
		ok = text_flame(chart, page);
	for (size_t i = 0; ok && !as_flame && i < n; i++)
		ok = text_function(
			chart, functions.all.data[i].name, text_function_letter(i), page);
	if (ok)
		show_function_table(&functions, n, page);
	vec_deinit(&functions.all);
	return ok;
}

/* ---- */

static void write_peak(struct page *page, int64_t bytes, const char *name)
{
	page_format(page, INK_PLAIN, 0, "%s MiB  %s", number_mib(bytes, 3).text, name);
}

static bool show_peaks(const struct chart *chart, struct page *page)
{
	struct functions functions = {0};
	vec_foreach (&chart->curves, curve) {
		_cleanup_free_ char *name = curve_name(chart, curve);
		if (!name)
			return false;
		write_peak(page, row_int(curve->row, "peak_bytes", 0), name);
	}
	if (table_rows(chart->runs) > 1)
		return true;
	if (!chart_functions(chart, &functions))
		return false;
	vec_foreach (&functions.all, function)
		write_peak(page, function->peak_bytes, function->name);
	vec_deinit(&functions.all);
	return true;
}

static bool show_chart(const struct row *root, const struct chart *chart, struct page *page)
{
	const struct row *drawing = row_row(root, "drawing");
	size_t n_runs = table_rows(chart->runs);
	if (n_runs == 1) {
		show_title(root, chart->runs->rows.data[0], page);
		show_peak(chart->runs->rows.data[0], page);
	}
	show_slopes(root, chart, page);
	show_warnings(root, page);
	if (!text_curves(chart, page))
		return false;
	/* Calls of several runs would stand in each other's way. */
	bool ok = n_runs > 1 || !table_rows(chart->spans) ||
		  show_functions(chart, row_int(drawing, "flame", 0), page);
	if (chart->curves.n > 1)
		show_curve_table(root, chart, page);
	return ok;
}

void screen_plot(const struct row *root, struct page *page)
{
	struct chart chart;
	if (!chart_read(root, TIME_MARKS, BYTES_MARKS, &chart)) {
		sink_fail(page->sink, ENOMEM);
		return;
	}
	bool only_peak = row_int(row_row(root, "drawing"), "only_peak", 0);
	if (!(only_peak ? show_peaks(&chart, page) : show_chart(root, &chart, page)))
		sink_fail(page->sink, ENOMEM);
	chart_deinit(&chart);
}
