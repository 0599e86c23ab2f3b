/*
 * What a traced program allocated: the totals, then the lines.
 */
#include "view/screens.h"

static const struct grid_column columns[] = {
	{.title = "at peak MiB", .ink = INK_BOLD, .right = true},
	{.title = "at exit", .right = true, .drop = 2},
	{.title = "allocated", .right = true, .drop = 3},
	{.title = "blocks", .right = true, .drop = 4},
	{.title = "temporary", .right = true, .drop = 5},
	{.title = "line", .ink = INK_BOLD, .shrink = SHRINK_MIDDLE, .min_width = 12},
	{.title = "function", .shrink = SHRINK_END, .min_width = 8, .drop = 1},
};

static struct number mib(const struct row *row, const char *name)
{
	int64_t bytes = row_int(row, name, 0);
	return number_mib(bytes, mib_digits(bytes));
}

static void show_totals(const struct row *root, struct page *page)
{
	const struct row *totals = row_row(root, "totals");
	page_format(page, INK_BOLD, 2, "peak %s MiB, alive at exit %s MiB in %s blocks",
		mib(totals, "peak_bytes").text, mib(totals, "live_bytes").text,
		number_count(row_int(totals, "live_count", 0)).text);
	page_format(page, INK_PLAIN, 2, "allocated %s MiB in %s blocks, %s of them temporary",
		mib(totals, "allocated_bytes").text,
		number_count(row_int(totals, "allocation_count", 0)).text,
		number_count(row_int(totals, "temporary_count", 0)).text);
	const struct row *ending = row_row(root, "exit");
	if (row_has(ending, "signal"))
		page_format(page, INK_WARN, 2, "ended by signal %lld",
			(long long)row_int(ending, "signal", 0));
}

static void add_site(struct grid *grid, const struct row *row, unsigned digits)
{
	grid_add_mib(grid, row, "peak_bytes", digits);
	grid_add_mib(grid, row, "live_bytes", digits);
	grid_add_mib(grid, row, "allocated_bytes", digits);
	grid_add_count(grid, row, "allocation_count");
	grid_add_count(grid, row, "temporary_count");
	if (row_has(row, "file"))
		grid_add_place(grid, row);
	else
		grid_add(grid, "(no Python frame)");
	grid_add_text(grid, row, "function");
}

void screen_run(const struct row *root, struct page *page)
{
	const struct table *sites = row_table(root, "sites");
	unsigned digits = mib_digits(table_largest(sites, "peak_bytes"));
	show_totals(root, page);
	show_lack_of_memory(root, page);
	show_warnings(root, page);
	if (!table_rows(sites))
		return;
	page_end_line(page);
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	vec_foreach (&sites->rows, row)
		add_site(&grid, *row, digits);
	grid_print(&grid, page);
	show_rest(root, "lines", "peak_bytes", digits, page);
	show_children(root, page);
}
