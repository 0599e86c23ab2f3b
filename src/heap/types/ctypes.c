/*
 * The types of _ctypes: data, function pointers, callbacks.
 *
 * What describes a C type hangs in the class itself and is found there.
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
	FIELD_TABLE(fields,
		HIDDEN(PyCFuncPtrObject, thunk),
		HIDDEN(PyCFuncPtrObject, callable),
		HIDDEN(PyCFuncPtrObject, converters),
		ATTR(PyCFuncPtrObject, argtypes, "argtypes"),
		ATTR(PyCFuncPtrObject, restype, "restype"),
		HIDDEN(PyCFuncPtrObject, checker),
		ATTR(PyCFuncPtrObject, errcheck, "errcheck"),
		HIDDEN(PyCFuncPtrObject, paramflags));
	if (!fields_walk(walk, object, type, walk_layout(walk)->PyCFuncPtrObject.n_bytes, fields,
		    ARRAY_SIZE(fields)))
		return;
	fields_walk_struct(walk, object, cdata_fields, ARRAY_SIZE(cdata_fields));
	walk_cdata_memory(walk, object);
}

STRUCT_WALKER(walk_c_thunk, CThunkObject,
	HIDDEN(CThunkObject, converters),
	HIDDEN(CThunkObject, callable),
	HIDDEN(CThunkObject, restype))

STRUCT_WALKER(walk_c_field, CFieldObject,
	HIDDEN(CFieldObject, proto),
	HIDDEN(CFieldObject, name))

STRUCT_WALKER(walk_c_argument, PyCArgObject, HIDDEN(PyCArgObject, obj))
