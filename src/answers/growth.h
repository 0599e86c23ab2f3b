/*
 * What changed between two moments, place by place, and what several readings
 * of one process prove about growth.
 */
#ifndef WHYMEM_GROWTH_H
#define WHYMEM_GROWTH_H

#include "answers/moment.h"

/* ---- growth.c ---- */

struct change {
	const struct moment_row *row; /* of the last moment, else of the first */
	const char *path;
	uint64_t before_bytes, after_bytes;
	uint64_t before_count, after_count; /* UINT64_MAX: none */
	uint32_t before_entry, after_entry; /* in the outlines, or OUTLINE_NONE */
};

struct changes {
	struct change *data; /* by how much they changed, then by path */
	size_t n, capacity;
};

/* Bytes more than before, negative when it shrank. */
static inline int64_t change_bytes(const struct change *change)
{
	return (int64_t)(change->after_bytes - change->before_bytes);
}

/* Both borrow the moments. Holders: no change is within another one. */
struct error *changes_of_holders(
	struct changes *changes, const struct moment *first, const struct moment *last);
struct error *changes_of_classes(
	struct changes *changes, const struct moment *first, const struct moment *last);

/* ---- trend.c ---- */

/* Kinds of memory that may grow. */
enum cause {
	CAUSE_LIVE,
	CAUSE_GARBAGE,
	CAUSE_FREE,
	CAUSE_NATIVE,
	CAUSE_SHARED,
	CAUSE_FILES,
	CAUSE_TRACER,
	CAUSE_COUNT
};

struct reading_holder {
	uint64_t key, n_bytes;
};

/* What is kept of every capture, also of those between the first and the last. */
struct reading {
	uint64_t unix_ns;
	uint64_t total_bytes;
	uint64_t cause_bytes[CAUSE_COUNT];
	struct reading_holder *holders; /* by key */
	size_t n_holders;
};

struct readings {
	struct reading *data; /* in the order of the captures */
	size_t n, capacity;
};

struct error *readings_add(struct readings *readings, const struct moment *moment);
void readings_deinit(struct readings *readings);

struct trend {
	const char *kind, *part; /* static; the part may be NULL */
	const char *path;        /* of the moments; NULL: nobody */
	uint64_t n_bytes;        /* by which it grew; when nothing did, what the verdict is about */
	bool has_rate;
	int64_t rate_bytes_per_hour;
	uint64_t limit_seconds_left; /* UINT64_MAX: no limit, or not growing */
	struct text text;
};

struct error *trend_init(struct trend *trend, const struct readings *readings,
	const struct changes *holders, const struct moment *first, const struct moment *last);
void trend_deinit(struct trend *trend);

#endif
