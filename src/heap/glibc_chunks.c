/*
 * Chunks of glibc's malloc: one run of chunks becomes starts and marks, and
 * these answer which block an address lies in.
 *
 * malloc/malloc.c, 2.26 to 2.43, 64 bits:
 *
 *	OFFSET	SIZE	DESCRIPTION
 *	0	8	the last 8 bytes of the block before, or its size if that is free
 *	8	8	size of the chunk, a multiple of 16; bit 0: the chunk before is
 *			in use, bit 1: has a mapping of its own, bit 2: of a thread arena
 *	16		what the user gets, up to and with the first 8 bytes of the next chunk
 */
#include "heap/regions.h"

#define PLAUSIBLE_CHUNKS 16 /* in a row, to believe that a run goes on here */

static const uint64_t tcache_sizes[] = {0x250, 0x290, 0x300};

/* The size word of a chunk that may stand at `chunk` and end by `end`; 0: none can. */
static uint64_t read_head(const struct blocks *blocks, addr_t chunk, addr_t end)
{
	uint64_t head = mem_word(blocks->mem, chunk + 8), size = head & ~CHUNK_FLAGS;
	if (size < CHUNK_MIN_BYTES || size % 16 || head & 2 || size > end - chunk)
		return 0;
	return head;
}

addr_t chunks_skip(const struct blocks *blocks, addr_t chunk, addr_t end, addr_t top)
{
	while (chunk != top && chunk < end) {
		uint64_t head = read_head(blocks, chunk, end);
		if (!head)
			break;
		chunk += head & ~CHUNK_FLAGS;
	}
	return chunk;
}

/* ---- reading a run ---- */

struct run_reader {
	struct blocks *blocks;
	const struct chunk_run *run;
	struct shard *shard;
	uint64_t free_bytes;
};

/* Notes the block of the chunk at `chunk`, which reaches up to chunk `next`. */
static void note_block(struct run_reader *reader, addr_t chunk, addr_t next, unsigned mark)
{
	addr_t start = chunk + CHUNK_HEADER_BYTES;
	addr_t limit = MIN(next + CHUNK_HEADER_BYTES, reader->run->end);
	if (start >= reader->run->end)
		return;
	if (!reader->shard || reader->shard->base != align_down(start, SHARD_BYTES))
		reader->shard = shards_find(&reader->blocks->shards, start);
	shard_set_start(reader->shard, start);
	if (mark)
		shard_set_mark(reader->shard, start, mark);
	for (addr_t page = align_up(start, PAGE_BYTES); page < limit; page += PAGE_BYTES)
		shards_find(&reader->blocks->shards, page)->first[shard_page(page)] = start;
}

static struct error *note_tcache(struct blocks *blocks, addr_t chunk, uint64_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(tcache_sizes); i++) {
		if (size != tcache_sizes[i])
			continue;
		addr_t *added = vec_add(&blocks->glibc.tcaches);
		if (!added)
			return &error_no_memory;
		*added = chunk + CHUNK_HEADER_BYTES;
	}
	return NULL;
}

static bool may_go_on(const struct blocks *blocks, addr_t chunk, addr_t end, addr_t top)
{
	for (unsigned n = 0; n < PLAUSIBLE_CHUNKS && chunk < end && chunk != top; n++) {
		uint64_t head = read_head(blocks, chunk, end);
		if (!head)
			return false;
		chunk += head & ~CHUNK_FLAGS;
	}
	return true;
}

/* The next chunk of the run behind `at`, where chunks no longer follow each other. */
static addr_t find_next_chunk(const struct run_reader *reader, addr_t at)
{
	const struct chunk_run *run = reader->run;
	struct residency residency = {.capture = reader->blocks->capture};
	for (at += 16; at + CHUNK_MIN_BYTES <= run->blocks_end; at += 16) {
		if (at % PAGE_BYTES == 0)
			while (at < run->blocks_end &&
				!residency_count(&residency, at, at + PAGE_BYTES))
				at += PAGE_BYTES;
		if (at == run->top || may_go_on(reader->blocks, at, run->blocks_end, run->top))
			return MIN(at, run->blocks_end);
	}
	return run->blocks_end;
}

/* The chunk at `at` does not hold together: a fencepost, foreign memory, damage. */
static addr_t skip_gap(struct run_reader *reader, addr_t at)
{
	uint64_t size = mem_word(reader->blocks->mem, at + 8) & ~CHUNK_FLAGS;
	if (size != FENCEPOST_BYTES)
		reader->blocks->glibc.corrupt_count++;
	addr_t next = find_next_chunk(reader, at);
	note_block(reader, at, next, MARK_FOREIGN);
	return next;
}

static struct error *read_chunk(struct run_reader *reader, addr_t at, uint64_t size)
{
	bool in_use = mem_word(reader->blocks->mem, at + size + 8) & 1;
	note_block(reader, at, at + size, in_use ? MARK_IN_USE : 0);
	if (in_use)
		return note_tcache(reader->blocks, at, size);
	reader->free_bytes += size;
	return NULL;
}

/* Tells where the last block ends. */
static struct error *read_chunks(struct run_reader *reader, addr_t *blocks_end_ret)
{
	const struct chunk_run *run = reader->run;
	const struct blocks *blocks = reader->blocks;
	struct error *error = NULL;
	addr_t at = run->first;
	while (at + CHUNK_MIN_BYTES <= run->blocks_end && !error) {
		if (at == run->top) {
			note_block(reader, at, run->blocks_end, 0);
			reader->free_bytes += run->blocks_end - at;
			return NULL;
		}
		uint64_t size = read_head(blocks, at, run->blocks_end) & ~CHUNK_FLAGS;
		if (size) {
			error = read_chunk(reader, at, size);
			at += size;
			continue;
		}
		/* A heap that the arena has left ends in fenceposts. */
		size = mem_word(blocks->mem, at + 8) & ~CHUNK_FLAGS;
		if (size == FENCEPOST_BYTES &&
			at + FENCEPOSTS_MAX * FENCEPOST_BYTES >= run->blocks_end)
			break;
		at = skip_gap(reader, at);
	}
	*blocks_end_ret = MIN(at + 8, run->blocks_end);
	return error;
}

/* Adds the region; false when it is not all free for it. */
static struct error *add_run(struct blocks *blocks, const struct chunk_run *run, bool *added)
{
	struct region region = {run->begin, run->end, REGION_CHUNKS, .arena = run->arena,
		.block = run->first + CHUNK_HEADER_BYTES, .blocks_end = run->blocks_end};
	size_t n = blocks->n_sorted;
	struct error *error = regions_add(blocks, &region);
	if (error)
		return error;
	regions_sort(blocks);
	*added = blocks->n_sorted > n;
	return *added ? shards_reserve(&blocks->shards, run->begin, run->end) : NULL;
}

struct error *chunks_read_run(struct blocks *blocks, const struct chunk_run *run)
{
	bool added = false;
	struct error *error = add_run(blocks, run, &added);
	if (error)
		return error;
	if (!added) {
		blocks->glibc.corrupt_count++;
		return NULL;
	}
	for (addr_t page = align_down(run->begin, PAGE_BYTES); page < run->end; page += PAGE_BYTES)
		shards_find(&blocks->shards, page)->kind[shard_page(page)] = PAGE_CHUNKS;
	struct run_reader reader = {.blocks = blocks, .run = run};
	addr_t blocks_end = run->blocks_end;
	error = read_chunks(&reader, &blocks_end);
	blocks->regions.data[regions_after(blocks, run->begin)].blocks_end = blocks_end;
	blocks->glibc.arenas.data[run->arena].free_bytes += reader.free_bytes;
	return error;
}

/* ---- asking ---- */

addr_t chunks_block_start(const struct shard *shard, addr_t address)
{
	unsigned granule = shard_granule(address), word = granule / 64;
	unsigned first_word = shard_page(address) * (unsigned)(PAGE_GRANULES / 64);
	uint64_t bits = shard->starts[word] & (UINT64_MAX >> (63 - granule % 64));
	while (!bits) {
		if (word-- == first_word)
			return shard->first[shard_page(address)];
		bits = shard->starts[word];
	}
	return shard->base + 16ull * (64 * word + 63 - (unsigned)__builtin_clzll(bits));
}

/* The first start behind granule `granule` in its page, or 0. */
static addr_t next_in_page(const struct shard *shard, unsigned granule)
{
	unsigned word = granule / 64;
	unsigned end = (granule / PAGE_GRANULES + 1) * (unsigned)(PAGE_GRANULES / 64);
	uint64_t bits = shard->starts[word] & ~(UINT64_MAX >> (63 - granule % 64));
	while (!bits) {
		if (++word == end)
			return 0;
		bits = shard->starts[word];
	}
	return shard->base + 16ull * (64 * word + (unsigned)__builtin_ctzll(bits));
}

static bool is_covered(const struct blocks *blocks, addr_t page, addr_t start)
{
	return shards_find(&blocks->shards, page)->first[shard_page(page)] == start;
}

/*
 * The last page up to `last` whose first byte belongs to the block at `start`:
 * `page` does. By growing steps, then by halving.
 */
static addr_t last_covered(const struct blocks *blocks, addr_t page, addr_t last, addr_t start)
{
	addr_t step = PAGE_BYTES;
	while (page + step <= last && is_covered(blocks, page + step, start)) {
		page += step;
		step *= 2;
	}
	for (; step >= PAGE_BYTES; step /= 2)
		if (page + step <= last && is_covered(blocks, page + step, start))
			page += step;
	return page;
}

addr_t chunks_block_end(const struct blocks *blocks, addr_t start)
{
	const struct shard *shard = shards_find(&blocks->shards, start);
	addr_t next = next_in_page(shard, shard_granule(start));
	if (next)
		return next - 8;
	const struct region *region = regions_find(blocks, start);
	addr_t last = align_down(region->end - 1, PAGE_BYTES);
	addr_t page = align_down(start, PAGE_BYTES) + PAGE_BYTES;
	if (page > last)
		return region->blocks_end;
	if (is_covered(blocks, page, start)) {
		page = last_covered(blocks, page, last, start);
		shard = shards_find(&blocks->shards, page);
		next = next_in_page(shard, shard_granule(page));
		if (next)
			return next - 8;
		page += PAGE_BYTES;
	}
	/* The page behind begins with a block, or the region ends. */
	if (page > last)
		return region->blocks_end;
	return MIN(page - 8, region->blocks_end);
}

addr_t chunks_first(const struct blocks *blocks, const struct region *region)
{
	if (region->block >= region->blocks_end)
		return 0;
	const struct shard *shard = shards_find(&blocks->shards, region->block);
	return shard_has_start(shard, region->block) ? region->block : 0;
}

addr_t chunks_next(const struct blocks *blocks, const struct region *region, addr_t start)
{
	addr_t end = chunks_block_end(blocks, start);
	return end == region->blocks_end ? 0 : end + 8;
}
