/*
 * A figure over time, in bounded memory: samples become buckets. While there is
 * room a bucket holds one sample; when all are taken neighbours are merged, and
 * from then on each takes twice as many. A bucket keeps its least and its most
 * with their times, so that no peak is lost however long it goes on.
 *
 *	struct timeline timeline = {.n_buckets_max = TIMELINE_BUCKETS};
 *	timeline_add(&timeline, now_ns, n_bytes);     times do not go back
 *	timeline_deinit(&timeline);
 */
#ifndef WHYMEM_TIMELINE_H
#define WHYMEM_TIMELINE_H

#include "base/error.h"
#include "base/vec.h"

#define TIMELINE_BUCKETS 16384

struct bucket {
	uint64_t first_ns, last_ns; /* of its samples */
	uint64_t least_ns, most_ns; /* of the first such sample */
	uint64_t least_bytes, most_bytes;
	uint64_t last_bytes;
	double sum_bytes;
	uint64_t n;
};

struct timeline {
	VEC(struct bucket) buckets;
	size_t n_buckets_max; /* even */
	uint64_t n_per_bucket;
	uint64_t n_samples;
};

/* A sample that is older than the last one counts as being of its time. */
struct error *timeline_add(struct timeline *timeline, uint64_t at_ns, uint64_t n_bytes);
void timeline_deinit(struct timeline *timeline);

/* The bucket with the most, the first of equals; NULL when there is no sample. */
const struct bucket *timeline_peak(const struct timeline *timeline);

/* A point of a curve. */
struct point_in_time {
	uint64_t at_ns, n_bytes;
};

/* The least and the most of a bucket in order of time; returns how many points these are. */
unsigned bucket_points(const struct bucket *bucket, struct point_in_time ret[static 2]);

#endif
