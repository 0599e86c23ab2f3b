#include "target/residency.h"

#include "target/pagemap.h"

#include <errno.h>
#include <stdlib.h>

/* Read from the copy when its file cannot be opened; of larger ones only what was written. */
#define UNREACHABLE_FILE_BYTES (64ull << 20)

static struct error *read_map(int pagemap_fd, struct map *map, uint64_t *content)
{
	/* smaps does not count hugetlb pages as Rss. */
	uint64_t *resident = map->flags & MAP_IS_HUGETLB ? NULL : map->resident;
	if (map->flags & MAP_RAW || map->end > 1ull << MEM_ADDRESS_BITS ||
		pagemap_read(pagemap_fd, map->start, map->end, resident, content))
		return NULL;
	return error_create(errno == ESRCH ? ERROR_NO_SUCH_PROCESS : ERROR_INTERNAL, errno, NULL,
		"cannot read the page table of the target: %s", strerror(errno));
}

struct error *residency_read_before(int pagemap_fd, struct map_list *maps, struct image_plan *plan)
{
	struct error *error = NULL;
	for (size_t i = 0; !error && i < maps->n; i++)
		error = read_map(pagemap_fd, &maps->data[i], plan->data[i].content);
	return error;
}

/* Pairs of overlapping maps of two lists, both by address; begins as {0}. */
struct overlap {
	struct map *left, *right;
	size_t next_left, next_right;
};

static bool overlap_next(struct overlap *it, const struct map_list *a, const struct map_list *b)
{
	while (it->next_left < a->n && it->next_right < b->n) {
		it->left = &a->data[it->next_left];
		it->right = &b->data[it->next_right];
		if (it->left->end <= it->right->end)
			it->next_left++;
		else
			it->next_right++;
		if (it->left->start < it->right->end && it->right->start < it->left->end)
			return true;
	}
	return false;
}

static int by_address(const void *a, const void *b)
{
	const struct map *left = a, *right = b;
	return left->start < right->start ? -1 : left->start > right->start;
}

static struct error *add_copy_of(const struct map *map, struct map_list *list)
{
	struct map *added = vec_add(list);
	if (!added)
		return &error_no_memory;
	*added = *map;
	added->path = strdup(map->path);
	added->resident = calloc(map_n_words(map), sizeof(uint64_t));
	return added->path && added->resident ? NULL : &error_no_memory;
}

/* Maps that are not inherited by a copy and stand where it has nothing. */
static struct error *add_missing(const struct map_list *before, struct map_list *now)
{
	struct error *error = NULL;
	size_t n = now->n, next = 0;
	for (size_t i = 0; !error && i < before->n; i++) {
		const struct map *map = &before->data[i];
		while (next < n && now->data[next].end <= map->start)
			next++;
		bool is_free = next == n || now->data[next].start >= map->end;
		if (map->flags & MAP_NO_FORK && is_free)
			error = add_copy_of(map, now);
	}
	if (now->n > n)
		qsort(now->data, now->n, sizeof(struct map), by_address);
	return error;
}

struct error *residency_complete_maps(
	const struct freezer *freezer, const struct map_list *before, struct map_list *now)
{
	uint32_t flags = MAP_INNER_FLAGS | MAP_IS_HUGETLB;
	if (!freezer->freeze->copy)
		flags &= ~(uint32_t)(MAP_NO_FORK | MAP_FORK_WIPE);
	for (struct overlap it = {0}; overlap_next(&it, before, now);) {
		if (map_same_backing(it.left, it.right))
			it.right->flags |= it.left->flags & flags;
	}
	return freezer->freeze->copy ? add_missing(before, now) : NULL;
}

static bool is_in_copy(const struct map *map)
{
	return !(map->flags & (MAP_IS_SHARED | MAP_NO_FORK | MAP_FORK_WIPE));
}

/* fork leaves out pages that a later access would find in a file again. */
static bool lacks_clean_pages(const struct map *map)
{
	return map->inode || map->flags & MAP_IS_SPECIAL || !is_in_copy(map);
}

/* The guardian looked while the target stood still: better than before. */
static void take_live_ranges(const struct freeze *freeze, const struct map_list *before)
{
	size_t at = 0;
	for (size_t i = 0; i < freeze->n_ranges; i++) {
		const struct freeze_range *range = &freeze->ranges[i];
		while (at < before->n && before->data[at].start < range->begin)
			at++;
		assert(at < before->n && before->data[at].start == range->begin);
		if (range->is_read)
			memcpy(before->data[at].resident, range->resident,
				map_n_words(&before->data[at]) * sizeof(uint64_t));
	}
}

/*
 * The pages to copy where the file behind a map cannot be opened: all that the
 * copy can read, and of a stopped target those that cost it nothing.
 */
static void add_unreachable_file(const struct map *map, bool from_copy, uint64_t *content)
{
	bool all = from_copy && map->end - map->start <= UNREACHABLE_FILE_BYTES &&
		   strncmp(map->path, "/dev/", 5) != 0;
	for (uint64_t i = 0; i < map_n_pages(map); i++) {
		if (all || map->resident[i / 64] >> i % 64 & 1)
			content[i / 64] |= 1ull << i % 64;
	}
}

struct error *residency_read_frozen(struct freezer *freezer, const struct map_list *before,
	struct map_list *now, struct image_plan *plan)
{
	bool has_copy = freezer->freeze->copy;
	for (size_t i = 0; i < now->n; i++) {
		struct map *map = &now->data[i];
		uint64_t *content = plan->data[i].content;
		struct error *error = NULL;
		if (!has_copy || is_in_copy(map))
			error = read_map(freezer->pagemap_fd, map, content);
		if (error)
			return error;
		if (content && map->inode && !plan->data[i].has_file)
			add_unreachable_file(map, has_copy, content);
		freezer_tick(freezer);
	}
	if (!has_copy)
		return NULL;
	take_live_ranges(freezer->freeze, before);
	for (struct overlap it = {0}; overlap_next(&it, before, now);) {
		if (lacks_clean_pages(it.right) && map_same_backing(it.left, it.right))
			map_or_resident(it.right, it.left);
	}
	return NULL;
}

static bool is_zero_page(addr_t address)
{
	const uint64_t *words = mem_host(address);
	for (size_t i = 0; i < 4096 / sizeof(*words); i++) {
		if (words[i])
			return false;
	}
	return true;
}

static void drop_zero_pages(struct map *map, uint64_t surplus)
{
	for (uint64_t i = 0; i < map_n_pages(map) && surplus; i++) {
		if (map->resident[i / 64] >> i % 64 & 1 && is_zero_page(map->start + i * 4096)) {
			map->resident[i / 64] &= ~(1ull << i % 64);
			surplus--;
		}
	}
}

/* What only smaps tells. */
static void take_amounts(struct map *map, const struct map *before)
{
	map->private_dirty_bytes = before->private_dirty_bytes;
	map->shared_dirty_bytes = before->shared_dirty_bytes;
	map->anonymous_bytes = before->anonymous_bytes;
	map->huge_bytes = before->huge_bytes;
}

uint64_t residency_finish(const struct map_list *before, struct map_list *now)
{
	uint64_t total = 0;
	size_t old = 0;
	for (size_t i = 0; i < now->n; i++) {
		struct map *map = &now->data[i];
		uint64_t n = map_count_resident(map);
		while (old < before->n && before->data[old].start < map->start)
			old++;
		bool begins = old < before->n && before->data[old].start == map->start;
		bool same = begins && before->data[old].end == map->end;
		if (begins)
			take_amounts(map, &before->data[old]);
		uint64_t known = same ? before->data[old].resident_bytes / 4096 : n;
		if (n > known && map->flags & MAP_IN_IMAGE && !map->inode &&
			!pagemap_knows_zero()) {
			drop_zero_pages(map, n - known);
			n = map_count_resident(map);
		}
		map->resident_bytes = n * 4096;
		total += map->resident_bytes;
	}
	return total;
}
