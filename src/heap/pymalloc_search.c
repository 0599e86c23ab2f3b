/*
 * The arenas of pymalloc without a symbol or an offset: pools have a header that
 * nothing else looks like, and the array of arenas is what the interpreter's
 * data leads to so that each pool lies in the arena its header numbers.
 *
 * Interpreters that have ended may leave arenas behind (3.12, 3.13): there the
 * array is a block of malloc that nothing leads to any more.
 */
#include "heap/regions.h"

#include "target/module.h"

#define ENTRY_BYTES 48
#define FIRST_ENTRIES 16 /* INITIAL_ARENA_OBJECTS; the array doubles */
#define ARRAYS_MAX 1024  /* one an interpreter */
#define FAILURES_MAX 16  /* pools that no array explains must not cost much */
#define SLACK_BYTES 48   /* of a block beyond its array: rounding, debug hooks */

struct found_pool {
	addr_t address;
	uint32_t arena;
	bool explained;
};

struct search {
	struct blocks *blocks;
	VEC(struct found_pool) pools;
	VEC(addr_t) arrays; /* blocks of malloc of the size of an array */
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
	return class < PAGE_POOL_LAST && count &&
	       count <= (pool_bytes - POOL_HEADER_BYTES) / size && last == pool_bytes - size &&
	       next >= POOL_HEADER_BYTES + size && next <= last + size &&
	       (next - POOL_HEADER_BYTES) % size == 0 &&
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
		for (addr_t at = align_up(begin, pool_bytes); at + pool_bytes <= end;
			at += pool_bytes) {
			if (!residency_count(&residency, at, at + PAGE_BYTES) ||
				!looks_like_pool(blocks, at))
				continue;
			struct found_pool *pool = vec_add(&search->pools);
			if (!pool)
				return &error_no_memory;
			*pool = (struct found_pool){
				at, load_u32(mem_at(blocks->mem, at + 32, 4)), false};
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
	vec_foreach (&blocks->cpython->module->writable, span) {
		addr_t end = span->address + span->n_bytes;
		for (addr_t at = align_up(span->address, 8); at + 8 <= end; at += 8) {
			addr_t entries = mem_word(blocks->mem, at);
			if (entries && explains(blocks, entries, pool))
				return entries;
		}
	}
	return 0;
}

static bool is_array_size(uint64_t n_bytes)
{
	uint64_t size = FIRST_ENTRIES * ENTRY_BYTES;
	while (size + SLACK_BYTES <= n_bytes)
		size *= 2;
	return n_bytes >= size;
}

static struct error *collect_arrays(struct search *search)
{
	const struct blocks *blocks = search->blocks;
	for (size_t i = 0; i < blocks->n_sorted; i++) {
		const struct region *region = &blocks->regions.data[i];
		if (region->kind != REGION_CHUNKS)
			continue;
		addr_t at = chunks_first(blocks, region);
		for (; at; at = chunks_next(blocks, region, at)) {
			if (!is_array_size(chunks_block_end(blocks, at) - at) ||
				!blocks_in_use(blocks, at))
				continue;
			addr_t *added = vec_add(&search->arrays);
			if (!added)
				return &error_no_memory;
			*added = at;
		}
	}
	return NULL;
}

static addr_t find_lost_array(const struct search *search, const struct found_pool *pool)
{
	vec_foreach (&search->arrays, array) {
		if (explains(search->blocks, *array, pool))
			return *array;
		if (explains(search->blocks, *array + DEBUG_HEADER_BYTES, pool))
			return *array + DEBUG_HEADER_BYTES;
	}
	return 0;
}

/* Reads the array at `entries`, which is large enough for every pool that it explains. */
static struct error *read_array(struct search *search, addr_t entries)
{
	uint64_t n = FIRST_ENTRIES;
	vec_foreach (&search->pools, pool) {
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

static struct error *explain_pools(struct search *search)
{
	struct blocks *blocks = search->blocks;
	struct error *error = NULL;
	unsigned n_arrays = 0, n_failures = 0;
	bool has_collected = false;
	for (size_t i = 0; i < search->pools.n && !error; i++) {
		const struct found_pool *pool = &search->pools.data[i];
		if (pool->explained)
			continue;
		addr_t entries = find_array(blocks, pool);
		if (!entries && !has_collected) {
			error = collect_arrays(search);
			has_collected = true;
		}
		if (!entries)
			entries = find_lost_array(search, pool);
		if (error)
			break;
		if (entries && n_arrays++ < ARRAYS_MAX)
			error = read_array(search, entries);
		else if (n_failures++ == FAILURES_MAX)
			break;
	}
	return error;
}

struct error *pymalloc_search(struct blocks *blocks)
{
	struct search search = {.blocks = blocks};
	struct error *error = blocks->cpython->module ? find_pools(&search) : NULL;
	if (!error)
		error = explain_pools(&search);
	vec_deinit(&search.pools);
	vec_deinit(&search.arrays);
	return error;
}
