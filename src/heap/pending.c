#include "heap/pending.h"

#include <sys/mman.h>

#define PINNED (1u << 31)

static const size_t table_bytes = (1ull << (MEM_ADDRESS_BITS - MEM_CHUNK_BITS)) * sizeof(uint32_t);

struct error *pending_init(struct pending *pending, const struct mem *mem)
{
	void *count = mmap(NULL, table_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (count == MAP_FAILED)
		return &error_no_memory;
	*pending = (struct pending){.count = count, .mem = mem};
	return NULL;
}

void pending_deinit(struct pending *pending)
{
	if (pending->count)
		munmap(pending->count, table_bytes);
	*pending = (struct pending){0};
}

static uint64_t first_chunk(addr_t start)
{
	return start >> MEM_CHUNK_BITS;
}

static uint64_t last_chunk(addr_t start, uint64_t n_bytes)
{
	addr_t last = start + MAX(n_bytes, 1) - 1;
	return MIN(last, (1ull << MEM_ADDRESS_BITS) - 1) >> MEM_CHUNK_BITS;
}

void pending_add(struct pending *pending, addr_t start, uint64_t n_bytes)
{
	uint64_t last = last_chunk(start, n_bytes);
	for (uint64_t chunk = first_chunk(start); chunk <= last; chunk++)
		__atomic_add_fetch(&pending->count[chunk], 1, __ATOMIC_RELAXED);
}

void pending_add_many(struct pending *pending, addr_t address, uint32_t n)
{
	__atomic_add_fetch(&pending->count[address >> MEM_CHUNK_BITS], n, __ATOMIC_RELAXED);
}

void pending_done_many(struct pending *pending, addr_t address, uint32_t n)
{
	uint32_t *count = &pending->count[address >> MEM_CHUNK_BITS];
	uint32_t before = __atomic_fetch_sub(count, n, __ATOMIC_ACQ_REL);
	assert((before & ~PINNED) >= n);
	if (before == n)
		mem_release((struct mem *)pending->mem, address);
}

void pending_done(struct pending *pending, addr_t start, uint64_t n_bytes)
{
	uint64_t last = last_chunk(start, n_bytes);
	for (uint64_t chunk = first_chunk(start); chunk <= last; chunk++)
		pending_done_many(pending, chunk << MEM_CHUNK_BITS, 1);
}

void pending_pin(struct pending *pending, addr_t start, uint64_t n_bytes)
{
	uint64_t last = last_chunk(start, n_bytes);
	for (uint64_t chunk = first_chunk(start); chunk <= last; chunk++)
		__atomic_or_fetch(&pending->count[chunk], PINNED, __ATOMIC_RELAXED);
}

bool pending_is_pinned(const struct pending *pending, addr_t address)
{
	uint32_t count =
		__atomic_load_n(&pending->count[address >> MEM_CHUNK_BITS], __ATOMIC_RELAXED);
	return count & PINNED;
}
