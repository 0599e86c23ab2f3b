/*
 * Which CPython this process runs, by the symbols that it exports, and the few
 * calls that are made into it. None of them runs Python code, collects garbage,
 * or changes the exception that is on its way.
 */
#include "agent.h"

#include "cpython/layouts.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

struct python python;

/* What is called besides the hot ones in struct python. */
static struct {
	void *(*get_frame)(void *thread);
	void (*drop)(void *object);
	int (*gc_disable)(void);
	int (*gc_enable)(void);
	void *(*error)(void);
	void (*error_clear)(void);
	void (*error_fetch)(void **type, void **value, void **traceback);
	void (*error_restore)(void *type, void *value, void *traceback);
	void *(*type_lookup)(const void *type, void *name);
	void *(*generic_get)(void *object, void *name);
	void *(*str)(const char *utf8);
	const void *str_type;
} api;

static void *symbol(const char *name)
{
	return dlsym(RTLD_DEFAULT, name);
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);
	return value && *value;
}

static const char *pointer(const char *record, uint32_t offset)
{
	return (const char *)load_u64(record + offset);
}

/* ---- what there is ---- */

static bool find_symbols(void)
{
	char *runtime = symbol("_PyRuntime");
	*(void **)&python.get_allocator = symbol("PyMem_GetAllocator");
	*(void **)&python.set_allocator = symbol("PyMem_SetAllocator");
	*(void **)&python.is_initialized = symbol("Py_IsInitialized");
	python.code_type = symbol("PyCode_Type");
	*(void **)&python.thread_state = symbol(
		python.minor >= 13 ? "PyThreadState_GetUnchecked" : "_PyThreadState_UncheckedGet");
	*(void **)&python.own_thread_state = symbol("PyGILState_GetThisThreadState");
	if (runtime && python.layout.PyRuntimeState._finalizing != LAYOUT_ABSENT)
		python.finalizing =
			(const void *volatile *)(runtime +
						 python.layout.PyRuntimeState._finalizing);
	if (!python.get_allocator || !python.set_allocator || !python.code_type ||
		!python.thread_state || !python.own_thread_state || !python.finalizing ||
		!python.is_initialized)
		return false;
	current_find(runtime);
	return true;
}

static bool find_calls(void)
{
	*(void **)&api.get_frame = symbol("PyThreadState_GetFrame");
	*(void **)&api.drop = symbol("Py_DecRef");
	*(void **)&api.gc_disable = symbol("PyGC_Disable");
	*(void **)&api.gc_enable = symbol("PyGC_Enable");
	*(void **)&api.error = symbol("PyErr_Occurred");
	*(void **)&api.error_clear = symbol("PyErr_Clear");
	*(void **)&api.error_fetch = symbol("PyErr_Fetch");
	*(void **)&api.error_restore = symbol("PyErr_Restore");
	*(void **)&api.type_lookup = symbol("_PyType_Lookup");
	*(void **)&api.generic_get = symbol("PyObject_GenericGetAttr");
	*(void **)&api.str = symbol("PyUnicode_FromString");
	api.str_type = symbol("PyUnicode_Type");
	return api.drop && api.error && api.error_clear && api.error_fetch && api.error_restore;
}

/* Where things lie in the frames of this version. */
static void find_frames(void)
{
	const struct layout *layout = &python.layout;
	struct frame_layout *frames = &python.frames;
	python.code_lines = python.minor < 10 ? layout->PyCodeObject.co_lnotab
					      : layout->PyCodeObject.co_linetable;
	python.code_name =
		python.minor < 11 ? layout->PyCodeObject.co_name : layout->PyCodeObject.co_qualname;
	frames->are_objects = python.minor < 11;
	if (frames->are_objects) {
		frames->current = layout->PyThreadState.frame;
		frames->previous = layout->PyFrameObject.f_back;
		frames->code = layout->PyFrameObject.f_code;
		frames->instruction = layout->PyFrameObject.f_lasti;
		frames->locals = layout->PyFrameObject.f_localsplus;
		frames->trace_lines = layout->PyFrameObject.f_trace_lines;
		frames->generator = layout->PyFrameObject.f_gen;
		return;
	}
	frames->has_c_frames = python.minor < 13;
	frames->current = frames->has_c_frames ? layout->PyThreadState.cframe
					       : layout->PyThreadState.current_frame;
	frames->of_c_frame = layout->PyCFrame.current_frame;
	frames->previous = layout->PyInterpreterFrame.previous;
	frames->code = python.minor < 13 ? layout->PyInterpreterFrame.f_code
					 : layout->PyInterpreterFrame.f_executable;
	frames->instruction = python.minor < 13 ? layout->PyInterpreterFrame.prev_instr
						: layout->PyInterpreterFrame.instr_ptr;
	frames->object = layout->PyInterpreterFrame.frame_obj;
	frames->owner = layout->PyInterpreterFrame.owner;
	frames->locals = layout->PyInterpreterFrame.localsplus;
}

/* PY_VERSION_HEX without the level of the release; 0: not known. */
static uint32_t find_version(void)
{
	const unsigned long *number = symbol("Py_Version"); /* from 3.11 on */
	const char *(*text)(void);
	*(void **)&text = symbol("Py_GetVersion");
	unsigned major, minor, micro;
	if (number)
		return (uint32_t)*number;
	if (!text || sscanf(text(), "%u.%u.%u", &major, &minor, &micro) != 3)
		return 0;
	return major << 24 | minor << 16 | micro << 8;
}

const char *python_find(bool *is_python_ret)
{
	*is_python_ret = symbol("PyMem_SetAllocator") != NULL;
	if (!*is_python_ret)
		return NULL;
	python.version = find_version();
	python.minor = python.version >> 16 & 0xff;
	if (python.version >> 24 != 3 || python.minor < 9 || python.minor > 15)
		return "only CPython 3.9 to 3.15 can be traced";
	if (symbol("_Py_MergeZeroLocalRefcount"))
		return "free-threaded builds cannot be traced";
	layouts_find(python.minor, python.version >> 8 & 0xff, symbol("_Py_NegativeRefcount"),
		&python.layout);
	find_frames();
	if (!find_symbols() || !find_calls())
		return "this Python does not export what the tracer needs";
	/* 3.11.0: a frame that returns is still the innermost while it is cleared. */
	bool has_objects =
		python.version >= 0x030b0100 && api.get_frame && api.gc_disable && api.gc_enable;
	python.can_mark =
		(python.frames.are_objects || has_objects) && !is_set("WHYMEM_TRACE_UNMARKED");
	return NULL;
}

/* ---- calls ---- */

/* Where the innermost frame of the running thread stands. */
static const char **innermost_of(const char *thread)
{
	char *holder = (char *)thread;
	if (!python.frames.has_c_frames)
		return (const char **)(holder + python.frames.current);
	holder = (char *)pointer(thread, python.frames.current);
	return (const char **)(holder + python.frames.of_c_frame);
}

const char *python_frame_object(const char *thread, const char *frame)
{
	if (api.error() || !hooks_are_outermost())
		return NULL;
	const char **current = innermost_of(thread), *innermost = *current;
	bool collects = api.gc_disable();
	*current = frame;
	const char *object = api.get_frame((void *)thread);
	*current = innermost;
	if (object)
		api.drop((void *)object);
	else
		api.error_clear();
	if (collects)
		api.gc_enable();
	return object && pointer(frame, python.frames.object) == object ? object : NULL;
}

uint64_t python_frame_object_bytes(const char *code)
{
	const struct layout *layout = &python.layout;
	static const char *frame_type;
	if (!frame_type)
		frame_type = symbol("PyFrame_Type");
	if (!frame_type)
		return 0;
	uint64_t n = load_u64(frame_type + layout->PyTypeObject.tp_basicsize);
	uint32_t n_slots = load_u32(code + layout->PyCodeObject.co_nlocalsplus) +
			   load_u32(code + layout->PyCodeObject.co_stacksize);
	return n + 8ull * n_slots;
}

static bool is_str(const char *str, const char *text)
{
	const struct layout *layout = &python.layout;
	uint64_t n = strlen(text);
	return str && load_u64(str + layout->PyASCIIObject.length) >= n &&
	       (load_u32(str + layout->PyASCIIObject.state) >> 5 & 3) == 3 &&
	       !memcmp(str + layout->PyASCIIObject.n_bytes +
			       load_u64(str + layout->PyASCIIObject.length) - n,
		       text, n);
}

/* The plain attribute of an object: no property, no __getattr__. */
static void *attribute(const char *object, const char *name)
{
	void *key = api.str(name), *value = NULL;
	if (key && !api.type_lookup(pointer(object, python.layout.PyObject.ob_type), key))
		value = api.generic_get((void *)object, key);
	if (key)
		api.drop(key);
	return value;
}

/*
 * Meanwhile no frame is there: debug builds of 3.14 on check that nothing is
 * freed while the innermost one runs an instruction that does not allow it.
 */
uint32_t python_thread_name(const char *thread, const char *outermost)
{
	const struct layout *layout = &python.layout;
	const char *code = frame_code(outermost);
	const char *self = (const char *)(load_u64(outermost + python.frames.locals) & ~3ull);
	uint32_t name = 0;
	if (!code || !self || !is_str(pointer(code, layout->PyCodeObject.co_name), "_bootstrap") ||
		!is_str(pointer(code, layout->PyCodeObject.co_filename), "threading.py") ||
		!api.type_lookup || !api.generic_get || !api.str || !api.gc_disable ||
		!hooks_are_outermost())
		return 0;
	void *type, *value, *traceback;
	const char **current = innermost_of(thread), *innermost = *current;
	bool collects = api.gc_disable();
	*current = NULL;
	own.calls_python = true;
	api.error_fetch(&type, &value, &traceback);
	char *str = attribute(self, "_name");
	if (str && pointer(str, layout->PyObject.ob_type) == api.str_type)
		name = tree_str(str);
	if (str)
		api.drop(str);
	api.error_restore(type, value, traceback);
	own.calls_python = false;
	*current = innermost;
	if (collects)
		api.gc_enable();
	return name;
}
