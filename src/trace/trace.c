/*
 * The shared table: made here, written by the agent.
 */
#include "trace/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static struct error *make_file(int *ret)
{
	int fd = memfd_create("whymem trace", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return error_create(
			ERROR_INTERNAL, errno, NULL, "cannot make the table: %s", strerror(errno));
	if (ftruncate(fd, (off_t)TRACE_FILE_BYTES) ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		int failure = errno;
		close(fd);
		return error_create(ERROR_INTERNAL, failure, NULL, "cannot size the table: %s",
			strerror(failure));
	}
	*ret = fd;
	return NULL;
}

struct error *trace_create(struct trace *ret)
{
	int fd = -1;
	struct error *error = make_file(&fd);
	if (error)
		return error;
	void *memory = mmap(NULL, TRACE_FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		close(fd);
		return &error_no_memory;
	}
	struct trace_header *header = memory;
	*header = (struct trace_header){
		.magic = TRACE_MAGIC,
		.n_nodes = TRACE_NODE_FIRST,
		.n_codes = 1,
		.n_text_bytes = 4,
		.epoch = 1,
	};
	*ret = (struct trace){fd, memory};
	return NULL;
}

void trace_close(struct trace *trace)
{
	if (!trace->memory)
		return;
	munmap(trace->memory, TRACE_FILE_BYTES);
	close(trace->fd);
	*trace = (struct trace){.fd = -1};
}

const struct trace_header *trace_header(const struct trace *trace)
{
	return (const struct trace_header *)trace->memory;
}
