#include "target/tracee.h"

#include "target/arch.h"
#include "target/procpath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000ull
#define SPIN_NS (200 * 1000ull) /* waiting without sleep: a wake-up costs more than a stop */

/*
 * How long we wait for threads to stop: for one that sleeps in the kernel and
 * cannot be woken, and for one that only waits for a processor.
 */
struct patience {
	uint64_t asleep_ns, slow_ns;
};

/* While all other threads stand still, doubled for a slow one with each attempt; and while they
 * run. */
static const struct patience while_stopped = {250 * MS, 250 * MS};
static const struct patience while_running = {1000 * MS, 30000 * MS};
#define STOP_ATTEMPTS 4

/* sys/ptrace.h does not name these. */
#define SEIZE_EVENT_STOP 128
#define PEEK_SHARED_QUEUE 1

struct peek_arguments {
	uint64_t offset;
	uint32_t flags;
	int32_t n;
};

struct task_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void sleep_until_report(uint64_t until_ns)
{
	sigset_t children;
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	uint64_t now = now_ns(), left = until_ns > now ? until_ns - now : 0;
	left = MIN(left, 50 * MS);
	struct timespec timeout = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
	sigtimedwait(&children, NULL, &timeout);
}

static void pause_between_polls(uint64_t started_ns, uint64_t deadline_ns)
{
	if (now_ns() - started_ns < SPIN_NS)
		sched_yield();
	else
		sleep_until_report(deadline_ns);
}

/* Takes a report if there is one. */
static bool poll_tracee(pid_t tid, int *status_ret)
{
	int status;
	pid_t got = waitpid(tid, &status, __WALL | WNOHANG);
	if (!got || (got < 0 && errno == EINTR))
		return false;
	*status_ret = got == tid ? status : SIGKILL;
	return true;
}

/*
 * The state letter of a thread; 'X' when it is gone, '?' when we cannot look: a
 * thread that is taken for dead would not get its registers back.
 */
static char task_state(pid_t tid)
{
	char path[PROC_PATH_BYTES], text[512];
	proc_path(path, tid, "/stat");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text));
	int code = got < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	for (ssize_t i = got; i > 0; i--) {
		if (text[i - 1] == ')' && i + 1 < got)
			return text[i + 1];
	}
	return !code || code == ENOENT || code == ESRCH ? 'X' : '?';
}

bool task_is_dead(pid_t tid)
{
	char state = task_state(tid);
	return state == 'Z' || state == 'X';
}

bool tracee_wait(pid_t tid, uint64_t deadline_ns, int *status_ret)
{
	uint64_t started = now_ns();
	while (!poll_tracee(tid, status_ret)) {
		uint64_t now = now_ns();
		if (now >= deadline_ns)
			return false;
		/* A main thread does not report its end before all other threads have done so. */
		if (now - started > SPIN_NS && task_is_dead(tid)) {
			if (!poll_tracee(tid, status_ret))
				*status_ret = SIGKILL;
			return true;
		}
		pause_between_polls(started, deadline_ns);
	}
	return true;
}

enum tracee_state tracee_take(struct tracee *tracee, int status)
{
	if (!WIFSTOPPED(status))
		return tracee->state = TRACEE_GONE;
	int event = status >> 16;
	if (event == SEIZE_EVENT_STOP)
		return tracee->state = TRACEE_STOPPED;
	/* Any stop uses up the interruption that was asked for. */
	long signal_number = event ? 0 : WSTOPSIG(status);
	ptrace(PTRACE_INTERRUPT, tracee->tid, NULL, NULL);
	ptrace(PTRACE_CONT, tracee->tid, NULL, signal_number);
	return tracee->state = TRACEE_SEIZED;
}

static bool parse_tid(const char *name, pid_t *ret)
{
	pid_t tid = 0;
	for (; *name >= '0' && *name <= '9'; name++)
		tid = tid * 10 + (*name - '0');
	*ret = tid;
	return tid && !*name;
}

static struct tracee *find_tracee(struct tracees *tracees, pid_t tid, size_t *hint)
{
	for (size_t i = 0; i < tracees->n; i++) {
		size_t at = (*hint + i) % tracees->n;
		if (tracees->data[at].tid == tid) {
			*hint = at + 1;
			return &tracees->data[at];
		}
	}
	return NULL;
}

/*
 * Seizes and interrupts a thread that is not known yet. A thread that has
 * ended already cannot be seized and need not be.
 */
static enum freeze_fault seize(struct tracees *tracees, pid_t tid, struct freeze *freeze)
{
	if (tracees->n == tracees->capacity)
		return FREEZE_TOO_MANY_THREADS;
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0) {
		int code = errno;
		if (code == ESRCH || task_is_dead(tid))
			return tid == tracees->pid ? FREEZE_GONE : FREEZE_FINE;
		freeze->fault_errno = code;
		freeze->fault_tid = tid;
		return FREEZE_REFUSED;
	}
	ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
	tracees->data[tracees->n++] = (struct tracee){.tid = tid, .state = TRACEE_SEIZED};
	return FREEZE_FINE;
}

/* Seizes all threads that the task folder lists now. */
static enum freeze_fault seize_listed(struct tracees *tracees, struct freeze *freeze)
{
	_Alignas(8) char buffer[8192];
	size_t hint = 0;
	if (lseek(tracees->task_fd, 0, SEEK_SET) < 0)
		return FREEZE_GONE;
	for (;;) {
		long n = syscall(SYS_getdents64, tracees->task_fd, buffer, sizeof(buffer));
		if (n <= 0)
			return n < 0 ? FREEZE_GONE : FREEZE_FINE;
		for (long at = 0; at < n;) {
			const struct task_entry *entry = (const void *)(buffer + at);
			pid_t tid;
			at += entry->length;
			if (!parse_tid(entry->name, &tid) || find_tracee(tracees, tid, &hint))
				continue;
			enum freeze_fault fault = seize(tracees, tid, freeze);
			if (fault)
				return fault;
		}
	}
}

static size_t count(const struct tracees *tracees, enum tracee_state state)
{
	size_t n = 0;
	for (size_t i = 0; i < tracees->n; i++)
		n += tracees->data[i].state == state;
	return n;
}

/*
 * A stopped thread has one more thing to report: that it was killed. Until that
 * is taken the main thread does not report its own end.
 */
static void take_reports(struct tracees *tracees)
{
	for (size_t i = 0; i < tracees->n; i++) {
		struct tracee *tracee = &tracees->data[i];
		int status;
		if (tracee->state != TRACEE_GONE && poll_tracee(tracee->tid, &status))
			tracee_take(tracee, status);
	}
}

/* Whether waiting for the seized threads since `started_ns` has taken long enough. */
static bool is_over(
	const struct tracees *tracees, uint64_t started_ns, const struct patience *patience)
{
	uint64_t waited = now_ns() - started_ns;
	if (waited < patience->asleep_ns || waited >= patience->slow_ns)
		return waited >= patience->slow_ns;
	for (size_t i = 0; i < tracees->n; i++) {
		const struct tracee *tracee = &tracees->data[i];
		if (tracee->state == TRACEE_SEIZED && task_state(tracee->tid) == 'D')
			return true;
	}
	return false;
}

/* Whether all seized threads have stopped or ended before patience was over. */
static bool gather_all(
	struct tracees *tracees, uint64_t started_ns, const struct patience *patience)
{
	uint64_t now = now_ns();
	for (;;) {
		take_reports(tracees);
		if (!count(tracees, TRACEE_SEIZED))
			return true;
		if (is_over(tracees, started_ns, patience))
			return false;
		pause_between_polls(now, UINT64_MAX);
	}
}

/* Whether any has stopped. */
static bool gather_one(struct tracees *tracees, const struct patience *patience)
{
	uint64_t started = now_ns();
	for (;;) {
		take_reports(tracees);
		if (count(tracees, TRACEE_STOPPED))
			return true;
		if (!count(tracees, TRACEE_SEIZED) || is_over(tracees, started, patience))
			return false;
		pause_between_polls(started, UINT64_MAX);
	}
}

static void forget_gone(struct tracees *tracees)
{
	size_t n = 0;
	for (size_t i = 0; i < tracees->n; i++) {
		if (tracees->data[i].state != TRACEE_GONE)
			tracees->data[n++] = tracees->data[i];
	}
	tracees->n = n;
}

static bool leader_is_gone(const struct tracees *tracees)
{
	for (size_t i = 0; i < tracees->n; i++) {
		if (tracees->data[i].tid == tracees->pid)
			return tracees->data[i].state == TRACEE_GONE;
	}
	return false;
}

static pid_t first_running(const struct tracees *tracees)
{
	for (size_t i = 0; i < tracees->n; i++) {
		if (tracees->data[i].state == TRACEE_SEIZED)
			return tracees->data[i].tid;
	}
	return 0;
}

static enum freeze_fault stop_once(
	struct tracees *tracees, struct freeze *freeze, const struct patience *patience)
{
	for (;;) {
		size_t known = tracees->n;
		enum freeze_fault fault = seize_listed(tracees, freeze);
		if (fault)
			return fault;
		if (known && tracees->n == known)
			return FREEZE_FINE;
		if (!gather_all(tracees, freeze->stopped_ns, patience)) {
			freeze->fault_tid = first_running(tracees);
			return FREEZE_STUCK;
		}
		if (leader_is_gone(tracees))
			return FREEZE_GONE;
	}
}

void tracees_let_go(struct tracees *tracees)
{
	uint64_t started = now_ns();
	for (;;) {
		take_reports(tracees);
		tracees_resume(tracees);
		forget_gone(tracees);
		if (!tracees->n || is_over(tracees, started, &while_running))
			return;
		pause_between_polls(started, UINT64_MAX);
	}
}

static void read_thread(struct tracee *tracee)
{
	struct arch_regs regs;
	if (tracee->state != TRACEE_STOPPED || !arch_read_regs(tracee->tid, &regs))
		return;
	tracee->stack_pointer = arch_stack_pointer(&regs);
	tracee->thread_pointer = arch_thread_pointer(tracee->tid, &regs);
}

enum freeze_fault tracees_stop(struct tracees *tracees, struct freeze *freeze)
{
	struct patience patience = while_stopped;
	for (unsigned attempt = 0;; attempt++) {
		freeze->stopped_ns = now_ns();
		enum freeze_fault fault = stop_once(tracees, freeze, &patience);
		if (!fault)
			break;
		freeze->pause_ns += now_ns() - freeze->stopped_ns;
		freeze->stopped_ns = 0;
		tracees_let_go(tracees);
		if (fault != FREEZE_STUCK || tracees->n || attempt + 1 == STOP_ATTEMPTS)
			return fault;
		patience.slow_ns *= 2;
	}
	for (size_t i = 0; i < tracees->n; i++)
		read_thread(&tracees->data[i]);
	return FREEZE_FINE;
}

/* Whether a signal of one of the queues waits that the thread does not block. */
static bool queue_has_signal(pid_t tid, uint32_t queue, uint64_t blocked)
{
	siginfo_t waiting[16];
	struct peek_arguments peek = {.flags = queue, .n = ARRAY_SIZE(waiting)};
	for (;;) {
		long n = ptrace(PTRACE_PEEKSIGINFO, tid, &peek, waiting);
		if (n < 0)
			return true;
		for (long i = 0; i < n; i++) {
			if (!(blocked >> (waiting[i].si_signo - 1) & 1))
				return true;
		}
		if (n < peek.n)
			return false;
		peek.offset += (uint64_t)n;
	}
}

static bool has_signal(pid_t tid)
{
	uint64_t blocked;
	return ptrace(PTRACE_GETSIGMASK, tid, sizeof(blocked), &blocked) < 0 ||
	       queue_has_signal(tid, 0, blocked) ||
	       queue_has_signal(tid, PEEK_SHARED_QUEUE, blocked);
}

void tracee_resume(struct tracee *tracee)
{
	struct arch_regs regs;
	if (arch_read_regs(tracee->tid, &regs) && arch_repeat_epoll(&regs) &&
		!has_signal(tracee->tid))
		arch_write_regs(tracee->tid, &regs);
	bool was_killed = ptrace(PTRACE_DETACH, tracee->tid, NULL, NULL) < 0;
	if (was_killed)
		waitpid(tracee->tid, NULL, __WALL | WNOHANG);
	tracee->state = TRACEE_GONE;
}

void tracees_resume(struct tracees *tracees)
{
	for (size_t i = 0; i < tracees->n; i++) {
		if (tracees->data[i].state == TRACEE_STOPPED)
			tracee_resume(&tracees->data[i]);
	}
}

struct tracee *tracees_stop_one(struct tracees *tracees)
{
	struct freeze ignored;
	forget_gone(tracees);
	if (!tracees->n)
		seize(tracees, tracees->pid, &ignored);
	if (!gather_one(tracees, &while_stopped)) {
		forget_gone(tracees);
		seize_listed(tracees, &ignored);
		gather_one(tracees, &while_running);
	}
	struct tracee *chosen = NULL;
	for (size_t i = 0; i < tracees->n; i++) {
		struct tracee *tracee = &tracees->data[i];
		if (tracee->state != TRACEE_STOPPED)
			continue;
		if (chosen)
			tracee_resume(tracee);
		else
			chosen = tracee;
	}
	return chosen;
}
