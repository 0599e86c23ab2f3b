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
	char *memory;
};

/* Maps the table behind `fd`, which stays open; false when it is none. */
bool trace_open(int fd, struct trace *ret);
/* Does nothing to a trace of zeros. */
void trace_close(struct trace *trace);

const struct trace_header *trace_header(const struct trace *trace);

struct trace_totals {
	uint64_t allocated_bytes, allocation_count;
	uint64_t live_bytes, live_count;
	uint64_t peak_bytes, temporary_count;
};

/*
 * What is not counted because another allocator than libc's is preloaded, as a
 * sentence; NULL when none is. Freed by the caller.
 */
char *trace_other_allocator(const struct trace *trace);

void trace_totals_add(struct trace_totals *to, const struct trace_totals *from);

/* The sums of a table, without its sites. */
void trace_totals(const struct trace *trace, struct trace_totals *ret);

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
/* The line of a node, its counters 0; the texts are freed by the caller. */
struct trace_site trace_site_read(const struct trace *trace, uint32_t node);
void trace_report_deinit(struct trace_report *report);

#endif
