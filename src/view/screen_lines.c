/*
 * Lines as memory_profiler shows them, a table for each function. Text that
 * reads its tables reads these.
 */
#include "view/screens.h"

#include "base/cleanup.h"
#include "view/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum {
	NUMBER_COLUMNS = 6,
	SIZE_COLUMNS = 12,
	COUNT_COLUMNS = 11,
	SOURCE_COLUMNS = 24,
	CELL_BYTES = 64
};

static const struct unit {
	const char *name;
	double bytes;
} units[] = {{"MiB", 1 << 20}, {"B", 1}, {"KiB", 1 << 10}, {"GiB", 1 << 30}};

struct form {
	const struct unit *unit;
	int digits;
	bool gross;
};

static const struct unit *find_unit(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!strcmp(units[i].name, name))
			return &units[i];
	}
	return &units[0];
}

static void put_size(
	struct page *page, const struct row *row, const char *name, const struct form *form)
{
	char text[CELL_BYTES] = "";
	if (row_has(row, name))
		snprintf(text, sizeof(text), "%.*f %s", form->digits,
			(double)row_int(row, name, 0) / form->unit->bytes, form->unit->name);
	sink_printf(page->sink, " %*s", SIZE_COLUMNS, text);
}

/* A terminal gets as much of the source as fits, at least a little; files get all of it. */
static void put_source(struct page *page, const char *source, const struct form *form)
{
	unsigned n_sizes = form->gross ? 5 : 2;
	unsigned used = NUMBER_COLUMNS + n_sizes * (1 + SIZE_COLUMNS) + COUNT_COLUMNS + 4, width;
	_cleanup_free_ char *text = utf8_printable(source, page->style.unicode);
	if (!text) {
		sink_fail(page->sink, ENOMEM);
		return;
	}
	unsigned room = page->style.width > used ? page->style.width - used : 0;
	bool is_cut = isatty(page->sink->fd);
	page_write_n(page, INK_PLAIN, text,
		is_cut ? utf8_prefix(text, MAX(room, SOURCE_COLUMNS), &width) : strlen(text));
}

/* Tabs become spaces up to every eighth column. */
static char *expand(const char *source)
{
	size_t n = 0;
	char *text = malloc(strlen(source) * 8 + 1);
	if (!text)
		return NULL;
	for (; *source; source++) {
		if (*source != '\t') {
			text[n++] = *source;
			continue;
		}
		do
			text[n++] = ' ';
		while (n % 8);
	}
	text[n] = '\0';
	return text;
}

static void show_line(const struct row *row, const struct form *form, struct page *page)
{
	char count[CELL_BYTES] = "";
	bool has_run = row_int(row, "occurrence_count", 0) > 0;
	static const struct row nothing;
	const struct row *counted = has_run ? row : &nothing;
	_cleanup_free_ char *source = expand(row_text(row, "source", ""));
	if (!source) {
		sink_fail(page->sink, ENOMEM);
		return;
	}
	sink_printf(page->sink, "%*lld", NUMBER_COLUMNS, (long long)row_int(row, "line", 0));
	put_size(page, counted, "mem_bytes", form);
	put_size(page, counted, "increment_bytes", form);
	if (has_run)
		snprintf(count, sizeof(count), "%lld",
			(long long)row_int(row, "occurrence_count", 0));
	sink_printf(page->sink, "  %*s", COUNT_COLUMNS - 1, count);
	if (form->gross) {
		put_size(page, counted, "allocated_bytes", form);
		put_size(page, counted, "peak_bytes", form);
		put_size(page, counted, "resident_bytes", form);
	}
	sink_puts(page->sink, "   ");
	put_source(page, source, form);
	page_end_line(page);
}

static void show_titles(const struct form *form, struct page *page)
{
	char titles[256], rule[256];
	int n = snprintf(titles, sizeof(titles), "%*s %*s %*s  %*s", NUMBER_COLUMNS, "Line #",
		SIZE_COLUMNS, "Mem usage", SIZE_COLUMNS, "Increment", COUNT_COLUMNS - 1,
		"Occurrences");
	if (form->gross)
		n += snprintf(titles + n, sizeof(titles) - (size_t)n, " %*s %*s %*s",
			SIZE_COLUMNS - 1, "Allocated", SIZE_COLUMNS, "Peak", SIZE_COLUMNS,
			"Resident");
	n += snprintf(titles + n, sizeof(titles) - (size_t)n, "   Line Contents");
	memset(rule, '=', sizeof(rule));
	page_write_n(page, INK_BOLD, titles, (size_t)n);
	page_end_line(page);
	page_write_n(page, INK_DIM, rule, (size_t)n);
	page_end_line(page);
}

static struct form make_form(const struct row *root, const struct table *rows)
{
	int64_t largest = MAX(table_largest(rows, "mem_bytes"), table_largest(rows, "peak_bytes"));
	const struct unit *unit = find_unit(row_text(root, "unit", ""));
	double shown = (double)largest / unit->bytes;
	return (struct form){
		.unit = unit,
		.digits = unit->bytes == 1 ? 0
			  : shown >= 10    ? 1
			  : shown >= 1     ? 2
					   : 3,
		.gross = row_int(root, "gross", 0),
	};
}

static void show_function(const struct row *root, const struct row *function, struct page *page)
{
	const struct table *rows = row_table(function, "rows");
	struct form form = make_form(root, rows);
	page_format(page, INK_PLAIN, 2, "Filename: %s", row_text(function, "file", ""));
	page_format(page, INK_PLAIN, 2, "Function: %s", row_text(function, "function", ""));
	page_end_line(page);
	show_titles(&form, page);
	vec_foreach (&rows->rows, row)
		show_line(*row, &form, page);
	page_end_line(page);
}

void screen_lines(const struct row *root, struct page *page)
{
	const struct table *functions = row_table(root, "functions");
	show_warnings(root, page);
	vec_foreach (&functions->rows, function)
		show_function(root, *function, page);
}
