/*
 * Inside of blocks: the target's memory as regions that do not overlap, and the
 * steps that find them, first come first served:
 *
 *	places.c	data of modules, stacks of threads, memory of the loader
 *	glibc.c		arenas and heaps of malloc
 *	glibc_chunks.c	chunks of a heap, and those with a mapping of their own
 *	pymalloc.c	arenas
 *	glibc_lists.c	chunks that look in use but wait on a free list
 *	account.c	regions, marks and residency become the parts of RSS
 */
#ifndef WHYMEM_REGIONS_H
#define WHYMEM_REGIONS_H

#include "heap/blocks.h"
#include "heap/shards.h"

#include <pthread.h>

enum region_kind {
	REGION_POOLS,  /* a pymalloc arena */
	REGION_CHUNKS, /* a run of chunks of one malloc heap */
	REGION_SINGLE, /* a malloc chunk with a mapping of its own: one block */
	REGION_STACK,
	REGION_INTERPRETER, /* .data and .bss of the interpreter that lie in anonymous memory */
	REGION_LIBRARY,     /* the same of other modules, and memory of the loader */
	REGION_TRACER,      /* the same of the agent of a tracer, and its tags */
};

struct region {
	addr_t begin, end;
	enum region_kind kind;
	uint8_t mark;      /* SINGLE: as in a shard */
	uint32_t arena;    /* CHUNKS: number of the malloc arena; POOLS: of the pymalloc arena */
	addr_t block;      /* SINGLE, CHUNKS: start of the (first) block */
	addr_t blocks_end; /* SINGLE, CHUNKS: end of the last block */
};

struct pymalloc_arena {
	addr_t begin, end;
	addr_t first_pool, carved_end,
		pools_end; /* [first_pool, carved_end) were handed out once */
};

struct pymalloc {
	uint64_t pool_bytes, arena_bytes;
	addr_t entries; /* array of arena_object, where it is a static variable (to 3.11) */
	VEC(struct pymalloc_arena) arenas;
	uint64_t corrupt_count;
};

struct malloc_arena {
	addr_t address; /* malloc_state */
	addr_t top;
	bool is_main;
	uint64_t system_bytes; /* got from the system: "arena" of mallinfo2() */
	uint64_t free_bytes;   /* "fordblks" */
};

/* Where things lie in struct malloc_state and its kin; one row a form. */
struct glibc_form {
	uint32_t fastbins; /* UINT32_MAX: has none */
	uint32_t top, bins, next, system_mem, n_bytes;
};

struct glibc {
	const struct glibc_form *form; /* NULL: no glibc malloc found */
	VEC(struct malloc_arena) arenas;
	VEC(addr_t) tcaches; /* blocks of the size of a tcache struct */
	bool has_mangled_links;
	uint64_t mmapped_count, mmapped_bytes;
	uint64_t tcache_count, tcache_bytes, fastbin_bytes, corrupt_count;
};

struct blocks {
	const struct cpython *cpython;
	const struct capture *capture;
	const struct mem *mem;
	struct shards shards;
	VEC(struct region) regions; /* by address, up to n_sorted */
	size_t n_sorted;
	VEC(struct block_span) spans;
	VEC(struct block_span) claimed; /* by blocks_claim_range(); kind unused */
	VEC(uint8_t) claimed_owners;
	pthread_mutex_t claimed_lock;
	VEC(const struct map *) modules; /* first map of each */
	struct pymalloc pymalloc;
	struct glibc glibc;
	struct agent agent;
	const char *foreign; /* name of the recognised allocator that is not walked, or NULL */
	unsigned header_bytes;
};

/* ---- regions.c ---- */

/* Appends a region; it counts from the next regions_sort() on. Empty ones are dropped. */
struct error *regions_add(struct blocks *blocks, const struct region *region);

/* Sorts what was added; what overlaps an earlier region is cut or dropped. */
void regions_sort(struct blocks *blocks);

/* The sorted region that holds `address`, or NULL. */
const struct region *regions_find(const struct blocks *blocks, addr_t address);

/* Number of the first sorted region that ends behind `address`. */
size_t regions_after(const struct blocks *blocks, addr_t address);

/* Private memory without a file, readable and writable, neither [heap] nor [stack]. */
bool map_is_anonymous(const struct map *map);

/*
 * Stretches of anonymous memory that no region covers, ascending: adjacent maps
 * are one.
 */
struct gap_cursor {
	const struct blocks *blocks;
	size_t map;
	addr_t at, end; /* of the run of maps in hand */
};
bool gap_next(struct gap_cursor *cursor, addr_t *begin_ret, addr_t *end_ret);

/* ---- residency.c ---- */

/* Counts resident bytes; remembers the map that it found last. One a thread. */
struct residency {
	const struct capture *capture;
	const struct map *map;
};
uint64_t residency_slow(struct residency *residency, addr_t begin, addr_t end);

static inline uint64_t residency_count(struct residency *residency, addr_t begin, addr_t end)
{
	const struct map *map = residency->map;
	if (map && begin >= map->start && end <= map->end && begin < end &&
		begin >> PAGE_BITS == (end - 1) >> PAGE_BITS) {
		uint64_t page = (begin - map->start) >> PAGE_BITS;
		return map->resident[page / 64] >> page % 64 & 1 ? end - begin : 0;
	}
	return begin < end ? residency_slow(residency, begin, end) : 0;
}

/* ---- the steps ---- */

struct error *places_find_modules(struct blocks *blocks);
struct error *places_find_tags(struct blocks *blocks);
struct error *places_find_stacks(struct blocks *blocks);
struct error *places_find_loader(struct blocks *blocks);

/* The allocator that stands in for glibc's malloc or pymalloc, or NULL. */
const char *foreign_find(const struct cpython *cpython);

struct error *glibc_find_heaps(struct blocks *blocks);
struct error *glibc_find_mmapped(struct blocks *blocks);
void glibc_read_lists(struct blocks *blocks);

struct error *pymalloc_find_arenas(struct blocks *blocks);
struct error *pymalloc_read_arenas(struct blocks *blocks);

/* Adds arenas that no symbol or offset leads to, but pools of the image. */
struct error *pymalloc_search(struct blocks *blocks);

/* Adds the arenas of the `n` arena objects at `entries`. */
struct error *pymalloc_read_entries(struct blocks *blocks, addr_t entries, uint64_t n);

/* Is the arena object at `entry` sane? Fills `ret` in. */
bool pymalloc_read_entry(const struct blocks *blocks, addr_t entry, struct pymalloc_arena *ret);

/* Claims the tables of the allocators for the interpreter. */
void pymalloc_claim_tables(struct blocks *blocks);

/* ---- runs of chunks, glibc_chunks.c ---- */

#define CHUNK_HEADER_BYTES 16 /* from a chunk to what its user gets */
#define CHUNK_MIN_BYTES 32
#define CHUNK_FLAGS 7ull
#define FENCEPOST_BYTES 16
#define FENCEPOSTS_MAX 3 /* two, and what was left of the top */

/* A heap, or a part of one, whose chunks follow each other. */
struct chunk_run {
	addr_t begin, end; /* of the region */
	addr_t first;      /* chunk */
	addr_t blocks_end; /* at most; what lies behind is the allocator's own */
	addr_t top;        /* of the arena, in this run or not */
	uint32_t arena;
};

/* Makes the run a region and reads its chunks. */
struct error *chunks_read_run(struct blocks *blocks, const struct chunk_run *run);

/* Where plausible chunks, one behind the other from `chunk` on, stop: at `top` or `end` at last. */
addr_t chunks_skip(const struct blocks *blocks, addr_t chunk, addr_t end, addr_t top);

/* The block that covers `address`, of a page of chunks; 0: none. */
addr_t chunks_block_start(const struct shard *shard, addr_t address);

/* The end of the block that starts at `start`, in a page of chunks. */
addr_t chunks_block_end(const struct blocks *blocks, addr_t start);

/* The blocks of `region` (CHUNKS), free ones too: the first, the next; 0 at the end. */
addr_t chunks_first(const struct blocks *blocks, const struct region *region);
addr_t chunks_next(const struct blocks *blocks, const struct region *region, addr_t start);

#define POOL_HEADER_BYTES 48
#define DEBUG_HEADER_BYTES 16

#endif
