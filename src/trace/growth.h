/*
 * What the frames of a trace had alive over time, and what grew: from the
 * samples that the trace was recorded with.
 */
#ifndef WHYMEM_GROWTH_OF_TRACE_H
#define WHYMEM_GROWTH_OF_TRACE_H

#include "snap/snapshot.h"

/* Samples of one trace between two times. */
struct trace_window {
	uint32_t first, last;            /* rows of trace_moments */
	uint64_t begin_ns, end_ns;       /* of these, since the process began */
	uint64_t begin_bytes, end_bytes; /* alive in all */
};

/*
 * The window that `begin_ns` and `end_ns` mean: its samples are the last ones
 * before these times, or the first. False when the trace has no samples.
 */
bool trace_window_find(const struct snapshot *snapshot, const struct snap_trace *trace,
	uint64_t begin_ns, uint64_t end_ns, struct trace_window *ret);

/* When most was alive in a sample, since the process began; UINT64_MAX: not known. */
uint64_t trace_peak_time(const struct snapshot *snapshot, const struct snap_trace *trace);

struct trace_change {
	uint32_t frame;
	uint64_t begin_bytes, end_bytes;
	int64_t bytes_per_second; /* of the line that fits best */
	bool is_steady;           /* it grew all the time */
};

struct trace_changes {
	struct trace_change *data; /* what grew most comes first */
	size_t n, capacity;
};

struct error *trace_changes_read(const struct snapshot *snapshot, const struct trace_window *window,
	struct trace_changes *ret);

/* What each frame had alive in a sample, by frame; borrowed. */
const struct snap_trace_level *trace_levels_at(
	const struct snapshot *snapshot, uint32_t moment, size_t *n_ret);

#endif
