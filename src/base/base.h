/*
 * The words every room speaks: quantities that must not be mixed up, and the
 * small helpers that the standard library lacks.
 *
 * Knows nothing of processes or Python.
 */
#ifndef WHYMEM_BASE_H
#define WHYMEM_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* An address in the target; never a pointer of ours. */
typedef uint64_t addr_t;

/*
 * Dense number of a node of the object graph. Objects come first, in address
 * order; synthetic nodes (frames, threads, modules of roots) follow them.
 */
typedef uint32_t obj_id;
#define OBJ_NONE UINT32_MAX

/* Index into the type table of a snapshot. */
typedef uint32_t type_id;
#define TYPE_NONE UINT32_MAX

/* Index into the string pool of a snapshot. Id 0 is the empty string. */
typedef uint32_t str_id;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* For functions that do nothing but prefetch: gcc drops calls of those that it does not inline. */
#define PREFETCHES static inline __attribute__((always_inline)) void

/*
 * Binary search: the first `i` of [begin, end) for which `is_before` does not hold
 * any more; `end` when it holds for all.
 *
 *	size_t at = partition_point(i, 0, n, keys[i] < key);
 */
#define partition_point(i, begin, end, is_before)                                                  \
	({                                                                                         \
		size_t low_ = (begin), high_ = (end);                                              \
		while (low_ < high_) {                                                             \
			size_t i = low_ + (high_ - low_) / 2;                                      \
			if (is_before)                                                             \
				low_ = i + 1;                                                      \
			else                                                                       \
				high_ = i;                                                         \
		}                                                                                  \
		low_;                                                                              \
	})

static inline uint64_t align_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

static inline uint64_t align_down(uint64_t value, uint64_t unit)
{
	return value / unit * unit;
}

/* Unaligned loads: bytes of a target are never trusted to be aligned. */
static inline uint64_t load_u64(const void *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

static inline int64_t load_i64(const void *p)
{
	return (int64_t)load_u64(p);
}

static inline uint32_t load_u32(const void *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

static inline int32_t load_i32(const void *p)
{
	return (int32_t)load_u32(p);
}

static inline uint16_t load_u16(const void *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

#endif
