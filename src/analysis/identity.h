/*
 * Which objects another capture of the same process saw. An object does not
 * move: address and type are its identity. An address that was used again is
 * told by what cannot change: the length of a tuple, the contents of a leaf,
 * and that an object never goes back to a younger generation.
 */
#ifndef WHYMEM_IDENTITY_H
#define WHYMEM_IDENTITY_H

#include "base/vec.h"
#include "snap/snapshot.h"

/* Addresses that share their upper half begin at object `begin`. */
struct identity_segment {
	uint32_t high, begin;
};

/* Eight bytes an object. */
struct identities {
	uint32_t n;
	uint32_t *low;   /* lower half of address / 8, in order of address */
	uint32_t *guard; /* by object */
	VEC(struct identity_segment) segments;
};

/* Of the objects whose bit is set, or of all (`set` is NULL). */
struct error *identities_init(
	struct identities *identities, const struct snapshot *snapshot, const uint64_t *set);
void identities_deinit(struct identities *identities);

/* Sets the bits of those objects that are among the identities. */
struct error *identities_find(
	const struct identities *identities, const struct snapshot *snapshot, uint64_t *set_ret);

#endif
