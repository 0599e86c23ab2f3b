#include "heap/roots.h"

#include "heap/frames.h"

#include <stdio.h>
#include <stdlib.h>

#define NODES_LIMIT (16u << 20)
#define FRAMES_LIMIT (4u << 20) /* a thread */
#define THREADS_LIMIT 100000

/* The longest qualified name that is kept. */
#define NAME_BYTES 512

static struct error *add_string(struct heap *heap, const char *text, str_id *ret)
{
	return strpool_add(&heap->snapshot->strings, text, strlen(text), ret);
}

struct error *roots_add_node(
	struct roots *roots, enum node_kind kind, const char *name, struct snap_node **ret)
{
	struct heap *heap = roots->walk.heap;
	struct snap_node *node = vec_add(&heap->snapshot->nodes);
	uint64_t *start = column_add(&roots->starts, 1);
	if (!node || !start)
		return &error_no_memory;
	node->kind = (uint8_t)kind;
	walk_boundary(&roots->walk, start);
	if (ret)
		*ret = node;
	return add_string(heap, name, &node->name);
}

/* ---- modules ---- */

static addr_t modules_of(const struct cpython *cpython, addr_t interpreter)
{
	const struct layout *layout = cpython->layout;
	uint32_t offset = layout->PyInterpreterState.imports_modules;
	if (offset == LAYOUT_ABSENT)
		offset = layout->PyInterpreterState.modules;
	return mem_word(cpython->mem, interpreter + offset);
}

static const struct type_entry *type_at(const struct heap *heap, addr_t object)
{
	return typemap_find(&heap->types, cpython_type_of(heap->cpython, object));
}

static struct error *add_file(struct heap *heap, addr_t module, struct snap_node *node)
{
	const struct type_entry *type = type_at(heap, module);
	if (!type || !type_is(&type->info, "module"))
		return NULL;
	addr_t dict = mem_word(heap->mem, module + heap->cpython->layout->PyModuleObject.md_dict);
	addr_t file = cpython_dict_get(heap->cpython, dict, "__file__");
	char path[4096];
	if (!file || !cpython_read_str(heap->cpython, file, path, sizeof(path)))
		return NULL;
	return add_string(heap, path, &node->file);
}

static struct error *walk_modules(struct roots *roots, addr_t interpreter)
{
	struct heap *heap = roots->walk.heap;
	struct dict_cursor cursor;
	if (!dict_cursor_open(heap->cpython, modules_of(heap->cpython, interpreter), &cursor))
		return NULL;
	addr_t key, module;
	while (dict_next(&cursor, &key, &module)) {
		char name[NAME_BYTES];
		struct snap_node *node;
		if (!cpython_read_str(heap->cpython, key, name, sizeof(name)) ||
			idset_find(&heap->ids, module) == OBJ_NONE || module == heap->cpython->none)
			continue;
		struct error *error = roots_add_node(roots, NODE_MODULE, name, &node);
		if (!error)
			error = add_file(heap, module, node);
		if (error)
			return error;
		walk_edge(&roots->walk, EDGE_MEMBER, 0, module);
	}
	return NULL;
}

/* ---- threads and frames ---- */

static uint64_t kernel_thread_id(const struct heap *heap, addr_t thread)
{
	const struct layout *layout = heap->cpython->layout;
	if (layout->PyThreadState.native_thread_id != LAYOUT_ABSENT)
		return mem_word(heap->mem, thread + layout->PyThreadState.native_thread_id);
	uint64_t pointer = mem_word(heap->mem, thread + layout->PyThreadState.thread_id);
	vec_foreach (&heap->capture->threads, candidate)
		if (candidate->thread_pointer == pointer)
			return (uint64_t)candidate->tid;
	return 0;
}

static const char *thread_name(const struct heap *heap, uint64_t id)
{
	vec_foreach (&heap->capture->threads, candidate)
		if ((uint64_t)candidate->tid == id)
			return candidate->name;
	return "";
}

static void frame_name(const struct heap *heap, const struct frame *frame, const struct code *code,
	char *ret, size_t size)
{
	char module[NAME_BYTES] = "", function[NAME_BYTES] = "?";
	addr_t name = cpython_dict_get(heap->cpython, frame->globals, "__name__");
	if (name && !cpython_read_str(heap->cpython, name, module, sizeof(module)))
		*module = '\0';
	addr_t qualname = code->qualname ? code->qualname : code->name;
	if (!cpython_read_str(heap->cpython, qualname, function, sizeof(function)))
		strcpy(function, "?");
	snprintf(ret, size, "%s%s%s", module, *module ? "." : "", function);
}

static struct error *walk_one_frame(
	struct roots *roots, const struct frame *frame, uint64_t thread_id)
{
	struct heap *heap = roots->walk.heap;
	struct code code;
	struct snap_node *node;
	char name[2 * NAME_BYTES + 1];
	if (!frame->code || !cpython_read_code(heap->cpython, frame->code, &code))
		return NULL;
	frame_name(heap, frame, &code, name, sizeof(name));
	struct error *error = roots_add_node(roots, NODE_FRAME, name, &node);
	if (error)
		return error;
	heap_file_name(heap, code.filename, &node->file);
	node->line = frame->line;
	node->thread_id = thread_id;
	if (heap->cpython->traits->frame_form == FRAME_OBJECT)
		walk_edge(&roots->walk, EDGE_MEMBER, walk_literal(&roots->walk, "frame"),
			frame->address);
	frames_walk_owned(&roots->walk, frame);
	frames_walk_doubtful(&roots->walk, frame);
	return NULL;
}

static struct error *walk_frames(struct roots *roots, addr_t thread, uint64_t thread_id)
{
	const struct cpython *cpython = roots->walk.heap->cpython;
	addr_t at = cpython_thread_frame(cpython, thread);
	for (uint32_t n = 0; at && n < FRAMES_LIMIT; n++) {
		struct frame frame;
		if (!cpython_read_frame(cpython, at, &frame))
			return NULL;
		struct error *error = walk_one_frame(roots, &frame, thread_id);
		if (error)
			return error;
		at = frame.previous;
	}
	return NULL;
}

void roots_walk_named(struct walk *walk, addr_t address, const struct named_field *fields, size_t n)
{
	const char *layout = (const char *)walk->heap->cpython->layout;
	for (size_t i = 0; i < n; i++)
		walk_field(walk, EDGE_MEMBER, fields[i].name, address,
			load_u32(layout + fields[i].at));
}

static const struct named_field thread_fields[] = {
	NAMED(PyThreadState, dict),
	NAMED(PyThreadState, context),
	NAMED(PyThreadState, c_profileobj),
	NAMED(PyThreadState, c_traceobj),
	NAMED(PyThreadState, current_exception),
	NAMED(PyThreadState, curexc_type),
	NAMED(PyThreadState, curexc_value),
	NAMED(PyThreadState, curexc_traceback),
	NAMED(PyThreadState, async_exc),
	NAMED(PyThreadState, async_gen_firstiter),
	NAMED(PyThreadState, async_gen_finalizer),
	NAMED(PyThreadState, threading_local_key),
	NAMED(PyThreadState, threading_local_sentinel),
	NAMED(PyThreadState, previous_executor),
	NAMED(PyThreadStateImpl, asyncio_running_loop),
	NAMED(PyThreadStateImpl, asyncio_running_task),
	NAMED(PyThreadStateImpl, lazy_imports),
};

static const struct named_field exception_fields[] = {
	NAMED(PyErr_StackItem, exc_type),
	NAMED(PyErr_StackItem, exc_value),
	NAMED(PyErr_StackItem, exc_traceback),
};

/* Exceptions being handled: a stack through frames and generators. */
static void walk_exceptions(struct walk *walk, addr_t thread)
{
	const struct layout *layout = walk->heap->cpython->layout;
	addr_t item = mem_word(walk->heap->mem, thread + layout->PyThreadState.exc_info);
	for (uint32_t n = 0; item && n < FRAMES_LIMIT; n++) {
		roots_walk_named(walk, item, exception_fields, ARRAY_SIZE(exception_fields));
		item = mem_word(walk->heap->mem, item + layout->PyErr_StackItem.previous_item);
	}
}

static struct error *walk_thread(struct roots *roots, addr_t thread)
{
	struct snap_node *node;
	uint64_t id = kernel_thread_id(roots->walk.heap, thread);
	struct error *error = walk_frames(roots, thread, id);
	if (!error)
		error = roots_add_node(
			roots, NODE_THREAD, thread_name(roots->walk.heap, id), &node);
	if (error)
		return error;
	node->thread_id = id;
	roots_walk_named(&roots->walk, thread, thread_fields, ARRAY_SIZE(thread_fields));
	walk_exceptions(&roots->walk, thread);
	return NULL;
}

static addr_t first_thread(const struct cpython *cpython, addr_t interpreter)
{
	const struct layout *layout = cpython->layout;
	uint32_t offset = layout->PyInterpreterState.threads_head;
	if (offset == LAYOUT_ABSENT)
		offset = layout->PyInterpreterState.tstate_head;
	return mem_word(cpython->mem, interpreter + offset);
}

static struct error *walk_threads(struct roots *roots, addr_t interpreter)
{
	const struct cpython *cpython = roots->walk.heap->cpython;
	addr_t thread = first_thread(cpython, interpreter);
	for (uint32_t n = 0; thread && n < THREADS_LIMIT; n++) {
		struct error *error = walk_thread(roots, thread);
		if (error)
			return error;
		thread = mem_word(cpython->mem, thread + cpython->layout->PyThreadState.next);
	}
	return NULL;
}

struct error *roots_walk(struct heap *heap, struct roots *ret)
{
	*ret = (struct roots){0};
	struct error *error = walk_init(&ret->walk, heap);
	if (!error)
		error = column_init(&ret->starts, sizeof(uint64_t), NODES_LIMIT);
	vec_foreach (&heap->cpython->interpreters, interpreter)
		if (!error)
			error = walk_modules(ret, interpreter->address);
	vec_foreach (&heap->cpython->interpreters, interpreter)
		if (!error)
			error = walk_threads(ret, interpreter->address);
	if (!error)
		error = roots_walk_data(ret);
	if (!error)
		error = walk_flush(&ret->walk);
	return error;
}

void roots_deinit(struct roots *roots)
{
	walk_deinit(&roots->walk);
	column_deinit(&roots->starts);
}
