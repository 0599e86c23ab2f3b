/*
 * What a traced program allocated: its totals, then line by line, or whatever
 * is asked for.
 */
#ifndef WHYMEM_TRACED_H
#define WHYMEM_TRACED_H

#include "base/document.h"
#include "trace/tree.h"

struct traced_options {
	struct trace_options trace;
	uint32_t top;   /* rows of a table; 0: all */
	bool has_tree;  /* also the stacks as a tree */
	uint32_t depth; /* levels of the tree; 0: all */
};

/* `by` and `sort` may be NULL: line, peak. USAGE when they are none. */
struct error *traced_options_choose(
	struct traced_options *options, const char *by, const char *sort);

/*
 * Fills `capture`, `totals`, `sites`, `rest` and the others of JSON.md. `method`
 * is how the trace was come by: "traced" or "file".
 */
struct error *answer_traced(const struct snapshot *snapshot, const struct snap_trace *trace,
	const struct traced_options *options, const char *method, struct row *root);

/* ---- what the parts of the answer share ---- */

void traced_fill_counts(struct row *row, const struct trace_totals *totals);

/* `file`, `line`, `function` and `module` of a node's place, as far as it tells them. */
void traced_fill_place(struct row *row, const struct trace_tree *tree, uint32_t node);

#endif
