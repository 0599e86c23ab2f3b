#include "heap/strays.h"

#include "heap/regions.h"

static struct error *add_range(struct heap *heap, addr_t begin, addr_t end)
{
	if (begin >= end)
		return NULL;
	struct addr_range *range = vec_add(&heap->strays);
	if (!range)
		return &error_no_memory;
	*range = (struct addr_range){.begin = begin, .end = end};
	return NULL;
}

static bool may_hold_strays(const struct map *map)
{
	const uint32_t never = MAP_IS_SHARED | MAP_IS_STACK | MAP_IS_SPECIAL | MAP_IS_HUGETLB;
	return !map->inode && map->flags & MAP_WRITE && map->flags & MAP_IN_IMAGE &&
	       !(map->flags & never);
}

/* What of the mapping lies in no span. */
static struct error *add_gaps(struct heap *heap, const struct map *map)
{
	size_t n;
	const struct block_span *spans = blocks_spans(heap->blocks, &n);
	addr_t at = map->start;
	for (size_t i = 0; i < n; i++) {
		if (spans[i].end <= at)
			continue;
		if (spans[i].begin >= map->end)
			break;
		struct error *error = add_range(heap, at, align_down(spans[i].begin, 16));
		if (error)
			return error;
		at = MAX(at, align_up(spans[i].end, 16));
	}
	return add_range(heap, at, map->end);
}

struct error *strays_find_ranges(struct heap *heap)
{
	if (!heap->blocks->foreign)
		return NULL;
	vec_foreach (&heap->capture->maps, map) {
		if (!may_hold_strays(map) || statics_region(&heap->statics, map->start))
			continue;
		struct error *error = add_gaps(heap, map);
		if (error)
			return error;
	}
	return NULL;
}

bool strays_has(const struct heap *heap, addr_t address)
{
	size_t low = 0, high = heap->strays.n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct addr_range *range = &heap->strays.data[middle];
		if (address < range->begin)
			high = middle;
		else if (address >= range->end)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

/* The neighbours on its list point back; during a collection only one of the links is one. */
static bool is_linked(const struct heap *heap, addr_t head)
{
	addr_t next = mem_word(heap->mem, head) & ~3ull;
	if (!next)
		return true;
	addr_t previous = mem_word(heap->mem, head + 8) & ~3ull;
	return (mem_word(heap->mem, next + 8) & ~3ull) == head ||
	       (mem_word(heap->mem, previous) & ~3ull) == head;
}

static bool is_object(const struct heap *heap, const struct type_entry *entry, addr_t object,
	const struct addr_range *range, uint64_t *need_ret)
{
	uint64_t references, prefix = entry->info.prefix_bytes;
	return object - range->begin >= prefix &&
	       cpython_ref_count(heap->cpython, object, &references) && references &&
	       !mem_at(heap->mem, references, 1) &&
	       typemap_instance_bytes(heap->cpython, entry, object, need_ret) &&
	       *need_ret <= range->end - object && (!prefix || is_linked(heap, object - 16));
}

static struct error *classify_range(struct heap *heap, const struct addr_range *range)
{
	struct error *error = idset_reserve(&heap->ids, range->begin, range->end);
	for (addr_t at = range->begin; !error && at + 16 <= range->end;) {
		uint64_t need;
		if (!(at & 4095) && !capture_resident(heap->capture, at, 4096)) {
			at += 4096;
			continue;
		}
		const struct type_entry *entry =
			typemap_find(&heap->types, mem_word(heap->mem, at + 8));
		if (!entry || !is_object(heap, entry, at, range, &need)) {
			at += 8;
			continue;
		}
		error = heap_add_object(heap, entry, at);
		at += align_up(MAX(need, 16), 8);
	}
	return error;
}

struct error *strays_classify(struct heap *heap)
{
	vec_foreach (&heap->strays, range) {
		struct error *error = classify_range(heap, range);
		if (error)
			return error;
	}
	return NULL;
}
