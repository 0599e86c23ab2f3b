/*
 * Which blocks of memory are in use: the allocators of the target understood
 * from outside. pymalloc arenas and pools, glibc malloc arenas and chunks.
 *
 * A block starts where the allocator's user gets it (behind a chunk's header).
 * After blocks_open() look-ups work although the image is released chunk by
 * chunk.
 */
#ifndef WHYMEM_BLOCKS_H
#define WHYMEM_BLOCKS_H

#include "cpython/cpython.h"
#include "snap/snapshot.h"

enum block_kind { BLOCK_POOL, BLOCK_MALLOC };

struct block {
	addr_t start;
	uint64_t n_bytes; /* usable: the size class, or the chunk less its header */
	enum block_kind kind;
};

/* A stretch of address space that holds blocks; its blocks can be listed independently. */
struct block_span {
	addr_t begin, end;
	enum block_kind kind;
};

struct blocks;

struct error *blocks_open(const struct cpython *cpython, struct blocks **ret);
void blocks_close(struct blocks *blocks);

/* The spans in address order; borrowed. */
const struct block_span *blocks_spans(const struct blocks *blocks, size_t *n_ret);

/* Calls fn for every block in use of `span`, ascending. Thread-safe. Needs the image. */
typedef void (*block_fn)(void *arg, const struct block *block);
void blocks_each(
	const struct blocks *blocks, const struct block_span *span, block_fn fn, void *arg);

/* The block that holds `address`, in use or not told; false outside of all spans. */
bool blocks_find(const struct blocks *blocks, addr_t address, struct block *ret);

/* Is `start` the start of a block in use? */
bool blocks_in_use(const struct blocks *blocks, addr_t start);

/*
 * Who a block in use belongs to. Claims are atomic: true for the first only.
 * Resident bytes of the block are booked on the owner by the claim.
 */
enum block_owner {
	OWNER_NONE,
	OWNER_OBJECT,	   /* an object, its items, keys, values */
	OWNER_NATIVE,	   /* native memory of an object */
	OWNER_INTERPRETER, /* states and tables of the interpreter, of the C runtime */
	OWNER_FREELIST,	   /* a dead object on a free list */
	OWNER_TRACER,	   /* tables of tracemalloc */
	OWNER_COUNT,
};
bool blocks_claim(struct blocks *blocks, addr_t start, enum block_owner owner);
enum block_owner blocks_owner(const struct blocks *blocks, addr_t start);

/*
 * The account of RSS: every resident byte goes to exactly one part. Call after
 * all claims. Also fills arenas, size classes, mappings, trim_bytes and the
 * figures of the allocators ("pymalloc.arena_count", "malloc.fordblks", ...).
 */
struct error *blocks_account(struct blocks *blocks, struct snapshot *snapshot);

#endif
