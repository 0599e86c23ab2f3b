/*
 * A set of addresses that numbers its members densely in address order.
 *
 * address -> id is a bitmap with rank: one bit for each 8 bytes of address
 * space, kept for those 2 MiB chunks that hold members, with a running count
 * every 512 bits. A look-up touches two or three cache lines.
 *
 * First idset_add() (any order, from several threads if they work on different
 * chunks that exist already, see idset_reserve()), then idset_seal() once, then
 * look-ups from any thread.
 */
#ifndef WHYMEM_IDSET_H
#define WHYMEM_IDSET_H

#include "base/error.h"

#define IDSET_CHUNK_BITS 21 /* 2 MiB of address space a chunk */
#define IDSET_CHUNK_BYTES (1ull << IDSET_CHUNK_BITS)
#define IDSET_ADDRESS_BITS 47

#define IDSET_WORDS (IDSET_CHUNK_BYTES / 8 / 64)
#define IDSET_BLOCKS (IDSET_WORDS / 8)

struct idset_chunk {
	addr_t base;
	uint32_t rank[IDSET_BLOCKS + 1]; /* members before block i, within the set */
	uint64_t words[IDSET_WORDS];
};

struct idset {
	struct idset_chunk **directory; /* by address >> IDSET_CHUNK_BITS, sparse */
	struct idset_chunk **chunks;    /* in address order, once sealed */
	size_t n_chunks;
	uint64_t n; /* members, once sealed */
	bool sealed;
};

struct error *idset_init(struct idset *set);
void idset_deinit(struct idset *set);

/* Makes the chunks of [begin, end) exist, so that threads may add to them. */
struct error *idset_reserve(struct idset *set, addr_t begin, addr_t end);

/* The chunk of `address`, or NULL. */
static inline struct idset_chunk *idset_chunk_find(const struct idset *set, addr_t address)
{
	if (address >> IDSET_ADDRESS_BITS)
		return NULL;
	return set->directory[address >> IDSET_CHUNK_BITS];
}

/* Adds an 8-aligned address in a reserved chunk; adding twice is no harm. */
static inline void idset_add(struct idset *set, addr_t address)
{
	assert(!(address & 7) && !set->sealed);
	struct idset_chunk *chunk = idset_chunk_find(set, address);
	assert(chunk);
	uint64_t bit = (address - chunk->base) >> 3;
	chunk->words[bit / 64] |= 1ull << bit % 64;
}

static inline bool idset_has(const struct idset *set, addr_t address)
{
	const struct idset_chunk *chunk = idset_chunk_find(set, address);
	if (!chunk || address & 7)
		return false;
	uint64_t bit = (address - chunk->base) >> 3;
	return chunk->words[bit / 64] >> bit % 64 & 1;
}

/* Counts and numbers the members; OUT_OF_MEMORY beyond 2^32 - 2 members. */
struct error *idset_seal(struct idset *set);

/* The id of `address`, or OBJ_NONE. */
static inline obj_id idset_find(const struct idset *set, addr_t address)
{
	const struct idset_chunk *chunk = idset_chunk_find(set, address);
	if (!chunk || address & 7)
		return OBJ_NONE;
	uint64_t bit = (address - chunk->base) >> 3;
	uint64_t word = bit / 64;
	if (!(chunk->words[word] >> bit % 64 & 1))
		return OBJ_NONE;
	uint32_t rank = chunk->rank[word / 8];
	for (uint64_t i = word & ~7ull; i < word; i++)
		rank += (uint32_t)__builtin_popcountll(chunk->words[i]);
	return rank + (uint32_t)__builtin_popcountll(chunk->words[word] & ((1ull << bit % 64) - 1));
}

/* The address of member `id` (must exist). */
addr_t idset_get(const struct idset *set, obj_id id);

/* Iteration in address order from the member with number `first`. */
struct idset_cursor {
	const struct idset *set;
	size_t chunk;
	uint64_t word;
	uint64_t bits; /* members of `word` still to come */
};

struct idset_cursor idset_cursor_at(const struct idset *set, obj_id first);

/* The next address, or 0 at the end. */
addr_t idset_next(struct idset_cursor *cursor);

#endif
