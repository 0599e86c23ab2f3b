/*
 * A snapshot was saved: where, how large.
 */
#include "view/screens.h"

void screen_snap(const struct row *root, struct page *page)
{
	int64_t bytes = row_int(root, "file_bytes", 0);
	show_identity(root, page);
	page_format(page, INK_PLAIN, 2, "saved %s, %s MiB", row_text(root, "file", "?"),
		number_mib(bytes, mib_digits(bytes)).text);
	show_warnings(root, page);
}
