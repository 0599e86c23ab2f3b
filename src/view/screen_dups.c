/*
 * What is there more than once: what it is, how often, what the copies weigh, where.
 */
#include "view/screens.h"

static const struct grid_column columns[] = {
	{.title = "copies", .right = true},
	{.title = "different", .right = true, .drop = 2},
	{.title = "MiB", .ink = INK_BOLD, .right = true},
	{.title = "what"},
	{.title = "where", .shrink = SHRINK_MIDDLE, .min_width = 16},
	{.title = "held as", .ink = INK_DIM, .shrink = SHRINK_MIDDLE, .min_width = 8, .drop = 1},
};

static void add_what(struct grid *grid, const struct row *row)
{
	bool is_shape = !strcmp(row_text(row, "kind", ""), "shape");
	grid_add(grid, is_shape ? "dict, same keys" : row_text(row, "type", "?"));
}

void screen_dups(const struct row *root, struct page *page)
{
	const struct table *rows = row_table(root, "rows");
	show_identity(root, page);
	if (!rows)
		return;
	unsigned digits = mib_digits(table_largest(rows, "waste_bytes"));
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	vec_foreach (&rows->rows, row) {
		grid_add_count(&grid, *row, "copy_count");
		grid_add_count(&grid, *row, "distinct_count");
		grid_add_mib(&grid, *row, "waste_bytes", digits);
		add_what(&grid, *row);
		grid_add(&grid, row_text(*row, "path", "in many places"));
		grid_add_text(&grid, *row, "held_as");
	}
	grid_print(&grid, page);
	show_rest(root, "rows", "waste_bytes", digits, page);
	show_warnings(root, page);
}
