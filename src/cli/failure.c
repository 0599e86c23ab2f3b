#include "cli/failure.h"

#include "analysis/account.h"
#include "analysis/origins.h"
#include "heap/heap.h"
#include "snap/file.h"
#include "trace/record.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_FAILURES_MAX = 64, N_HOLDERS = 5 };

/* ---- the helper ---- */

/* The process waits until its objects were read: where memory is short nothing is copied. */
static struct error *read_objects(pid_t pid, int waiting, struct snapshot **ret)
{
	struct capture *capture;
	const struct capture_options options = {.keep_clone = true};
	struct error *error = capture_create(pid, &options, &capture);
	if (!error) {
		error = heap_walk(capture, ret);
		capture_destroy(capture);
	}
	close(waiting);
	return error;
}

static struct error *take_snapshot(pid_t pid, int waiting, const char *file)
{
	struct snapshot *snapshot;
	struct error *error = read_objects(pid, waiting, &snapshot);
	if (error)
		return error;
	error = snapshot->complete ? snapshot_write(snapshot, file)
				   : error_create(ERROR_EXITING, 0, NULL,
					     "the process ended while whymem looked at it");
	snapshot_destroy(snapshot);
	return error;
}

/* Signals are the program's and those of whymem itself; it ends with whymem. */
static void leave_whymem(pid_t whymem)
{
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != whymem)
		_exit(1);
}

/* Descriptors of whymem other than these two, the first being the lower one. */
static void close_others(int first, int second)
{
	syscall(SYS_close_range, 3u, (unsigned)first - 1, 0u);
	syscall(SYS_close_range, (unsigned)first + 1, (unsigned)second - 1, 0u);
	syscall(SYS_close_range, (unsigned)second + 1, ~0u, 0u);
}

static _Noreturn void help(const struct failure *failure, int waiting, int problem)
{
	close_others(MIN(waiting, problem), MAX(waiting, problem));
	struct error *error = take_snapshot(failure->pid, waiting, failure->file);
	if (error)
		dprintf(problem, "%s", error->text);
	_exit(error != NULL);
}

/* Without one nothing is known of the failure: `helper` is 0. */
static void start_helper(struct failure *failure, int waiting)
{
	pid_t whymem = getpid();
	int problem[2];
	if (pipe2(problem, O_CLOEXEC))
		return;
	pid_t helper = fork();
	if (!helper) {
		leave_whymem(whymem);
		help(failure, waiting, problem[1]);
	}
	close(problem[1]);
	if (helper < 0) {
		close(problem[0]);
		return;
	}
	failure->helper = helper;
	failure->problem = problem[0];
}

/* ---- failures ---- */

static struct failure *find(const struct failures *failures, pid_t pid)
{
	vec_foreach (&failures->all, failure)
		if (failure->pid == pid)
			return failure;
	return NULL;
}

static bool is_at_work(struct failure *failure)
{
	int status;
	if (failure->helper && waitpid(failure->helper, &status, WNOHANG) == failure->helper) {
		failure->helper = 0;
		close(failure->problem);
	}
	return failure->helper;
}

static struct failure *find_or_add(struct failures *failures, pid_t pid)
{
	struct failure *failure = find(failures, pid);
	if (failure || failures->all.n >= N_FAILURES_MAX)
		return failure;
	failure = vec_add(&failures->all);
	if (failure)
		*failure = (struct failure){.pid = pid};
	return failure;
}

void failures_take(struct failures *failures, const char *folder, const struct letter *letter)
{
	struct failure *failure = find_or_add(failures, letter->pid);
	if (failure && !is_at_work(failure)) {
		failure->number = (uint32_t)strtoul(letter->text, NULL, 10);
		snprintf(failure->file, sizeof(failure->file), "%s/%d.whymem", folder, letter->pid);
		start_helper(failure, letter->waiting);
	}
	close(letter->waiting);
}

void failures_end(struct failures *failures)
{
	vec_foreach (&failures->all, failure) {
		if (failure->helper) {
			kill(failure->helper, SIGKILL);
			waitpid(failure->helper, NULL, 0);
			close(failure->problem);
		}
		unlink(failure->file);
	}
	vec_deinit(&failures->all);
}

/* ---- holders ---- */

static struct error *add_text(struct snapshot *snapshot, const char *text, str_id *ret)
{
	*ret = 0;
	return text ? strpool_add(&snapshot->strings, text, strlen(text), ret) : NULL;
}

static struct error *add_holder(struct snapshot *snapshot, const struct holder *holder,
	const struct snapshot *from, const struct origin *origin, uint32_t trace)
{
	struct snap_trace_holder row = {.trace = trace, .retained_bytes = holder->retained_bytes};
	struct error *error = add_text(snapshot, holder->text, &row.path);
	if (!error)
		error = add_text(snapshot, names_type(from, holder->node), &row.type);
	if (!error && origin->line != ORIGIN_UNKNOWN) {
		const struct snap_trace_frame *frame = &from->trace_frames.data[origin->line];
		error = add_text(snapshot, snapshot_string(from, frame->file), &row.file);
		row.line = frame->line;
	}
	struct snap_trace_holder *added = error ? NULL : vec_add(&snapshot->trace_holders);
	if (!added)
		return error ? error : &error_no_memory;
	*added = row;
	return NULL;
}

static struct error *add_holders(
	struct snapshot *snapshot, struct analysis *analysis, uint32_t trace)
{
	struct holders holders;
	struct origin origins[N_HOLDERS];
	struct error *error = holders_init(&holders, analysis);
	if (error)
		return error;
	size_t n = MIN(holders.n, N_HOLDERS);
	error = origins_of_holders(analysis, &holders, n, NULL, origins);
	for (size_t i = 0; !error && i < n; i++)
		error = add_holder(
			snapshot, &holders.data[i], analysis->snapshot, &origins[i], trace);
	holders_deinit(&holders);
	return error;
}

static struct error *read_holders(const char *file, struct snapshot *snapshot, uint32_t trace)
{
	struct snapshot *from;
	struct analysis *analysis = NULL;
	struct error *error = snapshot_read(file, &from);
	if (error)
		return error;
	error = analysis_create(from, &analysis);
	if (!error)
		error = add_holders(snapshot, analysis, trace);
	if (analysis)
		analysis_destroy(analysis);
	snapshot_destroy(from);
	return error;
}

/* NULL, or why the helper failed: in `text`. Waits for it. */
static const char *problem_of(struct failure *failure, char *text, size_t size)
{
	int status = 0;
	if (!failure->helper)
		return "there was no process for the helper of whymem";
	ssize_t n = read(failure->problem, text, size - 1);
	text[MAX(n, 0)] = '\0';
	waitpid(failure->helper, &status, 0);
	failure->helper = 0;
	close(failure->problem);
	return !status ? NULL : *text ? text : "the helper of whymem was killed";
}

struct error *failures_record(struct failures *failures, pid_t pid, uint32_t number,
	struct snapshot *snapshot, uint32_t trace)
{
	char text[512];
	struct failure *failure = find(failures, pid);
	if (!failure || failure->number != number)
		return NULL;
	const char *problem = problem_of(failure, text, sizeof(text));
	struct error *unread = problem ? NULL : read_holders(failure->file, snapshot, trace);
	if (unread)
		problem = unread->text;
	struct error *error = NULL;
	if (problem)
		error = trace_warn(snapshot, "unknown_holders",
			"who held the memory when an allocation failed is not known: %s", problem);
	error_destroy(unread);
	return error;
}
