/*
 * What follows from immediate dominators: retained sizes and lists of children.
 */
#include "base/cleanup.h"
#include "base/column.h"
#include "graph/graph.h"
#include "graph/parallel.h"

#define AHEAD 24

struct fold {
	uint32_t n;
	const uint32_t *idom;
	uint64_t *retained;
	/* 0 for a node that dominates nothing, else 1 + children still missing in its sum. */
	uint32_t *missing;
};

static struct error *count_children(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	const struct fold *fold = arg;
	const uint32_t *idom = fold->idom;
	for (uint64_t i = begin; i < end; i++) {
		if (end - i > AHEAD && idom[i + AHEAD] < fold->n)
			__builtin_prefetch(&fold->missing[idom[i + AHEAD]], 1);
		if (idom[i] >= fold->n)
			continue;
		uint32_t *missing = &fold->missing[idom[i]];
		if (!__atomic_fetch_add(missing, 1, __ATOMIC_RELAXED))
			__atomic_fetch_add(missing, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/*
 * Adds the sum of a complete node to its dominator, and goes on with that one
 * when this was the last part that it missed. Other threads do the same; the
 * one that completes a node sees all parts.
 */
static void hand_on(const struct fold *fold, uint32_t node)
{
	for (;;) {
		uint32_t up = fold->idom[node];
		if (up >= fold->n)
			return;
		uint64_t sum = __atomic_load_n(&fold->retained[node], __ATOMIC_RELAXED);
		__atomic_fetch_add(&fold->retained[up], sum, __ATOMIC_RELAXED);
		if (__atomic_fetch_sub(&fold->missing[up], 1, __ATOMIC_ACQ_REL) != 2)
			return;
		node = up;
	}
}

static struct error *fold_weights(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	const struct fold *fold = arg;
	for (uint64_t i = begin; i < end; i++) {
		if (end - i > AHEAD && fold->idom[i + AHEAD] < fold->n) {
			__builtin_prefetch(&fold->missing[fold->idom[i + AHEAD]], 1);
			__builtin_prefetch(&fold->retained[fold->idom[i + AHEAD]], 1);
		}
		if (!__atomic_load_n(&fold->missing[i], __ATOMIC_RELAXED))
			hand_on(fold, (uint32_t)i);
	}
	return NULL;
}

struct error *graph_retained(
	uint32_t n, const uint32_t *idom, const uint64_t *weight, uint64_t *retained_ret)
{
	_cleanup_(column_deinit) struct column missing = {0};
	struct error *error = column_init(&missing, sizeof(uint32_t), n);
	if (error)
		return error;
	struct fold fold = {
		.n = n, .idom = idom, .retained = retained_ret, .missing = missing.data};
	if (retained_ret != weight)
		memcpy(retained_ret, weight, n * sizeof(uint64_t));
	error = workers_run(workers_for(n), n, count_children, &fold);
	if (error)
		return error;
	return workers_run(workers_for(n), n, fold_weights, &fold);
}

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
