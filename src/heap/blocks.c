#include "heap/regions.h"

#define SAMPLE 256

/* ---- opening ---- */

static struct error *add_span(struct blocks *blocks, addr_t begin, addr_t end, enum block_kind kind)
{
	struct block_span *span = vec_add(&blocks->spans);
	if (!span)
		return &error_no_memory;
	*span = (struct block_span){begin, end, kind};
	return NULL;
}

/* Regions with blocks become spans; those of chunks are cut at shards. */
static struct error *make_spans(struct blocks *blocks)
{
	struct error *error = NULL;
	for (size_t i = 0; i < blocks->n_sorted && !error; i++) {
		const struct region *region = &blocks->regions.data[i];
		if (region->kind == REGION_POOLS)
			error = add_span(blocks, region->begin, region->end, BLOCK_POOL);
		else if (region->kind == REGION_SINGLE)
			error = add_span(blocks, region->begin, region->end, BLOCK_MALLOC);
		else if (region->kind == REGION_CHUNKS)
			for (addr_t at = region->begin, next; at < region->end && !error;
				at = next) {
				next = MIN(region->end, align_down(at, SHARD_BYTES) + SHARD_BYTES);
				error = add_span(blocks, at, next, BLOCK_MALLOC);
			}
	}
	return error;
}

static struct error *mark_singles(struct blocks *blocks)
{
	struct error *error = NULL;
	for (size_t i = 0; i < blocks->n_sorted && !error; i++) {
		const struct region *region = &blocks->regions.data[i];
		if (region->kind == REGION_SINGLE)
			error = shards_set_single(&blocks->shards, region->begin, region->end, i);
	}
	return error;
}

/* Notes of which shards all blocks are resident: most are, and nothing of them is missing. */
static void note_residency(struct blocks *blocks)
{
	struct residency residency = {.capture = blocks->capture};
	vec_foreach (&blocks->shards.made, made) {
		struct shard *shard = *made;
		shard->is_resident = true;
		for (unsigned i = 0; i < SHARD_PAGES && shard->is_resident; i++) {
			addr_t page = shard->base + i * PAGE_BYTES;
			bool has_blocks = shard->kind[i] && shard->kind[i] != PAGE_POOL_EMPTY;
			shard->is_resident =
				!has_blocks || residency_count(&residency, page, page + PAGE_BYTES);
		}
	}
}

/* ---- the debug hooks ---- */

struct debug_sample {
	const struct mem *mem;
	unsigned n, n_hooked;
};

/*
 * Objects/obmalloc.c, all versions: 8 bytes of size, big-endian; the domain;
 * 7 times 0xfd (FORBIDDENBYTE).
 */
static bool has_debug_header(const struct mem *mem, const struct block *block)
{
	const uint8_t *at = mem_at(mem, block->start, DEBUG_HEADER_BYTES);
	if (!at || load_u64(at + 8) >> 8 != 0xfdfdfdfdfdfdfdull || !strchr("rmo", at[8]))
		return false;
	uint64_t size = __builtin_bswap64(load_u64(at));
	return at[8] && size + DEBUG_HEADER_BYTES + 8 <= block->n_bytes;
}

static void sample_block(void *arg, const struct block *block)
{
	struct debug_sample *sample = arg;
	if (sample->n >= SAMPLE || block->n_bytes < DEBUG_HEADER_BYTES)
		return;
	sample->n++;
	sample->n_hooked += has_debug_header(sample->mem, block);
}

/*
 * Pools hold nothing but what went through the hooks. Where there are none,
 * chunks are looked at, of which Python's own are the most.
 */
static unsigned find_header_bytes(const struct blocks *blocks)
{
	bool has_pools = blocks->pymalloc.arenas.n;
	struct debug_sample sample = {.mem = blocks->mem};
	vec_foreach (&blocks->spans, span)
		if ((span->kind == BLOCK_POOL) == has_pools && sample.n < SAMPLE)
			blocks_each(blocks, span, sample_block, &sample);
	return sample.n && sample.n_hooked * 2 > sample.n ? DEBUG_HEADER_BYTES : 0;
}

/* ---- opening ---- */

static struct error *find_regions(struct blocks *blocks)
{
	struct error *(*const steps[])(struct blocks *) = {
		places_find_modules,
		places_find_tags,
		glibc_find_heaps,
		pymalloc_find_arenas,
		places_find_stacks,
		glibc_find_mmapped,
		places_find_loader,
	};
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct error *error = steps[i](blocks);
		if (error)
			return error;
		regions_sort(blocks);
	}
	return NULL;
}

static struct error *open_blocks(struct blocks *blocks)
{
	blocks->foreign = foreign_find(blocks->cpython);
	struct error *error = agent_find(blocks->capture, &blocks->agent);
	if (!error)
		error = shards_init(&blocks->shards);
	if (!error)
		error = find_regions(blocks);
	if (!error)
		error = mark_singles(blocks);
	if (!error)
		error = pymalloc_read_arenas(blocks);
	if (!error)
		error = make_spans(blocks);
	if (error)
		return error;
	note_residency(blocks);
	glibc_read_lists(blocks);
	blocks->header_bytes = find_header_bytes(blocks);
	pymalloc_claim_tables(blocks);
	return NULL;
}

struct error *blocks_open(const struct cpython *cpython, struct blocks **ret)
{
	struct blocks *blocks = calloc(1, sizeof(*blocks));
	if (!blocks)
		return &error_no_memory;
	blocks->cpython = cpython;
	blocks->capture = cpython->capture;
	blocks->mem = cpython->mem;
	pthread_mutex_init(&blocks->claimed_lock, NULL);
	struct error *error = open_blocks(blocks);
	if (error) {
		blocks_close(blocks);
		return error;
	}
	*ret = blocks;
	return NULL;
}

void blocks_close(struct blocks *blocks)
{
	if (!blocks)
		return;
	agent_deinit(&blocks->agent);
	shards_deinit(&blocks->shards);
	vec_deinit(&blocks->regions);
	vec_deinit(&blocks->spans);
	vec_deinit(&blocks->claimed);
	vec_deinit(&blocks->claimed_owners);
	vec_deinit(&blocks->modules);
	vec_deinit(&blocks->pymalloc.arenas);
	vec_deinit(&blocks->glibc.arenas);
	vec_deinit(&blocks->glibc.tcaches);
	pthread_mutex_destroy(&blocks->claimed_lock);
	free(blocks);
}

unsigned blocks_header_bytes(const struct blocks *blocks)
{
	return blocks->header_bytes;
}

const struct agent *blocks_agent(const struct blocks *blocks)
{
	return &blocks->agent;
}

const struct block_span *blocks_spans(const struct blocks *blocks, size_t *n_ret)
{
	*n_ret = blocks->spans.n;
	return blocks->spans.data;
}

/* ---- look-ups ---- */

/* 65536 / n, rounded up: granule * this >> 16 is granule / n within a pool. */
#define R(n) (65536 / (n) + 1)
static const uint32_t reciprocal[PAGE_POOL_LAST + 1] = {0, R(1), R(2), R(3), R(4), R(5), R(6), R(7),
	R(8), R(9), R(10), R(11), R(12), R(13), R(14), R(15), R(16), R(17), R(18), R(19), R(20),
	R(21), R(22), R(23), R(24), R(25), R(26), R(27), R(28), R(29), R(30), R(31), R(32)};

static bool find_in_pool(
	const struct blocks *blocks, unsigned n_granules, addr_t address, struct block *ret)
{
	uint64_t pool_bytes = blocks->pymalloc.pool_bytes;
	uint32_t offset = address & (pool_bytes - 1), n_bytes = n_granules * 16;
	if (offset < POOL_HEADER_BYTES)
		return false;
	uint32_t granule = (offset - POOL_HEADER_BYTES) >> GRANULE_BITS;
	uint32_t index = (uint64_t)granule * reciprocal[n_granules] >> 16;
	uint32_t start = POOL_HEADER_BYTES + index * n_bytes;
	if (start + n_bytes > pool_bytes)
		return false;
	*ret = (struct block){(address & ~(pool_bytes - 1)) + start, n_bytes, BLOCK_POOL};
	return true;
}

static bool find_in_single(
	const struct blocks *blocks, uint64_t index, addr_t address, struct block *ret)
{
	const struct region *region = &blocks->regions.data[index];
	if (address < region->block || address >= region->blocks_end)
		return false;
	*ret = (struct block){region->block, region->blocks_end - region->block, BLOCK_MALLOC};
	return true;
}

static bool find_in_chunks(
	const struct blocks *blocks, const struct shard *shard, addr_t address, struct block *ret)
{
	addr_t start = chunks_block_start(shard, address);
	if (!start)
		return false;
	addr_t end = chunks_block_end(blocks, start);
	if (address >= end)
		return false;
	*ret = (struct block){start, end - start, BLOCK_MALLOC};
	return true;
}

bool blocks_find(const struct blocks *blocks, addr_t address, struct block *ret)
{
	if (address >> MEM_ADDRESS_BITS)
		return false;
	uintptr_t entry = blocks->shards.directory[address >> SHARD_BITS];
	if (!entry)
		return false;
	if (entry & 1)
		return find_in_single(blocks, entry >> 1, address, ret);
	const struct shard *shard = (const struct shard *)entry;
	unsigned kind = shard->kind[shard_page(address)];
	if (kind <= PAGE_POOL_LAST)
		return kind && find_in_pool(blocks, kind, address, ret);
	if (kind == PAGE_CHUNKS)
		return find_in_chunks(blocks, shard, address, ret);
	if (kind == PAGE_SINGLE)
		return find_in_single(blocks, shard->first[shard_page(address)], address, ret);
	return false;
}

/* The region that is one block and starts it at `start`, or NULL. */
static struct region *single_at(const struct blocks *blocks, addr_t start)
{
	if (start >> MEM_ADDRESS_BITS)
		return NULL;
	uintptr_t entry = blocks->shards.directory[start >> SHARD_BITS];
	uint64_t index = entry >> 1;
	if (!(entry & 1)) {
		const struct shard *shard = (const struct shard *)entry;
		if (!shard || shard->kind[shard_page(start)] != PAGE_SINGLE)
			return NULL;
		index = shard->first[shard_page(start)];
	}
	struct region *region = &blocks->regions.data[index];
	return region->block == start ? region : NULL;
}

static unsigned mark_of(const struct blocks *blocks, addr_t start)
{
	if (start % 16)
		return 0;
	const struct region *single = single_at(blocks, start);
	if (single)
		return __atomic_load_n(&single->mark, __ATOMIC_RELAXED);
	const struct shard *shard = shards_find(&blocks->shards, start);
	return shard ? shard_mark(shard, start) : 0;
}

bool blocks_in_use(const struct blocks *blocks, addr_t start)
{
	return mark_of(blocks, start) & MARK_IN_USE;
}

/* ---- listing ---- */

/* Starts of blocks in use of [begin, end) in one shard, ascending. */
static void each_mark(
	const struct blocks *blocks, const struct block_span *span, block_fn fn, void *arg)
{
	struct shard *shard = shards_find(&blocks->shards, span->begin);
	unsigned first = shard_granule(span->begin) / 16;
	unsigned last = (unsigned)((span->end - shard->base) >> GRANULE_BITS) / 16;
	for (unsigned i = first; i < last; i++) {
		uint64_t word = __atomic_load_n(&shard->marks[i], __ATOMIC_RELAXED);
		for (word &= 0x1111111111111111ull; word; word &= word - 1) {
			addr_t start = shard->base +
				       16ull * (16 * i + (unsigned)__builtin_ctzll(word) / 4);
			unsigned kind = shard->kind[shard_page(start)];
			struct block block = {start, 16ull * kind, BLOCK_POOL};
			if (span->kind == BLOCK_MALLOC) {
				block.kind = BLOCK_MALLOC;
				block.n_bytes = chunks_block_end(blocks, start) - start;
			}
			fn(arg, &block);
		}
	}
}

void blocks_each(const struct blocks *blocks, const struct block_span *span, block_fn fn, void *arg)
{
	const struct region *region = regions_find(blocks, span->begin);
	if (region->kind == REGION_SINGLE) {
		struct block block = {
			region->block, region->blocks_end - region->block, BLOCK_MALLOC};
		fn(arg, &block);
		return;
	}
	for (addr_t at = span->begin, next; at < span->end; at = next) {
		next = MIN(span->end, align_down(at, SHARD_BYTES) + SHARD_BYTES);
		struct block_span part = {at, next, span->kind};
		each_mark(blocks, &part, fn, arg);
	}
}

/* ---- claims ---- */

bool blocks_claim(struct blocks *blocks, addr_t start, enum block_owner owner)
{
	assert(owner > OWNER_NONE && owner < OWNER_COUNT);
	if (start % 16)
		return false;
	struct region *single = single_at(blocks, start);
	if (single) {
		uint8_t unclaimed = MARK_IN_USE;
		return __atomic_compare_exchange_n(&single->mark, &unclaimed,
			(uint8_t)(MARK_IN_USE | owner << 1), false, __ATOMIC_RELAXED,
			__ATOMIC_RELAXED);
	}
	struct shard *shard = shards_find(&blocks->shards, start);
	return shard && shard_claim(shard, start, owner);
}

enum block_owner blocks_owner(const struct blocks *blocks, addr_t start)
{
	unsigned mark = mark_of(blocks, start);
	return mark & MARK_IN_USE ? (enum block_owner)(mark >> 1) : OWNER_NONE;
}

/* Is all of [begin, end) anonymous memory that is nothing else and unclaimed? */
static bool is_ownerless(const struct blocks *blocks, addr_t begin, addr_t end)
{
	size_t i = regions_after(blocks, begin);
	if (i < blocks->n_sorted && blocks->regions.data[i].begin < end)
		return false;
	vec_foreach (&blocks->claimed, claimed)
		if (claimed->begin < end && begin < claimed->end)
			return false;
	while (begin < end) {
		const struct map *map = capture_find_map(blocks->capture, begin);
		if (!map || !map_is_anonymous(map))
			return false;
		begin = map->end;
	}
	return true;
}

bool blocks_claim_range(struct blocks *blocks, addr_t begin, addr_t end, enum block_owner owner)
{
	assert(owner < OWNER_COUNT);
	if (begin >= end || end > 1ull << MEM_ADDRESS_BITS)
		return false;
	begin = align_down(begin, PAGE_BYTES);
	end = align_up(end, PAGE_BYTES);
	pthread_mutex_lock(&blocks->claimed_lock);
	bool claimed = is_ownerless(blocks, begin, end);
	uint8_t *kept = claimed ? vec_add(&blocks->claimed_owners) : NULL;
	struct block_span *span = kept ? vec_add(&blocks->claimed) : NULL;
	if (span) {
		*span = (struct block_span){begin, end, BLOCK_MALLOC};
		*kept = (uint8_t)owner;
	} else if (kept) {
		blocks->claimed_owners.n--;
	}
	pthread_mutex_unlock(&blocks->claimed_lock);
	return span;
}

/* Cuts `gap` down to the side of [begin, end) where `address` is; false when it lies inside. */
static bool cut_gap(struct block_span *gap, addr_t address, addr_t begin, addr_t end)
{
	if (end <= address)
		gap->begin = MAX(gap->begin, align_up(end, PAGE_BYTES));
	else if (begin > address)
		gap->end = MIN(gap->end, align_down(begin, PAGE_BYTES));
	else
		return false;
	return true;
}

bool blocks_claim_around(
	struct blocks *blocks, addr_t address, enum block_owner owner, struct block_span *ret)
{
	const struct map *map = capture_find_map(blocks->capture, address);
	if (!map || !map_is_anonymous(map))
		return false;
	struct block_span gap = {map->start, map->end, BLOCK_MALLOC};
	for (size_t i = regions_after(blocks, map->start);
		i < blocks->n_sorted && blocks->regions.data[i].begin < map->end; i++)
		if (!cut_gap(&gap, address, blocks->regions.data[i].begin,
			    blocks->regions.data[i].end))
			return false;
	vec_foreach (&blocks->claimed, claimed)
		if (!cut_gap(&gap, address, claimed->begin, claimed->end))
			return false;
	if (!blocks_claim_range(blocks, gap.begin, gap.end, owner))
		return false;
	*ret = gap;
	return true;
}

uint64_t blocks_missing(const struct blocks *blocks, addr_t start)
{
	struct block block;
	const struct shard *shard = shards_find(&blocks->shards, start);
	if (!blocks_find(blocks, start, &block) ||
		(shard && shard->is_resident &&
			block.start + block.n_bytes <= shard->base + SHARD_BYTES))
		return 0;
	struct residency residency = {.capture = blocks->capture};
	return block.n_bytes -
	       residency_count(&residency, block.start, block.start + block.n_bytes);
}
