/*
 * Functions, methods, descriptors, closures.
 */
#include "heap/types/core.h"
#include "heap/types/fields.h"

void walk_function(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, ATTR(PyFunctionObject, func_code, "__code__"),
		ATTR(PyFunctionObject, func_globals, "__globals__"),
		ATTR(PyFunctionObject, func_builtins, "__builtins__"),
		ATTR(PyFunctionObject, func_defaults, "__defaults__"),
		ATTR(PyFunctionObject, func_kwdefaults, "__kwdefaults__"),
		ATTR(PyFunctionObject, func_doc, "__doc__"),
		ATTR(PyFunctionObject, func_name, "__name__"),
		ATTR(PyFunctionObject, func_qualname, "__qualname__"),
		ATTR(PyFunctionObject, func_module, "__module__"),
		ATTR(PyFunctionObject, func_annotations, "__annotations__"),
		ATTR(PyFunctionObject, func_annotate, "__annotate__"),
		ATTR(PyFunctionObject, func_typeparams, "__type_params__"),
		ATTR(PyFunctionObject, func_closure, "__closure__"));
	const struct layout *layout = walk_layout(walk);
	if (!fields_walk(walk, object, type, layout->PyFunctionObject.n_bytes, fields,
		    ARRAY_SIZE(fields)))
		return;
	struct code code;
	addr_t code_at = field_word(walk_mem(walk), object, layout->PyFunctionObject.func_code);
	if (code_at && cpython_read_code(walk_cpython(walk), code_at, &code))
		walk_fact(walk, FACT_LINE, code.first_line);
}

STRUCT_WALKER(walk_method, PyMethodObject, ATTR(PyMethodObject, im_func, "__func__"),
	ATTR(PyMethodObject, im_self, "__self__"))

void walk_builtin(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct layout *layout = walk_layout(walk);
	walk_field(walk, EDGE_ATTR_STATIC, "__self__", object, layout->PyCFunctionObject.m_self);
	walk_field(
		walk, EDGE_ATTR_STATIC, "__module__", object, layout->PyCFunctionObject.m_module);
	if (type->known_bytes >= layout->PyCMethodObject.n_bytes)
		walk_field(walk, EDGE_FIELD, "mm_class", object, layout->PyCMethodObject.mm_class);
}

void walk_cell(struct walk *walk, addr_t object, const struct type_info *type)
{
	walk_edge(walk, EDGE_CELL_CONTENT, 0,
		field_word(walk_mem(walk), object, walk_layout(walk)->PyCellObject.ob_ref));
}

STRUCT_WALKER(walk_property, propertyobject, ATTR(propertyobject, prop_get, "fget"),
	ATTR(propertyobject, prop_set, "fset"), ATTR(propertyobject, prop_del, "fdel"),
	ATTR(propertyobject, prop_doc, "__doc__"), HIDDEN(propertyobject, prop_name))

STRUCT_WALKER(walk_class_method, classmethod, ATTR(classmethod, cm_callable, "__func__"))

STRUCT_WALKER(walk_static_method, staticmethod, ATTR(staticmethod, sm_callable, "__func__"))

STRUCT_WALKER(walk_super, superobject, ATTR(superobject, type, "__thisclass__"),
	ATTR(superobject, obj, "__self__"), ATTR(superobject, obj_type, "__self_class__"))

STRUCT_WALKER(walk_method_wrapper, wrapperobject, HIDDEN(wrapperobject, descr),
	ATTR(wrapperobject, self, "__self__"))

/* All descriptors begin alike; what follows is C data. */
void walk_descriptor(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, ATTR(PyDescrObject, d_type, "__objclass__"),
		ATTR(PyDescrObject, d_name, "__name__"),
		ATTR(PyDescrObject, d_qualname, "__qualname__"));
	fields_walk_struct(walk, object, fields, ARRAY_SIZE(fields));
}
