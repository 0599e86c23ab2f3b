/*
 * Which line of one trace is which line of another: the programs may differ.
 *
 * Functions are the same when their files and names are; a file that only one
 * of the traces knows by its path is known by its module. Within a function
 * lines keep their order. Two are the same when their texts are (by hash); where
 * a text is not known, when they are as far from the begin of the function. As
 * many lines that changed between two that did not are the same in their order.
 */
#ifndef WHYMEM_MATCH_H
#define WHYMEM_MATCH_H

#include "trace/tree.h"

#define TRACE_ROW_NONE UINT32_MAX

/* Rows of both traces, of which one may be TRACE_ROW_NONE. */
struct trace_pair {
	uint32_t before, after;
};

struct trace_pairs {
	struct trace_pair *data;
	size_t n, capacity;
};

/* Rows of a trace and where they are from. */
struct trace_side {
	const struct trace_tree *tree; /* by line or by function */
	const struct trace_rows *rows;
};

/* Every row of both sides is in one pair. */
struct error *trace_match(
	const struct trace_side *before, const struct trace_side *after, struct trace_pairs *ret);

#endif
