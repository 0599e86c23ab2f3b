/*
 * The text of lines of code, out of the files that frames name: where those can
 * still be read. A trace keeps a hash of each line only, by which a line is
 * known again that moved, and a text known not to be the one that ran.
 */
#ifndef WHYMEM_SOURCES_H
#define WHYMEM_SOURCES_H

#include "snap/snapshot.h"

/* Hashes the lines of all frames that have no hash. Files that cannot be read are left out. */
struct error *trace_sources_hash(struct snapshot *snapshot);

struct trace_sources {
	const struct snapshot *snapshot;
	struct source_file *files; /* by string number of the name */
	size_t n_files;
};

struct error *trace_sources_init(struct trace_sources *sources, const struct snapshot *snapshot);
void trace_sources_deinit(struct trace_sources *sources);

/*
 * The text of the frame's line, without what is around it, in `n_ret` bytes;
 * NULL when there is none, or another one than the frame's hash says. Borrowed.
 */
const char *trace_source_line(
	struct trace_sources *sources, const struct snap_trace_frame *frame, size_t *n_ret);

#endif
