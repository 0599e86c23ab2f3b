/*
 * Why objects live: what matched, which object they all hang on, and the paths
 * from roots to them, step by step.
 */
#include "view/screens.h"

#include <stdio.h>

static void show_matched(const struct row *root, struct page *page)
{
	const struct row *matched = row_row(root, "matched");
	int64_t count = row_int(matched, "count", 0),
		retained = row_int(matched, "retained_bytes", 0);
	unsigned digits = mib_digits(retained);
	const char *query = row_text(root, "query", "?");
	if (!count) {
		page_format(page, INK_BOLD, 2,
			"%s: nothing matches; it may be an address (0x...), a type or a path such "
			"as "
			"app.cache.RESULTS",
			query);
		return;
	}
	page_format(page, INK_BOLD, 2, "%s: %s %s, %s MiB own, %s MiB retained", query,
		number_count(count).text, count == 1 ? "object" : "objects",
		number_mib(row_int(matched, "self_bytes", 0), digits).text,
		number_mib(retained, digits).text);
}

static void show_dominator(const struct row *root, struct page *page)
{
	const struct row *dominator = row_row(root, "dominator");
	if (row_has(dominator, "path"))
		page_format(page, INK_PLAIN, 2, "Freed with %s (%s)",
			row_text(dominator, "path", "?"), row_text(dominator, "type", "?"));
}

static void show_root(const struct row *root, struct page *page)
{
	char place[32] = "", thread[32] = "", excess[48] = "";
	if (row_int(root, "line", 0) > 0)
		snprintf(place, sizeof(place), "line %lld", (long long)row_int(root, "line", 0));
	if (row_has(root, "thread_id"))
		snprintf(thread, sizeof(thread), "thread %lld",
			(long long)row_int(root, "thread_id", 0));
	if (row_has(root, "excess_ref_count"))
		snprintf(excess, sizeof(excess), "%lld references from C",
			(long long)row_int(root, "excess_ref_count", 0));
	const struct segment segments[] = {
		{INK_DIM, "    root:"},
		{INK_DIM, row_text(root, "kind", "?")},
		{INK_DIM, row_text(root, "name", NULL)},
		{INK_DIM, thread},
		{INK_DIM, excess},
		{INK_DIM, row_text(root, "file", NULL)},
		{INK_DIM, place},
	};
	page_segments(page, segments, ARRAY_SIZE(segments), " ", 6);
}

static const struct grid_column step_columns[] = {
	{.ink = INK_DIM},
	{.shrink = SHRINK_MIDDLE, .min_width = 10},
	{.ink = INK_DIM, .shrink = SHRINK_MIDDLE, .min_width = 10, .drop = 1},
};

static void add_step_name(struct grid *grid, const struct row *step)
{
	if (row_has(step, "name"))
		grid_add_text(grid, step, "name");
	else if (row_has(step, "index"))
		grid_format(grid, "[%lld]", (long long)row_int(step, "index", 0));
	else
		grid_add(grid, strcmp(row_text(step, "kind", ""), "key") ? "[*]" : "[...]");
}

static void show_steps(const struct table *steps, struct page *page)
{
	if (!table_rows(steps))
		return;
	struct grid grid = grid_make(step_columns, ARRAY_SIZE(step_columns), 4);
	vec_foreach (&steps->rows, step) {
		grid_add_text(&grid, *step, "kind");
		add_step_name(&grid, *step);
		grid_add_text(&grid, *step, "type");
	}
	grid_print(&grid, page);
}

static void show_path(const struct row *path, size_t number, unsigned digits, struct page *page)
{
	int64_t count = row_int(path, "object_count", 0);
	page_format(page, INK_BOLD, 4, "%2zu  %s", number, row_text(path, "path", "?"));
	page_format(page, INK_PLAIN, 6, "    %s %s, %s MiB", number_count(count).text,
		count == 1 ? "object" : "objects",
		number_mib(row_int(path, "retained_bytes", 0), digits).text);
	if (row_row(path, "root"))
		show_root(row_row(path, "root"), page);
	show_steps(row_table(path, "steps"), page);
}

/* Lines that stand on the screen; the others are in the JSON. */
#define LINES_SHOWN 3
#define FRAMES_SHOWN 12

static const struct grid_column allocated_columns[] = {
	{.title = "allocated at", .ink = INK_BOLD, .shrink = SHRINK_MIDDLE, .min_width = 16},
	{.shrink = SHRINK_END, .min_width = 8, .drop = 1},
	{.title = "objects", .right = true, .drop = 1},
	{.title = "MiB", .right = true},
	{.title = "age", .right = true, .drop = 2},
	{.title = "oldest", .right = true, .drop = 2},
};

static void show_lines(const struct table *lines, struct page *page)
{
	unsigned digits = mib_digits(table_largest(lines, "bytes"));
	struct grid grid = grid_make(allocated_columns, ARRAY_SIZE(allocated_columns), 2);
	for (size_t i = 0; i < MIN(table_rows(lines), LINES_SHOWN); i++) {
		const struct row *line = lines->rows.data[i];
		if (row_has(line, "file"))
			grid_add_place(&grid, line);
		else
			grid_add(&grid, "not known");
		grid_add_text(&grid, line, "function");
		grid_add_count(&grid, line, "object_count");
		grid_add_mib(&grid, line, "bytes", digits);
		grid_add_duration(&grid, line, "mean_age_ns");
		if (row_int(line, "object_count", 0) > 1)
			grid_add_duration(&grid, line, "oldest_age_ns");
		else
			grid_add(&grid, NULL);
	}
	grid_print(&grid, page);
}

static const struct grid_column frame_columns[] = {
	{.ink = INK_DIM},
	{.ink = INK_DIM, .shrink = SHRINK_MIDDLE, .min_width = 16},
	{.ink = INK_DIM, .shrink = SHRINK_END, .min_width = 8, .drop = 1},
};

static void show_stack(const struct table *stack, struct page *page)
{
	size_t n = table_rows(stack);
	struct grid grid = grid_make(frame_columns, ARRAY_SIZE(frame_columns), 4);
	for (size_t i = 1; i < MIN(n, FRAMES_SHOWN); i++) {
		grid_add(&grid, i == 1 ? "called by" : "");
		grid_add_place(&grid, stack->rows.data[i]);
		grid_add_text(&grid, stack->rows.data[i], "function");
	}
	grid_print(&grid, page);
	if (n > FRAMES_SHOWN)
		page_format(page, INK_DIM, 4, "    %s and %zu more calls: --json",
			page_ellipsis(page), n - FRAMES_SHOWN);
}

static void show_allocated(const struct row *root, struct page *page)
{
	const struct table *lines = row_table(root, "allocated");
	if (!table_rows(lines))
		return;
	show_lines(lines, page);
	show_stack(row_table(root, "allocated_stack"), page);
}

void screen_why(const struct row *root, struct page *page)
{
	const struct table *paths = row_table(root, "paths");
	show_identity(root, page);
	show_matched(root, page);
	show_allocated(root, page);
	show_dominator(root, page);
	bool has_objects = row_int(row_row(root, "matched"), "count", 0) > 0;
	if (has_objects && row_has(root, "avoid") && !table_rows(paths))
		page_format(page, INK_PLAIN, 2,
			"Nothing else keeps them alive: all ways go through %s",
			row_text(root, "avoid", ""));
	unsigned digits = mib_digits(table_largest(paths, "retained_bytes"));
	for (size_t i = 0; i < table_rows(paths); i++)
		show_path(paths->rows.data[i], i + 1, digits, page);
	show_warnings(root, page);
}
