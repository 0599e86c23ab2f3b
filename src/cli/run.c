/*
 * whymem run: starts a Python program with the agent, waits for it, and tells
 * what each line allocated. Ends with the status of the program.
 */
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/version.h"
#include "snap/file.h"
#include "trace/record.h"
#include "trace/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXIT_CANNOT_RUN 126
#define EXIT_NOT_FOUND 127
#define SIGNALLED 128
#define FD_FIRST 100 /* where programs do not expect descriptors of their own */

static const int forwarded[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGCONT};

static volatile sig_atomic_t program_pid;

/* What the kernel sends (Ctrl-C of the terminal) reaches the program by itself. */
static void forward(int number, siginfo_t *info, void *context)
{
	(void)context;
	int failure = errno;
	if (info->si_code <= 0 && program_pid > 0)
		kill((pid_t)program_pid, number);
	errno = failure;
}

/* Blocks the signals to come until the program's pid is known. */
static void signals_begin(sigset_t *before_ret)
{
	sigset_t set;
	sigemptyset(&set);
	struct sigaction action = {.sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART};
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigaddset(&set, forwarded[i]);
	sigprocmask(SIG_BLOCK, &set, before_ret);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++) {
		struct sigaction old;
		if (!sigaction(forwarded[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(forwarded[i], &action, NULL);
	}
}

/* ---- the agent ---- */

static struct error *find_agent(char path[static PATH_MAX])
{
	char self[PATH_MAX - 32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[MAX(n, 0)] = '\0';
	char *slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	snprintf(path, PATH_MAX, "%s/whymem-agent.so", self);
	if (!access(path, R_OK))
		return NULL;
	snprintf(path, PATH_MAX, "%s/whymem-agent.so", WHYMEM_AGENT_FOLDER);
	if (!access(path, R_OK))
		return NULL;
	return error_create(ERROR_UNREADABLE_FILE, errno, "install whymem as a whole",
		"cannot find the tracer's agent, %s", path);
}

static struct error *set_environment(const char *agent, int fd)
{
	char value[PATH_MAX + 4096];
	const char *preload = getenv("LD_PRELOAD");
	if (strpbrk(agent, " :"))
		return error_create(ERROR_UNREADABLE_FILE, 0, "install whymem elsewhere",
			"the loader takes no path with a space or colon: %s", agent);
	int n = snprintf(value, sizeof(value), "%d %s", fd, preload ? preload : "");
	if (n >= (int)sizeof(value) || setenv(TRACE_VARIABLE, value, 1))
		return &error_no_memory;
	n = snprintf(value, sizeof(value), "%s%s%s", agent, preload && *preload ? ":" : "",
		preload ? preload : "");
	if (n >= (int)sizeof(value) || setenv("LD_PRELOAD", value, 1))
		return &error_no_memory;
	return NULL;
}

/* ---- the program ---- */

struct child {
	const struct request *request;
	char **arguments;
	const char *agent;
	const struct trace *trace;
	sigset_t signals;
	void (*on_child)(int); /* what whymem was started with for SIGCHLD */
	int failure[2];        /* a pipe: the errno of a failed exec */
};

static void child_run(const struct child *child)
{
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	signal(SIGCHLD, child->on_child);
	sigprocmask(SIG_SETMASK, &child->signals, NULL);
	int fd = fcntl(child->trace->fd, F_DUPFD, FD_FIRST);
	struct error *error = fd < 0 ? &error_no_memory : set_environment(child->agent, fd);
	if (!error)
		execvp(child->arguments[0], child->arguments);
	int failure = error ? ENOMEM : errno;
	if (write(child->failure[1], &failure, sizeof(failure)) < 0)
		_exit(EXIT_OWN_FAILURE);
	_exit(EXIT_CANNOT_RUN);
}

static char **make_arguments(const struct request *request)
{
	size_t n = 0;
	while (request->program[n])
		n++;
	char **arguments = calloc(n + 2, sizeof(*arguments));
	if (!arguments)
		return NULL;
	arguments[0] = (char *)(request->python ? request->python : "python3");
	memcpy(arguments + 1, request->program, n * sizeof(*arguments));
	return arguments;
}

static struct error *wait_for_start(const struct child *child, int *status_ret)
{
	int failure = 0;
	ssize_t n;
	do
		n = read(child->failure[0], &failure, sizeof(failure));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(failure))
		return NULL;
	*status_ret = failure == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
	return error_create(ERROR_UNREADABLE_FILE, failure, "choose a Python with --python PATH",
		"cannot run %s: %s", child->arguments[0], strerror(failure));
}

/* Runs the program to its end. */
static struct error *run_child(struct child *child, int *wait_status_ret, int *status_ret)
{
	int wait_status = 0;
	if (pipe2(child->failure, O_CLOEXEC))
		return error_create(
			ERROR_INTERNAL, errno, NULL, "cannot make a pipe: %s", strerror(errno));
	signals_begin(&child->signals);
	child->on_child = signal(SIGCHLD, SIG_DFL);
	pid_t pid = fork();
	if (!pid)
		child_run(child);
	int failure = errno;
	program_pid = pid;
	sigprocmask(SIG_SETMASK, &child->signals, NULL);
	close(child->failure[1]);
	struct error *error = NULL;
	if (pid < 0)
		error = error_create(
			ERROR_INTERNAL, failure, NULL, "cannot fork: %s", strerror(failure));
	else
		error = wait_for_start(child, status_ret);
	close(child->failure[0]);
	pid_t waited = pid;
	while (pid > 0 && (waited = waitpid(pid, &wait_status, 0)) < 0 && errno == EINTR)
		;
	if (!error && waited < 0)
		error = error_create(ERROR_INTERNAL, errno, NULL, "cannot wait for the program: %s",
			strerror(errno));
	program_pid = 0;
	*wait_status_ret = wait_status;
	return error;
}

/* ---- the report ---- */

static struct error *check_traced(const struct trace *trace)
{
	const struct trace_header *header = trace_header(trace);
	if (header->state == TRACE_STATE_NONE)
		return error_create(ERROR_NOT_PYTHON, 0, "choose a Python with --python PATH",
			"the program was not traced: it is no CPython that exports its symbols");
	if (header->state == TRACE_STATE_REFUSED)
		return error_create(ERROR_UNSUPPORTED_PYTHON, 0,
			"choose another Python with --python PATH",
			"the program did not start: %.*s", (int)sizeof(header->refusal),
			header->refusal);
	return NULL;
}

/* What the program is called: "app.py", "-m calendar", "-c". */
static const char *program_name(const struct request *request, char *buffer, size_t n)
{
	const char *first = request->program[0], *slash = strrchr(first, '/');
	if (!strcmp(first, "-m") && request->program[1]) {
		snprintf(buffer, n, "-m %s", request->program[1]);
		return buffer;
	}
	return slash ? slash + 1 : first;
}

static struct error *record_run(const struct request *request, const struct trace *trace,
	int wait_status, struct snapshot **ret)
{
	char name[PATH_MAX];
	struct snapshot *snapshot;
	struct error *error = check_traced(trace);
	if (!error)
		error = trace_snapshot_create(&snapshot);
	if (error)
		return error;
	struct trace_sections sections = trace_sections_of(trace->memory);
	const struct trace_about about = {
		.command = program_name(request, name, sizeof(name)),
		.ended_unix_ns = snapshot->captured_unix_ns,
		.exit_status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1,
		.exit_signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : -1,
	};
	error = trace_record(snapshot, &sections, &about);
	if (!error)
		error = trace_sources_hash(snapshot);
	if (error)
		snapshot_destroy(snapshot);
	else
		*ret = snapshot;
	return error;
}

/* The report comes also when the trace cannot be saved. */
static struct error *report_run(
	const struct request *request, const struct trace *trace, int wait_status)
{
	struct snapshot *snapshot = NULL;
	struct error *error = record_run(request, trace, wait_status, &snapshot);
	if (error)
		return error;
	struct error *unsaved = request->save ? snapshot_write(snapshot, request->save) : NULL;
	error = report_show(request, snapshot);
	snapshot_destroy(snapshot);
	if (!error)
		return unsaved;
	error_destroy(unsaved);
	return error;
}

struct error *run_program(const struct request *request, int *status_ret)
{
	char agent[PATH_MAX];
	struct trace trace = {.fd = -1};
	int wait_status;
	if (request->from)
		return report_from_file(request, status_ret);
	progress_stop();
	*status_ret = EXIT_OWN_FAILURE;
	if (!*request->program)
		return error_create(ERROR_USAGE, 0, "whymem run SCRIPT, as in python SCRIPT",
			"say what to run");
	struct error *error = report_check(request);
	if (!error)
		error = find_agent(agent);
	if (error)
		return error;
	struct child child = {.request = request,
		.agent = agent,
		.trace = &trace,
		.arguments = make_arguments(request)};
	error = child.arguments ? trace_create(&trace) : &error_no_memory;
	if (!error)
		error = run_child(&child, &wait_status, status_ret);
	if (!error)
		error = report_run(request, &trace, wait_status);
	if (!error)
		*status_ret = WIFSIGNALED(wait_status) ? SIGNALLED + WTERMSIG(wait_status)
						       : WEXITSTATUS(wait_status);
	free(child.arguments);
	trace_close(&trace);
	return error;
}
