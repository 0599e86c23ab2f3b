/*
 * The table of a traced process, which outlives it, and the sums that every
 * later form of it has. What it says becomes rows of a snapshot (trace/record.h).
 */
#ifndef WHYMEM_TRACE_H
#define WHYMEM_TRACE_H

#include "snap/snapshot.h"
#include "trace/table.h"

struct trace {
	char *memory;
};

/* Maps the table behind `fd`, which stays open; false when it is none. */
bool trace_open(int fd, struct trace *ret);
/* Does nothing to a trace of zeros. */
void trace_close(struct trace *trace);

const struct trace_header *trace_header(const struct trace *trace);

/* What is allocated from now on is of this time: to be called every now and then. */
void trace_set_clock(const struct trace *trace, uint64_t monotonic_ns);

/*
 * The process shall wait to be looked at once it has more than `live_bytes` alive;
 * it does so once, and sends TRACE_MESSAGE_SHORT.
 */
void trace_set_look(const struct trace *trace, uint64_t live_bytes);

/*
 * What is not counted because another allocator than libc's is preloaded, as a
 * sentence; NULL when none is. Freed by the caller.
 */
char *trace_other_allocator(const struct trace *trace);

/* ---- what was counted (totals.c) ---- */

struct trace_totals {
	uint64_t allocated_bytes, allocation_count;
	uint64_t live_bytes, live_count;
	uint64_t peak_bytes, temporary_count;
	uint64_t timed_count, alive_us;
};

/* What is most important: the order of rows, and the value of a picture. */
enum trace_key {
	TRACE_KEY_PEAK,
	TRACE_KEY_LIVE,
	TRACE_KEY_ALLOCATED,
	TRACE_KEY_COUNT,
	TRACE_KEY_TEMPORARY,
	TRACE_KEYS,
};

/* "peak", "live" ... */
const char *trace_key_name(enum trace_key key);

/* False when `name` is none of them. */
bool trace_key_find(const char *name, enum trace_key *ret);

struct trace_totals trace_totals_of(const struct snap_trace_node *node);
void trace_totals_add(struct trace_totals *to, const struct trace_totals *from);
void trace_totals_subtract(struct trace_totals *from, const struct trace_totals *what);
uint64_t trace_totals_get(const struct trace_totals *totals, enum trace_key key);
/* How long a block was alive in the mean, in ns; of those that live: so far. UINT64_MAX: not known.
 */
uint64_t trace_totals_lifetime(const struct trace_totals *totals);
bool trace_totals_is_empty(const struct trace_totals *totals);

/* The sums of a table. */
void trace_totals_read(const struct trace *trace, struct trace_totals *ret);

/* Negative when `left` comes first: the larger one. */
int trace_totals_compare(
	const struct trace_totals *left, const struct trace_totals *right, enum trace_key key);

#endif
