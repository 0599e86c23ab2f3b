/*
 * Code, frames, generators, tracebacks, exceptions.
 */
#include "heap/frames.h"
#include "heap/state.h"
#include "heap/types/core.h"
#include "heap/types/fields.h"

/* ---- code ---- */

/* What co_code and its like are derived from on demand; Include/cpython/code.h, 3.12+. */
static void walk_code_cache(struct walk *walk, addr_t object)
{
	FIELD_TABLE(fields, HIDDEN(PyCoCached, _co_code), HIDDEN(PyCoCached, _co_varnames),
		HIDDEN(PyCoCached, _co_cellvars), HIDDEN(PyCoCached, _co_freevars));
	addr_t cache =
		field_word(walk_mem(walk), object, walk_layout(walk)->PyCodeObject._co_cached);
	if (!cache)
		return;
	walk_part(walk, cache);
	fields_walk_struct(walk, cache, fields, ARRAY_SIZE(fields));
}

static void walk_definition(struct walk *walk, addr_t object)
{
	struct code code;
	if (!cpython_read_code(walk_cpython(walk), object, &code))
		return;
	walk_fact(walk, FACT_LINE, code.first_line);
	str_id file;
	if (heap_file_name(walk->heap, code.filename, &file))
		walk_fact(walk, FACT_DEFINED_AT, (uint64_t)file << 32 | code.first_line);
}

void walk_code(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, ATTR(PyCodeObject, co_code, "co_code"),
		ATTR(PyCodeObject, co_consts, "co_consts"),
		ATTR(PyCodeObject, co_names, "co_names"),
		ATTR(PyCodeObject, co_varnames, "co_varnames"),
		ATTR(PyCodeObject, co_freevars, "co_freevars"),
		ATTR(PyCodeObject, co_cellvars, "co_cellvars"),
		ATTR(PyCodeObject, co_filename, "co_filename"),
		ATTR(PyCodeObject, co_name, "co_name"),
		ATTR(PyCodeObject, co_qualname, "co_qualname"),
		ATTR(PyCodeObject, co_linetable, "co_linetable"),
		ATTR(PyCodeObject, co_lnotab, "co_lnotab"),
		ATTR(PyCodeObject, co_exceptiontable, "co_exceptiontable"),
		HIDDEN(PyCodeObject, co_localsplusnames), HIDDEN(PyCodeObject, co_localspluskinds),
		HIDDEN(PyCodeObject, _co_code), PART(PyCodeObject, co_cell2arg),
		PART(PyCodeObject, co_opcache_map), PART(PyCodeObject, co_opcache),
		PART(PyCodeObject, co_extra), PART(PyCodeObject, _co_linearray),
		TREE(PyCodeObject, co_executors), TREE(PyCodeObject, _co_monitoring));
	fields_walk_struct(walk, object, fields, ARRAY_SIZE(fields));
	walk_code_cache(walk, object);
	walk_definition(walk, object);
}

/* codeobject.c, code_sizeof(), up to 3.10: tables made for hot code are counted. */
static uint64_t size_legacy_tables(const struct cpython *cpython, addr_t object)
{
	const struct layout *layout = cpython->layout;
	const struct mem *mem = cpython->mem;
	uint64_t n_bytes = 0;
	if (field_word(mem, object, layout->PyCodeObject.co_cell2arg))
		n_bytes += size_of_items(
			field_ob_size(
				cpython, field_word(mem, object, layout->PyCodeObject.co_cellvars)),
			8);
	if (field_word(mem, object, layout->PyCodeObject.co_opcache)) {
		uint64_t code_bytes = field_ob_size(
			cpython, field_word(mem, object, layout->PyCodeObject.co_code));
		uint8_t n = field_u8(mem, object, layout->PyCodeObject.co_opcache_size);
		n_bytes += size_of_items(code_bytes, 1) / 2 + n * 32u;
	}
	return n_bytes;
}

uint64_t size_code(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	uint64_t n_bytes = align_up(size_plain(cpython, object, type), 8) +
			   size_legacy_tables(cpython, object);
	addr_t extra = field_word(cpython->mem, object, layout->PyCodeObject.co_extra);
	if (extra)
		n_bytes += 8 + size_of_items(mem_word(cpython->mem, extra), 8);
	return n_bytes;
}

/* ---- frames ---- */

/* Slots for locals, cells and the stack of `code`. */
static uint64_t slot_count(const struct cpython *cpython, addr_t code_at)
{
	struct code code;
	if (!code_at || !cpython_read_code(cpython, code_at, &code))
		return 0;
	return (uint64_t)code.n_locals_plus + code.stack_size;
}

static void walk_legacy_frame(struct walk *walk, addr_t object)
{
	FIELD_TABLE(fields, ATTR(PyFrameObject, f_back, "f_back"),
		ATTR(PyFrameObject, f_code, "f_code"),
		ATTR(PyFrameObject, f_builtins, "f_builtins"),
		ATTR(PyFrameObject, f_globals, "f_globals"),
		ATTR(PyFrameObject, f_locals, "f_locals"), ATTR(PyFrameObject, f_trace, "f_trace"));
	fields_walk_struct(walk, object, fields, ARRAY_SIZE(fields));
	struct frame frame;
	if (cpython_read_frame(walk_cpython(walk), object, &frame)) {
		frames_walk_slots(walk, &frame);
		walk_fact(walk, FACT_LINE, frame.line);
	}
}

void walk_frame(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct cpython *cpython = walk_cpython(walk);
	const struct layout *layout = cpython->layout;
	if (cpython->traits->frame_form == FRAME_OBJECT) {
		walk_legacy_frame(walk, object);
		return;
	}
	FIELD_TABLE(fields, ATTR(PyFrameObject, f_back, "f_back"),
		ATTR(PyFrameObject, f_trace, "f_trace"), HIDDEN(PyFrameObject, f_extra_locals),
		HIDDEN(PyFrameObject, f_locals_cache),
		HIDDEN(PyFrameObject, f_overwritten_fast_locals));
	fields_walk_struct(walk, object, fields, ARRAY_SIZE(fields));
	addr_t inner = field_word(cpython->mem, object, layout->PyFrameObject.f_frame);
	struct frame frame;
	if (!inner || !cpython_read_frame(cpython, inner, &frame))
		return;
	walk_fact(walk, FACT_LINE, frame.line);
	/* The frame of a function that returned moved into the object. */
	if (inner == object + layout->PyFrameObject._f_frame_data)
		frames_walk_owned(walk, &frame);
}

uint64_t size_frame(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	if (cpython->traits->frame_form == FRAME_OBJECT)
		return size_of_body(type) +
		       size_of_items(slot_count(cpython, field_word(cpython->mem, object,
								 layout->PyFrameObject.f_code)),
			       8) -
		       8;
	uint64_t n_bytes =
		layout->PyFrameObject._f_frame_data + layout->PyInterpreterFrame.localsplus;
	struct frame frame;
	addr_t inner = field_word(cpython->mem, object, layout->PyFrameObject.f_frame);
	if (inner && cpython_read_frame(cpython, inner, &frame))
		n_bytes += size_of_items(slot_count(cpython, frame.code), 8);
	return n_bytes;
}

/* ---- generators ---- */

enum { GENERATOR_CREATED, GENERATOR_SUSPENDED, GENERATOR_RUNNING, GENERATOR_DONE };

static uint64_t generator_state(const struct traits *traits, int8_t state)
{
	if (state == traits->gen_created)
		return GENERATOR_CREATED;
	if (state == traits->gen_suspended || state == traits->gen_suspended_yield_from)
		return GENERATOR_SUSPENDED;
	return state == traits->gen_executing ? GENERATOR_RUNNING : GENERATOR_DONE;
}

static void walk_inner_frame(struct walk *walk, addr_t object)
{
	const struct cpython *cpython = walk_cpython(walk);
	const struct layout *layout = cpython->layout;
	int8_t raw = (int8_t)field_u8(cpython->mem, object, layout->PyGenObject.gi_frame_state);
	uint64_t state = generator_state(cpython->traits, raw);
	walk_fact(walk, FACT_GENERATOR_STATE, state);
	struct frame frame;
	if (!cpython_read_frame(cpython, object + layout->PyGenObject.gi_iframe, &frame))
		return;
	if (raw >= cpython->traits->gen_cleared) {
		/* The code stays; genobject.c, gen_traverse(). 3.11 has gi_code. */
		if (layout->PyGenObject.gi_code == LAYOUT_ABSENT)
			walk_edge(
				walk, EDGE_ATTR_STATIC, walk_literal(walk, "gi_code"), frame.code);
		return;
	}
	frames_walk_owned(walk, &frame);
	walk_fact(walk, FACT_LINE, frame.line);
}

static void walk_legacy_state(struct walk *walk, addr_t object)
{
	const struct cpython *cpython = walk_cpython(walk);
	const struct layout *layout = cpython->layout;
	addr_t at = field_word(cpython->mem, object, layout->PyGenObject.gi_frame);
	struct frame frame;
	if (!at) {
		walk_fact(walk, FACT_GENERATOR_STATE, GENERATOR_DONE);
		return;
	}
	bool runs = field_u8(cpython->mem, object, layout->PyGenObject.gi_running);
	int32_t last = (int32_t)field_u32(cpython->mem, at, layout->PyFrameObject.f_lasti);
	uint64_t state = runs       ? GENERATOR_RUNNING
			 : last < 0 ? GENERATOR_CREATED
				    : GENERATOR_SUSPENDED;
	walk_fact(walk, FACT_GENERATOR_STATE, state);
	if (cpython_read_frame(cpython, at, &frame))
		walk_fact(walk, FACT_LINE, frame.line);
}

/* Coroutines and asynchronous generators begin with the same members. */
void walk_generator(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, ATTR(PyGenObject, gi_frame, "gi_frame"),
		ATTR(PyGenObject, gi_code, "gi_code"), ATTR(PyGenObject, gi_name, "__name__"),
		ATTR(PyGenObject, gi_qualname, "__qualname__"),
		HIDDEN(PyGenObject, gi_origin_or_finalizer));
	FIELD_TABLE(states, HIDDEN(PyErr_StackItem, exc_type), HIDDEN(PyErr_StackItem, exc_value),
		HIDDEN(PyErr_StackItem, exc_traceback));
	const struct layout *layout = walk_layout(walk);
	fields_walk_struct(walk, object, fields, ARRAY_SIZE(fields));
	fields_walk_struct(
		walk, object + layout->PyGenObject.gi_exc_state, states, ARRAY_SIZE(states));
	if (layout->PyGenObject.gi_iframe != LAYOUT_ABSENT) {
		walk_inner_frame(walk, object);
		return;
	}
	walk_legacy_state(walk, object);
	if (type_is(type, "coroutine"))
		walk_field(walk, EDGE_ATTR_STATIC, "cr_origin", object,
			layout->PyCoroObject.cr_origin);
	if (type_is(type, "async_generator"))
		walk_field(walk, EDGE_FIELD, "ag_finalizer", object,
			layout->PyAsyncGenObject.ag_finalizer);
}

uint64_t size_generator(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	if (layout->PyGenObject.gi_iframe == LAYOUT_ABSENT)
		return size_of_body(type);
	addr_t inner = object + layout->PyGenObject.gi_iframe;
	uint64_t n_bytes = layout->PyGenObject.gi_iframe + layout->PyInterpreterFrame.localsplus;
	struct frame frame;
	if (cpython_read_frame(cpython, inner, &frame))
		n_bytes += size_of_items(slot_count(cpython, frame.code), 8);
	return n_bytes;
}

STRUCT_WALKER(walk_async_send, PyAsyncGenASend, HIDDEN(PyAsyncGenASend, ags_gen),
	HIDDEN(PyAsyncGenASend, ags_sendval))

STRUCT_WALKER(walk_async_throw, PyAsyncGenAThrow, HIDDEN(PyAsyncGenAThrow, agt_gen),
	HIDDEN(PyAsyncGenAThrow, agt_typ), HIDDEN(PyAsyncGenAThrow, agt_tb),
	HIDDEN(PyAsyncGenAThrow, agt_val), HIDDEN(PyAsyncGenAThrow, agt_args))

STRUCT_WALKER(walk_async_value, PyAsyncGenWrappedValue, HIDDEN(PyAsyncGenWrappedValue, agw_val))

STRUCT_WALKER(walk_anext, anextawaitableobject, HIDDEN(anextawaitableobject, wrapped),
	HIDDEN(anextawaitableobject, default_value))

/* ---- tracebacks and exceptions ---- */

STRUCT_WALKER(walk_traceback, PyTracebackObject, ATTR(PyTracebackObject, tb_next, "tb_next"),
	ATTR(PyTracebackObject, tb_frame, "tb_frame"))

/* What subclasses in C add, they declare as members. */
void walk_exception(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, ATTR(PyBaseExceptionObject, args, "args"),
		ATTR(PyBaseExceptionObject, notes, "__notes__"),
		ATTR(PyBaseExceptionObject, traceback, "__traceback__"),
		ATTR(PyBaseExceptionObject, context, "__context__"),
		ATTR(PyBaseExceptionObject, cause, "__cause__"));
	fields_walk_struct(walk, object, fields, ARRAY_SIZE(fields));
}
