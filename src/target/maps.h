/*
 * The text of maps or smaps becomes a list of mappings by address.
 *
 * Knows the kernel's text format; not which pages are resident.
 */
#ifndef WHYMEM_MAPS_H
#define WHYMEM_MAPS_H

#include "target/capture.h"

/* Bits of map.flags that only live while a capture is made. */
enum map_inner_flags {
	MAP_NO_FORK = 1u << 24,   /* MADV_DONTFORK: absent from a copy */
	MAP_FORK_WIPE = 1u << 25, /* MADV_WIPEONFORK: zeros in a copy */
	MAP_RAW = 1u << 26,       /* device memory, page frames without bookkeeping */
	MAP_INNER_FLAGS = MAP_NO_FORK | MAP_FORK_WIPE | MAP_RAW,
};

struct map_list {
	struct map *data;
	size_t n, capacity;
};

void map_list_deinit(struct map_list *list);

/*
 * Reads /proc/PID/NAME, `name` being "maps" or "smaps". With smaps,
 * resident_bytes is the kernel's Rss of each map; with maps it is 0. All
 * `resident` bitmaps are allocated and clear.
 */
struct error *map_list_read(pid_t pid, const char *name, struct map_list *ret);

/* Index of the first of `n` maps, ordered by address, that ends behind `address`. */
static inline size_t maps_after(const struct map *maps, size_t n, addr_t address)
{
	return partition_point(i, 0, n, maps[i].end <= address);
}

static inline uint64_t map_n_pages(const struct map *map)
{
	return (map->end - map->start) / 4096;
}

static inline uint64_t map_n_words(const struct map *map)
{
	return (map_n_pages(map) + 63) / 64;
}

/* Whether both describe the same memory: same backing at the same place. */
bool map_same_backing(const struct map *a, const struct map *b);

/* ORs those bits of `from` that lie in both maps into the bits of `to`. */
void map_or_resident(struct map *to, const struct map *from);

/* Counts the bits of `resident`. */
uint64_t map_count_resident(const struct map *map);

#endif
