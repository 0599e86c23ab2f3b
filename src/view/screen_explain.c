/*
 * The first screen: identity, verdict, findings, the account of RSS, holders.
 */
#include "view/screens.h"

#include "base/cleanup.h"

#include <errno.h>

#define FINDINGS_SHOWN 3
#define HOLDERS_SHOWN_MIN 4
#define HOLDERS_TOLD_FIRST 4

void show_verdict(const struct row *root, struct page *page)
{
	const struct row *verdict = row_row(root, "verdict");
	const char *text = row_text(verdict, "text", NULL);
	if (!text)
		return;
	page_format(page, INK_BOLD, 2, "Verdict: %s", text);
}

/* ---- the account ---- */

/*
 * Lines of the account: parts of the contract under the words of the screen. A
 * part that is not listed is shown under its own name.
 */
static const struct line_name {
	const char *part, *name;
} line_names[] = {
	{"objects.live", "Python objects, live"},
	{"objects.garbage", "Python objects, garbage"},
	{"native.owned", "native memory of objects"},
	{"native.unowned", "native, owned by no object"},
	{"native.foreign", "other allocators"},
	{"native.interpreter", "interpreter's own blocks"},
	{"free.pymalloc", "pymalloc, free"},
	{"free.malloc", "malloc, free"},
	{"free.freelist", "free lists"},
	{"overhead.pymalloc", "overhead of allocators"},
	{"overhead.malloc", "overhead of allocators"},
	{"program.interpreter", "interpreter, libraries, stacks"},
	{"program.libraries", "interpreter, libraries, stacks"},
	{"stacks", "interpreter, libraries, stacks"},
	{"files", "mapped files"},
	{"shared", "shared memory"},
	{"tracer", "allocation tracer"},
	{"unexplained", "unexplained"},
};

static const char *line_name(const char *part)
{
	for (size_t i = 0; i < ARRAY_SIZE(line_names); i++) {
		if (!strcmp(line_names[i].part, part))
			return line_names[i].name;
	}
	return part;
}

struct account_line {
	const char *name;
	int64_t bytes;
};

struct account {
	VEC(struct account_line) lines;
	int64_t total;
};

static bool is_child_of(const char *part, const char *parent)
{
	size_t n = strlen(parent);
	return !strncmp(part, parent, n) && part[n] == '.';
}

static bool has_children(const struct table *parts, const char *part)
{
	vec_foreach (&parts->rows, row) {
		if (is_child_of(row_text(*row, "part", ""), part))
			return true;
	}
	return false;
}

/* Adds to the line of that name; false when memory ran out. */
static bool add_to_line(struct account *account, const char *name, int64_t bytes)
{
	account->total += bytes;
	vec_foreach (&account->lines, line) {
		if (!strcmp(line->name, name)) {
			line->bytes += bytes;
			return true;
		}
	}
	struct account_line *line = vec_add(&account->lines);
	if (line)
		*line = (struct account_line){name, bytes};
	return line;
}

static bool is_unexplained(const struct account_line *line)
{
	return !strcmp(line->name, "unexplained");
}

static int compare_lines(const void *left, const void *right)
{
	const struct account_line *a = left, *b = right;
	if (is_unexplained(a) != is_unexplained(b))
		return is_unexplained(a) ? 1 : -1;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	return strcmp(a->name, b->name);
}

static bool collect_lines(const struct table *parts, struct account *account)
{
	vec_foreach (&parts->rows, row) {
		const char *part = row_text(*row, "part", "");
		if (!has_children(parts, part) &&
			!add_to_line(account, line_name(part), row_int(*row, "bytes", 0)))
			return false;
	}
	if (account->lines.n)
		qsort(account->lines.data, account->lines.n, sizeof(*account->lines.data),
			compare_lines);
	return true;
}

static const struct grid_column account_columns[] = {
	{.shrink = SHRINK_END, .min_width = 20},
	{.ink = INK_BOLD, .right = true},
	{.ink = INK_BAR, .drop = 2},
	{.ink = INK_DIM, .right = true, .drop = 1},
};

/* What the other columns leave, for a bar of 100 %. */
static unsigned bar_width(const struct page *page)
{
	unsigned width = page->style.width;
	return width < 56 ? 0 : MIN(width - 48, 40u);
}

/* Too small for a line of its own: below 1 %. */
static bool is_small(const struct account *account, const struct account_line *line)
{
	return line->bytes && !is_unexplained(line) && line->bytes < account->total / 100;
}

static void add_account_line(struct grid *grid, const struct account *account,
	const struct account_line *line, const struct page *page)
{
	grid_add(grid, line->name);
	grid_add_number(grid, number_mib(line->bytes, mib_digits(account->total)));
	grid_take(grid, page_bar(page, line->bytes, account->total, bar_width(page)));
	grid_add_number(grid, number_percent(line->bytes, account->total));
}

/* Several small lines become one, so that the screen stays one. */
static void print_lines(const struct account *account, struct page *page)
{
	struct grid grid = grid_make(account_columns, ARRAY_SIZE(account_columns), 2);
	struct account_line small = {.name = "smaller parts (whymem --json)"};
	size_t n_small = 0;
	vec_foreach (&account->lines, line)
		n_small += is_small(account, line);
	vec_foreach (&account->lines, line) {
		if (n_small > 1 && is_small(account, line)) {
			small.bytes += line->bytes;
			continue;
		}
		if (small.bytes && is_unexplained(line)) {
			add_account_line(&grid, account, &small, page);
			small.bytes = 0;
		}
		if (line->bytes || is_unexplained(line))
			add_account_line(&grid, account, line, page);
	}
	if (small.bytes)
		add_account_line(&grid, account, &small, page);
	grid_print(&grid, page);
}

static void show_account(const struct row *root, struct page *page)
{
	const struct table *parts = row_table(root, "account");
	if (!parts)
		return;
	struct account account = {0};
	if (collect_lines(parts, &account))
		print_lines(&account, page);
	else
		sink_fail(page->sink, ENOMEM);
	vec_deinit(&account.lines);
}

/* ---- the line of RSS ---- */

struct figure {
	char text[64];
};

static struct figure figure(
	const struct row *memory, const char *key, const char *format, unsigned digits)
{
	struct figure figure = {""};
	int64_t bytes = row_int(memory, key, 0);
	if (row_has(memory, key))
		snprintf(figure.text, sizeof(figure.text), format,
			number_mib(bytes, MIN(digits, mib_digits(bytes))).text);
	return figure;
}

static struct figure figure_unless_zero(
	const struct row *memory, const char *key, const char *format, unsigned digits)
{
	return row_int(memory, key, 0) ? figure(memory, key, format, digits) : (struct figure){""};
}

static void show_memory(const struct row *root, struct page *page)
{
	const struct row *memory = row_row(root, "memory");
	if (!memory)
		return;
	unsigned digits = mib_digits(row_int(memory, "total_bytes", 0));
	bool has_rss = row_has(memory, "rss_bytes");
	struct figure total = has_rss ? figure(memory, "rss_bytes", "RSS %s MiB", digits)
				      : figure(memory, "total_bytes", "total %s MiB", digits);
	struct figure pss = figure(memory, "pss_bytes", "PSS %s", digits);
	struct figure uss = figure(memory, "uss_bytes", "USS %s", digits);
	struct figure swap = figure_unless_zero(memory, "swap_bytes", "swap %s", digits);
	struct figure tables = figure(memory, "page_table_bytes", "page tables %s", digits);
	struct figure huge = figure_unless_zero(memory, "hugetlb_bytes", "hugetlb %s", digits);
	struct figure limit = figure(memory, "cgroup_limit_bytes", "cgroup limit %s", digits);
	const struct segment segments[] = {
		{INK_BOLD, total.text},
		{INK_PLAIN, pss.text},
		{INK_PLAIN, uss.text},
		{INK_PLAIN, swap.text},
		{INK_PLAIN, tables.text},
		{INK_PLAIN, huge.text},
		{INK_PLAIN, limit.text},
	};
	page_segments(page, segments, ARRAY_SIZE(segments), "  ", 2);
}

/* ---- holders ---- */

static const struct grid_column holder_columns[] = {
	{.title = "holders", .ink = INK_BOLD, .shrink = SHRINK_MIDDLE, .min_width = 16},
	{.shrink = SHRINK_END, .min_width = 8, .drop = 2},
	{.title = "entries", .right = true, .drop = 1},
	{.title = "retained", .right = true},
	{.title = "grew", .ink = INK_BOLD, .right = true},
	{.title = "allocated at", .shrink = SHRINK_MIDDLE, .min_width = 22, .drop = 2},
	{.ink = INK_DIM, .shrink = SHRINK_MIDDLE, .min_width = 18, .drop = 3},
};

/* Rows `first` up to `end`. */
static void print_holders(const struct table *holders, size_t first, size_t end, struct page *page)
{
	unsigned digits = mib_digits(table_largest(holders, "retained_bytes"));
	struct grid grid = grid_make(holder_columns, ARRAY_SIZE(holder_columns), 2);
	for (size_t i = first; i < end; i++) {
		const struct row *holder = holders->rows.data[i];
		grid_add_text(&grid, holder, "path");
		grid_add_text(&grid, holder, "type");
		grid_add_count(&grid, holder, "item_count");
		grid_format(&grid, "%s MiB",
			number_mib(row_int(holder, "retained_bytes", 0), digits).text);
		grid_add_growth(&grid, holder, digits, page);
		grid_add_origin(&grid, holder);
		grid_add_place(&grid, holder);
	}
	grid_print(&grid, page);
}

/* Holders from `first` on, as many as the screen has room for. */
static void show_holders(const struct table *holders, size_t first, struct page *page)
{
	size_t n = table_rows(holders);
	unsigned used = page->n_lines + 2;
	size_t room = page->style.height > used ? page->style.height - used : 0;
	size_t end = MIN(n, first + MAX(room, (size_t)HOLDERS_SHOWN_MIN));
	if (first >= n)
		return;
	print_holders(holders, first, end, page);
	if (end < n)
		page_format(page, INK_DIM, 2, "  %s and %s more: --json, or whymem retained",
			page_ellipsis(page), number_count((int64_t)(n - end)).text);
}

/* The first lines tell who holds the memory: by findings, or else the largest holders. */
void screen_explain(const struct row *root, struct page *page)
{
	const struct table *findings = row_table(root, "findings");
	const struct table *holders = row_table(root, "holders");
	size_t n_told = 0;
	show_identity(root, page);
	show_verdict(root, page);
	if (table_rows(findings)) {
		show_findings(findings, FINDINGS_SHOWN, page);
	} else if (table_rows(holders)) {
		n_told = MIN(table_rows(holders), (size_t)HOLDERS_TOLD_FIRST);
		print_holders(holders, 0, n_told, page);
	}
	show_memory(root, page);
	show_account(root, page);
	show_holders(holders, n_told, page);
	show_warnings(root, page);
}
