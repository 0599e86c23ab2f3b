#include "graph/inner.h"

#include "graph/parallel.h"

struct strip {
	const struct graph *graph;
	const uint64_t *among;
	struct inner_graph *inner;
	uint64_t n_edges[WORKERS_MAX]; /* that each worker keeps, then where its edges begin */
};

uint32_t edge_source(const struct graph *graph, uint64_t edge)
{
	return (uint32_t)partition_point(i, 1, graph->n, graph->start[i] <= edge) - 1;
}

/* Fills words [begin, end) of the bits. */
static struct error *fill_bits(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	struct strip *strip = arg;
	const uint64_t *start = strip->graph->start;
	uint64_t *bits = strip->inner->bits.data;
	for (uint64_t word = begin; word < end; word++) {
		uint64_t first = word * 64, n = MIN(strip->graph->n - first, 64), inner = 0;
		for (uint64_t i = 0; i < n; i++)
			inner |= (uint64_t)(start[first + i] < start[first + i + 1]) << i;
		bits[word] = strip->among ? inner & strip->among[word] : inner;
	}
	return NULL;
}

static void fill_rank(struct inner_graph *inner)
{
	const uint64_t *bits = inner->bits.data;
	uint32_t *rank = inner->rank.data;
	for (size_t word = 0; word < inner->bits.capacity; word++) {
		rank[word] = inner->n;
		inner->n += (uint32_t)__builtin_popcountll(bits[word]);
	}
}

/* The first node whose edges begin at or behind `edge`; n when there is none. */
static uint32_t first_node_at(const struct graph *graph, uint64_t edge)
{
	return (uint32_t)partition_point(i, 0, graph->n, graph->start[i] < edge);
}

/* The inner node at or behind `node`; nodes behind the last one count as found. */
static uint32_t next_inner(const uint64_t *bits, uint64_t n_words, uint32_t node)
{
	uint64_t word = node / 64, left = bits[word] & ~0ull << node % 64;
	while (!left) {
		if (++word == n_words)
			return UINT32_MAX;
		left = bits[word];
	}
	return (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);
}

/* Counts the inner edges of the nodes whose edges begin among [begin, end). */
static struct error *count_edges(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	struct strip *strip = arg;
	const uint64_t *start = strip->graph->start, *bits = strip->inner->bits.data;
	const uint32_t *to = strip->graph->to;
	uint64_t n_words = strip->inner->bits.capacity, count = 0;
	uint32_t node = next_inner(bits, n_words, first_node_at(strip->graph, begin));
	uint32_t last = first_node_at(strip->graph, end);
	for (; node < last; node = next_inner(bits, n_words, node + 1))
		for (uint64_t edge = start[node]; edge < start[node + 1]; edge++)
			count += bits_get(bits, to[edge]);
	strip->n_edges[worker] = count;
	return NULL;
}

/* Ends of edges that wait to be turned into rows. */
struct ends {
	uint32_t *to; /* where the rows go */
	size_t n;
	uint32_t node[1024];
};

static void flush_ends(const struct inner_graph *inner, struct ends *ends)
{
	for (size_t i = 0; i < ends->n; i++)
		ends->to[i] = inner_row(inner, ends->node[i]);
	ends->to += ends->n;
	ends->n = 0;
}

/*
 * Makes the rows of the nodes whose edges begin among [begin, end). Which edges
 * are kept is as good as random, so keeping one takes no branch.
 */
static struct error *fill_rows(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	struct strip *strip = arg;
	const struct inner_graph *inner = strip->inner;
	const uint64_t *start = strip->graph->start, *bits = inner->bits.data;
	const uint32_t *to = strip->graph->to;
	uint32_t node = first_node_at(strip->graph, begin), last = first_node_at(strip->graph, end);
	if (node == last)
		return NULL;
	uint64_t n_words = inner->bits.capacity;
	uint32_t *all = inner->to.data;
	struct row *row = (struct row *)inner->rows.data + inner_row(inner, node);
	struct ends ends = {.to = all + strip->n_edges[worker]};
	node = next_inner(bits, n_words, node);
	for (; node < last; node = next_inner(bits, n_words, node + 1)) {
		*row++ = (struct row){.first = (uint64_t)(ends.to - all) + ends.n, .node = node};
		size_t n = ends.n;
		for (uint64_t edge = start[node]; edge < start[node + 1]; edge++) {
			if (n == ARRAY_SIZE(ends.node)) {
				ends.n = n;
				flush_ends(inner, &ends);
				n = 0;
			}
			ends.node[n] = to[edge];
			n += bits_get(bits, to[edge]);
		}
		ends.n = n;
	}
	flush_ends(inner, &ends);
	return NULL;
}

static struct error *strip_edges(struct strip *strip)
{
	struct inner_graph *inner = strip->inner;
	uint64_t n_edges = strip->graph->start[strip->graph->n], sum = 0;
	unsigned n_workers = workers_for(n_edges);
	struct error *error = workers_run(n_workers, n_edges, count_edges, strip);
	if (error)
		return error;
	for (unsigned i = 0; i < n_workers; i++) {
		uint64_t count = strip->n_edges[i];
		strip->n_edges[i] = sum;
		sum += count;
	}
	error = column_init(&inner->rows, sizeof(struct row), inner->n + 1ull);
	if (!error)
		error = column_init(&inner->to, sizeof(uint32_t), sum);
	if (error)
		return error;
	((struct row *)inner->rows.data)[inner->n].first = sum;
	return workers_run(n_workers, n_edges, fill_rows, strip);
}

struct error *inner_graph_init(
	struct inner_graph *inner, const struct graph *graph, const uint64_t *among)
{
	*inner = (struct inner_graph){0};
	struct strip strip = {.graph = graph, .among = among, .inner = inner};
	/* A word behind the last node, so that inner_row() may ask for node n. */
	uint64_t n_words = graph->n / 64 + 1ull;
	struct error *error = column_init(&inner->bits, sizeof(uint64_t), n_words);
	if (!error)
		error = column_init(&inner->rank, sizeof(uint32_t), n_words);
	if (!error)
		error = workers_run(workers_for(graph->n), bits_words(graph->n), fill_bits, &strip);
	if (!error) {
		fill_rank(inner);
		error = strip_edges(&strip);
	}
	if (error)
		inner_graph_deinit(inner);
	return error;
}

void inner_graph_trim(struct inner_graph *inner)
{
	column_deinit(&inner->rows);
	column_deinit(&inner->to);
}

void inner_graph_deinit(struct inner_graph *inner)
{
	inner_graph_trim(inner);
	column_deinit(&inner->bits);
	column_deinit(&inner->rank);
	*inner = (struct inner_graph){0};
}
