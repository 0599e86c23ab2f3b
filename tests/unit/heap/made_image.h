/*
 * A made-up process for the tests of blocks: a main arena with a heap, one
 * thread arena, a chunk with a mapping of its own and two pymalloc arenas, laid
 * out as glibc 2.36 and CPython 3.11 do.
 */
#ifndef WHYMEM_MADE_IMAGE_H
#define WHYMEM_MADE_IMAGE_H

#include "heap/blocks.h"
#include "target/module.h"

#include <stdlib.h>

#define HEAP 0x555555560000ull
#define HEAP_BYTES (6ull << 20)
#define LIBC 0x7ffff0000000ull /* its writable data */
#define LIBC_BYTES 0x4000ull
#define MAIN_ARENA (LIBC + 0xc60)
#define PYTHON 0x7ffff1000000ull /* writable data of the interpreter */
#define PYTHON_BYTES 0x2000ull
#define MAPPED 0x7fffe0000000ull /* the chunk with a mapping of its own */
#define MAPPED_BYTES (5ull << 20)
#define THREAD_HEAP 0x7fffd0000000ull
#define THREAD_HEAP_BYTES 0x21000ull
#define THREAD_ARENA (THREAD_HEAP + 48)
#define ARENAS 0x7fffc0003000ull /* not aligned to pools */
#define ARENA_BYTES (1ull << 20)
#define POOL_BYTES 16384ull
#define ARENA_TABLE (HEAP + 0x310) /* a block of the heap */
#define TOP_BYTES 0x20000ull

#define MSTATE_TOP 96
#define MSTATE_BINS 112
#define MSTATE_NEXT 2160
#define MSTATE_SYSTEM 2184
#define MSTATE_BYTES 2200

struct image {
	struct capture capture;
	struct cpython cpython;
	struct layout layout;
	struct module module;
	struct map maps[6];
	addr_t big;                /* a block of 3 MiB in the heap */
	addr_t cached, freed, top; /* blocks; chunk */
	uint64_t n_small;
};

static inline void put(addr_t at, uint64_t value)
{
	memcpy(mem_host(at), &value, sizeof(value));
}

static inline void put_u32(addr_t at, uint32_t value)
{
	memcpy(mem_host(at), &value, sizeof(value));
}

static inline void add_map(struct image *image, addr_t start, uint64_t n_bytes, uint32_t flags,
	uint64_t inode, const char *path)
{
	struct map *map = &image->maps[image->capture.maps.n++];
	*map = (struct map){.start = start,
		.end = start + n_bytes,
		.flags = flags | MAP_READ,
		.inode = inode,
		.device = inode != 0,
		.path = (char *)path};
	map->resident_bytes = n_bytes;
	map->resident = malloc(n_bytes / 4096 / 8 + 8);
	memset(map->resident, 0xff, n_bytes / 4096 / 8 + 8);
	image->capture.memory.rss_bytes += n_bytes;
	if (mem_add(&image->capture.mem, start, start + n_bytes))
		abort();
}

static inline void put_arena(addr_t arena, addr_t top, addr_t next, uint64_t system_bytes)
{
	for (unsigned i = 0; i < 127; i++) {
		addr_t links = arena + MSTATE_BINS + 16 * i;
		put(links, links - 16);
		put(links + 8, links - 16);
	}
	put(arena + MSTATE_TOP, top);
	put(arena + MSTATE_NEXT, next);
	put(arena + MSTATE_SYSTEM, system_bytes);
}

/* Lays a chunk of `size` bytes at *at and moves on. */
static inline addr_t put_chunk(addr_t *at, uint64_t size, bool previous_in_use)
{
	addr_t chunk = *at;
	put(chunk + 8, size | previous_in_use);
	*at += size;
	return chunk + 16;
}

static inline void put_heap(struct image *image)
{
	addr_t at = HEAP;
	addr_t tcache = put_chunk(&at, 0x290, true);
	put_chunk(&at, 0x70, true);
	put_chunk(&at, 16 * 48 + 16, true); /* ARENA_TABLE */
	image->cached = put_chunk(&at, 0x60, true);
	image->freed = put_chunk(&at, 0x500, true);
	put_chunk(&at, 0x40, false);
	image->big = put_chunk(&at, (3ull << 20) + 0x20, true);
	while (at + TOP_BYTES < HEAP + HEAP_BYTES) {
		put_chunk(&at, 32 + image->n_small % 40 * 16, true);
		image->n_small++;
	}
	image->top = at;
	put(at + 8, (HEAP + HEAP_BYTES - at) | 1);
	/* The thread's cache holds one block of 0x60 bytes: bin 4. */
	memset(mem_host(tcache), 0, 0x280);
	((uint16_t *)mem_host(tcache))[4] = 1;
	put(tcache + 128 + 8 * 4, image->cached);
	put(image->cached, image->cached >> 12);
	put_arena(MAIN_ARENA, image->top, THREAD_ARENA, HEAP_BYTES);
}

static inline void put_thread_heap(void)
{
	addr_t at = THREAD_HEAP + 48 + MSTATE_BYTES;
	at = align_up(at, 16);
	put(THREAD_HEAP, THREAD_ARENA);
	put(THREAD_HEAP + 16, THREAD_HEAP_BYTES);
	put(THREAD_HEAP + 24, THREAD_HEAP_BYTES);
	put(THREAD_HEAP + 32, 4096);
	for (unsigned i = 0; i < 20; i++)
		put_chunk(&at, 0x1000 + 16 * i, true);
	put(at + 8, (THREAD_HEAP + THREAD_HEAP_BYTES - at) | 1);
	put_arena(THREAD_ARENA, at, MAIN_ARENA, THREAD_HEAP_BYTES);
}

/* A pool of blocks of `size` bytes, every third of which was freed. */
static inline void put_pool(addr_t pool, uint32_t arena, uint32_t size)
{
	uint32_t capacity = (POOL_BYTES - 48) / size, carved = capacity - 2, n = carved;
	addr_t free_block = 0;
	for (uint32_t i = 0; i < carved; i += 3, n--) {
		put(pool + 48 + (uint64_t)i * size, free_block);
		free_block = pool + 48 + (uint64_t)i * size;
	}
	put_u32(pool, n);
	put(pool + 8, free_block);
	put_u32(pool + 32, arena);
	put_u32(pool + 36, size / 16 - 1);
	put_u32(pool + 40, 48 + carved * size);
	put_u32(pool + 44, (uint32_t)POOL_BYTES - size);
}

static inline void put_pymalloc(void)
{
	put(PYTHON + 0x100, ARENA_TABLE);
	for (uint32_t i = 0; i < 2; i++) {
		addr_t begin = ARENAS + i * ARENA_BYTES, first = align_up(begin, POOL_BYTES);
		addr_t entry = ARENA_TABLE + 48 * i;
		put(entry, begin);
		put(entry + 8, first + 32 * POOL_BYTES);
		put_u32(entry + 16, 40);
		put_u32(entry + 20, 63);
		for (uint32_t k = 0; k < 31; k++)
			put_pool(first + k * POOL_BYTES, i, 16 * (k + 1));
		put_u32(first + 31 * POOL_BYTES, 0);
	}
}

static inline void image_init(struct image *image)
{
	*image = (struct image){0};
	if (mem_init(&image->capture.mem))
		abort();
	image->capture.maps.data = image->maps;
	add_map(image, HEAP, HEAP_BYTES, MAP_WRITE | MAP_IS_HEAP, 0, "[heap]");
	add_map(image, ARENAS, 2 * ARENA_BYTES, MAP_WRITE, 0, "");
	add_map(image, THREAD_HEAP, THREAD_HEAP_BYTES, MAP_WRITE, 0, "");
	add_map(image, MAPPED, MAPPED_BYTES, MAP_WRITE, 0, "");
	add_map(image, LIBC, LIBC_BYTES, MAP_WRITE, 7, "/lib/libc.so.6");
	add_map(image, PYTHON, PYTHON_BYTES, MAP_WRITE, 8, "/usr/bin/python3.11");
	put_heap(image);
	put_thread_heap();
	put(MAPPED + 8, MAPPED_BYTES | 2);
	memset(&image->layout, 0xff, sizeof(image->layout));
	image->module.mem = &image->capture.mem;
	image->module.fd = -1;
	struct module_span *span = vec_add(&image->module.writable);
	*span = (struct module_span){PYTHON, PYTHON_BYTES};
	image->cpython = (struct cpython){.capture = &image->capture,
		.mem = &image->capture.mem,
		.layout = &image->layout,
		.traits = traits_find(11),
		.binary = &image->maps[5],
		.module = &image->module};
	put_pymalloc();
}

static inline void image_deinit(struct image *image)
{
	for (size_t i = 0; i < image->capture.maps.n; i++)
		free(image->maps[i].resident);
	vec_deinit(&image->module.writable);
	mem_deinit(&image->capture.mem);
}

#endif
