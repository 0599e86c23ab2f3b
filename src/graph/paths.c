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

struct search {
	const struct graph *graph;
	const uint32_t *roots;
	edge_cost_fn edge_cost;
	void *arg;
	const uint64_t *wanted;
	uint64_t n_missing; /* wanted nodes that are not settled */
	struct graph_paths *paths;

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

static struct chunk *take_chunk(struct search *search)
{
	struct chunk *chunk = search->unused;
	if (chunk)
		search->unused = chunk->next;
	else
		chunk = column_add(&search->chunks, 1);
	assert(chunk);
	chunk->next = NULL;
	return chunk;
}

static void queue_push(struct search *search, unsigned bucket, unsigned last_cost, uint32_t node)
{
	struct queue *queue = &search->queues[bucket][last_cost];
	if (!queue->first) {
		queue->first = queue->last = take_chunk(search);
		queue->head = queue->tail = 0;
	} else if (queue->tail == CHUNK_NODES) {
		queue->last->next = take_chunk(search);
		queue->last = queue->last->next;
		queue->tail = 0;
	}
	queue->last->node[queue->tail++] = node;
	search->filled[bucket] |= 1u << last_cost;
}

static uint32_t queue_head(const struct queue *queue)
{
	return queue->first->node[queue->head];
}

static void queue_pop(struct search *search, unsigned bucket, unsigned last_cost)
{
	struct queue *queue = &search->queues[bucket][last_cost];
	struct chunk *first = queue->first;
	queue->head++;
	bool empty = first == queue->last && queue->head == queue->tail;
	if (!empty && queue->head < CHUNK_NODES)
		return;
	queue->first = first->next;
	queue->head = 0;
	first->next = search->unused;
	search->unused = first;
	if (empty) {
		*queue = (struct queue){0};
		search->filled[bucket] &= ~(1u << last_cost);
	}
}

/* ---- labels ---- */

static bool is_settled(const struct search *search, uint32_t node)
{
	return bits_get(search->settled.data, node);
}

/* By how much the best path so far to `node`, which waits, is above the level. */
static unsigned waiting_cost(const struct search *search, uint32_t node)
{
	const uint8_t *cost = search->cost.data;
	return (unsigned)(cost[node] - search->level) % 32;
}

static uint32_t parent_of(const struct search *search, uint32_t node)
{
	return graph_paths_parent(search->paths, node);
}

static void set_parent(struct search *search, uint32_t node, uint32_t parent)
{
	((uint32_t *)search->paths->parent.data)[node] = parent ^ GRAPH_UNREACHED;
}

static void set_label(struct search *search, uint32_t node, unsigned cost, uint32_t root,
	uint32_t parent, uint32_t edge)
{
	((uint8_t *)search->cost.data)[node] = (uint8_t)((search->level + cost) % 32);
	((uint32_t *)search->root.data)[node] = root;
	((uint32_t *)search->paths->edge.data)[node] = edge;
	set_parent(search, node, parent);
}

/* Does nobody ask for `node`, and does it lead nowhere? */
static bool is_idle(const struct search *search, uint32_t node)
{
	const uint64_t *start = search->graph->start;
	return search->wanted && start[node] == start[node + 1] && !bits_get(search->wanted, node);
}

/* Offers `to` the path over the edge `index` of `from`, which was just settled. */
static void relax(struct search *search, uint32_t from, uint32_t index)
{
	uint64_t edge = search->graph->start[from] + index;
	uint32_t to = search->graph->to[edge];
	if (is_idle(search, to) || is_settled(search, to))
		return;
	unsigned cost = search->edge_cost(search->arg, from, edge);
	if (cost == FORBIDDEN)
		return;
	assert(cost < LEVELS);
	const uint32_t *roots = search->root.data;
	uint32_t root = roots[from];
	if (parent_of(search, to) != GRAPH_UNREACHED) {
		unsigned known = waiting_cost(search, to);
		if (cost > known || (cost == known && root > roots[to]))
			return;
		if (cost == known && root == roots[to]) {
			if (edge < graph_paths_edge(search->paths, to))
				set_label(search, to, cost, root, from, index);
			return;
		}
	}
	set_label(search, to, cost, root, from, index);
	queue_push(search, (search->level + cost) % LEVELS, cost, to);
}

static void settle(struct search *search, uint32_t node)
{
	bits_set(search->settled.data, node);
	if (search->wanted && bits_get(search->wanted, node))
		search->n_missing--;
	const uint64_t *start = search->graph->start;
	uint32_t n = (uint32_t)MIN(start[node + 1] - start[node], UINT32_MAX);
	for (uint32_t i = 0; i < n; i++)
		relax(search, node, i);
}

/* ---- order ---- */

/* The first start of this level whose node is not settled; its root index, or UINT32_MAX. */
static uint32_t first_start(struct search *search)
{
	while (search->next_start < search->n_starts) {
		const struct start *start = &search->starts[search->next_start];
		if (start->cost != search->level)
			break;
		uint32_t root = search->roots[start->root];
		if (!is_settled(search, root) && !is_idle(search, root))
			return start->root;
		search->next_start++;
	}
	return UINT32_MAX;
}

/* Settles the node of this level whose root is the first; false when there is none. */
static bool settle_next(struct search *search)
{
	unsigned bucket = search->level % LEVELS, best_queue = 0;
	uint32_t best_root = UINT32_MAX, best_node = 0;
	for (uint32_t left = search->filled[bucket]; left; left &= left - 1) {
		unsigned last_cost = (unsigned)__builtin_ctz(left);
		const struct queue *queue = &search->queues[bucket][last_cost];
		while (queue->first && is_settled(search, queue_head(queue)))
			queue_pop(search, bucket, last_cost);
		if (!queue->first)
			continue;
		uint32_t node = queue_head(queue), root = ((uint32_t *)search->root.data)[node];
		if (root < best_root) {
			best_root = root;
			best_node = node;
			best_queue = last_cost;
		}
	}
	uint32_t start = first_start(search);
	if (start < best_root) {
		best_node = search->roots[start];
		set_label(search, best_node, 0, start, GRAPH_ROOT, 0);
		search->next_start++;
	} else if (best_root == UINT32_MAX) {
		return false;
	} else {
		queue_pop(search, bucket, best_queue);
	}
	settle(search, best_node);
	return true;
}

/* Goes on to the next level at which a node or a start waits; false at the end. */
static bool next_level(struct search *search)
{
	uint64_t next = UINT64_MAX;
	if (search->next_start < search->n_starts)
		next = search->starts[search->next_start].cost;
	for (unsigned ahead = 1; ahead < LEVELS; ahead++)
		if (search->filled[(search->level + ahead) % LEVELS]) {
			next = MIN(next, search->level + ahead);
			break;
		}
	if (next == UINT64_MAX)
		return false;
	assert(next > search->level);
	search->level = next;
	return true;
}

static int compare_starts(const void *a, const void *b)
{
	const struct start *left = a, *right = b;
	if (left->cost != right->cost)
		return left->cost < right->cost ? -1 : 1;
	return left->root < right->root ? -1 : left->root > right->root;
}

/* Nodes that still wait were not reached. */
static void forget_waiting(struct search *search, unsigned bucket, unsigned last_cost)
{
	while (search->queues[bucket][last_cost].first) {
		uint32_t node = queue_head(&search->queues[bucket][last_cost]);
		if (!is_settled(search, node))
			set_parent(search, node, GRAPH_UNREACHED);
		queue_pop(search, bucket, last_cost);
	}
}

static void run(struct search *search)
{
	search->level = search->n_starts ? search->starts[0].cost : 0;
	do {
		while (!search->wanted || search->n_missing)
			if (!settle_next(search))
				break;
	} while ((!search->wanted || search->n_missing) && next_level(search));
	for (unsigned bucket = 0; bucket < LEVELS; bucket++)
		for (unsigned last_cost = 0; last_cost < LEVELS; last_cost++)
			forget_waiting(search, bucket, last_cost);
}

static struct error *init_columns(struct search *search)
{
	uint32_t n = search->graph->n;
	/* An edge puts one node on a queue at most; two chunks a queue are partly used. */
	uint64_t n_chunks = search->graph->start[n] / CHUNK_NODES + 2 * LEVELS * LEVELS;
	struct {
		struct column *column;
		size_t element_size, capacity;
	} const wanted[] = {
		{&search->settled, sizeof(uint64_t), bits_words(n)},
		{&search->root, sizeof(uint32_t), n},
		{&search->cost, sizeof(uint8_t), n},
		{&search->chunks, sizeof(struct chunk), n_chunks},
		{&search->paths->parent, sizeof(uint32_t), n},
		{&search->paths->edge, sizeof(uint32_t), n},
	};
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		struct error *error =
			column_init(wanted[i].column, wanted[i].element_size, wanted[i].capacity);
		if (error)
			return error;
		column_sparse(wanted[i].column);
	}
	return NULL;
}

static struct error *init_starts(
	struct search *search, const uint32_t *roots, const uint32_t *root_cost, uint32_t n_roots)
{
	search->starts = calloc(MAX(n_roots, 1), sizeof(*search->starts));
	if (!search->starts)
		return &error_no_memory;
	for (uint32_t i = 0; i < n_roots; i++) {
		assert(roots[i] < search->graph->n);
		search->starts[i] = (struct start){.cost = root_cost[i], .root = i};
	}
	search->roots = roots;
	search->n_starts = n_roots;
	if (n_roots)
		qsort(search->starts, n_roots, sizeof(*search->starts), compare_starts);
	return NULL;
}

static void search_deinit(struct search *search)
{
	column_deinit(&search->settled);
	column_deinit(&search->root);
	column_deinit(&search->cost);
	column_deinit(&search->chunks);
	free(search->starts);
}

static void count_wanted(struct search *search)
{
	uint32_t n = search->graph->n;
	for (uint64_t word = 0; search->wanted && word < bits_words(n); word++) {
		uint64_t bits = search->wanted[word];
		if (n % 64 && word == n / 64)
			bits &= (1ull << n % 64) - 1;
		search->n_missing += (uint64_t)__builtin_popcountll(bits);
	}
}

struct error *graph_paths_init(struct graph_paths *paths, const struct graph *graph,
	const uint32_t *roots, const uint32_t *root_cost, uint32_t n_roots, edge_cost_fn edge_cost,
	void *arg, const uint64_t *wanted)
{
	*paths = (struct graph_paths){.graph = graph};
	struct search search = {.graph = graph,
		.edge_cost = edge_cost,
		.arg = arg,
		.wanted = wanted,
		.paths = paths};
	struct error *error = init_columns(&search);
	if (!error)
		error = init_starts(&search, roots, root_cost, n_roots);
	if (!error) {
		count_wanted(&search);
		run(&search);
	}
	search_deinit(&search);
	if (error)
		graph_paths_deinit(paths);
	return error;
}

void graph_paths_deinit(struct graph_paths *paths)
{
	column_deinit(&paths->parent);
	column_deinit(&paths->edge);
	*paths = (struct graph_paths){0};
}
