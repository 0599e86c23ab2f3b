/*
 * pymalloc from outside: the arenas of all interpreters, their pools, and which
 * blocks of them are in use.
 *
 * Objects/obmalloc.c, Include/internal/pycore_obmalloc.h, 3.9 to 3.15. A pool
 * is aligned to its size, an arena only to pages:
 *
 *	OFFSET	SIZE	DESCRIPTION (struct pool_header)
 *	0	4	blocks in use
 *	8	8	first of the freed blocks, each leads to the next; 0 at the end
 *	16	16	neighbours in a list of pools
 *	32	4	number of its arena
 *	36	4	size class: blocks of (class + 1) * 16 bytes
 *	40	4	offset of the first block that was never handed out
 *	44	4	offset of the last one that can be
 *	48		blocks
 */
#include "heap/regions.h"

#include "base/workers.h"

#define ARENAS_MAX (1u << 24)
#define ENTRY_BYTES 48       /* struct arena_object */
#define LARGE_ARENA_FACTOR 2 /* --with-pymalloc-hugepages (3.15) */

/* ---- arenas ---- */

bool pymalloc_read_entry(const struct blocks *blocks, addr_t entry, struct pymalloc_arena *ret)
{
	const struct mem *mem = blocks->mem;
	const uint8_t *at = mem_at(mem, entry, ENTRY_BYTES);
	if (!at)
		return false;
	uint64_t pool_bytes = blocks->pymalloc.pool_bytes, n_bytes = blocks->pymalloc.arena_bytes;
	addr_t begin = load_u64(at), carved = load_u64(at + 8);
	uint32_t n_free = load_u32(at + 16), n_pools = load_u32(at + 20);
	if (n_pools > n_bytes / pool_bytes)
		n_bytes *= LARGE_ARENA_FACTOR;
	addr_t first = align_up(begin, pool_bytes);
	bool is_sane =
		begin && !(begin % PAGE_BYTES) && begin + n_bytes <= 1ull << MEM_ADDRESS_BITS &&
		n_pools == align_down(begin + n_bytes - first, pool_bytes) / pool_bytes &&
		n_free <= n_pools && carved >= first && carved <= first + n_pools * pool_bytes &&
		!(carved % pool_bytes) && mem_has_range(mem, begin, n_bytes);
	if (!is_sane)
		return false;
	*ret = (struct pymalloc_arena){
		begin, begin + n_bytes, first, carved, first + n_pools * pool_bytes};
	return true;
}

static struct error *add_arena(struct blocks *blocks, const struct pymalloc_arena *arena)
{
	struct region region = {arena->begin, arena->end, REGION_POOLS,
		.arena = (uint32_t)blocks->pymalloc.arenas.n};
	struct pymalloc_arena *added = vec_add(&blocks->pymalloc.arenas);
	if (!added)
		return &error_no_memory;
	*added = *arena;
	return regions_add(blocks, &region);
}

struct error *pymalloc_read_entries(struct blocks *blocks, addr_t entries, uint64_t n)
{
	struct error *error = NULL;
	if (n > ARENAS_MAX || !mem_at(blocks->mem, entries, n * ENTRY_BYTES)) {
		blocks->pymalloc.corrupt_count++;
		return NULL;
	}
	for (uint64_t i = 0; i < n && !error; i++) {
		struct pymalloc_arena arena;
		if (!mem_word(blocks->mem, entries + i * ENTRY_BYTES))
			continue;
		if (pymalloc_read_entry(blocks, entries + i * ENTRY_BYTES, &arena))
			error = add_arena(blocks, &arena);
		else
			blocks->pymalloc.corrupt_count++;
	}
	return error;
}

static addr_t state_of(const struct cpython *cpython, const struct interpreter *interpreter)
{
	const struct layout *layout = cpython->layout;
	addr_t field = interpreter->address + layout->PyInterpreterState.obmalloc;
	/* 3.12 holds the state itself, later versions lead to it. */
	bool is_inside = layout->PyInterpreterState.obmalloc_mgmt != LAYOUT_ABSENT;
	return is_inside ? field : mem_word(cpython->mem, field);
}

/* Interpreters may share a state: did one before `interpreter` have it? */
static bool is_repeated(const struct cpython *cpython, const struct interpreter *interpreter)
{
	const struct interpreter *at = cpython->interpreters.data;
	for (; at < interpreter; at++)
		if (state_of(cpython, at) == state_of(cpython, interpreter))
			return true;
	return false;
}

static struct error *read_states(struct blocks *blocks)
{
	const struct cpython *cpython = blocks->cpython;
	const struct layout *layout = cpython->layout;
	struct error *error = NULL;
	vec_foreach (&cpython->interpreters, interpreter) {
		addr_t state = state_of(cpython, interpreter);
		if (error || !state || is_repeated(cpython, interpreter))
			continue;
		addr_t entries = mem_word(cpython->mem, state + layout->obmalloc_state.mgmt_arenas);
		uint32_t n = 0;
		mem_read_u32(cpython->mem, state + layout->obmalloc_state.mgmt_maxarenas, &n);
		if (entries)
			error = pymalloc_read_entries(blocks, entries, n);
	}
	return error;
}

static struct error *read_statics(struct blocks *blocks)
{
	const struct cpython *cpython = blocks->cpython;
	addr_t arenas = cpython_symbol(cpython, "arenas");
	addr_t max = cpython_symbol(cpython, "maxarenas");
	uint32_t n = 0;
	if (!arenas || !max || !mem_read_u32(cpython->mem, max, &n) || !n)
		return NULL;
	blocks->pymalloc.entries = mem_word(cpython->mem, arenas);
	return pymalloc_read_entries(blocks, blocks->pymalloc.entries, n);
}

struct error *pymalloc_find_arenas(struct blocks *blocks)
{
	const struct cpython *cpython = blocks->cpython;
	blocks->pymalloc.pool_bytes = cpython->traits->pool_bytes;
	blocks->pymalloc.arena_bytes = cpython->traits->arena_bytes;
	struct error *error = cpython->layout->PyInterpreterState.obmalloc != LAYOUT_ABSENT
				      ? read_states(blocks)
				      : read_statics(blocks);
	regions_sort(blocks);
	return error ? error : pymalloc_search(blocks);
}

/* ---- pools ---- */

struct pool {
	addr_t address;
	const uint8_t *at;
	uint32_t n_used, n_bytes, n_carved; /* blocks in use, their size, once handed out */
};

static bool read_pool(const struct blocks *blocks, addr_t address, struct pool *ret)
{
	const uint8_t *at = mem_at(blocks->mem, address, blocks->pymalloc.pool_bytes);
	if (!at)
		return false;
	uint32_t class = load_u32(at + 36), next = load_u32(at + 40), last = load_u32(at + 44);
	*ret = (struct pool){address, at, load_u32(at), (class + 1) * 16, 0};
	if (!ret->n_used)
		return true;
	if (class >= PAGE_POOL_LAST || last != blocks->pymalloc.pool_bytes - ret->n_bytes ||
		next < POOL_HEADER_BYTES + ret->n_bytes || next > last + ret->n_bytes ||
		(next - POOL_HEADER_BYTES) % ret->n_bytes)
		return false;
	ret->n_carved = (next - POOL_HEADER_BYTES) / ret->n_bytes;
	return ret->n_used <= ret->n_carved;
}

/* Marks what was handed out, then takes back what was freed. */
static bool mark_pool(const struct blocks *blocks, struct shard *shard, const struct pool *pool)
{
	addr_t first = pool->address + POOL_HEADER_BYTES;
	for (uint32_t i = 0; i < pool->n_carved; i++)
		shard_set_mark(shard, first + (uint64_t)i * pool->n_bytes, MARK_IN_USE);
	uint32_t n_used = pool->n_carved;
	for (addr_t at = load_u64(pool->at + 8); at;) {
		uint64_t offset = at - first;
		if (at < first || offset >= (uint64_t)pool->n_carved * pool->n_bytes ||
			offset % pool->n_bytes || !shard_mark(shard, at))
			return false;
		shard_set_mark(shard, at, 0);
		n_used--;
		at = load_u64(pool->at + (at - pool->address));
	}
	return n_used == pool->n_used;
}

static uint64_t read_arena(const struct blocks *blocks, const struct pymalloc_arena *arena)
{
	uint64_t pool_bytes = blocks->pymalloc.pool_bytes, n_corrupt = 0;
	for (addr_t page = arena->begin; page < arena->end; page += PAGE_BYTES)
		shards_find(&blocks->shards, page)->kind[shard_page(page)] = PAGE_POOL_EMPTY;
	for (addr_t at = arena->first_pool; at < arena->carved_end; at += pool_bytes) {
		struct shard *shard = shards_find(&blocks->shards, at);
		struct pool pool;
		if (!read_pool(blocks, at, &pool)) {
			shard_set_kind(shard, at, pool_bytes, PAGE_POOL_CORRUPT);
			n_corrupt++;
			continue;
		}
		if (!pool.n_used)
			continue;
		shard_set_kind(shard, at, pool_bytes, pool.n_bytes / 16);
		n_corrupt += !mark_pool(blocks, shard, &pool);
	}
	return n_corrupt;
}

/* Chunks of region `i` are not read soon, but for those that other workers read in now. */
static void spare_chunks(const struct blocks *blocks, uint64_t first, uint64_t i)
{
	const struct region *regions = blocks->regions.data;
	addr_t at = align_down(regions[i].begin, MEM_CHUNK_BYTES);
	for (; at < regions[i].end; at += MEM_CHUNK_BYTES) {
		bool is_first = !first || regions[first - 1].end <= at;
		bool is_last =
			i + 1 == blocks->n_sorted || regions[i + 1].begin >= at + MEM_CHUNK_BYTES;
		if (is_first && is_last)
			mem_spare(blocks->mem, at);
	}
}

static struct error *read_some_arenas(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	struct blocks *blocks = arg;
	uint64_t n_corrupt = 0;
	for (uint64_t i = begin; i < end; i++) {
		const struct region *region = &blocks->regions.data[i];
		if (region->kind != REGION_POOLS)
			continue;
		n_corrupt += read_arena(blocks, &blocks->pymalloc.arenas.data[region->arena]);
		spare_chunks(blocks, begin, i);
	}
	__atomic_fetch_add(&blocks->pymalloc.corrupt_count, n_corrupt, __ATOMIC_RELAXED);
	return NULL;
}

struct error *pymalloc_read_arenas(struct blocks *blocks)
{
	for (size_t i = 0; i < blocks->n_sorted; i++) {
		const struct region *region = &blocks->regions.data[i];
		if (region->kind != REGION_POOLS)
			continue;
		struct error *error = shards_reserve(&blocks->shards, region->begin, region->end);
		if (error)
			return error;
	}
	return workers_run(workers_count(), blocks->n_sorted, read_some_arenas, blocks);
}

/* ---- tables ---- */

/* Under the debug hooks an address that Python knows lies inside of its block. */
static bool claim_block_of(struct blocks *blocks, addr_t address)
{
	struct block block;
	return address && blocks_find(blocks, address, &block) &&
	       blocks_claim(blocks, block.start, OWNER_INTERPRETER);
}

/*
 * The next of the words [*at, end) that is not 0 and lies in a resident page; it
 * is stepped over. The tables are large and mostly untouched.
 */
static addr_t next_node(
	const struct blocks *blocks, struct residency *residency, addr_t *at, addr_t end)
{
	while (*at < end) {
		addr_t page_end = MIN(end, align_down(*at, PAGE_BYTES) + PAGE_BYTES);
		if (residency_count(residency, *at, page_end))
			for (; *at < page_end; *at += 8) {
				addr_t node = mem_word(blocks->mem, *at);
				if (!node)
					continue;
				*at += 8;
				return node;
			}
		*at = page_end;
	}
	return 0;
}

/* The radix tree that tells the addresses of arenas (3.10 on): three levels. */
static void claim_radix_tree(struct blocks *blocks, addr_t root)
{
	const struct layout *layout = blocks->cpython->layout;
	uint32_t top = layout->arena_map_top.n_bytes, mid = layout->arena_map_mid.n_bytes;
	struct residency residency = {.capture = blocks->capture};
	if (!root || top == LAYOUT_ABSENT || mid == LAYOUT_ABSENT)
		return;
	addr_t at = root, node, leaf;
	while ((node = next_node(blocks, &residency, &at, root + top))) {
		if (!claim_block_of(blocks, node))
			continue;
		for (addr_t below = node;
			(leaf = next_node(blocks, &residency, &below, node + mid));)
			claim_block_of(blocks, leaf);
	}
}

void pymalloc_claim_tables(struct blocks *blocks)
{
	const struct cpython *cpython = blocks->cpython;
	const struct layout *layout = cpython->layout;
	if (layout->PyInterpreterState.obmalloc == LAYOUT_ABSENT) {
		claim_block_of(blocks, blocks->pymalloc.entries);
		claim_radix_tree(blocks, cpython_symbol(cpython, "arena_map_root"));
		return;
	}
	vec_foreach (&cpython->interpreters, interpreter) {
		addr_t state = state_of(cpython, interpreter);
		if (!state || is_repeated(cpython, interpreter))
			continue;
		claim_block_of(blocks, state);
		claim_block_of(
			blocks, mem_word(cpython->mem, state + layout->obmalloc_state.mgmt_arenas));
		claim_radix_tree(blocks, state + layout->obmalloc_state.usage_arena_map_root);
	}
}
