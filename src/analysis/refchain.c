/*
 * The shortest chain of references between two sets: a breadth-first search.
 */
#include "analysis/refgraph.h"

#include <stdlib.h>

struct chaining {
	const struct analysis *analysis;
	const uint64_t *to, *avoid;
	bool is_strict; /* not over classes, not into namespaces */
	uint64_t *visited;
	uint32_t *queue, *parent;
	uint32_t *index; /* of the edge among those of the parent */
	size_t n;
};

static void visit(struct chaining *chaining, uint32_t node, uint32_t parent, uint32_t index)
{
	if (bits_get(chaining->visited, node) ||
		(chaining->avoid && bits_get(chaining->avoid, node)))
		return;
	bits_set(chaining->visited, node);
	chaining->parent[node] = parent;
	chaining->index[node] = index;
	chaining->queue[chaining->n++] = node;
}

/* A namespace is gone into from what stands for its module only. */
static bool is_followed(const struct chaining *chaining, uint32_t from, uint64_t edge)
{
	const struct names *names = chaining->analysis->names;
	const struct snapshot *snapshot = chaining->analysis->snapshot;
	uint32_t to = snapshot->edge_to[edge];
	if (!chaining->is_strict || bits_get(chaining->to, to))
		return true;
	if (snapshot->edge_kind[edge] == EDGE_TYPE)
		return false;
	return !names_is_namespace(names, to) || names_is_namespace(names, from);
}

/* The first node of the other set that is reached, or OBJ_NONE. */
static uint32_t search(struct chaining *chaining, const uint64_t *from)
{
	const struct snapshot *snapshot = chaining->analysis->snapshot;
	chaining->n = 0;
	memset(chaining->visited, 0, words_of(chaining->analysis) * sizeof(uint64_t));
	for (uint32_t i = 0; i < snapshot->n_nodes; i++)
		if (bits_get(from, i))
			visit(chaining, i, OBJ_NONE, 0);
	for (size_t head = 0; head < chaining->n; head++) {
		uint32_t node = chaining->queue[head];
		if (bits_get(chaining->to, node))
			return node;
		uint64_t begin = snapshot->edge_start[node], end = snapshot->edge_start[node + 1];
		for (uint64_t e = begin; e < end; e++)
			if (is_followed(chaining, node, e))
				visit(chaining, snapshot->edge_to[e], node, (uint32_t)(e - begin));
	}
	return OBJ_NONE;
}

static struct error *make_path(const struct chaining *chaining, uint32_t end, struct path *ret)
{
	const struct snapshot *snapshot = chaining->analysis->snapshot;
	struct path path = {.is_garbage = is_garbage(chaining->analysis, end)};
	for (uint32_t node = end; chaining->parent[node] != OBJ_NONE; node = chaining->parent[node])
		path.n++;
	path.node = calloc(path.n + 1ul, sizeof(*path.node));
	path.edge = calloc(path.n + 1ul, sizeof(*path.edge));
	path.merged = calloc(path.n + 1ul, sizeof(*path.merged));
	if (!path.node || !path.edge || !path.merged) {
		path_deinit(&path);
		return &error_no_memory;
	}
	uint32_t node = end;
	for (uint32_t i = path.n; i; i--) {
		uint32_t parent = chaining->parent[node];
		path.node[i] = node;
		path.edge[i - 1] = snapshot->edge_start[parent] + chaining->index[node];
		node = parent;
	}
	path.node[0] = node;
	*ret = path;
	return NULL;
}

struct error *refchain_find(const struct analysis *analysis, const uint64_t *from,
	const uint64_t *to, const uint64_t *avoid, struct path *ret)
{
	struct chaining chaining = {
		.analysis = analysis,
		.to = to,
		.avoid = avoid,
		.is_strict = true,
		.visited = malloc(words_of(analysis) * sizeof(uint64_t)),
		.queue = analysis_alloc(analysis, sizeof(uint32_t)),
		.parent = analysis_alloc(analysis, sizeof(uint32_t)),
		.index = analysis_alloc(analysis, sizeof(uint32_t)),
	};
	struct error *error = NULL;
	*ret = (struct path){0};
	if (chaining.visited && chaining.queue && chaining.parent && chaining.index) {
		uint32_t end = search(&chaining, from);
		chaining.is_strict = false;
		if (end == OBJ_NONE)
			end = search(&chaining, from);
		if (end != OBJ_NONE)
			error = make_path(&chaining, end, ret);
	} else {
		error = &error_no_memory;
	}
	free(chaining.visited);
	analysis_free(analysis, chaining.queue, sizeof(uint32_t));
	analysis_free(analysis, chaining.parent, sizeof(uint32_t));
	analysis_free(analysis, chaining.index, sizeof(uint32_t));
	return error;
}
