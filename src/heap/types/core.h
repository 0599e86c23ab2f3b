/*
 * The table of the types of the interpreter itself; lines as in modules.h.
 */
#ifndef WHYMEM_HEAP_TYPES_CORE_H
#define WHYMEM_HEAP_TYPES_CORE_H

#include "heap/walk.h"

extern const struct type_walker core_walkers[];
extern const size_t n_core_walkers;

#define CORE_TYPES(X0, X1, X2, XS)                                                                 \
	X0("object")                                                                               \
	X0("NoneType")                                                                             \
	X0("ellipsis")                                                                             \
	X0("NotImplementedType")                                                                   \
	/* scalars.c */                                                                            \
	XS("int", size_int)                                                                        \
	X0("float")                                                                                \
	X0("complex")                                                                              \
	X2("str", walk_str, size_str)                                                              \
	X0("bytes")                                                                                \
	X2("bytearray", walk_bytearray, size_bytearray)                                            \
	X1("memoryview", walk_memoryview)                                                          \
	X1("managedbuffer", walk_managed_buffer)                                                   \
	X1("slice", walk_slice)                                                                    \
	X1("range", walk_range)                                                                    \
	/* containers.c */                                                                         \
	X2("list", walk_list, size_list)                                                           \
	X1("tuple", walk_tuple)                                                                    \
	X2("set", walk_set, size_set)                                                              \
	X2("frozenset", walk_set, size_set)                                                        \
	/* dict.c */                                                                               \
	X2("dict", walk_dict, size_dict)                                                           \
	X2("frozendict", walk_dict, size_dict)                                                     \
	X2("collections.OrderedDict", walk_ordered_dict, size_ordered_dict)                        \
	X1("dict_keys", walk_dict_view)                                                            \
	X1("dict_values", walk_dict_view)                                                          \
	X1("dict_items", walk_dict_view)                                                           \
	X1("odict_keys", walk_dict_view)                                                           \
	X1("odict_values", walk_dict_view)                                                         \
	X1("odict_items", walk_dict_view)                                                          \
	X1("mappingproxy", walk_mapping_proxy)                                                     \
	/* iterators.c */                                                                          \
	X1("iterator", walk_sequence_iterator)                                                     \
	X1("list_iterator", walk_sequence_iterator)                                                \
	X1("list_reverseiterator", walk_sequence_iterator)                                         \
	X1("tuple_iterator", walk_sequence_iterator)                                               \
	X1("str_iterator", walk_sequence_iterator)                                                 \
	X1("str_ascii_iterator", walk_sequence_iterator)                                           \
	X1("bytes_iterator", walk_sequence_iterator)                                               \
	X1("bytearray_iterator", walk_sequence_iterator)                                           \
	X1("callable_iterator", walk_callable_iterator)                                            \
	X1("dict_keyiterator", walk_dict_iterator)                                                 \
	X1("dict_valueiterator", walk_dict_iterator)                                               \
	X1("dict_itemiterator", walk_dict_iterator)                                                \
	X1("dict_reversekeyiterator", walk_dict_iterator)                                          \
	X1("dict_reversevalueiterator", walk_dict_iterator)                                        \
	X1("dict_reverseitemiterator", walk_dict_iterator)                                         \
	X1("set_iterator", walk_set_iterator)                                                      \
	X0("range_iterator")                                                                       \
	X1("longrange_iterator", walk_long_range_iterator)                                         \
	X1("enumerate", walk_enumerate)                                                            \
	X1("reversed", walk_reversed)                                                              \
	X1("zip", walk_zip)                                                                        \
	X1("map", walk_map)                                                                        \
	X1("filter", walk_filter)                                                                  \
	/* callables.c */                                                                          \
	X1("function", walk_function)                                                              \
	X1("method", walk_method)                                                                  \
	X1("builtin_function_or_method", walk_builtin)                                             \
	X1("builtin_method", walk_builtin)                                                         \
	X1("cell", walk_cell)                                                                      \
	X1("property", walk_property)                                                              \
	X1("classmethod", walk_class_method)                                                       \
	X1("staticmethod", walk_static_method)                                                     \
	X1("super", walk_super)                                                                    \
	X1("method-wrapper", walk_method_wrapper)                                                  \
	X1("method_descriptor", walk_descriptor)                                                   \
	X1("classmethod_descriptor", walk_descriptor)                                              \
	X1("member_descriptor", walk_descriptor)                                                   \
	X1("getset_descriptor", walk_descriptor)                                                   \
	X1("wrapper_descriptor", walk_descriptor)                                                  \
	/* code.c */                                                                               \
	X2("code", walk_code, size_code)                                                           \
	X2("frame", walk_frame, size_frame)                                                        \
	X2("generator", walk_generator, size_generator)                                            \
	X2("coroutine", walk_generator, size_generator)                                            \
	X2("async_generator", walk_generator, size_generator)                                      \
	X1("async_generator_asend", walk_async_send)                                               \
	X1("async_generator_athrow", walk_async_throw)                                             \
	X1("async_generator_wrapped_value", walk_async_value)                                      \
	X1("anext_awaitable", walk_anext)                                                          \
	X1("traceback", walk_traceback)                                                            \
	X1("BaseException", walk_exception)                                                        \
	/* classes.c */                                                                            \
	X2("type", walk_type, size_type)                                                           \
	X1("module", walk_module)                                                                  \
	X1("moduledef", walk_module_definition)                                                    \
	X1("weakref", walk_weakref)                                                                \
	X1("weakref.ReferenceType", walk_weakref)                                                  \
	X1("weakproxy", walk_weakref)                                                              \
	X1("weakref.ProxyType", walk_weakref)                                                      \
	X1("weakcallableproxy", walk_weakref)                                                      \
	X1("weakref.CallableProxyType", walk_weakref)                                              \
	X1("PyCapsule", walk_capsule)                                                              \
	X0("types.SimpleNamespace")                                                                \
	X1("types.GenericAlias", walk_generic_alias)                                               \
	X1("types.UnionType", walk_union)                                                          \
	X1("typing.Union", walk_union)                                                             \
	/* context.c */                                                                            \
	X1("Context", walk_context)                                                                \
	X1("_contextvars.Context", walk_context)                                                   \
	X1("ContextVar", walk_context_var)                                                         \
	X1("_contextvars.ContextVar", walk_context_var)                                            \
	X1("Token", walk_context_token)                                                            \
	X1("_contextvars.Token", walk_context_token)                                               \
	X1("hamt", walk_hamt)                                                                      \
	X1("hamt_bitmap_node", walk_hamt_bitmap)                                                   \
	X1("hamt_array_node", walk_hamt_array)                                                     \
	X1("hamt_collision_node", walk_hamt_collision)

#define NOTHING(...)
#define WALKER(name, walker, ...) void walker(struct walk *, addr_t, const struct type_info *);
#define SIZE(name, size) uint64_t size(const struct cpython *, addr_t, const struct type_info *);
#define WALKER_AND_SIZE(name, walker, size) WALKER(name, walker) SIZE(name, size)
CORE_TYPES(NOTHING, WALKER, WALKER_AND_SIZE, SIZE)
#undef NOTHING
#undef WALKER
#undef SIZE
#undef WALKER_AND_SIZE

#endif
