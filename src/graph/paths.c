/*
 * Cheapest paths from many roots at once: Dijkstra's algorithm with buckets.
 *
 * A path is compared by its cost, then by the index of its root. Edges cost 15
 * at most, so the nodes that wait lie within 16 levels of cost: a ring of
 * buckets. A bucket is a queue for each cost of the last edge. Nodes are
 * settled in the order of their roots within a level, so each queue is sorted
 * by root, and merging the queues of a bucket yields that order again: no heap
 * is needed, and the work is linear in the edges.
 */
#include "base/column.h"
#include "graph/bits.h"
#include "graph/graph.h"

#include <stdlib.h>

#define LEVELS 16 /* costs of an edge are 0 .. LEVELS - 1 */
#define FORBIDDEN 255
#define CHUNK_NODES 1022

struct chunk {
	struct chunk *next;
	uint32_t node[CHUNK_NODES];
};

/* First in, first out; in a list of chunks. */
struct queue {
	struct chunk *first, *last;
	uint32_t head, tail; /* index in the first and in the last chunk */
};

struct start {
	uint32_t cost, root;
};

struct paths {
	const struct graph *graph;
	const uint32_t *roots;
	edge_cost_fn edge_cost;
	void *arg;
	const uint64_t *wanted;
	uint64_t n_missing; /* wanted nodes that are not settled */
	uint32_t *parent;
	uint64_t *parent_edge;

	struct column settled; /* uint64_t, a bit a node */
	struct column root;    /* uint32_t, index of the root of the best path so far */
	struct column cost;    /* uint8_t, cost of the best path so far modulo 32 */
	struct column chunks;  /* struct chunk */
	struct chunk *unused;
	struct queue queues[LEVELS][LEVELS]; /* by cost modulo LEVELS, by cost of the last edge */
	uint32_t filled[LEVELS];             /* a bit a queue that is not empty */

	uint64_t level;       /* cost of the paths that are being settled */
	struct start *starts; /* by cost, then index of the root */
	uint32_t n_starts, next_start;
};

/* ---- queues ---- */

static struct chunk *take_chunk(struct paths *paths)
{
	struct chunk *chunk = paths->unused;
	if (chunk)
		paths->unused = chunk->next;
	else
		chunk = column_add(&paths->chunks, 1);
	assert(chunk);
	chunk->next = NULL;
	return chunk;
}

static void queue_push(struct paths *paths, unsigned bucket, unsigned last_cost, uint32_t node)
{
	struct queue *queue = &paths->queues[bucket][last_cost];
	if (!queue->first) {
		queue->first = queue->last = take_chunk(paths);
		queue->head = queue->tail = 0;
	} else if (queue->tail == CHUNK_NODES) {
		queue->last->next = take_chunk(paths);
		queue->last = queue->last->next;
		queue->tail = 0;
	}
	queue->last->node[queue->tail++] = node;
	paths->filled[bucket] |= 1u << last_cost;
}

static uint32_t queue_head(const struct queue *queue)
{
	return queue->first->node[queue->head];
}

static void queue_pop(struct paths *paths, unsigned bucket, unsigned last_cost)
{
	struct queue *queue = &paths->queues[bucket][last_cost];
	struct chunk *first = queue->first;
	queue->head++;
	bool empty = first == queue->last && queue->head == queue->tail;
	if (!empty && queue->head < CHUNK_NODES)
		return;
	queue->first = first->next;
	queue->head = 0;
	first->next = paths->unused;
	paths->unused = first;
	if (empty) {
		*queue = (struct queue){0};
		paths->filled[bucket] &= ~(1u << last_cost);
	}
}

/* ---- labels ---- */

static bool is_settled(const struct paths *paths, uint32_t node)
{
	return bits_get(paths->settled.data, node);
}

/* By how much the best path so far to `node`, which waits, is above the level. */
static unsigned waiting_cost(const struct paths *paths, uint32_t node)
{
	const uint8_t *cost = paths->cost.data;
	return (unsigned)(cost[node] - paths->level) % 32;
}

static void set_label(struct paths *paths, uint32_t node, unsigned cost, uint32_t root,
	uint32_t parent, uint64_t edge)
{
	((uint8_t *)paths->cost.data)[node] = (uint8_t)((paths->level + cost) % 32);
	((uint32_t *)paths->root.data)[node] = root;
	paths->parent[node] = parent;
	paths->parent_edge[node] = edge;
}

/* Offers `to` the path over `edge`, whose source was just settled. */
static void relax(struct paths *paths, uint32_t from, uint64_t edge)
{
	uint32_t to = paths->graph->to[edge];
	if (is_settled(paths, to))
		return;
	unsigned cost = paths->edge_cost(paths->arg, from, edge);
	if (cost == FORBIDDEN)
		return;
	assert(cost < LEVELS);
	const uint32_t *roots = paths->root.data;
	uint32_t root = roots[from];
	if (paths->parent[to] != GRAPH_UNREACHED) {
		unsigned known = waiting_cost(paths, to);
		if (cost > known || (cost == known && root > roots[to]))
			return;
		if (cost == known && root == roots[to]) {
			if (edge < paths->parent_edge[to])
				set_label(paths, to, cost, root, from, edge);
			return;
		}
	}
	set_label(paths, to, cost, root, from, edge);
	queue_push(paths, (paths->level + cost) % LEVELS, cost, to);
}

static void settle(struct paths *paths, uint32_t node)
{
	bits_set(paths->settled.data, node);
	if (paths->wanted && bits_get(paths->wanted, node))
		paths->n_missing--;
	const struct graph *graph = paths->graph;
	for (uint64_t edge = graph->start[node]; edge < graph->start[node + 1]; edge++)
		relax(paths, node, edge);
}

/* ---- order ---- */

/* The first start of this level whose node is not settled; its root index, or UINT32_MAX. */
static uint32_t first_start(struct paths *paths)
{
	while (paths->next_start < paths->n_starts) {
		const struct start *start = &paths->starts[paths->next_start];
		if (start->cost != paths->level)
			break;
		if (!is_settled(paths, paths->roots[start->root]))
			return start->root;
		paths->next_start++;
	}
	return UINT32_MAX;
}

/* Settles the node of this level whose root is the first; false when there is none. */
static bool settle_next(struct paths *paths)
{
	unsigned bucket = paths->level % LEVELS, best_queue = 0;
	uint32_t best_root = UINT32_MAX, best_node = 0;
	for (uint32_t left = paths->filled[bucket]; left; left &= left - 1) {
		unsigned last_cost = (unsigned)__builtin_ctz(left);
		const struct queue *queue = &paths->queues[bucket][last_cost];
		while (queue->first && is_settled(paths, queue_head(queue)))
			queue_pop(paths, bucket, last_cost);
		if (!queue->first)
			continue;
		uint32_t node = queue_head(queue), root = ((uint32_t *)paths->root.data)[node];
		if (root < best_root) {
			best_root = root;
			best_node = node;
			best_queue = last_cost;
		}
	}
	uint32_t start = first_start(paths);
	if (start < best_root) {
		best_node = paths->roots[start];
		set_label(paths, best_node, 0, start, GRAPH_ROOT, UINT64_MAX);
		paths->next_start++;
	} else if (best_root == UINT32_MAX) {
		return false;
	} else {
		queue_pop(paths, bucket, best_queue);
	}
	settle(paths, best_node);
	return true;
}

/* Goes on to the next level at which a node or a start waits; false at the end. */
static bool next_level(struct paths *paths)
{
	uint64_t next = UINT64_MAX;
	if (paths->next_start < paths->n_starts)
		next = paths->starts[paths->next_start].cost;
	for (unsigned ahead = 1; ahead < LEVELS; ahead++)
		if (paths->filled[(paths->level + ahead) % LEVELS]) {
			next = MIN(next, paths->level + ahead);
			break;
		}
	if (next == UINT64_MAX)
		return false;
	assert(next > paths->level);
	paths->level = next;
	return true;
}

static int compare_starts(const void *a, const void *b)
{
	const struct start *left = a, *right = b;
	if (left->cost != right->cost)
		return left->cost < right->cost ? -1 : 1;
	return left->root < right->root ? -1 : left->root > right->root;
}

static void search(struct paths *paths)
{
	paths->level = paths->n_starts ? paths->starts[0].cost : 0;
	do {
		while (!paths->wanted || paths->n_missing)
			if (!settle_next(paths))
				break;
	} while ((!paths->wanted || paths->n_missing) && next_level(paths));
	for (uint32_t i = 0; i < paths->graph->n; i++)
		if (!is_settled(paths, i)) {
			paths->parent[i] = GRAPH_UNREACHED;
			paths->parent_edge[i] = UINT64_MAX;
		}
}

static struct error *paths_init(
	struct paths *paths, const uint32_t *roots, const uint32_t *root_cost, uint32_t n_roots)
{
	uint32_t n = paths->graph->n;
	/* An edge puts one node on a queue at most; two chunks a queue are partly used. */
	uint64_t n_chunks = paths->graph->start[n] / CHUNK_NODES + 2 * LEVELS * LEVELS;
	struct error *error = column_init(&paths->settled, sizeof(uint64_t), bits_words(n));
	if (!error)
		error = column_init(&paths->root, sizeof(uint32_t), n);
	if (!error)
		error = column_init(&paths->cost, sizeof(uint8_t), n);
	if (!error)
		error = column_init(&paths->chunks, sizeof(struct chunk), n_chunks);
	if (error)
		return error;
	paths->starts = calloc(MAX(n_roots, 1), sizeof(*paths->starts));
	if (!paths->starts)
		return &error_no_memory;
	for (uint32_t i = 0; i < n_roots; i++) {
		assert(roots[i] < n);
		paths->starts[i] = (struct start){.cost = root_cost[i], .root = i};
	}
	paths->roots = roots;
	paths->n_starts = n_roots;
	if (n_roots)
		qsort(paths->starts, n_roots, sizeof(*paths->starts), compare_starts);
	return NULL;
}

static void paths_deinit(struct paths *paths)
{
	column_deinit(&paths->settled);
	column_deinit(&paths->root);
	column_deinit(&paths->cost);
	column_deinit(&paths->chunks);
	free(paths->starts);
}

static void forget_paths(struct paths *paths)
{
	uint32_t n = paths->graph->n;
	for (uint32_t i = 0; i < n; i++) {
		paths->parent[i] = GRAPH_UNREACHED;
		paths->parent_edge[i] = UINT64_MAX;
	}
	for (uint64_t word = 0; paths->wanted && word < bits_words(n); word++) {
		uint64_t bits = paths->wanted[word];
		if (n % 64 && word == n / 64)
			bits &= (1ull << n % 64) - 1;
		paths->n_missing += (uint64_t)__builtin_popcountll(bits);
	}
}

struct error *graph_cheapest_paths(const struct graph *graph, const uint32_t *roots,
	const uint32_t *root_cost, uint32_t n_roots, edge_cost_fn edge_cost, void *arg,
	const uint64_t *wanted, uint32_t *parent_ret, uint64_t *parent_edge_ret)
{
	struct paths paths = {.graph = graph,
		.edge_cost = edge_cost,
		.arg = arg,
		.wanted = wanted,
		.parent = parent_ret,
		.parent_edge = parent_edge_ret};
	struct error *error = paths_init(&paths, roots, root_cost, n_roots);
	if (!error) {
		forget_paths(&paths);
		search(&paths);
	}
	paths_deinit(&paths);
	return error;
}
