#include "trace/places.h"

#include "base/cleanup.h"
#include "base/keymap.h"

#include <ctype.h>

static const char *const by_names[TRACE_BY_COUNT] = {
	"line", "function", "module", "file", "thread"};

const char *trace_by_name(enum trace_by by)
{
	return by_names[by];
}

bool trace_by_find(const char *name, enum trace_by *ret)
{
	for (unsigned i = 0; i < TRACE_BY_COUNT; i++) {
		if (strcmp(by_names[i], name) != 0)
			continue;
		*ret = (enum trace_by)i;
		return true;
	}
	return false;
}

/* ---- whose code ---- */

/* Behind the last `folder` in `file`, or NULL. */
static const char *behind(const char *file, const char *folder)
{
	const char *found = NULL;
	for (const char *at = file; (at = strstr(at, folder)); at++)
		found = at + strlen(folder);
	return found;
}

/* Behind ".../lib/python3.11/" or ".../lib/python311.zip/", or NULL. */
static const char *in_library(const char *file)
{
	const char *at = behind(file, "/lib/python");
	if (!at)
		at = behind(file, "/lib64/python");
	if (!at || !isdigit((unsigned char)*at))
		return NULL;
	at += strspn(at, "0123456789.");
	if (!strncmp(at, "zip/", 4))
		return at + 4;
	return *at == '/' ? at + 1 : NULL;
}

static const char *in_packages(const char *file)
{
	const char *at = behind(file, "/site-packages/");
	return at ? at : behind(file, "/dist-packages/");
}

static bool is_frozen(const char *file)
{
	return !strncmp(file, "<frozen ", strlen("<frozen "));
}

enum trace_owner trace_owner_of(const struct snap_trace_frame *frame, const char *file)
{
	if (frame->kind != TRACE_FRAME_LINE || !*file)
		return TRACE_OWNER_NONE;
	if (in_packages(file))
		return TRACE_OWNER_PACKAGE;
	return is_frozen(file) || in_library(file) ? TRACE_OWNER_LIBRARY : TRACE_OWNER_APPLICATION;
}

static bool is_import(const char *file)
{
	return !strcmp(file, "<frozen importlib._bootstrap>") ||
	       !strcmp(file, "<frozen importlib._bootstrap_external>");
}

/* ---- modules ---- */

#define INIT "/__init__.py"

/* Files of packages, each without "/__init__.py". */
static struct error *find_packages(const struct snapshot *snapshot, struct strpool *packages)
{
	struct error *error = strpool_init(packages);
	for (size_t i = 0; !error && i < snapshot->trace_frames.n; i++) {
		const char *file = snapshot_string(snapshot, snapshot->trace_frames.data[i].file);
		size_t n = strlen(file), n_init = strlen(INIT);
		str_id id;
		if (n > n_init && !strcmp(file + n - n_init, INIT))
			error = strpool_add(packages, file, n - n_init, &id);
	}
	return error;
}

/* Where in the path of an application's file the name of its module begins. */
static struct error *module_begin(
	struct strpool *packages, size_t n_packages, const char *file, const char **ret)
{
	const char *begin = strrchr(file, '/');
	struct error *error = NULL;
	*ret = begin ? begin + 1 : file;
	while (!error && begin > file) {
		str_id id = 0;
		error = strpool_add(packages, file, (size_t)(begin - file), &id);
		if (error || !id || id >= n_packages)
			break;
		while (begin > file && begin[-1] != '/')
			begin--;
		*ret = begin;
		begin -= begin > file;
	}
	return error;
}

static struct error *add_module(struct strpool *modules, const char *path, size_t n, str_id *ret)
{
	_cleanup_free_ char *name = strndup(path, n);
	if (!name)
		return &error_no_memory;
	if (n > 3 && !strcmp(name + n - 3, ".py"))
		name[n -= 3] = '\0';
	if (n > strlen("/__init__") && !strcmp(name + n - strlen("/__init__"), "/__init__"))
		name[n -= strlen("/__init__")] = '\0';
	for (char *at = name; *at; at++)
		if (*at == '/')
			*at = '.';
	return strpool_add(modules, name, n, ret);
}

static struct error *name_module(struct strpool *modules, struct strpool *packages,
	size_t n_packages, const char *file, str_id *ret)
{
	const char *path = in_packages(file);
	if (is_frozen(file)) {
		path = file + strlen("<frozen ");
		return add_module(modules, path, strcspn(path, ">"), ret);
	}
	if (!path)
		path = in_library(file);
	struct error *error = NULL;
	if (!path)
		error = module_begin(packages, n_packages, file, &path);
	return error ? error : add_module(modules, path, strlen(path), ret);
}

static struct error *name_modules(struct trace_places *places, const struct snapshot *snapshot)
{
	struct strpool packages = {0};
	str_id *of_file = calloc(snapshot->strings.offset.n + 1, sizeof(*of_file));
	struct error *error = of_file ? find_packages(snapshot, &packages) : &error_no_memory;
	size_t n_packages = packages.offset.n;
	for (size_t i = 0; !error && i < snapshot->trace_frames.n; i++) {
		str_id file = snapshot->trace_frames.data[i].file;
		if (file && !of_file[file])
			error = name_module(&places->modules, &packages, n_packages,
				snapshot_string(snapshot, file), &of_file[file]);
		places->module[i] = of_file[file];
	}
	strpool_deinit(&packages);
	free(of_file);
	return error;
}

/* ---- places ---- */

/* Frames with equal keys are one place; (file, function) is counted by `functions`. */
static uint64_t key_of(const struct trace_places *places, const struct snapshot *snapshot,
	enum trace_by by, uint32_t number)
{
	const struct snap_trace_frame *frame = &snapshot->trace_frames.data[number];
	if (frame->kind != TRACE_FRAME_LINE || by == TRACE_BY_LINE || by == TRACE_BY_THREAD)
		return (uint64_t)1 << 63 | number;
	if (by == TRACE_BY_FUNCTION)
		return (uint64_t)frame->file << 32 | frame->function;
	return by == TRACE_BY_FILE ? frame->file : places->module[number];
}

static struct error *find_places(
	struct trace_places *places, const struct snapshot *snapshot, enum trace_by by)
{
	struct keymap keys = {0};
	struct error *error = NULL;
	for (uint32_t i = 0; !error && i < snapshot->trace_frames.n; i++) {
		const struct snap_trace_frame *frame = &snapshot->trace_frames.data[i];
		uint32_t place = keymap_add(&keys, key_of(places, snapshot, by, i));
		places->is_import[i] = is_import(snapshot_string(snapshot, frame->file));
		places->owner[i] = trace_owner_of(frame, snapshot_string(snapshot, frame->file));
		places->of_frame[i] = place;
		if (place == places->frames.n) {
			uint32_t *first = vec_add(&places->frames);
			if (first)
				*first = i;
		}
		if (place >= places->frames.n)
			error = &error_no_memory;
	}
	keymap_deinit(&keys);
	return error;
}

struct error *trace_places_init(
	struct trace_places *places, const struct snapshot *snapshot, enum trace_by by)
{
	size_t n = snapshot->trace_frames.n + 1;
	*places = (struct trace_places){
		.of_frame = calloc(n, sizeof(*places->of_frame)),
		.owner = calloc(n, sizeof(*places->owner)),
		.is_import = calloc(n, sizeof(*places->is_import)),
		.module = calloc(n, sizeof(*places->module)),
	};
	bool ok = places->of_frame && places->owner && places->is_import && places->module;
	struct error *error = ok ? strpool_init(&places->modules) : &error_no_memory;
	if (!error)
		error = name_modules(places, snapshot);
	if (!error)
		error = find_places(places, snapshot, by);
	if (error)
		trace_places_deinit(places);
	return error;
}

void trace_places_deinit(struct trace_places *places)
{
	free(places->of_frame);
	free(places->owner);
	free(places->is_import);
	free(places->module);
	vec_deinit(&places->frames);
	strpool_deinit(&places->modules);
	*places = (struct trace_places){0};
}
