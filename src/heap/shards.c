#include "heap/shards.h"

#include "target/mem.h"

#include <sys/mman.h>

#define N_DIRECTORY (1ull << (MEM_ADDRESS_BITS - SHARD_BITS))
#define SHARD_MAPPED align_up(sizeof(struct shard), PAGE_BYTES)

static void *reserve(size_t n_bytes)
{
	void *made = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return made == MAP_FAILED ? NULL : made;
}

struct error *shards_init(struct shards *shards)
{
	uintptr_t *directory = reserve(N_DIRECTORY * sizeof(*directory));
	if (!directory)
		return &error_no_memory;
	shards->directory = directory;
	shards->made = (__typeof__(shards->made)){0};
	return NULL;
}

void shards_deinit(struct shards *shards)
{
	if (!shards->directory)
		return;
	vec_foreach (&shards->made, made)
		munmap(*made, SHARD_MAPPED);
	vec_deinit(&shards->made);
	munmap(shards->directory, N_DIRECTORY * sizeof(*shards->directory));
	shards->directory = NULL;
}

static struct error *make_shard(struct shards *shards, uint64_t index, struct shard **ret)
{
	uintptr_t entry = shards->directory[index];
	assert(!(entry & 1));
	if (!entry) {
		struct shard **made = vec_add(&shards->made);
		if (!made)
			return &error_no_memory;
		*made = reserve(SHARD_MAPPED);
		if (!*made) {
			shards->made.n--;
			return &error_no_memory;
		}
		(*made)->base = index << SHARD_BITS;
		entry = (uintptr_t)*made;
		shards->directory[index] = entry;
	}
	*ret = (struct shard *)entry;
	return NULL;
}

struct error *shards_reserve(struct shards *shards, addr_t begin, addr_t end)
{
	assert(begin < end && end <= 1ull << MEM_ADDRESS_BITS);
	struct error *error = NULL;
	struct shard *shard;
	for (uint64_t i = begin >> SHARD_BITS; i <= (end - 1) >> SHARD_BITS && !error; i++)
		error = make_shard(shards, i, &shard);
	return error;
}

struct error *shards_set_single(struct shards *shards, addr_t begin, addr_t end, uint64_t region)
{
	assert(!(begin % PAGE_BYTES) && !(end % PAGE_BYTES));
	for (addr_t at = begin, next; at < end; at = next) {
		next = MIN(end, align_down(at, SHARD_BYTES) + SHARD_BYTES);
		if (next - at == SHARD_BYTES && !shards->directory[at >> SHARD_BITS]) {
			shards->directory[at >> SHARD_BITS] = region << 1 | 1;
			continue;
		}
		struct shard *shard;
		struct error *error = make_shard(shards, at >> SHARD_BITS, &shard);
		if (error)
			return error;
		shard_set_kind(shard, at, next - at, PAGE_SINGLE);
		for (addr_t page = at; page < next; page += PAGE_BYTES)
			shard->first[shard_page(page)] = region;
	}
	return NULL;
}

struct shard *shards_find(const struct shards *shards, addr_t address)
{
	if (address >> MEM_ADDRESS_BITS)
		return NULL;
	uintptr_t entry = shards->directory[address >> SHARD_BITS];
	return entry & 1 ? NULL : (struct shard *)entry;
}
