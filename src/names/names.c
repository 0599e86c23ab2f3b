/*
 * Which root is the best to name, and what it costs to go along an edge: so
 * that the cheapest path is the one that a person would write.
 *
 * Modules are roots: a path never enters one through another (`a.logging.root`)
 * nor its namespace through a function's __globals__. Classes are reached by
 * their names, not through their instances.
 */
#include "names/names_int.h"

#include <stdlib.h>

static const uint8_t edge_costs[EDGE_KIND_COUNT] = {
	[EDGE_ATTR] = 1,
	[EDGE_ATTR_STATIC] = 1,
	[EDGE_KEY] = 1,
	[EDGE_INDEX] = 1,
	[EDGE_ITEM] = 2,
	[EDGE_LOCAL] = 1,
	[EDGE_CELL] = 1,
	[EDGE_CELL_CONTENT] = 0,
	[EDGE_STACK] = 3,
	[EDGE_DICT] = 0,
	[EDGE_TYPE] = NAME_COST_CLASS,
	[EDGE_FIELD] = 2,
	[EDGE_SCAN] = 4,
	[EDGE_MEMBER] = 1,
};

#define COST_CLASS_ELSEWHERE 10
#define COST_CLASS_ELEMENT 11

/* By tier. __main__ costs one more than other modules of the application: what it imports
 * from them is theirs. */
static const uint8_t module_costs[] = {0, 5, 9};
static const uint8_t frame_costs[] = {3, 7, 11};
#define COST_MAIN 1
#define COST_ALIAS_OF_MAIN 2 /* what multiprocessing calls it */
#define COST_TASK 8
#define COST_THREAD 12
#define COST_STATIC 13
#define COST_INTERPRETER 14
#define COST_OBJECT 16
#define COST_C_HELD 20

const char *names_string(const struct snapshot *snapshot, str_id id)
{
	return id ? snapshot_string(snapshot, id) : NULL;
}

/* ---- tiers ---- */

static enum tier tier_of_file(const struct names *names, const char *file)
{
	if (strstr(file, "/site-packages/") || strstr(file, "/dist-packages/"))
		return TIER_SITE;
	if (!strncmp(file, "<frozen ", strlen("<frozen ")))
		return TIER_STDLIB;
	if (names->stdlib.n && !strncmp(file, names->stdlib.data, names->stdlib.n))
		return TIER_STDLIB;
	return TIER_APPLICATION;
}

static enum tier tier_of(const struct names *names, const struct snap_node *node)
{
	const char *file = names_string(names->snapshot, node->file);
	const char *name = names_string(names->snapshot, node->name);
	if (node->kind == NODE_MODULE && name && !strcmp(name, "__main__"))
		return TIER_APPLICATION;
	return file ? tier_of_file(names, file) : TIER_STDLIB;
}

/* The folder of the standard library is the one that holds `os`. */
static void find_stdlib(struct names *names)
{
	vec_foreach (&names->snapshot->nodes, node) {
		const char *name = names_string(names->snapshot, node->name);
		const char *file = names_string(names->snapshot, node->file);
		if (node->kind != NODE_MODULE || !name || strcmp(name, "os") != 0 || !file)
			continue;
		const char *slash = strrchr(file, '/');
		if (slash)
			text_add(&names->stdlib, file, (size_t)(slash - file) + 1);
		return;
	}
}

bool names_is_standard(const struct names *names, uint32_t root)
{
	if (is_object(names->snapshot, root))
		return false;
	const struct snap_node *node = holder_get(names->snapshot, root);
	return (node->kind == NODE_MODULE || node->kind == NODE_FRAME) &&
	       tier_of(names, node) == TIER_STDLIB;
}

uint32_t names_root_cost(const struct names *names, uint32_t root)
{
	if (is_object(names->snapshot, root))
		return COST_OBJECT;
	const struct snap_node *node = holder_get(names->snapshot, root);
	switch ((enum node_kind)node->kind) {
	case NODE_MODULE: {
		const char *name = names_string(names->snapshot, node->name);
		bool is_main = name && !strcmp(name, "__main__");
		if (name && !strcmp(name, "__mp_main__"))
			return COST_ALIAS_OF_MAIN;
		return is_main ? COST_MAIN : module_costs[tier_of(names, node)];
	}
	case NODE_FRAME:
		return frame_costs[tier_of(names, node)];
	case NODE_TASK:
		return COST_TASK;
	case NODE_THREAD:
		return COST_THREAD;
	case NODE_STATIC:
		return COST_STATIC;
	case NODE_INTERPRETER:
		return COST_INTERPRETER;
	case NODE_C_HELD:
		return COST_C_HELD;
	}
	return COST_OBJECT;
}

/* ---- modules and types ---- */

static int compare_modules(const void *a, const void *b)
{
	const struct module_entry *left = a, *right = b;
	if (left->object != right->object)
		return left->object < right->object ? -1 : 1;
	return left->node < right->node ? -1 : left->node > right->node;
}

static int compare_ids(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return left < right ? -1 : left > right;
}

static uint32_t module_find(const struct module_entry *entries, size_t n, uint32_t object)
{
	size_t low = partition_point(i, 0, n, entries[i].object < object);
	return low < n && entries[low].object == object ? entries[low].node : OBJ_NONE;
}

uint32_t module_of_object(const struct names *names, uint32_t object)
{
	return module_find(names->modules.data, names->modules.n, object);
}

uint32_t module_of_namespace(const struct names *names, uint32_t object)
{
	return module_find(names->namespaces.data, names->namespaces.n, object);
}

static bool add_entry(struct names *names, bool is_namespace, uint32_t object, uint32_t node)
{
	struct module_entry *entry =
		is_namespace ? vec_add(&names->namespaces) : vec_add(&names->modules);
	if (!entry)
		return false;
	*entry = (struct module_entry){.object = object, .node = node};
	bits_set(names->special, object);
	return true;
}

static bool add_namespaces(struct names *names, uint32_t module, uint32_t node)
{
	const struct snapshot *snapshot = names->snapshot;
	for (uint64_t e = snapshot->edge_start[module]; e < snapshot->edge_start[module + 1]; e++)
		if (snapshot->edge_kind[e] == EDGE_DICT &&
			!add_entry(names, true, snapshot->edge_to[e], node))
			return false;
	return true;
}

static bool add_module(struct names *names, uint32_t node)
{
	const struct snapshot *snapshot = names->snapshot;
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++) {
		uint32_t module = snapshot->edge_to[e];
		if (snapshot->edge_kind[e] != EDGE_MEMBER || !is_object(snapshot, module))
			continue;
		if (!add_entry(names, false, module, node) || !add_namespaces(names, module, node))
			return false;
	}
	return true;
}

/* Type objects sorted, each with its type behind it in the lower half. */
static bool add_types(struct names *names)
{
	const struct snapshot *snapshot = names->snapshot;
	struct {
		uint64_t *data;
		size_t n, capacity;
	} pairs = {0};
	for (size_t i = 0; i < snapshot->types.n; i++) {
		obj_id object = snapshot->types.data[i].object;
		if (object == OBJ_NONE)
			continue;
		uint64_t *pair = vec_add(&pairs);
		if (!pair) {
			vec_deinit(&pairs);
			return false;
		}
		*pair = (uint64_t)object << 32 | i;
		bits_set(names->special, object);
	}
	if (pairs.n)
		qsort(pairs.data, pairs.n, sizeof(uint64_t), compare_ids);
	names->type_objects = pairs.data;
	names->n_type_objects = pairs.n;
	return true;
}

type_id type_of_object(const struct names *names, uint32_t node)
{
	if (!bits_get(names->special, node))
		return TYPE_NONE;
	size_t low =
		partition_point(i, 0, names->n_type_objects, names->type_objects[i] >> 32 < node);
	bool found = low < names->n_type_objects && names->type_objects[low] >> 32 == node;
	return found ? (type_id)names->type_objects[low] : TYPE_NONE;
}

static bool begins_with_module(const char *name, const char *module)
{
	size_t n = strlen(module);
	return n && !strncmp(name, module, n) && name[n] == '.';
}

const char *module_of_frame(const struct names *names, uint32_t frame, bool *is_named_ret)
{
	const struct snapshot *snapshot = names->snapshot;
	const struct snap_node *node = holder_get(snapshot, frame);
	const char *name = snapshot_string(snapshot, node->name), *longest = NULL, *by_file = NULL;
	vec_foreach (&names->modules, entry) {
		const struct snap_node *other = holder_get(snapshot, entry->node);
		const char *module = snapshot_string(snapshot, other->name);
		if (begins_with_module(name, module) &&
			(!longest || strlen(module) > strlen(longest)))
			longest = module;
		if (!by_file && node->file && other->file == node->file)
			by_file = module;
	}
	*is_named_ret = longest != NULL;
	return longest ? longest : by_file;
}

/* ---- roots ---- */

static bool add_root(struct names *names, uint32_t node)
{
	uint32_t *root = vec_add(&names->roots);
	uint32_t *cost = vec_add(&names->costs);
	if (!root || !cost)
		return false;
	*root = node;
	*cost = names_root_cost(names, node);
	return true;
}

static bool add_roots(struct names *names)
{
	const struct snapshot *snapshot = names->snapshot;
	vec_foreach (&snapshot->roots, root) {
		bool is_module = !is_object(snapshot, root->node) &&
				 holder_get(snapshot, root->node)->kind == NODE_MODULE;
		if (!add_root(names, root->node) || (is_module && !add_module(names, root->node)))
			return false;
	}
	for (obj_id i = 0; i < snapshot->n_objects; i++)
		if (snapshot->flags[i] & (OBJECT_STATIC | OBJECT_IMMORTAL) && !add_root(names, i))
			return false;
	if (names->modules.n)
		qsort(names->modules.data, names->modules.n, sizeof(struct module_entry),
			compare_modules);
	if (names->namespaces.n)
		qsort(names->namespaces.data, names->namespaces.n, sizeof(struct module_entry),
			compare_modules);
	return true;
}

struct error *names_create(
	const struct snapshot *snapshot, const struct graph *graph, struct names **ret)
{
	struct names *names = calloc(1, sizeof(*names));
	if (!names)
		return &error_no_memory;
	names->snapshot = snapshot;
	names->graph = graph;
	names->special = calloc(bits_words(snapshot->n_nodes) + 1, sizeof(uint64_t));
	find_stdlib(names);
	if (!names->special || names->stdlib.failed || !add_types(names) || !add_roots(names)) {
		names_destroy(names);
		return &error_no_memory;
	}
	*ret = names;
	return NULL;
}

void names_destroy(struct names *names)
{
	if (!names)
		return;
	vec_deinit(&names->roots);
	vec_deinit(&names->costs);
	vec_deinit(&names->modules);
	vec_deinit(&names->namespaces);
	free(names->type_objects);
	free(names->special);
	text_deinit(&names->stdlib);
	free(names);
}

struct name_roots names_roots(const struct names *names)
{
	return (struct name_roots){names->roots.data, names->costs.data, (uint32_t)names->roots.n};
}

/* ---- edges ---- */

/* A class is reached by its name in a module, else rather through its own module than by this. */
static uint8_t class_cost(const struct names *names, uint32_t from, enum edge_kind kind)
{
	switch (kind) {
	case EDGE_KEY:
		return module_of_namespace(names, from) != OBJ_NONE ? edge_costs[kind]
								    : COST_CLASS_ELSEWHERE;
	case EDGE_ATTR:
	case EDGE_LOCAL:
	case EDGE_CELL_CONTENT:
		return COST_CLASS_ELSEWHERE;
	case EDGE_INDEX:
	case EDGE_ITEM:
		return COST_CLASS_ELEMENT;
	case EDGE_MEMBER:
		return edge_costs[kind];
	default:
		return NAME_COST_CLASS;
	}
}

static uint8_t special_cost(
	const struct names *names, uint32_t from, uint32_t to, enum edge_kind kind)
{
	uint32_t module = module_of_object(names, to);
	if (module != OBJ_NONE) {
		bool is_root = !is_object(names->snapshot, from) &&
			       holder_get(names->snapshot, from)->kind == NODE_MODULE;
		return is_root && kind == EDGE_MEMBER ? 0 : NAME_COST_FORBIDDEN;
	}
	if (module_of_namespace(names, to) != OBJ_NONE) {
		bool is_own = kind == EDGE_DICT && module_of_object(names, from) != OBJ_NONE;
		return is_own ? 0 : NAME_COST_FORBIDDEN;
	}
	return class_cost(names, from, kind);
}

uint8_t names_edge_cost(void *arg, uint32_t from, uint64_t edge)
{
	const struct names *names = arg;
	const struct snapshot *snapshot = names->snapshot;
	uint32_t to = snapshot->edge_to[edge];
	enum edge_kind kind = snapshot->edge_kind[edge];
	if (bits_get(names->special, to))
		return special_cost(names, from, to, kind);
	return edge_costs[kind];
}

bool names_is_namespace(const struct names *names, uint32_t node)
{
	if (!is_object(names->snapshot, node))
		return true;
	return bits_get(names->special, node) &&
	       (module_of_object(names, node) != OBJ_NONE ||
		       module_of_namespace(names, node) != OBJ_NONE);
}
