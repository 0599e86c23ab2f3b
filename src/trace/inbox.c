#include "trace/inbox.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 4096
#define STALE_SECONDS 60

/* ---- folders of runs that were killed ---- */

static struct sockaddr_un address_in(const char *folder)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%.99s/table", folder);
	return address;
}

/* One of ours for some time, where nobody listens any more. */
static bool is_stale(const char *folder)
{
	struct stat status, door;
	struct sockaddr_un address = address_in(folder);
	if (lstat(folder, &status) || !S_ISDIR(status.st_mode) || status.st_uid != geteuid() ||
		time(NULL) - status.st_mtime < STALE_SECONDS)
		return false;
	if (lstat(address.sun_path, &door) || !S_ISSOCK(door.st_mode))
		return false;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool is_stale = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) &&
			errno == ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	return is_stale;
}

static void remove_folder(const char *folder)
{
	DIR *files = opendir(folder);
	for (struct dirent *file; files && (file = readdir(files));)
		unlinkat(dirfd(files), file->d_name, 0);
	if (files)
		closedir(files);
	rmdir(folder);
}

/* What runs that were killed left beside this folder. */
static void sweep(const char *folder)
{
	char pattern[sizeof(((struct inbox *)0)->folder)];
	glob_t found;
	snprintf(pattern, sizeof(pattern), "%.*s/whymem-??????",
		(int)(strrchr(folder, '/') - folder), folder);
	if (glob(pattern, GLOB_NOSORT, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (is_stale(found.gl_pathv[i]))
			remove_folder(found.gl_pathv[i]);
	}
	globfree(&found);
}

/* ---- begin and end ---- */

/* A folder whose name fits into the address of a socket, and into the variable. */
static bool make_folder(const char *parent, struct inbox *inbox)
{
	if (!parent || *parent != '/' || strpbrk(parent, " \t\n") ||
		snprintf(inbox->folder, sizeof(inbox->folder), "%s/whymem-XXXXXX", parent) >=
			(int)sizeof(inbox->folder))
		return false;
	return mkdtemp(inbox->folder) != NULL;
}

static bool watch(const struct inbox *inbox, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
	return !epoll_ctl(inbox->fd, EPOLL_CTL_ADD, fd, &event);
}

static struct error *listen_at(struct inbox *inbox)
{
	struct sockaddr_un address = address_in(inbox->folder);
	memcpy(inbox->socket, address.sun_path, sizeof(inbox->socket));
	inbox->fd = epoll_create1(EPOLL_CLOEXEC);
	inbox->door = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (inbox->fd < 0 || inbox->door < 0 ||
		bind(inbox->door, (struct sockaddr *)&address, sizeof(address)) ||
		listen(inbox->door, BACKLOG) || !watch(inbox, inbox->door))
		return error_create(ERROR_INTERNAL, errno, NULL,
			"cannot listen at a socket for the tables of the program: %s",
			strerror(errno));
	return NULL;
}

struct error *inbox_open(struct inbox *ret)
{
	struct inbox inbox = {.fd = -1, .door = -1};
	if (!make_folder(getenv("TMPDIR"), &inbox) && !make_folder("/tmp", &inbox))
		return error_create(ERROR_UNREADABLE_FILE, errno,
			"set TMPDIR to a folder that can be written, without blanks in its name",
			"cannot make a folder in /tmp: %s", strerror(errno));
	sweep(inbox.folder);
	struct error *error = listen_at(&inbox);
	if (error)
		inbox_close(&inbox);
	else
		*ret = inbox;
	return error;
}

void inbox_close(struct inbox *inbox)
{
	if (!*inbox->folder)
		return;
	if (inbox->fd >= 0)
		close(inbox->fd);
	if (inbox->door >= 0)
		close(inbox->door);
	if (*inbox->socket)
		unlink(inbox->socket);
	rmdir(inbox->folder);
	*inbox = (struct inbox){.fd = -1, .door = -1};
}

/* ---- letters ---- */

/* The first descriptor that came; others are closed. */
static int take_descriptor(struct msghdr *header)
{
	int taken = -1;
	for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at; at = CMSG_NXTHDR(header, at)) {
		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < (at->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(at) + i * sizeof(int), sizeof(fd));
			if (taken < 0)
				taken = fd;
			else
				close(fd);
		}
	}
	return taken;
}

static bool read_message(int fd, struct trace_message *message, int *table_ret)
{
	union {
		char bytes[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr aligned;
	} control;
	struct iovec part = {message, sizeof(*message)};
	struct msghdr header = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes)};
	ssize_t n = recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	*table_ret = n < 0 ? -1 : take_descriptor(&header);
	message->text[sizeof(message->text) - 1] = '\0';
	return n == sizeof(*message) && message->magic == TRACE_MESSAGE_MAGIC &&
	       message->kind <= TRACE_MESSAGE_SHORT;
}

static bool may_write(int fd, pid_t *pid_ret)
{
	struct ucred sender;
	socklen_t n = sizeof(sender);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &sender, &n))
		return false;
	*pid_ret = sender.pid;
	return sender.uid == geteuid() || sender.uid == 0;
}

/* Reads what came through one connection. */
static bool read_letter(int fd, struct letter *ret)
{
	struct trace_message message;
	int table = -1;
	bool is_good = may_write(fd, &ret->pid) && read_message(fd, &message, &table);
	if (is_good) {
		ret->kind = message.kind;
		memcpy(ret->text, message.text, sizeof(ret->text));
	}
	if (is_good && ret->kind == TRACE_MESSAGE_TABLE)
		is_good = table >= 0 && trace_open(table, &ret->trace);
	if (table >= 0)
		close(table);
	return is_good;
}

bool inbox_take(const struct inbox *inbox, struct letter *ret)
{
	struct epoll_event event;
	while (epoll_wait(inbox->fd, &event, 1, 0) > 0) {
		int fd = event.data.fd;
		if (fd == inbox->door) {
			int sender = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
			if (sender < 0 && (errno == EMFILE || errno == ENFILE))
				return false;
			if (sender >= 0 && !watch(inbox, sender))
				close(sender);
			continue;
		}
		*ret = (struct letter){.waiting = -1};
		bool is_good = read_letter(fd, ret);
		if (is_good && trace_message_waits(ret->kind)) {
			epoll_ctl(inbox->fd, EPOLL_CTL_DEL, fd, NULL);
			ret->waiting = fd;
		} else {
			close(fd);
		}
		if (is_good)
			return true;
	}
	return false;
}
