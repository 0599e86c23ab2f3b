/*
 * Lists, tuples, sets.
 */
#include "heap/state.h"
#include "heap/types/core.h"
#include "heap/types/fields.h"

void walk_list(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	addr_t items = field_word(mem, object, layout->PyListObject.ob_item);
	uint64_t n = field_ob_size(walk_cpython(walk), object);
	uint64_t capacity = field_word(mem, object, layout->PyListObject.allocated);
	walk_part(walk, items);
	walk_items(walk, items, n);
	walk_container_facts(walk, n, capacity);
}

uint64_t size_list(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	return size_of_body(type) + size_of_items(field_word(cpython->mem, object,
							  cpython->layout->PyListObject.allocated),
					    8);
}

/* Struct sequences have more items than ob_size tells. */
void walk_tuple(struct walk *walk, addr_t object, const struct type_info *type)
{
	uint64_t n = field_ob_size(walk_cpython(walk), object);
	n = MAX(n, walk->type->n_sequence_fields);
	walk_items(walk, object + walk_layout(walk)->PyTupleObject.ob_item, n);
	walk_container_facts(walk, n, 0);
}

void walk_set(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	addr_t table = field_word(mem, object, layout->PySetObject.table);
	uint64_t n = field_word(mem, object, layout->PySetObject.mask) + 1;
	uint64_t n_bytes = size_of_items(n, layout->setentry.n_bytes);
	if (table != object + layout->PySetObject.smalltable)
		walk_part(walk, table);
	const char *at = n_bytes ? mem_at(mem, table, n_bytes) : NULL;
	for (uint64_t i = 0; at && i < n; i++, at += layout->setentry.n_bytes)
		/* A removed entry has the hash -1, and a static dummy as key. */
		if (load_i64(at + layout->setentry.hash) != -1)
			walk_edge(walk, EDGE_ITEM, 0, load_u64(at + layout->setentry.key));
	walk_container_facts(walk, field_word(mem, object, layout->PySetObject.used), n);
}

uint64_t size_set(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	addr_t table = field_word(cpython->mem, object, layout->PySetObject.table);
	uint64_t n = field_word(cpython->mem, object, layout->PySetObject.mask) + 1;
	if (table == object + layout->PySetObject.smalltable)
		return size_of_body(type);
	return size_of_body(type) + size_of_items(n, layout->setentry.n_bytes);
}
