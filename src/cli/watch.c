/*
 * whymem watch: captures of one process, one after the other. The process is
 * paused for each and runs between; of a capture only what comparing needs is
 * kept. Ctrl-C, or the end of the process, ends it with what there is.
 */
#include "base/clock.h"
#include "cli/compare.h"
#include "cli/progress.h"
#include "view/number.h"
#include "view/page.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum outcome { GOES_ON, INTERRUPTED, ENDED };

struct watch {
	struct compare compare;
	const struct request *request;
	pid_t pid;
	int process; /* a pidfd, or -1 where the kernel has none */
	sigset_t signals_before;
	uint64_t next_ns; /* when the next capture is due */
};

static volatile sig_atomic_t is_interrupted;

static void interrupt(int number)
{
	(void)number;
	is_interrupted = true;
}

/* Ctrl-C is heard while waiting only: a capture under way is finished. */
static void signals_begin(struct watch *watch)
{
	sigset_t interrupts;
	struct sigaction action = {.sa_handler = interrupt};
	sigemptyset(&interrupts);
	sigaddset(&interrupts, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupts, &watch->signals_before);
	sigaction(SIGINT, &action, NULL);
}

static void signals_end(const struct watch *watch)
{
	signal(SIGINT, SIG_DFL);
	sigprocmask(SIG_SETMASK, &watch->signals_before, NULL);
}

static enum outcome wait_for_next(struct watch *watch)
{
	sigset_t waiting = watch->signals_before;
	sigdelset(&waiting, SIGINT);
	for (;;) {
		uint64_t now = monotonic_ns(),
			 left = watch->next_ns > now ? watch->next_ns - now : 0;
		struct timespec timeout = {(time_t)(left / 1000000000), (long)(left % 1000000000)};
		struct pollfd process = {.fd = watch->process, .events = POLLIN};
		int n = ppoll(&process, 1, &timeout, &waiting);
		if (is_interrupted)
			return INTERRUPTED;
		if (n > 0)
			return ENDED;
		if (n == 0)
			return GOES_ON;
		if (errno != EINTR)
			return INTERRUPTED;
	}
}

/* A line on stderr; the line of progress gives way to it. */
static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void tell(const char *format, ...)
{
	va_list args;
	progress_stop();
	fputs("whymem: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	progress_start();
}

static void tell_capture(const struct watch *watch, uint64_t rss_bytes, uint64_t n_objects)
{
	uint32_t n = comparison_count(watch->compare.comparison);
	struct number size = number_mib((int64_t)rss_bytes, mib_digits((int64_t)rss_bytes));
	struct number count = number_count((int64_t)n_objects);
	if (n == watch->request->count)
		tell("capture %u of %u: %s MiB, %s objects", n, watch->request->count, size.text,
			count.text);
	else
		tell("capture %u of %u: %s MiB, %s objects; the next in %s (Ctrl-C ends now)", n,
			watch->request->count, size.text, count.text,
			number_duration((int64_t)watch->request->every_ns).text);
}

static enum outcome outcome_of_failure(struct watch *watch, struct error **error)
{
	bool is_gone = (*error)->kind == ERROR_NO_SUCH_PROCESS || (*error)->kind == ERROR_EXITING;
	if (!is_gone || !comparison_count(watch->compare.comparison))
		return GOES_ON;
	error_destroy(*error);
	*error = NULL;
	return ENDED;
}

static struct error *capture(struct watch *watch, enum outcome *outcome_ret)
{
	struct source source = {0};
	*outcome_ret = GOES_ON;
	watch->next_ns = monotonic_ns() + watch->request->every_ns;
	struct error *error = source_open(watch->request->operands[0], &source);
	if (error) {
		*outcome_ret = outcome_of_failure(watch, &error);
		return error;
	}
	if (comparison_is_other(watch->compare.comparison, source.snapshot)) {
		source_close(&source);
		*outcome_ret = ENDED;
		return NULL;
	}
	uint64_t total = source.snapshot->total_bytes, n_objects = source.snapshot->n_objects;
	error = compare_add(&watch->compare, &source);
	source_close(&source);
	if (!error)
		tell_capture(watch, total, n_objects);
	return error;
}

static struct error *take_captures(struct watch *watch, enum outcome *outcome_ret)
{
	struct error *error = capture(watch, outcome_ret);
	while (!error && *outcome_ret == GOES_ON &&
		comparison_count(watch->compare.comparison) < watch->request->count) {
		progress_phase("waiting for the next capture");
		*outcome_ret = wait_for_next(watch);
		if (*outcome_ret == GOES_ON)
			error = capture(watch, outcome_ret);
	}
	return error;
}

static struct error *finish(struct watch *watch, enum outcome outcome, int *status_ret)
{
	uint32_t n = comparison_count(watch->compare.comparison);
	const char *why = outcome == ENDED ? "the process ended" : "interrupted";
	if (n < 2 && outcome == INTERRUPTED)
		raise(SIGINT);
	if (n < 2)
		return error_create(ERROR_NO_SUCH_PROCESS, 0,
			"growth needs two captures: choose a shorter --every",
			"process %d ended after %u capture", watch->pid, n);
	if (outcome != GOES_ON) {
		char text[128];
		snprintf(text, sizeof(text), "%s after %u of %u captures", why, n,
			watch->request->count);
		compare_warn(
			&watch->compare, outcome == ENDED ? "target_ended" : "interrupted", text);
	}
	return compare_finish(&watch->compare, status_ret);
}

struct error *run_watch(const struct request *request, int *status_ret)
{
	struct watch watch = {.request = request, .process = -1};
	enum outcome outcome;
	if (!is_digits(request->operands[0]))
		return error_create(ERROR_USAGE, 0, "whymem ps lists the pids",
			"watch takes captures of a process: '%s' is no pid", request->operands[0]);
	struct error *error = parse_pid(request->operands[0], &watch.pid);
	if (error)
		return error;
	watch.process = (int)syscall(SYS_pidfd_open, watch.pid, 0);
	signals_begin(&watch);
	error = compare_begin(&watch.compare, request, request->count);
	if (!error)
		error = take_captures(&watch, &outcome);
	signals_end(&watch);
	if (!error)
		error = finish(&watch, outcome, status_ret);
	compare_end(&watch.compare);
	if (watch.process >= 0)
		close(watch.process);
	return error;
}
