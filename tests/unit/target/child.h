/*
 * What the tests of this room share: child processes that do as they are told.
 */
#ifndef WHYMEM_TEST_CHILD_H
#define WHYMEM_TEST_CHILD_H

#include "base/base.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process that runs `body`, has written one struct of facts, and then waits in `rest`. */
struct child {
	pid_t pid;
	int facts; /* read end of the pipe on which it tells more */
};

/*
 * Starts `body(fd)`; what it writes first, `n_bytes` of facts, is in `facts`
 * when this returns.
 */
static inline struct child child_start(void (*body)(int fd), void *facts, size_t n_bytes)
{
	int ends[2];
	if (pipe(ends) < 0)
		abort();
	struct child child = {fork(), ends[0]};
	if (child.pid == 0) {
		close(ends[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		body(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	if (n_bytes && read(child.facts, facts, n_bytes) != (ssize_t)n_bytes)
		abort();
	return child;
}

static inline void child_tell(int fd, const void *facts, size_t n_bytes)
{
	if (write(fd, facts, n_bytes) != (ssize_t)n_bytes)
		_exit(99);
}

static inline void child_end(struct child *child)
{
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
	close(child->facts);
}

/* The state letter of a process, as in /proc/PID/stat. */
static inline char child_state(pid_t pid)
{
	char path[64], text[256] = "";
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return 0;
	size_t n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	const char *end = strrchr(text, ')');
	return end ? end[2] : 0;
}

#endif
