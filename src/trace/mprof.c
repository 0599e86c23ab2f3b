#include "trace/mprof.h"

#include "base/cleanup.h"
#include "base/keymap.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#define LINE_BYTES 65536
#define SECONDS_MAX 9e9 /* nanoseconds since 1970 fit into 63 bits */
#define MIB_MAX 1e12    /* more than any address space */
#define NUMBERS_MAX 5
#define SAMPLE_DIGITS 1 /* bytes that the digits of a sample leave open, of a call */
#define CALL_DIGITS 64

/* ---- a file while it is read ---- */

struct samples {
	VEC(struct point_in_time) points;
};

/* What was sampled in one run: row i of `children` belongs to key i of `pids`. */
struct raw {
	struct samples process, total;
	struct keymap pids;
	VEC(struct samples) children;
};

struct reader {
	const char *path;
	FILE *file;
	unsigned long n_line;
	VEC(struct raw) raws; /* beside the runs of the recording */
	VEC(struct span) spans;
	struct recording recording;
	bool is_in_command; /* the line before was the command, or went on with it */
	bool is_cut;
};

static void raw_deinit(struct raw *raw)
{
	vec_foreach (&raw->children, child)
		vec_deinit(&child->points);
	vec_deinit(&raw->children);
	vec_deinit(&raw->process.points);
	vec_deinit(&raw->total.points);
	keymap_deinit(&raw->pids);
}

static void reader_deinit(struct reader *reader)
{
	vec_foreach (&reader->raws, raw)
		raw_deinit(raw);
	vec_foreach (&reader->spans, span)
		free(span->function);
	vec_deinit(&reader->raws);
	vec_deinit(&reader->spans);
	recording_deinit(&reader->recording);
	if (reader->file)
		fclose(reader->file);
}

static struct error *damaged(const struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static struct error *damaged(const struct reader *reader, const char *format, ...)
{
	char what[160];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return error_create(ERROR_CORRUPT_FILE, 0,
		"whymem plot shows files of mprof run and of whymem plot -o FILE.dat",
		"%s, line %lu: %s", reader->path, reader->n_line, what);
}

static struct error *unreadable(const char *path)
{
	return error_create(ERROR_UNREADABLE_FILE, errno, "check the name and the right to read it",
		"cannot read %s: %s", path, strerror(errno));
}

static struct error *add_run(struct reader *reader)
{
	struct run *run = vec_add(&reader->recording.runs);
	struct raw *raw = vec_add(&reader->raws);
	if (!run || !raw)
		return &error_no_memory;
	run->file = strdup(reader->path);
	return run->file ? NULL : &error_no_memory;
}

static struct run *last_run(struct reader *reader)
{
	return &reader->recording.runs.data[reader->recording.runs.n - 1];
}

static struct raw *last_raw(struct reader *reader)
{
	return &reader->raws.data[reader->raws.n - 1];
}

/* ---- lines ---- */

/* Exactly `n_least` to `n_most` numbers; returns how many, 0 when it is something else. */
static size_t read_numbers(const char *text, size_t n_least, size_t n_most, double *ret)
{
	size_t n = 0;
	while (n < n_most) {
		char *end;
		double number = strtod(text, &end);
		if (end == text || !isfinite(number))
			break;
		ret[n++] = number;
		text = end;
	}
	return n >= n_least && text[strspn(text, " \t\r\n")] == '\0' ? n : 0;
}

static bool is_time(double seconds)
{
	return seconds >= 0 && seconds < SECONDS_MAX;
}

/* No digits of a double are left below microseconds. */
static uint64_t nanoseconds(double seconds)
{
	return (uint64_t)(seconds * 1e6 + 0.5) * 1000;
}

/* The kernel counts in KiB: what is as near to that as the digits tell is that. */
static uint64_t bytes_of_mib(double mib, double open_bytes)
{
	double bytes = mib * 1048576, nearest = round(bytes / 1024) * 1024;
	return (uint64_t)(fabs(bytes - nearest) <= open_bytes ? nearest : bytes + 0.5);
}

static struct error *add_point(struct samples *samples, uint64_t at_ns, uint64_t n_bytes)
{
	struct point_in_time *point = vec_add(&samples->points);
	if (!point)
		return &error_no_memory;
	*point = (struct point_in_time){at_ns, n_bytes};
	return NULL;
}

static struct error *add_sample(struct samples *samples, double mib, double seconds)
{
	return add_point(samples, nanoseconds(seconds), bytes_of_mib(mib, SAMPLE_DIGITS));
}

static struct error *read_mem(struct reader *reader, const char *text)
{
	double numbers[2];
	if (!read_numbers(text, 2, 2, numbers) || !is_time(numbers[1]) || numbers[0] > MIB_MAX)
		return damaged(reader, "MEM needs a size and a time");
	if (numbers[0] < 0) {
		last_run(reader)->n_unknown_samples++;
		return NULL;
	}
	struct raw *raw = last_raw(reader);
	struct error *error = add_sample(&raw->process, numbers[0], numbers[1]);
	return error ? error : add_sample(&raw->total, numbers[0], numbers[1]);
}

/* mprof writes a child 0 of no size when the children were gone before it saw them. */
static struct error *read_child(struct reader *reader, const char *text)
{
	double numbers[3];
	if (!read_numbers(text, 3, 3, numbers) || !is_time(numbers[2]) || numbers[1] < 0 ||
		numbers[1] > MIB_MAX || numbers[0] < 0 || numbers[0] > INT_MAX ||
		numbers[0] != floor(numbers[0]))
		return damaged(reader, "CHLD needs a pid, a size and a time");
	if (!numbers[0])
		return NULL;
	struct raw *raw = last_raw(reader);
	uint32_t i = keymap_add(&raw->pids, (uint64_t)numbers[0]);
	if (i == KEYMAP_FULL)
		return &error_no_memory;
	struct samples *samples =
		i < raw->children.n ? &raw->children.data[i] : vec_add(&raw->children);
	if (!samples)
		return &error_no_memory;
	if (raw->total.points.n)
		raw->total.points.data[raw->total.points.n - 1].n_bytes +=
			bytes_of_mib(numbers[1], SAMPLE_DIGITS);
	return add_sample(samples, numbers[1], numbers[2]);
}

static struct error *read_function(struct reader *reader, const char *text)
{
	double numbers[NUMBERS_MAX];
	size_t n_name = strcspn(text, " ");
	if (!n_name || !read_numbers(text + n_name, 4, 5, numbers) || !is_time(numbers[1]) ||
		!is_time(numbers[3]) || numbers[3] < numbers[1] || fabs(numbers[0]) > MIB_MAX ||
		fabs(numbers[2]) > MIB_MAX)
		return damaged(reader, "FUNC needs a name, and size and time of begin and end");
	struct span *span = vec_add(&reader->spans);
	if (!span)
		return &error_no_memory;
	*span = (struct span){.function = strndup(text, n_name),
		.begin_ns = nanoseconds(numbers[1]),
		.end_ns = nanoseconds(numbers[3]),
		.begin_bytes = bytes_of_mib(MAX(numbers[0], 0), CALL_DIGITS),
		.end_bytes = bytes_of_mib(MAX(numbers[2], 0), CALL_DIGITS)};
	return span->function ? NULL : &error_no_memory;
}

/* A second command begins a second run; `text` may lack its end when it has lines. */
static struct error *read_command(struct reader *reader, const char *text)
{
	struct error *error = last_run(reader)->command ? add_run(reader) : NULL;
	if (error)
		return error;
	reader->is_in_command = true;
	last_run(reader)->command = strndup(text, strcspn(text, "\n"));
	return last_run(reader)->command ? NULL : &error_no_memory;
}

static const struct record {
	const char *word;
	struct error *(*read)(struct reader *reader, const char *text);
} records[] = {
	{"CMDLINE ", read_command},
	{"MEM ", read_mem},
	{"CHLD ", read_child},
	{"FUNC ", read_function},
};

static const struct record *find_record(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		if (!strncmp(line, records[i].word, strlen(records[i].word)))
			return &records[i];
	}
	return NULL;
}

/* "WORD ...": a record that this version does not know. */
static bool is_other_record(const char *line)
{
	size_t n = 0;
	while (isupper((unsigned char)line[n]) || line[n] == '_')
		n++;
	return n && line[n] == ' ';
}

static struct error *read_line(struct reader *reader, const char *line)
{
	const struct record *record = find_record(line);
	if (record) {
		reader->is_in_command = false;
		return record->read(reader, line + strlen(record->word));
	}
	if (reader->is_in_command || is_other_record(line))
		return NULL;
	return damaged(reader, "this is no line of mprof");
}

static struct error *read_lines(struct reader *reader)
{
	char line[LINE_BYTES];
	while (fgets(line, sizeof(line), reader->file)) {
		reader->n_line++;
		size_t n = strlen(line);
		if (!n || line[n - 1] != '\n') {
			reader->is_cut = feof(reader->file) != 0;
			return reader->is_cut ? NULL : damaged(reader, "this is no text");
		}
		struct error *error = read_line(reader, line);
		if (error)
			return error;
	}
	return ferror(reader->file) ? unreadable(reader->path) : NULL;
}

/* ---- what was read becomes runs ---- */

static int compare_points(const void *left, const void *right)
{
	const struct point_in_time *a = left, *b = right;
	return a->at_ns < b->at_ns ? -1 : a->at_ns > b->at_ns;
}

static struct error *fill_series(
	struct run *run, enum series_kind kind, pid_t pid, struct samples *samples)
{
	if (!samples->points.n)
		return NULL;
	struct series *series = run_add_series(run, kind, pid);
	if (!series)
		return &error_no_memory;
	qsort(samples->points.data, samples->points.n, sizeof(struct point_in_time),
		compare_points);
	vec_foreach (&samples->points, point) {
		struct error *error = timeline_add(&series->timeline, point->at_ns, point->n_bytes);
		if (error)
			return error;
	}
	return NULL;
}

static struct error *fill_run(struct raw *raw, struct run *run)
{
	struct error *error = fill_series(run, SERIES_PROCESS, 0, &raw->process);
	if (!error && raw->children.n)
		error = fill_series(run, SERIES_TOTAL, 0, &raw->total);
	for (size_t i = 0; !error && i < raw->children.n; i++)
		error = fill_series(
			run, SERIES_CHILD, (pid_t)raw->pids.keys.data[i], &raw->children.data[i]);
	return error;
}

/* The last run that had begun at that time; the first sample of a run stands first. */
static size_t run_of_span(const struct reader *reader, uint64_t begin_ns)
{
	size_t found = 0;
	for (size_t i = 0; i < reader->raws.n; i++) {
		const struct samples *samples = &reader->raws.data[i].process;
		if (samples->points.n && samples->points.data[0].at_ns <= begin_ns)
			found = i;
	}
	return found;
}

/* What was measured when a call began and ended are samples like the others. */
static struct error *take_span(struct reader *reader, struct span *span)
{
	size_t i = run_of_span(reader, span->begin_ns);
	struct samples *samples = &reader->raws.data[i].process;
	struct span *taken = vec_add(&reader->recording.runs.data[i].spans);
	if (!taken)
		return &error_no_memory;
	*taken = *span;
	span->function = NULL;
	if (!samples->points.n)
		return NULL;
	struct error *error = add_point(samples, taken->begin_ns, taken->begin_bytes);
	return error ? error : add_point(samples, taken->end_ns, taken->end_bytes);
}

static struct error *take_spans(struct reader *reader)
{
	struct error *error = NULL;
	vec_foreach (&reader->spans, span) {
		if (!error)
			error = take_span(reader, span);
	}
	return error;
}

static bool has_samples(const struct recording *recording)
{
	vec_foreach (&recording->runs, run) {
		if (run->series.n)
			return true;
	}
	return false;
}

static struct error *finish(struct reader *reader)
{
	struct error *error = take_spans(reader);
	for (size_t i = 0; !error && i < reader->raws.n; i++)
		error = fill_run(&reader->raws.data[i], &reader->recording.runs.data[i]);
	if (!error && !has_samples(&reader->recording))
		return error_create(ERROR_CORRUPT_FILE, 0,
			"record again, with a shorter interval when the program is quick",
			"%s holds no sample", reader->path);
	for (size_t i = 0; !error && i < reader->recording.runs.n; i++) {
		run_limit(&reader->recording.runs.data[i]);
		error = run_nest_spans(&reader->recording.runs.data[i]);
	}
	last_run(reader)->is_cut = reader->is_cut;
	return error;
}

static struct error *move_runs(struct recording *from, struct recording *to)
{
	for (size_t i = 0; i < from->runs.n; i++) {
		struct run *run = from->runs.data[i].series.n ? vec_add(&to->runs) : NULL;
		if (!run && from->runs.data[i].series.n)
			return &error_no_memory;
		if (!run)
			continue;
		*run = from->runs.data[i];
		from->runs.data[i] = (struct run){0};
	}
	return NULL;
}

struct error *mprof_read(const char *path, struct recording *recording)
{
	struct reader reader = {.path = path, .file = fopen(path, "re")};
	struct error *error = reader.file ? add_run(&reader) : unreadable(path);
	if (!error)
		error = read_lines(&reader);
	if (!error)
		error = finish(&reader);
	if (!error)
		error = move_runs(&reader.recording, recording);
	reader_deinit(&reader);
	return error;
}

bool mprof_is_recording(const char *path)
{
	char line[32] = "";
	size_t n = strlen(path);
	if (n > 4 && !strcmp(path + n - 4, ".dat"))
		return true;
	struct stat status;
	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return false;
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	return file && fgets(line, sizeof(line), file) && find_record(line);
}
