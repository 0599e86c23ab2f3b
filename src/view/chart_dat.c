/*
 * A plot document as the file that `mprof run -M` writes (trace/mprof.h):
 * samples in order of time, children behind the sample of their process.
 */
#include "view/chart_picture.h"
#include "view/screens.h"

#define MIB 1048576.0

#define OF_CALL (-1)

struct line {
	int64_t unix_ns, n_bytes, pid; /* 0: of the process; OF_CALL: in a FUNC line */
};

struct lines {
	VEC(struct line) all;
};

static int compare_lines(const void *left, const void *right)
{
	const struct line *a = left, *b = right;
	if (a->unix_ns != b->unix_ns)
		return a->unix_ns < b->unix_ns ? -1 : 1;
	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

static bool add_line(struct lines *lines, int64_t unix_ns, int64_t n_bytes, int64_t pid)
{
	struct line *line = vec_add(&lines->all);
	if (line)
		*line = (struct line){unix_ns, n_bytes, pid};
	return line;
}

/* What is together needs no line: it is the sum of the others. */
static struct error *gather(const struct row *root, struct lines *lines)
{
	const struct table *series = row_table(root, "series");
	vec_foreach (&row_table(root, "spans")->rows, row) {
		if (!add_line(lines, row_int(*row, "begin_unix_ns", 0),
			    row_int(*row, "begin_bytes", 0), OF_CALL) ||
			!add_line(lines, row_int(*row, "end_unix_ns", 0),
				row_int(*row, "end_bytes", 0), OF_CALL))
			return &error_no_memory;
	}
	vec_foreach (&row_table(root, "samples")->rows, row) {
		const struct row *of = series->rows.data[row_int(*row, "series", 0)];
		const char *kind = row_text(of, "kind", "");
		if (!strcmp(kind, "total"))
			continue;
		int64_t pid = strcmp(kind, "child") ? 0 : row_int(of, "pid", 0);
		if (!add_line(lines, row_int(*row, "unix_ns", 0), row_int(*row, "bytes", 0), pid))
			return &error_no_memory;
	}
	if (lines->all.data)
		qsort(lines->all.data, lines->all.n, sizeof(struct line), compare_lines);
	return NULL;
}

/* A sample that a FUNC line tells needs no line of its own. */
static void write_samples(const struct lines *lines, struct sink *sink)
{
	const struct line *call = NULL;
	vec_foreach (&lines->all, line) {
		double mib = (double)line->n_bytes / MIB, time = (double)line->unix_ns / 1e9;
		bool is_told =
			call && call->unix_ns == line->unix_ns && call->n_bytes == line->n_bytes;
		if (line->pid == OF_CALL)
			call = line;
		else if (line->pid)
			sink_printf(sink, "CHLD %lld %.6f %.4f\n", (long long)line->pid, mib, time);
		else if (!is_told)
			sink_printf(sink, "MEM %.6f %.4f\n", mib, time);
	}
}

static void write_spans(const struct row *root, struct sink *sink)
{
	vec_foreach (&row_table(root, "spans")->rows, row)
		sink_printf(sink, "FUNC %s %.4f %.4f %.4f %.4f %lld\n",
			row_text(*row, "function", "?"),
			(double)row_int(*row, "begin_bytes", 0) / MIB,
			(double)row_int(*row, "begin_unix_ns", 0) / 1e9,
			(double)row_int(*row, "end_bytes", 0) / MIB,
			(double)row_int(*row, "end_unix_ns", 0) / 1e9,
			(long long)row_int(*row, "level", 0));
}

struct error *plot_write_dat(const struct row *root, struct sink *sink)
{
	const struct table *runs = row_table(root, "runs");
	struct lines lines = {0};
	if (table_rows(runs) != 1)
		return error_create(ERROR_USAGE, 0, "write each one into its own file",
			"a file of mprof holds one run, and these are %zu", table_rows(runs));
	struct error *error = gather(root, &lines);
	if (!error) {
		const char *command = row_text(runs->rows.data[0], "command", "?");
		sink_printf(sink, "CMDLINE %.*s\n", (int)strcspn(command, "\n"), command);
	}
	if (!error)
		write_samples(&lines, sink);
	if (!error)
		write_spans(root, sink);
	vec_deinit(&lines.all);
	return error;
}
