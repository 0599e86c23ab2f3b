/*
 * The Python processes of the host, or the workers of one parent.
 */
#include "view/screens.h"

static const struct grid_column columns[] = {
	{.title = "pid", .ink = INK_BOLD, .right = true},
	{.title = "parent", .ink = INK_DIM, .right = true, .drop = 3},
	{.title = "RSS MiB", .ink = INK_BOLD, .right = true},
	{.title = "PSS", .right = true, .drop = 2},
	{.title = "USS", .right = true},
	{.title = "swap", .right = true, .drop = 5},
	{.title = "copied", .right = true, .drop = 1},
	{.title = "python", .drop = 4},
	{.title = "container", .ink = INK_DIM, .shrink = SHRINK_END, .min_width = 12, .drop = 6},
	{.title = "program", .shrink = SHRINK_MIDDLE, .min_width = 8},
	{.title = "differs by", .ink = INK_WARN, .shrink = SHRINK_END, .min_width = 10, .drop = 1},
};

static const char *const bytes_keys[] = {
	"rss_bytes", "pss_bytes", "uss_bytes", "swap_bytes", "copied_bytes"};

static void add_id(struct grid *grid, const struct row *row, const char *name)
{
	grid_format(grid, "%lld", (long long)row_int(row, name, 0));
}

/* "heap +310": the kind of memory in which a worker is furthest above its leanest sibling. */
static void add_difference(struct grid *grid, const struct row *row, unsigned digits)
{
	const char *part = row_text(row, "differs_in", NULL);
	if (part)
		grid_format(grid, "%s +%s", part,
			number_mib(row_int(row, "differs_bytes", 0), digits).text);
	else
		grid_add(grid, NULL);
}

static void add_process(struct grid *grid, const struct row *row, unsigned digits)
{
	add_id(grid, row, "pid");
	add_id(grid, row, "parent_pid");
	for (size_t i = 0; i < ARRAY_SIZE(bytes_keys); i++) {
		if (row_find(row, bytes_keys[i]) && !row_has(row, bytes_keys[i]))
			grid_add(grid, "?");
		else
			grid_add_mib(grid, row, bytes_keys[i], digits);
	}
	grid_add(grid, row_text(row, "python", "?"));
	grid_add_text(grid, row, "container");
	grid_add_text(grid, row, "program");
	add_difference(grid, row, digits);
}

void screen_ps(const struct row *root, struct page *page)
{
	const struct table *rows = row_table(root, "rows");
	if (!table_rows(rows)) {
		page_text(page, INK_PLAIN, "No Python process found.", 0);
		return;
	}
	unsigned digits = mib_digits(table_largest(rows, "rss_bytes"));
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	vec_foreach (&rows->rows, row)
		add_process(&grid, *row, MIN(digits, 1u));
	grid_print(&grid, page);
	show_rest(root, "processes", "rss_bytes", MIN(digits, 1u), page);
}
