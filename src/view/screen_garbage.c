/*
 * Unreachable objects, and objects that only C code holds.
 */
#include "view/screens.h"

#include <stdio.h>

static void join_ints(const struct row *row, const char *name, char *to, size_t size)
{
	const struct cell *cell = row_find(row, name);
	size_t n = cell && cell->kind == CELL_INTS ? cell->ints.n : 0;
	size_t at = 0;
	to[0] = '\0';
	for (size_t i = 0; i < n && at < size; i++)
		at += (size_t)snprintf(
			to + at, size - at, "%s%lld", i ? ", " : "", (long long)cell->ints.data[i]);
}

static void show_collector(const struct row *gc, struct page *page)
{
	char thresholds[96], counts[96];
	if (!gc)
		return;
	join_ints(gc, "thresholds", thresholds, sizeof(thresholds));
	join_ints(gc, "counts", counts, sizeof(counts));
	bool is_enabled = row_int(gc, "enabled", 1);
	page_format(page, is_enabled ? INK_PLAIN : INK_WARN, 2,
		"gc %s, thresholds %s, counts %s, frozen %s",
		!row_has(gc, "enabled") ? "state unknown"
		: is_enabled            ? "enabled"
					: "DISABLED",
		thresholds, counts, number_count(row_int(gc, "frozen_count", 0)).text);
}

static const struct grid_column cycle_columns[] = {
	{.title = "MiB", .ink = INK_BOLD, .right = true},
	{.title = "objects", .right = true},
	{.title = "types", .shrink = SHRINK_END, .min_width = 12},
	{.title = "allocated at", .shrink = SHRINK_MIDDLE, .min_width = 22, .drop = 1},
};

static void show_cycles(const struct table *rows, struct page *page)
{
	if (!table_rows(rows))
		return;
	unsigned digits = mib_digits(table_largest(rows, "bytes"));
	struct grid grid = grid_make(cycle_columns, ARRAY_SIZE(cycle_columns), 2);
	vec_foreach (&rows->rows, row) {
		grid_add_mib(&grid, *row, "bytes", digits);
		grid_add_count(&grid, *row, "object_count");
		grid_add_text(&grid, *row, "types");
		grid_add_origin(&grid, *row);
	}
	grid_print(&grid, page);
}

static const struct grid_column held_columns[] = {
	{.title = "retained", .ink = INK_BOLD, .right = true},
	{.title = "objects", .right = true},
	{.title = "references", .right = true, .drop = 1},
	{.title = "type", .shrink = SHRINK_MIDDLE, .min_width = 12},
};

static void show_held(const struct table *rows, struct page *page)
{
	if (!table_rows(rows))
		return;
	show_heading(page, "Held by C code alone (more references than were found)");
	unsigned digits = mib_digits(table_largest(rows, "retained_bytes"));
	struct grid grid = grid_make(held_columns, ARRAY_SIZE(held_columns), 2);
	vec_foreach (&rows->rows, row) {
		grid_add_mib(&grid, *row, "retained_bytes", digits);
		grid_add_count(&grid, *row, "object_count");
		grid_add_count(&grid, *row, "excess_ref_count");
		grid_add_text(&grid, *row, "type");
	}
	grid_print(&grid, page);
}

void screen_garbage(const struct row *root, struct page *page)
{
	int64_t count = row_int(root, "object_count", 0), bytes = row_int(root, "bytes", 0);
	show_identity(root, page);
	show_collector(row_row(root, "gc"), page);
	if (count)
		page_format(page, INK_BOLD, 2, "Garbage: %s objects, %s MiB",
			number_count(count).text, number_mib(bytes, mib_digits(bytes)).text);
	else
		page_text(page, INK_BOLD, "No garbage", 2);
	show_cycles(row_table(root, "rows"), page);
	show_held(row_table(root, "c_held"), page);
	show_warnings(root, page);
}
