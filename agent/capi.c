#include "lines.h"

#include <dlfcn.h>

struct capi capi;

static const struct {
	void *at;
	const char *name;
	unsigned until_minor; /* 0: every version has it */
} symbols[] = {
	{&capi.add_audit_hook, "PySys_AddAuditHook", 0},
	{&capi.new_function, "PyCFunction_NewEx", 0},
	{&capi.new_module, "PyModule_New", 0},
	{&capi.get_attribute, "PyObject_GetAttrString", 0},
	{&capi.set_attribute, "PyObject_SetAttrString", 0},
	{&capi.call, "PyObject_CallFunction", 0},
	{&capi.call_method, "PyObject_CallMethod", 0},
	{&capi.builtins, "PyEval_GetBuiltins", 0},
	{&capi.modules, "PyImport_GetModuleDict", 0},
	{&capi.sys_object, "PySys_GetObject", 0},
	{&capi.dict_get, "PyDict_GetItemString", 0},
	{&capi.dict_set, "PyDict_SetItemString", 0},
	{&capi.next, "PyIter_Next", 0},
	{&capi.size, "PyObject_Size", 0},
	{&capi.tuple_size, "PyTuple_Size", 0},
	{&capi.tuple_get, "PyTuple_GetItem", 0},
	{&capi.utf8, "PyUnicode_AsUTF8AndSize", 0},
	{&capi.long_value, "PyLong_AsLong", 0},
	{&capi.line_of, "PyCode_Addr2Line", 0},
	{&capi.take, "Py_IncRef", 0},
	{&capi.drop, "Py_DecRef", 0},
	{&capi.error_clear, "PyErr_Clear", 0},
	{&capi.error_fetch, "PyErr_Fetch", 0},
	{&capi.error_restore, "PyErr_Restore", 0},
	{&capi.none, "_Py_NoneStruct", 0},
	{&capi.interpreter, "PyInterpreterState_Get", 0},
	{&capi.set_evaluator, "_PyInterpreterState_SetEvalFrameFunc", 11},
	{&capi.evaluate, "_PyEval_EvalFrameDefault", 11},
	{&capi.set_trace, "_PyEval_SetTrace", 11},
	{&capi.frame_line, "PyFrame_GetLineNumber", 11},
};

const char *capi_find(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		if (symbols[i].until_minor && python.minor > symbols[i].until_minor)
			continue;
		void *symbol = dlsym(RTLD_DEFAULT, symbols[i].name);
		if (!symbol)
			return symbols[i].name;
		memcpy(symbols[i].at, &symbol, sizeof(symbol));
	}
	return NULL;
}

struct capi_state capi_enter(void)
{
	struct capi_state state = {.was_muted = tally.is_muted};
	capi.error_fetch(&state.type, &state.value, &state.traceback);
	tally.is_muted = true;
	return state;
}

void capi_leave(struct capi_state *state)
{
	capi.error_restore(state->type, state->value, state->traceback);
	tally.is_muted = state->was_muted;
}
