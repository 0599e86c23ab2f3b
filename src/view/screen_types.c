/*
 * The population by type, class, module ...: one row a group, the rest summed.
 */
#include "view/screens.h"

static const struct grid_column columns[] = {
	{.title = "count", .right = true},
	{.title = "MiB", .ink = INK_BOLD, .right = true},
	{.ink = INK_DIM, .right = true, .drop = 1},
	{.title = "retained MiB", .right = true},
	{.title = "grew MiB", .ink = INK_BOLD, .right = true},
	{.title = "name", .shrink = SHRINK_MIDDLE, .min_width = 12},
};

static void add_name(struct grid *grid, const struct row *row)
{
	const char *name = row_text(row, "name", "?"), *module = row_text(row, "module", NULL);
	if (module && *module && strcmp(module, "builtins") != 0)
		grid_format(grid, "%s.%s", module, name);
	else
		grid_add(grid, name);
}

static int64_t total_bytes(const struct row *root, const struct table *rows)
{
	int64_t total = row_int(row_row(root, "rest"), "self_bytes", 0);
	vec_foreach(&rows->rows, row)
		total += row_int(*row, "self_bytes", 0);
	return total;
}

void screen_types(const struct row *root, struct page *page)
{
	const struct table *rows = row_table(root, "rows");
	show_identity(root, page);
	if (!rows)
		return;
	int64_t total = total_bytes(root, rows);
	unsigned digits = mib_digits(table_largest(rows, "self_bytes"));
	unsigned retained_digits = mib_digits(table_largest(rows, "retained_bytes"));
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	vec_foreach(&rows->rows, row) {
		grid_add_count(&grid, *row, "count");
		grid_add_mib(&grid, *row, "self_bytes", digits);
		grid_add_number(&grid, number_percent(row_int(*row, "self_bytes", 0), total));
		grid_add_mib(&grid, *row, "retained_bytes", retained_digits);
		grid_add_growth(&grid, *row, digits, page);
		add_name(&grid, *row);
	}
	grid_print(&grid, page);
	show_rest(root, "rows", "self_bytes", digits, page);
	show_warnings(root, page);
}
