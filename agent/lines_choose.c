/*
 * Which functions are watched. The audit event of every module that begins hands
 * over its code object before any of it runs: all functions are in its constants.
 * @profile is a function among the builtins, or of a module `memory_profiler`
 * where there is none: it returns what it is given.
 */
#include "lines.h"

#include <stdio.h>
#include <sys/stat.h>

enum {
	CODES = 4096, /* nested code objects that wait for their turn */
	CODE_OPTIMIZED = 1,
	WRAPPERS = 8, /* around a decorated function */
	NAME_BYTES = 512,
};

static object *profile_function;

/* Python runs the text of -c next: libraries make code of texts as well. */
static bool is_command_next;

static uint32_t code_flags(const char *code)
{
	uint32_t flags;
	memcpy(&flags, code + python.layout.PyCodeObject.co_flags, sizeof(flags));
	return flags;
}

static uint32_t first_line(const char *code)
{
	uint32_t line;
	memcpy(&line, code + python.layout.PyCodeObject.co_firstlineno, sizeof(line));
	return line;
}

static object *member(const char *code, uint32_t offset)
{
	object *value;
	memcpy(&value, code + offset, sizeof(value));
	return value;
}

static bool is_code(const object *value)
{
	return value && member(value, python.layout.PyObject.ob_type) == python.code_type;
}

static const char *text_of(object *str)
{
	const char *text = str ? capi.utf8(str, NULL) : NULL;
	if (!text)
		capi.error_clear();
	return text ? text : "?";
}

/* ---- code objects and those within them ---- */

struct nest {
	uint32_t n;
	struct nested {
		object *code;
		uint32_t owner; /* function + 1 that it belongs to, 0: none */
		char name[NAME_BYTES];
	} codes[CODES];
};

static void add_nested(struct nest *nest, object *code, uint32_t owner, const char *name)
{
	if (nest->n == CODES) {
		lines.header->n_lost_functions++;
		return;
	}
	struct nested *nested = &nest->codes[nest->n++];
	nested->code = code;
	nested->owner = owner;
	snprintf(nested->name, sizeof(nested->name), "%s", name);
}

/* "Class.method", "outer.<locals>.inner"; what stands in a module, its bare name. */
static void name_inner(char *to, const char *outer, bool in_function, object *code)
{
	const char *name = text_of(member(code, python.layout.PyCodeObject.co_name));
	if (!*outer)
		snprintf(to, NAME_BYTES, "%s", name);
	else
		snprintf(to, NAME_BYTES, "%s%s.%s", outer, in_function ? ".<locals>" : "", name);
}

static void add_inner(struct nest *nest, const struct nested *outer, uint32_t owner)
{
	char name[NAME_BYTES];
	object *constants = member(outer->code, python.layout.PyCodeObject.co_consts);
	bool in_function = code_flags(outer->code) & CODE_OPTIMIZED;
	const char *outer_name = !strcmp(outer->name, "<module>") ? "" : outer->name;
	ssize_t n = capi.tuple_size(constants);
	for (ssize_t i = n - 1; i >= 0; i--) {
		object *constant = capi.tuple_get(constants, i);
		if (!is_code(constant))
			continue;
		name_inner(name, outer_name, in_function, constant);
		add_nested(nest, constant, owner, name);
	}
}

/* ---- lines of code ---- */

typedef void (*line_fn)(void *context, uint32_t line);

static void each_listed_line(object *code, line_fn fn, void *context)
{
	object *rows = capi.call_method(code, "co_lines", NULL);
	object *row;
	while (rows && (row = capi.next(rows))) {
		object *line = capi.tuple_get(row, 2);
		if (line && line != capi.none)
			fn(context, (uint32_t)capi.long_value(line));
		capi.drop(row);
	}
	if (rows)
		capi.drop(rows);
	capi.error_clear();
}

static void each_line(object *code, line_fn fn, void *context)
{
	if (python.minor >= 10) {
		each_listed_line(code, fn, context);
		return;
	}
	object *bytes = capi.get_attribute(code, "co_code");
	ssize_t n = bytes ? capi.size(bytes) : 0;
	for (ssize_t i = 0; i < n; i += 2)
		fn(context, (uint32_t)capi.line_of(code, (int)i));
	if (bytes)
		capi.drop(bytes);
	capi.error_clear();
}

static void keep_last(void *context, uint32_t line)
{
	uint32_t *last = context;
	*last = MAX(*last, line);
}

/* The last line of a function, with all that is in it. */
static uint32_t last_line(object *code)
{
	static struct nest nest;
	uint32_t last = 0;
	nest.n = 0;
	add_nested(&nest, code, 0, "");
	while (nest.n) {
		struct nested nested = nest.codes[--nest.n];
		each_line(nested.code, keep_last, &last);
		add_inner(&nest, &nested, 0);
	}
	return last;
}

static void mark_line(void *context, uint32_t line)
{
	const struct lines_function *function = context;
	uint32_t index = line - function->first_line;
	if (index < function->n_lines)
		lines.lines[function->first + index].has_code = 1;
}

/* ---- functions ---- */

static uint32_t add_text(const char *text)
{
	struct lines_header *header = lines.header;
	size_t n = strlen(text) + 1;
	uint32_t at = header->n_text_bytes;
	if (n > LINES_TEXT_BYTES - at || !lines_back(lines.texts + at, n))
		return 0;
	memcpy(lines.texts + at, text, n);
	__atomic_store_n(&header->n_text_bytes, at + (uint32_t)n, __ATOMIC_RELEASE);
	return at;
}

static uint32_t add_file(const char *file)
{
	static uint32_t last;
	if (!last || strcmp(lines.texts + last, file) != 0)
		last = add_text(file);
	return last;
}

static bool is_same(const struct lines_function *a, const struct lines_function *b)
{
	return a->first_line == b->first_line && a->n_lines == b->n_lines &&
	       !strcmp(lines.texts + a->file, lines.texts + b->file);
}

/* The function + 1, 0 when there is no place. A module that runs again has its old ones. */
static uint32_t add_function(object *code, const char *name, uint32_t flags)
{
	struct lines_header *header = lines.header;
	uint32_t n = header->n_functions, first = MAX(first_line(code), 1);
	uint32_t last = MAX(last_line(code), first);
	struct lines_function function = {
		.file = add_file(text_of(member(code, python.layout.PyCodeObject.co_filename))),
		.first_line = first,
		.n_lines = last - first + 1,
		.first = header->n_lines,
		.flags = flags,
	};
	for (uint32_t i = 0; i < n; i++) {
		const struct lines_function *known = &lines.functions[i];
		if (is_same(known, &function) && !strcmp(lines.texts + known->name, name))
			return i + 1;
	}
	function.name = add_text(name);
	if (n == LINES_FUNCTIONS || !function.file || !function.name ||
		function.n_lines > LINES_LINES - header->n_lines ||
		!lines_back(&lines.functions[n], sizeof(function)) ||
		!lines_back(&lines.lines[function.first],
			function.n_lines * sizeof(struct lines_line))) {
		header->n_lost_functions++;
		return 0;
	}
	lines.functions[n] = function;
	header->n_lines += function.n_lines;
	__atomic_store_n(&header->n_functions, n + 1, __ATOMIC_RELEASE);
	return n + 1;
}

static void watch(object *code, uint32_t function, bool is_part)
{
	struct watched *watched = lines_add(code);
	if (!watched) {
		lines.header->n_lost_functions++;
		return;
	}
	if (!watched->is_on)
		capi.take(code);
	watched->function = function;
	watched->is_part = is_part;
	watched->is_on = true;
	each_line(code, mark_line, &lines.functions[function]);
	lines_events_watch(watched);
}

/* ---- what the user named ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool is_file(const struct lines_choice *choice, const char *file)
{
	struct stat found;
	char folder[4096];
	if (strcmp(base_name(file), choice->place) != 0)
		return false;
	snprintf(folder, sizeof(folder), "%.*s", (int)(base_name(file) - file), file);
	size_t n = strlen(folder);
	if (choice->kind == LINES_ZIP && n)
		folder[n - 1] = '\0';
	return !stat(choice->kind == LINES_ZIP ? folder : file, &found) &&
	       found.st_dev == choice->device && found.st_ino == choice->inode;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), n_end = strlen(end);
	return n >= n_end && !strcmp(text + n - n_end, end);
}

/* The file of a module: "/pkg/module.py", or of a package. */
static bool is_module(const char *module, const char *file)
{
	static const char *const endings[] = {".py", "/__init__.py", "/__main__.py"};
	char path[LINES_NAME_BYTES + 32] = "/";
	size_t n = 1;
	for (; *module && n <= LINES_NAME_BYTES; module++)
		path[n++] = *module == '.' ? '/' : *module;
	path[n] = '\0';
	if (path[n - 1] == '*') {
		path[n - 1] = '\0';
		return strstr(file, path) != NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		snprintf(path + n, sizeof(path) - n, "%s", endings[i]);
		if (ends_with(file, path) || !strcmp(file, path + 1))
			return true;
	}
	return false;
}

static bool is_place(const struct lines_choice *choice, const char *file)
{
	switch (choice->kind) {
	case LINES_FILE:
	case LINES_ZIP:
		return is_file(choice, file);
	case LINES_TEXT:
		return !strcmp(file, choice->place) &&
		       (is_command_next || strcmp(file, "<string>") != 0);
	case LINES_MODULE:
		return is_module(choice->place, file);
	default:
		return false;
	}
}

/* Is `name` the function that is wanted? "<locals>." may be left out. */
static bool is_name(const char *wanted, const char *name)
{
	static const char locals[] = "<locals>.";
	while (*name && *wanted) {
		if (!strncmp(name, locals, strlen(locals)) && *wanted != '<')
			name += strlen(locals);
		else if (*name++ != *wanted++)
			return false;
	}
	return !*name && !*wanted;
}

/* Choices that apply to the file of a module. */
struct wanted {
	uint32_t n;
	const struct lines_choice *choices[LINES_CHOICES];
};

static struct wanted wanted_in(const char *file)
{
	struct wanted wanted = {0};
	for (uint32_t i = 0; i < MIN(lines.header->n_choices, LINES_CHOICES); i++) {
		const struct lines_choice *choice = &lines.header->choices[i];
		if (choice->is_default && lines.header->n_decorated)
			continue;
		if (is_place(choice, file))
			wanted.choices[wanted.n++] = choice;
	}
	return wanted;
}

static const struct lines_choice *choice_of(const struct wanted *wanted, const char *name)
{
	for (uint32_t i = 0; i < wanted->n; i++) {
		const char *function = wanted->choices[i]->function;
		if (!*function || is_name(function, name))
			return wanted->choices[i];
	}
	return NULL;
}

/* A function of its own: neither a comprehension or lambda, nor the body of a class. */
static bool is_function(const struct nested *nested)
{
	const char *name = text_of(member(nested->code, python.layout.PyCodeObject.co_name));
	return *name != '<' && code_flags(nested->code) & CODE_OPTIMIZED;
}

/* Watches what is wanted of a code object; the function + 1 that it belongs to. */
static uint32_t consider(const struct nested *nested, const struct wanted *wanted)
{
	bool is_toplevel = !strcmp(nested->name, "<module>");
	const struct lines_choice *choice = NULL;
	uint32_t owner = nested->owner;
	if (is_toplevel || is_function(nested))
		choice = choice_of(wanted, nested->name);
	if (choice)
		owner = add_function(nested->code, nested->name,
			(choice->is_default ? LINES_DEFAULT : 0) |
				(*choice->function ? LINES_NAMED : 0) |
				(is_toplevel ? LINES_TOPLEVEL : 0));
	if (owner)
		watch(nested->code, owner - 1, !choice);
	return owner;
}

static void on_module(object *code)
{
	static struct nest nest;
	const char *file = text_of(member(code, python.layout.PyCodeObject.co_filename));
	struct wanted wanted = wanted_in(file);
	is_command_next &= strcmp(file, "<string>") != 0;
	nest.n = 0;
	add_nested(&nest, code, 0, text_of(member(code, python.layout.PyCodeObject.co_name)));
	while (nest.n) {
		struct nested nested = nest.codes[--nest.n];
		lines_events_prepare(nested.code);
		add_inner(&nest, &nested, wanted.n ? consider(&nested, &wanted) : 0);
	}
}

/* ---- @profile ---- */

/* The function in `value`: methods and properties hold one. A new reference, or NULL. */
static object *function_in(object *value)
{
	static const char *const members[] = {"__func__", "__wrapped__", "fget", "func"};
	capi.take(value);
	for (int i = 0; value && i < WRAPPERS; i++) {
		object *code = capi.get_attribute(value, "__code__"), *inner = NULL;
		bool is_function = is_code(code);
		if (code)
			capi.drop(code);
		if (is_function)
			return value;
		for (size_t j = 0; !inner && j < ARRAY_SIZE(members); j++) {
			capi.error_clear();
			inner = capi.get_attribute(value, members[j]);
		}
		capi.drop(value);
		value = inner;
	}
	if (value)
		capi.drop(value);
	return NULL;
}

/* Defaults apply only to programs that decorate nothing. */
static void drop_defaults(void)
{
	for (uint32_t i = 0; i < WATCHED_SLOTS; i++) {
		struct watched *watched = &watched_codes[i];
		uint32_t flags = watched->code ? lines.functions[watched->function].flags : 0;
		if (!watched->is_on || !(flags & LINES_DEFAULT) || flags & LINES_DECORATED)
			continue;
		watched->is_on = false;
		lines_events_unwatch(watched);
	}
}

static void decorate_code(object *code, const char *name)
{
	static struct nest nest;
	uint32_t owner = add_function(code, name, 0);
	if (!owner)
		return;
	lines.functions[owner - 1].flags |= LINES_DECORATED | LINES_NAMED;
	lines.header->n_decorated++;
	nest.n = 0;
	add_nested(&nest, code, owner, name);
	for (bool is_part = false; nest.n; is_part = true) {
		struct nested nested = nest.codes[--nest.n];
		watch(nested.code, owner - 1, is_part);
		add_inner(&nest, &nested, owner);
	}
	if (lines.header->n_decorated == 1)
		drop_defaults();
}

static void decorate(object *value)
{
	object *function = function_in(value);
	object *code = function ? capi.get_attribute(function, "__code__") : NULL;
	object *name = code ? capi.get_attribute(function, "__qualname__") : NULL;
	capi.error_clear();
	if (code)
		decorate_code(code,
			text_of(name ? name : member(code, python.layout.PyCodeObject.co_name)));
	if (name)
		capi.drop(name);
	if (code)
		capi.drop(code);
	if (function)
		capi.drop(function);
}

/* profile(function); profile(stream=..., precision=...), which is a decorator itself. */
static object *profile(object *self, object *arguments, object *names)
{
	(void)self;
	(void)names;
	object *value = capi.tuple_size(arguments) ? capi.tuple_get(arguments, 0) : capi.none;
	if (value == capi.none) {
		capi.take(profile_function);
		return profile_function;
	}
	if (lines_are_on()) {
		struct capi_state state = capi_enter();
		decorate(value);
		capi_leave(&state);
	}
	capi.take(value);
	return value;
}

static void offer_profile(void)
{
	static struct method_def definition = {
		"profile", NULL, METHOD_VARARGS_KEYWORDS, "profile(function): watch its lines."};
	object *builtins = capi.builtins();
	if (profile_function || !builtins)
		return;
	definition.function = (object * (*)(void))(void (*)(void))profile;
	profile_function = capi.new_function(&definition, NULL, NULL);
	if (profile_function && !capi.dict_get(builtins, "profile"))
		capi.dict_set(builtins, "profile", profile_function);
}

/* Has the program a module of that name? */
static bool can_import(const char *name)
{
	object *importlib = capi.dict_get(capi.modules(), "_frozen_importlib_external");
	object *finder = importlib ? capi.get_attribute(importlib, "PathFinder") : NULL;
	object *spec = finder ? capi.call_method(finder, "find_spec", "s", name) : NULL;
	bool is_found = spec != capi.none;
	if (spec)
		capi.drop(spec);
	if (finder)
		capi.drop(finder);
	return is_found;
}

static void on_import(object *name)
{
	static const char module_name[] = "memory_profiler";
	if (strcmp(text_of(name), module_name) != 0 || !profile_function)
		return;
	if (capi.dict_get(capi.modules(), module_name) || can_import(module_name))
		return;
	object *module = capi.new_module(module_name);
	if (!module)
		return;
	if (!capi.set_attribute(module, "profile", profile_function))
		capi.dict_set(capi.modules(), module_name, module);
	capi.drop(module);
}

/* ---- audit events ---- */

/* Others have modules, builtins and tools of their own. */
static bool is_first_interpreter(void)
{
	static const object *first;
	const object *interpreter = capi.interpreter();
	if (!first)
		first = interpreter;
	return first == interpreter;
}

static int on_audit(const char *event, object *arguments, void *context)
{
	static bool is_busy;
	(void)context;
	bool is_exec = !strcmp(event, "exec"), is_import = !strcmp(event, "import");
	if ((is_exec || is_import) && !is_busy && lines_are_on() && is_first_interpreter()) {
		is_busy = true;
		struct capi_state state = capi_enter();
		object *subject = capi.tuple_get(arguments, 0);
		offer_profile();
		if (is_import)
			on_import(subject);
		else if (is_code(subject))
			on_module(subject);
		capi.error_clear();
		capi_leave(&state);
		is_busy = false;
	} else if (!strcmp(event, "cpython.run_command")) {
		is_command_next = true;
	} else if (!strcmp(event, "sys.settrace")) {
		lines_events_trace_set();
	} else if (!strcmp(event, "sys.setprofile")) {
		lines_events_profile_set();
	}
	return 0;
}

const char *lines_choose_begin(void)
{
	return capi.add_audit_hook(on_audit, NULL) ? "the program takes no audit hook" : NULL;
}
