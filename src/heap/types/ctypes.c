/*
 * The types of _ctypes: data, function pointers, callbacks; and the classes of
 * C types, which carry their description behind the class (3.13 and later) or
 * as a kind of dict (up to 3.12).
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

/* Data lies inside the object, in a block of its own, or in memory of others. */
static void walk_cdata_memory(struct walk *walk, addr_t object)
{
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	addr_t data = field_word(mem, object, layout->CDataObject.b_ptr);
	if (data && data != object + layout->CDataObject.b_value &&
		field_u32(mem, object, layout->CDataObject.b_needsfree))
		walk_native(walk, data);
}

FIELD_TABLE(cdata_fields, HIDDEN(CDataObject, b_base), HIDDEN(CDataObject, b_objects));

void walk_cdata(struct walk *walk, addr_t object, const struct type_info *type)
{
	if (fields_walk(walk, object, type, walk_layout(walk)->CDataObject.n_bytes, cdata_fields,
		    ARRAY_SIZE(cdata_fields)))
		walk_cdata_memory(walk, object);
}

void walk_c_function(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, HIDDEN(PyCFuncPtrObject, thunk), HIDDEN(PyCFuncPtrObject, callable),
		HIDDEN(PyCFuncPtrObject, converters), ATTR(PyCFuncPtrObject, argtypes, "argtypes"),
		ATTR(PyCFuncPtrObject, restype, "restype"), HIDDEN(PyCFuncPtrObject, checker),
		ATTR(PyCFuncPtrObject, errcheck, "errcheck"), HIDDEN(PyCFuncPtrObject, paramflags));
	if (!fields_walk(walk, object, type, walk_layout(walk)->PyCFuncPtrObject.n_bytes, fields,
		    ARRAY_SIZE(fields)))
		return;
	fields_walk_struct(walk, object, cdata_fields, ARRAY_SIZE(cdata_fields));
	walk_cdata_memory(walk, object);
}

STRUCT_WALKER(walk_c_thunk, CThunkObject, HIDDEN(CThunkObject, converters),
	HIDDEN(CThunkObject, callable), HIDDEN(CThunkObject, restype))

STRUCT_WALKER(walk_c_field, CFieldObject, HIDDEN(CFieldObject, proto), HIDDEN(CFieldObject, name))

STRUCT_WALKER(walk_c_argument, PyCArgObject, HIDDEN(PyCArgObject, obj))

/* ---- classes ---- */

/* Members that StgInfo and StgDictObject share, as one table for each. */
#define DESCRIPTION_FIELDS(s)                                                                      \
	HIDDEN(s, proto), HIDDEN(s, argtypes), HIDDEN(s, converters), HIDDEN(s, restype),          \
		HIDDEN(s, checker), PART(s, format), PART(s, shape),                               \
		PART(s, ffi_type_pointer_elements)

/* Bytes of the blocks of a description. */
static uint64_t size_of_description(const struct mem *mem, addr_t at, uint32_t format,
	uint32_t elements, uint32_t length, uint32_t n_dimensions)
{
	uint64_t n_bytes = size_of_string(mem, field_word(mem, at, format)) +
			   size_of_items(field_u32(mem, at, n_dimensions), 8);
	if (field_word(mem, at, elements))
		n_bytes += size_of_items(field_word(mem, at, length) + 1, 8);
	return n_bytes;
}

/* Objects/typeobject.c, PyObject_GetTypeData(): behind what the base of the metatype needs. */
static addr_t description_of_class(const struct type_info *metatype, addr_t object)
{
	const struct type_info *base = type_base_beyond(metatype, walk_c_class);
	return base ? object + align_up(size_of_body(base), 16) : 0;
}

void walk_c_class(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, DESCRIPTION_FIELDS(StgInfo), HIDDEN(StgInfo, module),
		HIDDEN(StgInfo, pointer_type));
	const struct type_info *base = type_base_beyond(type, walk_c_class);
	if (base)
		base->walk(walk, object, type);
	addr_t description = description_of_class(type, object);
	if (description && walk_layout(walk)->StgInfo.n_bytes != LAYOUT_ABSENT)
		fields_walk_struct(walk, description, fields, ARRAY_SIZE(fields));
}

uint64_t size_c_class(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	addr_t description = description_of_class(type, object);
	uint64_t n_bytes = size_plain(cpython, object, type);
	if (!description || !field_u32(cpython->mem, description, layout->StgInfo.initialized))
		return n_bytes;
	return n_bytes + size_of_description(cpython->mem, description, layout->StgInfo.format,
				 layout->StgInfo.ffi_type_pointer_elements, layout->StgInfo.length,
				 layout->StgInfo.ndim);
}

void walk_c_dict(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, DESCRIPTION_FIELDS(StgDictObject));
	const struct type_info *dict = type_base_beyond(type, walk_c_dict);
	if (dict)
		dict->walk(walk, object, type);
	fields_walk_struct(walk, object, fields, ARRAY_SIZE(fields));
}

/* The members behind the dict count twice: in the body and once more. */
uint64_t size_c_dict(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	const struct type_info *dict = type_base_beyond(type, walk_c_dict);
	if (!dict || !dict->get_size || layout->StgDictObject.n_bytes == LAYOUT_ABSENT)
		return size_plain(cpython, object, type);
	return dict->get_size(cpython, object, type) + layout->StgDictObject.n_bytes -
	       layout->PyDictObject.n_bytes +
	       size_of_description(cpython->mem, object, layout->StgDictObject.format,
		       layout->StgDictObject.ffi_type_pointer_elements,
		       layout->StgDictObject.length, layout->StgDictObject.ndim);
}
