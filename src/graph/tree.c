/*
 * Immediate dominators become lists of children.
 */
#include "base/column.h"
#include "graph/graph.h"

#define AHEAD 24

/* The place of `idom` among the lists of children: a node, n for the super-root, or n + 1. */
static uint64_t list_of(uint32_t n, uint32_t idom)
{
	if (idom < n)
		return idom;
	return idom == GRAPH_ROOT ? n : (uint64_t)n + 1;
}

/* start[i + 1] becomes the first index of list i; what is not reached is left out. */
static void place_lists(uint32_t n, const uint32_t *idom, uint64_t *start)
{
	for (uint32_t i = 0; i < n; i++) {
		if (n - i > AHEAD && idom[i + AHEAD] < n)
			__builtin_prefetch(&start[idom[i + AHEAD] + 1], 1);
		if (idom[i] != GRAPH_UNREACHED)
			start[list_of(n, idom[i]) + 1]++;
	}
	uint64_t sum = 0;
	for (uint64_t i = 1; i < (uint64_t)n + 2; i++) {
		uint64_t length = start[i];
		start[i] = sum;
		sum += length;
	}
}

static void fill_lists(uint32_t n, const uint32_t *idom, uint64_t *start, uint32_t *child)
{
	for (uint32_t i = 0; i < n; i++) {
		if (n - i > AHEAD && idom[i + AHEAD] < n)
			__builtin_prefetch(&start[idom[i + AHEAD] + 1], 1);
		if (idom[i] != GRAPH_UNREACHED)
			child[start[list_of(n, idom[i]) + 1]++] = i;
	}
}

struct error *dominator_tree_init(struct dominator_tree *tree, uint32_t n, const uint32_t *idom)
{
	struct column start, child;
	struct error *error = column_init(&start, sizeof(uint64_t), (size_t)n + 2);
	if (error)
		return error;
	error = column_init(&child, sizeof(uint32_t), n);
	if (error) {
		column_deinit(&start);
		return error;
	}
	place_lists(n, idom, start.data);
	fill_lists(n, idom, start.data, child.data);
	*tree = (struct dominator_tree){.n = n, .start = start.data, .child = child.data};
	return NULL;
}

void dominator_tree_deinit(struct dominator_tree *tree)
{
	column_deinit(&(struct column){.data = tree->start,
		.capacity = (size_t)tree->n + 2,
		.element_size = sizeof(*tree->start)});
	column_deinit(&(struct column){
		.data = tree->child, .capacity = tree->n, .element_size = sizeof(*tree->child)});
	*tree = (struct dominator_tree){0};
}
