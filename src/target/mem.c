#include "target/mem.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define N_CHUNKS (1ull << (MEM_ADDRESS_BITS - MEM_CHUNK_BITS))
/* Behind the bytes of the chunks: one byte for each 4096 of them, 1 when some are set. */
#define GROUP_CHUNKS 4096
#define N_GROUPS (N_CHUNKS / GROUP_CHUNKS)

#define N_LOCKS 64

struct mem_later {
	mem_bring_fn bring;
	void *arg;
	uint64_t max_chunks;
	_Atomic uint64_t n_brought;     /* and not yet given back */
	pthread_mutex_t locks[N_LOCKS]; /* by chunk: one thread brings it, others wait */
};

/* The image that the SIGBUS handler may repair; there is one host address for a target address. */
static uint8_t *volatile guarded_image;

static void *map_zeros(void *host, uint64_t n_bytes, int place)
{
	void *at = mmap(host, n_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | place, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	if (at != host) {
		munmap(at, n_bytes);
		errno = EEXIST;
		return NULL;
	}
	madvise(at, n_bytes, MADV_DONTFORK);
	return at;
}

/* A mapped file that was cut off or cannot be read any more reads as zeros. */
static void repair_lost_page(int number, siginfo_t *info, void *context)
{
	(void)context;
	int saved_errno = errno;
	uint64_t n_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t host = align_down((uintptr_t)info->si_addr, n_bytes);
	addr_t address = host ^ MEM_FLIP;
	if (guarded_image && !(address >> MEM_ADDRESS_BITS) &&
		guarded_image[address >> MEM_CHUNK_BITS] == MEM_HAS_FILE &&
		map_zeros((void *)(uintptr_t)host, n_bytes, MAP_FIXED)) {
		errno = saved_errno;
		return;
	}
	signal(number, SIG_DFL);
	errno = saved_errno;
}

struct error *mem_init(struct mem *mem)
{
	void *present = mmap(NULL, N_CHUNKS + N_GROUPS, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (present == MAP_FAILED)
		return &error_no_memory;
	*mem = (struct mem){.present = present};
	guarded_image = present;
	struct sigaction action = {.sa_sigaction = repair_lost_page, .sa_flags = SA_SIGINFO};
	sigaction(SIGBUS, &action, NULL);
	return NULL;
}

/* The first chunk from `at` on that is in the image, or N_CHUNKS. */
static uint64_t find_present(const struct mem *mem, uint64_t at)
{
	const uint8_t *groups = mem->present + N_CHUNKS;
	while (at < N_CHUNKS && !mem->present[at]) {
		if (at % GROUP_CHUNKS == 0 && !groups[at / GROUP_CHUNKS])
			at += GROUP_CHUNKS;
		else
			at++;
	}
	return at;
}

void mem_deinit(struct mem *mem)
{
	if (!mem->present)
		return;
	mem_bring_no_more(mem);
	for (uint64_t at = find_present(mem, 0); at < N_CHUNKS; at = find_present(mem, at)) {
		uint64_t first = at;
		while (at < N_CHUNKS && mem->present[at])
			at++;
		munmap(mem_host(first << MEM_CHUNK_BITS), (at - first) << MEM_CHUNK_BITS);
	}
	if (guarded_image == mem->present)
		guarded_image = NULL;
	munmap(mem->present, N_CHUNKS + N_GROUPS);
	mem->present = NULL;
}

static struct error *add_chunks(struct mem *mem, uint64_t first, uint64_t end)
{
	void *host = mem_host(first << MEM_CHUNK_BITS);
	if (!map_zeros(host, (end - first) << MEM_CHUNK_BITS, MAP_FIXED_NOREPLACE)) {
		if (errno == ENOMEM)
			return &error_no_memory;
		return error_create(ERROR_INTERNAL, errno, NULL,
			"the image of address %#llx of the target collides with memory of whymem",
			(unsigned long long)first << MEM_CHUNK_BITS);
	}
	memset(mem->present + first, MEM_PLAIN, end - first);
	memset(mem->present + N_CHUNKS + first / GROUP_CHUNKS, 1,
		(end - 1) / GROUP_CHUNKS - first / GROUP_CHUNKS + 1);
	return NULL;
}

struct error *mem_add(struct mem *mem, addr_t begin, addr_t end)
{
	assert(begin <= end && end <= 1ull << MEM_ADDRESS_BITS);
	uint64_t chunk = begin >> MEM_CHUNK_BITS;
	uint64_t end_chunk = align_up(end, MEM_CHUNK_BYTES) >> MEM_CHUNK_BITS;
	while (chunk < end_chunk) {
		uint64_t absent = chunk;
		while (absent < end_chunk && !mem->present[absent])
			absent++;
		struct error *error = absent > chunk ? add_chunks(mem, chunk, absent) : NULL;
		if (error)
			return error;
		chunk = absent + 1;
	}
	return NULL;
}

struct error *mem_map_file(
	struct mem *mem, addr_t address, uint64_t n_bytes, int fd, uint64_t offset)
{
	assert(n_bytes && mem_has_range(mem, address, n_bytes));
	void *host = mem_host(address);
	void *at = mmap(host, n_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED, fd, (off_t)offset);
	if (at == MAP_FAILED) {
		return error_create(ERROR_UNREADABLE_FILE, errno, NULL,
			"cannot map a file of the target: %s", strerror(errno));
	}
	madvise(host, n_bytes, MADV_DONTFORK);
	uint64_t first = address >> MEM_CHUNK_BITS;
	uint64_t last = (address + n_bytes - 1) >> MEM_CHUNK_BITS;
	memset(mem->present + first, MEM_HAS_FILE, last - first + 1);
	return NULL;
}

struct error *mem_clear(struct mem *mem, addr_t begin, addr_t end)
{
	assert(begin < end && mem_has_range(mem, begin, end - begin));
	return map_zeros(mem_host(begin), end - begin, MAP_FIXED) ? NULL : &error_no_memory;
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

struct error *mem_bring_later(struct mem *mem, mem_bring_fn bring, void *arg, uint64_t max_bytes)
{
	assert(!mem->later);
	struct mem_later *later = calloc(1, sizeof(*later));
	if (!later)
		return &error_no_memory;
	later->bring = bring;
	later->arg = arg;
	later->max_chunks = max_bytes / MEM_CHUNK_BYTES;
	for (size_t i = 0; i < N_LOCKS; i++)
		pthread_mutex_init(&later->locks[i], NULL);
	mem->later = later;
	return NULL;
}

void mem_bring_no_more(struct mem *mem)
{
	if (!mem->later)
		return;
	for (size_t i = 0; i < N_LOCKS; i++)
		pthread_mutex_destroy(&mem->later->locks[i]);
	free(mem->later);
	mem->later = NULL;
}

void mem_postpone(struct mem *mem, addr_t address)
{
	assert(mem->later && mem_may_come_later(mem, address));
	mem->present[address >> MEM_CHUNK_BITS] = MEM_LATER;
}

bool mem_bring(const struct mem *mem, uint64_t chunk)
{
	struct mem_later *later = mem->later;
	if (!later || !mem->present[chunk])
		return false;
	pthread_mutex_t *lock = &later->locks[chunk % N_LOCKS];
	pthread_mutex_lock(lock);
	if (mem->present[chunk] == MEM_LATER) {
		later->bring(later->arg, chunk << MEM_CHUNK_BITS);
		__atomic_store_n(&mem->present[chunk], MEM_BROUGHT, __ATOMIC_RELEASE);
		later->n_brought++;
	}
	pthread_mutex_unlock(lock);
	return true;
}

bool mem_bring_range(const struct mem *mem, addr_t address, uint64_t n_bytes)
{
	if (!mem_has_range(mem, address, n_bytes))
		return false;
	addr_t end = address + n_bytes;
	for (uint64_t chunk = address >> MEM_CHUNK_BITS; chunk << MEM_CHUNK_BITS < end; chunk++)
		if (!mem_is_here(mem, chunk))
			return false;
	return true;
}

void mem_spare(const struct mem *mem, addr_t address)
{
	struct mem_later *later = mem->later;
	uint64_t chunk = address >> MEM_CHUNK_BITS;
	if (!later || mem->present[chunk] != MEM_BROUGHT || later->n_brought <= later->max_chunks)
		return;
	__atomic_store_n(&mem->present[chunk], MEM_LATER, __ATOMIC_RELEASE);
	madvise(mem_host(chunk << MEM_CHUNK_BITS), MEM_CHUNK_BYTES, MADV_DONTNEED);
	later->n_brought--;
}

bool mem_read_string(const struct mem *mem, addr_t address, char *ret, size_t size)
{
	size_t n = 0;
	while (n + 1 < size) {
		size_t room = MIN(size - 1 - n, MEM_CHUNK_BYTES - (address + n) % MEM_CHUNK_BYTES);
		const char *from = mem_at(mem, address + n, 1);
		if (!from)
			return false;
		size_t length = strnlen(from, room);
		memcpy(ret + n, from, length);
		n += length;
		if (length < room)
			break;
	}
	ret[n] = '\0';
	return true;
}

void mem_release(struct mem *mem, addr_t address)
{
	uint64_t chunk = address >> MEM_CHUNK_BITS;
	uint8_t *state = &mem->present[chunk];
	void *host = mem_host(chunk << MEM_CHUNK_BITS);
	if (address >> MEM_ADDRESS_BITS || *state == MEM_ABSENT)
		return;
	if (*state == MEM_HAS_FILE) {
		map_zeros(host, MEM_CHUNK_BYTES, MAP_FIXED);
		return;
	}
	if (*state == MEM_BROUGHT)
		mem->later->n_brought--;
	__atomic_store_n(state, MEM_PLAIN, __ATOMIC_RELEASE);
	madvise(host, MEM_CHUNK_BYTES, MADV_DONTNEED);
}
