/*
 * What is known of memory that allocators own: by page what it holds, by 16
 * bytes whether a block in use starts there and whom it belongs to.
 *
 * Kept in shards of 2 MiB of address space, found through a sparse directory.
 * Memory of a shard is only touched where something is known, so that pools
 * cost 1/32 of their size and a mapping of one block nothing.
 *
 * A mark is 4 bits: bit 0 a block in use starts here, bits 1-3 its owner; without
 * bit 0 they tell why it is not in use.
 */
#ifndef WHYMEM_SHARDS_H
#define WHYMEM_SHARDS_H

#include "base/error.h"
#include "base/vec.h"

#define PAGE_BITS 12
#define PAGE_BYTES (1ull << PAGE_BITS)
#define GRANULE_BITS 4
#define SHARD_BITS 21
#define SHARD_BYTES (1ull << SHARD_BITS)
#define SHARD_PAGES (SHARD_BYTES / PAGE_BYTES)
#define SHARD_GRANULES (SHARD_BYTES >> GRANULE_BITS)
#define PAGE_GRANULES (PAGE_BYTES >> GRANULE_BITS)

/* What a page holds. 1 .. 32: blocks of a pool, of that many granules. */
enum page_kind {
	PAGE_NONE = 0,
	PAGE_POOL_LAST = 32,
	PAGE_POOL_EMPTY, /* of an arena, without blocks in use */
	PAGE_POOL_CORRUPT,
	PAGE_CHUNKS, /* chunks of malloc */
	PAGE_SINGLE, /* part of a region that is one block */
};

enum mark {
	MARK_IN_USE = 1,
	MARK_CACHED = 2,  /* free, on the list of a thread */
	MARK_FOREIGN = 4, /* not the allocator's, in the middle of its heap */
};

struct shard {
	addr_t base;
	bool is_resident; /* all pages of it that hold blocks */
	uint8_t kind[SHARD_PAGES];
	/* PAGE_CHUNKS: the block that covers the page's first byte, 0 none; PAGE_SINGLE: region */
	uint64_t first[SHARD_PAGES];
	uint64_t starts[SHARD_GRANULES / 64]; /* PAGE_CHUNKS: where blocks start, free ones too */
	uint64_t marks[SHARD_GRANULES / 16];
};

struct shards {
	uintptr_t *directory; /* by address >> SHARD_BITS: a shard, or region << 1 | 1 */
	VEC(struct shard *) made;
};

struct error *shards_init(struct shards *shards);
void shards_deinit(struct shards *shards);

/* Makes the shards of [begin, end) exist. */
struct error *shards_reserve(struct shards *shards, addr_t begin, addr_t end);

/* Notes that the pages of [begin, end) are the one block of region number `region`. */
struct error *shards_set_single(struct shards *shards, addr_t begin, addr_t end, uint64_t region);

/* The shard that was reserved for `address`, or NULL. */
struct shard *shards_find(const struct shards *shards, addr_t address);

static inline unsigned shard_page(addr_t address)
{
	return (address & (SHARD_BYTES - 1)) >> PAGE_BITS;
}

static inline unsigned shard_granule(addr_t address)
{
	return (address & (SHARD_BYTES - 1)) >> GRANULE_BITS;
}

static inline void shard_set_kind(
	struct shard *shard, addr_t begin, uint64_t n, enum page_kind kind)
{
	memset(&shard->kind[shard_page(begin)], kind, n / PAGE_BYTES);
}

static inline unsigned shard_mark(const struct shard *shard, addr_t start)
{
	unsigned granule = shard_granule(start);
	uint64_t word = __atomic_load_n(&shard->marks[granule / 16], __ATOMIC_RELAXED);
	return word >> granule % 16 * 4 & 15;
}

/* Not atomic: while the marks are made, one thread writes a page. */
static inline void shard_set_mark(struct shard *shard, addr_t start, unsigned mark)
{
	unsigned granule = shard_granule(start);
	uint64_t *word = &shard->marks[granule / 16];
	*word = (*word & ~(15ull << granule % 16 * 4)) | (uint64_t)mark << granule % 16 * 4;
}

/* Gives a block in use that nobody owns to `owner`; atomic. */
static inline bool shard_claim(struct shard *shard, addr_t start, unsigned owner)
{
	unsigned granule = shard_granule(start), shift = granule % 16 * 4;
	uint64_t *word = &shard->marks[granule / 16];
	uint64_t old = __atomic_load_n(word, __ATOMIC_RELAXED);
	do {
		if ((old >> shift & 15) != MARK_IN_USE)
			return false;
	} while (!__atomic_compare_exchange_n(word, &old, old | (uint64_t)owner << (shift + 1),
		true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return true;
}

static inline bool shard_has_start(const struct shard *shard, addr_t start)
{
	unsigned granule = shard_granule(start);
	return shard->starts[granule / 64] >> granule % 64 & 1;
}

static inline void shard_set_start(struct shard *shard, addr_t start)
{
	unsigned granule = shard_granule(start);
	shard->starts[granule / 64] |= 1ull << granule % 64;
}

#endif
