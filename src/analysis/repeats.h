/*
 * Equal objects: of all that hold the same, one would do. Equality comes from
 * snapshot->content: a hash of 31 bits and the size, so that of ten million
 * texts a handful are taken for copies that are none.
 */
#ifndef WHYMEM_REPEATS_H
#define WHYMEM_REPEATS_H

#include "analysis/spots.h"

struct repeats {
	uint64_t *copies;      /* a bit a node: equal to another object, which stays */
	uint64_t count, bytes; /* of the copies */
};

/* A well mixed hash of what an object holds; 0: nothing to compare. From several threads. */
typedef uint64_t (*repeats_hash_fn)(const void *arg, obj_id object);

/* Among all live objects that have a hash; a parallel pass. */
struct error *repeats_init(struct repeats *repeats, const struct analysis *analysis,
	repeats_hash_fn hash, const void *arg);
void repeats_deinit(struct repeats *repeats);

/* Among the objects of a type whose contents are known (str, bytes, int, float). */
struct error *repeats_of_type(
	struct repeats *repeats, const struct analysis *analysis, type_id type);

/*
 * Copies with what each retains: an even sample of about `most` light ones, and
 * all that retain `heavy` bytes or more, of which a sample would tell nothing.
 */
struct copies {
	struct crowd light, heavy;
};

struct error *repeats_sample(const struct repeats *repeats, const struct analysis *analysis,
	uint64_t most, uint64_t heavy, struct copies *ret);
void copies_deinit(struct copies *copies);

/* How many different hashes there are when `hashes` (sorted by this) are every stride-th. */
uint64_t estimate_distinct(uint64_t *hashes, size_t n, uint64_t stride);

/* Every bit depends on all; different values stay different, 0 stays 0. */
static inline uint64_t repeats_mix(uint64_t value)
{
	value = (value ^ value >> 32) * 0xd6e8feb86659fd93ull;
	value = (value ^ value >> 32) * 0xd6e8feb86659fd93ull;
	return value ^ value >> 32;
}

/* The hash of a leaf whose content is known: equal for equal ones of a type. */
static inline uint64_t leaf_hash(const struct snapshot *snapshot, obj_id object)
{
	return repeats_mix((uint64_t)snapshot->size[object] << 32 | snapshot->content[object]);
}

#endif
