/*
 * A program that this process becomes or starts gets the agent too, by two
 * variables that are added to the environment it is given, and that the agent
 * takes away there before main().
 *
 * Runs in children of vfork() as well, which have their parent's memory: the
 * stack and system calls are all that is used.
 */
#include "agent.h"

#include <alloca.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum {
	ENTRIES_MAX = 1 << 14, /* an environment with more is left alone */
	PRELOAD_MAX = 4096,
};

static struct {
	int (*execve)(const char *, char *const[], char *const[]);
	int (*execvpe)(const char *, char *const[], char *const[]);
	int (*fexecve)(int, char *const[], char *const[]);
	int (*execveat)(int, const char *, char *const[], char *const[], int);
	int (*posix_spawn)(pid_t *, const char *, const posix_spawn_file_actions_t *,
		const posix_spawnattr_t *, char *const[], char *const[]);
	int (*posix_spawnp)(pid_t *, const char *, const posix_spawn_file_actions_t *,
		const posix_spawnattr_t *, char *const[], char *const[]);
	int (*system)(const char *);
	FILE *(*popen)(const char *, const char *);
} next;

/* Before main(): a child of vfork() can look up nothing. */
__attribute__((constructor(101))) static void exec_find(void)
{
	*(void **)&next.execve = dlsym(RTLD_NEXT, "execve");
	*(void **)&next.execvpe = dlsym(RTLD_NEXT, "execvpe");
	*(void **)&next.fexecve = dlsym(RTLD_NEXT, "fexecve");
	*(void **)&next.execveat = dlsym(RTLD_NEXT, "execveat");
	*(void **)&next.posix_spawn = dlsym(RTLD_NEXT, "posix_spawn");
	*(void **)&next.posix_spawnp = dlsym(RTLD_NEXT, "posix_spawnp");
	*(void **)&next.system = dlsym(RTLD_NEXT, "system");
	*(void **)&next.popen = dlsym(RTLD_NEXT, "popen");
}

/* ---- one start of a program ---- */

/* What is to be started; `run` does it with the environment that it gets. */
struct start {
	int (*run)(const struct start *start, char *const *environment);
	const char *path; /* NULL: `fd` itself */
	bool searches;    /* as the shell finds it */
	int fd, flags;
	char *const *arguments;
	pid_t *pid_ret;
	const posix_spawn_file_actions_t *actions;
	const posix_spawnattr_t *attributes;
};

static const char *value_of(const char *entry, const char *name)
{
	size_t n = strlen(name);
	return !strncmp(entry, name, n) && entry[n] == '=' ? entry + n + 1 : NULL;
}

/*
 * Number of entries; -1 when the program shall get them as they are: its
 * starter has set our variable, or there are too many.
 */
static int count_entries(char *const *environment, const char **preload_ret)
{
	int n = 0;
	*preload_ret = NULL;
	for (; environment && environment[n]; n++) {
		const char *preload = value_of(environment[n], "LD_PRELOAD");
		if (preload && !*preload_ret)
			*preload_ret = preload;
		if (value_of(environment[n], TRACE_VARIABLE) || n == ENTRIES_MAX)
			return -1;
	}
	if (*preload_ret && strlen(*preload_ret) > PRELOAD_MAX)
		return -1;
	return n;
}

static char *append(char *at, const char *text)
{
	size_t n = strlen(text);
	memcpy(at, text, n + 1);
	return at + n;
}

static char *append_number(char *at, uint32_t number)
{
	char digits[12], *digit = digits + sizeof(digits) - 1;
	*digit = '\0';
	do
		*--digit = (char)('0' + number % 10);
	while (number /= 10);
	return append(at, digit);
}

/* "WHYMEM_TRACE=..."; the buffer has room for all that session and preload hold. */
static void write_variable(char *to, const char *preload)
{
	to = append(to, TRACE_VARIABLE "=");
	to = append_number(to, session.is_traced ? 0 : session.first_pid);
	to = append(to, session.follows_children ? " 1 " : " 0 ");
	to = append(to, session.socket);
	if (preload)
		append(append(to, " ="), preload);
}

static void write_preload(char *to, const char *preload)
{
	to = append(append(to, "LD_PRELOAD="), session.agent);
	if (preload && *preload)
		append(append(to, ":"), preload);
}

/* Copies the environment, the agent added; `to` has room for two entries and NULL more. */
static void fill_entries(char **to, char *const *from, char *preload, char *variable)
{
	for (; from && *from; from++) {
		if (!value_of(*from, "LD_PRELOAD"))
			*to++ = *from;
	}
	*to++ = preload;
	*to++ = variable;
	*to = NULL;
}

#define VARIABLE_BYTES (sizeof(TRACE_VARIABLE) + 32 + sizeof(session.socket) + PRELOAD_MAX)
#define PRELOAD_BYTES (16 + sizeof(session.agent) + PRELOAD_MAX)

static int run_with_agent(const struct start *start, char *const *environment)
{
	const char *user_preload;
	int n = -1, failure = errno;
	if (unlikely(!next.execve))
		exec_find();
	/* Without children, what the first process becomes until it is a Python. */
	if (session.is_there && (session.follows_children || !session.is_traced))
		n = count_entries(environment, &user_preload);
	if (n < 0 || !program_takes_agent(start->path, start->fd, start->searches)) {
		errno = failure;
		return start->run(start, environment);
	}
	size_t n_user = user_preload ? strlen(user_preload) : 0;
	char *preload = alloca(PRELOAD_BYTES - PRELOAD_MAX + n_user);
	char *variable = alloca(VARIABLE_BYTES - PRELOAD_MAX + n_user);
	char **entries = alloca(((size_t)n + 3) * sizeof(*entries));
	write_preload(preload, user_preload);
	write_variable(variable, user_preload);
	fill_entries(entries, environment, preload, variable);
	errno = failure;
	return start->run(start, entries);
}

/* ---- exec ---- */

static int run_execve(const struct start *start, char *const *environment)
{
	return next.execve(start->path, start->arguments, environment);
}

static int run_execvpe(const struct start *start, char *const *environment)
{
	return next.execvpe(start->path, start->arguments, environment);
}

static int run_fexecve(const struct start *start, char *const *environment)
{
	return next.fexecve(start->fd, start->arguments, environment);
}

static int run_execveat(const struct start *start, char *const *environment)
{
	return next.execveat(start->fd, start->path, start->arguments, environment, start->flags);
}

EXPORT int execve(const char *path, char *const arguments[], char *const environment[])
{
	struct start start = {.run = run_execve, .path = path, .fd = -1, .arguments = arguments};
	return run_with_agent(&start, environment);
}

EXPORT int execv(const char *path, char *const arguments[])
{
	return execve(path, arguments, environ);
}

EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[])
{
	struct start start = {.run = run_execvpe,
		.path = file,
		.searches = true,
		.fd = -1,
		.arguments = arguments};
	return run_with_agent(&start, environment);
}

EXPORT int execvp(const char *file, char *const arguments[])
{
	return execvpe(file, arguments, environ);
}

EXPORT int fexecve(int fd, char *const arguments[], char *const environment[])
{
	struct start start = {.run = run_fexecve, .fd = fd, .arguments = arguments};
	return run_with_agent(&start, environment);
}

EXPORT int execveat(
	int folder, const char *path, char *const arguments[], char *const environment[], int flags)
{
	struct start start = {.run = run_execveat,
		.path = path,
		.fd = folder,
		.flags = flags,
		.arguments = arguments};
	return run_with_agent(&start, environment);
}

/* Number of words up to the NULL that ends them; `list` is read to it. */
static size_t count_words(va_list list)
{
	size_t n = 0;
	while (va_arg(list, char *))
		n++;
	return n;
}

/* Words of execl() and the like become an array. */
#define COLLECT(first, list, array)                                                                \
	do {                                                                                       \
		va_list counted;                                                                   \
		va_start(list, first);                                                             \
		va_copy(counted, list);                                                            \
		size_t n = count_words(counted);                                                   \
		va_end(counted);                                                                   \
		(array) = alloca((n + 2) * sizeof(*(array)));                                      \
		(array)[0] = (char *)(first);                                                      \
		for (size_t i = 0; i <= n; i++)                                                    \
			(array)[i + 1] = va_arg(list, char *);                                     \
	} while (0)

EXPORT int execl(const char *path, const char *argument, ...)
{
	va_list list;
	char **arguments;
	COLLECT(argument, list, arguments);
	va_end(list);
	return execve(path, arguments, environ);
}

EXPORT int execlp(const char *file, const char *argument, ...)
{
	va_list list;
	char **arguments;
	COLLECT(argument, list, arguments);
	va_end(list);
	return execvpe(file, arguments, environ);
}

EXPORT int execle(const char *path, const char *argument, ...)
{
	va_list list;
	char **arguments;
	COLLECT(argument, list, arguments);
	char *const *environment = va_arg(list, char *const *);
	va_end(list);
	return execve(path, arguments, environment);
}

/* ---- posix_spawn ---- */

static int run_spawn(const struct start *start, char *const *environment)
{
	return (start->searches ? next.posix_spawnp : next.posix_spawn)(start->pid_ret, start->path,
		start->actions, start->attributes, start->arguments, environment);
}

EXPORT int posix_spawn(pid_t *pid_ret, const char *path, const posix_spawn_file_actions_t *actions,
	const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
	struct start start = {
		run_spawn, path, false, -1, 0, arguments, pid_ret, actions, attributes};
	return run_with_agent(&start, environment);
}

EXPORT int posix_spawnp(pid_t *pid_ret, const char *file, const posix_spawn_file_actions_t *actions,
	const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
	struct start start = {
		run_spawn, file, true, -1, 0, arguments, pid_ret, actions, attributes};
	return run_with_agent(&start, environment);
}

/* ---- commands of the shell, which libc starts by itself ---- */

/* "export ...; COMMAND", to be freed; NULL: the command is to run as it is. */
static char *command_with_agent(const char *command)
{
	const char *user_preload;
	if (unlikely(!next.system))
		exec_find();
	if (!command || !session.is_there || !session.follows_children ||
		count_entries(environ, &user_preload) < 0 ||
		(user_preload && strchr(user_preload, '\'')) || strchr(session.agent, '\'') ||
		strchr(session.socket, '\''))
		return NULL;
	bool is_paused = hooks_pause();
	char *text = malloc(VARIABLE_BYTES + PRELOAD_BYTES + strlen(command) + 32);
	if (is_paused)
		hooks_resume();
	if (!text)
		return NULL;
	char preload[PRELOAD_BYTES], variable[VARIABLE_BYTES];
	write_preload(preload, user_preload);
	write_variable(variable, user_preload);
	char *at = append(text, "export LD_PRELOAD='");
	at = append(append(at, strchr(preload, '=') + 1), "' " TRACE_VARIABLE "='");
	append(append(append(at, strchr(variable, '=') + 1), "'; "), command);
	return text;
}

EXPORT int system(const char *command)
{
	char *text = command_with_agent(command);
	int status = next.system(text ? text : command);
	free(text);
	return status;
}

EXPORT FILE *popen(const char *command, const char *mode)
{
	char *text = command_with_agent(command);
	FILE *stream = next.popen(text ? text : command, mode);
	free(text);
	return stream;
}
