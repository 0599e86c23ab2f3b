/*
 * Memory over time: what was sampled of a program and its children, and when
 * its functions ran. A recording has a run for each program; it comes from a
 * sampler or from a file of mprof.
 */
#ifndef WHYMEM_RECORDING_H
#define WHYMEM_RECORDING_H

#include "trace/timeline.h"

#include <sys/types.h>

#define CHILD_BUCKETS 2048
#define CHILDREN_MAX 64 /* with a series of their own */
#define SPANS_MAX 10000

enum series_kind {
	SERIES_PROCESS,
	SERIES_TOTAL, /* of the process and all its children, at the same moments */
	SERIES_CHILD,
	SERIES_KINDS
};

struct series {
	enum series_kind kind;
	pid_t pid; /* 0: not known */
	struct timeline timeline;
};

/* A call of a function. */
struct span {
	char *function;
	uint32_t level; /* how many of the calls shown it stands in */
	uint64_t begin_ns, end_ns, begin_bytes, end_bytes;
};

struct run {
	char *command, *file;       /* NULL: not known, no file */
	VEC(struct series) series;  /* the process first, when there is a sample of it */
	VEC(struct span) spans;     /* by their beginning */
	uint64_t interval_ns;       /* as asked for; 0: not known */
	uint64_t n_late;            /* samples that were due and could not be taken in time */
	uint64_t kernel_peak_bytes; /* RSS at any time while sampled, by the kernel; 0: not known */
	uint64_t n_hidden_children, n_hidden_spans, n_unknown_samples;
	bool is_cut; /* the file ends in the middle of a line */
};

struct recording {
	VEC(struct run) runs;
};

void recording_deinit(struct recording *recording);

/* A series without samples yet; NULL without memory. */
struct series *run_add_series(struct run *run, enum series_kind kind, pid_t pid);

/* Keeps the largest children and the longest spans, and counts the other ones. */
void run_limit(struct run *run);

/* Sorts the spans by their beginning, the outer before the inner, and finds their levels. */
struct error *run_nest_spans(struct run *run);

#endif
