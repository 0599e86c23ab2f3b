/*
 * Growing arrays. A vector is any struct with `data`, `n` and `capacity`:
 *
 *	struct { struct map *data; size_t n, capacity; } maps = {0};
 *	struct map *map = vec_add(&maps);    NULL when memory ran out
 *	vec_deinit(&maps);
 *
 * Elements are zeroed when added and move when the vector grows.
 */
#ifndef WHYMEM_VEC_H
#define WHYMEM_VEC_H

#include "base/base.h"

#include <stdlib.h>

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *data;                                                                        \
		size_t n, capacity;                                                                \
	}

/* Room for one more element of `size` bytes; false when memory ran out. */
bool vec_grow(void **data, size_t *capacity, size_t n, size_t size);

#define vec_add(v)                                                                                 \
	(vec_grow((void **)&(v)->data, &(v)->capacity, (v)->n, sizeof(*(v)->data))                 \
			? &(v)->data[(v)->n++]                                                     \
			: NULL)

#define vec_deinit(v) (free((v)->data), (void)((v)->data = NULL, (v)->n = (v)->capacity = 0))

#define vec_foreach(v, it)                                                                         \
	for (__typeof__((v)->data + 0) it = (v)->data; it < (v)->data + (v)->n; it++)

#endif
