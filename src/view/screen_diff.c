/*
 * Growth: the verdict, who grew, where RSS changed, what was made and still
 * lives, expectations. For diff and watch.
 */
#include "view/screens.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>

#define ROWS_SHOWN_MIN 5
#define SURVIVORS_SHOWN_MIN 5

/* ---- the captures ---- */

static int64_t rss_of(const struct row *capture)
{
	return row_int(capture, "rss_bytes", row_int(capture, "total_bytes", 0));
}

static void show_captures(const struct row *root, struct page *page)
{
	const struct table *captures = row_table(root, "captures");
	if (table_rows(captures) < 2)
		return;
	const struct row *first = captures->rows.data[0];
	const struct row *last = captures->rows.data[captures->rows.n - 1];
	int64_t span = row_int(last, "captured_unix_ns", 0) - row_int(first, "captured_unix_ns", 0);
	int64_t before = rss_of(first), after = rss_of(last);
	unsigned digits = mib_digits(MAX(before, after));
	char count[96], size[192], objects[128];
	snprintf(count, sizeof(count), "%lld captures%s%s",
		(long long)row_int(root, "capture_count", 0), span > 0 ? " in " : "",
		span > 0 ? number_duration(span).text : "");
	snprintf(size, sizeof(size), "RSS %s %s %s MiB (%s)", number_mib(before, digits).text,
		page_arrow(page), number_mib(after, digits).text,
		signed_mib(page, after - before, digits).text);
	snprintf(objects, sizeof(objects), "%s %s %s objects",
		number_short(row_int(first, "object_count", 0)).text, page_arrow(page),
		number_short(row_int(last, "object_count", 0)).text);
	bool is_same = row_int(root, "same_process", 1);
	const struct segment segments[] = {
		{INK_BOLD, size},
		{INK_PLAIN, count},
		{INK_PLAIN, objects},
		{INK_WARN, is_same ? NULL : "of two processes"},
	};
	page_segments(page, segments, ARRAY_SIZE(segments), "  ", 2);
}

/* ---- rows ---- */

static const struct grid_column change_columns[] = {
	{.title = "grew MiB", .ink = INK_BOLD, .right = true},
	{.title = "from", .right = true, .drop = 2},
	{.title = "to", .right = true, .drop = 2},
	{.title = "entries", .right = true, .drop = 3},
	{.title = "grew", .ink = INK_BOLD, .right = true, .drop = 1},
	{.title = "holder", .ink = INK_BOLD, .shrink = SHRINK_MIDDLE, .min_width = 24},
	{.shrink = SHRINK_END, .min_width = 6, .drop = 4},
	{.title = "allocated at", .shrink = SHRINK_MIDDLE, .min_width = 14, .drop = 4},
	{.ink = INK_DIM, .shrink = SHRINK_MIDDLE, .min_width = 14, .drop = 5},
};

static void add_counts(struct grid *grid, const struct row *row, const struct page *page)
{
	if (!row_has(row, "before_count") || !row_has(row, "after_count")) {
		grid_add(grid, NULL);
		grid_add(grid, NULL);
		return;
	}
	int64_t delta = row_int(row, "delta_count", 0);
	grid_add_number(grid, number_count(row_int(row, "after_count", 0)));
	if (delta)
		grid_format(grid, "%s%s", delta < 0 ? page_minus(page) : "+",
			number_count(delta < 0 ? -delta : delta).text);
	else
		grid_add(grid, NULL);
}

#define CHANGE_MIN 4096

/* Less says nothing, and less than a thousandth of the largest. */
static bool is_change(const struct row *row, int64_t largest)
{
	int64_t bytes = row_int(row, "delta_bytes", 0);
	return (bytes < 0 ? -bytes : bytes) >= MAX(largest / 1000, CHANGE_MIN);
}

static int64_t largest_change(const struct table *rows)
{
	int64_t largest = 0;
	vec_foreach (&rows->rows, row) {
		int64_t bytes = row_int(*row, "delta_bytes", 0);
		largest = MAX(largest, bytes < 0 ? -bytes : bytes);
	}
	return largest;
}

/* Rows that changed, as many as there is room for beside `reserve` other lines. */
static void show_changes(
	const struct table *rows, const char *by, unsigned reserve, struct page *page)
{
	unsigned used = page->n_lines + reserve + 2;
	size_t room = page->style.height > used ? page->style.height - used : 0;
	size_t n_shown = 0, n = 0;
	struct grid_column columns[ARRAY_SIZE(change_columns)];
	memcpy(columns, change_columns, sizeof(columns));
	columns[5].title = by;
	columns[3].title = strcmp(by, "holder") != 0 ? "count" : "entries";
	int64_t largest = largest_change(rows);
	unsigned digits = mib_digits(largest);
	unsigned size_digits = MIN(digits, 2u);
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	vec_foreach (&rows->rows, row) {
		if (!is_change(*row, largest) || n++ >= MAX(room, (size_t)ROWS_SHOWN_MIN))
			continue;
		n_shown++;
		grid_add_number(&grid, signed_mib(page, row_int(*row, "delta_bytes", 0), digits));
		grid_add_mib(&grid, *row, "before_bytes", size_digits);
		grid_add_mib(&grid, *row, "after_bytes", size_digits);
		add_counts(&grid, *row, page);
		grid_add_text(&grid, *row, "path");
		grid_add(&grid, strcmp(by, "holder") ? NULL : row_text(*row, "type", NULL));
		grid_add_origin_place(&grid, *row);
		grid_add_place(&grid, *row);
	}
	if (n_shown)
		grid_print(&grid, page);
	else
		grid_deinit(&grid);
	if (!n_shown)
		page_format(page, INK_DIM, 2, "no %s changed by %u KiB", by, CHANGE_MIN >> 10);
	else if (n > n_shown)
		page_format(page, INK_DIM, 2, "  %s and %s more: --json", page_ellipsis(page),
			number_count((int64_t)(n - n_shown)).text);
}

/* ---- survivors ---- */

static const struct grid_column survivor_columns[] = {
	{.title = "MiB", .ink = INK_BOLD, .right = true},
	{.title = "objects", .right = true},
	{.title = "held by", .ink = INK_BOLD, .shrink = SHRINK_MIDDLE, .min_width = 16},
	{.shrink = SHRINK_END, .min_width = 6, .drop = 1},
	{.title = "allocated at", .shrink = SHRINK_MIDDLE, .min_width = 14, .drop = 1},
	{.ink = INK_DIM, .shrink = SHRINK_MIDDLE, .min_width = 14, .drop = 2},
};

static void show_survivors(const struct row *root, struct page *page)
{
	const struct row *made = row_row(root, "made");
	const struct table *rows = row_table(root, "rows");
	if (!made || !rows)
		return;
	int64_t bytes = row_int(made, "bytes", 0), alive = row_int(made, "alive_bytes", 0);
	unsigned digits = mib_digits(MAX(bytes, alive));
	page_format(page, INK_BOLD, 2,
		"Made between the first two captures: %s objects, %s MiB; still alive in the "
		"last: %s, %s MiB",
		number_count(row_int(made, "count", 0)).text, number_mib(bytes, digits).text,
		number_count(row_int(made, "alive_count", 0)).text, number_mib(alive, digits).text);
	size_t room =
		page->style.height > page->n_lines + 3 ? page->style.height - page->n_lines - 3 : 0;
	size_t n = MIN(rows->rows.n, MAX(room, (size_t)SURVIVORS_SHOWN_MIN));
	struct grid grid = grid_make(survivor_columns, ARRAY_SIZE(survivor_columns), 0);
	digits = mib_digits(table_largest(rows, "delta_bytes"));
	for (size_t i = 0; i < n; i++) {
		const struct row *row = rows->rows.data[i];
		grid_add_mib(&grid, row, "delta_bytes", digits);
		grid_add_count(&grid, row, "delta_count");
		grid_add_text(&grid, row, "path");
		grid_add_text(&grid, row, "type");
		grid_add_origin_place(&grid, row);
		grid_add_place(&grid, row);
	}
	grid_print(&grid, page);
}

/* ---- the account ---- */

static bool is_parent(const struct table *parts, const char *part)
{
	size_t n = strlen(part);
	vec_foreach (&parts->rows, row) {
		const char *other = row_text(*row, "part", "");
		if (!strncmp(other, part, n) && other[n] == '.')
			return true;
	}
	return false;
}

/* One line: the parts of RSS that changed by 1 % of what changed in all. */
static void show_parts(const struct row *root, struct page *page)
{
	enum { PARTS_SHOWN = 24 };
	const struct table *parts = row_table(root, "account");
	struct segment segments[PARTS_SHOWN + 1] = {{INK_PLAIN, "by part, MiB:"}};
	_cleanup_free_ char *texts = calloc(PARTS_SHOWN, 96);
	size_t n = 1;
	if (!parts || !texts)
		return;
	int64_t largest = largest_change(parts);
	unsigned digits = mib_digits(largest);
	vec_foreach (&parts->rows, row) {
		int64_t bytes = row_int(*row, "delta_bytes", 0);
		const char *part = row_text(*row, "part", "");
		bool is_small = (bytes < 0 ? -bytes : bytes) < MAX(largest / 100, 1);
		if (is_small || is_parent(parts, part) || n > PARTS_SHOWN)
			continue;
		char *text = texts + (n - 1) * 96;
		snprintf(text, 96, "%s %s", part, signed_mib(page, bytes, digits).text);
		segments[n++] = (struct segment){INK_PLAIN, text};
	}
	if (n > 1)
		page_segments(page, segments, n, "  ", 2);
}

/* ---- expectations ---- */

static const struct grid_column expect_columns[] = {
	{.ink = INK_BOLD},
	{.title = "expected", .shrink = SHRINK_MIDDLE, .min_width = 16},
	{.title = "found", .right = true},
};

static void add_value(struct grid *grid, const struct row *row, const struct page *page)
{
	const char *unit = row_text(row, "unit", "count");
	int64_t value = row_int(row, "value", 0);
	bool is_growth = row_int(row, "is_growth", 0);
	const char *sign = is_growth && value > 0 ? "+" : value < 0 ? page_minus(page) : "";
	int64_t magnitude = value < 0 ? -value : value;
	if (!row_has(row, "value"))
		grid_add(grid, "not found");
	else if (!strcmp(unit, "bytes"))
		grid_format(
			grid, "%s%s MiB", sign, number_mib(magnitude, mib_digits(magnitude)).text);
	else
		grid_format(grid, "%s%s%s", sign, number_count(magnitude).text,
			strcmp(unit, "percent") ? "" : " %");
}

static void show_expectations(const struct row *root, struct page *page)
{
	const struct table *expect = row_table(root, "expect");
	if (!table_rows(expect))
		return;
	struct grid grid = grid_make(expect_columns, ARRAY_SIZE(expect_columns), 0);
	vec_foreach (&expect->rows, row) {
		grid_add(&grid, row_int(*row, "ok", 0) ? "ok" : "FAILED");
		grid_add_text(&grid, *row, "expression");
		add_value(&grid, *row, page);
	}
	grid_print(&grid, page);
}

void screen_diff(const struct row *root, struct page *page)
{
	const struct table *growth = row_table(root, "growth");
	const char *by = row_text(root, "by", "holder");
	unsigned reserve = 2 + (unsigned)table_rows(row_table(root, "expect"));
	bool is_of_traces = !strcmp(by, "line") || !strcmp(by, "function");
	show_identity(root, page);
	show_verdict(root, page);
	if (!is_of_traces)
		show_captures(root, page);
	show_expectations(root, page);
	if (is_of_traces) {
		show_trace_changes(root, page);
		show_warnings(root, page);
		return;
	}
	if (growth)
		show_changes(growth, by, reserve + SURVIVORS_SHOWN_MIN + 4, page);
	else if (row_table(root, "rows"))
		show_changes(row_table(root, "rows"), by, reserve, page);
	show_parts(root, page);
	if (growth)
		show_survivors(root, page);
	show_warnings(root, page);
}
