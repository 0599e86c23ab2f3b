/*
 * How long ago objects were allocated, in a process that a tracer followed.
 */
#ifndef WHYMEM_AGES_H
#define WHYMEM_AGES_H

#include "snap/snapshot.h"

/* In units of SNAP_AGE_UNIT_NS; SNAP_NO_AGE: not known. */
static inline uint32_t age_of(const struct snapshot *snapshot, obj_id object)
{
	return snapshot->n_ages ? snapshot->age[object] : SNAP_NO_AGE;
}

/* Ages from the first to the last. */
struct age_range {
	uint32_t first, last;
};

/* "<10s", ">=1h", "1min-10min" (below 10) or "not known"; units are ms, s, min, h and d. */
bool age_range_read(const char *text, struct age_range *ret);

/* Ages in classes of rising length; what the last one is called: "not known". */
#define AGE_CLASSES 10

unsigned age_class(uint32_t age);
const char *age_class_name(unsigned class);

/* Of several objects. */
struct age_sum {
	uint64_t count, units; /* of those whose age is known */
	uint32_t oldest;
};

void age_sum_add(struct age_sum *sum, uint32_t age);
/* UINT64_MAX: not known. */
uint64_t age_sum_mean_ns(const struct age_sum *sum);
uint64_t age_sum_oldest_ns(const struct age_sum *sum);

#endif
