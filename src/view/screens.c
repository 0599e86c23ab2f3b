#include "view/screens.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>

bool row_has(const struct row *row, const char *name)
{
	const struct cell *cell = row_find(row, name);
	return cell && cell->kind != CELL_NULL;
}

int64_t table_largest(const struct table *table, const char *name)
{
	int64_t largest = 0;
	if (!table)
		return 0;
	vec_foreach (&table->rows, row)
		largest = MAX(largest, row_int(*row, name, 0));
	return largest;
}

struct number row_mib(const struct row *row, const char *name)
{
	int64_t bytes = row_int(row, name, 0);
	return number_mib(bytes, mib_digits(bytes));
}

void grid_add_mib(struct grid *grid, const struct row *row, const char *name, unsigned digits)
{
	if (row_has(row, name))
		grid_add_number(grid, number_mib(row_int(row, name, 0), digits));
	else
		grid_add(grid, NULL);
}

void grid_add_count(struct grid *grid, const struct row *row, const char *name)
{
	if (row_has(row, name))
		grid_add_number(grid, number_count(row_int(row, name, 0)));
	else
		grid_add(grid, NULL);
}

void grid_add_duration(struct grid *grid, const struct row *row, const char *name)
{
	if (row_has(row, name))
		grid_add_number(grid, number_duration(row_int(row, name, 0)));
	else
		grid_add(grid, NULL);
}

void grid_add_text(struct grid *grid, const struct row *row, const char *name)
{
	grid_add(grid, row_text(row, name, NULL));
}

/* A file's name and its folder: enough to find it, whole paths are in the JSON. */
static const char *short_file(const char *file)
{
	unsigned n_slashes = 0;
	for (const char *at = file + strlen(file); at > file; at--)
		if (at[-1] == '/' && ++n_slashes == 2)
			return at;
	return file;
}

char *place_text(const struct row *row)
{
	const char *file = row_text(row, "file", NULL);
	int64_t line = row_int(row, "line", 0);
	char *text = NULL;
	if (!file)
		return NULL;
	file = short_file(file);
	int n = line > 0 ? asprintf(&text, "%s:%lld", file, (long long)line)
			 : asprintf(&text, "%s", file);
	return n < 0 ? NULL : text;
}

char *origin_place(const struct row *row)
{
	const char *file = row_text(row, "allocated_file", NULL);
	const char *function = row_text(row, "allocated_function", "");
	char line[24] = "", *text = NULL;
	if (!file)
		return NULL;
	if (row_has(row, "allocated_line"))
		snprintf(line, sizeof(line), ":%lld", (long long)row_int(row, "allocated_line", 0));
	int n = asprintf(&text, "%s%s%s%s", short_file(file), line, *function ? " " : "", function);
	return n < 0 ? NULL : text;
}

char *origin_text(const struct row *row)
{
	_cleanup_free_ char *place = origin_place(row);
	char *text = NULL;
	int64_t whole = row_int(row, "retained_bytes", row_int(row, "bytes", 0));
	struct number share = number_percent(row_int(row, "allocated_bytes", 0), whole);
	int n = place ? asprintf(&text, "%s %s", place, share.text) : -1;
	return n < 0 ? NULL : text;
}

static void add_taken(struct grid *grid, char *text)
{
	if (text)
		grid_take(grid, text);
	else
		grid_add(grid, NULL);
}

void grid_add_origin(struct grid *grid, const struct row *row)
{
	add_taken(grid, origin_text(row));
}

void grid_add_origin_place(struct grid *grid, const struct row *row)
{
	add_taken(grid, origin_place(row));
}

void grid_add_place(struct grid *grid, const struct row *row)
{
	add_taken(grid, place_text(row));
}

struct number signed_mib(const struct page *page, int64_t bytes, unsigned digits)
{
	struct number size = number_mib(bytes < 0 ? -bytes : bytes, digits), ret;
	const char *sign = bytes < 0 ? page_minus(page) : bytes > 0 ? "+" : "";
	snprintf(ret.text, sizeof(ret.text), "%s%.40s", sign, size.text);
	return ret;
}

void grid_add_growth(
	struct grid *grid, const struct row *row, unsigned digits, const struct page *page)
{
	if (row_has(row, "delta_bytes"))
		grid_add_number(grid, signed_mib(page, row_int(row, "delta_bytes", 0), digits));
	else
		grid_add(grid, NULL);
}

void show_heading(struct page *page, const char *title)
{
	page_text(page, INK_BOLD, title, 0);
}

static char *format_or_fail(struct page *page, const char *format, const char *a, const char *b)
{
	char *text = NULL;
	if (asprintf(&text, format, a, b) < 0) {
		sink_fail(page->sink, ENOMEM);
		return NULL;
	}
	return text;
}

/* "14.8 M objects in 1.9 s", or what of it is known. */
static char *format_effort(const struct row *root, struct page *page)
{
	const struct row *objects = row_row(root, "objects");
	const struct row *capture = row_row(root, "capture");
	if (!objects)
		return NULL;
	struct number count = number_short(row_int(objects, "count", 0));
	if (!row_has(capture, "elapsed_ns"))
		return format_or_fail(page, "%s objects%s", count.text, "");
	struct number elapsed = number_duration(row_int(capture, "elapsed_ns", 0));
	return format_or_fail(page, "%s objects in %s", count.text, elapsed.text);
}

static char *format_python(const struct row *target, struct page *page)
{
	const char *python = row_text(target, "python", NULL);
	const char *build = row_text(target, "build", "release");
	if (!python)
		return NULL;
	bool is_plain = !strcmp(build, "release");
	return is_plain ? format_or_fail(page, "CPython %s%s", python, "")
			: format_or_fail(page, "CPython %s %s", python, build);
}

static char *format_age(const struct row *target, struct page *page)
{
	int64_t started = row_int(target, "started_unix_ns", 0);
	int64_t captured = row_int(target, "captured_unix_ns", 0);
	if (started <= 0 || captured <= started)
		return NULL;
	return format_or_fail(page, "up %s%s", number_duration(captured - started).text, "");
}

static char *format_source(const struct row *target, struct page *page)
{
	const char *kind = row_text(target, "kind", "process");
	if (!strcmp(kind, "process"))
		return NULL;
	struct number date = number_date(row_int(target, "captured_unix_ns", 0));
	return format_or_fail(page, "%s of %s", kind, date.text);
}

static char *format_pause(const struct row *capture, struct page *page)
{
	if (!row_has(capture, "pause_ns"))
		return NULL;
	struct number pause = number_duration(row_int(capture, "pause_ns", 0));
	return format_or_fail(page, "paused %s%s", pause.text, "");
}

void show_identity(const struct row *root, struct page *page)
{
	const struct row *target = row_row(root, "target"), *capture = row_row(root, "capture");
	if (!target)
		return;
	struct number pid;
	snprintf(pid.text, sizeof(pid.text), "whymem %lld", (long long)row_int(target, "pid", 0));
	_cleanup_free_ char *python = format_python(target, page);
	_cleanup_free_ char *age = format_age(target, page);
	_cleanup_free_ char *source = format_source(target, page);
	_cleanup_free_ char *pause = format_pause(capture, page);
	_cleanup_free_ char *effort = format_effort(root, page);
	bool is_complete = row_int(capture, "complete", 1);
	const struct segment segments[] = {
		{INK_BOLD, row_has(target, "pid") ? pid.text : "whymem"},
		{INK_BOLD, row_text(target, "program", NULL)},
		{INK_PLAIN, python},
		{INK_PLAIN, age},
		{INK_PLAIN, source},
		{INK_PLAIN, pause},
		{INK_PLAIN, effort},
		{INK_WARN, is_complete ? NULL : "incomplete"},
	};
	page_segments(page, segments, ARRAY_SIZE(segments), page_dot(page), 0);
}

void show_warnings(const struct row *root, struct page *page)
{
	const struct table *warnings = row_table(row_row(root, "capture"), "warnings");
	if (!warnings)
		return;
	vec_foreach (&warnings->rows, row)
		page_format(page, INK_WARN, 2, "warning: %s", row_text(*row, "text", ""));
}

void show_rest(const struct row *root, const char *what, const char *bytes_key, unsigned digits,
	struct page *page)
{
	const struct row *rest = row_row(root, "rest");
	int64_t n = row_int(rest, "row_count", 0);
	if (n <= 0)
		return;
	struct number count = number_count(n);
	struct number size = number_mib(row_int(rest, bytes_key, 0), digits);
	page_format(page, INK_DIM, 2, "  %s and %s more %s, %s MiB (--top 0 shows all)",
		page_ellipsis(page), count.text, what, size.text);
}
