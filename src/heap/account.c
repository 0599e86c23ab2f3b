/*
 * The account of RSS: spans of blocks, other regions, claimed ranges and what
 * is left of each map become parts; each resident byte goes to exactly one.
 */
#include "heap/account.h"

#include "base/cleanup.h"
#include "base/workers.h"

static const enum part part_of_owner[OWNER_COUNT] = {
	[OWNER_NONE] = PART_NATIVE_UNOWNED,
	[OWNER_OBJECT] = PART_OBJECTS,
	[OWNER_NATIVE] = PART_NATIVE_OWNED,
	[OWNER_INTERPRETER] = PART_NATIVE_INTERPRETER,
	[OWNER_FREELIST] = PART_FREE_FREELIST,
	[OWNER_TRACER] = PART_TRACER,
	[OWNER_LIBRARY] = PART_NATIVE_UNOWNED,
};

static enum part part_of_unknown(const struct blocks *blocks)
{
	return blocks->foreign ? PART_NATIVE_FOREIGN : PART_UNEXPLAINED;
}

static enum part part_of_chunk(const struct blocks *blocks, unsigned mark)
{
	if (mark & MARK_IN_USE)
		return part_of_owner[mark >> 1];
	return mark == MARK_FOREIGN ? part_of_unknown(blocks) : PART_FREE_MALLOC;
}

/* ---- spans ---- */

struct counter {
	struct account *account;
	const struct blocks *blocks;
	struct residency residency;
	struct span_count *count;
	struct class_count classes[PAGE_POOL_LAST + 1];
};

static void book(struct counter *counter, enum part part, addr_t begin, addr_t end)
{
	counter->count->part_bytes[part] += residency_count(&counter->residency, begin, end);
}

static void count_used(struct counter *counter, uint64_t n_bytes)
{
	counter->count->used_count++;
	counter->count->used_bytes += n_bytes;
}

static void count_pool(struct counter *counter, const struct shard *shard, addr_t pool)
{
	unsigned class = shard->kind[shard_page(pool)];
	uint64_t pool_bytes = counter->blocks->pymalloc.pool_bytes, n_bytes = class * 16;
	uint64_t n = (pool_bytes - POOL_HEADER_BYTES) / n_bytes;
	addr_t first = pool + POOL_HEADER_BYTES, end = pool + pool_bytes;
	bool all = residency_count(&counter->residency, pool, end) == pool_bytes;
	counter->classes[class].pools++;
	for (addr_t at = first; at < first + n * n_bytes; at += n_bytes) {
		unsigned mark = shard_mark(shard, at);
		enum part part = mark & MARK_IN_USE ? part_of_owner[mark >> 1] : PART_FREE_PYMALLOC;
		if (mark & MARK_IN_USE) {
			counter->classes[class].used++;
			count_used(counter, n_bytes);
		}
		if (all)
			counter->count->part_bytes[part] += n_bytes;
		else
			book(counter, part, at, at + n_bytes);
	}
	book(counter, PART_OVERHEAD_PYMALLOC, pool, first);
	book(counter, PART_OVERHEAD_PYMALLOC, first + n * n_bytes, end);
}

static void count_arena(struct counter *counter, const struct pymalloc_arena *arena)
{
	const struct blocks *blocks = counter->blocks;
	uint64_t pool_bytes = blocks->pymalloc.pool_bytes;
	book(counter, PART_OVERHEAD_PYMALLOC, arena->begin, arena->first_pool);
	for (addr_t at = arena->first_pool; at < arena->carved_end; at += pool_bytes) {
		const struct shard *shard = shards_find(&blocks->shards, at);
		unsigned kind = shard->kind[shard_page(at)];
		if (kind <= PAGE_POOL_LAST) {
			count_pool(counter, shard, at);
			continue;
		}
		enum part part = kind == PAGE_POOL_EMPTY ? PART_FREE_PYMALLOC : PART_UNEXPLAINED;
		book(counter, part, at, at + pool_bytes);
		counter->count->free_pools += kind == PAGE_POOL_EMPTY;
	}
	book(counter, PART_FREE_PYMALLOC, arena->carved_end, arena->pools_end);
	book(counter, PART_OVERHEAD_PYMALLOC, arena->pools_end, arena->end);
}

static void count_chunk(struct counter *counter, const struct region *region,
	const struct shard *shard, addr_t start, addr_t end)
{
	unsigned mark = shard_mark(shard, start);
	if (mark & MARK_IN_USE)
		count_used(counter, end - start);
	book(counter, part_of_chunk(counter->blocks, mark), start, end);
	bool is_last = end == region->blocks_end;
	book(counter, PART_OVERHEAD_MALLOC, end, is_last ? region->end : end + 8);
}

/* Blocks that start in `span`, which lies in one shard, with what stands behind each. */
static void count_chunks(
	struct counter *counter, const struct region *region, const struct block_span *span)
{
	const struct shard *shard = shards_find(&counter->blocks->shards, span->begin);
	addr_t open = 0; /* start of the block in hand */
	if (span->begin == region->begin)
		book(counter, PART_OVERHEAD_MALLOC, region->begin, region->block);
	for (addr_t at = align_down(span->begin, 1024); at < span->end; at += 1024) {
		for (uint64_t bits = shard->starts[shard_granule(at) / 64]; bits;
			bits &= bits - 1) {
			addr_t start = at + 16ull * (unsigned)__builtin_ctzll(bits);
			if (start < span->begin || start >= span->end)
				continue;
			if (open)
				count_chunk(counter, region, shard, open, start - 8);
			open = start;
		}
	}
	if (open)
		count_chunk(counter, region, shard, open, chunks_block_end(counter->blocks, open));
}

static void count_single(struct counter *counter, const struct region *region)
{
	if (region->mark & MARK_IN_USE)
		count_used(counter, region->blocks_end - region->block);
	book(counter, PART_OVERHEAD_MALLOC, region->begin, region->block);
	book(counter, part_of_chunk(counter->blocks, region->mark), region->block,
		region->blocks_end);
	book(counter, PART_OVERHEAD_MALLOC, region->blocks_end, region->end);
}

static struct error *count_spans(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	struct counter counter = {.account = arg};
	counter.blocks = counter.account->blocks;
	counter.residency.capture = counter.blocks->capture;
	for (uint64_t i = begin; i < end; i++) {
		const struct block_span *span = &counter.blocks->spans.data[i];
		const struct region *region = regions_find(counter.blocks, span->begin);
		counter.count = &counter.account->spans[i];
		if (region->kind == REGION_POOLS)
			count_arena(&counter, &counter.blocks->pymalloc.arenas.data[region->arena]);
		else if (region->kind == REGION_CHUNKS)
			count_chunks(&counter, region, span);
		else
			count_single(&counter, region);
	}
	for (unsigned i = 1; i <= PAGE_POOL_LAST; i++) {
		struct class_count *class = &counter.account->classes[i];
		__atomic_fetch_add(&class->pools, counter.classes[i].pools, __ATOMIC_RELAXED);
		__atomic_fetch_add(&class->used, counter.classes[i].used, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* ---- maps ---- */

static bool is_module_of(const struct map *map, const struct map *first)
{
	return map->inode && map->inode == first->inode && map->device == first->device;
}

static bool is_shared_memory(const struct map *map)
{
	static const char *const names[] = {"/dev/shm/", "/memfd:", "/dev/zero", "/SYSV"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(map->path, names[i], strlen(names[i])))
			return true;
	return !map->path[0];
}

static enum part part_of_file(const struct blocks *blocks, const struct map *map)
{
	const struct map *agent = blocks->agent.module;
	if (agent && is_module_of(map, agent))
		return PART_TRACER;
	if (is_module_of(map, blocks->cpython->binary))
		return PART_PROGRAM_INTERPRETER;
	vec_foreach (&blocks->modules, first)
		if (is_module_of(map, *first))
			return PART_PROGRAM_LIBRARIES;
	return PART_FILES;
}

/* Does a stack that is known as a region lie in `map`? */
static bool has_stack(const struct blocks *blocks, const struct map *map)
{
	for (size_t i = regions_after(blocks, map->start);
		i < blocks->n_sorted && blocks->regions.data[i].begin < map->end; i++)
		if (blocks->regions.data[i].kind == REGION_STACK)
			return true;
	return false;
}

/* The part of what no region covers in `map`. */
static enum part part_of_map(const struct blocks *blocks, const struct map *map)
{
	if (map->flags & MAP_IS_SHARED && agent_has_table(&blocks->agent, map))
		return PART_TRACER;
	if (map->flags & MAP_IS_SHARED)
		return is_shared_memory(map) ? PART_SHARED : PART_FILES;
	if (map->flags & MAP_IS_SPECIAL && strncmp(map->path, "[anon", 5) != 0)
		return PART_PROGRAM_LIBRARIES;
	if (map->inode)
		return part_of_file(blocks, map);
	if (map->flags & MAP_IS_STACK && (map->path[0] || !has_stack(blocks, map)))
		return PART_STACKS;
	return part_of_unknown(blocks);
}

/*
 * Resident bytes of [begin, end) are taken out of what is left of their maps,
 * and booked there on `part` (PART_COUNT: on none).
 */
static uint64_t take_from_maps(
	struct account *account, uint64_t *left, addr_t begin, addr_t end, enum part part)
{
	const struct capture *capture = account->blocks->capture;
	struct residency residency = {.capture = capture};
	uint64_t taken = 0;
	for (addr_t next; begin < end; begin = next) {
		const struct map *map = capture_find_map(capture, begin);
		if (!map) {
			next = align_down(begin, PAGE_BYTES) + PAGE_BYTES;
			continue;
		}
		next = MIN(end, map->end);
		size_t i = (size_t)(map - capture->maps.data);
		uint64_t n = MIN(residency_count(&residency, begin, next), left[i]);
		left[i] -= n;
		taken += n;
		if (part != PART_COUNT)
			account->maps[i].part_bytes[part] += n;
	}
	return taken;
}

/* Adds what was counted of the spans of `region`; *span is the first, and moves on. */
static uint64_t add_spans(
	struct account *account, const struct region *region, size_t *span, struct span_count *map)
{
	const struct blocks *blocks = account->blocks;
	uint64_t sum = 0;
	while (*span < blocks->spans.n && blocks->spans.data[*span].begin < region->end) {
		for (unsigned part = 0; part < PART_COUNT; part++) {
			uint64_t n = account->spans[*span].part_bytes[part];
			map->part_bytes[part] += n;
			sum += n;
		}
		++*span;
	}
	return sum;
}

static enum part part_of_region(const struct region *region)
{
	if (region->kind == REGION_STACK)
		return PART_STACKS;
	if (region->kind == REGION_TRACER)
		return PART_TRACER;
	return region->kind == REGION_INTERPRETER ? PART_PROGRAM_INTERPRETER
						  : PART_PROGRAM_LIBRARIES;
}

/*
 * Where the kernel's sum for a map is below the pages that were seen in it, the
 * sum counts: what is too much goes off the largest parts.
 */
static void take_back(struct span_count *count, uint64_t n_bytes)
{
	while (n_bytes) {
		uint64_t *largest = &count->part_bytes[0];
		for (unsigned part = 1; part < PART_COUNT; part++)
			if (count->part_bytes[part] > *largest)
				largest = &count->part_bytes[part];
		uint64_t n = MIN(n_bytes, *largest);
		if (!n)
			return;
		*largest -= n;
		n_bytes -= n;
	}
}

/* Spans book on the map that their region begins in. */
static void count_region(
	struct account *account, uint64_t *left, const struct region *region, size_t *span)
{
	if (region->kind > REGION_SINGLE) {
		uint64_t n_bytes = take_from_maps(
			account, left, region->begin, region->end, part_of_region(region));
		account->agent_bytes += region->kind == REGION_TRACER ? n_bytes : 0;
		return;
	}
	const struct map *map = capture_find_map(account->blocks->capture, region->begin);
	struct span_count none = {0};
	struct span_count *count =
		map ? &account->maps[map - account->blocks->capture->maps.data] : &none;
	uint64_t taken = take_from_maps(account, left, region->begin, region->end, PART_COUNT);
	uint64_t counted = add_spans(account, region, span, count);
	if (counted <= taken)
		count->part_bytes[PART_UNEXPLAINED] += taken - counted;
	else
		take_back(count, counted - taken);
}

/*
 * Regions, then claimed ranges, take from the maps; what is left is the map's
 * own. `left` starts as what the kernel says is resident of each.
 */
static void count_maps(struct account *account, uint64_t *left)
{
	struct blocks *blocks = account->blocks;
	size_t span = 0;
	for (size_t i = 0; i < blocks->n_sorted; i++)
		count_region(account, left, &blocks->regions.data[i], &span);
	for (size_t i = 0; i < blocks->claimed.n; i++) {
		const struct block_span *claimed = &blocks->claimed.data[i];
		take_from_maps(account, left, claimed->begin, claimed->end,
			part_of_owner[blocks->claimed_owners.data[i]]);
	}
	for (size_t i = 0; i < blocks->capture->maps.n; i++) {
		enum part part = part_of_map(blocks, &blocks->capture->maps.data[i]);
		account->maps[i].part_bytes[part] += left[i];
		account->agent_bytes += part == PART_TRACER ? left[i] : 0;
	}
}

static void fill_parts(const struct account *account, struct snapshot *snapshot)
{
	snapshot->total_bytes = 0;
	memset(snapshot->part_bytes, 0, sizeof(snapshot->part_bytes));
	for (size_t i = 0; i < account->blocks->capture->maps.n; i++)
		for (unsigned part = 0; part < PART_COUNT; part++) {
			snapshot->part_bytes[part] += account->maps[i].part_bytes[part];
			snapshot->total_bytes += account->maps[i].part_bytes[part];
		}
}

struct error *blocks_account(struct blocks *blocks, struct snapshot *snapshot)
{
	size_t n_maps = blocks->capture->maps.n;
	_cleanup_free_ struct span_count *spans = calloc(blocks->spans.n + 1, sizeof(*spans));
	_cleanup_free_ struct span_count *maps = calloc(n_maps + 1, sizeof(*maps));
	_cleanup_free_ uint64_t *left = calloc(n_maps + 1, sizeof(*left));
	if (!spans || !maps || !left)
		return &error_no_memory;
	struct account account = {.blocks = blocks, .spans = spans, .maps = maps};
	struct error *error = workers_run(workers_count(), blocks->spans.n, count_spans, &account);
	if (error)
		return error;
	for (size_t i = 0; i < n_maps; i++)
		left[i] = blocks->capture->maps.data[i].resident_bytes;
	count_maps(&account, left);
	fill_parts(&account, snapshot);
	return inventory_fill(&account, snapshot);
}
