/*
 * Routes: paths that differ by indices and keys of containers only are one.
 *
 * A route is a hash that grows edge by edge along the tree of paths; each node
 * is hashed once. Steps that repeat (`.next.next`) do not change it, so that a
 * chain of a million is one route and not a million.
 */
#include "analysis/analysis.h"
#include "base/keymap.h"

#include <stdlib.h>

/* A step is a repetition when it is like one of this many before it. */
#define REPEAT_WINDOW 4

/* Paths of a route that are compared to find out what differs between them. */
#define COMPARED_MAX 256
#define COMPARED_DEPTH 1000

struct hashing {
	const struct paths *paths;
	const struct analysis *analysis;
	const uint64_t *set;
	uint64_t *hash;    /* by node; 0: not yet */
	uint32_t *depth;   /* by node */
	uint64_t *through; /* a bit a node: its path goes through the set, or ends there */
	uint32_t *chain;
};

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t x = (a ^ b * 0x9e3779b97f4a7c15ull) * 0xff51afd7ed558ccdull;
	return x ^ x >> 32;
}

static uint32_t before_of(const struct hashing *hashing, uint32_t node)
{
	return paths_parent(hashing->paths, hashing->analysis, node);
}

/* What an edge is to its route: an element is any element. */
static uint64_t label(const struct hashing *hashing, uint32_t from, uint64_t edge)
{
	const struct snapshot *snapshot = hashing->analysis->snapshot;
	uint64_t kind = snapshot->edge_kind[edge];
	bool is_element = kind == EDGE_INDEX || kind == EDGE_ITEM || kind == EDGE_STACK;
	if (kind == EDGE_KEY) {
		uint64_t before = paths_edge(hashing->paths, hashing->analysis, from);
		bool has_before = before_of(hashing, from) < GRAPH_UNREACHED;
		is_element = !has_before || snapshot->edge_kind[before] != EDGE_DICT;
	}
	return kind << 32 | (is_element ? 0 : snapshot->edge_operand[edge]);
}

static uint32_t kind_of_node(const struct snapshot *snapshot, uint32_t node)
{
	return is_object(snapshot, node) ? snapshot->type[node] : TYPE_NONE;
}

/* The hash of an earlier node on the path that the step is a repetition of, or 0. */
static uint64_t repeated(const struct hashing *hashing, uint32_t from, uint32_t node, uint64_t own)
{
	const struct snapshot *snapshot = hashing->analysis->snapshot;
	for (unsigned i = 0; i < REPEAT_WINDOW; i++) {
		uint32_t before = before_of(hashing, from);
		if (before >= GRAPH_UNREACHED)
			return 0;
		uint64_t edge = paths_edge(hashing->paths, hashing->analysis, from);
		if (kind_of_node(snapshot, from) == kind_of_node(snapshot, node) &&
			label(hashing, before, edge) == own)
			return hashing->hash[from];
		from = before;
	}
	return 0;
}

static uint64_t hash_step(
	const struct hashing *hashing, uint32_t from, uint64_t edge, uint32_t node)
{
	uint64_t own = label(hashing, from, edge);
	uint64_t hash = repeated(hashing, from, node, own);
	return hash ? hash : mix(hashing->hash[from], own + 1) | 1;
}

static void hash_node(struct hashing *hashing, uint32_t node)
{
	uint32_t from = before_of(hashing, node);
	bool is_root = from >= GRAPH_UNREACHED;
	bool is_through = hashing->set && bits_get(hashing->set, node);
	if (is_root) {
		hashing->hash[node] = mix(node, 1) | 1;
	} else {
		uint64_t edge = paths_edge(hashing->paths, hashing->analysis, node);
		hashing->hash[node] = hash_step(hashing, from, edge, node);
		hashing->depth[node] = hashing->depth[from] + 1;
		is_through = is_through || bits_get(hashing->through, from);
	}
	if (is_through)
		bits_set(hashing->through, node);
}

static void hash_path(struct hashing *hashing, uint32_t node)
{
	size_t n = 0;
	for (; node < GRAPH_UNREACHED && !hashing->hash[node]; node = before_of(hashing, node))
		hashing->chain[n++] = node;
	while (n)
		hash_node(hashing, hashing->chain[--n]);
}

/* ---- grouping ---- */

struct arrival paths_arrival(const struct paths *paths, const struct analysis *analysis,
	uint32_t object, uint64_t weight)
{
	uint32_t parent = paths_parent(paths, analysis, object);
	bool is_root = parent >= GRAPH_UNREACHED;
	return (struct arrival){
		.edge = is_root ? UINT64_MAX : paths_edge(paths, analysis, object),
		.from = is_root ? OBJ_NONE : parent,
		.object = object,
		.weight = weight,
	};
}

static int compare_arrivals(const void *a, const void *b)
{
	const struct arrival *left = a, *right = b;
	if (left->object != right->object)
		return left->object < right->object ? -1 : 1;
	return left->edge < right->edge ? -1 : left->edge > right->edge;
}

static int compare_routes(const void *a, const void *b)
{
	const struct route *left = a, *right = b;
	if (left->n_objects != right->n_objects)
		return left->n_objects > right->n_objects ? -1 : 1;
	if (left->root_cost != right->root_cost)
		return left->root_cost < right->root_cost ? -1 : 1;
	if (left->depth != right->depth)
		return left->depth < right->depth ? -1 : 1;
	if (left->first.object != right->first.object)
		return left->first.object < right->first.object ? -1 : 1;
	return left->first.edge < right->first.edge ? -1 : left->first.edge > right->first.edge;
}

static uint32_t cost_of_root(const struct hashing *hashing, const struct arrival *arrival)
{
	uint32_t node = arrival->from == OBJ_NONE ? arrival->object : arrival->from;
	while (before_of(hashing, node) < GRAPH_UNREACHED)
		node = before_of(hashing, node);
	return names_root_cost(hashing->analysis->names, node);
}

/* Hash and depth of an arrival; false when it goes through the set. */
static bool hash_arrival(struct hashing *hashing, const struct arrival *arrival, uint64_t *hash_ret,
	uint32_t *depth_ret)
{
	hash_path(hashing, arrival->object);
	if (arrival->from != OBJ_NONE)
		hash_path(hashing, arrival->from);
	struct arrival cheapest =
		paths_arrival(hashing->paths, hashing->analysis, arrival->object, 0);
	if (arrival->edge == cheapest.edge) {
		*hash_ret = hashing->hash[arrival->object];
		*depth_ret = hashing->depth[arrival->object];
		return true;
	}
	*hash_ret = hash_step(hashing, arrival->from, arrival->edge, arrival->object);
	*depth_ret = hashing->depth[arrival->from] + 1;
	return !hashing->set || !bits_get(hashing->through, arrival->from);
}

/* One more arrival of a route; its order is that of compare_arrivals() later on. */
static void join(struct route *route, const struct arrival *arrival, uint32_t depth)
{
	route->end++;
	if (depth > route->depth ||
		(depth == route->depth && compare_arrivals(arrival, &route->first) > 0))
		return;
	route->depth = depth;
	route->first = *arrival;
}

/* Finds the route of each arrival that stays: *route_of, by arrival. */
static struct error *find_routes(struct routes *routes, struct hashing *hashing,
	struct arrivals *arrivals, uint32_t *route_of)
{
	struct keymap map = {0};
	struct error *error = NULL;
	size_t n = 0;
	vec_foreach (arrivals, arrival) {
		uint64_t hash;
		uint32_t depth;
		if (!hash_arrival(hashing, arrival, &hash, &depth))
			continue;
		uint32_t i = keymap_add(&map, hash);
		struct route *route = i < routes->n ? &routes->data[i] : vec_add(routes);
		if (i == KEYMAP_FULL || !route) {
			error = &error_no_memory;
			break;
		}
		if (!route->end)
			route->depth = UINT32_MAX;
		join(route, arrival, depth);
		route_of[n] = i;
		arrivals->data[n++] = *arrival;
	}
	arrivals->n = n;
	keymap_deinit(&map);
	return error;
}

/* Puts the arrivals of each route together, in the order in which they were. */
static void deal(struct routes *routes, const struct arrivals *arrivals, const uint32_t *route_of,
	struct arrival *ret)
{
	size_t begin = 0;
	vec_foreach (routes, route) {
		route->begin = begin;
		begin += route->end;
		route->end = route->begin;
	}
	for (size_t i = 0; i < arrivals->n; i++)
		ret[routes->data[route_of[i]].end++] = arrivals->data[i];
}

/* By object; most are already. */
static void put_in_order(struct arrival *arrivals, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (compare_arrivals(&arrivals[i - 1], &arrivals[i]) > 0) {
			qsort(arrivals, n, sizeof(*arrivals), compare_arrivals);
			return;
		}
	}
}

static void count_objects(struct route *route, const struct arrival *arrivals)
{
	for (size_t i = route->begin; i < route->end; i++) {
		if (i > route->begin && arrivals[i].object == arrivals[i - 1].object)
			continue;
		route->n_objects++;
		route->weight += arrivals[i].weight;
	}
}

static struct error *group(
	struct routes *routes, struct hashing *hashing, struct arrivals *arrivals)
{
	uint32_t *route_of = calloc(arrivals->n + 1, sizeof(*route_of));
	struct arrival *dealt = calloc(arrivals->n + 1, sizeof(*dealt));
	struct error *error = route_of && dealt ? find_routes(routes, hashing, arrivals, route_of)
						: &error_no_memory;
	if (error) {
		free(route_of);
		free(dealt);
		return error;
	}
	deal(routes, arrivals, route_of, dealt);
	free(route_of);
	free(arrivals->data);
	arrivals->data = dealt;
	arrivals->capacity = arrivals->n;
	vec_foreach (routes, route) {
		put_in_order(dealt + route->begin, route->end - route->begin);
		count_objects(route, dealt);
		route->root_cost = cost_of_root(hashing, &route->first);
	}
	if (routes->n)
		qsort(routes->data, routes->n, sizeof(struct route), compare_routes);
	return NULL;
}

struct error *routes_init(struct routes *routes, const struct paths *paths,
	const struct analysis *analysis, struct arrivals *arrivals, const uint64_t *set)
{
	*routes = (struct routes){0};
	struct hashing hashing = {
		.paths = paths,
		.analysis = analysis,
		.set = set,
		.hash = analysis_alloc(analysis, sizeof(uint64_t)),
		.depth = analysis_alloc(analysis, sizeof(uint32_t)),
		.through = calloc(words_of(analysis), sizeof(uint64_t)),
		.chain = analysis_alloc(analysis, sizeof(uint32_t)),
	};
	struct error *error = &error_no_memory;
	if (hashing.hash && hashing.depth && hashing.through && hashing.chain)
		error = group(routes, &hashing, arrivals);
	analysis_free(analysis, hashing.hash, sizeof(uint64_t));
	analysis_free(analysis, hashing.depth, sizeof(uint32_t));
	free(hashing.through);
	analysis_free(analysis, hashing.chain, sizeof(uint32_t));
	if (error)
		routes_deinit(routes);
	return error;
}

void routes_deinit(struct routes *routes)
{
	vec_deinit(routes);
}

/* ---- the path of a route ---- */

bool is_element_edge(const struct snapshot *snapshot, const struct path *path, uint32_t i)
{
	switch (snapshot->edge_kind[path->edge[i]]) {
	case EDGE_INDEX:
	case EDGE_STACK:
		return true;
	case EDGE_KEY:
		return !i || snapshot->edge_kind[path->edge[i - 1]] != EDGE_DICT;
	default:
		return false;
	}
}

/* Marks what differs from another path of the same route. */
static void merge(const struct snapshot *snapshot, struct path *path, const struct path *other)
{
	for (uint32_t i = 0; i < path->n; i++) {
		uint32_t left = snapshot->edge_operand[path->edge[i]];
		uint32_t right = snapshot->edge_operand[other->edge[i]];
		bool differs =
			left != right || (left == OBJ_NONE && path->edge[i] != other->edge[i]);
		if (differs && is_element_edge(snapshot, path, i))
			path->merged[i] = true;
	}
}

static struct error *arrival_path(const struct arrival *arrival, const struct paths *paths,
	const struct analysis *analysis, struct path *ret)
{
	if (arrival->from == OBJ_NONE)
		return paths_get(paths, analysis, arrival->object, ret);
	struct path path = {0};
	struct error *error = paths_get(paths, analysis, arrival->from, &path);
	if (!error)
		error = path_extend(&path, arrival->edge, arrival->object);
	if (error)
		path_deinit(&path);
	else
		*ret = path;
	return error;
}

struct error *routes_path(const struct route *route, const struct arrivals *arrivals,
	const struct paths *paths, const struct analysis *analysis, struct path *ret)
{
	struct path path = {0};
	struct error *error = arrival_path(&route->first, paths, analysis, &path);
	size_t stride = (route->end - route->begin) / COMPARED_MAX + 1;
	for (size_t i = route->begin; !error && path.n <= COMPARED_DEPTH && i < route->end;
		i += stride) {
		struct path other = {0};
		error = arrival_path(&arrivals->data[i], paths, analysis, &other);
		if (!error && other.n == path.n)
			merge(analysis->snapshot, &path, &other);
		path_deinit(&other);
	}
	if (error)
		path_deinit(&path);
	else
		*ret = path;
	return error;
}
