#include "target/mem.h"

#include <sys/mman.h>

#define N_CHUNKS (1ull << (MEM_ADDRESS_BITS - MEM_CHUNK_BITS))

struct error *mem_init(struct mem *mem)
{
	void *present = mmap(NULL, N_CHUNKS, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (present == MAP_FAILED)
		return &error_no_memory;
	mem->present = present;
	return NULL;
}

void mem_deinit(struct mem *mem)
{
	if (!mem->present)
		return;
	for (uint64_t chunk = 0; chunk < N_CHUNKS; chunk++) {
		if (mem->present[chunk])
			munmap(mem_host(chunk << MEM_CHUNK_BITS), MEM_CHUNK_BYTES);
	}
	munmap(mem->present, N_CHUNKS);
	mem->present = NULL;
}

struct error *mem_add(struct mem *mem, addr_t begin, addr_t end)
{
	for (addr_t at = align_down(begin, MEM_CHUNK_BYTES); at < end; at += MEM_CHUNK_BYTES) {
		if (mem->present[at >> MEM_CHUNK_BITS])
			continue;
		void *host = mmap(mem_host(at), MEM_CHUNK_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
		if (host != mem_host(at))
			return error_create(ERROR_INTERNAL, 0, NULL, "the image of %#lx collides with whymem's own memory", (unsigned long)at);
		mem->present[at >> MEM_CHUNK_BITS] = 1;
	}
	return NULL;
}

bool mem_has_range(const struct mem *mem, addr_t address, uint64_t n_bytes)
{
	addr_t end = address + n_bytes;
	if (end < address || end > 1ull << MEM_ADDRESS_BITS)
		return false;
	for (uint64_t chunk = address >> MEM_CHUNK_BITS; chunk << MEM_CHUNK_BITS < end; chunk++) {
		if (!mem->present[chunk])
			return false;
	}
	return true;
}

bool mem_read_string(const struct mem *mem, addr_t address, char *ret, size_t size)
{
	for (size_t i = 0; i + 1 < size; i++) {
		const char *at = mem_at(mem, address + i, 1);
		if (!at)
			return false;
		ret[i] = *at;
		if (!*at)
			return true;
	}
	ret[size - 1] = '\0';
	return true;
}

void mem_release(struct mem *mem, addr_t address)
{
	madvise(mem_host(align_down(address, MEM_CHUNK_BYTES)), MEM_CHUNK_BYTES, MADV_DONTNEED);
}
