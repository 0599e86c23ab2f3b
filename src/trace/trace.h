/*
 * The table of a traced process becomes sites: how much each line allocated.
 *
 * Reads while the process runs or after it ended, however it did. What the
 * table says is not trusted: the process could write anything into it.
 */
#ifndef WHYMEM_TRACE_H
#define WHYMEM_TRACE_H

#include "base/error.h"
#include "base/vec.h"
#include "trace/table.h"

struct trace {
	int fd; /* of the table; inherited by the target */
	char *memory;
};

/* An empty table for a process to come. */
struct error *trace_create(struct trace *ret);
void trace_close(struct trace *trace);

const struct trace_header *trace_header(const struct trace *trace);

struct trace_totals {
	uint64_t allocated_bytes, allocation_count;
	uint64_t live_bytes, live_count;
	uint64_t peak_bytes, temporary_count;
};

/* A line of a function. */
struct trace_site {
	char *file, *function; /* NULL: no Python frame, or one that is not known */
	uint32_t line;         /* 0: not known */
	uint32_t code_file, code_name;
	struct trace_totals totals;
};

struct trace_report {
	VEC(struct trace_site) sites; /* the largest part of the peak first */
	struct trace_totals totals;   /* of everything, overflow included */
	struct trace_totals overflow; /* of lines that found no place in the table */
};

struct error *trace_report_read(const struct trace *trace, struct trace_report *ret);
void trace_report_deinit(struct trace_report *report);

#endif
