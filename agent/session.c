/*
 * The run of whymem that this process belongs to: read from the environment,
 * which then is as the user made it; and messages to it.
 *
 * Everything that sends is system calls alone: it also runs in the child of a
 * vfork(), which has its parent's memory.
 */
#include "agent.h"

#include "base/clock.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct session session;

/* ---- the environment ---- */

/* Where "NAME=" stands in the environment, or NULL. */
static char **find_variable(const char *name)
{
	size_t n = strlen(name);
	for (char **at = environ; at && *at; at++) {
		if (!strncmp(*at, name, n) && (*at)[n] == '=')
			return at;
	}
	return NULL;
}

/* In place: main() also gets the array that the kernel made. */
static void remove_variable(char **at)
{
	for (; at && *at; at++)
		*at = at[1];
}

/* LD_PRELOAD as the user had it, or none. */
static void restore_preload(const char *user)
{
	char **at = find_variable("LD_PRELOAD");
	if (!at)
		return;
	char *value = *at + strlen("LD_PRELOAD=");
	if (user && strlen(user) <= strlen(value))
		memmove(value, user, strlen(user) + 1);
	else
		remove_variable(at);
}

static bool copy_word(char *to, size_t size, const char **text)
{
	size_t n = strcspn(*text, " ");
	if (!n || n >= size)
		return false;
	memcpy(to, *text, n);
	to[n] = '\0';
	*text += n;
	return true;
}

static bool parse(const char *value)
{
	char *end;
	long pid = strtol(value, &end, 10);
	if (end == value || *end != ' ')
		return false;
	session.must_be_traced = pid == getpid();
	session.follows_children = strtol(end, &end, 10) != 0;
	if (*end != ' ')
		return false;
	const char *rest = end + 1;
	if (!copy_word(session.socket, sizeof(session.socket), &rest))
		return false;
	Dl_info self;
	size_t n_bytes = dladdr(&session, &self) ? strlen(self.dli_fname) + 1 : 0;
	if (!n_bytes || n_bytes > sizeof(session.agent))
		return false;
	memcpy(session.agent, self.dli_fname, n_bytes);
	session.first_pid = (uint32_t)pid;
	restore_preload(rest[0] == ' ' && rest[1] == '=' ? rest + 2 : NULL);
	return true;
}

bool session_begin(void)
{
	char **at = find_variable(TRACE_VARIABLE);
	if (!at)
		return false;
	session.is_there = parse(strchr(*at, '=') + 1);
	remove_variable(find_variable(TRACE_VARIABLE));
	return session.is_there;
}

/* ---- messages ---- */

static int session_connect(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	memcpy(address.sun_path, session.socket, sizeof(session.socket));
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A connection over which the message went, or -1. */
static int send_message(enum trace_message_kind kind, const char *text, int table_fd)
{
	struct trace_message message = {.magic = TRACE_MESSAGE_MAGIC, .kind = kind};
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr aligned;
	} control = {0};
	struct iovec part = {&message, sizeof(message)};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	strncpy(message.text, text, sizeof(message.text) - 1);
	if (table_fd >= 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
		control.aligned = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&control.aligned), &table_fd, sizeof(int));
	}
	int fd = session_connect();
	if (fd < 0 || sendmsg(fd, &header, MSG_NOSIGNAL) == sizeof(message))
		return fd;
	close(fd);
	return -1;
}

bool session_send(enum trace_message_kind kind, const char *text, int table_fd)
{
	int fd = send_message(kind, text, table_fd);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Yama: a process may be looked at by its parents alone, unless it says otherwise. */
static void permit(int fd)
{
	struct ucred whymem;
	socklen_t n = sizeof(whymem);
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &whymem, &n))
		prctl(PR_SET_PTRACER, (unsigned long)whymem.pid, 0, 0, 0);
}

void session_wait(enum trace_message_kind kind, const char *text, uint64_t ns)
{
	int fd = send_message(kind, text, -1);
	if (fd < 0)
		return;
	uint64_t until_ns = monotonic_ns() + ns, now_ns;
	struct pollfd closed = {.fd = fd, .events = POLLIN};
	permit(fd);
	while ((now_ns = monotonic_ns()) < until_ns) {
		int n = poll(&closed, 1, (int)((until_ns - now_ns) / 1000000) + 1);
		if (n > 0 || (n < 0 && errno != EINTR))
			break;
	}
	prctl(PR_SET_PTRACER, 0, 0, 0, 0);
	close(fd);
}

bool session_is_open(void)
{
	return session.is_there && !access(session.socket, W_OK);
}
