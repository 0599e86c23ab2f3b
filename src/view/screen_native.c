/*
 * The allocators: arenas, size classes, mappings, what pins free memory.
 */
#include "view/screens.h"

static const struct grid_column arena_columns[] = {
	{.title = "allocator", .shrink = SHRINK_END, .min_width = 8},
	{.title = "address", .ink = INK_DIM, .drop = 1},
	{.title = "MiB", .right = true, .drop = 2},
	{.title = "resident", .ink = INK_BOLD, .right = true},
	{.title = "used", .right = true},
	{.title = "free", .right = true},
};

static void add_address(struct grid *grid, const struct row *row)
{
	if (row_has(row, "address"))
		grid_format(grid, "0x%llx", (unsigned long long)row_int(row, "address", 0));
	else
		grid_add(grid, NULL);
}

static void show_arenas(const struct table *arenas, struct page *page)
{
	if (!table_rows(arenas))
		return;
	show_heading(page, "Arenas");
	unsigned digits = mib_digits(table_largest(arenas, "bytes"));
	struct grid grid = grid_make(arena_columns, ARRAY_SIZE(arena_columns), 2);
	vec_foreach (&arenas->rows, row) {
		grid_add_text(&grid, *row, "allocator");
		add_address(&grid, *row);
		grid_add_mib(&grid, *row, "bytes", digits);
		grid_add_mib(&grid, *row, "resident_bytes", digits);
		grid_add_mib(&grid, *row, "used_bytes", digits);
		grid_add_mib(&grid, *row, "free_bytes", digits);
	}
	grid_print(&grid, page);
}

static const struct grid_column class_columns[] = {
	{.title = "block", .right = true},
	{.title = "pools", .right = true, .drop = 1},
	{.title = "used", .right = true},
	{.title = "free", .right = true},
	{.title = "used MiB", .ink = INK_BOLD, .right = true},
	{.title = "free MiB", .right = true},
};

static int64_t class_bytes(const struct row *row, const char *count)
{
	return row_int(row, "block_bytes", 0) * row_int(row, count, 0);
}

static unsigned class_digits(const struct table *classes)
{
	int64_t largest = 0;
	vec_foreach (&classes->rows, row)
		largest = MAX(largest, class_bytes(*row, "used_count"));
	return mib_digits(largest);
}

static void show_classes(const struct table *classes, struct page *page)
{
	if (!table_rows(classes))
		return;
	show_heading(page, "Size classes of pymalloc");
	unsigned digits = class_digits(classes);
	struct grid grid = grid_make(class_columns, ARRAY_SIZE(class_columns), 2);
	vec_foreach (&classes->rows, row) {
		grid_add_count(&grid, *row, "block_bytes");
		grid_add_count(&grid, *row, "pool_count");
		grid_add_count(&grid, *row, "used_count");
		grid_add_count(&grid, *row, "free_count");
		grid_add_number(&grid, number_mib(class_bytes(*row, "used_count"), digits));
		grid_add_number(&grid, number_mib(class_bytes(*row, "free_count"), digits));
	}
	grid_print(&grid, page);
}

static const struct grid_column mapping_columns[] = {
	{.title = "resident", .ink = INK_BOLD, .right = true},
	{.title = "MiB", .right = true},
	{.title = "address", .ink = INK_DIM, .drop = 1},
	{.title = "part", .shrink = SHRINK_END, .min_width = 8},
	{.title = "file", .shrink = SHRINK_MIDDLE, .min_width = 12, .drop = 2},
};

static void show_mappings(const struct table *mappings, struct page *page)
{
	if (!table_rows(mappings))
		return;
	show_heading(page, "Mappings");
	unsigned digits = mib_digits(table_largest(mappings, "resident_bytes"));
	struct grid grid = grid_make(mapping_columns, ARRAY_SIZE(mapping_columns), 2);
	vec_foreach (&mappings->rows, row) {
		grid_add_mib(&grid, *row, "resident_bytes", digits);
		grid_add_mib(&grid, *row, "bytes", digits);
		add_address(&grid, *row);
		grid_add_text(&grid, *row, "part");
		grid_add_text(&grid, *row, "file");
	}
	grid_print(&grid, page);
}

static const struct grid_column pin_columns[] = {
	{.title = "pinned", .ink = INK_BOLD, .right = true},
	{.title = "objects", .right = true},
	{.title = "by", .shrink = SHRINK_MIDDLE, .min_width = 12},
	{.title = "type", .ink = INK_DIM, .shrink = SHRINK_MIDDLE, .min_width = 8, .drop = 1},
};

static void show_pins(const struct table *pins, struct page *page)
{
	if (!table_rows(pins))
		return;
	show_heading(page, "Live objects that keep free memory from being returned");
	unsigned digits = mib_digits(table_largest(pins, "pinned_bytes"));
	struct grid grid = grid_make(pin_columns, ARRAY_SIZE(pin_columns), 2);
	vec_foreach (&pins->rows, row) {
		grid_add_mib(&grid, *row, "pinned_bytes", digits);
		grid_add_count(&grid, *row, "object_count");
		grid_add_text(&grid, *row, "path");
		grid_add_text(&grid, *row, "type");
	}
	grid_print(&grid, page);
}

static const struct grid_column unowned_columns[] = {
	{.title = "MiB", .ink = INK_BOLD, .right = true},
	{.title = "blocks", .right = true},
	{.title = "allocated at", .shrink = SHRINK_MIDDLE, .min_width = 22},
	{.ink = INK_DIM, .drop = 1},
};

static void show_unowned(const struct table *unowned, struct page *page)
{
	if (!table_rows(unowned))
		return;
	show_heading(page, "Native memory that no object owns");
	unsigned digits = mib_digits(table_largest(unowned, "resident_bytes"));
	struct grid grid = grid_make(unowned_columns, ARRAY_SIZE(unowned_columns), 2);
	vec_foreach (&unowned->rows, row) {
		grid_add_mib(&grid, *row, "resident_bytes", digits);
		grid_add_count(&grid, *row, "block_count");
		if (row_has(*row, "allocated_file"))
			grid_add_origin_place(&grid, *row);
		else
			grid_add(&grid, "not known");
		grid_add(&grid, row_int(*row, "reachable", 1) ? "" : "nothing leads there");
	}
	grid_print(&grid, page);
}

void screen_native(const struct row *root, struct page *page)
{
	show_identity(root, page);
	if (row_has(root, "trim_bytes")) {
		int64_t trim = row_int(root, "trim_bytes", 0);
		page_format(page, INK_BOLD, 2, "malloc_trim(0) would return %s MiB now",
			number_mib(trim, mib_digits(trim)).text);
	}
	show_arenas(row_table(root, "arenas"), page);
	show_classes(row_table(root, "size_classes"), page);
	show_mappings(row_table(root, "mappings"), page);
	show_pins(row_table(root, "pins"), page);
	show_unowned(row_table(root, "unowned"), page);
	show_warnings(root, page);
}
