/*
 * Hashes of tuples, lists, dicts and sets by what is in them, down to numbers
 * and texts: equal ones have equal hashes. Objects whose contents are not known
 * differ from all others; structures within themselves count as such.
 */
#ifndef WHYMEM_STRUCTURES_H
#define WHYMEM_STRUCTURES_H

#include "analysis/repeats.h"

#define STRUCTURES(X) X("tuple") X("list") X("dict") X("set") X("frozenset")

struct structure_frame {
	uint32_t node;
	uint64_t edge;
	uint64_t hash;
};

struct structures {
	const struct analysis *analysis;
	uint64_t *hash; /* by node: 0 before structures_hash() */
	uint8_t *kind;  /* by type: which structure it is, 0 none */
	VEC(struct structure_frame) stack;
};

struct error *structures_init(struct structures *structures, const struct analysis *analysis);
void structures_deinit(struct structures *structures);

/* Is it one of them, and not empty? */
static inline bool is_structure(const struct structures *structures, uint32_t node)
{
	const struct snapshot *snapshot = structures->analysis->snapshot;
	return is_object(snapshot, node) && structures->kind[snapshot->type[node]] &&
	       snapshot->edge_start[node] < snapshot->edge_start[node + 1];
}

/* Fills the hash of a structure and of all in it; false without memory. */
bool structures_hash(struct structures *structures, uint32_t node);

/* Likewise, but leaves the hash 0 when more than `n_most` structures would have to be hashed. */
bool structures_hash_small(struct structures *structures, uint32_t node, size_t n_most);

/* Copies among all structures, which are hashed first. */
struct error *structures_repeats(struct structures *structures, struct repeats *ret);

/* Is a copy no part of another copy, nor the __dict__ of an object? */
bool structures_is_whole(
	const struct structures *structures, const struct repeats *repeats, uint32_t node);

#endif
