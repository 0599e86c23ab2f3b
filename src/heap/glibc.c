/*
 * glibc's malloc from outside: finds main_arena by the shape of its bins, the
 * other arenas by their ring, their heaps by the links between them, and chunks
 * with a mapping of their own by their header.
 *
 * Knows nothing of Python.
 */
#include "heap/regions.h"

/*
 * malloc/malloc.c, struct malloc_state: up to 2.26; 2.27 to 2.42; 2.43. To add a
 * form, add a row: the bins tell which one it is.
 */
static const struct glibc_form forms[] = {
	{.fastbins = 16, .top = 96, .bins = 112, .next = 2160, .system_mem = 2184, .n_bytes = 2200},
	{.fastbins = UINT32_MAX,
		.top = 8,
		.bins = 24,
		.next = 2072,
		.system_mem = 2096,
		.n_bytes = 2104},
	{.fastbins = 8, .top = 88, .bins = 104, .next = 2152, .system_mem = 2176, .n_bytes = 2192},
};

#define N_BINS 127    /* bins 1 .. 127 */
#define N_OPEN_BINS 8 /* that many may be amid a change, or damaged */
#define ARENAS_MAX 65536
#define HEAPS_MAX 65536
#define HEAP_MAX_FIRST                                                                             \
	(64ull << 20) /* HEAP_MAX_SIZE, and what glibc.malloc.hugetlb makes of it                  \
		       */
#define HEAP_MAX_SMALLEST (1ull << 20)
#define HEAP_MAX_LARGEST (4ull << 30)
#define NONCONTIGUOUS 2 /* malloc_state.flags */

/* ---- main_arena ---- */

/*
 * Bins are rings of free chunks through their own heads; that of bin i is the
 * chunk whose links (16 and 24 bytes into it) are at bins[2 * (i - 1)].
 */
static bool are_bins(const struct blocks *blocks, const struct glibc_form *form, addr_t arena)
{
	unsigned n_open = 0;
	for (unsigned i = N_BINS; i >= 1; i--) {
		addr_t links = arena + form->bins + 16 * (i - 1), bin = links - 16;
		addr_t next = mem_word(blocks->mem, links), last = mem_word(blocks->mem, links + 8);
		bool is_ring = mem_word(blocks->mem, next + 24) == bin &&
			       mem_word(blocks->mem, last + 16) == bin;
		n_open += !is_ring;
		if (n_open > N_OPEN_BINS)
			return false;
	}
	return true;
}

/*
 * The forms do not differ behind the fastbins, so bins alone do not tell where
 * the arena begins: the ring of arenas does, which leads back to it.
 */
static bool leads_back(const struct blocks *blocks, const struct glibc_form *form, addr_t arena)
{
	addr_t at = arena;
	for (unsigned n = 0; n < ARENAS_MAX && at; n++) {
		at = mem_word(blocks->mem, at + form->next);
		if (at == arena)
			return true;
	}
	return false;
}

static addr_t find_main_arena(
	const struct blocks *blocks, addr_t begin, addr_t end, const struct glibc_form **form_ret)
{
	for (addr_t at = align_up(begin, 16); at + forms[0].n_bytes <= end; at += 16)
		for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
			if (!are_bins(blocks, &forms[i], at) || !leads_back(blocks, &forms[i], at))
				continue;
			*form_ret = &forms[i];
			return at;
		}
	return 0;
}

static bool is_libc(const struct map *map)
{
	const char *slash = strrchr(map->path, '/');
	const char *name = slash ? slash + 1 : map->path;
	return !strncmp(name, "libc.so", 7) || !strncmp(name, "libc-2.", 7);
}

/*
 * Looks through the writable data of libc, or (static programs) of everything:
 * maps of files and the anonymous rest of modules.
 */
static addr_t search_modules(
	const struct blocks *blocks, bool only_libc, const struct glibc_form **form_ret)
{
	const struct map *module = NULL;
	vec_foreach (&blocks->capture->maps, map) {
		if (map->inode)
			module = map;
		bool is_data = map->flags & MAP_WRITE && !(map->flags & MAP_IS_SHARED) &&
			       (map->inode || regions_find(blocks, map->start));
		if (!is_data || !module || (only_libc && !is_libc(module)))
			continue;
		addr_t found = find_main_arena(blocks, map->start, map->end, form_ret);
		if (found)
			return found;
	}
	return 0;
}

/* ---- arenas ---- */

static struct error *add_arena(struct blocks *blocks, addr_t address, bool is_main)
{
	const struct glibc_form *form = blocks->glibc.form;
	struct malloc_arena *arena = vec_add(&blocks->glibc.arenas);
	if (!arena)
		return &error_no_memory;
	*arena = (struct malloc_arena){.address = address, .is_main = is_main};
	arena->top = mem_word(blocks->mem, address + form->top);
	arena->system_bytes = mem_word(blocks->mem, address + form->system_mem);
	return NULL;
}

static bool has_arena(const struct blocks *blocks, addr_t address)
{
	vec_foreach (&blocks->glibc.arenas, arena)
		if (arena->address == address)
			return true;
	return false;
}

/* The ring of arenas from main_arena on. */
static struct error *read_ring(struct blocks *blocks, addr_t main_arena)
{
	const struct glibc_form *form = blocks->glibc.form;
	struct error *error = add_arena(blocks, main_arena, true);
	addr_t at = mem_word(blocks->mem, main_arena + form->next);
	while (!error && at && at != main_arena) {
		if (blocks->glibc.arenas.n >= ARENAS_MAX || at % 16 ||
			!are_bins(blocks, form, at) || has_arena(blocks, at)) {
			blocks->glibc.corrupt_count++;
			break;
		}
		error = add_arena(blocks, at, false);
		at = mem_word(blocks->mem, at + form->next);
	}
	return error;
}

/* ---- heaps ---- */

/*
 * malloc/arena.c, heap_info, at addresses that are a multiple of HEAP_MAX_SIZE:
 *
 *	OFFSET	SIZE	DESCRIPTION
 *	0	8	the arena
 *	8	8	the heap before, 0 for the first
 *	16	8	bytes in use
 *	24	8	bytes that may be read and written
 *	32	8	page size (from 2.35 on)
 *
 * The malloc_state stands behind that of the first heap.
 */
struct heap {
	addr_t address, previous;
	uint64_t size, protect_size;
};

static bool read_heap(
	const struct blocks *blocks, addr_t address, addr_t arena, uint64_t max, struct heap *ret)
{
	const struct mem *mem = blocks->mem;
	*ret = (struct heap){address, mem_word(mem, address + 8), mem_word(mem, address + 16),
		mem_word(mem, address + 24)};
	return mem_word(mem, address) == arena && ret->size >= PAGE_BYTES / 2 &&
	       ret->size <= ret->protect_size && ret->protect_size <= max &&
	       !(ret->protect_size % PAGE_BYTES) && !(ret->previous % max);
}

/* Bytes of heap_info when the heaps of `arena` are multiples of `max`; 0 when they are not. */
static uint64_t check_heaps(
	const struct blocks *blocks, const struct malloc_arena *arena, uint64_t max)
{
	uint64_t info_bytes = arena->address % max;
	struct heap heap = {.previous = align_down(arena->top, max)};
	if (info_bytes != 32 && info_bytes != 48)
		return 0;
	for (unsigned n = 0; heap.previous && n < HEAPS_MAX; n++)
		if (!read_heap(blocks, heap.previous, arena->address, max, &heap))
			return 0;
	bool is_whole = !heap.previous && heap.address == arena->address - info_bytes;
	return is_whole ? info_bytes : 0;
}

static struct error *read_heap_run(
	struct blocks *blocks, uint32_t index, const struct heap *heap, uint64_t info_bytes)
{
	const struct malloc_arena *arena = &blocks->glibc.arenas.data[index];
	addr_t behind = heap->address + info_bytes;
	if (behind == arena->address)
		behind += blocks->glibc.form->n_bytes;
	struct chunk_run run = {
		.begin = heap->address,
		.end = heap->address + heap->protect_size,
		.first = align_up(behind, 16),
		.blocks_end = heap->address + heap->size,
		.top = arena->top,
		.arena = index,
	};
	return run.first < run.blocks_end ? chunks_read_run(blocks, &run) : NULL;
}

static struct error *read_thread_arena(struct blocks *blocks, uint32_t index)
{
	const struct malloc_arena *arena = &blocks->glibc.arenas.data[index];
	uint64_t max = HEAP_MAX_FIRST, info_bytes = check_heaps(blocks, arena, max);
	for (uint64_t other = HEAP_MAX_SMALLEST; !info_bytes && other <= HEAP_MAX_LARGEST;
		other *= 2)
		info_bytes = check_heaps(blocks, arena, max = other);
	if (!info_bytes) {
		blocks->glibc.corrupt_count++;
		return NULL;
	}
	struct heap heap = {.previous = align_down(arena->top, max)};
	struct error *error = NULL;
	while (heap.previous && !error) {
		read_heap(blocks, heap.previous, arena->address, max, &heap);
		error = read_heap_run(blocks, index, &heap, info_bytes);
	}
	return error;
}

/* ---- the main arena ---- */

/* The maps of [heap] that follow each other from `*map` on; false when there is none. */
static bool next_brk(
	const struct blocks *blocks, const struct map **map, addr_t *begin, addr_t *end)
{
	const struct map *stop = blocks->capture->maps.data + blocks->capture->maps.n;
	const unsigned wanted = MAP_IS_HEAP | MAP_READ | MAP_WRITE;
	const struct map *at = *map;
	while (at < stop && (at->flags & wanted) != wanted)
		at++;
	if (at == stop)
		return false;
	*begin = at->start;
	for (*end = at->start; at < stop && at->start == *end && (at->flags & wanted) == wanted;
		at++)
		*end = at->end;
	*map = at;
	return true;
}

static struct error *read_brk(struct blocks *blocks, bool *has_top)
{
	addr_t begin, end, top = blocks->glibc.arenas.data[0].top;
	const struct map *map = blocks->capture->maps.data;
	struct error *error = NULL;
	while (!error && next_brk(blocks, &map, &begin, &end)) {
		struct chunk_run run = {begin, end, begin, end, top, 0};
		/* What stands behind the program's data may begin inside of a page. */
		while (mem_word(blocks->mem, run.first + 8) == 0 &&
			run.first + 64 < begin + PAGE_BYTES)
			run.first += 16;
		if (mem_word(blocks->mem, run.first + 8) == 0)
			run.first = begin;
		*has_top |= top >= begin && top < end;
		error = chunks_read_run(blocks, &run);
	}
	return error;
}

/*
 * Where brk was refused the main arena goes on in mappings, one after the other:
 * chunks from the first page on, then the top, or fenceposts up to the end of a
 * page.
 */
static addr_t mapped_run_end(const struct blocks *blocks, addr_t begin, addr_t end, addr_t top)
{
	addr_t at = chunks_skip(blocks, begin, end, top);
	uint64_t size = mem_word(blocks->mem, at + 8) & ~CHUNK_FLAGS;
	if (at == top)
		return size >= CHUNK_MIN_BYTES && size <= end - top &&
				       (top + size) % PAGE_BYTES == 0
			       ? top + size
			       : 0;
	unsigned n = 0;
	for (; at > begin && at < end && size == FENCEPOST_BYTES && n < FENCEPOSTS_MAX; n++) {
		at += FENCEPOST_BYTES;
		size = mem_word(blocks->mem, at + 8) & ~CHUNK_FLAGS;
	}
	return n >= 2 && at % PAGE_BYTES == 0 ? at : 0;
}

static struct error *read_mapped_runs(struct blocks *blocks)
{
	addr_t begin, end, top = blocks->glibc.arenas.data[0].top;
	struct residency residency = {.capture = blocks->capture};
	struct gap_cursor cursor = {.blocks = blocks};
	struct error *error = NULL;
	while (!error && gap_next(&cursor, &begin, &end))
		for (addr_t at = begin, next; at < end && !error; at = next) {
			addr_t run_end = residency_count(&residency, at, at + PAGE_BYTES)
						 ? mapped_run_end(blocks, at, end, top)
						 : 0;
			struct chunk_run run = {at, run_end, at, run_end, top, 0};
			next = run_end ? run_end : at + PAGE_BYTES;
			if (run_end)
				error = chunks_read_run(blocks, &run);
		}
	blocks->glibc.corrupt_count += !regions_find(blocks, top);
	return error;
}

struct error *glibc_find_heaps(struct blocks *blocks)
{
	const struct glibc_form *form = NULL;
	addr_t main_arena = search_modules(blocks, true, &form);
	if (!main_arena)
		main_arena = search_modules(blocks, false, &form);
	if (!main_arena)
		return NULL;
	blocks->glibc.form = form;
	bool has_top = false;
	struct error *error = read_ring(blocks, main_arena);
	bool is_used = !error && blocks->glibc.arenas.data[0].top != main_arena + form->bins - 16;
	if (is_used) {
		uint32_t flags = 0;
		mem_read_u32(blocks->mem, main_arena + 4, &flags);
		error = read_brk(blocks, &has_top);
		if (!error && (!has_top || flags & NONCONTIGUOUS))
			error = read_mapped_runs(blocks);
	}
	for (uint32_t i = 1; i < blocks->glibc.arenas.n && !error; i++)
		error = read_thread_arena(blocks, i);
	return error;
}

/* ---- chunks with a mapping of their own ---- */

#define SMALL_MAPPING (64ull << 10) /* smaller ones must be bounded by something known */

/*
 * Is a chunk with a mapping of its own at `chunk`, `lead` bytes into its
 * mapping? Its size is that of the mapping less `lead`; from 2.43 on less the
 * header too. Returns the end of the mapping, or 0.
 */
static addr_t mapped_end(const struct blocks *blocks, addr_t chunk, uint64_t lead, addr_t end)
{
	uint64_t previous = mem_word(blocks->mem, chunk), head = mem_word(blocks->mem, chunk + 8);
	uint64_t size = head & ~CHUNK_FLAGS;
	if (previous != lead || (head & 3) != 2 || size < CHUNK_MIN_BYTES || size > end - chunk)
		return 0;
	if (blocks->glibc.form->fastbins == UINT32_MAX)
		size += CHUNK_HEADER_BYTES;
	if ((chunk + size) % PAGE_BYTES || size > end - chunk)
		return 0;
	return chunk + size;
}

/* The chunk of the mapping that begins at `at`: at once, or where an alignment put it. */
static addr_t find_mapped(const struct blocks *blocks, addr_t at, addr_t end, addr_t *end_ret)
{
	*end_ret = mapped_end(blocks, at, 0, end);
	if (*end_ret)
		return at;
	for (uint64_t alignment = 32; alignment <= PAGE_BYTES; alignment *= 2) {
		uint64_t lead = alignment - CHUNK_HEADER_BYTES;
		*end_ret = mapped_end(blocks, at + lead, lead, end);
		if (*end_ret)
			return at + lead;
	}
	return 0;
}

static bool is_bounded(const struct blocks *blocks, addr_t at, addr_t gap_end)
{
	addr_t ignored;
	return at == gap_end || find_mapped(blocks, at, gap_end, &ignored);
}

static struct error *add_mapped(struct blocks *blocks, addr_t begin, addr_t end, addr_t chunk)
{
	struct region region = {begin, end, REGION_SINGLE, MARK_IN_USE,
		.block = chunk + CHUNK_HEADER_BYTES, .blocks_end = end};
	blocks->glibc.mmapped_count++;
	blocks->glibc.mmapped_bytes += end - begin;
	return regions_add(blocks, &region);
}

static struct error *scan_gap(struct blocks *blocks, addr_t begin, addr_t end)
{
	struct residency residency = {.capture = blocks->capture};
	bool has_swapped = blocks->capture->memory.swap_bytes;
	for (addr_t at = begin; at < end;) {
		addr_t mapping_end = 0, chunk = 0;
		if (has_swapped || residency_count(&residency, at, at + PAGE_BYTES))
			chunk = find_mapped(blocks, at, end, &mapping_end);
		if (!chunk || (mapping_end - at < SMALL_MAPPING &&
				      !is_bounded(blocks, mapping_end, end))) {
			at += PAGE_BYTES;
			continue;
		}
		struct error *error = add_mapped(blocks, at, mapping_end, chunk);
		if (error)
			return error;
		at = mapping_end;
	}
	return NULL;
}

struct error *glibc_find_mmapped(struct blocks *blocks)
{
	struct gap_cursor cursor = {.blocks = blocks};
	struct error *error = NULL;
	addr_t begin, end;
	while (blocks->glibc.form && !error && gap_next(&cursor, &begin, &end))
		error = scan_gap(blocks, begin, end);
	return error;
}
