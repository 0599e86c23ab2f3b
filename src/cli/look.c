#include "cli/look.h"

#include "analysis/account.h"
#include "analysis/origins.h"
#include "base/clock.h"
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

enum { N_LOOKS_MAX = 64, N_HOLDERS = 5 };

/* ---- the helper ---- */

/* The process waits: where memory is short nothing is copied. */
static struct error *read_objects(pid_t pid, struct snapshot **ret)
{
	struct capture *capture;
	const struct capture_options options = {.keep_clone = true};
	struct error *error = capture_create(pid, &options, &capture);
	if (!error) {
		error = heap_walk(capture, ret);
		capture_destroy(capture);
	}
	return error;
}

static struct error *take_snapshot(pid_t pid, const char *file)
{
	struct snapshot *snapshot;
	struct error *error = read_objects(pid, &snapshot);
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

/* The process goes on when the helper ends, who has its connection, too. */
static _Noreturn void help(const struct look *look, int waiting, int problem)
{
	close_others(MIN(waiting, problem), MAX(waiting, problem));
	struct error *error = take_snapshot(look->pid, look->file);
	if (error)
		dprintf(problem, "%s", error->text);
	_exit(error != NULL);
}

/* Without one nothing is known of what it held: `helper` is 0. */
static void start_helper(struct look *look, int waiting)
{
	pid_t whymem = getpid();
	int problem[2];
	if (pipe2(problem, O_CLOEXEC))
		return;
	pid_t helper = fork();
	if (!helper) {
		leave_whymem(whymem);
		help(look, waiting, problem[1]);
	}
	close(problem[1]);
	if (helper < 0) {
		close(problem[0]);
		return;
	}
	look->helper = helper;
	look->problem = problem[0];
}

/* ---- looks ---- */

static struct look *find(const struct looks *looks, pid_t pid, bool is_failure)
{
	vec_foreach (&looks->all, look)
		if (look->pid == pid && (look->number != LOOK_SHORT) == is_failure)
			return look;
	return NULL;
}

static bool is_at_work(struct look *look)
{
	int status;
	if (look->helper && waitpid(look->helper, &status, WNOHANG) == look->helper) {
		look->helper = 0;
		close(look->problem);
	}
	return look->helper;
}

static struct look *find_or_add(struct looks *looks, pid_t pid, uint32_t number)
{
	struct look *look = find(looks, pid, number != LOOK_SHORT);
	if (look || looks->all.n >= N_LOOKS_MAX)
		return look;
	look = vec_add(&looks->all);
	if (look)
		*look = (struct look){.pid = pid};
	return look;
}

void looks_take(struct looks *looks, const char *folder, const struct letter *letter)
{
	bool is_failure = letter->kind == TRACE_MESSAGE_FAILED;
	uint32_t number = is_failure ? (uint32_t)strtoul(letter->text, NULL, 10) : LOOK_SHORT;
	struct look *look = find_or_add(looks, letter->pid, number);
	if (look && !is_at_work(look)) {
		look->number = number;
		look->unix_ns = is_failure ? 0 : unix_ns();
		snprintf(look->file, sizeof(look->file), "%s/%d-%s.whymem", folder, letter->pid,
			is_failure ? "failed" : "short");
		start_helper(look, letter->waiting);
	}
	close(letter->waiting);
}

void looks_end(struct looks *looks)
{
	vec_foreach (&looks->all, look) {
		if (look->helper) {
			kill(look->helper, SIGKILL);
			waitpid(look->helper, NULL, 0);
			close(look->problem);
		}
		unlink(look->file);
	}
	vec_deinit(&looks->all);
}

/* ---- holders ---- */

static struct error *add_text(struct snapshot *snapshot, const char *text, str_id *ret)
{
	*ret = 0;
	return text ? strpool_add(&snapshot->strings, text, strlen(text), ret) : NULL;
}

/* `row` says which trace and when. */
static struct error *add_holder(struct snapshot *snapshot, const struct holder *holder,
	const struct snapshot *from, const struct origin *origin, struct snap_trace_holder row)
{
	row.retained_bytes = holder->retained_bytes;
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
	struct snapshot *snapshot, struct analysis *analysis, uint32_t trace, uint64_t unix_ns)
{
	struct holders holders;
	struct origin origins[N_HOLDERS];
	struct error *error = holders_init(&holders, analysis);
	if (error)
		return error;
	size_t n = MIN(holders.n, N_HOLDERS);
	error = origins_of_holders(analysis, &holders, n, NULL, origins);
	for (size_t i = 0; !error && i < n; i++)
		error = add_holder(snapshot, &holders.data[i], analysis->snapshot, &origins[i],
			(struct snap_trace_holder){.trace = trace, .unix_ns = unix_ns});
	holders_deinit(&holders);
	return error;
}

static struct error *read_holders(
	const struct look *look, struct snapshot *snapshot, uint32_t trace)
{
	struct snapshot *from;
	struct analysis *analysis = NULL;
	struct error *error = snapshot_read(look->file, &from);
	if (error)
		return error;
	error = analysis_create(from, &analysis);
	if (!error)
		error = add_holders(snapshot, analysis, trace, look->unix_ns);
	if (analysis)
		analysis_destroy(analysis);
	snapshot_destroy(from);
	return error;
}

/* NULL, or why the helper failed: in `text`. Waits for it. */
static const char *problem_of(struct look *look, char *text, size_t size)
{
	int status = 0;
	if (!look->helper)
		return "there was no process for the helper of whymem";
	ssize_t n = read(look->problem, text, size - 1);
	text[MAX(n, 0)] = '\0';
	waitpid(look->helper, &status, 0);
	look->helper = 0;
	close(look->problem);
	return !status ? NULL : *text ? text : "the helper of whymem was killed";
}

struct error *looks_record(
	struct looks *looks, pid_t pid, uint32_t number, struct snapshot *snapshot, uint32_t trace)
{
	char text[512];
	bool is_failure = number != LOOK_SHORT;
	struct look *look = find(looks, pid, is_failure);
	if (!look || look->number != number)
		return NULL;
	const char *problem = problem_of(look, text, sizeof(text));
	struct error *unread = problem ? NULL : read_holders(look, snapshot, trace);
	if (unread)
		problem = unread->text;
	struct error *error = NULL;
	if (problem)
		error = trace_warn(snapshot, "unknown_holders",
			"who held the memory when %s is not known: %s",
			is_failure ? "an allocation failed" : "it ran short", problem);
	error_destroy(unread);
	return error;
}
