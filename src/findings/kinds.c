/* Which type an object is of. */
#include "findings/rule.h"

#include <stdlib.h>

static const char *module_of(const struct snapshot *snapshot, const struct snap_type *type)
{
	return type->module ? snapshot_string(snapshot, type->module) : "builtins";
}

static bool is_called(const struct snapshot *snapshot, const struct snap_type *type,
	const char *module, const char *name)
{
	return !strcmp(snapshot_string(snapshot, type->name), name) &&
	       (!module || !strcmp(module_of(snapshot, type), module));
}

bool is_of(const struct snapshot *snapshot, uint32_t node, const char *module, const char *name)
{
	return is_object(snapshot, node) &&
	       is_called(snapshot, &snapshot->types.data[snapshot->type[node]], module, name);
}

type_set types_create(const struct snapshot *snapshot)
{
	return calloc(bits_words(snapshot->types.n) + 1, sizeof(uint64_t));
}

/* Is one of `named` in the type's method resolution order? */
static bool derives(
	const struct snapshot *snapshot, const struct snap_type *type, const struct obj_ids *named)
{
	uint32_t mro = type->object == OBJ_NONE ? OBJ_NONE
						: attribute_of(snapshot, type->object, "__mro__");
	if (mro == OBJ_NONE)
		return false;
	for (uint64_t e = snapshot->edge_start[mro]; e < snapshot->edge_start[mro + 1]; e++)
		vec_foreach (named, object)
			if (snapshot->edge_to[e] == *object)
				return true;
	return false;
}

bool types_add(const struct snapshot *snapshot, const char *module, const char *name, type_set set)
{
	struct obj_ids named = {0};
	bool ok = true;
	for (type_id t = 0; ok && t < snapshot->types.n; t++) {
		const struct snap_type *type = &snapshot->types.data[t];
		if (!is_called(snapshot, type, module, name))
			continue;
		bits_set(set, t);
		obj_id *slot = type->object == OBJ_NONE ? NULL : vec_add(&named);
		ok = slot || type->object == OBJ_NONE;
		if (slot)
			*slot = type->object;
	}
	for (type_id t = 0; ok && named.n && t < snapshot->types.n; t++)
		if (!bits_get(set, t) && derives(snapshot, &snapshot->types.data[t], &named))
			bits_set(set, t);
	vec_deinit(&named);
	return ok;
}

static bool is_empty(const struct snapshot *snapshot, const uint64_t *set)
{
	for (size_t i = 0; i < bits_words(snapshot->types.n); i++)
		if (set[i])
			return false;
	return true;
}

struct error *for_each_of(const struct inquiry *inquiry, const uint64_t *set,
	struct error *(*visit)(void *arg, obj_id object), void *arg)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct error *error = NULL;
	if (is_empty(snapshot, set))
		return NULL;
	for (obj_id i = 0; !error && i < snapshot->n_objects; i++)
		if (bits_get(set, snapshot->type[i]) && !is_garbage(inquiry->analysis, i))
			error = visit(arg, i);
	return error;
}
