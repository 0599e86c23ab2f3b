/*
 * How two traces differ: the verdict, then the lines whose part changed.
 */
#include "view/screens.h"

#include "base/cleanup.h"

#include <stdio.h>

#define CHANGE_MIN 1024 /* bytes; less says nothing */

static const char *key_of(const struct row *root)
{
	const char *sort = row_text(root, "sort", "peak");
	return !strcmp(sort, "live")        ? "live_bytes"
	       : !strcmp(sort, "allocated") ? "allocated_bytes"
					    : "peak_bytes";
}

static void show_wholes(const struct row *root, struct page *page)
{
	static const char *const names[][2] = {{"peak_bytes", "peak"},
		{"live_bytes", "alive at the end"}, {"allocated_bytes", "allocated"}};
	const struct table *captures = row_table(root, "captures");
	if (table_rows(captures) < 2)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int64_t before = row_int(captures->rows.data[0], names[i][0], 0);
		int64_t after = row_int(captures->rows.data[1], names[i][0], 0);
		unsigned digits = mib_digits(MAX(before, after));
		page_format(page, !strcmp(names[i][0], key_of(root)) ? INK_BOLD : INK_PLAIN, 2,
			"%s %s %s %s MiB (%s)", names[i][1], number_mib(before, digits).text,
			page_arrow(page), number_mib(after, digits).text,
			signed_mib(page, after - before, digits).text);
	}
}

/* "app.py:30", "app.py:30 (was 28)" when it moved; NULL without memory. */
static char *moved_text(const struct row *row, const char *by)
{
	int64_t before = row_int(row, "before_line", 0), line = row_int(row, "line", 0);
	bool is_by_line = !strcmp(by, "line");
	if (!is_by_line && row_has(row, "function"))
		return strdup(row_text(row, "function", ""));
	_cleanup_free_ char *place = place_text(row);
	char *text = NULL;
	if (!place)
		return strdup("(no Python frame)");
	bool has_moved = before && line && before != line;
	int n = has_moved ? asprintf(&text, "%s (was %lld)", place, (long long)before)
			  : asprintf(&text, "%s", place);
	return n < 0 ? NULL : text;
}

static bool is_change(const struct row *row)
{
	int64_t bytes = row_int(row, "delta_bytes", 0);
	return (bytes < 0 ? -bytes : bytes) >= CHANGE_MIN;
}

static void add_row(struct grid *grid, const struct row *row, const char *by, unsigned digits,
	const struct page *page)
{
	bool is_by_line = !strcmp(by, "line");
	grid_add_growth(grid, row, digits, page);
	grid_add_mib(grid, row, "before_bytes", digits);
	grid_add_mib(grid, row, "after_bytes", digits);
	grid_take(grid, moved_text(row, by));
	grid_add(grid, row_int(row, "is_new", 0)    ? "new"
		       : row_int(row, "is_gone", 0) ? "gone"
						    : NULL);
	grid_add(grid, is_by_line ? row_text(row, "function", NULL) : row_text(row, "file", NULL));
	grid_add(grid, is_by_line ? row_text(row, "source", NULL) : NULL);
}

void show_trace_changes(const struct row *root, struct page *page)
{
	const struct table *rows = row_table(root, "rows");
	const char *by = row_text(root, "by", "line");
	const struct grid_column columns[] = {
		{.title = "grew MiB", .ink = INK_BOLD, .right = true},
		{.title = "from", .right = true, .drop = 4},
		{.title = "to", .right = true, .drop = 5},
		{.title = by, .ink = INK_BOLD, .shrink = SHRINK_MIDDLE, .min_width = 14},
		{.ink = INK_WARN, .drop = 1},
		{.title = !strcmp(by, "line") ? "function" : "file",
			.shrink = SHRINK_MIDDLE,
			.min_width = 12,
			.drop = 3},
		{.title = "code", .ink = INK_DIM, .shrink = SHRINK_END, .min_width = 16, .drop = 2},
	};
	unsigned digits = mib_digits(
		MAX(table_largest(rows, "before_bytes"), table_largest(rows, "after_bytes")));
	size_t n = 0;
	show_wholes(root, page);
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	for (size_t i = 0; i < table_rows(rows); i++) {
		if (!is_change(rows->rows.data[i]))
			continue;
		add_row(&grid, rows->rows.data[i], by, digits, page);
		n++;
	}
	page_end_line(page);
	if (n)
		grid_print(&grid, page);
	else
		grid_deinit(&grid);
	if (!n)
		page_format(page, INK_DIM, 2, "no %s changed by 1 KiB", by);
}
