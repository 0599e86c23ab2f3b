/*
 * Immediate dominators and weights become sums over sub-trees. Most nodes of a
 * heap dominate nothing: only the others have a sum that is kept.
 */
#include "base/cleanup.h"
#include "graph/graph.h"
#include "graph/parallel.h"

#define AHEAD 24

struct fold {
	const uint32_t *idom;
	struct graph_sums *sums;
	graph_weight_fn weight;
	const void *arg;
	uint64_t *sum;
	uint32_t *missing; /* by sum: 1 + children that are still missing in it */
};

/* Marks the dominators of nodes [begin, end). */
static struct error *mark_dominators(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	const struct fold *fold = arg;
	uint64_t *bits = fold->sums->bits.data;
	uint32_t n = fold->sums->n, last = UINT32_MAX;
	for (uint64_t i = begin; i < end; i++) {
		uint32_t up = fold->idom[i];
		if (end - i > AHEAD && fold->idom[i + AHEAD] < n)
			__builtin_prefetch(&bits[fold->idom[i + AHEAD] / 64], 1);
		if (up >= n || up == last)
			continue;
		last = up;
		uint64_t bit = 1ull << up % 64;
		if (!(__atomic_load_n(&bits[up / 64], __ATOMIC_RELAXED) & bit))
			__atomic_fetch_or(&bits[up / 64], bit, __ATOMIC_RELAXED);
	}
	return NULL;
}

static uint64_t number_dominators(struct graph_sums *sums)
{
	const uint64_t *bits = sums->bits.data;
	uint32_t *rank = sums->rank.data;
	uint32_t n = 0;
	for (size_t word = 0; word < sums->rank.capacity; word++) {
		rank[word] = n;
		n += (uint32_t)__builtin_popcountll(bits[word]);
	}
	return n;
}

static struct error *count_children(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	const struct fold *fold = arg;
	const struct graph_sums *sums = fold->sums;
	for (uint64_t i = begin; i < end; i++) {
		if (end - i > AHEAD && fold->idom[i + AHEAD] < sums->n)
			__builtin_prefetch(
				&fold->missing[graph_sums_index(sums, fold->idom[i + AHEAD])], 1);
		if (graph_sums_has(sums, (uint32_t)i)) {
			uint32_t own = graph_sums_index(sums, (uint32_t)i);
			fold->sum[own] = fold->weight(fold->arg, (uint32_t)i);
			__atomic_fetch_add(&fold->missing[own], 1, __ATOMIC_RELAXED);
		}
		if (fold->idom[i] < sums->n)
			__atomic_fetch_add(&fold->missing[graph_sums_index(sums, fold->idom[i])], 1,
				__ATOMIC_RELAXED);
	}
	return NULL;
}

/*
 * Adds the sum of a complete node to its dominator, and goes on with that one
 * when this was the last part that it missed. Other threads do the same; the
 * one that completes a node sees all parts.
 */
static void hand_on(const struct fold *fold, uint32_t node, uint64_t sum)
{
	for (;;) {
		uint32_t up = fold->idom[node];
		if (up >= fold->sums->n)
			return;
		uint32_t index = graph_sums_index(fold->sums, up);
		__atomic_fetch_add(&fold->sum[index], sum, __ATOMIC_RELAXED);
		if (__atomic_fetch_sub(&fold->missing[index], 1, __ATOMIC_ACQ_REL) != 2)
			return;
		sum = __atomic_load_n(&fold->sum[index], __ATOMIC_RELAXED);
		node = up;
	}
}

static struct error *fold_weights(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	const struct fold *fold = arg;
	const struct graph_sums *sums = fold->sums;
	for (uint64_t i = begin; i < end; i++) {
		if (end - i > AHEAD && fold->idom[i + AHEAD] < sums->n) {
			uint32_t ahead = graph_sums_index(sums, fold->idom[i + AHEAD]);
			__builtin_prefetch(&fold->missing[ahead], 1);
			__builtin_prefetch(&fold->sum[ahead], 1);
		}
		if (!graph_sums_has(sums, (uint32_t)i))
			hand_on(fold, (uint32_t)i, fold->weight(fold->arg, (uint32_t)i));
	}
	return NULL;
}

static struct error *sum_up(struct fold *fold)
{
	struct graph_sums *sums = fold->sums;
	uint32_t n = sums->n;
	_cleanup_(column_deinit) struct column missing = {0};
	struct error *error = workers_run(workers_for(n), n, mark_dominators, fold);
	if (error)
		return error;
	uint64_t n_sums = number_dominators(sums);
	error = column_init(&sums->sum, sizeof(uint64_t), n_sums);
	if (!error)
		error = column_init(&missing, sizeof(uint32_t), n_sums);
	if (error)
		return error;
	fold->sum = sums->sum.data;
	fold->missing = missing.data;
	error = workers_run(workers_for(n), n, count_children, fold);
	return error ? error : workers_run(workers_for(n), n, fold_weights, fold);
}

struct error *graph_sums_init(struct graph_sums *sums, uint32_t n, const uint32_t *idom,
	graph_weight_fn weight, const void *arg)
{
	*sums = (struct graph_sums){.n = n};
	struct fold fold = {.idom = idom, .sums = sums, .weight = weight, .arg = arg};
	struct error *error = column_init(&sums->bits, sizeof(uint64_t), n / 64 + 1ull);
	if (!error)
		error = column_init(&sums->rank, sizeof(uint32_t), n / 64 + 1ull);
	if (!error)
		error = sum_up(&fold);
	if (error)
		graph_sums_deinit(sums);
	return error;
}

void graph_sums_deinit(struct graph_sums *sums)
{
	column_deinit(&sums->bits);
	column_deinit(&sums->rank);
	column_deinit(&sums->sum);
	*sums = (struct graph_sums){0};
}
