/*
 * Caches and collections that grow by use: what limits them, how they are used.
 */
#include "view/screens.h"

static const struct grid_column columns[] = {
	{.title = "retained", .ink = INK_BOLD, .right = true},
	{.title = "entries", .right = true},
	{.title = "max", .right = true, .drop = 1},
	{.title = "hits", .right = true, .drop = 2},
	{.title = "misses", .right = true, .drop = 3},
	{.title = "path", .shrink = SHRINK_MIDDLE, .min_width = 19},
	{.title = "kind", .ink = INK_DIM, .drop = 5},
	{.ink = INK_DIM, .drop = 4, .shrink = SHRINK_MIDDLE, .min_width = 8},
	{.title = "allocated at", .shrink = SHRINK_MIDDLE, .min_width = 12, .drop = 4},
};

void screen_caches(const struct row *root, struct page *page)
{
	const struct table *rows = row_table(root, "rows");
	show_identity(root, page);
	if (!table_rows(rows)) {
		page_text(page, INK_BOLD, "No caches, and no collection of 16 entries or more", 2);
		show_warnings(root, page);
		return;
	}
	unsigned digits = mib_digits(table_largest(rows, "retained_bytes"));
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	vec_foreach (&rows->rows, row) {
		bool is_lru = row_has(*row, "hit_count");
		grid_add_mib(&grid, *row, "retained_bytes", digits);
		grid_add_count(&grid, *row, "entry_count");
		if (row_has(*row, "max_count"))
			grid_add_count(&grid, *row, "max_count");
		else
			grid_add(&grid, is_lru ? "None" : NULL);
		grid_add_count(&grid, *row, "hit_count");
		grid_add_count(&grid, *row, "miss_count");
		grid_add_text(&grid, *row, "path");
		grid_add_text(&grid, *row, "kind");
		grid_add_place(&grid, *row);
		grid_add_origin(&grid, *row);
	}
	grid_print(&grid, page);
	show_rest(root, "caches", "retained_bytes", digits, page);
	show_warnings(root, page);
}
