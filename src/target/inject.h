/*
 * Makes a stopped thread of the target run system calls of ours and puts it
 * back as it was, to the last register.
 *
 *	inject_begin()   saves registers and signal mask, blocks all signals
 *	inject_call()    any number of them
 *	inject_end()     restores; the thread stands in the same kind of stop
 *
 * No code is written: the call uses a system call instruction of the [vdso].
 * Single steps are avoided, because a forced SIGTRAP would reset its handler.
 * Part of the guardian: allocates nothing, prints nothing.
 */
#ifndef WHYMEM_INJECT_H
#define WHYMEM_INJECT_H

#include "target/arch.h"

struct injection {
	pid_t tid;
	addr_t code;
	uint64_t signal_mask;
	addr_t rseq; /* where the thread's restartable sequence is announced, or 0 */
	uint64_t rseq_cs;
	struct arch_regs saved, work;
};

/* A system call instruction in the [vdso] of process `pid`, or 0. */
addr_t inject_find_code(pid_t pid);

enum inject_result {
	INJECT_FINE,
	INJECT_UNFIT,     /* this thread cannot run a call for us; nothing was changed */
	INJECT_FORBIDDEN, /* its seccomp filter cannot be suspended; nothing was changed */
	INJECT_GONE,      /* the thread ended */
};

/* `tid` stands in an event stop; `code` is from inject_find_code(). */
enum inject_result inject_begin(
	struct injection *injection, pid_t tid, addr_t code, bool suspend_seccomp);

/*
 * Runs one call. When it made a process, `child_ret` (may be NULL) is its
 * number as we see it; the result is its number as the target sees it.
 */
enum inject_result inject_call(struct injection *injection, long number,
	const uint64_t arguments[5], int64_t *result_ret, pid_t *child_ret);

enum inject_result inject_end(struct injection *injection);

#endif
