/*
 * Memory with items of one kind: array.array, mmap.mmap.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

struct array {
	addr_t items;
	uint64_t n, allocated;
	uint32_t item_bytes;
	uint8_t typecode;
};

static struct array read_array(const struct cpython *cpython, addr_t object)
{
	const struct layout *layout = cpython->layout;
	const struct mem *mem = cpython->mem;
	addr_t descr = field_word(mem, object, layout->arrayobject.ob_descr);
	return (struct array){
		.items = field_word(mem, object, layout->arrayobject.ob_item),
		.n = field_ob_size(cpython, object),
		.allocated = field_word(mem, object, layout->arrayobject.allocated),
		.item_bytes = field_u32(mem, descr, layout->arraydescr.itemsize),
		.typecode = field_u8(mem, descr, layout->arraydescr.typecode),
	};
}

void walk_array(struct walk *walk, addr_t object, const struct type_info *type)
{
	if (!body_is_known(walk, object, type, walk_layout(walk)->arrayobject.n_bytes))
		return;
	struct array array = read_array(walk_cpython(walk), object);
	if (array.items)
		walk_part(walk, array.items);
	walk_container_facts(walk, array.n, array.allocated);
	walk_fact(walk, FACT_ARRAY_ITEMSIZE, array.item_bytes);
	walk_fact(walk, FACT_ARRAY_KIND, array.typecode);
}

uint64_t size_array(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	struct array array = read_array(cpython, object);
	return size_of_body(type) + size_of_items(array.allocated, array.item_bytes);
}

STRUCT_WALKER(walk_array_iterator, arrayiterobject, HIDDEN(arrayiterobject, ao))

void walk_mmap(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct mem *mem = walk_mem(walk);
	const struct layout *layout = walk_layout(walk);
	if (!body_is_known(walk, object, type, layout->mmap_object.n_bytes))
		return;
	addr_t data = field_word(mem, object, layout->mmap_object.data);
	walk_native_range(walk, data, field_word(mem, object, layout->mmap_object.size));
	uint32_t fd = field_u32(mem, object, layout->mmap_object.fd);
	if (data)
		walk_fact(walk, FACT_MAPPED_AT, data);
	/* Without a file it is open all the same. */
	if (!data || fd != UINT32_MAX)
		walk_fd_fact(walk, FACT_FILE_FD, fd);
}
