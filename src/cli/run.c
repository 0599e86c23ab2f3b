/*
 * whymem run: runs a Python program with the agent in it, and tells what each
 * line allocated. Ends with the status of the program.
 */
#include "answers/traced.h"
#include "cli/output.h"
#include "cli/program.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "target/cgroup.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct run {
	const struct request *request;
	struct tracer tracer;
	struct memory_kills kills; /* read every second */
	unsigned n_ticks;
	int wait_status;
};

static struct error *run_prepare(void *context)
{
	struct run *run = context;
	return tracer_prepare(&run->tracer);
}

static void run_on_start(void *context, pid_t pid)
{
	struct run *run = context;
	run->tracer.pid = pid;
	memory_kills_read(pid, &run->kills);
}

static void run_on_readable(void *context)
{
	struct run *run = context;
	tracer_receive(&run->tracer);
}

static void run_on_tick(void *context, pid_t pid)
{
	struct run *run = context;
	tracer_tick(&run->tracer);
	if (++run->n_ticks % 10 == 0)
		memory_kills_read(pid, &run->kills);
}

/* ---- the report ---- */

struct error *run_check(const struct tracer *tracer)
{
	if (*tracer->refusal)
		return error_create(ERROR_UNSUPPORTED_PYTHON, 0,
			"choose another Python with --python PATH",
			"the program did not start: %s", tracer->refusal);
	if (!tracer_first(tracer))
		return error_create(ERROR_NOT_PYTHON, 0, "choose a Python with --python PATH",
			"the program was not traced: it is no CPython that exports its symbols, or "
			"its loader takes no LD_PRELOAD (linked statically, another C library, more "
			"rights than its starter)");
	return NULL;
}

static void fill_capture(struct row *root, const struct trace *trace,
	const struct trace_report *report, const struct tracer *tracer)
{
	const struct trace_header *header = trace_header(trace);
	row_set_null(root, "target");
	struct row *capture = row_add_row(root, "capture");
	row_set_text(capture, "method", "traced");
	row_set_int(capture, "pid", header->pid);
	row_set_format(capture, "python", "%u.%u.%u", header->version >> 24,
		header->version >> 16 & 0xff, header->version >> 8 & 0xff);
	row_set_bool(capture, "complete",
		!report->overflow.allocation_count && !header->uncounted_count &&
			!tracer->n_untraced && !tracer->n_refused_tables);
	struct table *warnings = row_add_table(capture, "warnings");
	traced_warn(report, header, warnings);
	traced_warn_allocator(trace, warnings);
	vec_foreach (&tracer->untraced, process)
		traced_warn_untraced((int)process->pid, process->reason, warnings);
	traced_warn_lost(tracer->n_untraced - (uint32_t)tracer->untraced.n,
		tracer->n_refused_tables, warnings);
}

void run_fill_exit(struct row *row, int wait_status)
{
	if (WIFEXITED(wait_status))
		row_set_int(row, "status", WEXITSTATUS(wait_status));
	else
		row_set_null(row, "status");
	if (WIFSIGNALED(wait_status))
		row_set_int(row, "signal", WTERMSIG(wait_status));
	else
		row_set_null(row, "signal");
}

/* Did the kernel kill the program for lack of memory? */
static bool was_killed_for_memory(const struct run *run)
{
	return WIFSIGNALED(run->wait_status) && WTERMSIG(run->wait_status) == SIGKILL &&
	       memory_kills_rose(&run->kills);
}

static struct error *fill_child(const struct traced_process *process,
	const struct request *request, struct table *children)
{
	struct row *row = table_add(children);
	struct trace_report report = {0};
	int wait_status;
	struct error *error = trace_report_read(&process->trace, &report);
	if (error)
		return error;
	traced_fill_process(trace_header(&process->trace), (int)process->pid, row);
	row_set_bool(row, "running", !process->has_ended);
	if (process->has_ended && traced_process_status(process, &wait_status))
		run_fill_exit(row_add_row(row, "exit"), wait_status);
	else
		row_set_null(row, "exit");
	answer_memory_error(&process->trace, row);
	answer_traced(&report, request->top, row);
	trace_report_deinit(&report);
	return NULL;
}

static struct error *fill_children(const struct run *run, struct row *root)
{
	const struct tracer *tracer = &run->tracer;
	const struct traced_process *first = tracer_first(tracer);
	struct error *error = NULL;
	struct table *children = row_add_table(root, "children");
	vec_foreach (&tracer->processes, process) {
		if (!error && process != first)
			error = fill_child(process, run->request, children);
	}
	traced_fill_dropped(tracer->n_dropped, &tracer->dropped, root);
	return error;
}

static struct error *fill_run(const struct run *run, struct row *root)
{
	const struct trace *trace = &tracer_first(&run->tracer)->trace;
	struct trace_report report = {0};
	struct error *error = trace_report_read(trace, &report);
	if (error)
		return error;
	fill_capture(root, trace, &report, &run->tracer);
	answer_traced(&report, run->request->top, root);
	struct row *row = row_add_row(root, "exit");
	run_fill_exit(row, run->wait_status);
	row_set_bool(row, "killed_for_memory", was_killed_for_memory(run));
	answer_memory_error(trace, row);
	error = fill_children(run, root);
	trace_report_deinit(&report);
	return error;
}

static struct error *report_run(const struct run *run)
{
	struct document document;
	struct error *error = run_check(&run->tracer);
	if (error)
		return error;
	error = document_begin(&document, run->request->command);
	if (!error)
		error = fill_run(run, document.root);
	if (!error)
		error = output_beside_program(run->request, &document);
	document_deinit(&document);
	return error;
}

struct error *run_program(const struct request *request, int *status_ret)
{
	struct run run = {.request = request};
	progress_stop();
	*status_ret = EXIT_OWN_FAILURE;
	if (!*request->program)
		return error_create(ERROR_USAGE, 0, "whymem run SCRIPT, as in python SCRIPT",
			"say what to run");
	struct error *error = tracer_begin(request, &run.tracer);
	if (error)
		return error;
	struct program program = {.arguments = program_arguments(request),
		.context = &run,
		.prepare = run_prepare,
		.on_start = run_on_start,
		.on_tick = run_on_tick,
		.on_readable = run_on_readable,
		.watched_fd = run.tracer.inbox.fd};
	error = program.arguments ? program_run(&program, &run.wait_status, status_ret)
				  : &error_no_memory;
	free(program.arguments);
	tracer_tick(&run.tracer);
	if (!error)
		error = report_run(&run);
	if (!error)
		*status_ret = program_status(run.wait_status);
	tracer_end(&run.tracer);
	return error;
}
