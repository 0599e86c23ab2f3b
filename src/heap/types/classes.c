/*
 * Classes, modules, weak references, capsules, generic types.
 */
#include "heap/state.h"
#include "heap/types/core.h"
#include "heap/types/fields.h"

/* ---- classes ---- */

static void walk_shared_keys(struct walk *walk, const struct type_entry *self)
{
	struct keys_table table;
	if (!self->info.cached_keys ||
		!cpython_read_keys(walk_cpython(walk), self->info.cached_keys, &table))
		return;
	walk_part(walk, table.block);
	for (uint32_t i = 0; i < self->n_keys; i++)
		walk_edge_to(walk, EDGE_ITEM, 0, self->key_ids[i]);
}

static void walk_heap_type(struct walk *walk, addr_t object, const struct type_entry *self)
{
	FIELD_TABLE(fields, ATTR(PyHeapTypeObject, ht_name, "__name__"),
		ATTR(PyHeapTypeObject, ht_qualname, "__qualname__"),
		HIDDEN(PyHeapTypeObject, ht_slots), HIDDEN(PyHeapTypeObject, ht_module),
		PART(PyHeapTypeObject, _ht_tpname));
	fields_walk_struct(walk, object, fields, ARRAY_SIZE(fields));
	walk_part(walk, field_word(walk_mem(walk), object, walk_layout(walk)->PyTypeObject.tp_doc));
	walk_shared_keys(walk, self);
}

/* Static builtin types keep their dict in the interpreter's state. */
static void walk_type_state(struct walk *walk, addr_t object, const struct type_entry *self)
{
	const struct layout *layout = walk_layout(walk);
	if (!field_word(walk_mem(walk), object, layout->PyTypeObject.tp_dict))
		walk_edge(walk, EDGE_DICT, 0, self->tp_dict);
	if (self->tp_subclasses >= 4096)
		walk_edge(
			walk, EDGE_FIELD, walk_literal(walk, "tp_subclasses"), self->tp_subclasses);
}

void walk_type(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, ATTR(PyTypeObject, tp_base, "__base__"),
		ATTR(PyTypeObject, tp_bases, "__bases__"), ATTR(PyTypeObject, tp_mro, "__mro__"),
		HIDDEN(PyTypeObject, tp_cache));
	const struct type_entry *self = typemap_find(&walk->heap->types, object);
	fields_walk_struct(walk, object, fields, ARRAY_SIZE(fields));
	if (!self)
		return;
	walk_type_state(walk, object, self);
	if (self->info.flags & TYPE_HEAP)
		walk_heap_type(walk, object, self);
}

/* typeobject.c, type___sizeof___impl(): slots are not counted. */
uint64_t size_type(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	uint64_t flags = field_word(cpython->mem, object, layout->PyTypeObject.tp_flags);
	if (!(flags >> 9 & 1))
		return layout->PyTypeObject.n_bytes;
	uint64_t n_bytes = layout->PyHeapTypeObject.n_bytes;
	struct keys_table table;
	addr_t keys = field_word(cpython->mem, object, layout->PyHeapTypeObject.ht_cached_keys);
	if (keys && cpython_read_keys(cpython, keys, &table))
		n_bytes += table.n_bytes;
	return n_bytes;
}

/* ---- modules ---- */

static uint64_t state_bytes(const struct walk *walk, addr_t object)
{
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	if (layout->PyModuleObject.md_state_size != LAYOUT_ABSENT)
		return field_word(mem, object, layout->PyModuleObject.md_state_size);
	addr_t definition = field_word(mem, object, layout->PyModuleObject.md_def);
	return definition ? field_word(mem, definition, layout->PyModuleDef.m_size) : 0;
}

void walk_module(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct layout *layout = walk_layout(walk);
	walk_field(walk, EDGE_FIELD, "md_name", object, layout->PyModuleObject.md_name);
	addr_t state = field_word(walk_mem(walk), object, layout->PyModuleObject.md_state);
	uint64_t n_bytes = state_bytes(walk, object);
	if (!state || n_bytes > 1 << 20)
		return;
	walk_native(walk, state);
	walk_scan(walk, state, 0, (uint32_t)n_bytes);
}

/* moduleobject.h, PyModuleDef_Base: the dict that further interpreters copy (m_copy). */
#define DEFINITION_COPY 32

void walk_module_definition(struct walk *walk, addr_t object, const struct type_info *type)
{
	walk_field(walk, EDGE_FIELD, "m_copy", object, DEFINITION_COPY);
}

/* ---- the rest ---- */

/* The referent and the chain of other references are not owned. */
void walk_weakref(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, ATTR(PyWeakReference, wr_callback, "__callback__"));
	const struct layout *layout = walk_layout(walk);
	if (!fields_walk(walk, object, type, layout->PyWeakReference.n_bytes, fields,
		    ARRAY_SIZE(fields)))
		return;
	addr_t referent = field_word(walk_mem(walk), object, layout->PyWeakReference.wr_object);
	if (walk_find(walk, referent) != OBJ_NONE)
		walk_fact(walk, FACT_WEAK_OBJECT, referent);
}

void walk_capsule(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	if (!field_word(mem, object, layout->PyCapsule.destructor))
		return;
	walk_native_tree(walk, field_word(mem, object, layout->PyCapsule.pointer));
	walk_native_tree(walk, field_word(mem, object, layout->PyCapsule.context));
}

STRUCT_WALKER(walk_generic_alias, gaobject, ATTR(gaobject, origin, "__origin__"),
	ATTR(gaobject, args, "__args__"), ATTR(gaobject, parameters, "__parameters__"))

STRUCT_WALKER(walk_union, unionobject, ATTR(unionobject, args, "__args__"),
	HIDDEN(unionobject, hashable_args), HIDDEN(unionobject, unhashable_args),
	ATTR(unionobject, parameters, "__parameters__"))
