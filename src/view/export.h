/*
 * A trace in the formats of other tools. They read the tree of its stacks, not
 * the document: as many stacks as there are.
 *
 * To add a format: a line in EXPORTS and in the table of export.c, and a test
 * that reads it back.
 */
#ifndef WHYMEM_EXPORT_H
#define WHYMEM_EXPORT_H

#include "base/document.h"
#include "trace/tree.h"
#include "view/sink.h"

/* One with the name; false when there is none. */
struct export_format;
const struct export_format *export_find(const char *name);

/* The one that the end of a file's name stands for, or NULL. */
const struct export_format *export_of_file(const char *path);

/* Writes the trace; what may go wrong is memory. */
struct error *export_write(const struct export_format *format, const struct snapshot *snapshot,
	const struct snap_trace *trace, const struct trace_options *options, struct sink *sink);

/* ---- what the formats share ---- */

#define EXPORT_DEPTH_MAX 1024 /* frames of a stack; of deeper ones the middle is one frame */

/* "load (/srv/app.py:12)", "app.handlers", "worker-1"; to be freed. */
char *export_place_label(const struct trace_tree *tree, uint32_t place);

/* Of a node's place; of the root "all". */
char *export_label(const struct trace_tree *tree, uint32_t node);

/* The frames of a stack, the outermost first; EXPORT_GAP stands for those left out. */
struct export_stack {
	uint32_t nodes[EXPORT_DEPTH_MAX + 1];
	size_t n;
	uint32_t n_left_out;
};

#define EXPORT_GAP UINT32_MAX

void export_stack_read(const struct trace_tree *tree, uint32_t node, struct export_stack *ret);

/* "stacks left out": the label of a gap. */
const char *export_gap_label(void);

/* A JSON string; undecodable text becomes U+FFFD. */
void export_json_text(struct sink *sink, const char *text);

/* ---- the formats ---- */

struct error *export_collapsed(const struct trace_tree *tree, struct sink *sink);
struct error *export_speedscope(const struct trace_tree *tree, struct sink *sink);
struct error *export_pprof(const struct trace_tree *tree, struct sink *sink);
struct error *export_flame(const struct trace_tree *tree, struct sink *sink);
struct error *export_csv(const struct trace_tree *tree, struct sink *sink);

#endif
