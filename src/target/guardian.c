#include "target/guardian.h"

#include "target/inject.h"
#include "target/pagemap.h"
#include "target/procpath.h"
#include "target/tracee.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000ull
#define LOOK_MS 200                /* how often we look whether whymem makes progress */
#define STALL_NS (2000 * MS)       /* without any, a held target is released */
#define STALL_COPY_NS (10000 * MS) /* and a copy is dropped */
#define REAP_NS (5000 * MS)

struct guardian {
	struct freeze *freeze;
	int control, pidfd, pagemap_fd;
	struct tracees tracees;
	addr_t code;
	int64_t copy_inside; /* the copy's number as the target sees it */
	struct injection injection;
};

static void close_others(int first, int second)
{
	struct rlimit limit;
	unsigned low = (unsigned)MIN(first, second), high = (unsigned)MAX(first, second);
	bool done = (!low || syscall(SYS_close_range, 0, low - 1, 0) == 0) &&
		    (low + 1 == high || syscall(SYS_close_range, low + 1, high - 1, 0) == 0) &&
		    syscall(SYS_close_range, high + 1, ~0u, 0) == 0;
	if (done || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	for (unsigned fd = 0; fd < MIN(limit.rlim_cur, 65536); fd++) {
		if (fd != low && fd != high)
			close((int)fd);
	}
}

/* No terminal, no signal and no descriptor of whymem reaches us. */
static void isolate(struct guardian *guardian)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGCHLD, SIG_DFL);
	setsid();
	prctl(PR_SET_NAME, "whymem-guardian");
	close_others(guardian->control, guardian->pidfd);
}

static void tell(
	struct guardian *guardian, enum freeze_message message, const int *fds, size_t n_fds)
{
	_Alignas(struct cmsghdr) char ancillary[CMSG_SPACE(2 * sizeof(int))] = {0};
	char byte = (char)message;
	struct iovec io = {&byte, 1};
	struct msghdr header = {.msg_iov = &io, .msg_iovlen = 1};
	if (n_fds) {
		header.msg_control = ancillary;
		header.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		struct cmsghdr *attached = CMSG_FIRSTHDR(&header);
		attached->cmsg_level = SOL_SOCKET;
		attached->cmsg_type = SCM_RIGHTS;
		attached->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(attached), fds, n_fds * sizeof(int));
	}
	/* Nobody listens any more: that shows at the next read. */
	while (sendmsg(guardian->control, &header, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* The next message of whymem; FREEZE_RELEASE when it is dead. */
static enum freeze_message listen_to_whymem(struct guardian *guardian)
{
	char byte;
	ssize_t n;
	while ((n = read(guardian->control, &byte, 1)) < 0 && errno == EINTR)
		;
	return n == 1 ? (enum freeze_message)byte : FREEZE_RELEASE;
}

static void read_live_ranges(struct guardian *guardian)
{
	for (size_t i = 0; i < guardian->freeze->n_ranges; i++) {
		struct freeze_range *range = &guardian->freeze->ranges[i];
		range->is_read = pagemap_read(
			guardian->pagemap_fd, range->begin, range->end, range->resident, NULL);
	}
}

static void release_target(struct guardian *guardian)
{
	struct freeze *freeze = guardian->freeze;
	if (!freeze->stopped_ns)
		return;
	tracees_resume(&guardian->tracees);
	freeze->pause_ns += now_ns() - freeze->stopped_ns;
	freeze->stopped_ns = 0;
}

/* Has `thread` make the copy. */
static enum inject_result clone_by(struct guardian *guardian, struct tracee *thread)
{
	static const uint64_t arguments[5] = {CLONE_FILES | CLONE_FS};
	struct freeze *freeze = guardian->freeze;
	struct injection *injection = &guardian->injection;
	enum inject_result result =
		inject_begin(injection, thread->tid, guardian->code, freeze->suspend_seccomp);
	if (result)
		return result;
	pid_t copy = 0;
	int64_t inside = -EAGAIN;
	result = inject_call(injection, SYS_clone, arguments, &inside, &copy);
	if (result != INJECT_GONE)
		read_live_ranges(guardian);
	enum inject_result ended = result == INJECT_GONE ? INJECT_GONE : inject_end(injection);
	freeze->copy = copy;
	guardian->copy_inside = inside;
	if (ended)
		return ended;
	if (copy) {
		freeze->clone = CLONE_MADE;
	} else if (!result) {
		freeze->clone = CLONE_REFUSED;
		freeze->clone_errno = (int)-inside;
	}
	return result;
}

/* The copy by the first thread that can; the main thread is the first of all. */
static void make_copy(struct guardian *guardian)
{
	struct freeze *freeze = guardian->freeze;
	struct tracees *tracees = &guardian->tracees;
	freeze->clone = CLONE_NO_THREAD;
	if (!guardian->code)
		return;
	for (size_t i = 0; i < tracees->n; i++) {
		if (tracees->data[i].state != TRACEE_STOPPED)
			continue;
		enum inject_result result = clone_by(guardian, &tracees->data[i]);
		if (result == INJECT_GONE)
			tracees->data[i].state = TRACEE_GONE;
		if (result == INJECT_FORBIDDEN)
			freeze->clone = CLONE_FORBIDDEN;
		if (result != INJECT_UNFIT || freeze->copy)
			return;
	}
}

static uint64_t wall_clock_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int open_in_proc(pid_t pid, const char *name, int flags)
{
	char path[PROC_PATH_BYTES];
	proc_path(path, pid, name);
	return open(path, flags | O_CLOEXEC);
}

/*
 * The copy was attached when it was made and stops before its first
 * instruction. The out-of-memory killer is to take it first.
 */
static void receive_copy(struct guardian *guardian)
{
	int status;
	pid_t copy = guardian->freeze->copy;
	if (tracee_wait(copy, UINT64_MAX, &status) && WIFSTOPPED(status))
		ptrace(PTRACE_SETOPTIONS, copy, NULL, PTRACE_O_EXITKILL);
	int fd = open_in_proc(copy, "/oom_score_adj", O_WRONLY);
	if (fd >= 0) {
		ssize_t written = write(fd, "1000", 4);
		(void)written; /* a preference, no more */
		close(fd);
	}
}

static void freeze_target(struct guardian *guardian)
{
	struct freeze *freeze = guardian->freeze;
	guardian->pagemap_fd = open_in_proc(freeze->pid, "/pagemap", O_RDONLY);
	guardian->tracees = (struct tracees){
		.pid = freeze->pid,
		.task_fd = open_in_proc(freeze->pid, "/task", O_RDONLY | O_DIRECTORY),
		.data = freeze->threads,
		.capacity = freeze->thread_capacity,
	};
	guardian->code = freeze->want_clone ? inject_find_code(freeze->pid) : 0;
	freeze->fault = tracees_stop(&guardian->tracees, freeze);
	if (freeze->fault)
		return;
	freeze->frozen_unix_ns = wall_clock_ns();
	freeze->n_threads = guardian->tracees.n;
	freeze->clone = CLONE_NOT_WANTED;
	if (freeze->want_clone)
		make_copy(guardian);
	if (freeze->copy) {
		release_target(guardian);
		receive_copy(guardian);
	}
}

static bool pidfd_says_dead(const struct guardian *guardian)
{
	struct pollfd event = {guardian->pidfd, POLLIN, 0};
	return poll(&event, 1, 0) == 1;
}

/* The pidfd tells the end of a process only when its tracer has collected its threads. */
static bool target_is_dead(const struct guardian *guardian)
{
	return pidfd_says_dead(guardian) ||
	       (guardian->freeze->stopped_ns && task_is_dead(guardian->freeze->pid));
}

/* Until whymem is done, dies or stands still, or the target ends. */
static void hold(struct guardian *guardian)
{
	struct freeze *freeze = guardian->freeze;
	uint64_t patience = freeze->copy ? STALL_COPY_NS : STALL_NS;
	/* Counted in looks, not by the clock: while the whole machine stands still so do we. */
	uint64_t seen = atomic_load(&freeze->progress), n_looks = 0;
	struct pollfd events[] = {{guardian->control, POLLIN, 0}, {guardian->pidfd, POLLIN, 0}};
	for (;;) {
		int n = poll(events, ARRAY_SIZE(events), LOOK_MS);
		if (n > 0 && events[0].revents)
			return;
		if (target_is_dead(guardian)) {
			freeze->target_died =
				true; /* before the copy goes: its reader looks here */
			return;
		}
		uint64_t progress = atomic_load(&freeze->progress);
		if (progress != seen) {
			seen = progress;
			n_looks = 0;
		} else if (++n_looks * LOOK_MS * MS > patience) {
			freeze->stalled = true;
			return;
		}
	}
}

/* Has any thread of the target collect the dead copy; true when nothing is left of it. */
static bool reap_by(struct guardian *guardian, struct tracee *thread)
{
	struct injection *injection = &guardian->injection;
	const uint64_t arguments[5] = {(uint64_t)guardian->copy_inside, 0, __WALL | WNOHANG, 0};
	if (inject_begin(injection, thread->tid, guardian->code, guardian->freeze->suspend_seccomp))
		return false;
	int64_t reaped = 0;
	enum inject_result result = inject_call(injection, SYS_wait4, arguments, &reaped, NULL);
	if (result != INJECT_GONE)
		inject_end(injection);
	return result == INJECT_FINE && (reaped == guardian->copy_inside || reaped == -ECHILD);
}

/* The target may have become another program since, so its code is looked for again. */
static void reap_copy(struct guardian *guardian)
{
	const struct timespec between = {0, 20 * MS};
	uint64_t deadline = now_ns() + REAP_NS;
	bool done = false;
	guardian->tracees.data = guardian->freeze->later_threads;
	guardian->tracees.n = 0;
	while (!done && !pidfd_says_dead(guardian)) {
		struct tracee *thread = tracees_stop_one(&guardian->tracees);
		done = thread ? reap_by(guardian, thread) : task_is_dead(guardian->freeze->pid);
		tracees_let_go(&guardian->tracees);
		if (done || now_ns() >= deadline)
			break;
		nanosleep(&between, NULL);
		guardian->code = inject_find_code(guardian->freeze->pid);
	}
	guardian->freeze->zombie_left = !done && !pidfd_says_dead(guardian);
}

static void drop_copy(struct guardian *guardian)
{
	int status;
	pid_t copy = guardian->freeze->copy;
	kill(copy, SIGKILL);
	while (tracee_wait(copy, UINT64_MAX, &status) && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, copy, NULL, NULL);
	reap_copy(guardian);
}

void guardian_run(struct freeze *freeze, int control, int pidfd)
{
	static struct guardian guardian;
	guardian = (struct guardian){.freeze = freeze, .control = control, .pidfd = pidfd};
	isolate(&guardian);
	if (listen_to_whymem(&guardian) != FREEZE_GO)
		_exit(0);
	freeze_target(&guardian);
	if (!freeze->fault) {
		pid_t held = freeze->copy ? freeze->copy : freeze->pid;
		int fds[] = {open_in_proc(held, "/mem", O_RDONLY),
			open_in_proc(held, "/pagemap", O_RDONLY)};
		bool both = fds[0] >= 0 && fds[1] >= 0;
		tell(&guardian, FREEZE_HELD, fds, both ? 2 : 0);
		hold(&guardian);
		freeze->target_died |= target_is_dead(&guardian);
	}
	release_target(&guardian);
	if (freeze->copy)
		drop_copy(&guardian);
	freeze->is_over = true;
	tell(&guardian, FREEZE_OVER, NULL, 0);
	_exit(0);
}
