/*
 * Findings: a line that says how much and who, then what it is and what to do.
 */
#include "view/screens.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_INDENT 4

/* "−35.5 MiB": what a change gives back; "35.5 MiB": what hangs on it. */
static char *amount(const struct row *finding, unsigned digits, const struct page *page)
{
	bool is_saving = row_has(finding, "saving_bytes");
	int64_t n_bytes = row_int(finding, is_saving ? "saving_bytes" : "retained_bytes", 0);
	char *text = NULL;
	if (!is_saving && !n_bytes)
		return NULL;
	int n = asprintf(&text, "%s%s MiB", is_saving ? page_minus(page) : "",
		number_mib(n_bytes, digits).text);
	return n < 0 ? NULL : text;
}

/* Of objects that are small beside what they retain the share would tell nothing. */
static char *finding_origin(const struct row *finding)
{
	bool is_most = row_int(finding, "allocated_bytes", 0) >=
		       row_int(finding, "retained_bytes", 0) / 10;
	return is_most ? origin_text(finding) : origin_place(finding);
}

static void show_text(const struct row *finding, struct page *page)
{
	const char *summary = row_text(finding, "summary", "");
	const char *advice = row_text(finding, "advice", "");
	_cleanup_free_ char *text = NULL, *origin = finding_origin(finding);
	if (asprintf(&text, "%s%s%s%s%s%s", summary, *summary && *advice ? ". " : "", advice,
		    origin ? " Allocated at " : "", origin ? origin : "", origin ? "." : "") < 0) {
		text = NULL;
		sink_fail(page->sink, ENOMEM);
		return;
	}
	page_paragraph(page, INK_PLAIN, text, TEXT_INDENT);
}

static void show_finding(
	const struct row *finding, size_t number, unsigned digits, struct page *page)
{
	const struct row *evidence = row_row(finding, "evidence");
	const char *who = row_text(finding, "path", row_text(evidence, "part", NULL));
	_cleanup_free_ char *how_much = amount(finding, digits, page);
	_cleanup_free_ char *where = place_text(finding);
	char ordinal[24];
	snprintf(ordinal, sizeof(ordinal), "%zu", number);
	struct segment segments[] = {
		{INK_DIM, ordinal},
		{INK_BOLD, how_much},
		{INK_BOLD, who ? who : row_text(finding, "type", NULL)},
		{INK_DIM, where},
	};
	page_segments(page, segments, ARRAY_SIZE(segments), "  ", TEXT_INDENT);
	show_text(finding, page);
}

void show_findings(const struct table *findings, size_t n_most, struct page *page)
{
	size_t n = table_rows(findings);
	unsigned digits = mib_digits(MAX(table_largest(findings, "saving_bytes"),
		table_largest(findings, "retained_bytes")));
	for (size_t i = 0; i < MIN(n, n_most); i++)
		show_finding(findings->rows.data[i], i + 1, digits, page);
	if (n > n_most)
		page_format(page, INK_DIM, TEXT_INDENT, "  %s and %zu more: whymem advice",
			page_ellipsis(page), n - n_most);
}
