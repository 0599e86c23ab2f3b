/* What stands in an object. */
#include "findings/rule.h"

uint32_t first_edge(const struct snapshot *snapshot, uint32_t node, enum edge_kind kind)
{
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++)
		if (snapshot->edge_kind[e] == kind)
			return snapshot->edge_to[e];
	return OBJ_NONE;
}

uint32_t namespace_of(const struct snapshot *snapshot, uint32_t node)
{
	uint32_t dict = first_edge(snapshot, node, EDGE_DICT);
	return dict == OBJ_NONE ? node : dict;
}

static bool is_attribute(unsigned kind)
{
	return kind == EDGE_ATTR || kind == EDGE_ATTR_STATIC || kind == EDGE_FIELD ||
	       kind == EDGE_MEMBER;
}

static uint32_t find_edge(
	const struct snapshot *snapshot, uint32_t node, const char *name, bool in_dict)
{
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++) {
		unsigned kind = snapshot->edge_kind[e];
		if (in_dict ? kind != EDGE_KEY : !is_attribute(kind))
			continue;
		const char *text = names_edge_text(snapshot, e);
		if (text && !strcmp(text, name))
			return snapshot->edge_to[e];
	}
	return OBJ_NONE;
}

uint32_t attribute_of(const struct snapshot *snapshot, uint32_t node, const char *name)
{
	uint32_t value = find_edge(snapshot, node, name, false);
	if (value != OBJ_NONE)
		return value;
	uint32_t dict = first_edge(snapshot, node, EDGE_DICT);
	return dict == OBJ_NONE ? OBJ_NONE : find_edge(snapshot, dict, name, true);
}

/* Larger ints take a second digit. */
#define SMALL_INT_SIZE 28

bool int_of(const struct snapshot *snapshot, uint32_t node, int64_t *ret)
{
	bool is_int = is_of(snapshot, node, "builtins", "int") ||
		      is_of(snapshot, node, "builtins", "bool");
	if (!is_int || snapshot_size(snapshot, node) > SMALL_INT_SIZE)
		return false;
	*ret = (int32_t)snapshot->content[node];
	return true;
}
