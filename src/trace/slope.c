#include "trace/slope.h"

#include <math.h>

#define Z_99 2.576
#define STEADY_SHARE 4 /* the second half has at least this part of the slope over all */
#define NS_PER_HOUR 3.6e12
#define PAIRS_MAX (SLOPE_PARTS * (SLOPE_PARTS - 1) / 2)

struct part {
	double at_ns, n_bytes; /* means */
	double n;
};

static size_t cut_parts(const struct timeline *timeline, uint64_t from_ns, uint64_t to_ns,
	struct part parts[static SLOPE_PARTS])
{
	struct part sums[SLOPE_PARTS] = {0};
	const struct bucket *buckets = timeline->buckets.data;
	if (!timeline->buckets.n)
		return 0;
	from_ns = MAX(from_ns, buckets[0].first_ns);
	to_ns = MIN(to_ns, buckets[timeline->buckets.n - 1].last_ns);
	double width = (double)(to_ns - from_ns) / SLOPE_PARTS;
	vec_foreach (&timeline->buckets, bucket) {
		if (bucket->first_ns < from_ns || bucket->last_ns > to_ns)
			continue;
		double at = ((double)(bucket->first_ns - from_ns) +
				    (double)(bucket->last_ns - from_ns)) /
			    2;
		size_t i = width > 0 ? (size_t)MIN(at / width, SLOPE_PARTS - 1) : 0;
		sums[i].at_ns += at * (double)bucket->n;
		sums[i].n_bytes += bucket->sum_bytes;
		sums[i].n += (double)bucket->n;
	}
	size_t n = 0;
	for (size_t i = 0; i < SLOPE_PARTS; i++) {
		if (sums[i].n)
			parts[n++] = (struct part){
				sums[i].at_ns / sums[i].n, sums[i].n_bytes / sums[i].n, sums[i].n};
	}
	return n;
}

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return a < b ? -1 : a > b;
}

/* The slopes between all pairs, sorted; returns how many. */
static size_t pair_slopes(const struct part *parts, size_t n, double ret[static PAIRS_MAX])
{
	size_t n_pairs = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i + 1; j < n; j++)
			ret[n_pairs++] = (parts[j].n_bytes - parts[i].n_bytes) /
					 (parts[j].at_ns - parts[i].at_ns) * NS_PER_HOUR;
	}
	qsort(ret, n_pairs, sizeof(*ret), compare_doubles);
	return n_pairs;
}

static double median(const double *sorted, size_t n)
{
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static double median_slope(const struct part *parts, size_t n)
{
	double slopes[PAIRS_MAX];
	return median(slopes, pair_slopes(parts, n, slopes));
}

static enum slope_kind judge(const struct slope *slope, const struct part *parts, size_t n)
{
	double second = median_slope(parts + n / 2, n - n / 2);
	bool is_steady = slope->bytes_per_hour > 0 ? second * STEADY_SHARE >= slope->bytes_per_hour
						   : second * STEADY_SHARE <= slope->bytes_per_hour;
	if (slope->low <= 0 && slope->high >= 0)
		return SLOPE_UNCLEAR;
	if (!is_steady)
		return SLOPE_UNSTEADY;
	return slope->bytes_per_hour > 0 ? SLOPE_GROWS : SLOPE_SHRINKS;
}

struct slope slope_find(const struct timeline *timeline, uint64_t from_ns, uint64_t to_ns)
{
	struct part parts[SLOPE_PARTS];
	double slopes[PAIRS_MAX];
	size_t n = cut_parts(timeline, from_ns, to_ns, parts);
	if (n < SLOPE_PARTS_MIN)
		return (struct slope){.kind = SLOPE_TOO_SHORT};
	size_t n_pairs = pair_slopes(parts, n, slopes);
	double parts_count = (double)n;
	double spread = Z_99 * sqrt(parts_count * (parts_count - 1) * (2 * parts_count + 5) / 18);
	double below = floor(((double)n_pairs - spread) / 2);
	size_t low = below > 0 ? (size_t)below : 0;
	struct slope slope = {.bytes_per_hour = median(slopes, n_pairs),
		.low = slopes[low],
		.high = slopes[n_pairs - 1 - low]};
	bool is_flat = slopes[0] == 0 && slopes[n_pairs - 1] == 0;
	slope.kind = is_flat ? SLOPE_FLAT : judge(&slope, parts, n);
	return slope;
}
