/*
 * Interpreters' states and the data of C libraries become nodes: named fields
 * first, every other word that is the address of an object as a scan. Caches
 * whose references are borrowed are left out.
 */
#include "heap/roots.h"

#include <stdio.h>

static const struct named_field interpreter_fields[] = {
	NAMED(PyInterpreterState, modules),
	NAMED(PyInterpreterState, modules_by_index),
	NAMED(PyInterpreterState, imports_modules),
	NAMED(PyInterpreterState, imports_modules_by_index),
	NAMED(PyInterpreterState, imports_importlib),
	NAMED(PyInterpreterState, imports_import_func),
	NAMED(PyInterpreterState, imports_lazy_import_func),
	NAMED(PyInterpreterState, imports_lazy_imports_filter),
	NAMED(PyInterpreterState, imports_lazy_modules),
	NAMED(PyInterpreterState, imports_lazy_pending_submodules),
	NAMED(PyInterpreterState, sysdict),
	NAMED(PyInterpreterState, builtins),
	NAMED(PyInterpreterState, sysdict_copy),
	NAMED(PyInterpreterState, builtins_copy),
	NAMED(PyInterpreterState, importlib),
	NAMED(PyInterpreterState, dict),
	NAMED(PyInterpreterState, codec_search_path),
	NAMED(PyInterpreterState, codec_search_cache),
	NAMED(PyInterpreterState, codec_error_registry),
	NAMED(PyInterpreterState, codecs_search_path),
	NAMED(PyInterpreterState, codecs_search_cache),
	NAMED(PyInterpreterState, codecs_error_registry),
	NAMED(PyInterpreterState, before_forkers),
	NAMED(PyInterpreterState, after_forkers_parent),
	NAMED(PyInterpreterState, after_forkers_child),
	NAMED(PyInterpreterState, gc_garbage),
	NAMED(PyInterpreterState, gc_callbacks),
	NAMED(PyInterpreterState, pyexitmodule),
	NAMED(PyInterpreterState, audit_hooks),
};

#define CACHE_ENTRIES 4096 /* typeobject.c, MCACHE_SIZE_EXP, all versions */
#define CACHE_ENTRY_BYTES 24

/* Parts of the address space that a scan leaves out. */
struct holes {
	struct {
		addr_t begin, end;
	} data[256];
	unsigned n;
};

static void leave_out(struct holes *holes, addr_t at, uint32_t offset, uint64_t n_bytes)
{
	if (offset == LAYOUT_ABSENT || n_bytes == LAYOUT_ABSENT ||
		holes->n == ARRAY_SIZE(holes->data))
		return;
	holes->data[holes->n].begin = at + offset;
	holes->data[holes->n++].end = at + offset + n_bytes;
}

static bool is_left_out(const struct holes *holes, addr_t address)
{
	for (unsigned i = 0; i < holes->n; i++)
		if (address >= holes->data[i].begin && address < holes->data[i].end)
			return true;
	return false;
}

/* Free lists: behind their ends stand stale addresses of objects that live again. */
static void leave_out_freelists(struct holes *holes, const struct layout *layout, addr_t at)
{
	leave_out(
		holes, at, layout->PyInterpreterState.float_state, layout->Py_float_state.n_bytes);
	leave_out(holes, at, layout->PyInterpreterState.tuple, layout->Py_tuple_state.n_bytes);
	leave_out(holes, at, layout->PyInterpreterState.list, layout->Py_list_state.n_bytes);
	leave_out(holes, at, layout->PyInterpreterState.dict_state, layout->Py_dict_state.n_bytes);
	leave_out(holes, at, layout->PyInterpreterState.async_gen,
		layout->Py_async_gen_state.n_bytes);
	leave_out(holes, at, layout->PyInterpreterState.context, layout->Py_context_state.n_bytes);
	leave_out(holes, at, layout->PyInterpreterState.object_state,
		layout->Py_object_freelists.n_bytes != LAYOUT_ABSENT
			? layout->Py_object_freelists.n_bytes + 64ull
			: LAYOUT_ABSENT);
}

/* Caches whose references are borrowed, and what other nodes stand for. */
static void leave_out_interpreter(struct holes *holes, const struct layout *layout, addr_t at)
{
	uint32_t functions = layout->PyInterpreterState.func_state;
	uint32_t behind = layout->PyInterpreterState.code_state;
	uint32_t thread_bytes = layout->PyThreadStateImpl.n_bytes;
	leave_out(holes, at, layout->PyInterpreterState.types, layout->types_state.n_bytes);
	leave_out(holes, at, layout->PyInterpreterState.type_cache,
		CACHE_ENTRIES * CACHE_ENTRY_BYTES);
	leave_out(holes, at, functions, behind != LAYOUT_ABSENT ? behind - functions : 8);
	leave_out(holes, at, layout->PyInterpreterState.obmalloc_pools,
		layout->obmalloc_state.n_bytes);
	leave_out_freelists(holes, layout, at);
	leave_out(holes, at, layout->PyInterpreterState._initial_thread,
		thread_bytes != LAYOUT_ABSENT ? thread_bytes : layout->PyThreadState.n_bytes);
	for (size_t i = 0; i < ARRAY_SIZE(interpreter_fields); i++)
		leave_out(holes, at, load_u32((const char *)layout + interpreter_fields[i].at), 8);
}

/* The end of the static object that begins at `at`, or 0. */
static addr_t static_object_end(const struct heap *heap, addr_t at)
{
	uint64_t n_bytes;
	if (!idset_has(&heap->ids, at))
		return 0;
	const struct type_entry *entry =
		typemap_find(&heap->types, cpython_type_of(heap->cpython, at));
	if (!entry || !typemap_instance_bytes(heap->cpython, entry, at, &n_bytes))
		return 0;
	return at + align_up(MAX(n_bytes, 16), 8);
}

/* Static objects in [begin, end) as members, other words as a scan. */
static void scan_data(struct walk *walk, const struct holes *holes, addr_t begin, addr_t end)
{
	const struct heap *heap = walk->heap;
	for (addr_t at = begin; at + 8 <= end;) {
		addr_t behind = static_object_end(heap, at);
		if (behind) {
			walk_edge(walk, EDGE_MEMBER, 0, at);
			at = behind;
			continue;
		}
		addr_t word = mem_word(heap->mem, at);
		obj_id target = word ? idset_find(&heap->ids, word) : OBJ_NONE;
		if (target != OBJ_NONE && !is_left_out(holes, at))
			walk_edge_to(walk, EDGE_SCAN, (uint32_t)(at - begin), target);
		at += 8;
	}
}

/* From 3.12 on interned strings may be immortal: the table is what names them. */
static void walk_interned(struct walk *walk)
{
	const struct heap *heap = walk->heap;
	vec_foreach (&heap->interned_tables, table) {
		struct dict_cursor cursor;
		addr_t key, value;
		walk_edge(walk, EDGE_MEMBER, walk_literal(walk, "interned"), *table);
		if (!dict_cursor_open(heap->cpython, *table, &cursor))
			continue;
		while (dict_next(&cursor, &key, &value))
			if (cpython_is_immortal(heap->cpython, key))
				walk_edge(walk, EDGE_MEMBER, 0, key);
	}
}

/* The cache of attribute look-ups owns the names; what it found is borrowed. */
static void walk_type_cache(struct walk *walk, addr_t cache)
{
	str_id name = walk_literal(walk, "type_cache");
	for (unsigned i = 0; i < CACHE_ENTRIES; i++)
		walk_edge(walk, EDGE_MEMBER, name,
			mem_word(walk->heap->mem, cache + i * CACHE_ENTRY_BYTES + 8));
}

static addr_t type_cache_of(const struct layout *layout, addr_t interpreter)
{
	if (layout->PyInterpreterState.type_cache != LAYOUT_ABSENT)
		return interpreter + layout->PyInterpreterState.type_cache;
	if (layout->PyInterpreterState.types != LAYOUT_ABSENT)
		return interpreter + layout->PyInterpreterState.types +
		       layout->types_state.type_cache;
	return 0;
}

/* What one interpreter keeps of a static type, if there is one at `state`. */
static void walk_type_state(
	struct walk *walk, addr_t state, uint32_t type, uint32_t dict, uint32_t subclasses)
{
	const struct heap *heap = walk->heap;
	if (!typemap_find(&heap->types, mem_word(heap->mem, state + type)))
		return;
	walk_edge(walk, EDGE_MEMBER, walk_literal(walk, "tp_dict"),
		mem_word(heap->mem, state + dict));
	walk_edge(walk, EDGE_MEMBER, walk_literal(walk, "tp_subclasses"),
		mem_word(heap->mem, state + subclasses));
}

/*
 * Dicts of static types in further interpreters (3.12+); those in the main one
 * are edges of the types. States are found by the type that each names.
 */
static void walk_type_states(struct walk *walk, addr_t interpreter)
{
	const struct layout *layout = walk->heap->cpython->layout;
	if (layout->PyInterpreterState.types == LAYOUT_ABSENT)
		return;
	addr_t begin =
		interpreter + layout->PyInterpreterState.types + layout->types_state.builtins;
	addr_t end = interpreter + layout->PyInterpreterState.types + layout->types_state.n_bytes;
	bool is_old = layout->managed_static_type_state.n_bytes == LAYOUT_ABSENT;
	for (addr_t at = begin; at + 48 <= end; at += 8) {
		if (is_old)
			walk_type_state(walk, at, layout->static_builtin_state.type,
				layout->static_builtin_state.tp_dict,
				layout->static_builtin_state.tp_subclasses);
		else
			walk_type_state(walk, at, layout->managed_static_type_state.type,
				layout->managed_static_type_state.tp_dict,
				layout->managed_static_type_state.tp_subclasses);
	}
}

static struct error *walk_interpreters(struct roots *roots, struct holes *holes)
{
	struct walk *walk = &roots->walk;
	const struct cpython *cpython = walk->heap->cpython;
	const struct layout *layout = cpython->layout;
	vec_foreach (&cpython->interpreters, interpreter) {
		addr_t at = interpreter->address;
		struct error *error = roots_add_node(roots, NODE_INTERPRETER, "interpreter", NULL);
		if (error)
			return error;
		roots_walk_named(walk, at, interpreter_fields, ARRAY_SIZE(interpreter_fields));
		if (type_cache_of(layout, at))
			walk_type_cache(walk, type_cache_of(layout, at));
		if (interpreter != cpython->interpreters.data)
			walk_type_states(walk, at);
		leave_out_interpreter(holes, layout, at);
		scan_data(walk, holes, at, at + layout->PyInterpreterState.n_bytes);
		leave_out(holes, at, 0, layout->PyInterpreterState.n_bytes);
	}
	walk_interned(walk);
	return NULL;
}

static const char *library_name(const struct static_region *region)
{
	const char *slash = strrchr(region->map->path, '/');
	return slash ? slash + 1 : region->map->path;
}

static struct error *walk_libraries(struct roots *roots, const struct holes *holes)
{
	struct walk *walk = &roots->walk;
	const struct map *last = NULL;
	vec_foreach (&walk->heap->statics.regions, region) {
		if (!last || last->inode != region->map->inode ||
			last->device != region->map->device) {
			struct error *error =
				roots_add_node(roots, NODE_STATIC, library_name(region), NULL);
			if (error)
				return error;
		}
		last = region->map;
		scan_data(walk, holes, region->begin, region->end);
	}
	return NULL;
}

struct error *roots_walk_data(struct roots *roots)
{
	const struct cpython *cpython = roots->walk.heap->cpython;
	struct holes holes = {0};
	struct error *error = walk_interpreters(roots, &holes);
	/* 3.9: the cache of attribute look-ups is a variable. */
	addr_t cache = cpython_symbol(cpython, "typeobject.c:method_cache");
	if (cache) {
		walk_type_cache(&roots->walk, cache);
		leave_out(&holes, cache, 0, CACHE_ENTRIES * CACHE_ENTRY_BYTES);
	}
	return error ? error : walk_libraries(roots, &holes);
}

/* ---- interned strings ---- */

static struct error *add_table(struct heap *heap, addr_t table)
{
	if (idset_find(&heap->ids, table) == OBJ_NONE)
		return NULL;
	addr_t *added = vec_add(&heap->interned_tables);
	if (!added)
		return &error_no_memory;
	*added = table;
	return NULL;
}

/* Only the table of interned strings maps each key to itself. */
static bool maps_to_itself(const struct heap *heap, addr_t dict)
{
	struct dict_cursor cursor;
	addr_t key, value;
	unsigned n = 0;
	if (!dict_cursor_open(heap->cpython, dict, &cursor))
		return false;
	while (n < 200 && dict_next(&cursor, &key, &value)) {
		if (key != value)
			return false;
		n++;
	}
	return n == 200;
}

/* A variable of unicodeobject.c until 3.11; stripped builds do not name it. */
static struct error *find_variable(struct heap *heap)
{
	const struct cpython *cpython = heap->cpython;
	addr_t variable = cpython_symbol(cpython, "unicodeobject.c:interned");
	if (variable)
		return add_table(heap, mem_word(heap->mem, variable));
	vec_foreach (&heap->statics.regions, region) {
		for (addr_t at = region->begin; region->is_interpreter && at < region->end;
			at += 8) {
			addr_t word = mem_word(heap->mem, at);
			const struct type_entry *type =
				idset_has(&heap->ids, word)
					? typemap_find(&heap->types, cpython_type_of(cpython, word))
					: NULL;
			if (type && !strcmp(type->info.name, "dict") && maps_to_itself(heap, word))
				return add_table(heap, word);
		}
	}
	return NULL;
}

struct error *roots_find_interned(struct heap *heap)
{
	const struct layout *layout = heap->cpython->layout;
	uint32_t cached = layout->PyInterpreterState.cached_objects;
	uint32_t interned = layout->Py_interp_cached_objects.interned_strings;
	if (cached == LAYOUT_ABSENT || interned == LAYOUT_ABSENT)
		return find_variable(heap);
	vec_foreach (&heap->cpython->interpreters, interpreter) {
		struct error *error = add_table(
			heap, mem_word(heap->mem, interpreter->address + cached + interned));
		if (error)
			return error;
	}
	return NULL;
}
