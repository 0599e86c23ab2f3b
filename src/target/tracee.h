/*
 * Stops the threads of a process and lets them run on, unharmed.
 *
 * Part of the guardian: allocates nothing, prints nothing.
 */
#ifndef WHYMEM_TRACEE_H
#define WHYMEM_TRACEE_H

#include "target/freeze.h"

struct tracees {
	pid_t pid;
	int task_fd; /* /proc/PID/task */
	struct tracee *data;
	size_t n, capacity;
};

uint64_t now_ns(void);

/*
 * Waits until thread `tid` has something to report; false at `deadline_ns`.
 * A thread that is gone reports that it was killed. Needs SIGCHLD blocked.
 */
bool tracee_wait(pid_t tid, uint64_t deadline_ns, int *status_ret);

/* Whether the thread has ended, collected or not. */
bool task_is_dead(pid_t tid);

/*
 * Takes the report of a seized thread. When it stands at a signal the thread
 * goes on to receive it and stops again. Returns the state it is in now.
 */
enum tracee_state tracee_take(struct tracee *tracee, int status);

/*
 * Stops all threads. On failure all run again, and the fault's errno and
 * thread are in `freeze`.
 */
enum freeze_fault tracees_stop(struct tracees *tracees, struct freeze *freeze);

/* Lets all stopped threads go. */
void tracees_resume(struct tracees *tracees);

/*
 * Lets all threads go, also those that were seized but have not stopped yet:
 * they run when this returns, but for those that sleep in the kernel for good.
 * These stay in `tracees`, and the end of the guardian frees them.
 */
void tracees_let_go(struct tracees *tracees);

/*
 * Stops any one thread for a short call, the main thread at best; NULL when
 * none can be stopped. Others may be left seized: tracees_let_go().
 */
struct tracee *tracees_stop_one(struct tracees *tracees);

/* Detaches a stopped thread; an epoll_wait() that the stop broke is repeated where exact. */
void tracee_resume(struct tracee *tracee);

#endif
