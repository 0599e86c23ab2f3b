/*
 * Whether a process can be read, rule by rule.
 */
#include "view/screens.h"

static void show_check(const struct row *check, struct page *page)
{
	bool is_known = row_has(check, "ok"), is_ok = row_int(check, "ok", 0);
	const char *word = !is_known ? "note" : is_ok ? "ok" : "FAIL";
	page_format(page, is_ok || !is_known ? INK_PLAIN : INK_WARN, 8, "  %-4s  %s", word,
		row_text(check, "text", ""));
	const char *remedy = row_text(check, "remedy", NULL);
	if (remedy)
		page_format(page, INK_BOLD, 8, "        remedy: %s", remedy);
}

void screen_doctor(const struct row *root, struct page *page)
{
	const struct table *checks = row_table(root, "checks");
	if (row_has(root, "pid"))
		page_format(page, INK_BOLD, 0, "%lld can%s be read",
			(long long)row_int(root, "pid", 0),
			row_int(root, "readable", 0) ? "" : "not");
	for (size_t i = 0; i < table_rows(checks); i++)
		show_check(checks->rows.data[i], page);
}
