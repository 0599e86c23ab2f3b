/*
 * A program of the user's: started, waited for, given the signals that whymem
 * gets. It behaves as if it had been started without whymem.
 *
 * Knows nothing of tracing: who runs a program says what else is to be done.
 */
#ifndef WHYMEM_PROGRAM_H
#define WHYMEM_PROGRAM_H

#include "cli/command.h"

/* Of a program that could not be executed, as of env(1). */
#define PROGRAM_CANNOT_RUN 126
#define PROGRAM_NOT_FOUND 127

#define PROGRAM_TICK_NS 100000000ull /* often enough for most */

struct program {
	char **arguments; /* of execvp() */
	void *context;    /* of the functions below, any of which may be NULL */

	/* In the new process, before it becomes the program: its environment. */
	struct error *(*prepare)(void *context);
	/* The process is there, its pid is known; it may not be the program yet. */
	void (*on_start)(void *context, pid_t pid);
	/* Every `tick_ns` while it runs. */
	void (*on_tick)(void *context, pid_t pid);
	uint64_t tick_ns; /* less than a second */
	/* `watched_fd` can be read; -1: there is none. */
	void (*on_readable)(void *context);
	int watched_fd;
};

/*
 * What every command asks that runs a program, before it does: is there one, and
 * can the files be written? From here on a failure of whymem's is EXIT_OWN_FAILURE.
 */
struct error *program_check(const struct request *request, int *status_ret);

/*
 * What to execute for the words behind the options: a command or an executable
 * itself, anything else by Python. Freed by the caller; NULL when memory ran out.
 */
char **program_arguments(const struct request *request);

/*
 * Runs it to its end: `wait_status_ret` is that of waitpid(). When it could not
 * be run, `status_ret` is what whymem shall end with.
 */
struct error *program_run(const struct program *program, int *wait_status_ret, int *status_ret);

/* The exit status that tells the same to who started whymem. */
int program_status(int wait_status);

#endif
