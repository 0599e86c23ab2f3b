/*
 * whymem run: runs a Python program with the agent in it, and tells what each
 * line allocated. Ends with the status of the program.
 */
#include "cli/run.h"
#include "cli/program.h"
#include "cli/report.h"
#include "snap/file.h"
#include "trace/record.h"
#include "trace/sources.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct run {
	const struct request *request;
	struct tracer tracer;
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
	tracer_start(&run->tracer, pid);
}

static void run_on_readable(void *context)
{
	struct run *run = context;
	tracer_receive(&run->tracer);
}

static void run_on_tick(void *context, pid_t pid)
{
	struct run *run = context;
	(void)pid;
	tracer_tick(&run->tracer);
}

/* ---- the report ---- */

struct error *run_check(const struct tracer *tracer)
{
	if (*tracer->refusal)
		return error_create(ERROR_UNSUPPORTED_PYTHON, 0,
			"choose another Python with --python PATH", "the program did not start: %s",
			tracer->refusal);
	if (!tracer_first(tracer))
		return error_create(ERROR_NOT_PYTHON, 0, "choose a Python with --python PATH",
			"the program was not traced: it is no CPython that exports its symbols, or "
			"its loader takes no LD_PRELOAD (linked statically, another C library, "
			"more "
			"rights than its starter)");
	return NULL;
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

static void set_ending(
	struct trace_about *about, const struct traced_process *process, int wait_status)
{
	about->exit_status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
	about->exit_signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : -1;
	about->killed_for_memory = about->exit_signal == SIGKILL && process->ended_with_a_kill;
}

static struct error *record_process(
	struct run *run, const struct traced_process *process, struct snapshot *snapshot)
{
	int wait_status = run->wait_status;
	bool is_first = process == tracer_first(&run->tracer);
	struct trace_sections sections = trace_sections_of(process->trace.memory);
	struct trace_about about = {
		.ended_unix_ns = process->ended_unix_ns ? process->ended_unix_ns
				 : is_first             ? snapshot->captured_unix_ns
							: 0,
		.exit_status = -1,
		.exit_signal = -1,
		.history = process->history,
		.has_arguments = !run->request->save,
	};
	if (is_first || (process->ended_unix_ns && traced_process_status(process, &wait_status)))
		set_ending(&about, process, wait_status);
	struct error *error = trace_record(snapshot, &sections, &about);
	const struct trace_header *header = sections.header;
	uint32_t trace = (uint32_t)snapshot->traces.n - 1;
	if (!error && header->failed_node)
		error = looks_record(
			&run->tracer.looks, process->pid, header->failed_count, snapshot, trace);
	if (!error && about.killed_for_memory)
		error = looks_record(&run->tracer.looks, process->pid, LOOK_SHORT, snapshot, trace);
	return error;
}

/* What is not counted in all that it does. */
static struct error *record_limits(const struct trace *trace, struct snapshot *snapshot)
{
	char *text = trace_other_allocator(trace);
	struct error *error = text ? trace_warn(snapshot, "other_allocator", "%s", text) : NULL;
	if (!error && trace_header(trace)->misses_reports)
		error = trace_warn(snapshot, "unheard_reports",
			"memory that libraries report by PyTraceMalloc_Track() is not counted: the "
			"table of symbols of this Python cannot be changed");
	free(text);
	return error;
}

static struct error *record_untraced(const struct tracer *tracer, struct snapshot *snapshot)
{
	struct error *error = NULL;
	uint32_t n_more = tracer->n_untraced - (uint32_t)tracer->untraced.n;
	snapshot->complete &= !tracer->n_untraced && !tracer->n_refused_tables;
	vec_foreach (&tracer->untraced, process) {
		if (!error)
			error = trace_warn(snapshot, "untraced_child",
				"process %d is a Python that was not traced: %s", process->pid,
				process->reason);
	}
	if (!error && n_more)
		error = trace_warn(snapshot, "untraced_children",
			"%u more Python processes were not traced", n_more);
	if (!error && tracer->n_refused_tables)
		error = trace_warn(snapshot, "many_children",
			"%u processes are not in the report: too many ran at the same time",
			tracer->n_refused_tables);
	return error;
}

static struct error *record_run(struct run *run, struct snapshot *snapshot)
{
	const struct tracer *tracer = &run->tracer;
	const struct traced_process *first = tracer_first(tracer);
	struct error *error = record_process(run, first, snapshot);
	vec_foreach (&tracer->processes, process) {
		if (!error && process != first)
			error = record_process(run, process, snapshot);
	}
	if (!error)
		error = record_limits(&first->trace, snapshot);
	if (!error)
		error = record_untraced(tracer, snapshot);
	if (!error)
		error = trace_record_dropped(snapshot, tracer->n_dropped, &tracer->dropped);
	return error ? error : trace_sources_hash(snapshot);
}

/* The report comes also when the trace cannot be saved. */
static struct error *report_run(struct run *run)
{
	struct snapshot *snapshot;
	const char *path = run->request->save;
	struct error *error = run_check(&run->tracer), *unsaved = NULL;
	if (!error)
		error = trace_snapshot_create(&snapshot);
	if (error)
		return error;
	error = record_run(run, snapshot);
	if (!error && path)
		unsaved = snapshot_write(snapshot, path);
	if (!error)
		error = report_show(run->request, snapshot);
	snapshot_destroy(snapshot);
	if (!error)
		return unsaved;
	error_destroy(unsaved);
	return error;
}

struct error *run_program(const struct request *request, int *status_ret)
{
	struct run run = {.request = request};
	if (request->from)
		return report_from_file(request, status_ret);
	struct error *error = program_check(request, status_ret);
	if (!error)
		error = report_check(request);
	if (!error)
		error = tracer_begin(request, &run.tracer);
	if (error)
		return error;
	run.tracer.wants_looks = true;
	struct program program = {.arguments = program_arguments(request),
		.context = &run,
		.prepare = run_prepare,
		.on_start = run_on_start,
		.on_tick = run_on_tick,
		.tick_ns = PROGRAM_TICK_NS,
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
