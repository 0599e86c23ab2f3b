/*
 * Immediate dominators by semi-NCA.
 *
 *	states -> search (preorder numbers, tree, other edges)
 *	       -> predecessors -> semidominators -> dominators -> leaves -> names of nodes
 *
 * Only inner nodes (those with successors) are searched: a leaf lies on no path
 * to anything, so its dominator is the nearest common ancestor of its
 * containers in the finished tree. From the search on, everything works on
 * preorder numbers: number 0 is the super-root, ancestors are smaller than
 * their descendants. While the work goes on, idom_ret holds preorder numbers:
 * of the node itself for an inner node, of its dominator so far for a leaf.
 *
 * Georgiadis, Tarjan, Werneck: Finding Dominators in Practice, JGAA 10(1), 2006.
 * The jump pointers (Myers' skew-binary links) bound the walk of the second
 * step, which is quadratic otherwise where long chains share their payload.
 */
#include "graph/dominators_int.h"

#include "base/column.h"
#include "base/workers.h"
#include "graph/bits.h"

/* How far ahead memory is asked for, in steps of the loop at hand. */
#define AHEAD 24

/* Edges or nodes per thread below which another thread is not worth its start. */
#define STEPS_PER_WORKER (1u << 17)

/* What a node is to the search; two bits each, 32 a word. */
enum state { OUTSIDE, LEAF, OPEN, NUMBERED };

#define STATES_PER_WORD 32

/* An inner node by preorder number; what the fields hold changes with the step. */
struct inner {
	uint32_t up;   /* parent in the search tree, then immediate dominator */
	uint32_t jump; /* ancestor in the compressed forest, then jump pointer */
	uint32_t mark; /* smallest semidominator on the compressed path, then depth */
	uint32_t semi; /* semidominator */
};

/* A node still to be visited, and the number of the node that leads to it. */
struct pending {
	uint32_t node, from;
};

/* An edge between preorder numbers that is none of the tree. */
struct cross {
	uint32_t from, to;
};

struct work {
	const struct graph *graph;
	const uint64_t *among;
	const uint32_t *roots;
	uint32_t n_roots;
	uint32_t *idom;

	struct column states;      /* uint64_t */
	struct column stack;       /* struct pending */
	struct column crosses;     /* struct cross */
	struct column inner;       /* struct inner, by preorder number */
	struct column node;        /* uint32_t, the node with a preorder number */
	struct column cross_start; /* uint64_t */
	struct column cross_from;  /* uint32_t */
	struct column path;        /* uint32_t */
	struct column up_node;     /* uint32_t, the dominator of a preorder number, as a node */
};

static enum state state_of(const uint64_t *states, uint32_t node)
{
	return states[node / STATES_PER_WORD] >> node % STATES_PER_WORD * 2 & 3;
}

static void state_change(uint64_t *states, uint32_t node, enum state from, enum state to)
{
	states[node / STATES_PER_WORD] ^= (uint64_t)(from ^ to) << node % STATES_PER_WORD * 2;
}

static unsigned workers_for(uint64_t n_steps)
{
	return (unsigned)MIN(workers_count(), n_steps / STEPS_PER_WORKER + 1);
}

/* Fills words [begin, end) of the states, and idom of their nodes. */
static struct error *fill_states(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	struct work *work = arg;
	const struct graph *graph = work->graph;
	uint64_t *states = work->states.data;
	for (uint64_t word = begin; word < end; word++) {
		uint64_t first = word * STATES_PER_WORD;
		uint64_t last = MIN(first + STATES_PER_WORD, graph->n);
		for (uint64_t i = first; i < last; i++) {
			if (work->among && !bits_get(work->among, i))
				continue;
			uint64_t state = graph->start[i] < graph->start[i + 1] ? OPEN : LEAF;
			states[word] |= state << (i - first) * 2;
			work->idom[i] = GRAPH_UNREACHED;
		}
	}
	return NULL;
}

/* How many nodes are inner: the most that the search can number. */
static uint32_t count_open(const struct column *states)
{
	const uint64_t *words = states->data;
	uint64_t count = 0;
	for (size_t i = 0; i < states->capacity; i++)
		count += (uint64_t)__builtin_popcountll(words[i] & 0xaaaaaaaaaaaaaaaa);
	return (uint32_t)count;
}

/* ---- search ---- */

static void push(struct work *work, uint32_t node, uint32_t from)
{
	struct pending *pending = column_add(&work->stack, 1);
	assert(pending);
	*pending = (struct pending){.node = node, .from = from};
	__builtin_prefetch(&work->graph->start[node]);
}

static void add_cross(struct work *work, uint32_t from, uint32_t to)
{
	struct cross *cross = column_add(&work->crosses, 1);
	assert(cross);
	*cross = (struct cross){.from = from, .to = to};
}

static void push_roots(struct work *work)
{
	const uint64_t *states = work->states.data;
	for (uint32_t i = work->n_roots; i-- > 0;) {
		uint32_t root = work->roots[i];
		enum state state = state_of(states, root);
		if (state == LEAF)
			work->idom[root] = 0;
		else if (state == OPEN)
			push(work, root, 0);
	}
}

/* Asks for what the search needs soon: nodes some way down the stack, and their edges. */
static void prefetch_pending(const struct work *work)
{
	const struct pending *stack = work->stack.data;
	size_t n = work->stack.n;
	if (n > 16)
		__builtin_prefetch(&work->graph->start[stack[n - 17].node]);
	if (n > 8)
		__builtin_prefetch(&work->graph->to[work->graph->start[stack[n - 9].node]]);
}

/* Numbers `node` and puts its successors on the stack, the first on top. */
static void visit(struct work *work, uint32_t node, uint32_t from)
{
	const struct graph *graph = work->graph;
	uint64_t *states = work->states.data;
	uint32_t number = (uint32_t)work->node.n;
	*(uint32_t *)column_add(&work->node, 1) = node;
	*(struct inner *)column_add(&work->inner, 1) =
		(struct inner){.up = from, .jump = from, .mark = number, .semi = from};
	work->idom[node] = number;
	state_change(states, node, OPEN, NUMBERED);
	for (uint64_t edge = graph->start[node + 1]; edge-- > graph->start[node];) {
		uint32_t to = graph->to[edge];
		enum state state = state_of(states, to);
		if (state == OPEN)
			push(work, to, number);
		else if (state == NUMBERED && to != node)
			add_cross(work, number, work->idom[to]);
	}
}

static void search(struct work *work)
{
	const uint64_t *states = work->states.data;
	*(uint32_t *)column_add(&work->node, 1) = GRAPH_ROOT;
	*(struct inner *)column_add(&work->inner, 1) = (struct inner){0};
	push_roots(work);
	while (work->stack.n) {
		prefetch_pending(work);
		struct pending top = ((struct pending *)work->stack.data)[--work->stack.n];
		if (state_of(states, top.node) == OPEN)
			visit(work, top.node, top.from);
		else
			add_cross(work, top.from, work->idom[top.node]);
	}
}

static struct error *run_search(struct work *work)
{
	uint64_t n = work->graph->n;
	uint64_t n_edges = work->graph->start[n] + work->n_roots;
	struct error *error = column_init(&work->states, sizeof(uint64_t), n / STATES_PER_WORD + 1);
	if (!error)
		error = workers_run(workers_for(n), n / STATES_PER_WORD + 1, fill_states, work);
	if (error)
		return error;
	uint64_t n_inner = count_open(&work->states) + 1ull;
	error = column_init(&work->inner, sizeof(struct inner), n_inner);
	if (!error)
		error = column_init(&work->node, sizeof(uint32_t), n_inner);
	if (!error)
		error = column_init(&work->crosses, sizeof(struct cross), n_edges);
	if (!error)
		error = column_init(&work->stack, sizeof(struct pending), n_edges);
	if (error)
		return error;
	search(work);
	column_deinit(&work->stack);
	column_trim(&work->crosses);
	column_trim(&work->inner);
	column_trim(&work->node);
	return NULL;
}

/* ---- predecessors ---- */

/* The crosses of the search sorted by where they lead (counting sort). */
static struct error *sort_crosses(struct work *work)
{
	size_t n = work->node.n, n_crosses = work->crosses.n;
	struct error *error = column_init(&work->cross_start, sizeof(uint64_t), n + 2);
	if (!error)
		error = column_init(&work->cross_from, sizeof(uint32_t), n_crosses);
	if (error)
		return error;
	const struct cross *crosses = work->crosses.data;
	uint64_t *start = work->cross_start.data;
	uint32_t *from = work->cross_from.data;
	for (size_t i = 0; i < n_crosses; i++) {
		if (i + AHEAD < n_crosses)
			__builtin_prefetch(&start[crosses[i + AHEAD].to + 2], 1);
		start[crosses[i].to + 2]++;
	}
	for (size_t i = 2; i < n + 2; i++)
		start[i] += start[i - 1];
	for (size_t i = 0; i < n_crosses; i++) {
		if (i + AHEAD < n_crosses)
			__builtin_prefetch(&start[crosses[i + AHEAD].to + 1], 1);
		from[start[crosses[i].to + 1]++] = crosses[i].from;
	}
	column_deinit(&work->crosses);
	return NULL;
}

/* ---- semidominators and dominators ---- */

/*
 * The smallest semidominator on the tree path from `number` up to, not
 * including, the first number at or below `limit`. Compresses that path.
 */
static uint32_t evaluate(struct work *work, uint32_t number, uint32_t limit)
{
	struct inner *inner = work->inner.data;
	uint32_t *path = work->path.data;
	size_t length = 0;
	uint32_t top = number;
	while (inner[top].jump > limit) {
		assert(length < work->path.capacity);
		path[length++] = top;
		top = inner[top].jump;
	}
	uint32_t smallest = inner[top].mark, above = inner[top].jump;
	while (length) {
		struct inner *at = &inner[path[--length]];
		smallest = at->mark = MIN(at->mark, smallest);
		at->jump = above;
	}
	return smallest;
}

static struct error *find_semidominators(struct work *work)
{
	uint32_t n = (uint32_t)work->node.n;
	struct error *error = column_init(&work->path, sizeof(uint32_t), n);
	if (error)
		return error;
	struct inner *inner = work->inner.data;
	const uint64_t *start = work->cross_start.data;
	const uint32_t *from = work->cross_from.data;
	for (uint32_t i = n - 1; i > 0; i--) {
		uint32_t semi = inner[i].up;
		for (uint64_t e = start[i]; e < start[i + 1] && semi; e++) {
			uint32_t candidate = from[e] <= i ? from[e] : evaluate(work, from[e], i);
			semi = MIN(semi, candidate);
		}
		inner[i].semi = inner[i].mark = semi;
	}
	column_deinit(&work->path);
	column_deinit(&work->cross_start);
	column_deinit(&work->cross_from);
	return NULL;
}

/* The nearest ancestor of `at` (in the dominator tree so far) that is at or below `limit`. */
static uint32_t climb(const struct inner *inner, uint32_t at, uint32_t limit)
{
	while (at > limit)
		at = inner[at].jump >= limit ? inner[at].jump : inner[at].up;
	return at;
}

static void find_inner_dominators(struct work *work)
{
	struct inner *inner = work->inner.data;
	uint32_t n = (uint32_t)work->node.n;
	inner[0] = (struct inner){0};
	for (uint32_t i = 1; i < n; i++) {
		uint32_t up = climb(inner, inner[i].up, inner[i].semi);
		uint32_t jump = inner[up].jump;
		bool equal_jumps = inner[up].mark - inner[jump].mark ==
				   inner[jump].mark - inner[inner[jump].jump].mark;
		inner[i].up = up;
		inner[i].mark = inner[up].mark + 1;
		inner[i].jump = equal_jumps ? inner[jump].jump : up;
	}
}

/* ---- leaves ---- */

static uint32_t nearest_common_dominator(const struct inner *inner, uint32_t a, uint32_t b)
{
	while (a != b) {
		if (a > b)
			a = climb(inner, a, b);
		else
			b = climb(inner, b, a);
	}
	return a;
}

/*
 * `container` (a preorder number) holds the leaf whose dominator stands in
 * *idom. Other threads do the same: the result does not depend on the order.
 */
static void fold_leaf(const struct inner *inner, uint32_t *idom, uint32_t container)
{
	uint32_t before = __atomic_load_n(idom, __ATOMIC_RELAXED), after;
	do {
		after = before == GRAPH_UNREACHED
				? container
				: nearest_common_dominator(inner, before, container);
		if (after == before)
			return;
	} while (!__atomic_compare_exchange_n(
		idom, &before, after, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

/* The node whose edges edge `edge` is one of. */
static uint32_t find_container(const struct graph *graph, uint64_t edge)
{
	uint32_t low = 0, high = graph->n;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (graph->start[middle] <= edge)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Folds the leaves at the ends of edges [begin, end). */
static struct error *fold_leaves(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	struct work *work = arg;
	const struct graph *graph = work->graph;
	const uint64_t *states = work->states.data;
	if (begin == end)
		return NULL;
	uint64_t n_edges = graph->start[graph->n], edge = begin;
	for (uint32_t node = find_container(graph, begin); edge < end; node++) {
		uint64_t stop = MIN(graph->start[node + 1], end);
		if (state_of(states, node) != NUMBERED) {
			edge = stop;
			continue;
		}
		uint32_t container = work->idom[node];
		for (; edge < stop; edge++) {
			if (edge + AHEAD < n_edges)
				__builtin_prefetch(&work->idom[graph->to[edge + AHEAD]], 1);
			if (state_of(states, graph->to[edge]) == LEAF)
				fold_leaf(
					work->inner.data, &work->idom[graph->to[edge]], container);
		}
	}
	return NULL;
}

/* ---- back to nodes ---- */

static void name_inner_dominators(struct work *work)
{
	const struct inner *inner = work->inner.data;
	const uint32_t *node = work->node.data;
	uint32_t *up_node = work->up_node.data;
	for (size_t i = 1; i < work->node.n; i++)
		up_node[i] = node[inner[i].up];
}

static struct error *name_dominators(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	struct work *work = arg;
	const uint64_t *states = work->states.data;
	const uint32_t *tables[] = {
		[LEAF] = work->node.data, [OPEN] = NULL, [NUMBERED] = work->up_node.data};
	for (uint64_t i = begin; i < end; i++) {
		if (i + AHEAD < end && work->idom[i + AHEAD] < GRAPH_UNREACHED) {
			enum state state = state_of(states, (uint32_t)(i + AHEAD));
			if (tables[state])
				__builtin_prefetch(&tables[state][work->idom[i + AHEAD]]);
		}
		enum state state = state_of(states, (uint32_t)i);
		if ((state == LEAF || state == NUMBERED) && work->idom[i] != GRAPH_UNREACHED)
			work->idom[i] = tables[state][work->idom[i]];
	}
	return NULL;
}

static struct error *find_dominators(struct work *work)
{
	struct error *error = run_search(work);
	if (!error)
		error = sort_crosses(work);
	if (!error)
		error = find_semidominators(work);
	if (!error)
		error = column_init(&work->up_node, sizeof(uint32_t), work->node.n);
	if (error)
		return error;
	find_inner_dominators(work);
	uint64_t n = work->graph->n, n_edges = work->graph->start[n];
	error = workers_run(workers_for(n_edges), n_edges, fold_leaves, work);
	if (error)
		return error;
	name_inner_dominators(work);
	return workers_run(workers_for(n), n, name_dominators, work);
}

static void work_deinit(struct work *work)
{
	struct column *columns[] = {&work->states, &work->stack, &work->crosses, &work->inner,
		&work->node, &work->cross_start, &work->cross_from, &work->path, &work->up_node};
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		column_deinit(columns[i]);
}

struct error *dominators_among(const struct graph *graph, const uint64_t *among,
	const uint32_t *roots, uint32_t n_roots, uint32_t *idom_ret)
{
	struct work work = {.graph = graph,
		.among = among,
		.roots = roots,
		.n_roots = n_roots,
		.idom = idom_ret};
	struct error *error = find_dominators(&work);
	work_deinit(&work);
	return error;
}

struct error *graph_dominators(
	const struct graph *graph, const uint32_t *roots, uint32_t n_roots, uint32_t *idom_ret)
{
	return dominators_among(graph, NULL, roots, n_roots, idom_ret);
}
