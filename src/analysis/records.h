/*
 * Dicts that serve as records, and what holds an object.
 */
#ifndef WHYMEM_RECORDS_H
#define WHYMEM_RECORDS_H

#include "analysis/repeats.h"

/* Bytes of a block that an allocation of `n_bytes` takes. */
static inline uint64_t block_bytes(uint64_t n_bytes)
{
	return n_bytes <= 512 ? align_up(n_bytes, 16) : align_up(n_bytes + 8, 16);
}

#define GC_HEAD_BYTES 16
#define TUPLE_BYTES(n) block_bytes(GC_HEAD_BYTES + 24 + 8 * (n))

/* A dict whose keys are texts; bytes are what a tuple of the same values would save. */
struct record {
	uint64_t n_keys;
	uint64_t dict_bytes;  /* the dict's blocks less the tuple's */
	uint64_t key_bytes;   /* keys of its own */
	uint64_t value_bytes; /* values of its own that equal others */
	uint64_t shape;       /* hash of the set of keys */
};

#define RECORD_TEXTS 2 /* kinds of values that may be copies */

/* False when the dict has other keys, none, too many, or is the __dict__ of something. */
bool record_read(const struct analysis *analysis, const struct repeats copies[RECORD_TEXTS],
	uint32_t dict, struct record *ret);

/* Does the dict serve as the __dict__ of what holds it? */
bool is_namespace_dict(const struct analysis *analysis, uint32_t dict);

/* By which attribute or key an object of one owner is held: NULL where it is not told. */
void find_holder(const struct analysis *analysis, uint32_t node, const char **holder_ret,
	const char **name_ret);

#endif
