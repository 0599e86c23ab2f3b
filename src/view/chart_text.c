#include "view/chart_text.h"

#include "base/cleanup.h"
#include "view/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#define LABEL_WIDTH 8 /* of the numbers at the left, the line of the axis not included */
#define COLUMNS_MAX 240
#define LINES_MIN 6
#define LINES_MAX 16
#define LINES_BESIDE 12 /* what else shall be seen on the same screen */
#define EIGHTHS 8

/* ---- places ---- */

static unsigned count_columns(const struct page *page)
{
	return MIN(page->style.width - LABEL_WIDTH - 2, COLUMNS_MAX);
}

static unsigned count_lines(const struct page *page)
{
	unsigned height = page->style.height;
	return MIN(MAX(height, LINES_BESIDE + LINES_MIN) - LINES_BESIDE, LINES_MAX);
}

/* The column of a time; of one outside the nearest. */
static unsigned column_of(const struct chart *chart, double seconds, unsigned n_columns)
{
	double place = axis_place(&chart->time, seconds) * n_columns;
	return place < 0 ? 0 : (unsigned)MIN(place, n_columns - 1);
}

/*
 * The most of each column; where there is no sample the value before it holds.
 * NAN before the first and behind the last one.
 */
static double *column_values(
	const struct chart *chart, const struct curve *curve, unsigned n_columns)
{
	double *values = calloc(n_columns + 1, sizeof(*values));
	if (!values)
		return NULL;
	for (unsigned i = 0; i < n_columns; i++)
		values[i] = NAN;
	double before = NAN;
	unsigned last = 0;
	vec_foreach (&curve->points, point) {
		unsigned column = column_of(chart, point->at, n_columns);
		for (unsigned i = last + 1; i < column; i++)
			values[i] = isnan(values[i]) ? before : values[i];
		values[column] = isnan(values[column]) ? point->n_bytes
						       : MAX(values[column], point->n_bytes);
		before = point->n_bytes;
		last = column;
	}
	return values;
}

/* ---- the line of the axis ---- */

/* The value of the mark that stands on line `line` from below, if one does. */
static bool mark_of_line(const struct axis *axis, unsigned line, unsigned n_lines, double *ret)
{
	for (unsigned i = 0; i < axis_count(axis); i++) {
		double value = axis_first(axis) + i * axis->step;
		double at = round(axis_place(axis, value) * n_lines);
		if ((unsigned)at == line) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static void write_label(struct page *page, const struct axis *axis, unsigned line, unsigned n_lines)
{
	char text[LABEL_WIDTH + 64];
	double value;
	bool is_marked = mark_of_line(axis, line, n_lines, &value);
	snprintf(text, sizeof(text), "%*s ", LABEL_WIDTH,
		is_marked ? axis_label(axis, value).text : "");
	page_write(page, INK_DIM, text);
	page_write(page, INK_DIM, !page->style.unicode ? "|" : is_marked ? "┤" : "│");
}

static void write_base(struct page *page, const struct axis *axis, unsigned n_columns)
{
	char text[LABEL_WIDTH + 64];
	snprintf(text, sizeof(text), "%*s ", LABEL_WIDTH, axis_label(axis, axis->low).text);
	page_write(page, INK_DIM, text);
	page_write(page, INK_DIM, page->style.unicode ? "└" : "+");
	for (unsigned i = 0; i < n_columns; i++)
		page_write(page, INK_DIM, page->style.unicode ? "─" : "-");
	page_end_line(page);
}

/* Times below their columns, as many as have room. */
static void write_times(struct page *page, const struct chart *chart, unsigned n_columns)
{
	char line[COLUMNS_MAX + LABEL_WIDTH + 80];
	size_t n = 0;
	memset(line, ' ', sizeof(line));
	for (unsigned i = 0; i < axis_count(&chart->time); i++) {
		double value = axis_first(&chart->time) + i * chart->time.step;
		char text[64];
		size_t n_text = (size_t)snprintf(text, sizeof(text), "%s %s",
			axis_label(&chart->time, value).text, chart->time.unit_name);
		size_t at = LABEL_WIDTH + 2 + column_of(chart, value, n_columns);
		if (at < n + (n ? 2 : 0) || at + n_text > LABEL_WIDTH + 2 + n_columns)
			continue;
		memcpy(line + at, text, n_text);
		n = at + n_text;
	}
	page_write_n(page, INK_DIM, line, n);
	page_end_line(page);
}

/* ---- one curve ---- */

static const char *const blocks[EIGHTHS + 1] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const marks[EIGHTHS + 1] = {" ", ".", ".", ".", ":", ":", "#", "#", "#"};

static void write_area_line(struct page *page, const struct axis *axis, const double *values,
	unsigned n_columns, unsigned line, unsigned n_lines)
{
	const char *const *cells = page->style.unicode ? blocks : marks;
	char text[COLUMNS_MAX * 4 + 1] = "", *at = text;
	size_t n = 0; /* without blanks at the end */
	for (unsigned i = 0; i < n_columns; i++) {
		double height =
			isnan(values[i]) ? 0 : axis_place(axis, values[i]) * n_lines * EIGHTHS;
		double cell = ceil(height - line * EIGHTHS);
		int eighths = cell < 0 ? 0 : (int)MIN(cell, EIGHTHS);
		at = stpcpy(at, cells[eighths]);
		n = eighths ? (size_t)(at - text) : n;
	}
	page_write_n(page, INK_BAR, text, n);
}

static bool show_area(const struct chart *chart, struct page *page)
{
	unsigned n_columns = count_columns(page), n_lines = count_lines(page);
	_cleanup_free_ double *values = column_values(chart, &chart->curves.data[0], n_columns);
	if (!values)
		return false;
	for (unsigned line = n_lines; line--;) {
		write_label(page, &chart->bytes, line + 1, n_lines);
		write_area_line(page, &chart->bytes, values, n_columns, line, n_lines);
		page_end_line(page);
	}
	return true;
}

/* ---- several curves ---- */

char text_curve_letter(size_t i)
{
	return (char)('a' + i % 26);
}

char text_function_letter(size_t i)
{
	return (char)('A' + i % 26);
}

/* Letters on `n_lines` lines, the lowest first. */
struct letters {
	unsigned n_columns, n_lines;
	char *cells;
};

static void set_letter(struct letters *letters, unsigned column, unsigned line, char letter)
{
	letters->cells[(size_t)line * letters->n_columns + column] = letter;
}

/* From the line of the column before to its own. */
static void draw_curve(
	struct letters *letters, const struct axis *axis, const double *values, char letter)
{
	int before = -1;
	for (unsigned i = 0; i < letters->n_columns; i++) {
		if (isnan(values[i])) {
			before = -1;
			continue;
		}
		double place = axis_place(axis, values[i]) * letters->n_lines;
		int line = (int)MIN(MAX(place, 0), letters->n_lines - 1);
		int step = before < 0 || before == line ? 0 : line > before ? 1 : -1;
		for (int at = step ? before + step : line; at != line; at += step)
			set_letter(letters, i, (unsigned)at, letter);
		set_letter(letters, i, (unsigned)line, letter);
		before = line;
	}
}

/* Without blanks at the end. */
static void write_cells(struct page *page, const char *cells, size_t n)
{
	while (n && cells[n - 1] == ' ')
		n--;
	page_write_n(page, INK_PLAIN, cells, n);
}

static bool show_letters(const struct chart *chart, struct page *page)
{
	struct letters letters = {count_columns(page), count_lines(page), NULL};
	size_t n = (size_t)letters.n_columns * letters.n_lines;
	_cleanup_free_ char *cells = letters.cells = malloc(n);
	if (!cells)
		return false;
	memset(cells, ' ', n);
	for (size_t i = MIN(chart->curves.n, TEXT_CURVES_MAX); i--;) {
		_cleanup_free_ double *values =
			column_values(chart, &chart->curves.data[i], letters.n_columns);
		if (!values)
			return false;
		draw_curve(&letters, &chart->bytes, values, text_curve_letter(i));
	}
	for (unsigned line = letters.n_lines; line--;) {
		write_label(page, &chart->bytes, line + 1, letters.n_lines);
		write_cells(page, cells + (size_t)line * letters.n_columns, letters.n_columns);
		page_end_line(page);
	}
	return true;
}

bool text_curves(const struct chart *chart, struct page *page)
{
	char unit[LABEL_WIDTH + 8];
	snprintf(unit, sizeof(unit), "%*s", LABEL_WIDTH, chart->bytes.unit_name);
	page_write(page, INK_DIM, unit);
	page_end_line(page);
	if (!(chart->curves.n > 1 ? show_letters : show_area)(chart, page))
		return false;
	write_base(page, &chart->bytes, count_columns(page));
	write_times(page, chart, count_columns(page));
	return true;
}

/* ---- functions ---- */

/* The columns from begin to end of a call. */
struct stretch {
	unsigned from, to;
};

static struct stretch stretch_of(
	const struct chart *chart, const struct row *span, unsigned n_columns)
{
	const struct row *run = chart_run(chart, span);
	return (struct stretch){
		column_of(chart, run_seconds(run, span, "begin_unix_ns"), n_columns),
		column_of(chart, run_seconds(run, span, "end_unix_ns"), n_columns)};
}

bool text_function(const struct chart *chart, const char *function, char letter, struct page *page)
{
	unsigned n_columns = count_columns(page);
	const char name[2] = {letter, '\0'};
	char label[LABEL_WIDTH + 8];
	_cleanup_free_ bool *is_running = calloc(n_columns, sizeof(bool));
	if (!is_running)
		return false;
	vec_foreach (&chart->spans->rows, row) {
		if (strcmp(row_text(*row, "function", ""), function) != 0)
			continue;
		struct stretch stretch = stretch_of(chart, *row, n_columns);
		memset(is_running + stretch.from, true, stretch.to - stretch.from + 1);
	}
	snprintf(label, sizeof(label), "%*s  ", LABEL_WIDTH, name);
	page_write(page, INK_BOLD, label);
	while (n_columns && !is_running[n_columns - 1])
		n_columns--;
	for (unsigned i = 0; i < n_columns; i++)
		page_write(page, INK_BAR, !is_running[i] ? " " : page->style.unicode ? "━" : "=");
	page_end_line(page);
	return true;
}

/* "├load───┤" in `width` columns. */
static bool write_box(struct page *page, const char *name, unsigned width)
{
	bool unicode = page->style.unicode;
	if (width < 2) {
		page_write(page, INK_BAR, unicode ? "│" : "|");
		return true;
	}
	unsigned used = 0;
	_cleanup_free_ char *printable = utf8_printable(name, unicode);
	if (!printable)
		return false;
	page_write(page, INK_BAR, unicode ? "├" : "[");
	size_t n = utf8_prefix(printable, width - 2, &used);
	page_write_n(page, INK_PLAIN, printable, n);
	for (; used < width - 2; used++)
		page_write(page, INK_BAR, unicode ? "─" : "-");
	page_write(page, INK_BAR, unicode ? "┤" : "]");
	return true;
}

/* The spans of one level follow each other; where two meet in a column it is the first one's. */
static bool show_level(const struct chart *chart, int64_t level, struct page *page)
{
	unsigned n_columns = count_columns(page), at = 0;
	char blank[COLUMNS_MAX + 1];
	memset(blank, ' ', sizeof(blank));
	page_write_n(page, INK_PLAIN, blank, LABEL_WIDTH + 2);
	vec_foreach (&chart->spans->rows, row) {
		struct stretch stretch = stretch_of(chart, *row, n_columns);
		if (row_int(*row, "level", 0) != level || stretch.to < at)
			continue;
		stretch.from = MAX(stretch.from, at);
		page_write_n(page, INK_PLAIN, blank, stretch.from - at);
		if (!write_box(page, row_text(*row, "function", ""), stretch.to - stretch.from + 1))
			return false;
		at = stretch.to + 1;
	}
	page_end_line(page);
	return true;
}

bool text_flame(const struct chart *chart, struct page *page)
{
	int64_t n = chart_levels(chart), n_shown = MIN(n, TEXT_LEVELS_MAX);
	for (int64_t level = 0; level < n_shown; level++) {
		if (!show_level(chart, level, page))
			return false;
	}
	if (n > n_shown)
		page_format(page, INK_DIM, LABEL_WIDTH + 2, "%*s%s and %lld deeper levels",
			LABEL_WIDTH + 2, "", page_ellipsis(page), (long long)(n - n_shown));
	return true;
}
