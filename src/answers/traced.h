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

#endif
