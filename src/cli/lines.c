/*
 * whymem lines: runs a Python program with the agent in it, and tells what each
 * line of some of its functions did. Ends with the status of the program.
 */
#include "answers/lines.h"
#include "cli/output.h"
#include "cli/program.h"
#include "cli/run.h"
#include "cli/watched.h"

struct run_of_lines {
	struct tracer tracer;
	struct lines lines;
};

/* ---- the program ---- */

static struct error *lines_prepare(void *context)
{
	struct run_of_lines *run = context;
	struct error *error = lines_offer(&run->lines);
	return error ? error : tracer_prepare(&run->tracer);
}

static void lines_on_start(void *context, pid_t pid)
{
	struct run_of_lines *run = context;
	tracer_start(&run->tracer, pid);
}

static void lines_on_readable(void *context)
{
	struct run_of_lines *run = context;
	tracer_receive(&run->tracer);
}

static void lines_on_tick(void *context, pid_t pid)
{
	struct run_of_lines *run = context;
	(void)pid;
	tracer_tick(&run->tracer);
}

static struct error *run_child(const struct request *request, struct run_of_lines *run,
	char **words, int *wait_status_ret, int *status_ret)
{
	struct program program = {.arguments = words,
		.context = run,
		.prepare = lines_prepare,
		.on_start = lines_on_start,
		.on_tick = lines_on_tick,
		.tick_ns = LINES_TICK_NS,
		.on_readable = lines_on_readable};
	struct error *error = tracer_begin(request, &run->tracer);
	if (error)
		return error;
	run->tracer.follows_children = false;
	program.watched_fd = run->tracer.inbox.fd;
	error = program_run(&program, wait_status_ret, status_ret);
	tracer_tick(&run->tracer);
	return error;
}

/* ---- the report ---- */

static void fill_capture(struct row *root, const struct run_of_lines *run)
{
	const struct lines_header *header = lines_header(&run->lines);
	uint32_t version = trace_header(&tracer_first(&run->tracer)->trace)->version;
	row_set_null(root, "target");
	struct row *capture = row_add_row(root, "capture");
	row_set_text(capture, "method", "traced");
	row_set_int(capture, "pid", header->pid);
	row_set_format(capture, "python", "%u.%u.%u", version >> 24, version >> 16 & 0xff,
		version >> 8 & 0xff);
	row_set_bool(capture, "complete",
		!*header->failure && !header->lost_events && !header->n_lost_functions &&
			!header->n_deep_calls);
	lines_warn(header, row_add_table(capture, "warnings"));
}

static struct error *report_lines(const struct request *request, const struct run_of_lines *run,
	const char *command, int wait_status)
{
	struct document document;
	struct lines_report report = {0};
	struct error *error = run_check(&run->tracer);
	if (error)
		return error;
	error = document_begin(&document, request->command);
	if (!error)
		error = lines_report_read(&run->lines, &report);
	if (!error) {
		fill_capture(document.root, run);
		row_set_text(document.root, "unit", request->unit ? request->unit : "MiB");
		row_set_bool(document.root, "gross", request->gross);
		answer_lines(&report, command, document.root);
		run_fill_exit(row_add_row(document.root, "exit"), wait_status);
		error = output_beside_program(request, &document);
	}
	lines_report_deinit(&report);
	document_deinit(&document);
	return error;
}

struct error *run_lines(const struct request *request, int *status_ret)
{
	struct run_of_lines run = {.lines = {.fd = -1}};
	const char *command = NULL;
	int wait_status;
	struct error *error = program_check(request, status_ret);
	if (error)
		return error;
	char **words = program_arguments(request);
	error = words ? lines_watch(
				request->functions, request->modules, words, &run.lines, &command)
		      : &error_no_memory;
	if (!error)
		error = run_child(request, &run, words, &wait_status, status_ret);
	if (!error)
		error = report_lines(request, &run, command, wait_status);
	if (!error)
		*status_ret = program_status(wait_status);
	free(words);
	lines_close(&run.lines);
	tracer_end(&run.tracer);
	return error;
}
