/*
 * The dominator tree, top down: what would be freed with each object.
 */
#include "view/screens.h"

#include <stdio.h>

#define INDENT_MAX 12 /* columns; deeper rows tell their depth as a number */

static const struct grid_column columns[] = {
	{.title = "retained MiB", .ink = INK_BOLD, .right = true},
	{.title = "grew", .ink = INK_BOLD, .right = true},
	{.title = "own", .right = true, .drop = 2},
	{.title = "objects", .right = true, .drop = 1},
	{.title = "holder", .shrink = SHRINK_MIDDLE, .min_width = 16},
	{.ink = INK_DIM, .shrink = SHRINK_MIDDLE, .min_width = 8, .drop = 4},
	{.title = "allocated at", .shrink = SHRINK_MIDDLE, .min_width = 12, .drop = 3},
};

static void add_path(struct grid *grid, const struct row *row)
{
	int64_t depth = MAX(row_int(row, "depth", 0), 0);
	const char *path = row_text(row, "path", "?");
	if (depth * 2 <= INDENT_MAX)
		grid_format(grid, "%*s%s", (int)depth * 2, "", path);
	else
		grid_format(grid, "%*s(%lld) %s", INDENT_MAX, "", (long long)depth, path);
}

void screen_retained(const struct row *root, struct page *page)
{
	const struct table *rows = row_table(root, "rows");
	show_identity(root, page);
	if (!rows)
		return;
	unsigned digits = mib_digits(table_largest(rows, "retained_bytes"));
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	vec_foreach (&rows->rows, row) {
		grid_add_mib(&grid, *row, "retained_bytes", digits);
		grid_add_growth(&grid, *row, digits, page);
		grid_add_mib(&grid, *row, "self_bytes", digits);
		grid_add_count(&grid, *row, "object_count");
		add_path(&grid, *row);
		grid_add_text(&grid, *row, "type");
		grid_add_origin(&grid, *row);
	}
	grid_print(&grid, page);
	show_rest(root, "rows", "retained_bytes", digits, page);
	show_warnings(root, page);
}
