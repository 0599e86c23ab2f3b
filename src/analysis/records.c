#include "analysis/records.h"

#define KEYS_MAX 100

static uint64_t edge_between(const struct snapshot *snapshot, uint32_t from, uint32_t to)
{
	for (uint64_t e = snapshot->edge_start[from]; e < snapshot->edge_start[from + 1]; e++)
		if (snapshot->edge_to[e] == to)
			return e;
	return UINT64_MAX;
}

#define OWNER_EDGES_MAX 1024

static bool is_small(const struct snapshot *snapshot, uint32_t node)
{
	return snapshot->edge_start[node + 1] - snapshot->edge_start[node] <= OWNER_EDGES_MAX;
}

bool is_namespace_dict(const struct analysis *analysis, uint32_t dict)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint32_t owner = analysis->idom[dict];
	if (owner >= GRAPH_UNREACHED || !is_small(snapshot, owner))
		return false;
	uint64_t edge = edge_between(snapshot, owner, dict);
	return edge != UINT64_MAX && snapshot->edge_kind[edge] == EDGE_DICT;
}

void find_holder(const struct analysis *analysis, uint32_t node, const char **holder_ret,
	const char **name_ret)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint32_t owner = analysis->idom[node];
	*holder_ret = *name_ret = NULL;
	if (owner >= GRAPH_UNREACHED || !is_object(snapshot, owner) || !is_small(snapshot, owner))
		return;
	uint64_t edge = edge_between(snapshot, owner, node);
	if (edge == UINT64_MAX)
		return;
	*name_ret = names_edge_text(snapshot, edge);
	if (snapshot->edge_kind[edge] == EDGE_KEY && is_namespace_dict(analysis, owner))
		owner = analysis->idom[owner];
	*holder_ret = names_type(snapshot, owner);
}

static bool is_str(const struct snapshot *snapshot, uint32_t node)
{
	if (!is_object(snapshot, node))
		return false;
	const struct snap_type *type = &snapshot->types.data[snapshot->type[node]];
	return !(type->flags & SNAP_TYPE_HEAP) &&
	       !strcmp(snapshot_string(snapshot, type->name), "str");
}

static bool is_own_text(const struct analysis *analysis, uint32_t dict, uint32_t text)
{
	return analysis->idom[text] == dict && analysis->snapshot->content[text] &&
	       is_str(analysis->snapshot, text);
}

static bool is_copy(const struct repeats *copies, uint32_t node)
{
	for (size_t i = 0; i < RECORD_TEXTS; i++)
		if (copies[i].copies && bits_get(copies[i].copies, node))
			return true;
	return false;
}

bool record_read(const struct analysis *analysis, const struct repeats copies[RECORD_TEXTS],
	uint32_t dict, struct record *ret)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint64_t begin = snapshot->edge_start[dict], end = snapshot->edge_start[dict + 1];
	struct record record = {0};
	if (begin == end || end - begin > 2 * KEYS_MAX || is_namespace_dict(analysis, dict))
		return false;
	for (uint64_t e = begin; e < end; e++) {
		uint32_t to = snapshot->edge_to[e];
		if (snapshot->edge_kind[e] == EDGE_KEY) {
			record.value_bytes += analysis->idom[to] == dict && is_copy(copies, to)
						      ? snapshot_self_bytes(snapshot, to)
						      : 0;
		} else if (snapshot->edge_kind[e] == EDGE_ITEM) {
			if (!is_str(snapshot, to) || !snapshot->content[to])
				return false;
			record.n_keys++;
			record.shape += repeats_mix(
				(uint64_t)snapshot->size[to] << 32 | snapshot->content[to]);
			record.key_bytes += is_own_text(analysis, dict, to)
						    ? snapshot_self_bytes(snapshot, to)
						    : 0;
		}
	}
	uint64_t dict_bytes = snapshot_self_bytes(snapshot, dict);
	record.dict_bytes = dict_bytes - MIN(dict_bytes, TUPLE_BYTES(record.n_keys));
	*ret = record;
	return record.n_keys > 0;
}
