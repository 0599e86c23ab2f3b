#include "cli/program.h"

#include "base/clock.h"
#include "cli/output.h"
#include "cli/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIGNALLED 128

/* ---- signals ---- */

/* Not SIGCONT: a shell sends it to the whole job, and twice it would undo a stop in between. */
static const int forwarded[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH};

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

/* ---- what to execute ---- */

static bool is_elf(const char *path)
{
	char magic[4];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, magic, sizeof(magic));
	if (fd >= 0)
		close(fd);
	return n == sizeof(magic) && !memcmp(magic, "\177ELF", sizeof(magic));
}

static bool is_in_path(const char *name)
{
	char path[PATH_MAX];
	for (const char *at = getenv("PATH"); at && *at; at += *at == ':') {
		int n = (int)strcspn(at, ":");
		snprintf(path, sizeof(path), "%.*s/%s", n, at, name);
		struct stat stat_buffer;
		if (!access(path, X_OK) && !stat(path, &stat_buffer) &&
			S_ISREG(stat_buffer.st_mode))
			return true;
		at += n;
	}
	return false;
}

/* "python3", "gunicorn", "/usr/bin/python3", but neither a script nor an option of Python's. */
static bool is_command(const char *word)
{
	if (!word || *word == '-')
		return false;
	if (!access(word, F_OK))
		return is_elf(word);
	return !strchr(word, '/') && is_in_path(word);
}

struct error *program_check(const struct request *request, int *status_ret)
{
	progress_stop();
	*status_ret = EXIT_OWN_FAILURE;
	if (*request->program)
		return output_check(request);
	struct error *error = error_create(ERROR_USAGE, 0, NULL, "say what to run");
	return error_set_remedy(
		error, "whymem %s SCRIPT, as in python SCRIPT", request->command->name);
}

char **program_arguments(const struct request *request)
{
	size_t n = 0;
	while (request->program[n])
		n++;
	char **arguments = calloc(n + 2, sizeof(*arguments));
	if (!arguments)
		return NULL;
	bool by_python = request->python || !is_command(request->program[0]);
	if (by_python)
		arguments[0] = (char *)(request->python ? request->python : "python3");
	memcpy(arguments + by_python, request->program, n * sizeof(*arguments));
	return arguments;
}

/* ---- the new process ---- */

struct start {
	const struct program *program;
	sigset_t signals;
	void (*on_child)(int); /* what whymem was started with for SIGCHLD */
	int failure[2];        /* a pipe: why the program could not be executed */
};

struct failure {
	int number; /* errno of execvp(), or 0 */
	char text[sizeof(((struct error *)0)->text)];
};

static void become_program(const struct start *start)
{
	const struct program *program = start->program;
	struct failure failure = {0};
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	signal(SIGCHLD, start->on_child);
	sigprocmask(SIG_SETMASK, &start->signals, NULL);
	struct error *error = program->prepare ? program->prepare(program->context) : NULL;
	if (!error) {
		execvp(program->arguments[0], program->arguments);
		failure.number = errno;
	} else {
		memcpy(failure.text, error->text, sizeof(failure.text));
	}
	if (write(start->failure[1], &failure, sizeof(failure)) < 0)
		_exit(EXIT_OWN_FAILURE);
	_exit(PROGRAM_CANNOT_RUN);
}

static struct error *check_start(const struct start *start, int *status_ret)
{
	struct failure failure;
	ssize_t n;
	do
		n = read(start->failure[0], &failure, sizeof(failure));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(failure))
		return NULL;
	failure.text[sizeof(failure.text) - 1] = '\0';
	if (!failure.number)
		return error_create(ERROR_INTERNAL, 0, NULL, "%s", failure.text);
	*status_ret = failure.number == ENOENT ? PROGRAM_NOT_FOUND : PROGRAM_CANNOT_RUN;
	return error_create(ERROR_UNREADABLE_FILE, failure.number,
		"choose a Python with --python PATH", "cannot run %s: %s",
		start->program->arguments[0], strerror(failure.number));
}

static struct error *start_program(struct start *start, pid_t *pid_ret)
{
	if (pipe2(start->failure, O_CLOEXEC))
		return error_create(
			ERROR_INTERNAL, errno, NULL, "cannot make a pipe: %s", strerror(errno));
	signals_begin(&start->signals);
	start->on_child = signal(SIGCHLD, SIG_DFL);
	pid_t pid = fork();
	if (!pid)
		become_program(start);
	int failure = errno;
	program_pid = pid;
	sigprocmask(SIG_SETMASK, &start->signals, NULL);
	close(start->failure[1]);
	*pid_ret = pid;
	return pid > 0 ? NULL
		       : error_create(ERROR_INTERNAL, failure, NULL, "cannot fork: %s",
				 strerror(failure));
}

/* ---- until the end ---- */

/* Is whymem the job of a shell that waits for it in the foreground? */
static bool is_foreground_job(void)
{
	int terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (terminal < 0)
		return false;
	bool is_job = tcgetpgrp(terminal) == getpgrp() && getpgid(getppid()) != getpgrp();
	close(terminal);
	return is_job;
}

/* A program that stopped itself stops the job: whymem stops for its shell as well. */
static void follow_stop(bool is_stopped, bool *was_stopped)
{
	if (is_stopped && *was_stopped && is_foreground_job()) {
		raise(SIGTSTP);
		is_stopped = false;
	}
	*was_stopped = is_stopped;
}

static struct error *wait_for_end(const struct program *program, pid_t pid, int *wait_status_ret)
{
	struct pollfd polled[2] = {{.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN},
		{.fd = program->watched_fd, .events = POLLIN}};
	uint64_t next_tick = monotonic_ns() + program->tick_ns;
	struct error *error = NULL;
	bool was_stopped = false;
	siginfo_t stop;
	pid_t waited;
	while ((waited = waitpid(pid, wait_status_ret, WNOHANG)) == 0 ||
		(waited < 0 && errno == EINTR)) {
		uint64_t now = monotonic_ns();
		struct timespec rest = {
			.tv_nsec =
				now < next_tick ? (long)MIN(next_tick - now, program->tick_ns) : 0};
		ppoll(polled, ARRAY_SIZE(polled), &rest, NULL);
		if (polled[1].revents && program->on_readable)
			program->on_readable(program->context);
		if (monotonic_ns() < next_tick)
			continue;
		next_tick = MAX(next_tick + program->tick_ns, monotonic_ns());
		stop.si_pid = 0;
		waitid(P_PID, (id_t)pid, &stop, WSTOPPED | WNOHANG | WNOWAIT);
		follow_stop(stop.si_pid == pid, &was_stopped);
		if (program->on_tick)
			program->on_tick(program->context, pid);
	}
	if (waited < 0)
		error = error_create(ERROR_INTERNAL, errno, NULL, "cannot wait for the program: %s",
			strerror(errno));
	if (polled[0].fd >= 0)
		close(polled[0].fd);
	return error;
}

struct error *program_run(const struct program *program, int *wait_status_ret, int *status_ret)
{
	struct start start = {.program = program};
	pid_t pid = -1;
	struct error *error = start_program(&start, &pid);
	if (pid <= 0)
		return error;
	if (program->on_start)
		program->on_start(program->context, pid);
	error = check_start(&start, status_ret);
	close(start.failure[0]);
	struct error *failure = wait_for_end(program, pid, wait_status_ret);
	program_pid = 0;
	if (!error && program->on_readable)
		program->on_readable(program->context);
	if (!error)
		return failure;
	error_destroy(failure);
	return error;
}

int program_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? SIGNALLED + WTERMSIG(wait_status)
					: WEXITSTATUS(wait_status);
}
