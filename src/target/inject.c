#include "target/inject.h"

#include "target/procpath.h"
#include "target/tracee.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVENT_STOP 128
#define SYSCALL_STOP (SIGTRAP | 0x80)
#define RESTART_NO_INTERRUPT (-513) /* ERESTARTNOINTR: the kernel asks for another try */
#define MAX_TRIES 100

#define REQUEST_RSEQ 0x420f /* PTRACE_GET_RSEQ_CONFIGURATION */

struct rseq_configuration {
	uint64_t address;
	uint32_t size, signature, flags, pad;
};

/* Where struct rseq announces the critical section that the thread is in. */
#define RSEQ_CS_OFFSET 8

static addr_t vdso_of(pid_t pid)
{
	char path[PROC_PATH_BYTES];
	uint64_t entry[2];
	addr_t address = 0;
	proc_path(path, pid, "/auxv");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && read(fd, entry, sizeof(entry)) == sizeof(entry) && entry[0] != AT_NULL) {
		if (entry[0] == AT_SYSINFO_EHDR)
			address = entry[1];
	}
	if (fd >= 0)
		close(fd);
	return address;
}

addr_t inject_find_code(pid_t pid)
{
	static uint8_t code[8192];
	char path[PROC_PATH_BYTES];
	addr_t vdso = vdso_of(pid);
	proc_path(path, pid, "/mem");
	int fd = vdso ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return 0;
	/* The second page may lie behind the end. */
	ssize_t n = pread(fd, code, sizeof(code), (off_t)vdso);
	if (n < 0)
		n = pread(fd, code, sizeof(code) / 2, (off_t)vdso);
	close(fd);
	for (ssize_t i = 0; i + (ssize_t)arch_syscall_code_bytes <= n;
		i += (ssize_t)arch_syscall_code_align) {
		if (memcmp(code + i, arch_syscall_code, arch_syscall_code_bytes) == 0)
			return vdso + (addr_t)i;
	}
	return 0;
}

static bool code_is_there(pid_t tid, addr_t code)
{
	errno = 0;
	long word = ptrace(PTRACE_PEEKDATA, tid, code, NULL);
	return !errno && memcmp(&word, arch_syscall_code, arch_syscall_code_bytes) == 0;
}

/*
 * A critical section of a restartable sequence is forgotten when the thread
 * returns from our call to other code; what announced it is kept.
 */
static void save_rseq(struct injection *injection)
{
	struct rseq_configuration configuration = {0};
	injection->rseq = 0;
	if (ptrace(REQUEST_RSEQ, injection->tid, sizeof(configuration), &configuration) < 0 ||
		!configuration.address)
		return;
	errno = 0;
	injection->rseq_cs = (uint64_t)ptrace(
		PTRACE_PEEKDATA, injection->tid, configuration.address + RSEQ_CS_OFFSET, NULL);
	if (!errno && injection->rseq_cs)
		injection->rseq = configuration.address + RSEQ_CS_OFFSET;
}

enum inject_result inject_begin(
	struct injection *injection, pid_t tid, addr_t code, bool suspend_seccomp)
{
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
		       PTRACE_O_TRACEVFORK;
	injection->tid = tid;
	injection->code = code;
	if (!arch_read_regs(tid, &injection->saved) || !arch_can_inject(tid, &injection->saved) ||
		!code_is_there(tid, code) ||
		ptrace(PTRACE_GETSIGMASK, tid, sizeof(injection->signal_mask),
			&injection->signal_mask) < 0)
		return INJECT_UNFIT;
	if (suspend_seccomp)
		options |= PTRACE_O_SUSPEND_SECCOMP;
	if (ptrace(PTRACE_SETOPTIONS, tid, NULL, options) < 0)
		return suspend_seccomp ? INJECT_FORBIDDEN : INJECT_UNFIT;
	uint64_t all = UINT64_MAX;
	save_rseq(injection);
	if (ptrace(PTRACE_SETSIGMASK, tid, sizeof(all), &all) < 0)
		return INJECT_UNFIT;
	return INJECT_FINE;
}

static bool next_stop(pid_t tid, int *status_ret)
{
	return tracee_wait(tid, UINT64_MAX, status_ret) && WIFSTOPPED(*status_ret);
}

/* Only stop signals get through the mask, and faults, which would be ours. */
static bool is_stop_signal(int number)
{
	return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

enum leg { LEG_CHILD, LEG_EXIT, LEG_FAULT, LEG_GONE };

/* Lets the thread go on to where it has made a process, has left the call, or has failed. */
static enum leg run_call(struct injection *injection, pid_t *child_ret)
{
	pid_t tid = injection->tid;
	bool entered = false;
	long signal_number = 0;
	for (;;) {
		int status;
		if (ptrace(PTRACE_SYSCALL, tid, NULL, signal_number) < 0 ||
			!next_stop(tid, &status))
			return LEG_GONE;
		int event = status >> 16, number = WSTOPSIG(status);
		signal_number = 0;
		if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK ||
			event == PTRACE_EVENT_VFORK) {
			unsigned long child = 0;
			ptrace(PTRACE_GETEVENTMSG, tid, NULL, &child);
			if (child_ret)
				*child_ret = (pid_t)child;
			return LEG_CHILD;
		}
		if (!event && number == SYSCALL_STOP) {
			if (entered)
				return LEG_EXIT;
			entered = true;
		} else if (!event && is_stop_signal(number)) {
			signal_number = number;
		} else if (!event) {
			return LEG_FAULT;
		}
	}
}

/* From any stop to an event stop, where the kernel still looks at a call to restart. */
static enum inject_result to_event_stop(pid_t tid)
{
	long signal_number = 0;
	for (;;) {
		int status;
		ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
		if (ptrace(PTRACE_CONT, tid, NULL, signal_number) < 0 || !next_stop(tid, &status))
			return INJECT_GONE;
		if (status >> 16 == EVENT_STOP)
			return INJECT_FINE;
		bool is_signal = !(status >> 16) && is_stop_signal(WSTOPSIG(status));
		signal_number = is_signal ? WSTOPSIG(status) : 0;
	}
}

/* One try of a call whose registers are set. */
static enum inject_result try_call(
	struct injection *injection, int64_t *result_ret, pid_t *child_ret)
{
	pid_t tid = injection->tid;
	enum leg leg = run_call(injection, child_ret);
	if (leg == LEG_GONE)
		return INJECT_GONE;
	/* Behind the exit the kernel may already have prepared another try of its own. */
	bool is_read = leg == LEG_EXIT && arch_read_regs(tid, &injection->work);
	enum inject_result result = to_event_stop(tid);
	if (result)
		return result;
	if (leg == LEG_CHILD)
		is_read = arch_read_regs(tid, &injection->work);
	if (!is_read)
		return INJECT_UNFIT;
	*result_ret = arch_result(&injection->work);
	return INJECT_FINE;
}

enum inject_result inject_call(struct injection *injection, long number,
	const uint64_t arguments[5], int64_t *result_ret, pid_t *child_ret)
{
	enum inject_result result = INJECT_UNFIT;
	for (unsigned i = 0; i < MAX_TRIES; i++) {
		injection->work = injection->saved;
		arch_set_call(&injection->work, injection->code, number, arguments);
		if (!arch_write_regs(injection->tid, &injection->work))
			return INJECT_GONE;
		result = try_call(injection, result_ret, child_ret);
		if (result || *result_ret != RESTART_NO_INTERRUPT)
			break;
	}
	return result;
}

enum inject_result inject_end(struct injection *injection)
{
	pid_t tid = injection->tid;
	if (injection->rseq)
		ptrace(PTRACE_POKEDATA, tid, injection->rseq, injection->rseq_cs);
	bool restored = arch_write_regs(tid, &injection->saved);
	restored &= ptrace(PTRACE_SETSIGMASK, tid, sizeof(injection->signal_mask),
			    &injection->signal_mask) == 0;
	ptrace(PTRACE_SETOPTIONS, tid, NULL, 0);
	return restored ? INJECT_FINE : INJECT_GONE;
}
