#include "heap/tags.h"

#include "trace/tags.h"

#include <stdlib.h>

#define LEAF_BITS_WORDS (TAG_WORDS / 64)

struct tag_leaf {
	addr_t base;                      /* of the memory that it tells of */
	uint64_t first;                   /* of its nodes */
	uint64_t bits[LEAF_BITS_WORDS];   /* granules where a block begins */
	uint16_t before[LEAF_BITS_WORDS]; /* how many do in front of each word */
};

static struct error *read_leaf(
	struct tags *tags, const struct agent *agent, const struct agent_leaf *from)
{
	const uint32_t *words = mem_at(agent->mem, from->at, TAG_LEAF_BYTES);
	struct tag_leaf *leaf = words ? column_add(&tags->leaves, 1) : NULL;
	if (!leaf)
		return words ? &error_no_memory : NULL;
	leaf->base = from->base;
	leaf->first = tags->nodes.n;
	for (uint32_t i = 0; i < TAG_WORDS; i++) {
		if (i % 64 == 0)
			leaf->before[i / 64] = (uint16_t)(tags->nodes.n - leaf->first);
		if (!tag_begins(words[i]) || tag_node(words[i]) >= agent->n_nodes)
			continue;
		uint32_t *node = column_add(&tags->nodes, 1);
		if (!node)
			return &error_no_memory;
		*node = tag_node(words[i]);
		leaf->bits[i / 64] |= 1ull << i % 64;
	}
	return NULL;
}

static int compare_places(const void *a, const void *b)
{
	const struct agent_leaf *left = a, *right = b;
	return (left->at > right->at) - (left->at < right->at);
}

static int compare_bases(const void *a, const void *b)
{
	const struct tag_leaf *left = a, *right = b;
	return (left->base > right->base) - (left->base < right->base);
}

/* In the order in which they lie in the image, so that each part of it comes once. */
static struct error *read_leaves(struct tags *tags, const struct agent *agent)
{
	struct agent_leaf *leaves = calloc(agent->leaves.n + 1, sizeof(*leaves));
	struct error *error = leaves ? NULL : &error_no_memory;
	for (size_t i = 0; !error && i < agent->leaves.n; i++)
		leaves[i] = agent->leaves.data[i];
	if (!error)
		qsort(leaves, agent->leaves.n, sizeof(*leaves), compare_places);
	for (size_t i = 0; !error && i < agent->leaves.n; i++) {
		addr_t end = leaves[i].at + TAG_LEAF_BYTES;
		error = read_leaf(tags, agent, &leaves[i]);
		if (i + 1 == agent->leaves.n ||
			leaves[i + 1].at >> MEM_CHUNK_BITS != leaves[i].at >> MEM_CHUNK_BITS)
			mem_spare(agent->mem, leaves[i].at);
		if ((end - 1) >> MEM_CHUNK_BITS != leaves[i].at >> MEM_CHUNK_BITS)
			mem_spare(agent->mem, end - 1);
	}
	free(leaves);
	if (!error && tags->leaves.n)
		qsort(tags->leaves.data, tags->leaves.n, sizeof(struct tag_leaf), compare_bases);
	return error;
}

struct error *tags_init(struct tags *tags, const struct agent *agent)
{
	*tags = (struct tags){0};
	if (!agent_is_tracing(agent))
		return NULL;
	struct error *error = column_init(&tags->leaves, sizeof(struct tag_leaf), agent->leaves.n);
	if (!error)
		error = column_init(
			&tags->nodes, sizeof(uint32_t), agent->leaves.n * (size_t)TAG_WORDS);
	if (!error)
		error = read_leaves(tags, agent);
	if (error)
		tags_deinit(tags);
	return error;
}

void tags_deinit(struct tags *tags)
{
	column_deinit(&tags->leaves);
	column_deinit(&tags->nodes);
}

static const struct tag_leaf *find_leaf(const struct tags *tags, addr_t base)
{
	const struct tag_leaf *leaves = tags->leaves.data;
	size_t low = partition_point(i, 0, tags->leaves.n, leaves[i].base < base);
	return low < tags->leaves.n && leaves[low].base == base ? &leaves[low] : NULL;
}

uint32_t tags_find(const struct tags *tags, struct tag_cursor *cursor, addr_t start)
{
	addr_t base = align_down(start, 1ull << TAG_LEAF_BITS);
	if (start % 16)
		return TRACE_NODE_UNTRACED;
	const struct tag_leaf *leaf = cursor->leaf;
	if (!leaf || leaf->base != base)
		leaf = cursor->leaf = find_leaf(tags, base);
	if (!leaf)
		return TRACE_NODE_UNTRACED;
	uint32_t word = tag_word_of(start);
	uint64_t bits = leaf->bits[word / 64], bit = 1ull << word % 64;
	if (!(bits & bit))
		return TRACE_NODE_UNTRACED;
	uint64_t number =
		leaf->before[word / 64] + (uint64_t)__builtin_popcountll(bits & (bit - 1));
	return ((const uint32_t *)tags->nodes.data)[leaf->first + number];
}
