/*
 * Which CPython this process runs, by the symbols that it exports.
 */
#include "agent.h"

#include "cpython/layouts.h"

#include <dlfcn.h>
#include <stdlib.h>

struct python python;

static void *symbol(const char *name)
{
	return dlsym(RTLD_DEFAULT, name);
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);
	return value && *value;
}

static bool find_symbols(void)
{
	char *runtime = symbol("_PyRuntime");
	*(void **)&python.get_allocator = symbol("PyMem_GetAllocator");
	*(void **)&python.set_allocator = symbol("PyMem_SetAllocator");
	python.code_type = symbol("PyCode_Type");
	*(void **)&python.thread_state = symbol(
		python.minor >= 13 ? "PyThreadState_GetUnchecked" : "_PyThreadState_UncheckedGet");
	*(void **)&python.own_thread_state = symbol("PyGILState_GetThisThreadState");
	if (runtime && python.layout.PyRuntimeState._finalizing != LAYOUT_ABSENT)
		python.finalizing =
			(const void *volatile *)(runtime +
						 python.layout.PyRuntimeState._finalizing);
	return python.get_allocator && python.set_allocator && python.code_type &&
	       python.thread_state && python.own_thread_state && python.finalizing;
}

const char *python_find(bool *is_python_ret)
{
	const unsigned long *version = symbol("Py_Version");
	*is_python_ret = symbol("PyMem_SetAllocator") != NULL;
	if (!*is_python_ret)
		return NULL;
	python.version = version ? (uint32_t)*version : 0;
	python.minor = python.version >> 16 & 0xff;
	if (python.version >> 24 != 3 || python.minor < 11 || python.minor > 13)
		return "only CPython 3.11, 3.12 and 3.13 can be traced";
	if (symbol("_Py_MergeZeroLocalRefcount"))
		return "free-threaded builds cannot be traced";
	if (is_set("PYTHONMALLOC") || is_set("PYTHONDEVMODE"))
		return "PYTHONMALLOC or PYTHONDEVMODE is set: it takes the tracer's hooks away";
	layouts_find(python.minor, python.version >> 8 & 0xff, symbol("_Py_NegativeRefcount"),
		&python.layout);
	return find_symbols() ? NULL : "this Python does not export what the tracer needs";
}
