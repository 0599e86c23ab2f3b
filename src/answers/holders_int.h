/* What finding holders and finding groups share. */
#ifndef WHYMEM_HOLDERS_INT_H
#define WHYMEM_HOLDERS_INT_H

#include "answers/account.h"

/*
 * Objects of one type that each hold little and together much, and that nothing
 * but a namespace dominates: two containers may share them.
 */
struct group {
	type_id type;
	uint64_t weight;
	struct obj_ids members;
};

struct groups {
	struct group *data;
	size_t n, capacity;
};

/* Groups of at least `least` bytes, of objects below `threshold`. */
struct error *groups_init(
	struct groups *groups, const struct analysis *analysis, uint64_t threshold, uint64_t least);
void groups_deinit(struct groups *groups);

/* Adds a holder for each container that paths to a group's members go through. */
struct error *groups_place(const struct groups *groups, const struct analysis *analysis,
	const struct paths *paths, struct holders *ret);

#endif
