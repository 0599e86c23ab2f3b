#include "target/arch.h"

#include <elf.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define SELECTOR_64BIT 0x33 /* cs of 64-bit user code */

const uint8_t arch_syscall_code[] = {0x0f, 0x05};
const size_t arch_syscall_code_bytes = sizeof(arch_syscall_code), arch_syscall_code_align = 1;

bool arch_read_regs(pid_t tid, struct arch_regs *ret)
{
	struct iovec io = {&ret->user, sizeof(ret->user)};
	return ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &io) == 0 &&
	       io.iov_len == sizeof(ret->user);
}

bool arch_write_regs(pid_t tid, const struct arch_regs *regs)
{
	struct iovec io = {(void *)&regs->user, sizeof(regs->user)};
	return ptrace(PTRACE_SETREGSET, tid, (void *)NT_PRSTATUS, &io) == 0;
}

bool arch_can_inject(pid_t tid, const struct arch_regs *regs)
{
	(void)tid;
	return regs->user.cs == SELECTOR_64BIT;
}

void arch_set_call(struct arch_regs *regs, addr_t code, long number, const uint64_t arguments[5])
{
	regs->user.rip = code;
	regs->user.rax = (unsigned long long)number;
	regs->user.rdi = arguments[0];
	regs->user.rsi = arguments[1];
	regs->user.rdx = arguments[2];
	regs->user.r10 = arguments[3];
	regs->user.r8 = arguments[4];
	/* Not inside a call that the kernel could want to restart. */
	regs->user.orig_rax = (unsigned long long)-1;
}

int64_t arch_result(const struct arch_regs *regs)
{
	return (int64_t)regs->user.rax;
}

addr_t arch_stack_pointer(const struct arch_regs *regs)
{
	return regs->user.rsp;
}

addr_t arch_thread_pointer(pid_t tid, const struct arch_regs *regs)
{
	(void)tid;
	return regs->user.fs_base;
}

bool arch_repeat_epoll(struct arch_regs *regs)
{
	bool waits =
		regs->user.orig_rax == SYS_epoll_wait || regs->user.orig_rax == SYS_epoll_pwait;
	if (!waits || (int64_t)regs->user.rax != -EINTR || (int32_t)regs->user.r10 != -1)
		return false;
	regs->user.rax = regs->user.orig_rax;
	regs->user.rip -= sizeof(arch_syscall_code);
	regs->user.orig_rax = (unsigned long long)-1;
	return true;
}
