/*
 * The stacks of a trace as a tree of places, from the outermost call inwards,
 * or inverted: from what allocated to its callers. Rows are the places of the
 * innermost frames, the largest first.
 *
 * Folding leaves of each stack the frames of its first owner alone: those of
 * the application when it has some, else those of packages, else those of the
 * standard library. What these called counts as theirs.
 */
#ifndef WHYMEM_TREE_H
#define WHYMEM_TREE_H

#include "trace/places.h"
#include "trace/trace.h"

#define TRACE_PLACE_ROOT UINT32_MAX /* of the root of a tree */
#define TRACE_THREAD_NONE 0         /* no stack, or no thread is known */
#define TRACE_THREAD_SEVERAL UINT32_MAX

struct trace_tree_node {
	uint32_t parent, place;             /* of places.frames; the root's is TRACE_PLACE_ROOT */
	uint32_t first_child, next_sibling; /* 0: none; children in the order of their size */
	str_id thread;                      /* of what it allocated itself */
	struct trace_totals own, whole;     /* the second with all below it */
};

struct trace_options {
	enum trace_by by;
	enum trace_key key; /* what the order is by */
	bool threads;       /* kept apart: below the root */
	bool fold, inverted;
	bool hide_imports; /* what `import` does itself counts where it was called from */
	uint32_t n_levels; /* of an inverted tree; 0: TRACE_LEVELS_MAX */
};

#define TRACE_LEVELS_MAX 256

struct trace_tree {
	const struct snapshot *snapshot;
	const struct snap_trace *trace;
	struct trace_options options;
	struct trace_places places;
	VEC(struct trace_tree_node) nodes; /* parents before children; 0 is the root */
	struct trace_totals overflow;      /* of stacks that found no place in the table */
};

struct error *trace_tree_create(const struct snapshot *snapshot, const struct snap_trace *trace,
	const struct trace_options *options, struct trace_tree *ret);
void trace_tree_deinit(struct trace_tree *tree);

/* A frame of the place of a node; NULL of the root. Borrowed. */
const struct snap_trace_frame *trace_tree_frame(const struct trace_tree *tree, uint32_t node);

/* By file, line and function: the order of nodes that are equally large. */
int trace_tree_compare_places(const struct trace_tree *tree, uint32_t left, uint32_t right);

struct trace_row {
	uint32_t place;
	uint32_t node;                  /* that with the most of it: its stack */
	str_id thread;                  /* TRACE_THREAD_NONE, TRACE_THREAD_SEVERAL */
	struct trace_totals own, whole; /* the second with what it called, recursion counted once */
};

struct trace_rows {
	struct trace_row *data;
	size_t n, capacity;
};

/* Of a tree that is not inverted. Only places that allocated something themselves. */
struct error *trace_rows_read(const struct trace_tree *tree, struct trace_rows *ret);
void trace_rows_deinit(struct trace_rows *rows);

/* ---- threads ---- */

struct trace_thread {
	str_id name; /* 0: not known */
	struct trace_totals totals;
};

/* By what they had at the peak. */
struct trace_threads {
	struct trace_thread *data;
	size_t n, capacity;
};

struct error *trace_threads_read(
	const struct snapshot *snapshot, const struct snap_trace *trace, struct trace_threads *ret);

#endif
