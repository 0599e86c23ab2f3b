/*
 * What the lines of a running process have alive, sampled from outside: its
 * table is read every now and then, the process does not notice.
 *
 * Memory is bounded: when all samples are taken every second one is forgotten,
 * and from then on they are taken half as often. Only places that ever had a
 * notable part of all are followed, of these the largest ones: what is not
 * known of a place was below that part. Reading a large table takes long: the
 * time between samples is at least fifty times that.
 *
 * Of every stack it adds up how long its blocks were alive: what is alive at
 * each look, times the time since the one before. By the number of allocations
 * that is how long a block lives in the mean (Little's law), whether it was seen
 * or not.
 */
#ifndef WHYMEM_HISTORY_H
#define WHYMEM_HISTORY_H

#include "base/keymap.h"
#include "trace/trace.h"

#define HISTORY_SAMPLES 256
#define HISTORY_PLACES 256
#define HISTORY_LOOKS_MIN 4 /* before anything is known of lifetimes */

/* A place in code that is followed. */
struct history_place {
	uint32_t node; /* one whose innermost frame it is */
	uint64_t most_bytes;
	uint64_t live_bytes[HISTORY_SAMPLES];
};

/* Of the blocks of a stack. */
struct history_life {
	uint64_t live_count; /* at the last look */
	uint64_t alive_us;   /* of all its blocks together */
};

struct trace_history {
	uint64_t began_ns, next_ns, interval_ns; /* monotonic; of the next sample */
	size_t n_samples, n_places;
	uint64_t time_ns[HISTORY_SAMPLES]; /* since it began */
	uint64_t live_bytes[HISTORY_SAMPLES];
	struct history_place *places; /* room for HISTORY_PLACES */
	uint64_t n_looks, looked_us;  /* the last one, since it began */
	bool is_over;                 /* the counters stand still */

	/* Of the table: */
	struct keymap codes;            /* (code, instruction): a place */
	VEC(uint32_t) place_of;         /* of each node */
	VEC(struct history_life) lives; /* of each node */
	VEC(uint32_t) first_node;       /* of each place */
	VEC(uint32_t) followed;         /* of each place: its number among `places` + 1, or 0 */
	VEC(uint64_t) sums;             /* by place, of the sample being taken */
	bool failed;                    /* memory ran out: what there is stays */
};

/* Samples are at least `interval_ns` apart. */
struct error *trace_history_create(
	uint64_t now_ns, uint64_t interval_ns, struct trace_history **ret);
void trace_history_destroy(struct trace_history *history);

/* Takes a sample when it is time for one, or `always`. */
void trace_history_sample(
	struct trace_history *history, const struct trace *trace, uint64_t now_ns, bool always);

#endif
