/*
 * Chunks that look in use but wait on a list of glibc's malloc: fastbins of an
 * arena, caches of threads. Their marks are cleared.
 *
 * From 2.32 on a link is mangled: the address XOR the place it stands at >> 12.
 * Which reading holds is what leads to more blocks. A block that was met is no
 * longer in use, so a ring ends where it closes.
 */
#include "heap/regions.h"

#define N_FASTBINS 10

/*
 * struct tcache_perthread_struct, by the size of its chunk: a count for each
 * bin, then a link for each. The links of bin i lead to blocks whose chunks have
 * 32 + 16 * i bytes; bins from `n_exact` on hold larger chunks of several sizes.
 */
static const struct tcache_form {
	uint32_t chunk_bytes, count_bytes, entries, n_bins, n_exact;
} tcache_forms[] = {
	{0x250, 1, 64, 64, 64},  /* 2.26 to 2.29 */
	{0x290, 2, 128, 64, 64}, /* 2.30 to 2.41 */
	{0x300, 2, 152, 76, 64}, /* 2.42 on; the counts are of free slots there */
};

static uint64_t chunk_bytes(const struct blocks *blocks, addr_t start)
{
	return mem_word(blocks->mem, start - 8) & ~CHUNK_FLAGS;
}

/* Is a block of malloc in use at `start`, of a chunk of `size` bytes (0: more than the exact)? */
static bool is_listed(const struct blocks *blocks, addr_t start, uint64_t size)
{
	const struct shard *shard = shards_find(&blocks->shards, start);
	if (!shard || start % 16 || shard->kind[shard_page(start)] != PAGE_CHUNKS ||
		shard_mark(shard, start) != MARK_IN_USE)
		return false;
	uint64_t own = chunk_bytes(blocks, start);
	return size ? own == size : own > CHUNK_MIN_BYTES + 16 * 63;
}

/* What the link at `place` leads to: a block, or 0 at the end; false when neither. */
static bool follow(
	const struct blocks *blocks, addr_t place, uint64_t size, unsigned to_start, addr_t *ret)
{
	addr_t link = mem_word(blocks->mem, place);
	if (blocks->glibc.has_mangled_links)
		link ^= place >> 12;
	if (link && !is_listed(blocks, link + to_start, size))
		return false;
	*ret = link ? link + to_start : 0;
	return true;
}

/* Takes the blocks of a list, whose first is `start`, out of use; returns their bytes. */
static uint64_t clear_list(struct blocks *blocks, addr_t start, uint64_t size, unsigned to_start,
	unsigned mark, uint64_t *count)
{
	uint64_t n_bytes = 0;
	while (start) {
		shard_set_mark(shards_find(&blocks->shards, start), start, mark);
		n_bytes += chunk_bytes(blocks, start);
		(*count)++;
		if (!follow(blocks, start, size, to_start, &start)) {
			blocks->glibc.corrupt_count++;
			break;
		}
	}
	return n_bytes;
}

static void read_fastbins(struct blocks *blocks, struct malloc_arena *arena)
{
	const struct glibc_form *form = blocks->glibc.form;
	for (unsigned i = 0; i < N_FASTBINS && form->fastbins != UINT32_MAX; i++) {
		uint64_t size = CHUNK_MIN_BYTES + 16 * i, count = 0;
		addr_t head = mem_word(blocks->mem, arena->address + form->fastbins + 8 * i);
		addr_t start = head + CHUNK_HEADER_BYTES;
		if (!head)
			continue;
		if (!is_listed(blocks, start, size)) {
			blocks->glibc.corrupt_count++;
			continue;
		}
		uint64_t n_bytes = clear_list(blocks, start, size, CHUNK_HEADER_BYTES, 0, &count);
		blocks->glibc.fastbin_bytes += n_bytes;
		arena->free_bytes += n_bytes;
	}
}

static const struct tcache_form *form_of(const struct blocks *blocks, addr_t tcache)
{
	uint64_t size = chunk_bytes(blocks, tcache);
	for (size_t i = 0; i < ARRAY_SIZE(tcache_forms); i++)
		if (tcache_forms[i].chunk_bytes == size)
			return &tcache_forms[i];
	return NULL;
}

static uint64_t size_of_bin(const struct tcache_form *form, unsigned bin)
{
	return bin < form->n_exact ? CHUNK_MIN_BYTES + 16 * bin : 0;
}

static unsigned count_of_bin(
	const struct blocks *blocks, const struct tcache_form *form, addr_t tcache, unsigned bin)
{
	const uint8_t *at = mem_at(blocks->mem, tcache, form->chunk_bytes - CHUNK_HEADER_BYTES);
	if (!at)
		return 0;
	return form->count_bytes == 1 ? at[bin] : load_u16(at + 2 * bin);
}

/*
 * Does every bin lead to a block of its size or nowhere, and do the counts say
 * so? Those of bins without blocks are all equal: 0, or the number of slots.
 */
static bool is_tcache(const struct blocks *blocks, const struct tcache_form *form, addr_t tcache,
	bool may_be_empty)
{
	unsigned n_filled = 0, empty_count = UINT32_MAX;
	for (unsigned i = 0; i < form->n_exact; i++)
		if (!mem_word(blocks->mem, tcache + form->entries + 8 * i))
			empty_count = count_of_bin(blocks, form, tcache, i);
	for (unsigned i = 0; i < form->n_bins; i++) {
		addr_t first = mem_word(blocks->mem, tcache + form->entries + 8 * i);
		bool counts_none = count_of_bin(blocks, form, tcache, i) == empty_count;
		if (first && !is_listed(blocks, first, size_of_bin(form, i)))
			return false;
		if (i < form->n_exact && counts_none != !first)
			return false;
		n_filled += first != 0;
	}
	return n_filled || may_be_empty;
}

static void read_tcache(struct blocks *blocks, const struct tcache_form *form, addr_t tcache)
{
	for (unsigned i = 0; i < form->n_bins; i++) {
		uint64_t size = size_of_bin(form, i);
		addr_t first = mem_word(blocks->mem, tcache + form->entries + 8 * i);
		if (first && is_listed(blocks, first, size))
			blocks->glibc.tcache_bytes += clear_list(
				blocks, first, size, 0, MARK_CACHED, &blocks->glibc.tcache_count);
	}
}

/* ---- which reading of links holds ---- */

static int judge_link(const struct blocks *blocks, addr_t start, uint64_t size, unsigned to_start)
{
	addr_t next;
	if (!is_listed(blocks, start, size))
		return 0;
	return follow(blocks, start, size, to_start, &next) ? 1 : -1;
}

/* Links behind the first blocks of all lists that lead on, less those that do not. */
static int judge_links(const struct blocks *blocks)
{
	const struct glibc_form *form = blocks->glibc.form;
	int sum = 0;
	vec_foreach (&blocks->glibc.arenas, arena)
		for (unsigned i = 0; i < N_FASTBINS && form->fastbins != UINT32_MAX; i++) {
			addr_t at = arena->address + form->fastbins + 8 * i;
			sum += judge_link(blocks, mem_word(blocks->mem, at) + CHUNK_HEADER_BYTES,
				CHUNK_MIN_BYTES + 16 * i, CHUNK_HEADER_BYTES);
		}
	vec_foreach (&blocks->glibc.tcaches, tcache) {
		const struct tcache_form *cache = form_of(blocks, *tcache);
		for (unsigned i = 0; cache && i < cache->n_bins; i++)
			sum += judge_link(blocks,
				mem_word(blocks->mem, *tcache + cache->entries + 8 * i),
				size_of_bin(cache, i), 0);
	}
	return sum;
}

static void choose_links(struct blocks *blocks)
{
	blocks->glibc.has_mangled_links = true;
	int mangled = judge_links(blocks);
	blocks->glibc.has_mangled_links = false;
	blocks->glibc.has_mangled_links = mangled > judge_links(blocks);
}

/* Keeps of the blocks that have the size of a cache those that are one. */
static void select_tcaches(struct blocks *blocks)
{
	size_t n = 0;
	vec_foreach (&blocks->glibc.tcaches, tcache) {
		const struct tcache_form *form = form_of(blocks, *tcache);
		const struct region *region = regions_find(blocks, *tcache);
		bool is_first = region && region->block == *tcache;
		if (form && blocks_in_use(blocks, *tcache) &&
			is_tcache(blocks, form, *tcache, is_first))
			blocks->glibc.tcaches.data[n++] = *tcache;
	}
	blocks->glibc.tcaches.n = n;
}

void glibc_read_lists(struct blocks *blocks)
{
	if (!blocks->glibc.form)
		return;
	select_tcaches(blocks);
	choose_links(blocks);
	vec_foreach (&blocks->glibc.arenas, arena)
		read_fastbins(blocks, arena);
	vec_foreach (&blocks->glibc.tcaches, tcache) {
		read_tcache(blocks, form_of(blocks, *tcache), *tcache);
		blocks_claim(blocks, *tcache, OWNER_INTERPRETER);
	}
}
