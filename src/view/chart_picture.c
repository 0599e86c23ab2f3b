/*
 * A chart as a picture: title and peak above, the curves with their axes, the
 * calls of functions as brackets on the curve or as boxes below it, and what
 * each colour means.
 */
#include "view/chart_picture.h"

#include "base/cleanup.h"
#include "view/canvas.h"
#include "view/chart.h"
#include "view/screens.h"

#include <errno.h>
#include <stdio.h>

#define WIDTH 1000
#define LEFT 84
#define RIGHT 24
#define TOP 64
#define PLOT_HEIGHT 380
#define AXIS_HEIGHT 48 /* below the curves: marks and what they are */
#define LINE_HEIGHT 19
#define BOX_HEIGHT 18
#define BOTTOM 16
#define TIME_MARKS 8
#define BYTES_MARKS 7

#define CURVES_MAX 12 /* with a line in the legend */
#define FUNCTIONS_MAX 12
#define LEVELS_MAX 40
#define BRACKETS_MAX 400

#define INK 0x1d2939
#define GREY 0x667085
#define GRID 0xe4e7ec
#define RED 0xd92d20

static const uint32_t curve_colours[] = {
	0x1570ef, 0xe04f16, 0x099250, 0x7a5af8, 0xca8504, 0x0e9384, 0xdd2590, 0x475467};
static const uint32_t function_colours[] = {
	0xe04f16, 0x099250, 0x7a5af8, 0xca8504, 0x0e9384, 0xdd2590, 0x1570ef, 0x475467};

struct drawing {
	const struct row *root;
	const struct chart *chart;
	struct functions functions;
	struct canvas *canvas;
	bool is_flame, with_slope, with_calls;
};

static const struct lettering small = {.colour = INK, .size = 12};
static const struct lettering faint = {.colour = GREY, .size = 12};

static double x_of(const struct drawing *drawing, double seconds)
{
	double place = axis_place(&drawing->chart->time, seconds);
	return LEFT + MIN(MAX(place, 0), 1) * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct drawing *drawing, double n_bytes)
{
	double place = axis_place(&drawing->chart->bytes, n_bytes);
	return TOP + (1 - MIN(MAX(place, 0), 1)) * PLOT_HEIGHT;
}

static uint32_t curve_colour(size_t i)
{
	return curve_colours[i % ARRAY_SIZE(curve_colours)];
}

/* ---- title and axes ---- */

static const struct row *only_run(const struct drawing *drawing)
{
	const struct table *runs = drawing->chart->runs;
	return table_rows(runs) == 1 ? runs->rows.data[0] : NULL;
}

static void draw_title(const struct drawing *drawing)
{
	const struct row *run = only_run(drawing);
	const char *title = row_text(row_row(drawing->root, "drawing"), "title", NULL);
	const char *command =
		run ? row_text(run, "command", "memory over time") : "memory over time";
	_cleanup_free_ char *line =
		title ? strdup(title) : strndup(command, strcspn(command, "\n"));
	char peak[320];
	if (!line) {
		sink_fail(drawing->canvas->sink, ENOMEM);
		return;
	}
	canvas_text(drawing->canvas, LEFT, 28, WIDTH - LEFT - RIGHT,
		(struct lettering){.colour = INK, .size = 16, .is_bold = true}, line);
	if (!run)
		return;
	snprintf(peak, sizeof(peak),
		"peak %s MiB at %s, %s MiB at the beginning, %s at the end, %s",
		row_mib(run, "peak_bytes").text,
		number_duration((int64_t)(run_seconds(run, run, "peak_unix_ns") * 1e9)).text,
		row_mib(run, "first_bytes").text, row_mib(run, "last_bytes").text,
		number_date(row_int(run, "started_unix_ns", 0)).text);
	canvas_text(drawing->canvas, LEFT, 48, WIDTH - LEFT - RIGHT, faint, peak);
}

static void draw_bytes_axis(const struct drawing *drawing)
{
	const struct axis *axis = &drawing->chart->bytes;
	struct lettering lettering = faint;
	lettering.anchor = ANCHOR_END;
	for (unsigned i = 0; i < axis_count(axis); i++) {
		double value = axis_first(axis) + i * axis->step, y = y_of(drawing, value);
		canvas_line(drawing->canvas, LEFT, y, WIDTH - RIGHT, y,
			(struct pen){.colour = GRID, .width = 1});
		canvas_text(drawing->canvas, LEFT - 8, y + 4, LEFT - 8, lettering,
			axis_label(axis, value).text);
	}
	canvas_text(drawing->canvas, LEFT - 8, TOP - 16, LEFT - 8, lettering, axis->unit_name);
}

static void draw_time_axis(const struct drawing *drawing)
{
	const struct axis *axis = &drawing->chart->time;
	struct lettering lettering = faint;
	double bottom = TOP + PLOT_HEIGHT;
	lettering.anchor = ANCHOR_MIDDLE;
	for (unsigned i = 0; i < axis_count(axis); i++) {
		double value = axis_first(axis) + i * axis->step, x = x_of(drawing, value);
		char text[64];
		snprintf(
			text, sizeof(text), "%s %s", axis_label(axis, value).text, axis->unit_name);
		canvas_line(drawing->canvas, x, TOP, x, bottom + 5,
			(struct pen){.colour = GRID, .width = 1});
		canvas_text(drawing->canvas, x, bottom + 20, 100, lettering, text);
	}
	canvas_line(drawing->canvas, LEFT, bottom, WIDTH - RIGHT, bottom,
		(struct pen){.colour = GREY, .width = 1});
}

/* ---- curves ---- */

/* The line, and behind it two points that close the area below. */
static struct canvas_point *place_points(
	const struct drawing *drawing, const struct curve *curve, size_t *n_ret)
{
	size_t n = curve->points.n;
	struct canvas_point *points = calloc(n + 2, sizeof(*points));
	if (!points)
		return NULL;
	for (size_t i = 0; i < n; i++)
		points[i] = (struct canvas_point){x_of(drawing, curve->points.data[i].at),
			y_of(drawing, curve->points.data[i].n_bytes)};
	points[n] = (struct canvas_point){n ? points[n - 1].x : LEFT, TOP + PLOT_HEIGHT};
	points[n + 1] = (struct canvas_point){n ? points[0].x : LEFT, TOP + PLOT_HEIGHT};
	*n_ret = n;
	return points;
}

static void draw_curve(const struct drawing *drawing, size_t i)
{
	size_t n;
	_cleanup_free_ struct canvas_point *points =
		place_points(drawing, &drawing->chart->curves.data[i], &n);
	if (!points) {
		sink_fail(drawing->canvas->sink, ENOMEM);
		return;
	}
	const struct pen pen = {.colour = curve_colour(i), .width = 1.8};
	if (drawing->chart->curves.n == 1)
		drawing->canvas->kind->area(drawing->canvas, points, n + 2, curve_colour(i), 0.12);
	drawing->canvas->kind->line(drawing->canvas, points, n, &pen);
}

static void draw_peak(const struct drawing *drawing)
{
	const struct row *run = only_run(drawing);
	if (!run)
		return;
	double x = x_of(drawing, run_seconds(run, run, "peak_unix_ns")),
	       y = y_of(drawing, (double)row_int(run, "peak_bytes", 0));
	const struct pen pen = {.colour = RED, .width = 1, .is_dashed = true};
	canvas_line(drawing->canvas, x, TOP, x, TOP + PLOT_HEIGHT, pen);
	canvas_line(drawing->canvas, LEFT, y, WIDTH - RIGHT, y, pen);
}

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return a < b ? -1 : a > b;
}

/* The height at which a line of that slope has half of the points above it. */
static double median_rest(const struct curve *curve, double bytes_per_second, bool *failed)
{
	size_t n = curve->points.n;
	_cleanup_free_ double *rests = calloc(n + 1, sizeof(*rests));
	*failed = !rests;
	if (!rests)
		return 0;
	for (size_t i = 0; i < n; i++)
		rests[i] =
			curve->points.data[i].n_bytes - curve->points.data[i].at * bytes_per_second;
	qsort(rests, n, sizeof(*rests), compare_doubles);
	return rests[n / 2];
}

static void draw_slope(const struct drawing *drawing, size_t i)
{
	const struct curve *curve = &drawing->chart->curves.data[i];
	bool failed;
	if (!row_has(curve->row, "slope_bytes_per_hour") || !curve->points.n)
		return;
	double slope = (double)row_int(curve->row, "slope_bytes_per_hour", 0) / 3600;
	double rest = median_rest(curve, slope, &failed);
	if (failed) {
		sink_fail(drawing->canvas->sink, ENOMEM);
		return;
	}
	double from = curve->points.data[0].at, to = curve->points.data[curve->points.n - 1].at;
	canvas_line(drawing->canvas, x_of(drawing, from), y_of(drawing, rest + slope * from),
		x_of(drawing, to), y_of(drawing, rest + slope * to),
		(struct pen){.colour = curve_colour(i), .width = 1.4, .is_dashed = true});
}

/* ---- functions ---- */

static size_t function_number(const struct drawing *drawing, const struct row *span)
{
	const char *name = row_text(span, "function", "");
	size_t i = 0;
	while (i + 1 < drawing->functions.all.n &&
		strcmp(drawing->functions.all.data[i].name, name) != 0)
		i++;
	return i;
}

static uint32_t function_colour(size_t i)
{
	return function_colours[i % ARRAY_SIZE(function_colours)];
}

/* "[" where a call began, "]" where it ended: higher than those of the calls that it makes. */
struct bracket {
	double width, half_height;
	struct pen pen;
};

static void draw_bracket(const struct drawing *drawing, double x, double y, struct bracket bracket)
{
	double top = y - bracket.half_height, bottom = y + bracket.half_height;
	const struct canvas_point points[] = {
		{x + bracket.width, top}, {x, top}, {x, bottom}, {x + bracket.width, bottom}};
	drawing->canvas->kind->line(drawing->canvas, points, ARRAY_SIZE(points), &bracket.pen);
}

static void draw_brackets(const struct drawing *drawing)
{
	const struct table *spans = drawing->chart->spans;
	int64_t n_levels = chart_levels(drawing->chart);
	for (size_t i = 0; i < MIN(table_rows(spans), BRACKETS_MAX); i++) {
		const struct row *span = spans->rows.data[i];
		const struct row *run = chart_run(drawing->chart, span);
		int64_t n_inside = MIN(n_levels - 1 - row_int(span, "level", 0), 6);
		struct bracket bracket = {.width = 5,
			.half_height = 7 + 3 * (double)n_inside,
			.pen = {.colour = function_colour(function_number(drawing, span)),
				.width = 2}};
		draw_bracket(drawing, x_of(drawing, run_seconds(run, span, "begin_unix_ns")),
			y_of(drawing, (double)row_int(span, "begin_bytes", 0)), bracket);
		bracket.width = -bracket.width;
		draw_bracket(drawing, x_of(drawing, run_seconds(run, span, "end_unix_ns")),
			y_of(drawing, (double)row_int(span, "end_bytes", 0)), bracket);
	}
}

static unsigned count_levels(const struct drawing *drawing)
{
	return drawing->is_flame ? (unsigned)MIN(chart_levels(drawing->chart), LEVELS_MAX) : 0;
}

static void draw_flame(const struct drawing *drawing)
{
	double top = TOP + PLOT_HEIGHT + AXIS_HEIGHT - 12;
	vec_foreach (&drawing->chart->spans->rows, row) {
		const struct row *run = chart_run(drawing->chart, *row);
		int64_t level = row_int(*row, "level", 0);
		double from = x_of(drawing, run_seconds(run, *row, "begin_unix_ns")),
		       to = x_of(drawing, run_seconds(run, *row, "end_unix_ns"));
		if (level >= LEVELS_MAX)
			continue;
		canvas_box(drawing->canvas, from, top + (double)level * BOX_HEIGHT,
			MAX(to - from, 1), BOX_HEIGHT - 1,
			function_colour(function_number(drawing, *row)), 0.35);
		canvas_text(drawing->canvas, from + 3, top + (double)level * BOX_HEIGHT + 13,
			to - from - 6, small, row_text(*row, "function", ""));
	}
}

/* ---- the legend ---- */

static void draw_entry(const struct drawing *drawing, double y, uint32_t colour, const char *text)
{
	canvas_box(drawing->canvas, LEFT, y - 9, 10, 10, colour, 1);
	canvas_text(drawing->canvas, LEFT + 18, y, WIDTH - LEFT - RIGHT - 18, small, text);
}

static void draw_curve_entry(const struct drawing *drawing, size_t i, double y)
{
	const struct curve *curve = &drawing->chart->curves.data[i];
	_cleanup_free_ char *name = curve_name(drawing->chart, curve);
	_cleanup_free_ char *slope = drawing->with_slope ? slope_text(curve->row) : NULL;
	_cleanup_free_ char *text = NULL;
	bool failed = !name || (drawing->with_slope && !slope);
	if (failed ||
		asprintf(&text, "%s: peak %s MiB%s%s", name, row_mib(curve->row, "peak_bytes").text,
			slope ? ", " : "", slope ? slope : "") < 0)
		sink_fail(drawing->canvas->sink, ENOMEM);
	else
		draw_entry(drawing, y, curve_colour(i), text);
}

static void draw_function_entry(const struct drawing *drawing, size_t i, double y)
{
	const struct function *function = &drawing->functions.all.data[i];
	_cleanup_free_ char *text = NULL;
	int64_t delta = function->delta_bytes;
	struct number change = number_mib(delta < 0 ? -delta : delta, mib_digits(delta));
	if (asprintf(&text, "%s: %s in %s calls, peak %s MiB, %s%s MiB", function->name,
		    number_duration((int64_t)(function->seconds * 1e9)).text,
		    number_count(function->n_calls).text,
		    number_mib(function->peak_bytes, mib_digits(function->peak_bytes)).text,
		    delta < 0 ? "-" : "+", change.text) < 0)
		sink_fail(drawing->canvas->sink, ENOMEM);
	else
		draw_entry(drawing, y, function_colour(i), text);
}

static size_t count_curve_entries(const struct drawing *drawing)
{
	size_t n = drawing->chart->curves.n;
	return n > 1 || drawing->with_slope ? MIN(n, CURVES_MAX) : 0;
}

static size_t count_function_entries(const struct drawing *drawing)
{
	return drawing->with_calls ? MIN(drawing->functions.all.n, FUNCTIONS_MAX) : 0;
}

static double legend_top(const struct drawing *drawing)
{
	unsigned n_levels = count_levels(drawing);
	return TOP + PLOT_HEIGHT + AXIS_HEIGHT + n_levels * BOX_HEIGHT + (n_levels ? 6 : 0);
}

static void draw_legend(const struct drawing *drawing)
{
	double y = legend_top(drawing) + 4;
	for (size_t i = 0; i < count_curve_entries(drawing); i++, y += LINE_HEIGHT)
		draw_curve_entry(drawing, i, y);
	for (size_t i = 0; i < count_function_entries(drawing); i++, y += LINE_HEIGHT)
		draw_function_entry(drawing, i, y);
}

/* ---- all ---- */

static double picture_height(const struct drawing *drawing)
{
	size_t n = count_curve_entries(drawing) + count_function_entries(drawing);
	return legend_top(drawing) + (double)n * LINE_HEIGHT + BOTTOM;
}

static void draw(const struct drawing *drawing)
{
	canvas_box(drawing->canvas, 0, 0, WIDTH, drawing->canvas->height, 0xffffff, 1);
	draw_title(drawing);
	draw_bytes_axis(drawing);
	draw_time_axis(drawing);
	for (size_t i = drawing->chart->curves.n; i--;)
		draw_curve(drawing, i);
	draw_peak(drawing);
	for (size_t i = 0; drawing->with_slope && i < drawing->chart->curves.n; i++)
		draw_slope(drawing, i);
	if (drawing->with_calls && drawing->is_flame)
		draw_flame(drawing);
	else if (drawing->with_calls)
		draw_brackets(drawing);
	draw_legend(drawing);
}

typedef struct error *(*begin_fn)(
	struct sink *sink, double width, double height, struct canvas *ret);

static struct error *draw_chart(
	const struct row *root, const struct chart *chart, struct sink *sink, begin_fn begin)
{
	const struct row *wanted = row_row(root, "drawing");
	struct canvas canvas;
	struct drawing drawing = {.root = root, .chart = chart, .canvas = &canvas};
	drawing.with_slope = row_int(wanted, "slope", 0);
	drawing.with_calls = only_run(&drawing) && table_rows(chart->spans);
	drawing.is_flame = drawing.with_calls && row_int(wanted, "flame", 0);
	if (!chart_functions(chart, &drawing.functions))
		return &error_no_memory;
	struct error *error = begin(sink, WIDTH, picture_height(&drawing), &canvas);
	if (!error) {
		draw(&drawing);
		canvas_end(&canvas);
	}
	vec_deinit(&drawing.functions.all);
	return error;
}

static struct error *write_picture(const struct row *root, struct sink *sink, begin_fn begin)
{
	struct chart chart;
	if (!chart_read(root, TIME_MARKS, BYTES_MARKS, &chart))
		return &error_no_memory;
	struct error *error = draw_chart(root, &chart, sink, begin);
	chart_deinit(&chart);
	return error;
}

struct error *plot_write_svg(const struct row *root, struct sink *sink)
{
	return write_picture(root, sink, canvas_begin_svg);
}

struct error *plot_write_png(const struct row *root, struct sink *sink)
{
	return write_picture(root, sink, canvas_begin_png);
}
