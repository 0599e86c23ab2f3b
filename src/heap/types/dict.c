/*
 * Dicts in all their forms (own keys, shared keys, inline values), ordered
 * dicts, views.
 */
#include "heap/state.h"
#include "heap/types/core.h"
#include "heap/types/fields.h"

/* Values of a split dict: where they are, and the block that they fill. */
struct values {
	addr_t at, block;
	bool is_embedded; /* in the instance whose __dict__ this is */
};

static bool is_in_object(const struct walk *walk, addr_t address)
{
	const struct heap *heap = walk->heap;
	struct block block;
	if (!blocks_find(heap->blocks, address, &block))
		return false;
	for (unsigned prefix = 32; prefix <= 64; prefix += 16)
		if (idset_has(&heap->ids, block.start + prefix))
			return true;
	return false;
}

/* dictobject.c, new_values(); a prefix of as many bytes as the byte before it tells: 3.11, 3.12 */
static struct values find_values(const struct walk *walk, addr_t values)
{
	const struct mem *mem = walk_mem(walk);
	const uint8_t *prefix;
	switch (walk_cpython(walk)->traits->managed_dict) {
	case MANAGED_TWO_WORDS:
	case MANAGED_TAGGED:
		prefix = mem_at(mem, values - 1, 1);
		return (struct values){values, prefix ? values - *prefix : 0, false};
	case MANAGED_INLINE:
		return (struct values){values + walk_layout(walk)->PyDictValues.values, values,
			is_in_object(walk, values)};
	case MANAGED_NONE:
		break;
	}
	return (struct values){values, values, false};
}

static void walk_split(struct walk *walk, const struct keys_table *table, addr_t values_at)
{
	const struct mem *mem = walk_mem(walk);
	struct values values = find_values(walk, values_at);
	bool is_shared = typemap_owns_keys(&walk->heap->types, table->block);
	if (!values.is_embedded)
		walk_part(walk, values.block);
	for (uint64_t i = 0; i < table->n_entries; i++) {
		addr_t key =
			mem_word(mem, table->entries + i * table->entry_bytes + table->key_offset);
		if (!is_shared)
			walk_edge(walk, EDGE_ITEM, 0, key);
		if (!values.is_embedded)
			walk_edge_named(walk, EDGE_KEY, key, mem_word(mem, values.at + i * 8));
	}
}

static void walk_entries(struct walk *walk, const struct keys_table *table)
{
	const char *at =
		mem_at(walk_mem(walk), table->entries, table->n_entries * table->entry_bytes);
	for (uint64_t i = 0; at && i < table->n_entries; i++, at += table->entry_bytes) {
		addr_t key = load_u64(at + table->key_offset);
		addr_t value = load_u64(at + table->key_offset + 8);
		if (!value)
			continue;
		walk_edge_named(walk, EDGE_KEY, key, value);
		walk_edge(walk, EDGE_ITEM, 0, key);
	}
}

static bool is_interned_table(const struct walk *walk, addr_t object)
{
	vec_foreach (&walk->heap->interned_tables, table)
		if (*table == object)
			return true;
	return false;
}

void walk_dict(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct cpython *cpython = walk_cpython(walk);
	const struct layout *layout = cpython->layout;
	addr_t keys = mem_word(cpython->mem, object + layout->PyDictObject.ma_keys);
	addr_t values = mem_word(cpython->mem, object + layout->PyDictObject.ma_values);
	struct keys_table table;
	if (!cpython_read_keys(cpython, keys, &table))
		return;
	if (table.ref_count == 1)
		walk_part(walk, table.block);
	else
		walk_shared_part(walk, table.block);
	if (values)
		walk_split(walk, &table, values);
	else if (!is_interned_table(walk, object))
		walk_entries(walk, &table);
	uint64_t n = mem_word(cpython->mem, object + layout->PyDictObject.ma_used);
	walk_container_facts(walk, n, table.capacity);
}

static uint64_t shared_capacity(
	const struct cpython *cpython, addr_t keys, const struct keys_table *table)
{
	const struct layout *layout = cpython->layout;
	if (cpython->traits->keys_form == KEYS_LEGACY)
		return table->capacity;
	return mem_word(cpython->mem, keys + layout->PyDictKeysObject.dk_usable) +
	       mem_word(cpython->mem, keys + layout->PyDictKeysObject.dk_nentries);
}

/* dictobject.c, _PyDict_SizeOf() */
uint64_t size_dict(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	addr_t keys = mem_word(cpython->mem, object + layout->PyDictObject.ma_keys);
	struct keys_table table;
	if (!cpython_read_keys(cpython, keys, &table))
		return size_of_body(type);
	uint64_t n_bytes = size_of_body(type);
	if (mem_word(cpython->mem, object + layout->PyDictObject.ma_values))
		n_bytes += size_of_items(shared_capacity(cpython, keys, &table), 8);
	if (table.ref_count == 1)
		n_bytes += table.n_bytes;
	return n_bytes;
}

/* odictobject.c: a list of nodes, each with a reference to its key, and an index of them. */
void walk_ordered_dict(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	walk_dict(walk, object, type);
	walk_part(walk, field_word(mem, object, layout->PyODictObject.od_fast_nodes));
	addr_t node = field_word(mem, object, layout->PyODictObject.od_first), before = 0;
	while (node && field_word(mem, node, layout->ODictNode.prev) == before) {
		walk_part(walk, node);
		walk_edge(walk, EDGE_ITEM, 0, field_word(mem, node, layout->ODictNode.key));
		before = node;
		node = field_word(mem, node, layout->ODictNode.next);
	}
}

uint64_t size_ordered_dict(
	const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	uint64_t n_bytes = size_dict(cpython, object, type);
	n_bytes += size_of_items(
		field_word(cpython->mem, object, layout->PyODictObject.od_fast_nodes_size), 8);
	if (field_word(cpython->mem, object, layout->PyODictObject.od_first))
		n_bytes += size_of_items(
			field_word(cpython->mem, object, layout->PyDictObject.ma_used),
			layout->ODictNode.n_bytes);
	return n_bytes;
}

STRUCT_WALKER(walk_dict_view, PyDictViewObject, HIDDEN(PyDictViewObject, dv_dict))

STRUCT_WALKER(walk_mapping_proxy, mappingproxyobject, HIDDEN(mappingproxyobject, mapping))
