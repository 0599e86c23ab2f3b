/*
 * How many live objects there are of each type, and of the types that weigh
 * something an even sample: so that what is true of millions of objects can be
 * asked of a few thousand.
 */
#ifndef WHYMEM_CENSUS_H
#define WHYMEM_CENSUS_H

#include "analysis/analysis.h"

struct census_type {
	uint64_t count, bytes; /* live objects, and their blocks */
	struct obj_ids sample; /* in the order of ids; empty when the type weighs too little */
	uint64_t stride;       /* each of the sample stands for so many */
};

struct census {
	struct census_type *types; /* by type_id */
	size_t n;
};

/*
 * Samples of about `most` objects each, of types whose objects weigh `least`
 * bytes or more together.
 */
struct error *census_init(
	struct census *census, const struct analysis *analysis, uint64_t least, uint64_t most);
void census_deinit(struct census *census);

/* The type module.name itself, or TYPE_NONE. */
type_id census_find(const struct snapshot *snapshot, const char *module, const char *name);

/* Which of `stride` objects a sample takes, for each run of so many: never in step with a pattern.
 */
static inline uint64_t census_pick(uint64_t run, uint64_t stride)
{
	return run * stride + (run * 0x9e3779b97f4a7c15ull >> 32) % stride;
}

#endif
