/*
 * A pool of distinct strings: text becomes a small number and back.
 *
 * Strings are kept NUL-terminated one behind the other in one byte array, so
 * that the pool is written to a file as it is. Ids are dense, in the order of
 * first use; id 0 is the empty string. Not thread-safe.
 */
#ifndef WHYMEM_STRPOOL_H
#define WHYMEM_STRPOOL_H

#include "base/error.h"
#include "base/vec.h"

struct strpool {
	VEC(char) bytes;
	VEC(uint32_t) offset; /* of string i in `bytes` */
	VEC(str_id) slots;    /* open addressing; 0 is free */
};

struct error *strpool_init(struct strpool *pool);
void strpool_deinit(struct strpool *pool);

/* The id of `text` (any bytes but NUL, `n` of them), added when new. */
struct error *strpool_add(struct strpool *pool, const char *text, size_t n, str_id *ret);

/* Borrowed until the pool changes. */
static inline const char *strpool_get(const struct strpool *pool, str_id id)
{
	assert(id < pool->offset.n);
	return pool->bytes.data + pool->offset.data[id];
}

#endif
