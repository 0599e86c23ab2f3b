/*
 * The table of this process: a memfd that is made here, mapped, and handed to
 * whymem. The child of a fork gets a copy of its parent's.
 *
 * Its pages are backed before they are written to: where the kernel has no
 * memory for them, the table is full; the process gets no signal for it.
 */
#include "agent.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

#define BACKED_STEP ((uint64_t)1 << 16)

struct table table;

/* How far each part of the file is backed. */
static uint64_t backed[N_TABLE_PARTS];

static const uint64_t part_begins[N_TABLE_PARTS] = {
	[TABLE_COUNTERS] = 0, /* the header with them */
	[TABLE_NODES] = TRACE_NODES_AT,
	[TABLE_CODES] = TRACE_CODES_AT,
	[TABLE_TEXTS] = TRACE_TEXT_AT,
};

bool table_back(enum table_part part, const void *end)
{
	uint64_t until = (uint64_t)((const char *)end - (const char *)table.header);
	if (likely(until <= backed[part]))
		return true;
	uint64_t from = align_down(MAX(backed[part], part_begins[part]), BACKED_STEP);
	uint64_t to = MIN(align_up(until, BACKED_STEP), TRACE_FILE_BYTES);
	int failure = errno;
	bool is_backed = !madvise((char *)table.header + from, to - from, MADV_POPULATE_WRITE) ||
			 errno == EINVAL;
	errno = failure;
	if (is_backed)
		backed[part] = to;
	return is_backed;
}

/* ---- made ---- */

static int make_file(void)
{
	struct rlimit limit;
	/* A file beyond it is not an error but a signal. */
	if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur < TRACE_FILE_BYTES)
		return -1;
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
		return "the file of the table cannot be made: memfd_create() is forbidden, or "
		       "files may not be so large (ulimit -f)";
	bool is_mapped = map_table(fd);
	bool is_backed = is_mapped && table_back(TABLE_COUNTERS, table.counters);
	if (is_backed) {
		*table.header = trace_header_new();
		table.header->pid = (uint32_t)getpid();
		table.header->parent_pid = (uint32_t)getppid();
		table.header->version = python.version;
		table.header->now = trace_now(monotonic_ns());
		read_command(table.header->command, sizeof(table.header->command));
	}
	bool is_sent = is_backed && session_send(TRACE_MESSAGE_TABLE, "", fd);
	close(fd);
	if (!is_mapped)
		return "there is no address space for the table (ulimit -v)";
	if (!is_backed)
		return "there is no memory for the table";
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
			.inherited_count = trace_live_count(&table.counters[node]),
		};
	header->epoch = 1;
	header->look_at_bytes = UINT64_MAX;
	header->peak_bytes = header->live_bytes;
	header->uncounted_count = header->uncounted_bytes = 0;
	header->failed_node = header->failed_count = 0;
	header->n_cut_stacks = 0;
	header->parent_pid = header->pid;
	header->pid = (uint32_t)getpid();
}

bool table_replace(int fd)
{
	if (!map_table(fd))
		return false;
	memset(backed, 0, sizeof(backed));
	begin_again();
	return session_send(TRACE_MESSAGE_TABLE, "", fd);
}
