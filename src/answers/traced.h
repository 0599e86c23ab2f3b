/*
 * What a traced program allocated: its totals, then line by line, or whatever
 * is asked for.
 */
#ifndef WHYMEM_TRACED_H
#define WHYMEM_TRACED_H

#include "base/document.h"
#include "trace/sources.h"
#include "trace/tree.h"

struct traced_options {
	struct trace_options trace;
	uint32_t top;  /* rows of a table; 0: all */
	bool has_tree; /* also the stacks as a tree */
	bool is_file;  /* the trace was read from a file */
	bool has_window;
	uint64_t begin_ns, end_ns; /* of the window in which growth is told */
	uint64_t at_ns;            /* also what was alive then; UINT64_MAX: no */
};

/* `by` and `sort` may be NULL: line, peak. USAGE when they are none. */
struct error *traced_options_choose(
	struct traced_options *options, const char *by, const char *sort);

/* Fills the keys of `run`: the first trace of the snapshot, the others as `children`. */
struct error *answer_traced(
	const struct snapshot *snapshot, const struct traced_options *options, struct row *root);

/* ---- what the parts of the answer share ---- */

void traced_fill_counts(struct row *row, const struct trace_totals *totals);

/* `file`, `line`, `function` and `module` of a node's place, as far as it tells them. */
void traced_fill_place(struct row *row, const struct trace_tree *tree, uint32_t node);

/* What it and all it called allocated. */
void traced_fill_wholes(struct row *row, const struct trace_totals *whole);

/* `thread`: of a frame that is the root of one, else null. */
void traced_fill_thread_root(
	struct row *row, const struct snapshot *snapshot, const struct snap_trace_frame *frame);

/* The same of a frame, with `source`, the text of its line. */
void traced_fill_frame(struct row *row, const struct trace_tree *tree,
	struct trace_sources *sources, uint32_t frame);

/* The keys about time: `peak_time_ns`, `window`, `growth`, with --at also `at`. */
struct error *traced_fill_times(const struct trace_tree *tree, struct trace_sources *sources,
	const struct traced_options *options, struct row *root);

/* The key `tree`: rows of the stacks, outermost calls first, or inverted. */
struct error *traced_fill_tree(const struct snapshot *snapshot, const struct snap_trace *trace,
	const struct traced_options *options, struct row *root);

#endif
