/*
 * What was counted for the account becomes rows (arenas, size classes,
 * mappings) and figures; what malloc_trim() would give back; which blocks keep
 * nearly empty arenas.
 */
#include "heap/account.h"

#define MIN_CHUNK_STRUCT 48 /* sizeof(struct malloc_chunk), which trimming spares */

static const char *const part_names[PART_COUNT] = {
#define X(id, name) [PART_##id] = name,
	PARTS(X)
#undef X
};

const char *part_name(enum part part)
{
	return part_names[part];
}

static struct error *add_string(struct snapshot *snapshot, const char *text, str_id *ret)
{
	return strpool_add(&snapshot->strings, text, strlen(text), ret);
}

/* ---- arenas ---- */

static struct error *add_arena(
	struct snapshot *snapshot, const char *allocator, const struct snap_arena *row)
{
	struct snap_arena *added = vec_add(&snapshot->arenas);
	if (!added)
		return &error_no_memory;
	*added = *row;
	return add_string(snapshot, allocator, &added->allocator);
}

/* Sums over the regions of one malloc arena. */
static void sum_malloc_arena(const struct account *account, uint32_t index, struct snap_arena *row)
{
	const struct blocks *blocks = account->blocks;
	struct residency residency = {.capture = blocks->capture};
	for (size_t i = 0; i < blocks->n_sorted; i++) {
		const struct region *region = &blocks->regions.data[i];
		if (region->kind != REGION_CHUNKS || region->arena != index)
			continue;
		if (!row->address)
			row->address = region->begin;
		row->n_bytes += region->end - region->begin;
		row->resident_bytes += residency_count(&residency, region->begin, region->end);
	}
}

static struct error *add_malloc_arenas(const struct account *account, struct snapshot *snapshot)
{
	const struct blocks *blocks = account->blocks;
	struct error *error = NULL;
	for (uint32_t i = 0; i < blocks->glibc.arenas.n && !error; i++) {
		const struct malloc_arena *arena = &blocks->glibc.arenas.data[i];
		struct snap_arena row = {.free_bytes = arena->free_bytes};
		row.used_bytes = arena->system_bytes - MIN(arena->system_bytes, arena->free_bytes);
		sum_malloc_arena(account, i, &row);
		error = add_arena(
			snapshot, arena->is_main ? "malloc" : "malloc thread arena", &row);
	}
	return error;
}

static struct error *add_mmapped(const struct account *account, struct snapshot *snapshot)
{
	const struct blocks *blocks = account->blocks;
	struct residency residency = {.capture = blocks->capture};
	struct snap_arena row = {0};
	for (size_t i = 0; i < blocks->n_sorted; i++) {
		const struct region *region = &blocks->regions.data[i];
		if (region->kind != REGION_SINGLE)
			continue;
		if (!row.address)
			row.address = region->begin;
		row.n_bytes += region->end - region->begin;
		row.used_bytes += region->blocks_end - region->block;
		row.resident_bytes += residency_count(&residency, region->begin, region->end);
	}
	return row.n_bytes ? add_arena(snapshot, "malloc mmap", &row) : NULL;
}

static struct error *add_pymalloc_arenas(const struct account *account, struct snapshot *snapshot)
{
	const struct blocks *blocks = account->blocks;
	struct residency residency = {.capture = blocks->capture};
	struct error *error = NULL;
	for (size_t i = 0; i < blocks->spans.n && !error; i++) {
		const struct block_span *span = &blocks->spans.data[i];
		if (span->kind != BLOCK_POOL)
			continue;
		struct snap_arena row = {
			.address = span->begin, .n_bytes = span->end - span->begin};
		row.used_bytes = account->spans[i].used_bytes;
		row.free_bytes = row.n_bytes - row.used_bytes;
		row.resident_bytes = residency_count(&residency, span->begin, span->end);
		error = add_arena(snapshot, "pymalloc", &row);
	}
	return error;
}

/* ---- size classes and mappings ---- */

static struct error *add_size_classes(const struct account *account, struct snapshot *snapshot)
{
	uint64_t usable = account->blocks->pymalloc.pool_bytes - POOL_HEADER_BYTES;
	for (unsigned i = 1; i <= PAGE_POOL_LAST; i++) {
		const struct class_count *class = &account->classes[i];
		if (!class->pools)
			continue;
		struct snap_size_class *row = vec_add(&snapshot->size_classes);
		if (!row)
			return &error_no_memory;
		*row = (struct snap_size_class){i * 16, class->pools, class->used,
			class->pools * (usable / (i * 16)) - class->used};
	}
	return NULL;
}

static enum part largest_part(const struct span_count *count)
{
	enum part largest = PART_UNEXPLAINED;
	for (unsigned part = 0; part < PART_COUNT; part++)
		if (count->part_bytes[part] > count->part_bytes[largest])
			largest = part;
	return largest;
}

/* What a heap or block holds is booked on the map that it begins in: where another goes on with it,
 * so does its part. */
static enum part part_of_mapping(const struct account *account, size_t i)
{
	const struct map *maps = account->blocks->capture->maps.data;
	const struct region *region = regions_find(account->blocks, maps[i].start);
	while (region && i && region->begin < maps[i].start && maps[i - 1].end == maps[i].start &&
		largest_part(&account->maps[i]) == PART_UNEXPLAINED)
		i--;
	return largest_part(&account->maps[i]);
}

static uint32_t mapping_flags(const struct map *map)
{
	return (map->flags & MAP_IS_SHARED ? MAPPING_SHARED : 0u) |
	       (map->flags & MAP_IS_DELETED ? MAPPING_DELETED : 0u) |
	       (map->flags & MAP_WRITE ? MAPPING_WRITABLE : 0u);
}

static struct error *add_mappings(const struct account *account, struct snapshot *snapshot)
{
	for (size_t i = 0; i < account->blocks->capture->maps.n; i++) {
		const struct map *map = &account->blocks->capture->maps.data[i];
		if (!map->resident_bytes)
			continue;
		struct snap_mapping *row = vec_add(&snapshot->mappings);
		if (!row)
			return &error_no_memory;
		*row = (struct snap_mapping){.address = map->start,
			.n_bytes = map->end - map->start,
			.resident_bytes = map->resident_bytes,
			.private_dirty_bytes = map->private_dirty_bytes,
			.shared_dirty_bytes = map->shared_dirty_bytes,
			.anonymous_bytes = map->anonymous_bytes,
			.huge_bytes = map->huge_bytes,
			.flags = mapping_flags(map)};
		struct error *error =
			add_string(snapshot, part_name(part_of_mapping(account, i)), &row->part);
		if (!error)
			error = add_string(snapshot, map->inode ? map->path : "", &row->file);
		if (error)
			return error;
	}
	return NULL;
}

/* ---- figures ---- */

static struct error *add_figure(struct snapshot *snapshot, const char *name, uint64_t value)
{
	struct snap_figure *figure = vec_add(&snapshot->figures);
	if (!figure)
		return &error_no_memory;
	figure->value = value;
	return add_string(snapshot, name, &figure->name);
}

struct totals {
	uint64_t pools, free_pools, pool_used_count, pool_used_bytes;
	uint64_t malloc_used_count, malloc_used_bytes;
	uint64_t system_bytes, free_bytes;
};

static struct totals sum_up(const struct account *account)
{
	const struct blocks *blocks = account->blocks;
	struct totals totals = {0};
	for (size_t i = 0; i < blocks->spans.n; i++) {
		const struct span_count *count = &account->spans[i];
		bool is_pool = blocks->spans.data[i].kind == BLOCK_POOL;
		*(is_pool ? &totals.pool_used_count : &totals.malloc_used_count) +=
			count->used_count;
		*(is_pool ? &totals.pool_used_bytes : &totals.malloc_used_bytes) +=
			count->used_bytes;
		totals.free_pools += count->free_pools;
	}
	for (unsigned i = 1; i <= PAGE_POOL_LAST; i++)
		totals.pools += account->classes[i].pools;
	vec_foreach (&blocks->glibc.arenas, arena) {
		totals.system_bytes += arena->system_bytes;
		totals.free_bytes += arena->free_bytes;
	}
	return totals;
}

static uint64_t arena_bytes(const struct blocks *blocks)
{
	uint64_t n_bytes = 0;
	vec_foreach (&blocks->pymalloc.arenas, arena)
		n_bytes += arena->end - arena->begin;
	return n_bytes;
}

static struct error *add_figures(const struct account *account, struct snapshot *snapshot)
{
	const struct blocks *blocks = account->blocks;
	const struct glibc *glibc = &blocks->glibc;
	struct totals totals = sum_up(account);
	const struct {
		const char *name;
		uint64_t value;
	} figures[] = {
		{"pymalloc.arena_count", blocks->pymalloc.arenas.n},
		{"pymalloc.arena_bytes", arena_bytes(blocks)},
		{"pymalloc.pool_count", totals.pools},
		{"pymalloc.free_pool_count", totals.free_pools},
		{"pymalloc.used_count", totals.pool_used_count},
		{"pymalloc.used_bytes", totals.pool_used_bytes},
		{"pymalloc.corrupt_count", blocks->pymalloc.corrupt_count},
		{"malloc.arena_count", glibc->arenas.n},
		{"malloc.arena", totals.system_bytes},
		{"malloc.uordblks",
			totals.system_bytes - MIN(totals.free_bytes, totals.system_bytes)},
		{"malloc.fordblks", totals.free_bytes},
		{"malloc.hblks", glibc->mmapped_count},
		{"malloc.hblkhd", glibc->mmapped_bytes},
		{"malloc.tcache_count", glibc->tcache_count},
		{"malloc.tcache_bytes", glibc->tcache_bytes},
		{"malloc.fastbin_bytes", glibc->fastbin_bytes},
		{"malloc.used_count", totals.malloc_used_count},
		{"malloc.used_bytes", totals.malloc_used_bytes},
		{"malloc.corrupt_count", glibc->corrupt_count},
		{"debug.header_bytes", blocks->header_bytes},
		{"tracer.agent_bytes", account->agent_bytes},
	};
	struct error *error = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(figures) && !error; i++)
		error = add_figure(snapshot, figures[i].name, figures[i].value);
	return error;
}

struct error *inventory_fill(const struct account *account, struct snapshot *snapshot)
{
	struct error *(*const steps[])(const struct account *, struct snapshot *) = {
		add_pymalloc_arenas,
		add_malloc_arenas,
		add_mmapped,
		add_size_classes,
		add_mappings,
		add_figures,
	};
	snapshot->trim_bytes = inventory_trim_bytes(account->blocks);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct error *error = steps[i](account, snapshot);
		if (error)
			return error;
	}
	return NULL;
}

/* ---- trimming ---- */

struct trim {
	const struct blocks *blocks;
	struct residency residency;
	uint64_t n_bytes;
};

/*
 * malloc.c, mtrim(): free chunks lose their whole pages behind a struct
 * malloc_chunk; systrim(): the main arena gives back the top but for its first
 * 33 bytes, rounded down to pages.
 */
static void trim_run(struct trim *trim, addr_t chunk, addr_t end, bool is_main_top)
{
	addr_t begin = align_up(chunk + MIN_CHUNK_STRUCT, PAGE_BYTES);
	addr_t stop = align_down(end, PAGE_BYTES);
	if (is_main_top) {
		uint64_t n = end - chunk > CHUNK_MIN_BYTES
				     ? align_down(end - chunk - CHUNK_MIN_BYTES - 1, PAGE_BYTES)
				     : 0;
		begin = end - n;
		stop = end;
	}
	if (begin < stop)
		trim->n_bytes += residency_count(&trim->residency, begin, stop);
}

/* Free chunks that follow each other count as one: trimming empties the fastbins first. */
static void trim_region(struct trim *trim, const struct region *region)
{
	const struct blocks *blocks = trim->blocks;
	const struct malloc_arena *arena = &blocks->glibc.arenas.data[region->arena];
	addr_t free_from = 0;
	for (addr_t at = chunks_first(blocks, region); at; at = chunks_next(blocks, region, at)) {
		unsigned mark = shard_mark(shards_find(&blocks->shards, at), at);
		bool is_top = at == arena->top + CHUNK_HEADER_BYTES;
		if (!mark && !free_from)
			free_from = at - CHUNK_HEADER_BYTES;
		if (is_top && arena->is_main)
			trim_run(trim, free_from, region->blocks_end, true);
		else if (free_from && (mark || is_top))
			trim_run(trim, free_from, at - CHUNK_HEADER_BYTES, false);
		if (mark || is_top)
			free_from = 0;
	}
}

uint64_t inventory_trim_bytes(const struct blocks *blocks)
{
	struct trim trim = {.blocks = blocks, .residency = {.capture = blocks->capture}};
	for (size_t i = 0; i < blocks->n_sorted; i++)
		if (blocks->regions.data[i].kind == REGION_CHUNKS)
			trim_region(&trim, &blocks->regions.data[i]);
	return trim.n_bytes;
}

/* ---- nearly empty arenas ---- */

struct sparse {
	sparse_fn fn;
	void *arg;
	struct residency residency;
	uint64_t count, used_bytes, used_resident, free_bytes;
};

static void measure_block(void *arg, const struct block *block)
{
	struct sparse *sparse = arg;
	sparse->count++;
	sparse->used_bytes += block->n_bytes;
	sparse->used_resident +=
		residency_count(&sparse->residency, block->start, block->start + block->n_bytes);
}

static void pass_on(void *arg, const struct block *block)
{
	struct sparse *sparse = arg;
	sparse->fn(sparse->arg, block, sparse->free_bytes);
}

void blocks_sparse(const struct blocks *blocks, unsigned max_used_percent, sparse_fn fn, void *arg)
{
	vec_foreach (&blocks->spans, span) {
		if (span->kind != BLOCK_POOL)
			continue;
		struct sparse sparse = {.fn = fn, .arg = arg, .residency.capture = blocks->capture};
		blocks_each(blocks, span, measure_block, &sparse);
		if (!sparse.count ||
			sparse.used_bytes * 100 > (span->end - span->begin) * max_used_percent)
			continue;
		sparse.free_bytes = residency_count(&sparse.residency, span->begin, span->end) -
				    sparse.used_resident;
		blocks_each(blocks, span, pass_on, &sparse);
		pass_on(&sparse, NULL);
	}
}
