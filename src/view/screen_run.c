/*
 * What a traced program allocated: the totals and who stands out, then the
 * lines, or whatever the rows are, or the calls.
 */
#include "view/screens.h"

#include "names/text.h"

#include <stdio.h>

#define CALLERS_MAX 3
#define THREADS_MAX 4 /* named above the table */
#define INDENT_MAX 24 /* of calls; deeper ones tell their depth as a number */

static bool has_ended(const struct row *root)
{
	const struct row *ending = row_row(root, "exit");
	return row_has(ending, "status") || row_has(ending, "signal");
}

/* "app.py:12", "app.handlers", "no Python frame": what the row is about; NULL without memory. */
static char *row_name(const struct row *row, const char *by)
{
	bool is_module = !strcmp(by, "module") && row_has(row, "module");
	const char *thread = row_text(row, "thread", NULL);
	if (!strcmp(by, "thread"))
		return strdup(thread ? thread : "(no thread of Python)");
	if (!strcmp(by, "function") && row_has(row, "function"))
		return strdup(row_text(row, "function", ""));
	if (is_module)
		return strdup(row_text(row, "module", ""));
	char *place = place_text(row);
	return place ? place : strdup("(no Python frame)");
}

/* ---- above the table ---- */

static void show_program(const struct row *root, struct page *page)
{
	const struct row *capture = row_row(root, "capture"), *ending = row_row(root, "exit");
	struct number python, ended;
	snprintf(python.text, sizeof(python.text), "CPython %.30s",
		row_text(capture, "python", "?"));
	if (row_has(ending, "signal"))
		snprintf(ended.text, sizeof(ended.text), "ended by signal %lld",
			(long long)row_int(ending, "signal", 0));
	else
		snprintf(ended.text, sizeof(ended.text), "exit status %lld",
			(long long)row_int(ending, "status", 0));
	bool is_good = row_has(ending, "status") && !row_int(ending, "status", 0);
	const struct segment segments[] = {
		{INK_BOLD, row_text(capture, "program", NULL)},
		{INK_PLAIN, python.text},
		{INK_WARN, !has_ended(root) || is_good ? NULL : ended.text},
		{INK_WARN, row_int(capture, "complete", 1) ? NULL : "incomplete"},
	};
	page_segments(page, segments, ARRAY_SIZE(segments), page_dot(page), 0);
}

static void show_totals(const struct row *root, struct page *page)
{
	const struct row *totals = row_row(root, "totals");
	struct number when = number_duration(row_int(root, "peak_time_ns", 0));
	bool has_time = row_has(root, "peak_time_ns");
	page_format(page, INK_BOLD, 2, "peak %s MiB%s%s, alive %s %s MiB in %s blocks",
		row_mib(totals, "peak_bytes").text, has_time ? " after " : "",
		has_time ? when.text : "", has_ended(root) ? "at exit" : "now",
		row_mib(totals, "live_bytes").text,
		number_count(row_int(totals, "live_count", 0)).text);
	page_format(page, INK_PLAIN, 2, "allocated %s MiB in %s blocks, %s of them temporary",
		row_mib(totals, "allocated_bytes").text,
		number_count(row_int(totals, "allocation_count", 0)).text,
		number_count(row_int(totals, "temporary_count", 0)).text);
}

/* "what: 12.3 MiB app.py:12, 4.1 MiB app.py:30", unless there is none. */
static void show_notables(const struct row *root, const char *name, const char *key,
	const char *what, struct page *page)
{
	const struct table *table = row_table(root, name);
	struct text text _cleanup_text_ = {0};
	for (size_t i = 0; i < table_rows(table); i++) {
		const struct row *row = table->rows.data[i];
		_cleanup_free_ char *place = row_name(row, row_text(root, "by", "line"));
		text_format(&text, "%s%s MiB %s", i ? ", " : "", row_mib(row, key).text,
			place ? place : "?");
	}
	if (table_rows(table))
		page_format(page, INK_PLAIN, 2, "%s: %s", what, text_get(&text));
}

#define STEADY_MAX 3

/* Lines that grew all the time, and how fast. */
static void show_steady(const struct row *root, struct page *page)
{
	const struct table *growth = row_table(root, "growth");
	struct text text _cleanup_text_ = {0};
	unsigned n = 0;
	for (size_t i = 0; i < table_rows(growth) && n < STEADY_MAX; i++) {
		const struct row *row = growth->rows.data[i];
		if (!row_int(row, "is_steady", 0))
			continue;
		_cleanup_free_ char *place = row_name(row, "line");
		text_format(&text, "%s%s by %s MiB/s", n++ ? ", " : "", place ? place : "?",
			row_mib(row, "rate_bytes_per_second").text);
	}
	if (n)
		page_format(page, INK_WARN, 2, "grew all the time: %s", text_get(&text));
}

static size_t count_threads(const struct row *root)
{
	const struct table *threads = row_table(root, "threads");
	size_t n = 0;
	for (size_t i = 0; i < table_rows(threads); i++)
		n += row_has(threads->rows.data[i], "thread");
	return n;
}

static void show_threads(const struct row *root, struct page *page)
{
	const struct table *threads = row_table(root, "threads");
	struct text text _cleanup_text_ = {0};
	for (size_t i = 0; i < MIN(table_rows(threads), THREADS_MAX); i++) {
		const struct row *row = threads->rows.data[i];
		text_format(&text, "%s%s %s MiB", i ? ", " : "",
			row_text(row, "thread", "no thread of Python"),
			row_mib(row, "peak_bytes").text);
	}
	if (count_threads(root) > 1)
		page_format(page, INK_PLAIN, 2, "threads at the peak: %s%s%s", text_get(&text),
			table_rows(threads) > THREADS_MAX ? ", " : "",
			table_rows(threads) > THREADS_MAX ? page_ellipsis(page) : "");
}

/* ---- columns of counts ---- */

static const struct {
	const char *sort, *key, *title, *first_title;
	bool is_count;
} counts[] = {
	{"peak", "peak_bytes", "at peak", "at peak MiB", false},
	{"live", "live_bytes", "at exit", "at exit MiB", false},
	{"allocated", "allocated_bytes", "allocated", "allocated MiB", false},
	{"count", "allocation_count", "blocks", "blocks", true},
	{"temporary", "temporary_count", "temporary", "temporary", true},
};

#define N_COUNTS ARRAY_SIZE(counts)

/* What the order is by comes first. */
static size_t nth_count(const struct row *root, size_t n)
{
	const char *sort = row_text(root, "sort", "peak");
	size_t first = 0;
	while (first < N_COUNTS - 1 && strcmp(counts[first].sort, sort) != 0)
		first++;
	return !n ? first : n <= first ? n - 1 : n;
}

static void make_count_columns(const struct row *root, struct grid_column *columns)
{
	for (size_t i = 0; i < N_COUNTS; i++) {
		size_t count = nth_count(root, i);
		bool is_live = !strcmp(counts[count].sort, "live");
		columns[i] = (struct grid_column){
			.title = is_live && !has_ended(root) ? "alive"
				 : i                         ? counts[count].title
							     : counts[count].first_title,
			.ink = i ? INK_PLAIN : INK_BOLD,
			.right = true,
			.drop = i ? 4 + (unsigned)i + (i > 2 ? 2 : 0) : 0,
		};
	}
}

static void add_counts(
	struct grid *grid, const struct row *root, const struct row *row, unsigned digits)
{
	for (size_t i = 0; i < N_COUNTS; i++) {
		size_t count = nth_count(root, i);
		if (counts[count].is_count)
			grid_add_count(grid, row, counts[count].key);
		else
			grid_add_mib(grid, row, counts[count].key, digits);
	}
}

/* ---- rows ---- */

static void add_callers(struct grid *grid, const struct row *row)
{
	const struct table *steps = row_table(row, "steps");
	struct text text _cleanup_text_ = {0};
	for (size_t i = 0; i < MIN(table_rows(steps), CALLERS_MAX); i++) {
		_cleanup_free_ char *place = place_text(steps->rows.data[i]);
		text_format(&text, "%s%s", i ? " < " : "", place ? place : "?");
	}
	grid_add(grid, text.n ? text_get(&text) : NULL);
}

static void show_sites(const struct row *root, struct page *page)
{
	const struct table *sites = row_table(root, "sites");
	const char *by = row_text(root, "by", "line");
	bool is_by_line = !strcmp(by, "line");
	bool has_threads = count_threads(root) > 1 && strcmp(by, "thread") != 0;
	unsigned digits = mib_digits(table_largest(sites, "peak_bytes"));
	struct grid_column columns[N_COUNTS + 6] = {
		[N_COUNTS] = {.title = "lives", .right = true, .drop = 11},
		{.title = by, .ink = INK_BOLD, .shrink = SHRINK_MIDDLE, .min_width = 14},
		{.title = "thread", .shrink = SHRINK_END, .min_width = 8, .drop = 3},
		{.title = is_by_line ? "function" : "file",
			.shrink = SHRINK_END,
			.min_width = 12,
			.drop = 6},
		{.title = "code", .ink = INK_DIM, .shrink = SHRINK_END, .min_width = 20, .drop = 2},
		{.title = "called from",
			.ink = INK_DIM,
			.shrink = SHRINK_END,
			.min_width = 18,
			.drop = 7},
	};
	make_count_columns(root, columns);
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	for (size_t i = 0; i < table_rows(sites); i++) {
		const struct row *row = sites->rows.data[i];
		add_counts(&grid, root, row, digits);
		grid_add_duration(&grid, row, "lifetime_ns");
		grid_take(&grid, row_name(row, by));
		grid_add(&grid, has_threads ? row_text(row, "thread", NULL) : NULL);
		if (is_by_line)
			grid_add_text(&grid, row, "function");
		else
			grid_add(&grid,
				!strcmp(by, "function") ? row_text(row, "file", NULL) : NULL);
		grid_add_text(&grid, row, "source");
		add_callers(&grid, row);
	}
	grid_print(&grid, page);
	static const char *const many[][2] = {{"line", "lines"}, {"function", "functions"},
		{"module", "modules"}, {"file", "files"}, {"thread", "threads"}};
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		if (!strcmp(many[i][0], by))
			show_rest(root, many[i][1], "peak_bytes", digits, page);
}

/* ---- time ---- */

static void show_more(const struct row *rest, struct page *page)
{
	int64_t n = row_int(rest, "row_count", 0);
	if (n > 0)
		page_format(page, INK_DIM, 2, "  %s and %s more lines (--top 0 shows all)",
			page_ellipsis(page), number_count(n).text);
}

static void show_growth(const struct row *root, struct page *page)
{
	static const struct grid_column columns[] = {
		{.title = "grew MiB", .ink = INK_BOLD, .right = true},
		{.title = "a second", .right = true, .drop = 4},
		{.title = "from", .right = true, .drop = 5},
		{.title = "to", .right = true, .drop = 6},
		{.title = "line", .ink = INK_BOLD, .shrink = SHRINK_MIDDLE, .min_width = 14},
		{.title = "function", .shrink = SHRINK_END, .min_width = 12, .drop = 3},
		{.title = "code", .ink = INK_DIM, .shrink = SHRINK_END, .min_width = 20, .drop = 2},
		{.ink = INK_WARN, .drop = 1},
	};
	const struct table *growth = row_table(root, "growth");
	const struct row *window = row_row(root, "window");
	int64_t grew = row_int(window, "delta_bytes", 0);
	unsigned digits = mib_digits(
		MAX(table_largest(growth, "end_bytes"), table_largest(growth, "begin_bytes")));
	page_format(page, INK_BOLD, 2, "from %s to %s: %s MiB in all",
		number_duration(row_int(window, "begin_ns", 0)).text,
		number_duration(row_int(window, "end_ns", 0)).text,
		signed_mib(page, grew, mib_digits(grew)).text);
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	for (size_t i = 0; i < table_rows(growth); i++) {
		const struct row *row = growth->rows.data[i];
		int64_t rate = row_int(row, "rate_bytes_per_second", 0);
		grid_add_growth(&grid, row, digits, page);
		grid_add_number(&grid, signed_mib(page, rate, digits));
		grid_add_mib(&grid, row, "begin_bytes", digits);
		grid_add_mib(&grid, row, "end_bytes", digits);
		grid_take(&grid, row_name(row, "line"));
		grid_add_text(&grid, row, "function");
		grid_add_text(&grid, row, "source");
		grid_add(&grid, row_int(row, "is_steady", 0) ? "all the time" : NULL);
	}
	grid_print(&grid, page);
	show_more(row_row(root, "growth_rest"), page);
}

static void show_moment(const struct row *moment, struct page *page)
{
	static const struct grid_column columns[] = {
		{.title = "alive MiB", .ink = INK_BOLD, .right = true},
		{.title = "line", .ink = INK_BOLD, .shrink = SHRINK_MIDDLE, .min_width = 14},
		{.title = "function", .shrink = SHRINK_END, .min_width = 12, .drop = 2},
		{.title = "code", .ink = INK_DIM, .shrink = SHRINK_END, .min_width = 20, .drop = 1},
	};
	const struct table *rows = row_table(moment, "rows");
	unsigned digits = mib_digits(table_largest(rows, "live_bytes"));
	page_format(page, INK_BOLD, 2, "after %s %s MiB were alive",
		number_duration(row_int(moment, "time_ns", 0)).text,
		row_mib(moment, "live_bytes").text);
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	for (size_t i = 0; i < table_rows(rows); i++) {
		const struct row *row = rows->rows.data[i];
		grid_add_mib(&grid, row, "live_bytes", digits);
		grid_take(&grid, row_name(row, "line"));
		grid_add_text(&grid, row, "function");
		grid_add_text(&grid, row, "source");
	}
	grid_print(&grid, page);
	show_more(row_row(moment, "rest"), page);
}

/* ---- calls ---- */

static const char *inclusive_key(const struct row *root)
{
	static const char *const keys[][2] = {{"peak", "inclusive_peak_bytes"},
		{"live", "inclusive_live_bytes"}, {"allocated", "inclusive_allocated_bytes"},
		{"count", "inclusive_allocation_count"},
		{"temporary", "inclusive_temporary_count"}};
	const char *sort = row_text(root, "sort", "peak");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i][0], sort))
			return keys[i][1];
	return keys[0][1];
}

/* What a row of the tree is called; NULL without memory. */
static char *call_name(const struct row *row, const char *by)
{
	const char *kind = row_text(row, "kind", "line");
	if (!strcmp(kind, "thread"))
		return strdup(row_text(row, "thread", ""));
	if (!strcmp(kind, "lost") || !strcmp(kind, "overflow"))
		return strdup("(no place in the table)");
	return row_name(row, by);
}

static void add_call(
	struct grid *grid, const struct row *row, const char *by, const struct page *page)
{
	int64_t depth = MAX(row_int(row, "depth", 0), 0);
	int64_t n_hidden = row_int(row, "hidden_count", 0);
	struct text text _cleanup_text_ = {0};
	_cleanup_free_ char *place = call_name(row, by);
	if (depth * 2 <= INDENT_MAX)
		text_format(&text, "%*s", (int)depth * 2, "");
	else
		text_format(&text, "%*s(%lld) ", INDENT_MAX, "", (long long)depth);
	if (n_hidden)
		text_format(&text, "%s %lld call%s %s ", page_ellipsis(page), (long long)n_hidden,
			n_hidden > 1 ? "s" : "", page_ellipsis(page));
	bool has_function = row_has(row, "function") && strcmp(by, "function") != 0;
	text_format(&text, "%s%s%s", has_function ? row_text(row, "function", "") : "",
		has_function ? "  " : "", place ? place : "?");
	grid_add(grid, text_get(&text));
}

static void show_tree(const struct row *root, struct page *page)
{
	const struct table *tree = row_table(root, "tree");
	const char *key = inclusive_key(root), *by = row_text(root, "by", "line");
	bool is_count = strstr(key, "count"), is_inverted = row_int(root, "is_inverted", 0);
	size_t own = nth_count(root, 0);
	unsigned digits = mib_digits(table_largest(tree, key));
	const struct grid_column columns[] = {
		{.title = counts[own].first_title, .ink = INK_BOLD, .right = true},
		{.title = "own", .right = true, .drop = 1},
		{.title = is_inverted ? "allocated by, called from" : "calls",
			.shrink = SHRINK_MIDDLE,
			.min_width = 16},
	};
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	for (size_t i = 0; i < table_rows(tree); i++) {
		const struct row *row = tree->rows.data[i];
		if (is_count) {
			grid_add_count(&grid, row, key);
			grid_add_count(&grid, row, counts[own].key);
		} else {
			grid_add_mib(&grid, row, key, digits);
			bool has_own = row_int(row, counts[own].key, 0);
			grid_add_mib(&grid, has_own ? row : NULL, counts[own].key, digits);
		}
		add_call(&grid, row, by, page);
	}
	grid_print(&grid, page);
	int64_t n_rest = row_int(row_row(root, "tree_rest"), "row_count", 0);
	if (n_rest > 0)
		page_format(page, INK_DIM, 2, "  %s and %s more calls (--top 0 shows all)",
			page_ellipsis(page), number_count(n_rest).text);
}

void screen_run(const struct row *root, struct page *page)
{
	show_program(root, page);
	show_totals(root, page);
	const struct row *ending = row_row(root, "exit");
	if (ending)
		show_lack_of_memory(ending, ending, "", page);
	show_notables(root, "churn", "churned_bytes", "allocated again and again", page);
	if (strcmp(row_text(root, "sort", "peak"), "live") != 0)
		show_notables(root, "alive", "live_bytes",
			has_ended(root) ? "alive at exit" : "alive now", page);
	show_steady(root, page);
	show_threads(root, page);
	show_warnings(root, page);
	page_end_line(page);
	if (row_row(root, "at"))
		show_moment(row_row(root, "at"), page);
	else if (row_int(row_row(root, "window"), "is_asked_for", 0))
		show_growth(root, page);
	else if (row_table(root, "tree"))
		show_tree(root, page);
	else if (table_rows(row_table(root, "sites")))
		show_sites(root, page);
	show_children(root, page);
}
