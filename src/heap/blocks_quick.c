/* stop-gap: pymalloc by pool pattern, glibc by chunk walk */
#include "heap/blocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

struct chunk { addr_t start; uint64_t n; };

struct blocks {
	const struct cpython *py;
	const struct mem *mem;
	VEC(struct block_span) spans;
	VEC(struct chunk) chunks; /* in use, sorted */
	VEC(struct chunk) frees;
	uint8_t *pool_class; /* by address / pool bytes: szidx + 1 */
	unsigned shift;
	uint8_t **owners; /* by 2 MiB */
	uint64_t bytes[OWNER_COUNT];
	uint64_t missing[OWNER_COUNT];
	uint64_t pool_free, pool_head;
};

static bool is_pool(struct blocks *b, addr_t at)
{
	uint64_t pool = b->py->traits->pool_bytes;
	const uint8_t *p = mem_at(b->mem, at, 48);
	uint32_t count = load_u32(p), szidx = load_u32(p + 36), next = load_u32(p + 40), max = load_u32(p + 44);
	if (szidx >= 32)
		return false;
	uint32_t size = (szidx + 1) * 16;
	uint64_t free = load_u64(p + 8);
	return count && count <= (pool - 48) / size && max == pool - size && next >= 48 + size && next <= max + size &&
	       (next - 48) % size == 0 && (!free || (free >= at && free < at + pool));
}

static void scan_pools(struct blocks *b, const struct map *m)
{
	uint64_t pool = b->py->traits->pool_bytes;
	struct block_span *span = NULL;
	for (addr_t at = align_up(m->start, pool); at + pool <= m->end; at += pool) {
		if (!capture_resident(b->py->capture, at, 48) || !is_pool(b, at)) {
			continue;
		}
		b->pool_class[at >> b->shift] = (uint8_t)(load_u32(mem_at(b->mem, at + 36, 4)) + 1);
		if (!span || at >= align_down(span->begin, 1 << 20) + (1 << 20)) {
			span = vec_add(&b->spans);
			*span = (struct block_span){.begin = at, .kind = BLOCK_POOL};
		}
		span->end = at + pool;
	}
}

static void add_chunks(struct blocks *b, addr_t at, addr_t end)
{
	struct block_span *span = vec_add(&b->spans);
	*span = (struct block_span){.begin = at, .end = end, .kind = BLOCK_MALLOC};
	while (at + 32 <= end) {
		uint64_t size = mem_word(b->mem, at + 8) & ~7ull;
		if (size < 32 || size % 16 || at + size > end)
			break;
		bool used = at + size + 16 <= end && mem_word(b->mem, at + size + 8) & 1;
		if (at + size == end)
			used = false;
		struct chunk *c = used ? vec_add(&b->chunks) : vec_add(&b->frees);
		*c = (struct chunk){at + 16, size - 8};
		at += size;
	}
}

static int compare(const void *x, const void *y)
{
	addr_t a = ((const struct chunk *)x)->start, c = ((const struct chunk *)y)->start;
	return a < c ? -1 : a > c;
}

static int compare_spans(const void *x, const void *y)
{
	addr_t a = ((const struct block_span *)x)->begin, c = ((const struct block_span *)y)->begin;
	return a < c ? -1 : a > c;
}

static void scan_mmapped(struct blocks *b, const struct map *m)
{
	for (addr_t at = m->start; at < m->end;) {
		uint64_t w = mem_word(b->mem, at + 8), size = w & ~7ull;
		bool old = (w & 7) == 2 && size >= 4096 && size % 4096 == 0 && at + size <= m->end;
		if (old && !mem_word(b->mem, at)) {
			struct block_span *span = vec_add(&b->spans);
			*span = (struct block_span){.begin = at, .end = at + size, .kind = BLOCK_MALLOC};
			*(struct chunk *)vec_add(&b->chunks) = (struct chunk){at + 16, size - 16};
			at += size;
		} else
			at += 4096;
	}
}

struct error *blocks_open(const struct cpython *py, struct blocks **ret)
{
	struct blocks *b = calloc(1, sizeof(*b));
	b->py = py, b->mem = py->mem;
	b->shift = py->traits->pool_bytes == 4096 ? 12 : 14;
	b->pool_class = mmap(NULL, 1ull << (47 - b->shift), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	b->owners = mmap(NULL, 8ull << 26, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	vec_foreach(&py->capture->maps, m) {
		if (!(m->flags & MAP_IN_IMAGE) || !(m->flags & MAP_WRITE) || m->inode || m->flags & MAP_IS_STACK)
			continue;
		if (m->flags & MAP_IS_HEAP) {
			add_chunks(b, m->start, m->end);
			continue;
		}
		addr_t at = m->start;
		if (at % (64 << 20) == 0 && mem_word(b->mem, at) == at + 0x30) {
			uint64_t size = mem_word(b->mem, at + 16);
			add_chunks(b, at + 0x8d0, MIN(at + size, m->end));
			continue;
		}
		scan_pools(b, m);
		scan_mmapped(b, m);
	}
	if (b->chunks.n)
		qsort(b->chunks.data, b->chunks.n, sizeof(struct chunk), compare);
	if (b->spans.n)
		qsort(b->spans.data, b->spans.n, sizeof(struct block_span), compare_spans);
	vec_foreach(&b->spans, s)
		for (addr_t at = align_down(s->begin, 1 << 21); at < s->end; at += 1 << 21)
			if (!b->owners[at >> 21])
				b->owners[at >> 21] = calloc(1, 131072);
	*ret = b;
	return NULL;
}

void blocks_close(struct blocks *b)
{
	free(b);
}

const struct block_span *blocks_spans(const struct blocks *b, size_t *n_ret)
{
	*n_ret = b->spans.n;
	return b->spans.data;
}

static void each_in_pool(const struct blocks *b, addr_t pool, block_fn fn, void *arg)
{
	const uint8_t *p = mem_at(b->mem, pool, b->py->traits->pool_bytes);
	uint32_t size = b->pool_class[pool >> b->shift] * 16u, next = load_u32(p + 40);
	uint64_t freed[16] = {0};
	uint64_t f = load_u64(p + 8);
	for (int i = 0; f && i < 1024 && f >= pool + 48 && f < pool + next; i++) {
		uint32_t k = (uint32_t)(f - pool - 48) / size;
		freed[k / 64] |= 1ull << k % 64;
		f = load_u64(p + (f - pool));
	}
	for (uint32_t k = 0; 48 + (k + 1) * size <= next; k++)
		if (!(freed[k / 64] >> k % 64 & 1)) {
			struct block block = {pool + 48 + k * size, size, BLOCK_POOL};
			fn(arg, &block);
		}
}

void blocks_each(const struct blocks *b, const struct block_span *span, block_fn fn, void *arg)
{
	if (span->kind == BLOCK_POOL) {
		for (addr_t at = span->begin; at < span->end; at += b->py->traits->pool_bytes)
			if (b->pool_class[at >> b->shift])
				each_in_pool(b, at, fn, arg);
		return;
	}
	vec_foreach(&b->chunks, c)
		if (c->start >= span->begin && c->start < span->end) {
			struct block block = {c->start, c->n, BLOCK_MALLOC};
			fn(arg, &block);
		}
}

bool blocks_find(const struct blocks *b, addr_t address, struct block *ret)
{
	if (address >> 47)
		return false;
	uint64_t pool_bytes = b->py->traits->pool_bytes;
	unsigned c = b->pool_class[address >> b->shift];
	if (c) {
		addr_t pool = align_down(address, pool_bytes);
		if (address < pool + 48)
			return false;
		uint64_t k = (address - pool - 48) / (c * 16);
		*ret = (struct block){pool + 48 + k * c * 16, c * 16, BLOCK_POOL};
		return true;
	}
	size_t low = 0, high = b->chunks.n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (b->chunks.data[mid].start <= address)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return false;
	const struct chunk *k = &b->chunks.data[low - 1];
	if (address >= k->start + k->n)
		return false;
	*ret = (struct block){k->start, k->n, BLOCK_MALLOC};
	return true;
}

bool blocks_in_use(const struct blocks *b, addr_t start)
{
	struct block k;
	return blocks_find(b, start, &k) && k.start == start;
}

bool blocks_claim(struct blocks *b, addr_t start, enum block_owner owner)
{
	struct block k;
	if (!blocks_find(b, start, &k) || k.start != start)
		return false;
	uint8_t *o = &b->owners[start >> 21][start % (1 << 21) / 16], none = 0;
	if (!__atomic_compare_exchange_n(o, &none, (uint8_t)owner, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return false;
	__atomic_fetch_add(&b->bytes[owner], capture_resident(b->py->capture, start, k.n_bytes), __ATOMIC_RELAXED);
	return true;
}

enum block_owner blocks_owner(const struct blocks *b, addr_t start)
{
	uint8_t *o = start >> 47 ? NULL : b->owners[start >> 21];
	return o ? o[start % (1 << 21) / 16] : OWNER_NONE;
}

struct error *blocks_account(struct blocks *b, struct snapshot *s)
{
	s->total_bytes = s->rss_bytes = b->py->capture->memory.rss_bytes;
	s->part_bytes[PART_OBJECTS] = b->bytes[OWNER_OBJECT];
	s->part_bytes[PART_NATIVE_OWNED] = b->bytes[OWNER_NATIVE];
	s->part_bytes[PART_NATIVE_INTERPRETER] = b->bytes[OWNER_INTERPRETER];
	s->part_bytes[PART_FREE_FREELIST] = b->bytes[OWNER_FREELIST];
	uint64_t sum = 0;
	for (int i = 0; i < PART_COUNT; i++)
		sum += s->part_bytes[i];
	s->part_bytes[PART_UNEXPLAINED] = s->total_bytes - sum;
	return NULL;
}
