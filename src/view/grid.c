#include "view/grid.h"

#include "view/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define GAP 2
#define COLUMNS_MAX 16

struct grid grid_make(const struct grid_column *columns, size_t n_columns, unsigned indent)
{
	assert(n_columns <= COLUMNS_MAX);
	return (struct grid){.columns = columns, .n_columns = n_columns, .indent = indent};
}

static void add_cell(struct grid *grid, char *text)
{
	char **cell = vec_add(&grid->cells);
	if (cell) {
		*cell = text;
		return;
	}
	free(text);
	grid->failed = true;
}

void grid_take(struct grid *grid, char *text)
{
	if (!text)
		grid->failed = true;
	add_cell(grid, text);
}

void grid_add(struct grid *grid, const char *text)
{
	if (text)
		grid_take(grid, strdup(text));
	else
		add_cell(grid, NULL);
}

void grid_add_number(struct grid *grid, struct number number)
{
	grid_add(grid, number.text);
}

void grid_format(struct grid *grid, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	grid_take(grid, n < 0 ? NULL : text);
}

char *grid_shorten(const struct page *page, const char *text, unsigned width, enum shrink how)
{
	if (utf8_width(text) <= width)
		return strdup(text);
	const char *mark = page_ellipsis(page);
	unsigned mark_width = utf8_width(mark);
	if (width <= mark_width)
		mark = "", mark_width = 0;
	unsigned room = width - mark_width, used;
	unsigned tail = how == SHRINK_MIDDLE ? room / 2 : 0;
	size_t head_bytes = utf8_prefix(text, room - tail, &used);
	const char *suffix = tail ? text + utf8_suffix(text, tail) : "";
	char *short_text = NULL;
	int n = asprintf(&short_text, "%.*s%s%s", (int)head_bytes, text, mark, suffix);
	return n < 0 ? NULL : short_text;
}

/* The cells as they may be shown, and the widths of the columns. */
struct layout_of_grid {
	unsigned width[COLUMNS_MAX]; /* 0: not shown */
	bool has_titles;
};

static void make_printable(struct grid *grid, const struct page *page)
{
	vec_foreach (&grid->cells, cell) {
		if (!*cell)
			continue;
		char *printable = utf8_printable(*cell, page->style.unicode);
		free(*cell);
		*cell = printable;
		if (!printable)
			grid->failed = true;
	}
}

static const char *cell_text(const struct grid *grid, size_t row, size_t column)
{
	const char *text = grid->cells.data[row * grid->n_columns + column];
	return text ? text : "";
}

static size_t n_rows(const struct grid *grid)
{
	return grid->cells.n / grid->n_columns;
}

static void measure(const struct grid *grid, struct layout_of_grid *layout)
{
	for (size_t c = 0; c < grid->n_columns; c++) {
		unsigned widest = 0;
		for (size_t r = 0; r < n_rows(grid); r++)
			widest = MAX(widest, utf8_width(cell_text(grid, r, c)));
		const char *title = grid->columns[c].title;
		if (widest && title) {
			widest = MAX(widest, utf8_width(title));
			layout->has_titles = true;
		}
		layout->width[c] = widest;
	}
}

static unsigned total_width(const struct grid *grid, const struct layout_of_grid *layout)
{
	unsigned total = grid->indent, n_shown = 0;
	for (size_t c = 0; c < grid->n_columns; c++) {
		total += layout->width[c];
		n_shown += layout->width[c] > 0;
	}
	return total + (n_shown ? (n_shown - 1) * GAP : 0);
}

/*
 * The column to shrink next, or n_columns: those that would be dropped first,
 * of these the widest.
 */
static size_t next_shrinkable(const struct grid *grid, const struct layout_of_grid *layout)
{
	size_t found = grid->n_columns;
	for (size_t c = 0; c < grid->n_columns; c++) {
		const struct grid_column *column = &grid->columns[c];
		if (column->shrink == SHRINK_NOT || layout->width[c] <= column->min_width)
			continue;
		if (found == grid->n_columns || column->drop > grid->columns[found].drop ||
			(column->drop == grid->columns[found].drop &&
				layout->width[c] > layout->width[found]))
			found = c;
	}
	return found;
}

/* Hides the column to go first; false when none may. */
static bool drop_column(const struct grid *grid, struct layout_of_grid *layout)
{
	size_t found = grid->n_columns;
	for (size_t c = 0; c < grid->n_columns; c++) {
		unsigned drop = grid->columns[c].drop;
		if (!layout->width[c] || !drop)
			continue;
		if (found == grid->n_columns || drop > grid->columns[found].drop)
			found = c;
	}
	if (found < grid->n_columns)
		layout->width[found] = 0;
	return found < grid->n_columns;
}

/* Takes `excess` columns from what may shrink; false when that is not enough. */
static bool shrink_columns(const struct grid *grid, struct layout_of_grid *layout, unsigned excess)
{
	struct layout_of_grid tried = *layout;
	while (excess) {
		size_t next = next_shrinkable(grid, &tried);
		if (next == grid->n_columns)
			return false;
		tried.width[next]--;
		excess--;
	}
	*layout = tried;
	return true;
}

static void fit(const struct grid *grid, const struct page *page, struct layout_of_grid *layout)
{
	unsigned total;
	while ((total = total_width(grid, layout)) > page->style.width) {
		if (shrink_columns(grid, layout, total - page->style.width))
			return;
		if (!drop_column(grid, layout))
			return;
	}
}

/* One line being printed: spaces are held back until something follows them. */
struct grid_line {
	struct page *page;
	unsigned used, pending;
};

static void put(struct grid_line *line, enum ink ink, const char *text)
{
	unsigned room = line->page->style.width;
	room = room > line->used + line->pending ? room - line->used - line->pending : 0;
	unsigned width;
	size_t n = utf8_prefix(text, room, &width);
	if (!n)
		return;
	sink_fill(line->page->sink, ' ', line->pending);
	page_write_n(line->page, ink, text, n);
	line->used += line->pending + width;
	line->pending = 0;
}

static void put_cell(struct grid_line *line, const struct grid_column *column, unsigned width,
	enum ink ink, const char *text)
{
	char *shown = grid_shorten(line->page, text, width, column->shrink);
	if (!shown) {
		sink_fail(line->page->sink, ENOMEM);
		return;
	}
	unsigned shown_width = utf8_width(shown);
	unsigned padding = width > shown_width ? width - shown_width : 0;
	if (column->right)
		line->pending += padding;
	put(line, ink, shown);
	free(shown);
	if (!column->right)
		line->pending += padding;
}

static void print_row(const struct grid *grid, const struct layout_of_grid *layout,
	struct page *page, size_t row, bool is_title)
{
	struct grid_line line = {.page = page, .pending = grid->indent};
	bool is_first = true;
	for (size_t c = 0; c < grid->n_columns; c++) {
		const struct grid_column *column = &grid->columns[c];
		if (!layout->width[c])
			continue;
		line.pending += is_first ? 0 : GAP;
		is_first = false;
		if (is_title)
			put_cell(&line, column, layout->width[c], INK_DIM,
				column->title ? column->title : "");
		else
			put_cell(&line, column, layout->width[c], column->ink,
				cell_text(grid, row, c));
	}
	page_end_line(page);
}

void grid_deinit(struct grid *grid)
{
	vec_foreach (&grid->cells, cell)
		free(*cell);
	vec_deinit(&grid->cells);
}

bool grid_fits(const struct grid *grid, const struct page *page)
{
	struct layout_of_grid layout = {0};
	measure(grid, &layout);
	return total_width(grid, &layout) <= page->style.width;
}

void grid_print(struct grid *grid, struct page *page)
{
	make_printable(grid, page);
	if (grid->failed) {
		sink_fail(page->sink, ENOMEM);
		grid_deinit(grid);
		return;
	}
	struct layout_of_grid layout = {0};
	measure(grid, &layout);
	fit(grid, page, &layout);
	if (layout.has_titles && n_rows(grid))
		print_row(grid, &layout, page, 0, true);
	for (size_t row = 0; row < n_rows(grid); row++)
		print_row(grid, &layout, page, row, false);
	grid_deinit(grid);
}
