/*
 * Does a curve go up? The median of the slopes between all pairs of parts of it
 * (Theil and Sen), with the interval in which it lies in 99 of 100 cases by the
 * number of pairs that agree (Kendall). Neither a jump nor the start of a
 * program moves the median much. Samples near in time are much alike: so parts
 * are compared, not samples, and both halves must agree.
 */
#ifndef WHYMEM_SLOPE_H
#define WHYMEM_SLOPE_H

#include "trace/timeline.h"

#define SLOPE_PARTS 40
#define SLOPE_PARTS_MIN 8

enum slope_kind {
	SLOPE_TOO_SHORT,
	SLOPE_FLAT,     /* all the same */
	SLOPE_UNCLEAR,  /* may be up or down */
	SLOPE_UNSTEADY, /* up or down over all, not so in the second half */
	SLOPE_GROWS,
	SLOPE_SHRINKS,
	SLOPE_KINDS
};

struct slope {
	enum slope_kind kind;
	double bytes_per_hour, low, high; /* 0 when it is too short */
};

/* Of the samples from `from_ns` to `to_ns`, both included. */
struct slope slope_find(const struct timeline *timeline, uint64_t from_ns, uint64_t to_ns);

#endif
