/*
 * Immediate dominators by semi-NCA.
 *
 *	inner graph -> search (preorder numbers, tree, other edges)
 *		-> predecessors -> semidominators -> dominators -> leaves -> nodes
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

#include "graph/inner.h"
#include "graph/parallel.h"

/* How far ahead memory is asked for, in steps of the loop at hand. */
#define AHEAD 24

/* A number of the search; what the fields hold changes with the step. */
struct numbered {
	uint32_t up;   /* parent in the search tree, then immediate dominator */
	uint32_t jump; /* ancestor in the compressed forest, then jump pointer */
	uint32_t mark; /* smallest semidominator on the compressed path, then depth */
	uint32_t semi; /* semidominator */
};

/* A row still to be visited, and the number that leads to it. */
struct pending {
	uint32_t row, from;
};

/* An edge between numbers that is none of the tree. */
struct cross {
	uint32_t from, to;
};

struct work {
	const struct graph *graph;
	const uint64_t *among;
	const uint32_t *roots;
	uint32_t n_roots;
	uint32_t *idom;

	struct inner_graph inner;
	struct column seen;        /* uint64_t, a bit a row: has a number */
	struct column stack;       /* struct pending */
	struct column crosses;     /* struct cross */
	struct column parent;      /* uint32_t, by number */
	struct column node;        /* uint32_t, the node with a number */
	struct column numbered;    /* struct numbered, by number */
	struct column cross_start; /* uint64_t */
	struct column cross_from;  /* uint32_t */
	struct column path;        /* uint32_t */
	struct column up_node;     /* uint32_t, the dominator of a number, as a node */
};

static bool is_leaf(const struct work *work, uint32_t node)
{
	return !inner_has(&work->inner, node) && (!work->among || bits_get(work->among, node));
}

/* ---- search ---- */

static void push(struct work *work, uint32_t row, uint32_t from)
{
	struct pending *pending = column_add(&work->stack, 1);
	assert(pending);
	*pending = (struct pending){.row = row, .from = from};
}

static void add_cross(struct work *work, uint32_t from, uint32_t to)
{
	struct cross *cross = column_add(&work->crosses, 1);
	assert(cross);
	*cross = (struct cross){.from = from, .to = to};
}

/* How far below the top of the stack rows are made ready, step by step. */
enum { READY_ROW = 24, READY_EDGES = 18, READY_NEXT_ROWS = 12, READY_NEXT_EDGES = 6 };

/* Edges of a row whose ends are made ready with it. */
#define READY_FAN 4

/*
 * Asks for what the search needs soon: rows some way down the stack, then
 * their edges, then the rows and edges that these lead to.
 */
PREFETCHES prefetch_pending(const struct work *work)
{
	const struct pending *top = (const struct pending *)work->stack.data + work->stack.n;
	const struct row *rows = work->inner.rows.data, *row;
	const uint32_t *to = work->inner.to.data;
	if (work->stack.n <= READY_ROW)
		return;
	__builtin_prefetch(&rows[top[-READY_ROW].row], 1);
	__builtin_prefetch(&to[rows[top[-READY_EDGES].row].first]);
	row = &rows[top[-READY_NEXT_ROWS].row];
	for (uint64_t e = row[0].first; e < MIN(row[0].first + READY_FAN, row[1].first); e++)
		__builtin_prefetch(&rows[to[e]], 1);
	row = &rows[top[-READY_NEXT_EDGES].row];
	for (uint64_t e = row[0].first; e < MIN(row[0].first + READY_FAN, row[1].first); e++)
		__builtin_prefetch(&to[rows[to[e]].first]);
}

/* Numbers a row and puts those it leads to on the stack, the first on top. */
static void visit(struct work *work, uint32_t at, uint32_t from)
{
	struct row *rows = work->inner.rows.data, *row = &rows[at];
	const uint32_t *to = work->inner.to.data;
	uint64_t *seen = work->seen.data;
	uint32_t number = (uint32_t)work->node.n;
	*(uint32_t *)column_add(&work->node, 1) = row->node;
	*(uint32_t *)column_add(&work->parent, 1) = from;
	row->number = number;
	bits_set(seen, at);
	for (uint64_t edge = row[1].first; edge-- > row[0].first;) {
		if (bits_get(seen, to[edge])) {
			add_cross(work, number, rows[to[edge]].number);
		} else {
			push(work, to[edge], number);
			__builtin_prefetch(&rows[to[edge]], 1);
		}
	}
}

static void push_roots(struct work *work)
{
	for (uint32_t i = work->n_roots; i-- > 0;) {
		uint32_t root = work->roots[i];
		if (inner_has(&work->inner, root))
			push(work, inner_row(&work->inner, root), 0);
	}
}

static void search(struct work *work)
{
	const struct row *rows = work->inner.rows.data;
	*(uint32_t *)column_add(&work->node, 1) = GRAPH_ROOT;
	*(uint32_t *)column_add(&work->parent, 1) = 0;
	push_roots(work);
	while (work->stack.n) {
		prefetch_pending(work);
		struct pending top = ((struct pending *)work->stack.data)[--work->stack.n];
		if (bits_get(work->seen.data, top.row))
			add_cross(work, top.from, rows[top.row].number);
		else
			visit(work, top.row, top.from);
	}
}

static struct error *run_search(struct work *work)
{
	uint64_t n = work->inner.n, n_edges = work->inner.to.capacity + (uint64_t)work->n_roots;
	struct error *error = column_init(&work->seen, sizeof(uint64_t), bits_words(n));
	if (!error)
		error = column_init(&work->node, sizeof(uint32_t), n + 1);
	if (!error)
		error = column_init(&work->parent, sizeof(uint32_t), n + 1);
	if (!error)
		error = column_init(&work->crosses, sizeof(struct cross), n_edges);
	if (!error)
		error = column_init(&work->stack, sizeof(struct pending), n_edges);
	if (error)
		return error;
	search(work);
	column_deinit(&work->stack);
	column_deinit(&work->seen);
	column_trim(&work->crosses);
	column_trim(&work->node);
	return NULL;
}

/* Sets idom of nodes [begin, end): the number of inner ones, none yet of leaves. */
static struct error *fill_numbers(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	struct work *work = arg;
	const struct inner_graph *inner = &work->inner;
	const struct row *row = inner->rows.data;
	if (begin < end)
		row += inner_row(inner, (uint32_t)begin);
	for (uint64_t node = begin; node < end; node++) {
		if (inner_has(inner, (uint32_t)node)) {
			work->idom[node] = row->number ? row->number : GRAPH_UNREACHED;
			row++;
		} else if (!work->among || bits_get(work->among, node)) {
			work->idom[node] = GRAPH_UNREACHED;
		}
	}
	return NULL;
}

static struct error *number_nodes(struct work *work)
{
	uint64_t n = work->graph->n;
	struct error *error = inner_graph_init(&work->inner, work->graph, work->among);
	if (!error)
		error = run_search(work);
	if (!error)
		error = workers_run(workers_for(n), n, fill_numbers, work);
	if (error)
		return error;
	for (uint32_t i = 0; i < work->n_roots; i++)
		if (is_leaf(work, work->roots[i]))
			work->idom[work->roots[i]] = 0;
	inner_graph_trim(&work->inner);
	return NULL;
}

/* Makes the numbers ready for the search of semidominators. */
static struct error *start_numbered(struct work *work)
{
	size_t n = work->node.n;
	struct error *error = column_init(&work->numbered, sizeof(struct numbered), n);
	if (error)
		return error;
	struct numbered *numbered = work->numbered.data;
	const uint32_t *parent = work->parent.data;
	for (uint32_t i = 0; i < n; i++)
		numbered[i] = (struct numbered){.up = parent[i], .jump = parent[i]};
	column_deinit(&work->parent);
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
	struct numbered *numbered = work->numbered.data;
	uint32_t *path = work->path.data;
	size_t length = 0;
	uint32_t top = number;
	while (numbered[top].jump > limit) {
		assert(length < work->path.capacity);
		path[length++] = top;
		top = numbered[top].jump;
	}
	uint32_t smallest = numbered[top].mark, above = numbered[top].jump;
	while (length) {
		struct numbered *at = &numbered[path[--length]];
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
	struct numbered *numbered = work->numbered.data;
	const uint64_t *start = work->cross_start.data;
	const uint32_t *from = work->cross_from.data;
	for (uint32_t i = n - 1; i > 0; i--) {
		uint32_t semi = numbered[i].up;
		for (uint64_t e = start[i]; e < start[i + 1] && semi; e++) {
			uint32_t candidate = from[e] <= i ? from[e] : evaluate(work, from[e], i);
			semi = MIN(semi, candidate);
		}
		numbered[i].semi = numbered[i].mark = semi;
	}
	column_deinit(&work->path);
	column_deinit(&work->cross_start);
	column_deinit(&work->cross_from);
	return NULL;
}

/* The nearest ancestor of `at` (in the dominator tree so far) that is at or below `limit`. */
static uint32_t climb(const struct numbered *numbered, uint32_t at, uint32_t limit)
{
	while (at > limit)
		at = numbered[at].jump >= limit ? numbered[at].jump : numbered[at].up;
	return at;
}

static void find_inner_dominators(struct work *work)
{
	struct numbered *numbered = work->numbered.data;
	uint32_t n = (uint32_t)work->node.n;
	numbered[0] = (struct numbered){0};
	for (uint32_t i = 1; i < n; i++) {
		uint32_t up = climb(numbered, numbered[i].up, numbered[i].semi);
		uint32_t jump = numbered[up].jump;
		bool equal_jumps = numbered[up].mark - numbered[jump].mark ==
				   numbered[jump].mark - numbered[numbered[jump].jump].mark;
		numbered[i].up = up;
		numbered[i].mark = numbered[up].mark + 1;
		numbered[i].jump = equal_jumps ? numbered[jump].jump : up;
	}
}

/* ---- leaves ---- */

static uint32_t nearest_common_dominator(const struct numbered *numbered, uint32_t a, uint32_t b)
{
	while (a != b) {
		if (a > b)
			a = climb(numbered, a, b);
		else
			b = climb(numbered, b, a);
	}
	return a;
}

/*
 * `container` (a preorder number) holds the leaf whose dominator stands in
 * *idom. Other threads do the same: the result does not depend on the order.
 */
static void fold_leaf(const struct numbered *numbered, uint32_t *idom, uint32_t container)
{
	uint32_t before = __atomic_load_n(idom, __ATOMIC_RELAXED), after;
	if (!before)
		return;
	do {
		after = before == GRAPH_UNREACHED
				? container
				: nearest_common_dominator(numbered, before, container);
		if (after == before)
			return;
	} while (!__atomic_compare_exchange_n(
		idom, &before, after, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

/* Folds the leaves at the ends of edges [begin, end). */
static struct error *fold_leaves(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	struct work *work = arg;
	const struct graph *graph = work->graph;
	if (begin == end)
		return NULL;
	uint64_t n_edges = graph->start[graph->n], edge = begin;
	for (uint32_t node = edge_source(graph, begin); edge < end; node++) {
		uint64_t stop = MIN(graph->start[node + 1], end);
		if (!inner_has(&work->inner, node) || work->idom[node] == GRAPH_UNREACHED) {
			edge = stop;
			continue;
		}
		uint32_t container = work->idom[node];
		for (; edge < stop; edge++) {
			if (edge + AHEAD < n_edges)
				__builtin_prefetch(&work->idom[graph->to[edge + AHEAD]], 1);
			if (is_leaf(work, graph->to[edge]))
				fold_leaf(work->numbered.data, &work->idom[graph->to[edge]],
					container);
		}
	}
	return NULL;
}

/* ---- back to nodes ---- */

static void name_inner_dominators(struct work *work)
{
	const struct numbered *numbered = work->numbered.data;
	const uint32_t *node = work->node.data;
	uint32_t *up_node = work->up_node.data;
	for (size_t i = 1; i < work->node.n; i++)
		up_node[i] = node[numbered[i].up];
}

static struct error *name_dominators(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	struct work *work = arg;
	uint32_t *idom = work->idom;
	const uint32_t *node = work->node.data, *up_node = work->up_node.data;
	for (uint64_t i = begin; i < end; i++) {
		if (i + AHEAD < end && idom[i + AHEAD] < work->node.n) {
			bool inner = inner_has(&work->inner, (uint32_t)(i + AHEAD));
			__builtin_prefetch(&(inner ? up_node : node)[idom[i + AHEAD]]);
		}
		if (work->among && !bits_get(work->among, i))
			continue;
		if (idom[i] != GRAPH_UNREACHED)
			idom[i] = (inner_has(&work->inner, (uint32_t)i) ? up_node : node)[idom[i]];
	}
	return NULL;
}

static struct error *find_dominators(struct work *work)
{
	struct error *error = number_nodes(work);
	if (!error)
		error = sort_crosses(work);
	if (!error)
		error = start_numbered(work);
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
	struct column *columns[] = {&work->seen, &work->stack, &work->crosses, &work->parent,
		&work->node, &work->numbered, &work->cross_start, &work->cross_from, &work->path,
		&work->up_node};
	inner_graph_deinit(&work->inner);
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
