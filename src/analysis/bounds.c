#include "analysis/bounds.h"

#include "analysis/account.h"

/* Fewer items are a program's own choice, no collection that could grow for ever. */
#define MANY_ITEMS 100

/* Types that grow by use; what derives from them does too. */
static bool is_growable(const char *module, const char *name)
{
	static const char *const growable[][2] = {
		{"builtins", "dict"},
		{"builtins", "list"},
		{"builtins", "set"},
		{"collections", "deque"},
		{"collections", "OrderedDict"},
		{"collections", "defaultdict"},
		{"functools", "_lru_cache_wrapper"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(growable); i++)
		if (!strcmp(module, growable[i][0]) && !strcmp(name, growable[i][1]))
			return true;
	return false;
}

/* The type object of the first base of a class, or OBJ_NONE. */
static obj_id base_of(const struct snapshot *snapshot, obj_id type)
{
	for (uint64_t e = snapshot->edge_start[type]; e < snapshot->edge_start[type + 1]; e++) {
		unsigned kind = snapshot->edge_kind[e];
		const char *name = kind == EDGE_ATTR_STATIC || kind == EDGE_FIELD
					   ? names_edge_text(snapshot, e)
					   : NULL;
		if (name && (!strcmp(name, "__base__") || !strcmp(name, "tp_base")) &&
			is_object(snapshot, snapshot->edge_to[e]))
			return snapshot->edge_to[e];
	}
	return OBJ_NONE;
}

static const struct snap_type *type_by_object(const struct snapshot *snapshot, obj_id object)
{
	vec_foreach (&snapshot->types, type)
		if (type->object == object)
			return type;
	return NULL;
}

#define BASES_MAX 16

static bool can_grow(const struct snapshot *snapshot, obj_id object)
{
	const struct snap_type *type = &snapshot->types.data[snapshot->type[object]];
	for (unsigned i = 0; type && i < BASES_MAX; i++) {
		const char *module =
			type->module ? snapshot_string(snapshot, type->module) : "builtins";
		if (is_growable(module, snapshot_string(snapshot, type->name)))
			return true;
		obj_id base = type->object == OBJ_NONE ? OBJ_NONE : base_of(snapshot, type->object);
		type = base == OBJ_NONE ? NULL : type_by_object(snapshot, base);
	}
	return false;
}

enum bound container_bound(const struct snapshot *snapshot, uint32_t node)
{
	uint64_t most, n_items = item_count(snapshot, node);
	if (n_items == UINT64_MAX || n_items < MANY_ITEMS || !can_grow(snapshot, node))
		return BOUND_NONE_KNOWN;
	if (snapshot_fact(snapshot, node, FACT_MAXLEN, &most))
		return BOUND_BOUNDED;
	if (snapshot_fact(snapshot, node, FACT_LRU_MAXSIZE, &most) && most != UINT64_MAX)
		return BOUND_BOUNDED;
	return BOUND_UNBOUNDED;
}
