/*
 * What differs between processors when a thread is stopped and made to run a
 * system call: one file per architecture implements this.
 *
 * Allocates nothing: the guardian calls it.
 */
#ifndef WHYMEM_ARCH_H
#define WHYMEM_ARCH_H

#include "base/base.h"

#include <sys/types.h>
#include <sys/user.h>

#if defined(__x86_64__)
struct arch_regs {
	struct user_regs_struct user;
};
#elif defined(__aarch64__)
/* A system call discards the upper parts of the SVE registers: they are kept, too. */
#define ARCH_SVE_BYTES 17408
struct arch_regs {
	struct user_regs_struct user;
	size_t n_sve_bytes; /* 0 when the thread has no live SVE state */
	uint8_t sve[ARCH_SVE_BYTES];
};
#endif

/* The instruction that enters the kernel, and where it may stand. */
extern const uint8_t arch_syscall_code[];
extern const size_t arch_syscall_code_bytes, arch_syscall_code_align;

/* Reads what must be restored later; false when the thread is gone. */
bool arch_read_regs(pid_t tid, struct arch_regs *ret);
bool arch_write_regs(pid_t tid, const struct arch_regs *regs);

/* Whether the thread may be made to run a system call and be restored exactly. */
bool arch_can_inject(pid_t tid, const struct arch_regs *regs);

/* Changes `regs` so that the thread runs system call `number` by the instruction at `code`. */
void arch_set_call(struct arch_regs *regs, addr_t code, long number, const uint64_t arguments[5]);

/* What the call returned. */
int64_t arch_result(const struct arch_regs *regs);

addr_t arch_stack_pointer(const struct arch_regs *regs);
addr_t arch_thread_pointer(pid_t tid, const struct arch_regs *regs);

/*
 * A stop makes a waiting epoll_wait() fail with EINTR. Where doing it again is
 * the same to the byte, because its time-out is infinite, changes `regs` so
 * that it is done again, and returns true.
 */
bool arch_repeat_epoll(struct arch_regs *regs);

#endif
