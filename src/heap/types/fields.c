/*
 * Tables of members become edges and claims: what fields.h describes.
 *
 * Knows no type.
 */
#include "heap/types/fields.h"

/* From this many items on, containers have facts. */
#define LARGE_CONTAINER 16

#define HEAD_BYTES 16

/* Where the search for the end of a damaged string gives up. */
#define STRING_MAX (16u << 20)

static uint32_t layout_number(const struct layout *layout, uint32_t at)
{
	return load_u32((const char *)layout + at);
}

static void walk_one_field(
	struct walk *walk, addr_t struct_at, const struct field *field, uint32_t offset)
{
	if (field->role == ROLE_ATTR || field->role == ROLE_HIDDEN) {
		enum edge_kind kind = field->role == ROLE_ATTR ? EDGE_ATTR_STATIC : EDGE_FIELD;
		walk_field(walk, kind, field->name, struct_at, offset);
		return;
	}
	addr_t block = mem_word(walk_mem(walk), struct_at + offset);
	if (!block)
		return;
	if (field->role == ROLE_PART)
		walk_part(walk, block);
	else if (field->role == ROLE_NATIVE)
		walk_native(walk, block);
	else
		walk_native_tree(walk, block);
}

void fields_walk_struct(struct walk *walk, addr_t address, const struct field *fields, size_t n)
{
	const struct layout *layout = walk_layout(walk);
	for (size_t i = 0; i < n; i++) {
		uint32_t offset = layout_number(layout, fields[i].at);
		if (offset != LAYOUT_ABSENT)
			walk_one_field(walk, address, &fields[i], offset);
	}
}

/* A type may be smaller than its struct by the first item of an array at its end. */
static bool type_fits(const struct type_info *type, uint32_t n_bytes)
{
	return n_bytes != LAYOUT_ABSENT && type->known_bytes <= n_bytes &&
	       type->known_bytes + 16 >= n_bytes;
}

bool body_is_known(struct walk *walk, addr_t object, const struct type_info *type, uint32_t n_bytes)
{
	if (type_fits(type, n_bytes))
		return true;
	walk_scan(walk, object, HEAD_BYTES, type->known_bytes);
	return false;
}

bool fields_walk(struct walk *walk, addr_t object, const struct type_info *type, uint32_t n_bytes,
	const struct field *fields, size_t n)
{
	if (!body_is_known(walk, object, type, n_bytes))
		return false;
	fields_walk_struct(walk, object, fields, n);
	return true;
}

uint64_t size_of_bytes(const struct cpython *cpython, addr_t bytes)
{
	const struct layout *layout = cpython->layout;
	return size_of_items(field_ob_size(cpython, bytes), 1) + layout->PyBytesObject.ob_sval + 1;
}

uint64_t size_of_string(const struct mem *mem, addr_t string)
{
	if (!string)
		return 0;
	uint64_t n = 0;
	for (const char *at; n < STRING_MAX && (at = mem_at(mem, string + n, 1)) && *at;)
		n++;
	return n + 1;
}

void walk_items(struct walk *walk, addr_t items, uint64_t n)
{
	uint64_t n_bytes = size_of_items(n, 8);
	const char *at = n_bytes ? mem_at(walk_mem(walk), items, n_bytes) : NULL;
	if (!at)
		return;
	for (uint64_t i = 0; i < n; i++)
		walk_edge(walk, EDGE_INDEX, (uint32_t)MIN(i, UINT32_MAX), load_u64(at + i * 8));
}

void walk_container_facts(struct walk *walk, uint64_t length, uint64_t capacity)
{
	if (length >= LARGE_CONTAINER)
		walk_fact(walk, FACT_LENGTH, length);
	if (capacity >= LARGE_CONTAINER)
		walk_fact(walk, FACT_CAPACITY, capacity);
}

void walk_fd_fact(struct walk *walk, enum fact_id fact, uint32_t fd)
{
	walk_fact(walk, fact, (int32_t)fd < 0 ? UINT64_MAX : fd);
}

void walk_scan_objects(struct walk *walk, addr_t object, uint32_t begin, uint32_t end)
{
	const struct mem *mem = walk_mem(walk);
	for (uint32_t offset = begin; offset + 8 <= end; offset += 8) {
		addr_t word = mem_word(mem, object + offset);
		if (walk_find(walk, word) != OBJ_NONE)
			walk_edge(walk, EDGE_SCAN, offset, word);
	}
}

uint64_t size_plain(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	uint64_t items = 0;
	if (type->item_size > 0) {
		int64_t n = (int64_t)field_ob_size(cpython, object);
		items = size_of_items(
			n < 0 ? -(uint64_t)n : (uint64_t)n, (uint64_t)type->item_size);
	}
	return size_of_body(type) + items;
}

const struct type_info *type_base_beyond(const struct type_info *type, walk_fn walk)
{
	while (type && type->walk == walk)
		type = type->base;
	return type && type->walk ? type : NULL;
}

bool type_has_size_of(const struct cpython *cpython, const struct type_info *type, walk_fn walk)
{
	while (type->base && type->base->walk == walk)
		type = type->base;
	addr_t dict =
		field_word(cpython->mem, type->address, cpython->layout->PyTypeObject.tp_dict);
	return dict && cpython_dict_get(cpython, dict, "__sizeof__");
}
