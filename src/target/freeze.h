/*
 * What whymem and the guardian tell each other: one block of shared memory,
 * and single bytes over a socket.
 *
 *	whymem              guardian
 *	  -- FREEZE_GO -->          stops the target, clones it, lets it run on
 *	  <-- FREEZE_HELD --        with fds of the copy's mem and pagemap
 *	reads the copy
 *	  -- FREEZE_RELEASE -->     kills and reaps the copy
 *	  <-- FREEZE_OVER --
 *
 * Where no clone is possible the target itself is held between HELD and
 * RELEASE. End of file on the socket means RELEASE. FREEZE_OVER comes without
 * FREEZE_HELD when `fault` is set.
 */
#ifndef WHYMEM_FREEZE_H
#define WHYMEM_FREEZE_H

#include "base/base.h"

#include <stdatomic.h>
#include <sys/types.h>

enum freeze_message { FREEZE_GO = 'g', FREEZE_HELD = 'h', FREEZE_RELEASE = 'r', FREEZE_OVER = 'o' };

/* Why the target was not frozen. */
enum freeze_fault {
	FREEZE_FINE,
	FREEZE_GONE,    /* it ended */
	FREEZE_REFUSED, /* ptrace failed with fault_errno */
	FREEZE_STUCK,   /* thread fault_tid cannot be stopped */
	FREEZE_TOO_MANY_THREADS,
};

/* Why there is no clone although the target is held. */
enum clone_verdict {
	CLONE_MADE,
	CLONE_NOT_WANTED,
	CLONE_FORBIDDEN, /* a seccomp filter that cannot be suspended */
	CLONE_NO_THREAD, /* no thread can run a call for us */
	CLONE_REFUSED,   /* the kernel said clone_errno */
};

enum tracee_state {
	TRACEE_SEIZED, /* ours, but it runs */
	TRACEE_STOPPED,
	TRACEE_GONE,
};

struct tracee {
	pid_t tid;
	enum tracee_state state;
	addr_t stack_pointer, thread_pointer;
};

/* A range whose residency is read from the live target while it stands still. */
struct freeze_range {
	addr_t begin, end;
	uint64_t *resident; /* in the shared block */
	bool is_read;
};

struct freeze {
	pid_t pid;
	bool want_clone, suspend_seccomp;
	struct freeze_range *ranges;
	size_t n_ranges;

	_Atomic uint64_t progress; /* whymem counts up while it reads */

	enum freeze_fault fault;
	int fault_errno;
	pid_t fault_tid;
	enum clone_verdict clone;
	int clone_errno;
	pid_t copy;             /* 0 without a clone */
	struct tracee *threads; /* those with a stack pointer were stopped */
	size_t n_threads, thread_capacity;
	struct tracee *later_threads; /* the guardian's own, for the second stop */
	uint64_t stopped_ns;          /* since when the target stands still; 0: it runs */
	uint64_t pause_ns;            /* how long it stood still, all attempts together */
	uint64_t frozen_unix_ns;

	bool target_died; /* while it was held */
	bool stalled;     /* whymem stood still, so the target was released */
	bool zombie_left; /* the copy could not be reaped in the target */
	bool is_over;     /* the guardian is done, even if its last message was lost */
};

#endif
