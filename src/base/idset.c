#include "base/idset.h"

#include <stdlib.h>
#include <sys/mman.h>

static const size_t directory_bytes =
	(1ull << (IDSET_ADDRESS_BITS - IDSET_CHUNK_BITS)) * sizeof(struct idset_chunk *);

struct error *idset_init(struct idset *set)
{
	void *directory = mmap(NULL, directory_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (directory == MAP_FAILED)
		return &error_no_memory;
	*set = (struct idset){.directory = directory};
	return NULL;
}

void idset_deinit(struct idset *set)
{
	if (!set->directory)
		return;
	for (size_t i = 0; i < set->n_chunks; i++)
		munmap(set->chunks[i], sizeof(struct idset_chunk));
	free(set->chunks);
	munmap(set->directory, directory_bytes);
	*set = (struct idset){0};
}

static struct error *add_chunk(struct idset *set, addr_t base)
{
	struct idset_chunk **grown =
		reallocarray(set->chunks, set->n_chunks + 1, sizeof(*set->chunks));
	if (!grown)
		return &error_no_memory;
	set->chunks = grown;
	struct idset_chunk *chunk = mmap(NULL, sizeof(*chunk), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (chunk == MAP_FAILED)
		return &error_no_memory;
	chunk->base = base;
	set->chunks[set->n_chunks++] = chunk;
	set->directory[base >> IDSET_CHUNK_BITS] = chunk;
	return NULL;
}

struct error *idset_reserve(struct idset *set, addr_t begin, addr_t end)
{
	assert(!set->sealed);
	end = MIN(end, 1ull << IDSET_ADDRESS_BITS);
	for (addr_t at = align_down(begin, IDSET_CHUNK_BYTES); at < end; at += IDSET_CHUNK_BYTES) {
		if (set->directory[at >> IDSET_CHUNK_BITS])
			continue;
		struct error *error = add_chunk(set, at);
		if (error)
			return error;
	}
	return NULL;
}

static int compare_chunks(const void *a, const void *b)
{
	const struct idset_chunk *left = *(struct idset_chunk *const *)a;
	const struct idset_chunk *right = *(struct idset_chunk *const *)b;
	return left->base < right->base ? -1 : left->base > right->base;
}

struct error *idset_seal(struct idset *set)
{
	assert(!set->sealed);
	if (set->n_chunks)
		qsort(set->chunks, set->n_chunks, sizeof(*set->chunks), compare_chunks);
	uint64_t rank = 0;
	for (size_t i = 0; i < set->n_chunks; i++) {
		struct idset_chunk *chunk = set->chunks[i];
		for (size_t block = 0; block < IDSET_BLOCKS; block++) {
			chunk->rank[block] = (uint32_t)rank;
			for (size_t word = block * 8; word < block * 8 + 8; word++)
				rank += (uint64_t)__builtin_popcountll(chunk->words[word]);
		}
		if (rank >= OBJ_NONE)
			return error_create(
				ERROR_OUT_OF_MEMORY, 0, NULL, "more than %u objects", OBJ_NONE - 1);
		chunk->rank[IDSET_BLOCKS] = (uint32_t)rank;
	}
	set->n = rank;
	set->sealed = true;
	return NULL;
}

/* The last chunk that begins with a member numbered <= id. */
static size_t find_chunk(const struct idset *set, obj_id id)
{
	return partition_point(i, 1, set->n_chunks, set->chunks[i]->rank[0] <= id) - 1;
}

/* The last block of 512 bits that begins with a member numbered <= id. */
static size_t find_block(const struct idset_chunk *chunk, obj_id id)
{
	return partition_point(i, 1, IDSET_BLOCKS, chunk->rank[i] <= id) - 1;
}

struct idset_cursor idset_cursor_at(const struct idset *set, obj_id first)
{
	assert(set->sealed);
	struct idset_cursor cursor = {.set = set, .chunk = set->n_chunks};
	if (first >= set->n)
		return cursor;
	cursor.chunk = find_chunk(set, first);
	const struct idset_chunk *chunk = set->chunks[cursor.chunk];
	size_t block = find_block(chunk, first);
	uint32_t skip = first - chunk->rank[block];
	cursor.word = block * 8;
	while (skip >= (uint32_t)__builtin_popcountll(chunk->words[cursor.word]))
		skip -= (uint32_t)__builtin_popcountll(chunk->words[cursor.word++]);
	cursor.bits = chunk->words[cursor.word];
	while (skip--)
		cursor.bits &= cursor.bits - 1;
	return cursor;
}

addr_t idset_next(struct idset_cursor *cursor)
{
	const struct idset *set = cursor->set;
	while (cursor->chunk < set->n_chunks) {
		const struct idset_chunk *chunk = set->chunks[cursor->chunk];
		if (cursor->bits) {
			uint64_t bit = (uint64_t)__builtin_ctzll(cursor->bits);
			cursor->bits &= cursor->bits - 1;
			return chunk->base + (cursor->word * 64 + bit) * 8;
		}
		if (++cursor->word < IDSET_WORDS) {
			cursor->bits = chunk->words[cursor->word];
			continue;
		}
		cursor->word = 0;
		if (++cursor->chunk < set->n_chunks)
			cursor->bits = set->chunks[cursor->chunk]->words[0];
	}
	return 0;
}

addr_t idset_get(const struct idset *set, obj_id id)
{
	assert(id < set->n);
	struct idset_cursor cursor = idset_cursor_at(set, id);
	return idset_next(&cursor);
}
