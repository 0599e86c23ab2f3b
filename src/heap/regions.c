#include "heap/regions.h"

struct error *regions_add(struct blocks *blocks, const struct region *region)
{
	if (region->begin >= region->end || region->end > 1ull << MEM_ADDRESS_BITS)
		return NULL;
	struct region *added = vec_add(&blocks->regions);
	if (!added)
		return &error_no_memory;
	*added = *region;
	return NULL;
}

size_t regions_after(const struct blocks *blocks, addr_t address)
{
	return partition_point(i, 0, blocks->n_sorted, blocks->regions.data[i].end <= address);
}

const struct region *regions_find(const struct blocks *blocks, addr_t address)
{
	size_t i = regions_after(blocks, address);
	const struct region *region = &blocks->regions.data[i];
	return i < blocks->n_sorted && region->begin <= address ? region : NULL;
}

static int by_begin(const void *a, const void *b)
{
	const struct region *left = a, *right = b;
	return (left->begin > right->begin) - (left->begin < right->begin);
}

/* Regions whose inside is read as a whole; the others may be cut. */
static bool is_whole(const struct region *region)
{
	return region->kind <= REGION_SINGLE;
}

/* Moves regions[from] down to *n, in pieces that overlap nothing before them. */
static void keep_free_pieces(struct blocks *blocks, const struct region *region, size_t *n)
{
	addr_t at = region->begin;
	if (*n > blocks->n_sorted)
		at = MAX(at, blocks->regions.data[*n - 1].end);
	size_t i = regions_after(blocks, at);
	addr_t end = region->end;
	if (i < blocks->n_sorted) {
		const struct region *older = &blocks->regions.data[i];
		if (older->begin <= at)
			at = older->end, i++;
		if (i < blocks->n_sorted)
			end = MIN(end, blocks->regions.data[i].begin);
	}
	if (at >= end || (is_whole(region) && (at > region->begin || end < region->end)))
		return;
	struct region kept = *region;
	kept.begin = at;
	kept.end = end;
	blocks->regions.data[(*n)++] = kept;
}

void regions_sort(struct blocks *blocks)
{
	size_t n = blocks->n_sorted, n_all = blocks->regions.n;
	struct region *all = blocks->regions.data;
	if (n == n_all)
		return;
	qsort(all + n, n_all - n, sizeof(*all), by_begin);
	for (size_t i = blocks->n_sorted; i < n_all; i++) {
		struct region region = all[i];
		keep_free_pieces(blocks, &region, &n);
	}
	qsort(all, n, sizeof(*all), by_begin);
	blocks->regions.n = blocks->n_sorted = n;
}

bool map_is_anonymous(const struct map *map)
{
	unsigned wanted = MAP_READ | MAP_WRITE;
	unsigned refused = MAP_IS_SHARED | MAP_IS_HEAP | MAP_IS_HUGETLB;
	return (map->flags & wanted) == wanted && !(map->flags & refused) && !map->inode &&
	       (!map->path[0] || !strncmp(map->path, "[anon:", 6) ||
		       !strncmp(map->path, "[stack:", 7));
}

/* The next run of adjacent anonymous maps. */
static bool next_run(struct gap_cursor *cursor)
{
	const struct capture *capture = cursor->blocks->capture;
	size_t i = cursor->map;
	while (i < capture->maps.n && !map_is_anonymous(&capture->maps.data[i]))
		i++;
	if (i == capture->maps.n)
		return false;
	cursor->at = capture->maps.data[i].start;
	cursor->end = capture->maps.data[i].end;
	for (i++; i < capture->maps.n; i++) {
		const struct map *map = &capture->maps.data[i];
		if (map->start != cursor->end || !map_is_anonymous(map))
			break;
		cursor->end = map->end;
	}
	cursor->map = i;
	return true;
}

bool gap_next(struct gap_cursor *cursor, addr_t *begin_ret, addr_t *end_ret)
{
	const struct blocks *blocks = cursor->blocks;
	for (;;) {
		if (cursor->at >= cursor->end && !next_run(cursor))
			return false;
		size_t i = regions_after(blocks, cursor->at);
		const struct region *region =
			i < blocks->n_sorted ? &blocks->regions.data[i] : NULL;
		if (region && region->begin <= cursor->at) {
			cursor->at = region->end;
			continue;
		}
		*begin_ret = cursor->at;
		*end_ret = region ? MIN(region->begin, cursor->end) : cursor->end;
		cursor->at = *end_ret;
		return true;
	}
}

/* Resident pages of `map` from page `first` up to `last`, exclusive. */
static uint64_t count_pages(const struct map *map, uint64_t first, uint64_t last)
{
	uint64_t n = 0;
	while (first < last) {
		uint64_t next = MIN(last, (first / 64 + 1) * 64);
		uint64_t mask = next - first == 64 ? UINT64_MAX : (1ull << (next - first)) - 1;
		n += (uint64_t)__builtin_popcountll(map->resident[first / 64] >> first % 64 & mask);
		first = next;
	}
	return n;
}

/* Of [begin, end), which lies in `map`. */
static uint64_t count_in_map(const struct map *map, addr_t begin, addr_t end)
{
	uint64_t first = (begin - map->start) >> PAGE_BITS;
	uint64_t last = (end - 1 - map->start) >> PAGE_BITS;
	uint64_t n = count_pages(map, first, last + 1) * PAGE_BYTES;
	if (count_pages(map, first, first + 1))
		n -= begin % PAGE_BYTES;
	if (count_pages(map, last, last + 1))
		n -= (PAGE_BYTES - end % PAGE_BYTES) % PAGE_BYTES;
	return n;
}

uint64_t residency_slow(struct residency *residency, addr_t begin, addr_t end)
{
	const struct capture *capture = residency->capture;
	const struct map *stop = capture->maps.data + capture->maps.n;
	const struct map *map = residency->map;
	uint64_t n = 0;
	while (begin < end) {
		if (!map || begin < map->start || begin >= map->end)
			map = capture_find_map(capture, begin);
		if (!map) { /* a hole: on to the next map */
			for (map = capture->maps.data; map < stop && map->end <= begin;)
				map++;
			if (map == stop)
				break;
			begin = MAX(begin, map->start);
			continue;
		}
		addr_t next = MIN(end, map->end);
		n += count_in_map(map, begin, next);
		residency->map = map;
		begin = next;
	}
	return n;
}
