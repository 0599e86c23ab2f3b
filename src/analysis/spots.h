/*
 * Where many small objects stand, by dominators: the deepest object that most
 * of what stands in it goes through, without a search for paths.
 */
#ifndef WHYMEM_SPOTS_H
#define WHYMEM_SPOTS_H

#include "analysis/analysis.h"

/* Some of many objects: each of these stands for `stride`. */
struct crowd {
	struct obj_ids nodes;
	VEC(uint64_t) weights; /* of each; for all that it stands for: times stride */
	uint64_t stride;       /* at least 1 */
};

bool crowd_add(struct crowd *crowd, obj_id node, uint64_t weight);
void crowd_deinit(struct crowd *crowd);

struct spot {
	uint32_t node;
	uint64_t count, weight; /* with the stride */
};

#define SPOT_NONE UINT32_MAX

struct spots {
	struct spot *data;
	size_t n, capacity;
	uint32_t *of;  /* by member of the crowd: its spot, or SPOT_NONE */
	uint32_t *top; /* by member: the last object above it that stands in no other, or itself */
};

/* Spots of at least `least` bytes. */
struct error *spots_init(struct spots *spots, const struct analysis *analysis,
	const struct crowd *crowd, uint64_t least);
void spots_deinit(struct spots *spots);

#endif
