#include "trace/timeline.h"

static void merge(struct bucket *bucket, const struct bucket *later)
{
	if (later->least_bytes < bucket->least_bytes) {
		bucket->least_bytes = later->least_bytes;
		bucket->least_ns = later->least_ns;
	}
	if (later->most_bytes > bucket->most_bytes) {
		bucket->most_bytes = later->most_bytes;
		bucket->most_ns = later->most_ns;
	}
	bucket->last_ns = later->last_ns;
	bucket->last_bytes = later->last_bytes;
	bucket->sum_bytes += later->sum_bytes;
	bucket->n += later->n;
}

static void fold(struct timeline *timeline)
{
	struct bucket *buckets = timeline->buckets.data;
	size_t n = 0;
	assert(buckets);
	for (size_t i = 0; i < timeline->buckets.n; i += 2) {
		struct bucket bucket = buckets[i];
		if (i + 1 < timeline->buckets.n)
			merge(&bucket, &buckets[i + 1]);
		buckets[n++] = bucket;
	}
	timeline->buckets.n = n;
	timeline->n_per_bucket *= 2;
}

struct error *timeline_add(struct timeline *timeline, uint64_t at_ns, uint64_t n_bytes)
{
	assert(timeline->n_buckets_max >= 2 && timeline->n_buckets_max % 2 == 0);
	timeline->n_per_bucket = MAX(timeline->n_per_bucket, 1);
	size_t n = timeline->buckets.n;
	struct bucket *last = n ? &timeline->buckets.data[n - 1] : NULL;
	if (last)
		at_ns = MAX(at_ns, last->last_ns);
	const struct bucket sample = {.first_ns = at_ns,
		.last_ns = at_ns,
		.least_ns = at_ns,
		.most_ns = at_ns,
		.least_bytes = n_bytes,
		.most_bytes = n_bytes,
		.last_bytes = n_bytes,
		.sum_bytes = (double)n_bytes,
		.n = 1};
	timeline->n_samples++;
	if (last && last->n < timeline->n_per_bucket) {
		merge(last, &sample);
		return NULL;
	}
	if (n == timeline->n_buckets_max)
		fold(timeline);
	struct bucket *added = vec_add(&timeline->buckets);
	if (!added)
		return &error_no_memory;
	*added = sample;
	return NULL;
}

void timeline_deinit(struct timeline *timeline)
{
	vec_deinit(&timeline->buckets);
}

const struct bucket *timeline_peak(const struct timeline *timeline)
{
	const struct bucket *peak = NULL;
	vec_foreach (&timeline->buckets, bucket) {
		if (!peak || bucket->most_bytes > peak->most_bytes)
			peak = bucket;
	}
	return peak;
}

unsigned bucket_points(const struct bucket *bucket, struct point_in_time ret[static 2])
{
	const struct point_in_time least = {bucket->least_ns, bucket->least_bytes};
	const struct point_in_time most = {bucket->most_ns, bucket->most_bytes};
	bool is_falling = most.at_ns < least.at_ns;
	ret[0] = is_falling ? most : least;
	ret[1] = is_falling ? least : most;
	return least.n_bytes == most.n_bytes ? 1 : 2;
}
