/*
 * Which blocks of memory are in use: the allocators of the target understood
 * from outside. pymalloc arenas and pools, glibc malloc arenas and chunks.
 *
 * A block starts where the allocator's user gets it (behind a chunk's header).
 * After blocks_open() everything here works although the image is released
 * chunk by chunk.
 */
#ifndef WHYMEM_BLOCKS_H
#define WHYMEM_BLOCKS_H

#include "cpython/cpython.h"
#include "heap/agent.h"
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

/*
 * What the debug hooks of Python's allocators put in front of every object and
 * `mem` block: 0, or 16 (Py_DEBUG builds, PYTHONMALLOC=debug). An object then
 * starts that far behind the start of its block.
 */
unsigned blocks_header_bytes(const struct blocks *blocks);

/* The agent of `whymem run`, if any. */
const struct agent *blocks_agent(const struct blocks *blocks);

/* The spans in address order, of about 1 to 2 MiB or one block each; borrowed. */
const struct block_span *blocks_spans(const struct blocks *blocks, size_t *n_ret);

/* Calls fn for every block in use that starts in `span`, ascending. Thread-safe. */
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
	OWNER_OBJECT,      /* an object, its items, keys, values */
	OWNER_NATIVE,      /* native memory of an object */
	OWNER_INTERPRETER, /* states and tables of the interpreter, of the C runtime */
	OWNER_FREELIST,    /* a dead object on a free list */
	OWNER_TRACER,      /* tables of tracemalloc, what the agent mapped */
	OWNER_LIBRARY,     /* no object's, but a variable of a library or a stack leads to it */
	OWNER_COUNT,
};
bool blocks_claim(struct blocks *blocks, addr_t start, enum block_owner owner);
enum block_owner blocks_owner(const struct blocks *blocks, addr_t start);

/*
 * Claims memory of a private anonymous mapping that no allocator owns: whole
 * pages around [begin, end). False when any of it is something else or claimed.
 */
bool blocks_claim_range(struct blocks *blocks, addr_t begin, addr_t end, enum block_owner owner);

/* Likewise all memory around `address` up to its mapping's ends or what is something else. */
bool blocks_claim_around(
	struct blocks *blocks, addr_t address, enum block_owner owner, struct block_span *ret);

/* How many bytes of the block that starts at `start` are not resident. Thread-safe. */
uint64_t blocks_missing(const struct blocks *blocks, addr_t start);

/*
 * Calls fn for every block in use of those pymalloc arenas of which at most
 * `max_used_percent` are in use, ascending, and at the end of each such arena
 * with NULL: `pinned_bytes` is the resident free memory of the arena, which
 * would go back if it became empty.
 */
typedef void (*sparse_fn)(void *arg, const struct block *block, uint64_t pinned_bytes);
void blocks_sparse(const struct blocks *blocks, unsigned max_used_percent, sparse_fn fn, void *arg);

/*
 * The account of RSS: every resident byte goes to exactly one part. Call after
 * all claims. Fills part_bytes, total_bytes, arenas, size_classes, mappings and
 * trim_bytes, and adds these figures:
 *
 *	pymalloc.arena_count, .arena_bytes	arenas of all interpreters
 *	pymalloc.pool_count, .free_pool_count	pools with blocks; pools that wait empty
 *	pymalloc.used_count, .used_bytes	blocks in use
 *	pymalloc.corrupt_count			pools and lists that do not hold together
 *	malloc.arena_count			arenas of glibc, the main one included
 *	malloc.arena, .uordblks, .fordblks,	as mallinfo2() counts them
 *	  .hblks, .hblkhd
 *	malloc.tcache_count, .tcache_bytes	chunks in the threads' caches: free to us, in
 *						use to mallinfo2()
 *	malloc.fastbin_bytes
 *	malloc.used_count, .used_bytes		blocks in use, without tcache and fastbins
 *	malloc.corrupt_count			chunks and lists that do not hold together
 *	debug.header_bytes			blocks_header_bytes()
 *	tracer.agent_bytes			of the part `tracer`, what `whymem run` needs
 */
struct error *blocks_account(struct blocks *blocks, struct snapshot *snapshot);

#endif
