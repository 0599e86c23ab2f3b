/*
 * The types of _pickle, with their memo tables, and PickleBuffer.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

/* An entry of a Pickler's memo holds the object that was pickled. */
static void walk_memo_table(struct walk *walk, addr_t memo)
{
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	uint64_t entry_bytes = layout->PyMemoEntry.n_bytes;
	addr_t table = field_word(mem, memo, layout->PyMemoTable.mt_table);
	walk_part(walk, memo);
	if (!table || entry_bytes == LAYOUT_ABSENT)
		return;
	walk_part(walk, table);
	uint64_t n = field_word(mem, memo, layout->PyMemoTable.mt_allocated);
	uint64_t n_bytes = size_of_items(n, entry_bytes);
	if (!n_bytes || !mem_at(mem, table, n_bytes))
		return;
	for (uint64_t i = 0; i < n; i++)
		walk_edge(walk, EDGE_ITEM, 0,
			field_word(mem, table + i * entry_bytes, layout->PyMemoEntry.me_key));
}

void walk_pickler(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, HIDDEN(PicklerObject, persistent_id),
		HIDDEN(PicklerObject, persistent_id_attr), HIDDEN(PicklerObject, pers_func),
		ATTR(PicklerObject, dispatch_table, "dispatch_table"),
		HIDDEN(PicklerObject, reducer_override), HIDDEN(PicklerObject, write),
		HIDDEN(PicklerObject, output_buffer), HIDDEN(PicklerObject, fast_memo),
		HIDDEN(PicklerObject, buffer_callback));
	const struct layout *layout = walk_layout(walk);
	if (!fields_walk(
		    walk, object, type, layout->PicklerObject.n_bytes, fields, ARRAY_SIZE(fields)))
		return;
	addr_t memo = field_word(walk_mem(walk), object, layout->PicklerObject.memo);
	if (memo)
		walk_memo_table(walk, memo);
}

uint64_t size_pickler(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	const struct mem *mem = cpython->mem;
	uint64_t n_bytes = size_of_body(type);
	addr_t memo = field_word(mem, object, layout->PicklerObject.memo);
	if (memo && layout->PyMemoTable.n_bytes != LAYOUT_ABSENT)
		n_bytes += layout->PyMemoTable.n_bytes +
			   size_of_items(field_word(mem, memo, layout->PyMemoTable.mt_allocated),
				   layout->PyMemoEntry.n_bytes);
	addr_t output = field_word(mem, object, layout->PicklerObject.output_buffer);
	if (output)
		n_bytes += size_of_bytes(cpython, output);
	return n_bytes;
}

void walk_unpickler(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, HIDDEN(UnpicklerObject, stack), PART(UnpicklerObject, memo),
		HIDDEN(UnpicklerObject, memo_dict), HIDDEN(UnpicklerObject, persistent_load),
		HIDDEN(UnpicklerObject, persistent_load_attr), HIDDEN(UnpicklerObject, pers_func),
		HIDDEN(UnpicklerObject, buffer_obj), PART(UnpicklerObject, input_line),
		HIDDEN(UnpicklerObject, read), HIDDEN(UnpicklerObject, readinto),
		HIDDEN(UnpicklerObject, readline), HIDDEN(UnpicklerObject, peek),
		HIDDEN(UnpicklerObject, buffers), PART(UnpicklerObject, encoding),
		PART(UnpicklerObject, errors), PART(UnpicklerObject, marks));
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	if (!fields_walk(walk, object, type, layout->UnpicklerObject.n_bytes, fields,
		    ARRAY_SIZE(fields)))
		return;
	addr_t memo = field_word(mem, object, layout->UnpicklerObject.memo);
	walk_items(walk, memo, field_word(mem, object, layout->UnpicklerObject.memo_size));
}

uint64_t size_unpickler(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	const struct mem *mem = cpython->mem;
	uint64_t n_bytes = size_of_body(type);
	if (field_word(mem, object, layout->UnpicklerObject.memo))
		n_bytes += size_of_items(
			field_word(mem, object, layout->UnpicklerObject.memo_size), 8);
	if (field_word(mem, object, layout->UnpicklerObject.marks))
		n_bytes += size_of_items(
			field_word(mem, object, layout->UnpicklerObject.marks_size), 8);
	return n_bytes +
	       size_of_string(mem, field_word(mem, object, layout->UnpicklerObject.input_line)) +
	       size_of_string(mem, field_word(mem, object, layout->UnpicklerObject.encoding)) +
	       size_of_string(mem, field_word(mem, object, layout->UnpicklerObject.errors));
}

void walk_pickle_stack(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, PART(Pdata, data));
	const struct layout *layout = walk_layout(walk);
	if (fields_walk(walk, object, type, layout->Pdata.n_bytes, fields, ARRAY_SIZE(fields)))
		walk_items(walk, field_word(walk_mem(walk), object, layout->Pdata.data),
			field_ob_size(walk_cpython(walk), object));
}

STRUCT_WALKER(walk_pickle_buffer, PyPickleBufferObject, HIDDEN(PyPickleBufferObject, view_obj))
