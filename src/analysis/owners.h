/* Types whose objects own native memory. */
#ifndef WHYMEM_OWNERS_H
#define WHYMEM_OWNERS_H

#include "analysis/analysis.h"

struct native_owner {
	type_id type;
	uint64_t count, n_bytes;
};

struct native_owners {
	struct native_owner *data; /* by bytes, then by name */
	size_t n, capacity;
};

/* Of all objects, or of those that `holder` dominates (itself too) unless it is GRAPH_ROOT. */
struct error *native_owners_init(
	struct native_owners *owners, const struct analysis *analysis, uint32_t holder);

static inline void native_owners_deinit(struct native_owners *owners)
{
	vec_deinit(owners);
}

#endif
