/*
 * The frozen image of a target's memory: bytes at an address.
 *
 * The copy of target address A stands at our own address A ^ MEM_FLIP, so that
 * a dereference is one XOR. The image is mapped in whole chunks of 2 MiB; what
 * the target had not mapped inside such a chunk reads as zeros, and everything
 * outside of present chunks is refused. Read-only mappings of files are mapped
 * from the file itself and cost no memory.
 *
 * Reading is thread-safe. Nothing here knows where the bytes came from.
 */
#ifndef WHYMEM_MEM_H
#define WHYMEM_MEM_H

#include "base/error.h"

#if defined(__x86_64__)
#define MEM_ADDRESS_BITS 47
#elif defined(__aarch64__)
#define MEM_ADDRESS_BITS 48
#else
#error "whymem runs on x86-64 and aarch64"
#endif

#define MEM_FLIP (1ull << (MEM_ADDRESS_BITS - 1))
#define MEM_CHUNK_BITS 21
#define MEM_CHUNK_BYTES (1ull << MEM_CHUNK_BITS)

struct mem {
	uint8_t *present; /* by address >> MEM_CHUNK_BITS: not 0 when the chunk is in the image */
};

struct error *mem_init(struct mem *mem);
void mem_deinit(struct mem *mem);

/*
 * Makes the chunks of [begin, end) present, zero-filled and writable by us;
 * fails with INTERNAL when our own address space is taken there.
 */
struct error *mem_add(struct mem *mem, addr_t begin, addr_t end);

/* Where byte `address` of a present chunk stands in our own address space. */
static inline void *mem_host(addr_t address)
{
	return (void *)(uintptr_t)(address ^ MEM_FLIP);
}

/*
 * Maps `n_bytes` of the regular file `fd` from `offset` on (multiples of the
 * page size, but for the length) onto `address`, whose chunks must be present.
 * Writing to the image never changes the file.
 */
struct error *mem_map_file(
	struct mem *mem, addr_t address, uint64_t n_bytes, int fd, uint64_t offset);

/* Makes [begin, end), whole pages of present chunks, plain zeros again. */
struct error *mem_clear(struct mem *mem, addr_t begin, addr_t end);

bool mem_has_range(const struct mem *mem, addr_t address, uint64_t n_bytes);

/* The `n_bytes` at `address`, or NULL when they are not all in the image. */
static inline const void *mem_at(const struct mem *mem, addr_t address, uint64_t n_bytes)
{
	uint64_t first = address >> MEM_CHUNK_BITS;
	if (address >> MEM_ADDRESS_BITS || !mem->present[first])
		return NULL;
	bool ends_here = (address + n_bytes - 1) >> MEM_CHUNK_BITS == first &&
			 n_bytes <= MEM_CHUNK_BYTES;
	if (!ends_here && n_bytes && !mem_has_range(mem, address, n_bytes))
		return NULL;
	return mem_host(address);
}

static inline bool mem_read_u64(const struct mem *mem, addr_t address, uint64_t *ret)
{
	const void *at = mem_at(mem, address, sizeof(*ret));
	if (at)
		*ret = load_u64(at);
	return at;
}

static inline bool mem_read_u32(const struct mem *mem, addr_t address, uint32_t *ret)
{
	const void *at = mem_at(mem, address, sizeof(*ret));
	if (at)
		*ret = load_u32(at);
	return at;
}

/* The word at `address`, or 0 when it is not in the image. */
static inline uint64_t mem_word(const struct mem *mem, addr_t address)
{
	uint64_t word = 0;
	mem_read_u64(mem, address, &word);
	return word;
}

/*
 * Copies the NUL-terminated string at `address`, at most `size` - 1 bytes, cut
 * if longer; false when it is not in the image.
 */
bool mem_read_string(const struct mem *mem, addr_t address, char *ret, size_t size);

/* Gives the memory of the chunk of `address` back; it reads as zeros from now on. */
void mem_release(struct mem *mem, addr_t address);

#endif
