/*
 * Memory ran out: the allocation that failed, the kill by the kernel, and who held
 * most of it then.
 */
#include "base/cleanup.h"
#include "view/screens.h"

static const struct grid_column columns[] = {
	{.title = "held then", .ink = INK_BOLD, .shrink = SHRINK_MIDDLE, .min_width = 16},
	{.title = "MiB", .right = true},
	{.title = "allocated at",
		.ink = INK_DIM,
		.shrink = SHRINK_MIDDLE,
		.min_width = 12,
		.drop = 1},
};

static void show_holders(const struct table *holders, struct page *page)
{
	unsigned digits = mib_digits(table_largest(holders, "retained_bytes"));
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 2);
	if (!table_rows(holders))
		return;
	vec_foreach (&holders->rows, row) {
		grid_add_text(&grid, *row, "path");
		grid_add_mib(&grid, *row, "retained_bytes", digits);
		grid_add_origin_place(&grid, *row);
	}
	grid_print(&grid, page);
}

static void show_memory_error(const struct row *failed, const char *who, struct page *page)
{
	_cleanup_free_ char *place = place_text(failed);
	bool has_size = row_has(failed, "requested_bytes");
	struct number size = row_mib(failed, "requested_bytes");
	page_format(page, INK_WARN, 2, "%sthe last allocation that failed: %s%s%s%s", who,
		has_size ? size.text : "", has_size ? " MiB" : "more than there is",
		place ? ", asked for in " : "", place ? place : "");
	show_holders(row_table(failed, "holders"), page);
}

static void show_kill(const struct row *look, const char *who, struct page *page)
{
	const char *text = "killed by the kernel for lack of memory";
	if (!look) {
		page_format(page, INK_WARN, 2, "%s%s", who, text);
		return;
	}
	page_format(page, INK_WARN, 2, "%s%s; whymem looked at it %s before", who, text,
		number_duration(row_int(look, "before_end_ns", 0)).text);
	show_holders(row_table(look, "holders"), page);
}

void show_lack_of_memory(
	const struct row *row, const struct row *ending, const char *who, struct page *page)
{
	const struct row *failed = row_row(row, "memory_error");
	if (ending && row_int(ending, "killed_for_memory", 0))
		show_kill(row_row(row, "last_look"), who, page);
	if (failed)
		show_memory_error(failed, who, page);
}
