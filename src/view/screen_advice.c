/*
 * All findings, or all rules.
 */
#include "view/screens.h"

#include <stdint.h>

static const struct grid_column rule_columns[] = {
	{.title = "rule", .ink = INK_BOLD},
	{.title = "finds", .shrink = SHRINK_END, .min_width = 30},
};

static void show_rules(const struct table *rules, struct page *page)
{
	struct grid grid = grid_make(rule_columns, ARRAY_SIZE(rule_columns), 0);
	vec_foreach (&rules->rows, row) {
		grid_add_text(&grid, *row, "rule");
		grid_add_text(&grid, *row, "title");
	}
	grid_print(&grid, page);
}

void screen_advice(const struct row *root, struct page *page)
{
	const struct table *findings = row_table(root, "findings");
	if (!findings) {
		show_rules(row_table(root, "rules"), page);
		return;
	}
	show_identity(root, page);
	if (table_rows(findings))
		show_findings(findings, SIZE_MAX, page);
	else
		page_text(page, INK_PLAIN, "Nothing to change was found.", 0);
	show_warnings(root, page);
}
