/*
 * Folding loses no peak, whatever comes; slopes of curves whose slope is known.
 */
#include "trace/slope.h"
#include "trace/timeline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND 1000000000ull
#define HOUR (3600 * SECOND)
#define MIB 1048576.0

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void add(struct timeline *timeline, uint64_t at_ns, uint64_t n_bytes)
{
	assert_null(timeline_add(timeline, at_ns, n_bytes));
}

/* What is kept is compared with all samples. */
static void check_folding(size_t n, uint32_t seed)
{
	struct timeline timeline = {.n_buckets_max = 16};
	struct point_in_time peak = {0};
	uint64_t n_counted = 0, before = 0;
	double sum = 0, kept = 0;
	for (size_t i = 0; i < n; i++) {
		struct point_in_time point = {
			i * 10 + next_random(&seed) % 10, next_random(&seed) % 1000};
		if (point.n_bytes > peak.n_bytes)
			peak = point;
		sum += (double)point.n_bytes;
		add(&timeline, point.at_ns, point.n_bytes);
	}
	assert_true(timeline.buckets.n <= 16 && timeline.buckets.n >= MIN(n, 8));
	assert_int_equal(timeline.n_samples, n);
	vec_foreach (&timeline.buckets, bucket) {
		struct point_in_time points[2];
		unsigned n_points = bucket_points(bucket, points);
		assert_true(bucket->first_ns >= before && bucket->last_ns >= bucket->first_ns);
		assert_true(bucket->least_bytes <= bucket->most_bytes);
		assert_true(n_points == 1 || points[0].at_ns < points[1].at_ns);
		before = bucket->last_ns;
		n_counted += bucket->n;
		kept += bucket->sum_bytes;
	}
	const struct bucket *found = timeline_peak(&timeline);
	assert_int_equal(n_counted, n);
	assert_true(kept == sum);
	assert_int_equal(found->most_bytes, peak.n_bytes);
	assert_int_equal(found->most_ns, peak.at_ns);
	timeline_deinit(&timeline);
}

static void test_folding_keeps_what_matters(void **state)
{
	(void)state;
	for (size_t n = 1; n < 70; n++)
		check_folding(n, (uint32_t)n);
	check_folding(100000, 5);
}

static void test_times_never_go_back(void **state)
{
	(void)state;
	struct timeline timeline = {.n_buckets_max = 4};
	assert_null(timeline_peak(&timeline));
	add(&timeline, 100, 1);
	add(&timeline, 50, 2);
	assert_int_equal(timeline.buckets.data[1].first_ns, 100);
	timeline_deinit(&timeline);
}

typedef double (*curve_fn)(double seconds, uint32_t *seed);

static double straight(double seconds, uint32_t *seed)
{
	(void)seed;
	return 100 * MIB + seconds * MIB;
}

static double falling(double seconds, uint32_t *seed)
{
	(void)seed;
	return 1000 * MIB - seconds * MIB / 2;
}

static double noise(double seconds, uint32_t *seed)
{
	(void)seconds;
	return 100 * MIB + next_random(seed) % 1000000;
}

static double constant(double seconds, uint32_t *seed)
{
	(void)seconds;
	(void)seed;
	return 7 * MIB;
}

/* Loads for a tenth of the time, then stays. */
static double loading(double seconds, uint32_t *seed)
{
	return MIN(seconds, 60) * MIB + next_random(seed) % 100000;
}

static double half(double seconds, uint32_t *seed)
{
	(void)seed;
	return MIN(seconds, 300) * MIB;
}

static double noisy_growth(double seconds, uint32_t *seed)
{
	return 100 * MIB + seconds * MIB / 10 + next_random(seed) % 5000000;
}

static struct slope slope_of(curve_fn curve)
{
	struct timeline timeline = {.n_buckets_max = 512};
	uint32_t seed = 42;
	for (uint64_t i = 0; i < 6000; i++)
		add(&timeline, i * SECOND / 10, (uint64_t)curve((double)i / 10, &seed));
	struct slope slope = slope_find(&timeline, 0, UINT64_MAX);
	timeline_deinit(&timeline);
	return slope;
}

static void test_slopes(void **state)
{
	(void)state;
	static const struct {
		curve_fn curve;
		enum slope_kind kind;
		double mib_per_hour;
	} cases[] = {
		{straight, SLOPE_GROWS, 3600},
		{falling, SLOPE_SHRINKS, -1800},
		{noise, SLOPE_UNCLEAR, 0},
		{constant, SLOPE_FLAT, 0},
		{loading, SLOPE_UNCLEAR, 0},
		{half, SLOPE_UNSTEADY, 1800},
		{noisy_growth, SLOPE_GROWS, 360},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct slope slope = slope_of(cases[i].curve);
		assert_int_equal(slope.kind, cases[i].kind);
		double mib = slope.bytes_per_hour / MIB;
		assert_true(fabs(mib - cases[i].mib_per_hour) < 40);
		assert_true(
			slope.low <= slope.bytes_per_hour && slope.bytes_per_hour <= slope.high);
	}
}

static void test_too_short_for_a_slope(void **state)
{
	(void)state;
	struct timeline timeline = {.n_buckets_max = 64};
	for (uint64_t i = 0; i < 7; i++)
		add(&timeline, i * SECOND, i * 1000);
	assert_int_equal(slope_find(&timeline, 0, UINT64_MAX).kind, SLOPE_TOO_SHORT);
	timeline_deinit(&timeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folding_keeps_what_matters),
		cmocka_unit_test(test_times_never_go_back),
		cmocka_unit_test(test_slopes),
		cmocka_unit_test(test_too_short_for_a_slope),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
