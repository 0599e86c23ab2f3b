/*
 * When memory of the image may be given back: each chunk of 2 MiB counts the
 * blocks that somebody still has to read; at zero it is released.
 *
 * A chunk is kept (pinned) when it holds what others than its owner read:
 * code objects, types, key tables that are shared. A block is counted in every
 * chunk that it touches. Counting is atomic.
 */
#ifndef WHYMEM_HEAP_PENDING_H
#define WHYMEM_HEAP_PENDING_H

#include "target/mem.h"

struct pending {
	uint32_t *count; /* by address >> MEM_CHUNK_BITS; the high bit pins */
	const struct mem *mem;
};

struct error *pending_init(struct pending *pending, const struct mem *mem);
void pending_deinit(struct pending *pending);

void pending_add(struct pending *pending, addr_t start, uint64_t n_bytes);

/* `n` blocks that lie in the chunk of `address` alone. */
void pending_add_many(struct pending *pending, addr_t address, uint32_t n);

/* Nobody reads the block again; releases chunks that become free of readers. */
void pending_done(struct pending *pending, addr_t start, uint64_t n_bytes);

/* `n` blocks that lie in the chunk of `address` alone are done. */
void pending_done_many(struct pending *pending, addr_t address, uint32_t n);

/* Is the chunk of `address` kept? */
bool pending_is_pinned(const struct pending *pending, addr_t address);

void pending_pin(struct pending *pending, addr_t start, uint64_t n_bytes);

#endif
