#include "heap/tags.h"

#include "trace/tags.h"

#include <stdlib.h>

/* Tags are kept by the MiB of what they tell of: leaves are sparse. */
enum {
	AREA_BITS = 20,
	AREA_TAGS = 1 << (AREA_BITS - TAG_GRANULE_BITS),
	AREA_BITS_WORDS = AREA_TAGS / 64,
	AREAS = 1 << (TAG_LEAF_BITS - AREA_BITS), /* of a leaf */
};

struct tag_area {
	addr_t base;                      /* of the memory that it tells of */
	uint64_t first;                   /* of what is known */
	uint64_t bits[AREA_BITS_WORDS];   /* granules where a block begins */
	uint16_t before[AREA_BITS_WORDS]; /* how many do in front of each word */
};

static struct tag read_tag(const struct agent *agent, const uint32_t *words)
{
	bool has_age = agent->knows_time && tag_has_time(tag_size(words));
	return (struct tag){
		.node = tag_node(words[0]),
		.age = has_age ? tag_age(words[1] & TAG_TIME_MASK, agent->now) : SNAP_NO_AGE,
	};
}

static struct error *read_area(
	struct tags *tags, const struct agent *agent, const uint32_t *words, addr_t base)
{
	struct tag_area area = {.base = base, .first = tags->known.n};
	for (uint32_t i = 0; i < AREA_TAGS; i++) {
		if (i % 64 == 0)
			area.before[i / 64] = (uint16_t)(tags->known.n - area.first);
		if (!tag_begins(words[i]) || tag_node(words[i]) >= agent->n_nodes)
			continue;
		struct tag *tag = column_add(&tags->known, 1);
		if (!tag)
			return &error_no_memory;
		*tag = read_tag(agent, words + i);
		area.bits[i / 64] |= 1ull << i % 64;
	}
	if (tags->known.n == area.first)
		return NULL;
	struct tag_area *added = column_add(&tags->areas, 1);
	if (!added)
		return &error_no_memory;
	*added = area;
	return NULL;
}

/* Whoever reads a chunk of the image last gives it back. */
static struct error *read_leaf(
	struct tags *tags, const struct agent *agent, const struct agent_leaf *leaf)
{
	struct error *error = NULL;
	for (uint64_t i = 0; !error && i < AREAS; i++) {
		addr_t at = leaf->at + i * AREA_TAGS * sizeof(uint32_t);
		addr_t end = at + (AREA_TAGS + TAG_OVERHANG) * sizeof(uint32_t);
		const uint32_t *words = mem_at(agent->mem, at, end - at);
		if (words)
			error = read_area(tags, agent, words, leaf->base + (i << AREA_BITS));
		if (at >> MEM_CHUNK_BITS != end >> MEM_CHUNK_BITS)
			mem_spare(agent->mem, at);
		if (i + 1 == AREAS)
			mem_spare(agent->mem, end);
	}
	return error;
}

struct error *tags_init(struct tags *tags, const struct agent *agent)
{
	*tags = (struct tags){0};
	size_t n_areas = agent->leaves.n * AREAS;
	if (!agent_is_tracing(agent))
		return NULL;
	struct error *error = column_init(&tags->areas, sizeof(struct tag_area), n_areas);
	if (!error)
		error = column_init(&tags->known, sizeof(struct tag), n_areas * AREA_TAGS);
	for (size_t i = 0; !error && i < agent->leaves.n; i++)
		error = read_leaf(tags, agent, &agent->leaves.data[i]);
	if (error)
		tags_deinit(tags);
	return error;
}

void tags_deinit(struct tags *tags)
{
	column_deinit(&tags->areas);
	column_deinit(&tags->known);
}

static const struct tag_area *find_area(const struct tags *tags, addr_t base)
{
	const struct tag_area *areas = tags->areas.data;
	size_t low = partition_point(i, 0, tags->areas.n, areas[i].base < base);
	return low < tags->areas.n && areas[low].base == base ? &areas[low] : NULL;
}

struct tag tags_find(const struct tags *tags, struct tag_cursor *cursor, addr_t start)
{
	const struct tag none = {TRACE_NODE_UNTRACED, SNAP_NO_AGE};
	addr_t base = align_down(start, 1ull << AREA_BITS);
	if (start % 16)
		return none;
	const struct tag_area *area = cursor->area;
	if (!area || area->base != base)
		area = cursor->area = find_area(tags, base);
	if (!area)
		return none;
	uint32_t word = (start - base) >> TAG_GRANULE_BITS;
	uint64_t bits = area->bits[word / 64], bit = 1ull << word % 64;
	if (!(bits & bit))
		return none;
	uint64_t number =
		area->before[word / 64] + (uint64_t)__builtin_popcountll(bits & (bit - 1));
	return ((const struct tag *)tags->known.data)[area->first + number];
}
