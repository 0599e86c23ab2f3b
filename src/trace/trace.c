#include "trace/trace.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool trace_open(int fd, struct trace *ret)
{
	struct stat stat_buffer;
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &stat_buffer) ||
		stat_buffer.st_size != (off_t)TRACE_FILE_BYTES)
		return false;
	void *memory = mmap(NULL, TRACE_FILE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return false;
	ret->memory = memory;
	if (trace_header(ret)->magic == TRACE_MAGIC &&
		mmap(memory, TRACE_HEADER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			0) == memory)
		return true;
	trace_close(ret);
	return false;
}

void trace_close(struct trace *trace)
{
	if (trace->memory)
		munmap(trace->memory, TRACE_FILE_BYTES);
	trace->memory = NULL;
}

const struct trace_header *trace_header(const struct trace *trace)
{
	return (const struct trace_header *)trace->memory;
}

void trace_set_clock(const struct trace *trace, uint64_t monotonic_ns)
{
	struct trace_header *header = (struct trace_header *)trace->memory;
	__atomic_store_n(&header->now, trace_now(monotonic_ns), __ATOMIC_RELAXED);
}

void trace_set_look(const struct trace *trace, uint64_t live_bytes)
{
	struct trace_header *header = (struct trace_header *)trace->memory;
	__atomic_store_n(&header->look_at_bytes, live_bytes, __ATOMIC_RELAXED);
}

char *trace_other_allocator(const struct trace *trace)
{
	const struct trace_header *header = trace_header(trace);
	char *text = NULL;
	if (!*header->allocator ||
		asprintf(&text,
			"malloc() is that of %.*s: its blocks are counted, but not those that it "
			"gives by functions of its own and by C++ new, those of up to 8 bytes, and "
			"what it keeps for itself",
			(int)sizeof(header->allocator), header->allocator) < 0)
		return NULL;
	return text;
}

void trace_totals_read(const struct trace *trace, struct trace_totals *ret)
{
	const struct trace_header *header = trace_header(trace);
	const struct trace_counters *counters =
		(const struct trace_counters *)(trace->memory + TRACE_COUNTERS_AT);
	uint32_t n = MIN(header->n_nodes, TRACE_NODES);
	struct trace_totals totals = {.peak_bytes = header->peak_bytes};
	for (uint32_t node = TRACE_NODE_NATIVE; node < n; node++) {
		totals.allocated_bytes += counters[node].allocated_bytes;
		totals.allocation_count += counters[node].allocation_count;
		totals.live_bytes += trace_live_bytes(&counters[node]);
		totals.live_count += trace_live_count(&counters[node]);
		totals.temporary_count += counters[node].temporary_count;
	}
	*ret = totals;
}
