/*
 * What a traced program allocated, line by line.
 */
#ifndef WHYMEM_TRACED_H
#define WHYMEM_TRACED_H

#include "base/document.h"
#include "trace/trace.h"

/* Fills `totals`, `sites` (at most `top`, 0: all) and `rest`. */
void answer_traced(const struct trace_report *report, uint32_t top, struct row *root);

/* Adds to `warnings` what the report does not cover. */
void traced_warn(const struct trace_report *report, const struct trace_header *header,
	struct table *warnings);

/* An allocator that is not counted in all that it does. */
void traced_warn_allocator(const struct trace *trace, struct table *warnings);

/* A Python that was not traced, and further processes of which little is known. */
void traced_warn_untraced(int pid, const char *reason, struct table *warnings);
void traced_warn_lost(uint32_t n_untraced, uint32_t n_tables, struct table *warnings);

/* Fills `pid`, `parent_pid`, `command` and `python` of a child. */
void traced_fill_process(const struct trace_header *header, int pid, struct row *row);

/* Fills `dropped_children`: the sums of those whose tables were not kept. */
void traced_fill_dropped(uint32_t n, const struct trace_totals *totals, struct row *root);

/* Fills `memory_error`: the last allocation that failed, or null. */
void answer_memory_error(const struct trace *trace, struct row *row);

#endif
