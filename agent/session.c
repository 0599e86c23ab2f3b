/*
 * The run of whymem that this process belongs to: read from the environment,
 * which then is as the user made it; messages to it; its table.
 *
 * Everything that sends is system calls alone: it also runs in the child of a
 * vfork(), which has its parent's memory.
 */
#include "agent.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

struct session session;
struct table table;

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
	if (!dladdr(&session, &self) || strlen(self.dli_fname) >= sizeof(session.agent))
		return false;
	strcpy(session.agent, self.dli_fname);
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

bool session_send(enum trace_message_kind kind, const char *text, int table_fd)
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
	bool is_sent = fd >= 0 && sendmsg(fd, &header, MSG_NOSIGNAL) == sizeof(message);
	if (fd >= 0)
		close(fd);
	return is_sent;
}

bool session_is_open(void)
{
	return session.is_there && !access(session.socket, W_OK);
}

/* ---- the table ---- */

static int make_file(void)
{
	int fd = memfd_create("whymem trace", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && (ftruncate(fd, (off_t)TRACE_FILE_BYTES) ||
			       fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* At the place of the table that is mapped already, if one is. */
static bool map_table(int fd)
{
	char *at = sys_mmap(table.header, TRACE_FILE_BYTES, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_NORESERVE | (table.header ? MAP_FIXED : 0), fd, 0);
	if (at == MAP_FAILED)
		return false;
	table = (struct table){
		.header = (struct trace_header *)at,
		.counters = (struct trace_counters *)(at + TRACE_COUNTERS_AT),
		.nodes = (struct trace_node *)(at + TRACE_NODES_AT),
		.codes = (struct trace_code *)(at + TRACE_CODES_AT),
		.texts = at + TRACE_TEXT_AT,
	};
	return true;
}

static void read_command(char *to, size_t size)
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, to, size - 1);
	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i + 1 < n; i++) {
		if (!to[i])
			to[i] = ' ';
	}
}

const char *table_make(void)
{
	int fd = make_file();
	if (fd < 0)
		return "memfd_create() is forbidden, or there is no memory for the table";
	bool is_mapped = map_table(fd);
	if (is_mapped) {
		*table.header = trace_header_new();
		table.header->pid = (uint32_t)getpid();
		table.header->parent_pid = (uint32_t)getppid();
		table.header->version = python.version;
		read_command(table.header->command, sizeof(table.header->command));
	}
	bool is_sent = is_mapped && session_send(TRACE_MESSAGE_TABLE, "", fd);
	close(fd);
	if (!is_mapped)
		return "there is no address space for the table";
	return is_sent ? NULL : "the table cannot be handed to whymem: sockets are forbidden";
}

/* ---- the table of a forked child ---- */

static bool copy_part(int fd, const void *part, size_t n)
{
	off_t at = (const char *)part - (const char *)table.header;
	while (n) {
		ssize_t written = pwrite(fd, part, n, at);
		if (written <= 0)
			return false;
		part = (const char *)part + written;
		at += written;
		n -= (size_t)written;
	}
	return true;
}

int table_copy(void)
{
	const struct trace_header *header = table.header;
	int fd = session_is_open() ? make_file() : -1;
	if (fd < 0)
		return -1;
	if (copy_part(fd, header, sizeof(*header)) &&
		copy_part(fd, table.counters, header->n_nodes * sizeof(*table.counters)) &&
		copy_part(fd, table.nodes, header->n_nodes * sizeof(*table.nodes)) &&
		copy_part(fd, table.codes, header->n_codes * sizeof(*table.codes)) &&
		copy_part(fd, table.texts, header->n_text_bytes))
		return fd;
	close(fd);
	return -1;
}

/* What the parent allocated is alive here, but it was not allocated here. */
static void begin_again(void)
{
	struct trace_header *header = table.header;
	for (uint32_t node = 0; node < header->n_nodes; node++)
		table.counters[node] = (struct trace_counters){
			.freed_bytes = 0 - trace_live_bytes(&table.counters[node]),
			.freed_count = 0 - trace_live_count(&table.counters[node]),
		};
	header->epoch = 1;
	header->peak_bytes = header->live_bytes;
	header->uncounted_count = header->uncounted_bytes = 0;
	header->failed_node = 0;
	header->n_cut_stacks = 0;
	header->parent_pid = header->pid;
	header->pid = (uint32_t)getpid();
}

bool table_replace(int fd)
{
	if (!map_table(fd))
		return false;
	shadow_announce();
	begin_again();
	return session_send(TRACE_MESSAGE_TABLE, "", fd);
}
