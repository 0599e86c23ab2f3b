/*
 * Groups of objects, and the containers that hold them.
 */
#ifndef WHYMEM_GROUPS_H
#define WHYMEM_GROUPS_H

#include "analysis/analysis.h"

struct group {
	type_id type; /* TYPE_NONE: of several types */
	uint64_t weight;
	struct obj_ids members;
	uint64_t *weights; /* by member; NULL: what each retains */
};

struct groups {
	struct group *data;
	size_t n, capacity;
};

/*
 * Objects of one type that each hold little and together much, and that nothing
 * but a namespace dominates: two containers may share them. Groups of at least
 * `least` bytes, of objects below `threshold`.
 */
struct error *groups_init(
	struct groups *groups, const struct analysis *analysis, uint64_t threshold, uint64_t least);
void groups_deinit(struct groups *groups);
void group_deinit(struct group *group);

/* Adds a member that weighs something else than it retains; to a group of such members. */
bool group_add_weighted(struct group *group, obj_id object, uint64_t weight);

/* ---- placement.c ---- */

/* Members behind one container. */
struct placement {
	uint32_t container;
	uint32_t first; /* the smallest member */
	uint64_t count;
	uint64_t weight; /* of the members */
	uint64_t self_bytes, retained_bytes, resident_bytes;
	struct path path; /* to `first`; what differs from member to member is merged */
	uint32_t depth;   /* path.node[depth] is the container */
};

struct placements {
	struct placement *data;
	size_t n, capacity;
};

/* Adds a placement for each container that paths to a fair share of the members go through. */
struct error *group_place(const struct group *group, const struct analysis *analysis,
	const struct paths *paths, struct placements *ret);
void placements_deinit(struct placements *placements);

#endif
