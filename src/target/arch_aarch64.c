#include "target/arch.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#ifndef NT_ARM_SVE
#define NT_ARM_SVE 0x405
#endif
#ifndef NT_ARM_SSVE
#define NT_ARM_SSVE 0x40b
#endif

/*
 * Head of the SVE register sets (asm/ptrace.h, which clashes with sys/ptrace.h)
 *	OFFSET SIZE DESCRIPTION
 *	0      4    bytes in use
 *	4      4    bytes at the most
 *	8      2    vector length
 *	10     2    vector length at the most
 *	12     2    flags: bit 0 is set when the registers hold SVE state
 */
struct sve_head {
	uint32_t size, max_size;
	uint16_t vector_bytes, max_vector_bytes, flags, reserved;
};

#define SVE_LIVE 1

const uint8_t arch_syscall_code[] = {0x01, 0x00, 0x00, 0xd4}; /* svc #0 */
const size_t arch_syscall_code_bytes = sizeof(arch_syscall_code), arch_syscall_code_align = 4;

static bool is_live(const uint8_t *set, size_t n_bytes)
{
	struct sve_head head;
	if (n_bytes < sizeof(head))
		return false;
	memcpy(&head, set, sizeof(head));
	return head.flags & SVE_LIVE;
}

bool arch_read_regs(pid_t tid, struct arch_regs *ret)
{
	struct iovec io = {&ret->user, sizeof(ret->user)};
	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &io) < 0 ||
		io.iov_len != sizeof(ret->user))
		return false;
	io = (struct iovec){ret->sve, sizeof(ret->sve)};
	ret->n_sve_bytes = 0;
	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_ARM_SVE, &io) == 0 &&
		is_live(ret->sve, io.iov_len))
		ret->n_sve_bytes = io.iov_len;
	return true;
}

bool arch_write_regs(pid_t tid, const struct arch_regs *regs)
{
	struct iovec io = {(void *)&regs->user, sizeof(regs->user)};
	if (ptrace(PTRACE_SETREGSET, tid, (void *)NT_PRSTATUS, &io) < 0)
		return false;
	io = (struct iovec){(void *)regs->sve, regs->n_sve_bytes};
	return !regs->n_sve_bytes || ptrace(PTRACE_SETREGSET, tid, (void *)NT_ARM_SVE, &io) == 0;
}

/* A system call ends streaming mode, which cannot be entered again from outside. */
bool arch_can_inject(pid_t tid, const struct arch_regs *regs)
{
	struct sve_head streaming = {0};
	struct iovec io = {&streaming, sizeof(streaming)};
	bool has_it = ptrace(PTRACE_GETREGSET, tid, (void *)NT_ARM_SSVE, &io) == 0;
	bool too_large = regs->n_sve_bytes == sizeof(regs->sve);
	return !too_large &&
	       !(has_it && io.iov_len == sizeof(streaming) && streaming.flags & SVE_LIVE);
}

void arch_set_call(struct arch_regs *regs, addr_t code, long number, const uint64_t arguments[5])
{
	regs->user.pc = code;
	regs->user.regs[8] = (unsigned long long)number;
	for (size_t i = 0; i < 5; i++)
		regs->user.regs[i] = arguments[i];
}

int64_t arch_result(const struct arch_regs *regs)
{
	return (int64_t)regs->user.regs[0];
}

addr_t arch_stack_pointer(const struct arch_regs *regs)
{
	return regs->user.sp;
}

addr_t arch_thread_pointer(pid_t tid, const struct arch_regs *regs)
{
	(void)regs;
	uint64_t pointer = 0;
	struct iovec io = {&pointer, sizeof(pointer)};
	return ptrace(PTRACE_GETREGSET, tid, (void *)NT_ARM_TLS, &io) < 0 ? 0 : pointer;
}

/* The first argument of the interrupted call is lost: its register holds the result. */
bool arch_repeat_epoll(struct arch_regs *regs)
{
	(void)regs;
	return false;
}
