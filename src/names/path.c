/*
 * Paths out of the trees of a search, and the steps that a person sees in them:
 * an object's __dict__ and the key behind it are one attribute, a closure's
 * cell and its content one variable.
 */
#include "names/names_int.h"

#include <stdlib.h>

void path_deinit(struct path *path)
{
	free(path->node);
	free(path->edge);
	free(path->merged);
	*path = (struct path){0};
}

static struct error *path_reserve(struct path *path, uint32_t n)
{
	uint32_t *node = realloc(path->node, ((size_t)n + 1) * sizeof(*node));
	if (node)
		path->node = node;
	uint64_t *edge = realloc(path->edge, ((size_t)n + 1) * sizeof(*edge));
	if (edge)
		path->edge = edge;
	bool *merged = realloc(path->merged, (size_t)n + 1);
	if (merged)
		path->merged = merged;
	return node && edge && merged ? NULL : &error_no_memory;
}

struct error *path_init(struct path *path, const struct graph_paths *paths, uint32_t node)
{
	struct path made = {0};
	uint32_t n = 0;
	for (uint32_t i = graph_paths_parent(paths, node); i < GRAPH_UNREACHED;
		i = graph_paths_parent(paths, i))
		n++;
	struct error *error = path_reserve(&made, n);
	if (error) {
		path_deinit(&made);
		return error;
	}
	made.n = n;
	for (uint32_t i = node, at = n;; i = graph_paths_parent(paths, i), at--) {
		made.node[at] = i;
		if (!at)
			break;
		made.edge[at - 1] = graph_paths_edge(paths, i);
	}
	memset(made.merged, 0, (size_t)n + 1);
	*path = made;
	return NULL;
}

struct error *path_extend(struct path *path, uint64_t edge, uint32_t node)
{
	struct error *error = path_reserve(path, path->n + 1);
	if (error)
		return error;
	path->edge[path->n] = edge;
	path->merged[path->n] = false;
	path->node[++path->n] = node;
	return NULL;
}

const char *step_kind_name(enum step_kind kind)
{
	static const char *const step_kinds[] = {
		[STEP_ATTR] = "attr",
		[STEP_KEY] = "key",
		[STEP_INDEX] = "index",
		[STEP_LOCAL] = "local",
		[STEP_CELL] = "cell",
		[STEP_SLOT] = "slot",
		[STEP_FIELD] = "field",
		[STEP_ITEM] = "item",
		[STEP_TYPE] = "type",
	};
	return step_kinds[kind];
}

const char *names_edge_text(const struct snapshot *snapshot, uint64_t edge)
{
	uint32_t operand = snapshot->edge_operand[edge];
	switch (snapshot->edge_kind[edge]) {
	case EDGE_ATTR:
	case EDGE_KEY:
	case EDGE_LOCAL:
	case EDGE_CELL:
		return operand == OBJ_NONE ? NULL : snapshot_text(snapshot, operand);
	case EDGE_ATTR_STATIC:
	case EDGE_FIELD:
	case EDGE_MEMBER:
		return names_string(snapshot, operand);
	default:
		return NULL;
	}
}

#define EDGE_NONE EDGE_KIND_COUNT

static unsigned kind_at(const struct names *names, const struct path *path, uint32_t i)
{
	return i < path->n ? names->snapshot->edge_kind[path->edge[i]] : EDGE_NONE;
}

static unsigned kind_before(const struct names *names, const struct path *path, uint32_t i)
{
	return i ? kind_at(names, path, i - 1) : EDGE_NONE;
}

#define EDGES_PROBED 4

bool names_is_mapping(const struct snapshot *snapshot, uint32_t node)
{
	uint64_t begin = snapshot->edge_start[node];
	uint64_t end = MIN(snapshot->edge_start[node + 1], begin + EDGES_PROBED);
	for (uint64_t e = begin; e < end; e++)
		if (snapshot->edge_kind[e] == EDGE_KEY)
			return true;
	return false;
}

static bool has_edge(const struct snapshot *snapshot, uint32_t node, enum edge_kind kind)
{
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++)
		if (snapshot->edge_kind[e] == kind)
			return true;
	return false;
}

/* ---- closures ---- */

static uint32_t find_named(const struct snapshot *snapshot, uint32_t node, const char *name)
{
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++) {
		unsigned kind = snapshot->edge_kind[e];
		if ((kind == EDGE_ATTR_STATIC || kind == EDGE_FIELD) &&
			!strcmp(snapshot_string(snapshot, snapshot->edge_operand[e]), name))
			return snapshot->edge_to[e];
	}
	return OBJ_NONE;
}

static uint32_t count_elements(const struct snapshot *snapshot, uint32_t tuple)
{
	uint32_t n = 0;
	for (uint64_t e = snapshot->edge_start[tuple]; e < snapshot->edge_start[tuple + 1]; e++)
		n += snapshot->edge_kind[e] == EDGE_INDEX;
	return n;
}

/* Free variables stand last among the names of a code; up to 3.10 in a tuple of their own. */
const char *closure_name(
	const struct snapshot *snapshot, uint32_t function, uint32_t cells, uint32_t index)
{
	uint32_t code = find_named(snapshot, function, "__code__");
	uint32_t names = code == OBJ_NONE ? OBJ_NONE : find_named(snapshot, code, "co_freevars");
	if (names == OBJ_NONE && code != OBJ_NONE)
		names = find_named(snapshot, code, "co_localsplusnames");
	if (names == OBJ_NONE)
		return NULL;
	uint32_t at = count_elements(snapshot, names) - count_elements(snapshot, cells) + index;
	for (uint64_t e = snapshot->edge_start[names]; e < snapshot->edge_start[names + 1]; e++)
		if (snapshot->edge_kind[e] == EDGE_INDEX && snapshot->edge_operand[e] == at)
			return snapshot_text(snapshot, snapshot->edge_to[e]);
	return NULL;
}

/* The variable when edges i to i + 2 lead from a function through its closure; or NULL. */
static const char *variable_at(const struct names *names, const struct path *path, uint32_t i)
{
	const struct snapshot *snapshot = names->snapshot;
	bool is_closure = i + 2 < path->n && kind_at(names, path, i) == EDGE_ATTR_STATIC &&
			  kind_at(names, path, i + 1) == EDGE_INDEX &&
			  kind_at(names, path, i + 2) == EDGE_CELL_CONTENT &&
			  !path->merged[i + 1] &&
			  !strcmp(names_edge_text(snapshot, path->edge[i]), "__closure__");
	return is_closure ? closure_name(snapshot, path->node[i], path->node[i + 1],
				    snapshot->edge_operand[path->edge[i + 1]])
			  : NULL;
}

/* Does a C field say nothing that the next step does not say better? */
static bool is_silent_before(unsigned next)
{
	switch (next) {
	case EDGE_ATTR:
	case EDGE_ATTR_STATIC:
	case EDGE_LOCAL:
	case EDGE_CELL:
	case EDGE_DICT:
	case EDGE_FIELD:
	case EDGE_SCAN:
		return true;
	default:
		return false;
	}
}

/* What a holder stands for; in an object, a part of its frame. */
static bool member_step(const struct names *names, uint32_t from, unsigned next, struct step *step)
{
	const struct snapshot *snapshot = names->snapshot;
	unsigned holder = is_object(snapshot, from) ? NODE_FRAME : holder_get(snapshot, from)->kind;
	step->kind = STEP_FIELD;
	step->is_silent = holder == NODE_FRAME && is_silent_before(next);
	return step->name && holder != NODE_MODULE && holder != NODE_C_HELD;
}

static void cell_step(const struct names *names, uint32_t from, struct step *step)
{
	bool is_frame = !is_object(names->snapshot, from) ||
			has_edge(names->snapshot, from, EDGE_LOCAL) ||
			has_edge(names->snapshot, from, EDGE_STACK);
	step->kind = is_frame ? STEP_LOCAL : STEP_CELL;
}

bool names_step(const struct names *names, const struct path *path, uint32_t i, struct step *ret)
{
	const struct snapshot *snapshot = names->snapshot;
	uint64_t edge = path->edge[i];
	uint32_t operand = snapshot->edge_operand[edge];
	unsigned before = kind_before(names, path, i), next = kind_at(names, path, i + 1);
	*ret = (struct step){
		.name = names_edge_text(snapshot, edge),
		.index = UINT64_MAX,
		.merged = path->merged[i],
		.node = path->node[i + 1],
	};
	switch ((enum edge_kind)snapshot->edge_kind[edge]) {
	case EDGE_ATTR:
		ret->kind = STEP_ATTR;
		return true;
	case EDGE_ATTR_STATIC:
		ret->kind = STEP_SLOT;
		return !variable_at(names, path, i);
	case EDGE_KEY:
		ret->kind = before == EDGE_DICT ? STEP_ATTR : STEP_KEY;
		return true;
	case EDGE_INDEX:
		ret->name = i ? variable_at(names, path, i - 1) : NULL;
		if (ret->name) {
			ret->kind = STEP_CELL;
			return true;
		}
		ret->kind = STEP_INDEX;
		ret->index = ret->merged || operand == UINT32_MAX ? UINT64_MAX : operand;
		return true;
	case EDGE_ITEM:
		ret->kind = STEP_ITEM;
		ret->of_mapping = names_is_mapping(snapshot, path->node[i]);
		return true;
	case EDGE_LOCAL:
		ret->kind = STEP_LOCAL;
		return true;
	case EDGE_CELL:
		cell_step(names, path->node[i], ret);
		return true;
	case EDGE_CELL_CONTENT:
		ret->kind = STEP_SLOT;
		ret->name = "cell_contents";
		return before != EDGE_CELL && (i < 2 || !variable_at(names, path, i - 2));
	case EDGE_STACK:
		ret->kind = STEP_FIELD;
		ret->name = "<stack>";
		ret->index = ret->merged ? UINT64_MAX : operand;
		return true;
	case EDGE_DICT:
		ret->kind = STEP_SLOT;
		ret->name = "__dict__";
		return next != EDGE_KEY;
	case EDGE_TYPE:
		ret->kind = STEP_TYPE;
		return true;
	case EDGE_FIELD:
	case EDGE_SCAN:
		ret->kind = STEP_FIELD;
		ret->is_silent = is_silent_before(next);
		if (!ret->name)
			ret->index = operand;
		return true;
	case EDGE_MEMBER:
		return member_step(names, path->node[i], next, ret);
	case EDGE_KIND_COUNT:
		break;
	}
	return false;
}
