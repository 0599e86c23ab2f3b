/*
 * The processes that a traced program started, the largest first.
 */
#include "view/screens.h"

#include <stdio.h>
#include <stdlib.h>

#define CHILDREN_SHOWN 20

static const struct grid_column columns[] = {
	{.title = "at peak MiB", .ink = INK_BOLD, .right = true},
	{.title = "at exit", .right = true, .drop = 3},
	{.title = "allocated", .right = true, .drop = 4},
	{.title = "pid", .right = true},
	{.title = "ended", .drop = 2},
	{.title = "grew most",
		.ink = INK_BOLD,
		.shrink = SHRINK_MIDDLE,
		.min_width = 12,
		.drop = 5},
	{.title = "command", .shrink = SHRINK_END, .min_width = 12},
};

static int64_t peak_of(const struct row *child)
{
	const struct row *totals = row_row(child, "totals");
	return totals ? row_int(totals, "peak_bytes", 0) : 0;
}

static int compare_peaks(const void *a, const void *b)
{
	int64_t left = peak_of(*(struct row *const *)a), right = peak_of(*(struct row *const *)b);
	return (left < right) - (left > right);
}

static void add_ending(struct grid *grid, const struct row *child)
{
	const struct row *ending = row_row(child, "exit");
	if (row_int(child, "running", 0))
		grid_add(grid, "still runs");
	else if (ending && row_has(ending, "signal"))
		grid_format(grid, "signal %lld", (long long)row_int(ending, "signal", 0));
	else if (ending)
		grid_format(grid, "status %lld", (long long)row_int(ending, "status", 0));
	else
		grid_add(grid, NULL);
}

/* "python3 worker.py" of "/usr/bin/python3 worker.py". */
static const char *without_folder(const char *command)
{
	const char *name = command;
	for (const char *at = command; *at && *at != ' '; at++) {
		if (*at == '/')
			name = at + 1;
	}
	return name;
}

/* The line that grew most; of a process too short for that the largest: what a fork inherited is
 * its parent's. */
static const struct row *main_line(const struct row *child)
{
	const struct table *growth = row_table(child, "growth"), *sites = row_table(child, "sites");
	const struct row *grown = table_rows(growth) ? growth->rows.data[0] : NULL;
	if (grown && row_has(grown, "file") && row_int(grown, "delta_bytes", 0) > 0)
		return grown;
	const struct row *largest = table_rows(sites) ? sites->rows.data[0] : NULL;
	return largest && row_has(largest, "file") ? largest : NULL;
}

static void add_child(struct grid *grid, const struct row *child, unsigned digits)
{
	const struct row *totals = row_row(child, "totals");
	const struct row *line = main_line(child);
	grid_add_mib(grid, totals, "peak_bytes", digits);
	grid_add_mib(grid, totals, "live_bytes", digits);
	grid_add_mib(grid, totals, "allocated_bytes", digits);
	grid_format(grid, "%lld", (long long)row_int(child, "pid", 0));
	add_ending(grid, child);
	if (line)
		grid_add_place(grid, line);
	else
		grid_add(grid, NULL);
	grid_add(grid, without_folder(row_text(child, "command", "")));
}

static void show_shortage(const struct row *child, struct page *page)
{
	char who[40];
	snprintf(who, sizeof(who), "process %lld: ", (long long)row_int(child, "pid", 0));
	show_lack_of_memory(child, row_row(child, "exit"), who, page);
}

void show_children(const struct row *root, struct page *page)
{
	const struct table *children = row_table(root, "children");
	size_t n = table_rows(children);
	if (!n)
		return;
	struct row **sorted = malloc(n * sizeof(*sorted));
	if (!sorted)
		return;
	memcpy(sorted, children->rows.data, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_peaks);
	const struct row *dropped = row_row(root, "dropped_children");
	size_t n_shown = MIN(n, (size_t)CHILDREN_SHOWN);
	int64_t n_more = (int64_t)(n - n_shown) + (dropped ? row_int(dropped, "row_count", 0) : 0);
	unsigned digits = mib_digits(peak_of(sorted[0]));
	page_end_line(page);
	show_heading(page, "processes that it started");
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	for (size_t i = 0; i < n_shown; i++)
		add_child(&grid, sorted[i], digits);
	grid_print(&grid, page);
	if (n_more)
		page_format(page, INK_DIM, 2, "%s %s more, none of them larger",
			page_ellipsis(page), number_count(n_more).text);
	for (size_t i = 0; i < n_shown; i++)
		show_shortage(sorted[i], page);
	free(sorted);
}
