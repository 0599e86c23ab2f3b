/*
 * Strongly connected components: Tarjan's algorithm with one number a node
 * (Pearce, An Improved Algorithm for Finding the Strongly Connected Components
 * of a Directed Graph, 2005), on explicit stacks.
 *
 * The number of a node, kept in component_ret: 0 unseen; while its component is
 * open, the smallest visit number that it is known to reach (1, 2 ...); once
 * it is closed, n - component. Visit numbers are given back when a component
 * closes, so that they stay below all numbers of closed components.
 */
#include "base/cleanup.h"
#include "base/column.h"
#include "graph/bits.h"
#include "graph/graph.h"

/* A node on the way of the search and the next of its edges to look at. */
struct step {
	uint64_t edge;
	uint32_t node;
	uint32_t visit; /* number that it was given */
};

struct tarjan {
	const struct graph *graph;
	uint32_t *number;
	struct column steps; /* struct step */
	struct column open;  /* uint32_t: finished nodes whose component is open */
	uint32_t next_visit;
	uint32_t n_components;
};

static void enter(struct tarjan *tarjan, uint32_t node)
{
	tarjan->number[node] = tarjan->next_visit++;
	struct step *step = column_add(&tarjan->steps, 1);
	assert(step);
	*step = (struct step){
		.edge = tarjan->graph->start[node], .node = node, .visit = tarjan->number[node]};
}

/* `root` reaches nothing visited before it: it closes a component. */
static void close_component(struct tarjan *tarjan, uint32_t root, uint32_t visit)
{
	uint32_t closed = tarjan->graph->n - tarjan->n_components++;
	const uint32_t *open = tarjan->open.data;
	while (tarjan->open.n && tarjan->number[open[tarjan->open.n - 1]] >= visit) {
		tarjan->number[open[--tarjan->open.n]] = closed;
		tarjan->next_visit--;
	}
	tarjan->number[root] = closed;
	tarjan->next_visit--;
}

/* All edges of the node of the last step are seen. */
static void leave(struct tarjan *tarjan)
{
	struct step *steps = tarjan->steps.data;
	struct step last = steps[--tarjan->steps.n];
	uint32_t *number = tarjan->number;
	if (number[last.node] == last.visit) {
		close_component(tarjan, last.node, last.visit);
	} else {
		*(uint32_t *)column_add(&tarjan->open, 1) = last.node;
	}
	if (!tarjan->steps.n)
		return;
	uint32_t before = steps[tarjan->steps.n - 1].node;
	number[before] = MIN(number[before], number[last.node]);
}

static void close_leaf(struct tarjan *tarjan, uint32_t leaf)
{
	tarjan->number[leaf] = tarjan->graph->n - tarjan->n_components++;
}

static void look_at(struct tarjan *tarjan, struct step *step)
{
	const struct graph *graph = tarjan->graph;
	uint32_t *number = tarjan->number;
	uint32_t to = graph->to[step->edge++];
	if (number[to])
		number[step->node] = MIN(number[step->node], number[to]);
	else if (graph->start[to] == graph->start[to + 1])
		close_leaf(tarjan, to);
	else
		enter(tarjan, to);
}

static void search_from(struct tarjan *tarjan, uint32_t node)
{
	if (tarjan->number[node])
		return;
	enter(tarjan, node);
	while (tarjan->steps.n) {
		struct step *step = (struct step *)tarjan->steps.data + tarjan->steps.n - 1;
		if (step->edge < tarjan->graph->start[step->node + 1])
			look_at(tarjan, step);
		else
			leave(tarjan);
	}
}

static void find_components(struct tarjan *tarjan, const uint64_t *among)
{
	uint32_t n = tarjan->graph->n, *number = tarjan->number;
	for (uint32_t i = 0; i < n; i++)
		number[i] = among && !bits_get(among, i) ? GRAPH_UNREACHED : 0;
	for (uint32_t i = 0; i < n; i++)
		search_from(tarjan, i);
	for (uint32_t i = 0; i < n; i++)
		if (number[i] != GRAPH_UNREACHED)
			number[i] = n - number[i];
}

struct error *graph_components(const struct graph *graph, const uint64_t *among,
	uint32_t *component_ret, uint32_t *n_components_ret)
{
	struct tarjan tarjan = {.graph = graph, .number = component_ret, .next_visit = 1};
	struct error *error = column_init(&tarjan.steps, sizeof(struct step), graph->n);
	if (!error)
		error = column_init(&tarjan.open, sizeof(uint32_t), graph->n);
	if (!error) {
		find_components(&tarjan, among);
		*n_components_ret = tarjan.n_components;
	}
	column_deinit(&tarjan.steps);
	column_deinit(&tarjan.open);
	return error;
}
