#include "target/freezer.h"

#include "base/cleanup.h"
#include "target/access.h"
#include "target/guardian.h"
#include "target/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPARE_THREADS 4096

static size_t range_words(const struct freeze_range *range)
{
	return (range->end - range->begin) / 4096 / 64 + 1;
}

/* Lays the shared block out; its size when `base` is NULL. */
static size_t lay_out(const struct freezer_request *request, uint8_t *base)
{
	size_t n = align_up(sizeof(struct freeze), 64);
	size_t ranges_at = n;
	n += request->n_ranges * sizeof(struct freeze_range);
	size_t threads_at = n, capacity = 2 * request->n_threads + SPARE_THREADS;
	n += 2 * capacity * sizeof(struct tracee);
	if (base) {
		struct freeze *freeze = (struct freeze *)base;
		freeze->ranges = (struct freeze_range *)(base + ranges_at);
		freeze->n_ranges = request->n_ranges;
		freeze->threads = (struct tracee *)(base + threads_at);
		freeze->later_threads = freeze->threads + capacity;
		freeze->thread_capacity = capacity;
	}
	for (size_t i = 0; i < request->n_ranges; i++) {
		if (base) {
			struct freeze_range *range = &((struct freeze *)base)->ranges[i];
			*range = request->ranges[i];
			range->resident = (uint64_t *)(base + n);
		}
		n += range_words(&request->ranges[i]) * sizeof(uint64_t);
	}
	return n;
}

/* Forks the guardian; in whymem its number is returned, or -1. */
static pid_t spawn(struct freeze *freeze, int pidfd, int sockets[2])
{
	pid_t pid = fork();
	if (pid == 0)
		guardian_run(freeze, sockets[1], pidfd);
	return pid;
}

struct error *freezer_start(const struct freezer_request *request, struct freezer *ret)
{
	size_t n_bytes = lay_out(request, NULL);
	void *shared = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (shared == MAP_FAILED)
		return &error_no_memory;
	lay_out(request, shared);
	struct freeze *freeze = shared;
	freeze->pid = request->pid;
	freeze->want_clone = request->want_clone;
	freeze->suspend_seccomp = request->suspend_seccomp;
	int sockets[2] = {-1, -1};
	pid_t guardian = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0)
		guardian = spawn(freeze, request->pidfd, sockets);
	int code = errno;
	if (sockets[1] >= 0)
		close(sockets[1]);
	if (guardian < 0) {
		if (sockets[0] >= 0)
			close(sockets[0]);
		munmap(shared, n_bytes);
		return error_create(ERROR_INTERNAL, code,
			"raise the limits of processes and open files of whymem",
			"cannot start the guardian process: %s", strerror(code));
	}
	*ret = (struct freezer){.freeze = freeze,
		.n_shared_bytes = n_bytes,
		.guardian = guardian,
		.control = sockets[0],
		.mem_fd = -1,
		.pagemap_fd = -1};
	return NULL;
}

static void take_fds(struct freezer *freezer, struct msghdr *header)
{
	struct cmsghdr *attached = CMSG_FIRSTHDR(header);
	if (!attached || attached->cmsg_type != SCM_RIGHTS ||
		attached->cmsg_len != CMSG_LEN(2 * sizeof(int)))
		return;
	int fds[2];
	memcpy(fds, CMSG_DATA(attached), sizeof(fds));
	freezer->mem_fd = fds[0];
	freezer->pagemap_fd = fds[1];
}

/* The guardian's next message; 0 when it is dead. */
static int receive(struct freezer *freezer)
{
	_Alignas(struct cmsghdr) char ancillary[CMSG_SPACE(2 * sizeof(int))] = {0};
	char byte = 0;
	struct iovec io = {&byte, 1};
	struct msghdr header = {.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = ancillary,
		.msg_controllen = sizeof(ancillary)};
	ssize_t n;
	while ((n = recvmsg(freezer->control, &header, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
		;
	if (n != 1)
		return 0;
	take_fds(freezer, &header);
	return byte;
}

static void send_message(struct freezer *freezer, enum freeze_message message)
{
	char byte = (char)message;
	/* A dead guardian shows when its answer is read. */
	while (send(freezer->control, &byte, 1, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static struct error *guardian_died(void)
{
	return error_create(ERROR_INTERNAL, 0,
		"try again; if the process misbehaves now, restart it",
		"the guardian process was killed while it worked on the target");
}

static struct error *stuck(const struct freeze *freeze)
{
	char path[PROC_NAME_BYTES];
	_cleanup_free_ char *name = NULL;
	snprintf(path, sizeof(path), "task/%d/comm", freeze->fault_tid);
	error_destroy(proc_read(freeze->pid, path, &name, NULL));
	struct error *error = error_create(ERROR_UNSTOPPABLE, 0, NULL,
		"thread %d (%.*s) of process %d cannot be stopped: it waits in the kernel for a "
		"disk, "
		"a network file system or a child in vfork; the process runs on unharmed",
		freeze->fault_tid, name ? (int)strcspn(name, "\n") : 1, name ? name : "?",
		freeze->pid);
	return error_set_remedy(error,
		"try again later; /proc/%d/task/%d/wchan names what it waits for", freeze->pid,
		freeze->fault_tid);
}

static struct error *explain_fault(const struct freeze *freeze)
{
	switch (freeze->fault) {
	case FREEZE_FINE:
		break;
	case FREEZE_GONE:
		return error_create(ERROR_EXITING, 0, "name another process",
			"process %d ended before it could be read", freeze->pid);
	case FREEZE_REFUSED: {
		struct error *error = capture_check_access(freeze->pid);
		return error ? error : access_explain_refusal(freeze->pid, freeze->fault_errno);
	}
	case FREEZE_STUCK:
		return stuck(freeze);
	case FREEZE_TOO_MANY_THREADS:
		return error_create(ERROR_UNSTOPPABLE, 0, "try again",
			"process %d starts threads faster than they can be stopped", freeze->pid);
	}
	return guardian_died();
}

struct error *freezer_freeze(struct freezer *freezer)
{
	send_message(freezer, FREEZE_GO);
	int message = receive(freezer);
	const struct freeze *freeze = freezer->freeze;
	if (message != FREEZE_HELD)
		return message ? explain_fault(freeze) : guardian_died();
	freezer->held = freeze->copy ? freeze->copy : freeze->pid;
	if (freezer->mem_fd >= 0)
		return NULL;
	return error_create(ERROR_EXITING, 0, "name another process",
		"process %d ended while it was captured", freeze->pid);
}

struct error *freezer_release(struct freezer *freezer)
{
	send_message(freezer, FREEZE_RELEASE);
	return receive(freezer) == FREEZE_OVER ? NULL : guardian_died();
}

void freezer_destroy(struct freezer *freezer)
{
	if (!freezer->freeze)
		return;
	cleanup_close(&freezer->mem_fd);
	cleanup_close(&freezer->pagemap_fd);
	close(freezer->control);
	while (waitpid(freezer->guardian, NULL, 0) < 0 && errno == EINTR)
		;
	munmap(freezer->freeze, freezer->n_shared_bytes);
	freezer->freeze = NULL;
}
