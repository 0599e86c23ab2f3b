/*
 * One object becomes one row: its type, size, flags and blocks; and the edges
 * that any instance has (class, slots, __dict__, attribute values) before its
 * type's own walker adds the rest.
 */
#include "heap/content.h"
#include "heap/sites.h"
#include "heap/strays.h"

static struct type_entry *type_of(struct walk *walk, addr_t object)
{
	addr_t address = cpython_type_of(walk->heap->cpython, object);
	if (walk->type && walk->type->info.address == address)
		return (struct type_entry *)walk->type;
	struct type_entry *entry = typemap_find(&walk->heap->types, address);
	return entry ? entry : walk->heap->types.all.data[0];
}

/* The block that the object lies in; false for static objects. */
static bool find_block(struct walk *walk, addr_t object, uint32_t prefix, struct block *ret)
{
	const struct heap *heap = walk->heap;
	uint32_t pool_bytes = heap->cpython->traits->pool_bytes;
	addr_t pool = align_down(object, pool_bytes);
	if (walk->pool == pool && walk->pool) {
		uint32_t size = (uint32_t)walk->pool_block.n_bytes;
		uint32_t index = (uint32_t)(object - pool - 48) / size;
		*ret = walk->pool_block;
		ret->start = pool + 48 + (uint64_t)index * size;
	} else if (!blocks_find(heap->blocks, object, ret)) {
		return false;
	} else if (ret->kind == BLOCK_POOL) {
		walk->pool = pool;
		walk->pool_block = *ret;
	}
	uint64_t in_front = object - ret->start;
	return in_front == prefix || in_front == prefix + 16u || in_front == prefix + 32u;
}

/* ---- attributes ---- */

static void walk_values(struct walk *walk, addr_t values, uint64_t n)
{
	const struct type_entry *entry = walk->type;
	const char *at = mem_at(walk->heap->mem, values, n * 8);
	for (uint64_t i = 0; at && i < n; i++) {
		addr_t value = load_u64(at + i * 8);
		if (value)
			walk_edge(walk, EDGE_ATTR, i < entry->n_keys ? entry->key_ids[i] : OBJ_NONE,
				value);
	}
}

/* 3.11, 3.12: a block of its own, whose first byte before the values is the prefix' size. */
static void walk_values_block(struct walk *walk, addr_t values)
{
	const uint8_t *prefix = mem_at(walk->heap->mem, values - 1, 1);
	if (!prefix || values & 7)
		return;
	walk_part(walk, values - *prefix);
	walk_values(walk, values, walk->type->n_keys);
}

static void walk_inline_values(struct walk *walk, addr_t object)
{
	const struct layout *layout = walk->heap->cpython->layout;
	addr_t values = object + (uint64_t)walk->type->info.basic_size;
	const uint8_t *at = mem_at(walk->heap->mem, values, layout->PyDictValues.n_bytes);
	if (at && at[layout->PyDictValues.valid])
		walk_values(walk, values + layout->PyDictValues.values,
			MIN(at[layout->PyDictValues.capacity], walk->type->n_keys));
}

static void walk_managed_dict(struct walk *walk, addr_t object)
{
	const struct mem *mem = walk->heap->mem;
	uint64_t dict = mem_word(mem, object - 24);
	switch (walk->heap->cpython->traits->managed_dict) {
	case MANAGED_NONE:
		return;
	case MANAGED_TWO_WORDS:
		walk_edge(walk, EDGE_DICT, 0, dict);
		if (mem_word(mem, object - 32))
			walk_values_block(walk, mem_word(mem, object - 32));
		return;
	case MANAGED_TAGGED:
		if (dict & 1)
			walk_values_block(walk, dict + 1);
		else
			walk_edge(walk, EDGE_DICT, 0, dict);
		return;
	case MANAGED_INLINE:
		walk_edge(walk, EDGE_DICT, 0, dict);
		if (walk->type->info.flags & TYPE_INLINE_VALUES)
			walk_inline_values(walk, object);
		return;
	}
}

/* tp_dictoffset; negative: counted from the end of the items (object.c, up to 3.11). */
static void walk_dict_field(struct walk *walk, addr_t object)
{
	int64_t offset = walk->type->info.dict_offset;
	if (offset < 0) {
		uint64_t n_bytes;
		if (!typemap_instance_bytes(walk->heap->cpython, walk->type, object, &n_bytes))
			return;
		offset += (int64_t)align_up(n_bytes, 8);
	}
	if (offset >= 16)
		walk_edge(walk, EDGE_DICT, 0, mem_word(walk->heap->mem, object + (uint64_t)offset));
}

/* ---- C fields that no walker knows ---- */

static bool is_named_field(const struct type_entry *entry, uint32_t offset)
{
	if (offset == entry->info.dict_offset || offset == entry->weaklist_offset)
		return true;
	for (uint32_t i = 0; i < entry->info.n_slots; i++)
		if (entry->info.slots[i].offset == offset)
			return true;
	return false;
}

static void walk_opaque(struct walk *walk, addr_t object)
{
	const struct type_entry *entry = walk->type;
	for (uint32_t offset = entry->scan_begin; offset + 8 <= entry->scan_end; offset += 8)
		if (!is_named_field(entry, offset))
			walk_scan(walk, object, offset, offset + 8);
	uint64_t n_bytes;
	if (entry->shape == SHAPE_ITEMS && entry->scan_end == entry->info.basic_size &&
		typemap_instance_bytes(walk->heap->cpython, entry, object, &n_bytes) &&
		n_bytes < UINT32_MAX)
		walk_scan(walk, object, entry->scan_end, (uint32_t)n_bytes);
}

static void walk_edges(struct walk *walk, addr_t object)
{
	const struct type_entry *entry = walk->type;
	const struct type_info *info = &entry->info;
	if (info->flags & TYPE_HEAP)
		walk_edge_to(walk, EDGE_TYPE, 0, entry->object);
	for (uint32_t i = 0; i < info->n_slots; i++)
		walk_edge(walk, EDGE_ATTR_STATIC, info->slots[i].name,
			mem_word(walk->heap->mem, object + info->slots[i].offset));
	if (info->flags & TYPE_MANAGED_DICT)
		walk_managed_dict(walk, object);
	else if (info->dict_offset)
		walk_dict_field(walk, object);
	if (info->walk)
		info->walk(walk, object, info);
	if (entry->scan_end)
		walk_opaque(walk, object);
}

/* ---- the row ---- */

/* What sys.getsizeof() adds in front: sysmodule.c, _PySys_GetSizeOf(). */
static uint64_t head_bytes(const struct walk *walk, addr_t object)
{
	const struct type_info *info = &walk->type->info;
	return heap_is_bare_type(walk->heap, info, object)
		       ? walk->heap->cpython->traits->static_type_head_bytes
		       : info->prefix_bytes;
}

static void read_flags(struct walk *walk, addr_t object, bool is_static, uint8_t *flags)
{
	const struct heap *heap = walk->heap;
	uint64_t references;
	if (is_static)
		*flags |= OBJECT_STATIC;
	if (cpython_is_immortal(heap->cpython, object))
		*flags |= OBJECT_IMMORTAL;
	else if (cpython_ref_count(heap->cpython, object, &references))
		heap->references[walk->self] = (uint16_t)MIN(references, UINT16_MAX);
	const struct type_info *info = &walk->type->info;
	if (is_static || !(info->flags & TYPE_GC) || heap_is_bare_type(heap, info, object))
		return;
	const char *head = mem_at(heap->mem, object - 16, 16);
	if (!head || !load_u64(head))
		return;
	if (!(*flags & OBJECT_TRACKED))
		*flags |= OBJECT_TRACKED | heap->rest_generation;
	if (load_u64(head + 8) & 1)
		*flags |= OBJECT_FINALIZED;
}

static uint64_t object_size(const struct walk *walk, addr_t object)
{
	const struct cpython *cpython = walk->heap->cpython;
	const struct type_info *info = &walk->type->info;
	uint64_t n_bytes;
	if (info->get_size)
		n_bytes = info->get_size(cpython, object, info);
	else {
		int64_t n = info->item_size ? (int64_t)mem_word(cpython->mem, object + 16) : 0;
		n_bytes = (uint64_t)info->basic_size +
			  (n < 0 ? 0 - (uint64_t)n : (uint64_t)n) * (uint64_t)info->item_size;
	}
	return n_bytes + head_bytes(walk, object);
}

static void finish_parts(struct walk *walk)
{
	vec_foreach (&walk->parts, part)
		walk_done(walk, part);
	walk->parts.n = 0;
}

void walk_object(struct walk *walk, obj_id self, addr_t object)
{
	const struct heap *heap = walk->heap;
	struct snapshot *snapshot = heap->snapshot;
	struct block block;
	walk->type = type_of(walk, object);
	walk->self = self;
	walk->object = object;
	walk->units = walk->missing_bytes = 0;
	walk_boundary(walk, &snapshot->edge_start[self]);
	bool is_bare = heap_is_bare_type(heap, &walk->type->info, object);
	bool has_block =
		find_block(walk, object, is_bare ? 0 : walk->type->info.prefix_bytes, &block);
	bool is_stray = !has_block && strays_has(heap, object);
	if (has_block)
		walk_book(walk, &block);
	sites_note_object(walk, has_block ? &block : NULL);
	read_flags(walk, object, !has_block && !is_stray, &snapshot->flags[self]);
	snapshot->type[self] = walk->type->info.id;
	heap->sizes[self] = (uint32_t)MIN(object_size(walk, object), UINT32_MAX);
	snapshot->content[self] = content_of(heap, object, &walk->type->info);
	walk_edges(walk, object);
	if (heap->strays.n && (has_block || is_stray))
		walk->units = MAX(walk->units, (heap->sizes[self] + 15) / 16);
	heap->units[self] = (uint32_t)MIN(walk->units, UINT32_MAX);
	if (walk->missing_bytes)
		walk_fact(walk, FACT_MISSING_BYTES, walk->missing_bytes);
	if (has_block)
		walk_done(walk, &block);
	if (walk->parts.n)
		finish_parts(walk);
}
