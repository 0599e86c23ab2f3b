#include "base/strpool.h"

static uint64_t hash_bytes(const char *text, size_t n)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3;
	return hash ^ hash >> 32;
}

static bool append(struct strpool *pool, const char *text, size_t n)
{
	uint32_t *offset = vec_add(&pool->offset);
	if (!offset)
		return false;
	*offset = (uint32_t)pool->bytes.n;
	for (size_t i = 0; i <= n; i++) {
		char *byte = vec_add(&pool->bytes);
		if (!byte)
			return false;
		*byte = i < n ? text[i] : '\0';
	}
	return true;
}

static str_id *find_slot(const struct strpool *pool, const char *text, size_t n)
{
	size_t mask = pool->slots.capacity - 1;
	for (size_t i = hash_bytes(text, n) & mask;; i = (i + 1) & mask) {
		str_id *slot = &pool->slots.data[i];
		if (!*slot)
			return slot;
		const char *known = strpool_get(pool, *slot);
		if (!strncmp(known, text, n) && !known[n])
			return slot;
	}
}

static struct error *rehash(struct strpool *pool, size_t capacity)
{
	str_id *slots = calloc(capacity, sizeof(*slots));
	if (!slots)
		return &error_no_memory;
	free(pool->slots.data);
	pool->slots.data = slots;
	pool->slots.capacity = capacity;
	for (str_id id = 1; id < pool->offset.n; id++) {
		const char *text = strpool_get(pool, id);
		*find_slot(pool, text, strlen(text)) = id;
	}
	return NULL;
}

struct error *strpool_init(struct strpool *pool)
{
	*pool = (struct strpool){0};
	if (!append(pool, "", 0))
		return &error_no_memory;
	return rehash(pool, 1024);
}

void strpool_deinit(struct strpool *pool)
{
	vec_deinit(&pool->bytes);
	vec_deinit(&pool->offset);
	vec_deinit(&pool->slots);
}

struct error *strpool_add(struct strpool *pool, const char *text, size_t n, str_id *ret)
{
	if (!n) {
		*ret = 0;
		return NULL;
	}
	if (pool->offset.n * 2 > pool->slots.capacity) {
		struct error *error = rehash(pool, pool->slots.capacity * 2);
		if (error)
			return error;
	}
	str_id *slot = find_slot(pool, text, n);
	if (!*slot) {
		if (pool->bytes.n + n + 1 > UINT32_MAX || !append(pool, text, n))
			return &error_no_memory;
		*slot = (str_id)pool->offset.n - 1;
	}
	*ret = *slot;
	return NULL;
}
