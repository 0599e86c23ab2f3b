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
	{.title = "age", .right = true, .drop = 3},
	{.title = "oldest", .right = true, .drop = 3},
	{.title = "name", .shrink = SHRINK_MIDDLE, .min_width = 12},
	{.ink = INK_DIM, .shrink = SHRINK_END, .min_width = 10, .drop = 2},
};

/* Names of types stand without their module; other names say all. */
static bool is_of_types(const struct row *root)
{
	const char *by = row_text(root, "by", "type");
	return !strcmp(by, "type") || !strcmp(by, "class");
}

static void add_name(struct grid *grid, const struct row *root, const struct row *row)
{
	const char *name = row_text(row, "name", "?"), *module = row_text(row, "module", NULL);
	if (!strcmp(row_text(root, "by", ""), "size"))
		grid_format(grid, "%s bytes each", name);
	else if (row_has(row, "file"))
		grid_add_place(grid, row);
	else if (is_of_types(root) && module && *module && strcmp(module, "builtins") != 0)
		grid_format(grid, "%s.%s", module, name);
	else
		grid_add(grid, name);
}

static int64_t total_bytes(const struct row *root, const struct table *rows)
{
	int64_t total = row_int(row_row(root, "rest"), "self_bytes", 0);
	vec_foreach (&rows->rows, row)
		total += row_int(*row, "self_bytes", 0);
	return total;
}

/* "type:Client: 300 objects, 1.2 MiB own, 3.4 MiB retained" */
static void show_selected(const struct row *root, struct page *page)
{
	const struct row *matched = row_row(root, "matched");
	if (!matched)
		return;
	int64_t count = row_int(matched, "count", 0), own = row_int(matched, "self_bytes", 0);
	int64_t retained = row_int(matched, "retained_bytes", 0);
	unsigned digits = mib_digits(MAX(own, retained));
	page_format(page, INK_BOLD, 2, "%s: %s %s, %s MiB own%s%s%s", row_text(root, "only", ""),
		number_count(count).text, count == 1 ? "object" : "objects",
		number_mib(own, digits).text, retained ? ", " : "",
		retained ? number_mib(retained, digits).text : "", retained ? " MiB retained" : "");
}

void screen_types(const struct row *root, struct page *page)
{
	const struct table *rows = row_table(root, "rows");
	show_identity(root, page);
	show_selected(root, page);
	if (!rows)
		return;
	int64_t total = total_bytes(root, rows);
	unsigned digits = mib_digits(table_largest(rows, "self_bytes"));
	unsigned retained_digits = mib_digits(table_largest(rows, "retained_bytes"));
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	vec_foreach (&rows->rows, row) {
		grid_add_count(&grid, *row, "count");
		grid_add_mib(&grid, *row, "self_bytes", digits);
		grid_add_number(&grid, number_percent(row_int(*row, "self_bytes", 0), total));
		grid_add_mib(&grid, *row, "retained_bytes", retained_digits);
		grid_add_growth(&grid, *row, digits, page);
		grid_add_duration(&grid, *row, "mean_age_ns");
		grid_add_duration(&grid, *row, "oldest_age_ns");
		add_name(&grid, root, *row);
		grid_add_text(&grid, *row, "function");
	}
	grid_print(&grid, page);
	show_rest(root, "rows", "self_bytes", digits, page);
	show_warnings(root, page);
}
