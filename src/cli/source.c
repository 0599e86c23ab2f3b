#include "cli/source.h"
#include "analysis/analysis.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/progress.h"
#include "heap/heap.h"
#include "snap/file.h"
#include "trace/record.h"

#include <sys/resource.h>

static struct error *read_process(const char *text, struct snapshot **ret)
{
	pid_t pid;
	struct error *error = parse_pid(text, &pid);
	if (error)
		return error;
	struct capture *capture;
	struct capture_options options = {.keep_clone = true};
	progress_phase("freezing and copying the process");
	error = capture_create(pid, &options, &capture);
	if (error)
		return error;
	progress_phase("walking the heap");
	error = heap_walk(capture, ret);
	capture_destroy(capture);
	return error;
}

static struct error *read_file(const char *path, struct snapshot **ret)
{
	progress_phase("reading the snapshot");
	return snapshot_read(path, ret);
}

struct error *source_open(const char *text, struct source *ret)
{
	bool is_process = is_digits(text);
	struct source source = {
		.kind = is_process ? "process" : "snapshot",
		.began_ns = monotonic_ns(),
	};
	struct error *error = is_process ? read_process(text, &source.snapshot)
					 : read_file(text, &source.snapshot);
	if (!error)
		*ret = source;
	return error;
}

struct error *source_analyse(struct source *source)
{
	if (trace_is_alone(source->snapshot))
		return error_create(ERROR_USAGE, 0, "whymem run --from FILE shows it",
			"the file holds the trace of a program, no objects");
	progress_phase("analysing");
	return analysis_create(source->snapshot, &source->analysis);
}

void source_close(struct source *source)
{
	if (source->analysis)
		analysis_destroy(source->analysis);
	if (source->snapshot)
		snapshot_destroy(source->snapshot);
	*source = (struct source){0};
}

struct row *envelope_begin(const struct source *source, struct row *root)
{
	answer_target(source->snapshot, source->kind, row_add_row(root, "target"));
	return row_add_row(root, "capture");
}

static void add_warnings(const struct snapshot *snapshot, struct row *capture)
{
	struct table *table = row_add_table(capture, "warnings");
	vec_foreach (&snapshot->warnings, warning) {
		struct row *row = table_add(table);
		row_set_text(row, "id", snapshot_string(snapshot, warning->id));
		row_set_text(row, "text", snapshot_string(snapshot, warning->text));
	}
}

void envelope_finish(const struct source *source, struct row *capture)
{
	const struct snapshot *snapshot = source->snapshot;
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	bool is_file = strcmp(source->kind, "process") != 0;
	row_set_text(
		capture, "method", is_file ? "file" : snapshot_string(snapshot, snapshot->method));
	row_set_u64(capture, "pause_ns", snapshot->pause_ns);
	row_set_u64(capture, "elapsed_ns", monotonic_ns() - source->began_ns);
	row_set_u64(capture, "peak_rss_bytes", (uint64_t)usage.ru_maxrss * 1024);
	row_set_bool(capture, "complete", snapshot->complete);
	row_set_bool(capture, "redacted", snapshot->redacted);
	add_warnings(snapshot, capture);
}
