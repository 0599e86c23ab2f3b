/*
 * Columns: large typed arrays in address space that is reserved at once and
 * filled page by page, so that growing never copies and what is released is
 * given back to the system at once.
 *
 *	struct column edges;
 *	column_init(&edges, sizeof(uint32_t), max_count);
 *	uint32_t *to = column_add(&edges, 1);      never moves earlier elements
 *
 * Zero-filled. Not thread-safe: one writer a column.
 */
#ifndef WHYMEM_COLUMN_H
#define WHYMEM_COLUMN_H

#include "base/error.h"

struct column {
	void *data;
	size_t n;        /* elements in use */
	size_t capacity; /* elements reserved */
	size_t element_size;
};

/* Reserves room for `capacity` elements; costs no memory until touched. */
struct error *column_init(struct column *column, size_t element_size, size_t capacity);
void column_deinit(struct column *column);

/* `count` more elements, or NULL when the reservation is used up. */
static inline void *column_add(struct column *column, size_t count)
{
	if (column->capacity - column->n < count)
		return NULL;
	void *added = (char *)column->data + column->n * column->element_size;
	column->n += count;
	return added;
}

/* Elements will be touched here and there: memory comes in the smallest pieces. */
void column_sparse(struct column *column);

/* Gives memory behind element `n` back and shrinks the reservation to it. */
void column_trim(struct column *column);

#endif
