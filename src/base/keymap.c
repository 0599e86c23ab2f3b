#include "base/keymap.h"

#include <string.h>

#define SLOTS_MIN 256

static size_t slot_of(const struct keymap *map, uint64_t key)
{
	size_t slot = (key * 0x9e3779b97f4a7c15ull >> 20) & (map->n_slots - 1);
	while (map->slots[slot] && map->keys.data[map->slots[slot] - 1] != key)
		slot = (slot + 1) & (map->n_slots - 1);
	return slot;
}

static bool grow(struct keymap *map)
{
	if (map->n_slots > 2 * map->keys.n + 2)
		return true;
	size_t n_slots = MAX(map->n_slots * 2, SLOTS_MIN);
	uint32_t *slots = calloc(n_slots, sizeof(*slots));
	if (!slots)
		return false;
	free(map->slots);
	map->slots = slots;
	map->n_slots = n_slots;
	for (size_t i = 0; i < map->keys.n; i++)
		slots[slot_of(map, map->keys.data[i])] = (uint32_t)i + 1;
	return true;
}

uint32_t keymap_add(struct keymap *map, uint64_t key)
{
	if (!grow(map))
		return KEYMAP_FULL;
	size_t slot = slot_of(map, key);
	if (!map->slots[slot]) {
		uint64_t *place = vec_add(&map->keys);
		if (!place)
			return KEYMAP_FULL;
		*place = key;
		map->slots[slot] = (uint32_t)map->keys.n;
	}
	return map->slots[slot] - 1;
}

void keymap_clear(struct keymap *map)
{
	map->keys.n = 0;
	if (map->slots)
		memset(map->slots, 0, map->n_slots * sizeof(*map->slots));
}

void keymap_deinit(struct keymap *map)
{
	vec_deinit(&map->keys);
	free(map->slots);
	*map = (struct keymap){0};
}
