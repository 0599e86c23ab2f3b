#include "heap/content.h"

#include <xxhash.h>

/* Of longer contents the beginning and the end are hashed, with the length. */
#define HASHED_BYTES (256u << 10)

/* Ints of one digit: sys.getsizeof() says at most 28. */
#define SMALL_INT (1 << 30)

/* Differs from process to process: a hash of a secret is of no use elsewhere. */
static uint64_t salt_of(const struct heap *heap)
{
	return (uint64_t)heap->capture->pid * 0x9e3779b97f4a7c15ull ^
	       heap->capture->started_unix_ns;
}

static uint32_t hash_bytes(const struct heap *heap, addr_t address, uint64_t n_bytes)
{
	uint64_t salt = salt_of(heap) ^ n_bytes;
	uint64_t n_head = MIN(n_bytes, HASHED_BYTES);
	const void *head = mem_at(heap->mem, address, n_head);
	uint64_t hash = head ? XXH3_64bits_withSeed(head, n_head, salt) : 0;
	if (head && n_bytes > n_head) {
		const void *tail =
			mem_at(heap->mem, address + n_bytes - HASHED_BYTES, HASHED_BYTES);
		hash = tail ? XXH3_64bits_withSeed(tail, HASHED_BYTES, hash) : 0;
	}
	return hash ? (uint32_t)hash | 1 : 0;
}

static uint32_t int_content(const struct heap *heap, addr_t object)
{
	int64_t value;
	if (!cpython_read_int(heap->cpython, object, &value))
		return 0;
	if (value > -SMALL_INT && value < SMALL_INT)
		return (uint32_t)(int32_t)value;
	return (uint32_t)XXH3_64bits_withSeed(&value, sizeof(value), salt_of(heap));
}

static uint32_t str_content(const struct heap *heap, addr_t object)
{
	struct str_state state;
	if (!cpython_read_str_state(heap->cpython, object, &state))
		return 0;
	return hash_bytes(
		heap, state.data, state.length * (state.kind ? state.kind : sizeof(wchar_t)));
}

uint32_t content_of(const struct heap *heap, addr_t object, const struct type_info *type)
{
	const struct layout *layout = heap->cpython->layout;
	if (type->flags & TYPE_STR)
		return str_content(heap, object);
	if (type->flags & TYPE_INT)
		return int_content(heap, object);
	if (type->flags & TYPE_FLOAT)
		return hash_bytes(heap, object + 16, sizeof(double));
	if (type->flags & TYPE_BYTES)
		return hash_bytes(heap, object + layout->PyBytesObject.ob_sval,
			mem_word(heap->mem, object + 16));
	return 0;
}
