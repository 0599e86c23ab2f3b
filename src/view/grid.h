/*
 * A table on the screen: cells in columns that fit the width of the page.
 *
 *	static const struct grid_column columns[] = {{.title = "type", ...}, ...};
 *	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), indent);
 *	grid_add(&grid, text);                 cell by cell, row by row
 *	grid_print(&grid, page);               also frees it
 *
 * When the page is too narrow, columns that may shrink do, down to min_width,
 * those with the highest `drop` first; then columns go in the same order.
 * Columns without any cell text are not shown at all.
 */
#ifndef WHYMEM_GRID_H
#define WHYMEM_GRID_H

#include "base/vec.h"
#include "view/number.h"
#include "view/page.h"

enum shrink { SHRINK_NOT, SHRINK_MIDDLE, SHRINK_END };

struct grid_column {
	const char *title;
	enum ink ink;
	enum shrink shrink;
	unsigned min_width; /* of a column that shrinks */
	unsigned drop;      /* order of shrinking and going, highest first; 0: never goes */
	bool right;         /* aligned to the right */
};

struct grid {
	const struct grid_column *columns;
	size_t n_columns;
	unsigned indent;
	VEC(char *) cells; /* printable only once printed; NULL is empty */
	bool failed;
};

struct grid grid_make(const struct grid_column *columns, size_t n_columns, unsigned indent);
void grid_add(struct grid *grid, const char *text); /* NULL: an empty cell */
void grid_add_number(struct grid *grid, struct number number);
void grid_format(struct grid *grid, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes `text` (from malloc; NULL when memory ran out). */
void grid_take(struct grid *grid, char *text);

void grid_print(struct grid *grid, struct page *page);

/* Does it fit as it is, nothing shortened? */
bool grid_fits(const struct grid *grid, const struct page *page);

/* For a grid that is not printed. */
void grid_deinit(struct grid *grid);

/* `text` (printable) cut to `width` columns, with an ellipsis; freed by the caller. */
char *grid_shorten(const struct page *page, const char *text, unsigned width, enum shrink how);

#endif
