/*
 * Finds the interpreter in a capture. Candidates are the mapped ELF files that
 * define _PyRuntime or have a section .PyRuntime (3.10 on; the only trace in
 * stripped static builds); as a last resort, places in writable data that look
 * like a runtime. The first candidate that is initialised and passes all checks
 * is taken: a file may be mapped twice, and a process may hold a second,
 * unused libpython.
 */
#include "base/cleanup.h"
#include "cpython/layouts.h"
#include "cpython/runtime.h"

#include <stdio.h>

#define NEWEST_MINOR 15
#define RUNTIME_SIZE_OFFSET 24 /* of _Py_DebugOffsets.runtime_state.size, 3.13 to 3.15 */
#define DEBUG_BUILD_SYMBOL "_Py_NegativeRefcount" /* only with Py_DEBUG, 3.9 to 3.15 */

const char cpython_supported[] = "whymem reads CPython 3.9 to 3.15 (64-bit, with the GIL)";

/* ---- candidates ---- */

static const char *base_name(const struct map *map)
{
	const char *slash = strrchr(map->path, '/');
	return slash ? slash + 1 : map->path;
}

static bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static bool is_named_python(const struct map *map)
{
	return starts_with(base_name(map), "python") || starts_with(base_name(map), "libpython");
}

static bool is_named_pypy(const struct map *map)
{
	return starts_with(base_name(map), "pypy") || starts_with(base_name(map), "libpypy");
}

/* Where the debug offsets of 3.13 on lie in writable data, or 0. */
static addr_t scan_for_cookie(const struct mem *mem, const struct module *module)
{
	vec_foreach (&module->writable, span) {
		addr_t end = span->address + MIN(span->n_bytes, SCAN_MAX);
		for (addr_t at = align_up(span->address, 8); at + 24 <= end; at += 8)
			if (has_cookie(mem, at))
				return at;
	}
	return 0;
}

static bool find_named_runtime(const struct module *module, struct module_span *ret)
{
	return module_find_symbol(module, "_PyRuntime", ret) ||
	       module_find_section(module, ".PyRuntime", ret);
}

/* By cookie, or by shape when the text of the version is there. */
static bool find_unnamed_runtime(struct candidate *candidate, struct module_span *ret)
{
	const struct mem *mem = &candidate->capture->mem;
	struct layout layout;
	bool exact;
	addr_t runtime = scan_for_cookie(mem, candidate->module);
	if (!runtime && read_version(mem, candidate->module, 0, &candidate->version) &&
		candidate->version.minor >= CPYTHON_OLDEST_MINOR) {
		choose_layout(candidate, &layout, &exact);
		runtime = scan_for_runtime(mem, candidate->module, &layout);
	}
	*ret = (struct module_span){runtime, 0};
	return runtime;
}

/* ---- one candidate ---- */

static struct error *refuse(const struct candidate *candidate, const char *what)
{
	return error_create(ERROR_UNSUPPORTED_PYTHON, 0, cpython_supported, "%s runs %s",
		candidate->capture->program, what);
}

static struct error *check_version(const struct candidate *candidate)
{
	const struct python_version *version = &candidate->version;
	char what[96];
	if (version->minor < CPYTHON_OLDEST_MINOR) {
		snprintf(what, sizeof(what), "Python %s, which is too old", version->text);
		return refuse(candidate, what);
	}
	if (version->free_threaded) {
		snprintf(what, sizeof(what), "free-threaded Python %st", version->text);
		return refuse(candidate, what);
	}
	return NULL;
}

static void fill_in(const struct candidate *candidate, struct layout *layout, struct cpython *ret)
{
	*ret = (struct cpython){
		.capture = candidate->capture,
		.mem = &candidate->capture->mem,
		.layout = layout,
		.traits = traits_find(MIN(candidate->version.minor, NEWEST_MINOR)),
		.version = candidate->version.hex,
		.debug_build = candidate->debug_build,
		.binary = candidate->module->first,
		.module = candidate->module,
		.runtime = candidate->runtime,
	};
	snprintf(ret->version_text, sizeof(ret->version_text), "%s", candidate->version.text);
}

/* Opens `candidate`; takes its module over on success. */
static struct error *try_candidate(struct candidate *candidate, struct cpython *ret)
{
	struct error *error = check_version(candidate);
	if (error)
		return error;
	struct layout *layout = malloc(sizeof(*layout));
	if (!layout)
		return &error_no_memory;
	bool exact;
	choose_layout(candidate, layout, &exact);
	const struct mem *mem = &candidate->capture->mem;
	addr_t main = mem_word(mem, candidate->runtime + layout->PyRuntimeState.interpreters_main);
	bool has_lists = main && probe_generations(mem, main, layout);
	place_end_of_runtime(mem, candidate->runtime, main, layout);
	struct cpython cpython;
	fill_in(candidate, layout, &cpython);
	cpython.nearest_layout = !exact;
	const char *problem = verify_runtime(candidate, layout, &cpython);
	if (!problem && !has_lists)
		problem = "its lists of the garbage collector are not where they should be";
	if (!problem) {
		*ret = cpython;
		return NULL;
	}
	free(layout);
	vec_deinit(&cpython.interpreters);
	return error_create(ERROR_UNSUPPORTED_PYTHON, 0,
		main ? "a newer whymem may know this build; please report its version"
		     : "try again when the program has started",
		"%s runs Python %s, but %s", candidate->capture->program, candidate->version.text,
		problem);
}

/* Without symbols: is the runtime as large as that of a Py_DEBUG build? */
static bool has_debug_size(const struct candidate *candidate)
{
	const struct python_version *version = &candidate->version;
	struct layout debug, release;
	layouts_find(version->minor, version->micro, true, &debug);
	layouts_find(version->minor, version->micro, false, &release);
	uint64_t middle =
		(debug.PyRuntimeState.n_bytes + (uint64_t)release.PyRuntimeState.n_bytes) / 2;
	return debug.PyRuntimeState.n_bytes > release.PyRuntimeState.n_bytes &&
	       candidate->runtime_bytes > middle;
}

static struct error *try_module(
	struct candidate *candidate, struct module_span runtime, struct cpython *ret)
{
	const struct mem *mem = &candidate->capture->mem;
	struct module_span symbol;
	candidate->runtime = runtime.address;
	candidate->runtime_bytes = has_cookie(mem, runtime.address)
					   ? mem_word(mem, runtime.address + RUNTIME_SIZE_OFFSET)
					   : runtime.n_bytes;
	if (!read_version(mem, candidate->module, candidate->runtime, &candidate->version))
		return refuse(candidate, "a Python whose version cannot be told");
	candidate->debug_build =
		module_find_symbol(candidate->module, "PyType_Type", &symbol)
			? module_find_symbol(candidate->module, DEBUG_BUILD_SYMBOL, &symbol)
			: has_debug_size(candidate);
	return try_candidate(candidate, ret);
}

/* ---- all modules ---- */

enum pass { PASS_PYTHON_NAMES, PASS_OTHER_NAMES, PASS_SCAN, PASS_COUNT };

/* What is reported when no module holds a Python that can be read. */
static void keep_error(struct error **kept, struct error *error)
{
	if (!error)
		return;
	if (*kept)
		error_destroy(error);
	else
		*kept = error;
}

static struct error *note_module(const struct candidate *candidate)
{
	const struct module *module = candidate->module;
	struct python_version version;
	struct module_span symbol;
	char what[64];
	if (is_named_pypy(module->first))
		return refuse(candidate, "PyPy");
	if (module->is_32bit && is_named_python(module->first))
		return refuse(candidate, "a 32-bit Python");
	if (module->is_32bit || !module_find_symbol(module, "PyType_Type", &symbol))
		return NULL;
	if (read_version(module->mem, module, 0, &version) && version.minor >= CPYTHON_OLDEST_MINOR)
		return NULL;
	snprintf(what, sizeof(what), "a Python older than 3.%d", CPYTHON_OLDEST_MINOR);
	return refuse(candidate, what);
}

/* True in *done_ret when `map` held the interpreter, which is then open. */
static struct error *look_into(const struct capture *capture, const struct map *map, enum pass pass,
	bool *done_ret, struct cpython *ret, struct error **kept)
{
	struct module *module = malloc(sizeof(*module));
	if (!module)
		return &error_no_memory;
	struct candidate candidate = {.capture = capture, .module = module};
	struct module_span runtime;
	struct error *error = module_open(capture, map, module);
	if (error) {
		free(module);
		if (error->kind != ERROR_CORRUPT_FILE)
			return error;
		error_destroy(error);
		return NULL;
	}
	bool found =
		!module->is_32bit && (pass == PASS_SCAN ? find_unnamed_runtime(&candidate, &runtime)
							: find_named_runtime(module, &runtime));
	if (found)
		error = try_module(&candidate, runtime, ret);
	else if (pass != PASS_SCAN)
		error = note_module(&candidate);
	*done_ret = found && !error;
	if (*done_ret)
		return NULL;
	module_close(module);
	free(module);
	if (error && error->kind != ERROR_UNSUPPORTED_PYTHON)
		return error;
	keep_error(kept, error);
	return NULL;
}

static bool belongs_to(enum pass pass, const struct map *map)
{
	if (pass == PASS_SCAN)
		return true;
	return is_named_python(map) == (pass == PASS_PYTHON_NAMES);
}

struct error *cpython_open(const struct capture *capture, struct cpython *ret)
{
	struct error *kept = NULL;
	for (enum pass pass = 0; pass < PASS_COUNT && !(pass == PASS_SCAN && kept); pass++) {
		const struct map *map = NULL;
		while ((map = module_next_map(capture, map))) {
			bool done = false;
			struct error *error = belongs_to(pass, map) ? look_into(capture, map, pass,
									      &done, ret, &kept)
								    : NULL;
			if (error || done) {
				error_destroy(kept);
				return error;
			}
		}
	}
	if (kept)
		return kept;
	return error_create(ERROR_NOT_PYTHON, 0,
		"give the process id of a running Python program; `whymem ps` lists them",
		"process %d (%s) runs no Python", (int)capture->pid, capture->program);
}

void cpython_close(struct cpython *cpython)
{
	if (cpython->module)
		module_close(cpython->module);
	free(cpython->module);
	free((struct layout *)cpython->layout);
	vec_deinit(&cpython->interpreters);
	*cpython = (struct cpython){0};
}

addr_t cpython_symbol(const struct cpython *cpython, const char *name)
{
	struct module_span symbol;
	return cpython->module && module_find_symbol(cpython->module, name, &symbol)
		       ? symbol.address
		       : 0;
}
