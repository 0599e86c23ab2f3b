/*
 * The types of _collections: deque and its iterators, defaultdict, the fields
 * of named tuples.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

/* Items of a block of a deque; Modules/_collectionsmodule.c, BLOCKLEN, 3.9-3.15. */
#define DEQUE_BLOCK_ITEMS 64

struct deque {
	addr_t left, right;
	uint64_t left_index, n;
};

static struct deque read_deque(const struct cpython *cpython, addr_t object)
{
	const struct layout *layout = cpython->layout;
	const struct mem *mem = cpython->mem;
	return (struct deque){
		.left = field_word(mem, object, layout->dequeobject.leftblock),
		.right = field_word(mem, object, layout->dequeobject.rightblock),
		.left_index = field_word(mem, object, layout->dequeobject.leftindex),
		.n = field_ob_size(cpython, object),
	};
}

static uint64_t deque_block_count(const struct deque *deque)
{
	if (deque->left_index > DEQUE_BLOCK_ITEMS)
		return 0;
	return (deque->left_index + deque->n + DEQUE_BLOCK_ITEMS - 1) / DEQUE_BLOCK_ITEMS;
}

static void walk_deque_block(
	struct walk *walk, addr_t block, uint64_t first, uint64_t begin, uint64_t end)
{
	addr_t data = block + walk_layout(walk)->block.data;
	for (uint64_t i = begin; i < end; i++) {
		uint64_t index = MIN(first + i - begin, UINT32_MAX);
		walk_edge(
			walk, EDGE_INDEX, (uint32_t)index, mem_word(walk_mem(walk), data + i * 8));
	}
}

/* Each block points back at the one before: so damaged links end the walk, a circle too. */
static void walk_deque_blocks(struct walk *walk, const struct deque *deque)
{
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	addr_t block = deque->left;
	uint64_t done = 0, at = deque->left_index;
	while (block && at <= DEQUE_BLOCK_ITEMS && mem_at(mem, block, layout->block.n_bytes)) {
		uint64_t n = MIN(DEQUE_BLOCK_ITEMS - at, deque->n - done);
		walk_part(walk, block);
		walk_deque_block(walk, block, done, at, at + n);
		done += n;
		at = 0;
		addr_t next = field_word(mem, block, layout->block.rightlink);
		if (block == deque->right || next == deque->left ||
			field_word(mem, next, layout->block.leftlink) != block)
			return;
		block = next;
	}
}

static void walk_deque_spares(struct walk *walk, addr_t object)
{
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	uint64_t n = field_word(mem, object, layout->dequeobject.numfreeblocks);
	for (uint64_t i = 0; i < MIN(n, 16); i++)
		walk_part(walk, mem_word(mem, object + layout->dequeobject.freeblocks + i * 8));
}

void walk_deque(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct layout *layout = walk_layout(walk);
	if (!body_is_known(walk, object, type, layout->dequeobject.n_bytes))
		return;
	struct deque deque = read_deque(walk_cpython(walk), object);
	walk_deque_blocks(walk, &deque);
	walk_deque_spares(walk, object);
	walk_container_facts(walk, deque.n, deque_block_count(&deque) * DEQUE_BLOCK_ITEMS);
	int64_t max_length =
		(int64_t)field_word(walk_mem(walk), object, layout->dequeobject.maxlen);
	if (max_length >= 0)
		walk_fact(walk, FACT_MAXLEN, (uint64_t)max_length);
}

uint64_t size_deque(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	struct deque deque = read_deque(cpython, object);
	return size_of_body(type) +
	       size_of_items(deque_block_count(&deque), cpython->layout->block.n_bytes);
}

STRUCT_WALKER(walk_deque_iterator, dequeiterobject, HIDDEN(dequeiterobject, deque))

STRUCT_WALKER(walk_tuplegetter, tuplegetterobject, ATTR(tuplegetterobject, doc, "__doc__"))

/* A defaultdict is a dict with one more member. */
void walk_defaultdict(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct type_info *dict = type_base_beyond(type, walk_defaultdict);
	if (dict)
		dict->walk(walk, object, type);
	uint32_t offset = walk_layout(walk)->defdictobject.default_factory;
	if (offset != LAYOUT_ABSENT)
		walk_field(walk, EDGE_ATTR_STATIC, "default_factory", object, offset);
}

uint64_t size_defaultdict(
	const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct type_info *dict = type_base_beyond(type, walk_defaultdict);
	return dict && dict->get_size ? dict->get_size(cpython, object, type)
				      : size_plain(cpython, object, type);
}
