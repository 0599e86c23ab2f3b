/*
 * What the lines of a running process have alive, sampled from outside: its
 * table is read every now and then, the process does not notice.
 *
 * Memory is bounded: when all samples are taken every second one is forgotten,
 * and from then on they are taken half as often. Only places that ever had a
 * notable part of all are followed, of these the largest ones: what is not
 * known of a place was below that part. Reading a large table takes long: the
 * time between samples is at least fifty times that.
 */
#ifndef WHYMEM_HISTORY_H
#define WHYMEM_HISTORY_H

#include "base/keymap.h"
#include "trace/trace.h"

#define HISTORY_SAMPLES 256
#define HISTORY_PLACES 256

/* A place in code that is followed. */
struct history_place {
	uint32_t node; /* one whose innermost frame it is */
	uint64_t most_bytes;
	uint64_t live_bytes[HISTORY_SAMPLES];
};

struct trace_history {
	uint64_t began_ns, next_ns, interval_ns; /* monotonic; of the next sample */
	size_t n_samples, n_places;
	uint64_t time_ns[HISTORY_SAMPLES]; /* since it began */
	uint64_t live_bytes[HISTORY_SAMPLES];
	struct history_place *places; /* room for HISTORY_PLACES */

	/* Of the table: */
	struct keymap codes;      /* (code, instruction): a place */
	VEC(uint32_t) place_of;   /* of each node */
	VEC(uint32_t) first_node; /* of each place */
	VEC(uint32_t) followed;   /* of each place: its number among `places` + 1, or 0 */
	VEC(uint64_t) sums;       /* by place, of the sample being taken */
	bool failed;              /* memory ran out: what there is stays */
};

/* Samples are at least `interval_ns` apart. */
struct error *trace_history_create(
	uint64_t now_ns, uint64_t interval_ns, struct trace_history **ret);
void trace_history_destroy(struct trace_history *history);

/* Takes a sample when it is time for one, or `always`. */
void trace_history_sample(
	struct trace_history *history, const struct trace *trace, uint64_t now_ns, bool always);

#endif
