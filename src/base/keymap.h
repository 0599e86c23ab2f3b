/*
 * Numbers for 64-bit keys, in the order in which the keys are first seen: row i
 * of a vector beside it belongs to key i.
 *
 *	uint32_t i = keymap_add(&map, key);    KEYMAP_FULL without memory
 *	if (i == rows.n)                       a key not seen before
 *		... vec_add(&rows) ...
 */
#ifndef WHYMEM_KEYMAP_H
#define WHYMEM_KEYMAP_H

#include "base/vec.h"

#define KEYMAP_FULL UINT32_MAX

struct keymap {
	VEC(uint64_t) keys;
	uint32_t *slots; /* number + 1; open addressing, twice as many as keys at the least */
	size_t n_slots;
};

uint32_t keymap_add(struct keymap *map, uint64_t key);

/* Forgets all keys and keeps the memory. */
void keymap_clear(struct keymap *map);
void keymap_deinit(struct keymap *map);

#endif
