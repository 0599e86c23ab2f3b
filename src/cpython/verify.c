/*
 * A candidate and its offsets become an open interpreter, if the structures of
 * the target are what the offsets say: each check would fail on a layout that
 * is off by a word.
 */
#include "cpython/runtime.h"

#define INTERPRETERS_MAX 4096
#define READY (1u << 12)      /* tp_flags */
#define NONE_SEARCH_MAX 10000 /* entries of module dicts to look at for None */

/* The C string that `type` is named by equals `name`. */
static bool type_is_named(const struct cpython *cpython, addr_t type, const char *name)
{
	char text[32];
	addr_t at = mem_word(cpython->mem, type + cpython->layout->PyTypeObject.tp_name);
	return at && mem_read_string(cpython->mem, at, text, sizeof(text)) && !strcmp(text, name);
}

static addr_t symbol_or_zero(const struct cpython *cpython, const char *name)
{
	struct module_span symbol;
	return module_find_symbol(cpython->module, name, &symbol) ? symbol.address : 0;
}

static uint32_t threads_member(const struct layout *layout)
{
	return layout->PyInterpreterState.threads_head == LAYOUT_ABSENT
		       ? layout->PyInterpreterState.tstate_head
		       : layout->PyInterpreterState.threads_head;
}

static uint32_t modules_member(const struct layout *layout)
{
	return layout->PyInterpreterState.imports_modules == LAYOUT_ABSENT
		       ? layout->PyInterpreterState.modules
		       : layout->PyInterpreterState.imports_modules;
}

/*
 * Could this be the main interpreter? It has number 0, a thread that points back,
 * and a dict of modules, whose type's type is the type of types.
 */
static bool looks_like_main(const struct mem *mem, addr_t main, const struct layout *layout)
{
	addr_t thread = mem_word(mem, main + threads_member(layout));
	addr_t modules = mem_word(mem, main + modules_member(layout));
	if (!thread || !modules || mem_word(mem, main + layout->PyInterpreterState.id) ||
		mem_word(mem, thread + layout->PyThreadState.interp) != main)
		return false;
	addr_t dict_type = mem_word(mem, modules + layout->PyObject.ob_type);
	addr_t type = dict_type ? mem_word(mem, dict_type + layout->PyObject.ob_type) : 0;
	return type && type != dict_type && mem_word(mem, type + layout->PyObject.ob_type) == type;
}

static bool leads_to(const struct mem *mem, addr_t first, addr_t main, uint32_t next)
{
	unsigned n = 0;
	while (first && first != main && n++ < INTERPRETERS_MAX)
		first = mem_word(mem, first + next);
	return first && first == main;
}

addr_t scan_for_runtime(
	const struct mem *mem, const struct module *module, const struct layout *layout)
{
	uint32_t head = layout->PyRuntimeState.interpreters_head;
	uint32_t step = layout->PyRuntimeState.interpreters_main - head;
	vec_foreach (&module->writable, span) {
		addr_t end = span->address + MIN(span->n_bytes, SCAN_MAX);
		for (addr_t at = align_up(span->address, 8) + head; at + step + 8 <= end; at += 8) {
			addr_t first = mem_word(mem, at), main = mem_word(mem, at + step);
			if (leads_to(mem, first, main, layout->PyInterpreterState.next) &&
				looks_like_main(mem, main, layout))
				return at - head;
		}
	}
	return 0;
}

/* ---- checks ---- */

static const char *read_interpreters(
	const struct candidate *candidate, const struct layout *layout, struct cpython *ret)
{
	const struct mem *mem = ret->mem;
	addr_t head = mem_word(mem, candidate->runtime + layout->PyRuntimeState.interpreters_head);
	addr_t main = mem_word(mem, candidate->runtime + layout->PyRuntimeState.interpreters_main);
	bool main_listed = false;
	if (!head || !main)
		return "it has no interpreter (not started yet, or finished)";
	for (addr_t at = head; at; at = mem_word(mem, at + layout->PyInterpreterState.next)) {
		struct interpreter *interpreter = vec_add(&ret->interpreters);
		if (!interpreter || ret->interpreters.n > INTERPRETERS_MAX ||
			!mem_at(mem, at, layout->PyInterpreterState.n_bytes))
			return "its list of interpreters does not end";
		*interpreter = (struct interpreter){at, at + layout->PyInterpreterState.gc};
		main_listed = main_listed || at == main;
	}
	addr_t thread = mem_word(mem, main + threads_member(layout));
	if (!main_listed)
		return "its list of interpreters lacks the main one";
	if (!thread || mem_word(mem, thread + layout->PyThreadState.interp) != main)
		return "its main interpreter has no thread";
	return NULL;
}

/* The type of types, found from the dict of modules when no symbol tells it. */
static const char *find_types(struct cpython *cpython, addr_t modules)
{
	const struct layout *layout = cpython->layout;
	addr_t dict_type = cpython_type_of(cpython, modules);
	addr_t type = symbol_or_zero(cpython, "PyType_Type");
	uint64_t flags;
	cpython->type_type = type ? type : cpython_type_of(cpython, dict_type);
	if (cpython_type_of(cpython, cpython->type_type) != cpython->type_type ||
		!type_is_named(cpython, cpython->type_type, "type"))
		return "its type of types is not where it should be";
	if (!mem_read_u64(cpython->mem, dict_type + layout->PyTypeObject.tp_flags, &flags) ||
		!(flags & READY) || !type_is_named(cpython, dict_type, "dict"))
		return "its table of modules is no dict";
	return NULL;
}

static const char *check_modules(const struct cpython *cpython, addr_t modules)
{
	static const char *const names[] = {"sys", "builtins"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		addr_t module = cpython_dict_get(cpython, modules, names[i]);
		if (!module || !type_is_named(cpython, cpython_type_of(cpython, module), "module"))
			return "its table of modules lacks sys or builtins";
	}
	return NULL;
}

/* None is bound to names of nearly every module (__doc__, __spec__ ...). */
static addr_t search_none(const struct cpython *cpython, addr_t modules)
{
	struct dict_cursor cursor, members;
	addr_t key, module, value;
	unsigned n = 0;
	if (!dict_cursor_open(cpython, modules, &cursor))
		return 0;
	while (dict_next(&cursor, &key, &module)) {
		addr_t dict =
			mem_word(cpython->mem, module + cpython->layout->PyModuleObject.md_dict);
		if (!dict_cursor_open(cpython, dict, &members))
			continue;
		while (dict_next(&members, &key, &value))
			if (type_is_named(cpython, cpython_type_of(cpython, value), "NoneType"))
				return value;
			else if (++n > NONE_SEARCH_MAX)
				return 0;
	}
	return 0;
}

/* What a running thread executes must be code with a readable name. */
static const char *check_frames(struct cpython *cpython, addr_t main)
{
	char name[256];
	addr_t thread = mem_word(cpython->mem, main + threads_member(cpython->layout));
	addr_t address = thread ? cpython_thread_frame(cpython, thread) : 0;
	struct frame frame = {0};
	for (unsigned i = 0; address && i < 8 && !frame.code; i++, address = frame.previous)
		if (!cpython_read_frame(cpython, address, &frame))
			return "its current frame cannot be read";
	if (!frame.code)
		return NULL;
	addr_t type = cpython_type_of(cpython, frame.code);
	struct code code;
	if (!type_is_named(cpython, type, "code") ||
		!cpython_read_code(cpython, frame.code, &code) ||
		!cpython_read_str(cpython, code.filename, name, sizeof(name)) ||
		!cpython_read_str(cpython, code.name, name, sizeof(name)))
		return "its current frame runs no readable code";
	if (!cpython->code_type)
		cpython->code_type = type;
	return NULL;
}

const char *verify_runtime(
	const struct candidate *candidate, const struct layout *layout, struct cpython *ret)
{
	const char *problem = read_interpreters(candidate, layout, ret);
	if (problem)
		return problem;
	addr_t main =
		mem_word(ret->mem, candidate->runtime + layout->PyRuntimeState.interpreters_main);
	addr_t modules = mem_word(ret->mem, main + modules_member(layout));
	ret->code_type = symbol_or_zero(ret, "PyCode_Type");
	ret->none = symbol_or_zero(ret, "_Py_NoneStruct");
	problem = modules ? find_types(ret, modules)
			  : "it has no table of modules (not started yet, or finished)";
	if (!problem)
		problem = check_modules(ret, modules);
	if (!problem)
		problem = check_frames(ret, main);
	if (!problem && !ret->none)
		ret->none = search_none(ret, modules);
	return problem;
}
