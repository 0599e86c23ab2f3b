/*
 * The arenas of pymalloc without a symbol or an offset: pools have a header that
 * nothing else looks like, and the array of arenas is what the interpreter's
 * data leads to so that each pool lies in the arena its header numbers.
 */
#include "heap/regions.h"

#include "target/module.h"

#define ENTRY_BYTES 48
#define FIRST_ENTRIES 16 /* INITIAL_ARENA_OBJECTS; the array doubles */
#define ARRAYS_MAX 256	 /* one an interpreter */

struct found_pool {
	addr_t address;
	uint32_t arena;
	bool explained;
};

struct search {
	struct blocks *blocks;
	VEC(struct found_pool) pools;
};

static bool looks_like_pool(const struct blocks *blocks, addr_t address)
{
	uint64_t pool_bytes = blocks->pymalloc.pool_bytes;
	const uint8_t *at = mem_at(blocks->mem, address, POOL_HEADER_BYTES);
	if (!at)
		return false;
	uint32_t count = load_u32(at), class = load_u32(at + 36), size = (class + 1) * 16;
	uint32_t next = load_u32(at + 40), last = load_u32(at + 44);
	addr_t free_block = load_u64(at + 8);
	return class < PAGE_POOL_LAST && count && count <= (pool_bytes - POOL_HEADER_BYTES) / size &&
	       last == pool_bytes - size && next >= POOL_HEADER_BYTES + size &&
	       next <= last + size && (next - POOL_HEADER_BYTES) % size == 0 &&
	       (!free_block || align_down(free_block, pool_bytes) == address);
}

static struct error *find_pools(struct search *search)
{
	struct blocks *blocks = search->blocks;
	uint64_t pool_bytes = blocks->pymalloc.pool_bytes;
	struct residency residency = {.capture = blocks->capture};
	struct gap_cursor cursor = {.blocks = blocks};
	addr_t begin, end;
	while (gap_next(&cursor, &begin, &end)) {
		for (addr_t at = align_up(begin, pool_bytes); at + pool_bytes <= end; at += pool_bytes) {
			if (!residency_count(&residency, at, at + PAGE_BYTES) ||
				!looks_like_pool(blocks, at))
				continue;
			struct found_pool *pool = vec_add(&search->pools);
			if (!pool)
				return &error_no_memory;
			*pool = (struct found_pool){at, load_u32(mem_at(blocks->mem, at + 32, 4)), false};
		}
	}
	return NULL;
}

/* Does the array at `entries` hold the arena of `pool`, where its header says? */
static bool explains(const struct blocks *blocks, addr_t entries, const struct found_pool *pool)
{
	struct pymalloc_arena arena;
	addr_t entry = entries + (uint64_t)pool->arena * ENTRY_BYTES;
	return !(entries % 8) && pymalloc_read_entry(blocks, entry, &arena) &&
	       pool->address >= arena.first_pool && pool->address < arena.carved_end;
}

static addr_t find_array(const struct blocks *blocks, const struct found_pool *pool)
{
	vec_foreach(&blocks->cpython->module->writable, span) {
		addr_t end = span->address + span->n_bytes;
		for (addr_t at = align_up(span->address, 8); at + 8 <= end; at += 8) {
			addr_t entries = mem_word(blocks->mem, at);
			if (entries && explains(blocks, entries, pool))
				return entries;
		}
	}
	return 0;
}

/* Reads the array at `entries`, which is large enough for every pool that it explains. */
static struct error *read_array(struct search *search, addr_t entries)
{
	uint64_t n = FIRST_ENTRIES;
	vec_foreach(&search->pools, pool) {
		if (pool->explained || !explains(search->blocks, entries, pool))
			continue;
		pool->explained = true;
		while (n <= pool->arena)
			n *= 2;
	}
	if (!search->blocks->pymalloc.entries)
		search->blocks->pymalloc.entries = entries;
	return pymalloc_read_entries(search->blocks, entries, n);
}

struct error *pymalloc_search(struct blocks *blocks)
{
	struct search search = {.blocks = blocks};
	struct error *error = blocks->cpython->module ? find_pools(&search) : NULL;
	unsigned n_arrays = 0;
	for (size_t i = 0; i < search.pools.n && !error; i++) {
		if (search.pools.data[i].explained)
			continue;
		addr_t entries = n_arrays < ARRAYS_MAX ? find_array(blocks, &search.pools.data[i]) : 0;
		if (!entries) {
			blocks->pymalloc.corrupt_count++;
			n_arrays += n_arrays < ARRAYS_MAX; /* unexplained ones must not cost much */
			continue;
		}
		n_arrays++;
		error = read_array(&search, entries);
	}
	vec_deinit(&search.pools);
	return error;
}
