/*
 * The frozen image of a target's memory: bytes at an address.
 *
 * The copy of target address A stands at our own address A ^ MEM_FLIP, so that
 * a dereference is one XOR. The image is mapped in whole chunks of 2 MiB; what
 * the target had not mapped inside such a chunk reads as zeros, and everything
 * outside of present chunks is refused. Read-only mappings of files are mapped
 * from the file itself and cost no memory.
 *
 * Chunks may be left to come later: they are brought when they are first read,
 * for as long as there is somebody who brings them (mem_bring_later()).
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

enum mem_state { MEM_ABSENT, MEM_LATER, MEM_PLAIN, MEM_HAS_FILE, MEM_BROUGHT };

/* Fills the present chunk at `chunk`, which is zeros, in; called once a chunk at a time. */
typedef void (*mem_bring_fn)(void *arg, addr_t chunk);

struct mem_later;

struct mem {
	uint8_t *present;        /* by address >> MEM_CHUNK_BITS: enum mem_state */
	struct mem_later *later; /* NULL when nothing comes later */
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

/* ---- what comes later ---- */

/*
 * From now on bring(arg, chunk) fills chunks that mem_postpone() was called
 * for, when they are read. mem_spare() keeps at most `max_bytes` of them. To
 * be called once; ended by mem_bring_no_more(), after which they are absent.
 */
struct error *mem_bring_later(struct mem *mem, mem_bring_fn bring, void *arg, uint64_t max_bytes);
void mem_bring_no_more(struct mem *mem);

/* May the chunk of `address`, which is present, come later? Not where files are mapped. */
static inline bool mem_may_come_later(const struct mem *mem, addr_t address)
{
	return mem->present[address >> MEM_CHUNK_BITS] == MEM_PLAIN;
}

/* The chunk of `address`, which may come later and holds zeros, is to be brought when it is read.
 */
void mem_postpone(struct mem *mem, addr_t address);

/*
 * Nobody holds a pointer into the chunk of `address`, nor reads it soon: gives
 * its memory back if it can be brought again and much was brought already.
 */
void mem_spare(const struct mem *mem, addr_t address);

/* Brings chunk number `chunk`; false when it is absent for good. */
bool mem_bring(const struct mem *mem, uint64_t chunk);
bool mem_bring_range(const struct mem *mem, addr_t address, uint64_t n_bytes);

static inline bool mem_is_here(const struct mem *mem, uint64_t chunk)
{
	return __atomic_load_n(&mem->present[chunk], __ATOMIC_ACQUIRE) > MEM_LATER ||
	       mem_bring(mem, chunk);
}

/* The `n_bytes` at `address`, or NULL when they are not all in the image. */
static inline const void *mem_at(const struct mem *mem, addr_t address, uint64_t n_bytes)
{
	uint64_t first = address >> MEM_CHUNK_BITS;
	if (address >> MEM_ADDRESS_BITS || !mem_is_here(mem, first))
		return NULL;
	bool ends_here =
		(address + n_bytes - 1) >> MEM_CHUNK_BITS == first && n_bytes <= MEM_CHUNK_BYTES;
	if (!ends_here && n_bytes && !mem_bring_range(mem, address, n_bytes))
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
