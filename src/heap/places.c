/*
 * Anonymous memory whose use is known without an allocator: the .data and .bss
 * of modules, stacks (of threads, alive or kept for the next one, and the
 * chunks that frames of Python live in), the loader's own.
 */
#include "heap/regions.h"

#include "target/module.h"

#define STACK_MIN_BYTES (16ull << 10)
#define PTHREAD_BYTES 4096          /* struct pthread, at most */
#define TAIL_BYTES (16ull << 10)    /* from struct pthread to the end of its stack, at most */
#define LOADER_BYTES (256ull << 10) /* a stretch of the loader's, at most */
#define CHUNKS_MAX (1u << 20)       /* of frames, a thread */
#define THREADS_MAX (1u << 20)
#define LINK_MAPS_MAX 65536
#define STATES_MIN 8 /* of getrandom(): fewer fit no page */

/* ---- modules ---- */

static bool is_same_file(const struct map *a, const struct map *b)
{
	return a->inode && a->inode == b->inode && a->device == b->device;
}

/* What of a writable segment lies in anonymous memory: its tail, or all after mprotect(). */
static struct error *add_tail(
	struct blocks *blocks, const struct module_span *span, enum region_kind kind)
{
	struct error *error = NULL;
	addr_t begin = align_down(span->address, PAGE_BYTES);
	addr_t end = align_up(span->address + span->n_bytes, PAGE_BYTES);
	while (begin < end && !error) {
		const struct map *map = capture_find_map(blocks->capture, begin);
		if (!map)
			break;
		addr_t next = MIN(end, map->end);
		if (!map->inode && !(map->flags & MAP_IS_HEAP)) {
			struct region region = {.begin = begin, .end = next, .kind = kind};
			error = regions_add(blocks, &region);
		}
		begin = next;
	}
	return error;
}

static struct error *add_module(struct blocks *blocks, const struct map *first)
{
	const struct map **added = vec_add(&blocks->modules);
	if (!added)
		return &error_no_memory;
	*added = first;
	struct module module;
	struct error *error = module_open(blocks->capture, first, &module);
	if (error) {
		if (error->kind == ERROR_OUT_OF_MEMORY)
			return error;
		/* A file that is no sane ELF has no data that we could know of. */
		error_destroy(error);
		return NULL;
	}
	enum region_kind kind = first == blocks->agent.module                  ? REGION_TRACER
				: is_same_file(first, blocks->cpython->binary) ? REGION_INTERPRETER
									       : REGION_LIBRARY;
	vec_foreach (&module.writable, span)
		if (!error)
			error = add_tail(blocks, span, kind);
	module_close(&module);
	return error;
}

struct error *places_find_modules(struct blocks *blocks)
{
	struct error *error = NULL;
	const struct map *map = NULL;
	while (!error && (map = module_next_map(blocks->capture, map)))
		error = add_module(blocks, map);
	return error;
}

/* Before any allocator looks for what is its own: tags may look like anything. */
struct error *places_find_tags(struct blocks *blocks)
{
	struct error *error = NULL;
	vec_foreach (&blocks->agent.memory, span) {
		struct region region = {
			.begin = span->begin, .end = span->end, .kind = REGION_TRACER};
		if (!error)
			error = regions_add(blocks, &region);
	}
	return error;
}

/* ---- chunks of frames ---- */

static struct error *add_frame_chunks(struct blocks *blocks, addr_t chunk)
{
	const struct layout *layout = blocks->cpython->layout;
	struct error *error = NULL;
	for (unsigned n = 0; chunk && n < CHUNKS_MAX && !error; n++) {
		uint64_t size = mem_word(blocks->mem, chunk + layout->PyStackChunk.size);
		const struct map *map = capture_find_map(blocks->capture, chunk);
		if (chunk % PAGE_BYTES || size % PAGE_BYTES || !size || !map ||
			!map_is_anonymous(map) || !mem_has_range(blocks->mem, chunk, size))
			break;
		struct region region = {.begin = chunk, .end = chunk + size, .kind = REGION_STACK};
		error = regions_add(blocks, &region);
		chunk = mem_word(blocks->mem, chunk + layout->PyStackChunk.previous);
	}
	return error;
}

/* Python 3.11 on: frames live in chunks that each thread state chains. */
static struct error *find_frame_chunks(struct blocks *blocks)
{
	const struct cpython *cpython = blocks->cpython;
	const struct layout *layout = cpython->layout;
	uint32_t fields[] = {layout->PyThreadState.datastack_chunk,
		layout->PyThreadState.datastack_cached_chunk};
	uint32_t head = layout->PyInterpreterState.threads_head;
	struct error *error = NULL;
	if (layout->PyStackChunk.size == LAYOUT_ABSENT || fields[0] == LAYOUT_ABSENT)
		return NULL;
	if (head == LAYOUT_ABSENT)
		head = layout->PyInterpreterState.tstate_head;
	vec_foreach (&cpython->interpreters, interpreter) {
		addr_t thread = mem_word(cpython->mem, interpreter->address + head);
		for (unsigned n = 0; thread && n < THREADS_MAX && !error; n++) {
			for (size_t i = 0; i < ARRAY_SIZE(fields) && !error; i++)
				if (fields[i] != LAYOUT_ABSENT)
					error = add_frame_chunks(
						blocks, mem_word(cpython->mem, thread + fields[i]));
			thread = mem_word(cpython->mem, thread + layout->PyThreadState.next);
		}
	}
	return error;
}

/* ---- stacks of threads ---- */

/*
 * glibc's struct pthread lies at the upper end of the stack that was mapped for
 * its thread and tells where that is: two words that follow each other are its
 * address and its size, and the struct itself lies inside.
 */
static bool read_stack(const struct blocks *blocks, addr_t pthread, struct region *ret)
{
	for (addr_t at = pthread; at < pthread + PTHREAD_BYTES; at += 8) {
		addr_t begin = mem_word(blocks->mem, at);
		uint64_t size = mem_word(blocks->mem, at + 8);
		if (!begin || begin % PAGE_BYTES || size % PAGE_BYTES || size < STACK_MIN_BYTES ||
			begin > pthread || pthread - begin >= size ||
			size - (pthread - begin) > TAIL_BYTES)
			continue;
		*ret = (struct region){.begin = begin, .end = begin + size, .kind = REGION_STACK};
		return mem_has_range(blocks->mem, pthread, 8);
	}
	return false;
}

static struct error *find_live_stacks(struct blocks *blocks)
{
	struct error *error = NULL;
	vec_foreach (&blocks->capture->threads, thread) {
		struct region region;
		if (!error && thread->thread_pointer &&
			read_stack(blocks, thread->thread_pointer, &region))
			error = regions_add(blocks, &region);
	}
	return error;
}

/*
 * The struct pthread of a thread that has ended, whose stack ends at `end`: on
 * x86-64 its first and third word are its own address. The guard page counts as
 * part of the stack, but may be a map of its own.
 */
static bool find_kept_stack(
	const struct blocks *blocks, addr_t begin, addr_t end, struct region *ret)
{
	addr_t lowest = MAX(begin, end - MIN(end, TAIL_BYTES));
	for (addr_t at = align_down(end - 1, 64); at >= lowest && at; at -= 64)
		if (mem_word(blocks->mem, at) == at && mem_word(blocks->mem, at + 16) == at &&
			read_stack(blocks, at, ret) && ret->end == end) {
			ret->begin = MAX(ret->begin, begin);
			return true;
		}
	return false;
}

/* The stacks that fill [begin, end) from its end on. */
static struct error *find_kept_within(struct blocks *blocks, addr_t begin, addr_t end)
{
	struct error *error = NULL;
	struct region region;
	while (!error && end - begin >= STACK_MIN_BYTES &&
		find_kept_stack(blocks, begin, end, &region)) {
		error = regions_add(blocks, &region);
		end = region.begin;
	}
	return error;
}

/* Stacks that glibc keeps for the next thread end where a map ends or something known begins. */
static struct error *find_kept_stacks(struct blocks *blocks)
{
	struct gap_cursor cursor = {.blocks = blocks};
	struct error *error = NULL;
	addr_t begin, end;
	while (!error && gap_next(&cursor, &begin, &end))
		for (addr_t next; begin < end && !error; begin = next) {
			next = MIN(end, capture_find_map(blocks->capture, begin)->end);
			error = find_kept_within(blocks, begin, next);
		}
	return error;
}

struct error *places_find_stacks(struct blocks *blocks)
{
	struct error *error = find_frame_chunks(blocks);
	if (!error)
		error = find_live_stacks(blocks);
	regions_sort(blocks);
	return error ? error : find_kept_stacks(blocks);
}

/* ---- the loader ---- */

/*
 * Before libc is there the loader allocates from pages of its own: the thread
 * block of the main thread, the list of modules. `address` points into one.
 */
static struct error *add_loader_memory(struct blocks *blocks, addr_t address)
{
	struct gap_cursor cursor = {.blocks = blocks};
	addr_t begin, end;
	while (gap_next(&cursor, &begin, &end)) {
		if (address < begin || address >= end || end - begin > LOADER_BYTES)
			continue;
		struct region region = {.begin = begin, .end = end, .kind = REGION_LIBRARY};
		struct error *error = regions_add(blocks, &region);
		regions_sort(blocks);
		return error;
	}
	return NULL;
}

/*
 * A struct link_map of the list of modules that leads through `address`: {bias,
 * name, dynamic section, next, previous}.
 */
static bool is_link_map(const struct blocks *blocks, addr_t address)
{
	addr_t next = mem_word(blocks->mem, address + 24);
	addr_t previous = mem_word(blocks->mem, address + 32);
	return mem_word(blocks->mem, address + 16) && (next || previous) &&
	       (!next || mem_word(blocks->mem, next + 32) == address) &&
	       (!previous || mem_word(blocks->mem, previous + 24) == address);
}

/* The first link_map: what r_debug of the loader's data leads to; {version, map, ...}. */
static addr_t find_link_maps(const struct blocks *blocks)
{
	vec_foreach (&blocks->capture->maps, map) {
		const char *slash = strrchr(map->path, '/');
		if (!slash || strncmp(slash + 1, "ld-", 3) != 0 || !(map->flags & MAP_WRITE))
			continue;
		for (addr_t at = map->start; at < map->end; at += 8) {
			addr_t first = mem_word(blocks->mem, at);
			if (first && !(first % 8) && !mem_word(blocks->mem, first + 32) &&
				is_link_map(blocks, first))
				return first;
		}
	}
	return 0;
}

/*
 * Where getrandom() works in user space libc keeps the states of threads in
 * pages of their own: a page of pointers, which all lead into another page
 * (sysdeps/unix/sysv/linux/getrandom.c, 2.41 on). Returns that, or 0.
 */
static addr_t read_random_states(const struct blocks *blocks, addr_t page)
{
	addr_t states = align_down(mem_word(blocks->mem, page), PAGE_BYTES);
	unsigned n = 0;
	for (addr_t at = page, word; at < page + PAGE_BYTES; at += 8, n++) {
		word = mem_word(blocks->mem, at);
		if (!word)
			break;
		if (word % 64 || align_down(word, PAGE_BYTES) != states)
			return 0;
	}
	return n >= STATES_MIN && n <= PAGE_BYTES / 64 && states != page ? states : 0;
}

static struct error *find_random_states(struct blocks *blocks)
{
	struct gap_cursor cursor = {.blocks = blocks};
	struct error *error = NULL;
	addr_t begin, end;
	while (!error && gap_next(&cursor, &begin, &end)) {
		for (; begin < end && end - begin <= LOADER_BYTES && !error; begin += PAGE_BYTES) {
			struct region region = {.kind = REGION_LIBRARY};
			addr_t states = read_random_states(blocks, begin);
			const struct map *map =
				states ? capture_find_map(blocks->capture, states) : NULL;
			if (!map || !map_is_anonymous(map))
				continue;
			region.begin = begin, region.end = begin + PAGE_BYTES;
			error = regions_add(blocks, &region);
			region.begin = states, region.end = states + PAGE_BYTES;
			if (!error)
				error = regions_add(blocks, &region);
		}
	}
	return error;
}

struct error *places_find_loader(struct blocks *blocks)
{
	struct error *error = find_random_states(blocks);
	regions_sort(blocks);
	vec_foreach (&blocks->capture->threads, thread)
		if (!error && thread->tid == blocks->capture->pid && thread->thread_pointer)
			error = add_loader_memory(blocks, thread->thread_pointer);
	addr_t link_map = find_link_maps(blocks);
	for (unsigned n = 0; link_map && n < LINK_MAPS_MAX && !error; n++) {
		if (!regions_find(blocks, link_map))
			error = add_loader_memory(blocks, link_map);
		link_map = mem_word(blocks->mem, link_map + 24);
	}
	return error;
}
