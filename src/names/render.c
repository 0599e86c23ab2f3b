/*
 * Writes paths, roots and types as text, and makes fingerprints of them.
 */
#include "names/names_int.h"

#include <stdio.h>
#include <xxhash.h>

/* Steps of a very long path that are written at its beginning and at its end. */
#define STEPS_FIRST 32
#define STEPS_LAST 8

/* ---- objects and types ---- */

void names_type_render(const struct snapshot *snapshot, type_id type, struct text *text)
{
	const struct snap_type *t = &snapshot->types.data[type];
	const char *module = names_string(snapshot, t->module);
	if (module && strcmp(module, "builtins") != 0)
		text_format(text, "%s.", module);
	text_add_string(text, snapshot_string(snapshot, t->name));
}

static const char *const holder_names[] = {
	[NODE_MODULE] = "module",
	[NODE_FRAME] = "frame",
	[NODE_THREAD] = "thread",
	[NODE_TASK] = "task",
	[NODE_INTERPRETER] = "interpreter",
	[NODE_STATIC] = "static",
	[NODE_C_HELD] = "c_held",
};

const char *names_type(const struct snapshot *snapshot, uint32_t node)
{
	if (!is_object(snapshot, node))
		return holder_names[holder_get(snapshot, node)->kind];
	return snapshot_string(snapshot, snapshot->types.data[snapshot->type[node]].name);
}

/* What a function, generator or coroutine calls itself, or NULL. */
static const char *own_name(const struct snapshot *snapshot, uint32_t object)
{
	const char *found = NULL;
	uint64_t begin = snapshot->edge_start[object];
	uint64_t end = MIN(snapshot->edge_start[object + 1], begin + 64);
	for (uint64_t e = begin; e < end; e++) {
		if (snapshot->edge_kind[e] != EDGE_ATTR_STATIC)
			continue;
		const char *member = snapshot_string(snapshot, snapshot->edge_operand[e]);
		bool is_qualified =
			!strcmp(member, "__qualname__") || !strcmp(member, "co_qualname");
		bool is_plain = !strcmp(member, "__name__") || !strcmp(member, "co_name");
		if (!is_qualified && (!is_plain || found))
			continue;
		const char *name = snapshot_text(snapshot, snapshot->edge_to[e]);
		if (name)
			found = name;
		if (name && is_qualified)
			break;
	}
	return found;
}

/* An object that no path leads to: its class and what it calls itself. */
static void object_render(const struct names *names, uint32_t object, const char *prefix,
	const char *suffix, struct text *text)
{
	const struct snapshot *snapshot = names->snapshot;
	type_id type = type_of_object(names, object);
	if (type != TYPE_NONE) {
		names_type_render(snapshot, type, text);
		return;
	}
	text_format(text, "<%s", prefix);
	names_type_render(snapshot, snapshot->type[object], text);
	const char *name = own_name(snapshot, object);
	if (name)
		text_format(text, " %s", name);
	text_format(text, "%s>", suffix);
}

/* ---- roots ---- */

static void frame_render(const struct names *names, uint32_t frame, struct text *text)
{
	bool is_named;
	const char *module = module_of_frame(names, frame, &is_named);
	if (module && !is_named)
		text_format(text, "%s.", module);
	text_add_string(
		text, snapshot_string(names->snapshot, holder_get(names->snapshot, frame)->name));
}

void root_render(const struct names *names, uint32_t root, struct text *text)
{
	const struct snapshot *snapshot = names->snapshot;
	if (is_object(snapshot, root)) {
		object_render(names, root, "", "", text);
		return;
	}
	const struct snap_node *node = holder_get(snapshot, root);
	const char *name = names_string(snapshot, node->name);
	if (node->kind == NODE_MODULE && name)
		text_add_string(text, name);
	else if (node->kind == NODE_FRAME && name)
		frame_render(names, root, text);
	else if (name && strcmp(name, holder_names[node->kind]) != 0)
		text_format(text, "<%s %s>", holder_names[node->kind], name);
	else
		text_format(text, "<%s>", holder_names[node->kind]);
}

bool names_own_render(const struct names *names, uint32_t node, struct text *text)
{
	if (!is_object(names->snapshot, node)) {
		root_render(names, node, text);
		return true;
	}
	uint32_t module = module_of_object(names, node);
	if (module == OBJ_NONE)
		module = module_of_namespace(names, node);
	bool is_named = module != OBJ_NONE || type_of_object(names, node) != TYPE_NONE ||
			own_name(names->snapshot, node);
	if (is_named)
		root_render(names, module == OBJ_NONE ? node : module, text);
	return is_named;
}

static unsigned root_holder(const struct names *names, const struct path *path)
{
	const struct snapshot *snapshot = names->snapshot;
	uint32_t root = path->node[0];
	return is_object(snapshot, root) ? NODE_C_HELD + 1 : holder_get(snapshot, root)->kind;
}

/*
 * The beginning of an expression; returns how many edges it stands for: what
 * only C code holds and static types are named by themselves.
 */
static uint32_t begin_render(const struct names *names, const struct path *path, struct text *text)
{
	uint32_t root = path->node[0];
	unsigned holder = root_holder(names, path);
	if (path->is_garbage && is_object(names->snapshot, root)) {
		object_render(names, root, "garbage ", "", text);
		return 0;
	}
	if (path->n && holder == NODE_C_HELD && is_object(names->snapshot, path->node[1])) {
		object_render(names, path->node[1], "", " held by C", text);
		return 1;
	}
	if (path->n && holder == NODE_STATIC && is_object(names->snapshot, path->node[1]) &&
		type_of_object(names, path->node[1]) != TYPE_NONE) {
		object_render(names, path->node[1], "", "", text);
		return 1;
	}
	root_render(names, root, text);
	return 0;
}

void names_root_render(const struct names *names, const struct path *path, struct text *text)
{
	begin_render(names, path, text);
}

const char *names_root_kind(const struct names *names, const struct path *path)
{
	const struct snapshot *snapshot = names->snapshot;
	if (path->is_garbage)
		return "garbage";
	switch (root_holder(names, path)) {
	case NODE_MODULE:
		return "module";
	case NODE_FRAME:
		return "frame";
	case NODE_THREAD: {
		const char *member = path->n ? names_edge_text(snapshot, path->edge[0]) : NULL;
		return member && strstr(member, "context") ? "context" : "thread_local";
	}
	case NODE_TASK:
		return "task";
	case NODE_INTERPRETER:
		return "interpreter";
	case NODE_C_HELD:
		return "c_held";
	default:
		return "static";
	}
}

const char *names_module(const struct names *names, const struct path *path)
{
	unsigned holder = root_holder(names, path);
	if (holder == NODE_MODULE)
		return names_string(
			names->snapshot, holder_get(names->snapshot, path->node[0])->name);
	bool is_named;
	return holder == NODE_FRAME ? module_of_frame(names, path->node[0], &is_named) : NULL;
}

/* ---- paths ---- */

static void index_render(uint64_t index, struct text *text)
{
	if (index == UINT64_MAX)
		text_add_string(text, "[*]");
	else
		text_format(text, "[%llu]", (unsigned long long)index);
}

static void key_render(
	const struct names *names, const struct path *path, uint32_t i, struct text *text)
{
	uint32_t key = names->snapshot->edge_operand[path->edge[i]];
	type_id type = key == OBJ_NONE ? TYPE_NONE : type_of_object(names, key);
	if (type == TYPE_NONE) {
		text_add_string(text, "[...]");
		return;
	}
	text_add_string(text, "[");
	names_type_render(names->snapshot, type, text);
	text_add_string(text, "]");
}

static void dotted_render(const char *scope, const char *name, struct text *text)
{
	text_add_string(text, scope);
	if (name)
		text_format(text, ".%s", name);
	else
		text_add_string(text, "[...]");
}

static void field_render(const struct step *step, struct text *text)
{
	if (step->is_silent)
		return;
	if (!step->name) {
		text_format(text, ".<+%llu>", (unsigned long long)step->index);
		return;
	}
	bool is_word = !strchr(step->name, ' ');
	text_format(text, is_word ? ".%s" : ".<%s>", step->name);
	if (step->index != UINT64_MAX)
		index_render(step->index, text);
}

static void step_render(const struct names *names, const struct path *path, uint32_t i,
	const struct step *step, struct text *text)
{
	switch (step->kind) {
	case STEP_ATTR:
	case STEP_SLOT:
		dotted_render("", step->name, text);
		return;
	case STEP_KEY:
		if (step->merged)
			text_add_string(text, "[*]");
		else if (step->name)
			text_format(text, "['%s']", step->name);
		else
			key_render(names, path, i, text);
		return;
	case STEP_INDEX:
		index_render(step->index, text);
		return;
	case STEP_ITEM:
		text_add_string(text, step->of_mapping ? ".keys()[*]" : "[*]");
		return;
	case STEP_LOCAL:
		dotted_render(".<locals>", step->name, text);
		return;
	case STEP_CELL:
		dotted_render(".<closure>", step->name, text);
		return;
	case STEP_FIELD:
		field_render(step, text);
		return;
	case STEP_TYPE:
		text_add_string(text, ".__class__");
		return;
	}
}

static void steps_render(const struct names *names, const struct path *path, uint32_t begin,
	uint32_t end, struct text *text)
{
	for (uint32_t i = begin; i < end; i++) {
		struct step step;
		if (names_step(names, path, i, &step))
			step_render(names, path, i, &step, text);
	}
}

void names_render(const struct names *names, const struct path *path, struct text *text)
{
	uint32_t begin = begin_render(names, path, text);
	if (path->n <= STEPS_FIRST + STEPS_LAST) {
		steps_render(names, path, begin, path->n, text);
		return;
	}
	steps_render(names, path, begin, STEPS_FIRST, text);
	text_format(text, ".<%u more>", path->n - STEPS_FIRST - STEPS_LAST);
	steps_render(names, path, path->n - STEPS_LAST, path->n, text);
}

struct error *names_fingerprint(
	const struct names *names, const struct path *path, char ret[FINGERPRINT_SIZE])
{
	struct text text _cleanup_text_ = {0};
	text_format(&text, "%s ", names_root_kind(names, path));
	uint32_t begin = begin_render(names, path, &text);
	uint32_t end = MIN(path->n, STEPS_FIRST);
	for (uint32_t i = begin; i < end; i++) {
		struct step step;
		if (!names_step(names, path, i, &step))
			continue;
		if (step.kind == STEP_INDEX)
			step.index = UINT64_MAX;
		step_render(names, path, i, &step, &text);
	}
	struct error *error = text_finish(&text);
	if (!error)
		snprintf(ret, FINGERPRINT_SIZE, "%016llx",
			(unsigned long long)XXH3_64bits(text_get(&text), text.n));
	return error;
}

/* ---- where things stand ---- */

static bool definition_of(const struct snapshot *snapshot, uint32_t object, struct location *ret)
{
	uint64_t value;
	if (!is_object(snapshot, object) ||
		!snapshot_fact(snapshot, object, FACT_DEFINED_AT, &value))
		return false;
	ret->file = names_string(snapshot, (str_id)(value >> 32));
	ret->line = (uint32_t)value;
	return true;
}

/* Members that lead from what runs to its code. */
static bool leads_to_code(const struct snapshot *snapshot, uint64_t edge)
{
	static const char *const members[] = {"__code__", "__func__", "__wrapped__", "func",
		"gi_code", "cr_code", "ag_code", "f_code"};
	unsigned kind = snapshot->edge_kind[edge];
	if (kind != EDGE_ATTR_STATIC && kind != EDGE_FIELD)
		return false;
	const char *name = snapshot_string(snapshot, snapshot->edge_operand[edge]);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (!strcmp(name, members[i]))
			return true;
	return false;
}

/* Of the code that `object` runs, at most `depth` members away. */
static bool find_definition(
	const struct snapshot *snapshot, uint32_t object, unsigned depth, struct location *ret)
{
	if (definition_of(snapshot, object, ret))
		return true;
	if (!depth || !is_object(snapshot, object))
		return false;
	uint64_t begin = snapshot->edge_start[object];
	uint64_t end = MIN(snapshot->edge_start[object + 1], begin + 32);
	for (uint64_t e = begin; e < end; e++) {
		if (leads_to_code(snapshot, e) &&
			find_definition(snapshot, snapshot->edge_to[e], depth - 1, ret))
			return true;
	}
	return false;
}

struct location names_root_location(const struct names *names, const struct path *path)
{
	const struct snapshot *snapshot = names->snapshot;
	struct location location = {0};
	if (is_object(snapshot, path->node[0]))
		return location;
	const struct snap_node *node = holder_get(snapshot, path->node[0]);
	location.file = names_string(snapshot, node->file);
	location.line = node->line;
	return location;
}

struct location names_location(const struct names *names, const struct path *path)
{
	struct location location = {0};
	if (find_definition(names->snapshot, path_end(path), 2, &location))
		return location;
	return names_root_location(names, path);
}
