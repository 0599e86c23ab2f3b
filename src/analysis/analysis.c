/*
 * From a snapshot to weights, dominators and retained sizes, each once.
 */
#include "analysis/origins.h"

#include <stdlib.h>

void *analysis_alloc(const struct analysis *analysis, size_t element_size)
{
	return snapshot_alloc((size_t)analysis->snapshot->n_nodes + 1, element_size);
}

void analysis_free(const struct analysis *analysis, void *column, size_t element_size)
{
	snapshot_free(column, (size_t)analysis->snapshot->n_nodes + 1, element_size);
}

struct error *analysis_create(const struct snapshot *snapshot, struct analysis **ret)
{
	struct analysis *analysis = calloc(1, sizeof(*analysis));
	if (!analysis)
		return &error_no_memory;
	analysis->snapshot = snapshot;
	analysis->graph = (struct graph){
		.n = snapshot->n_nodes, .start = snapshot->edge_start, .to = snapshot->edge_to};
	struct error *error = names_create(snapshot, &analysis->graph, &analysis->names);
	if (error)
		analysis_destroy(analysis);
	else
		*ret = analysis;
	return error;
}

void analysis_destroy(struct analysis *analysis)
{
	if (!analysis)
		return;
	free(analysis->has_facts);
	analysis_free(analysis, analysis->idom, sizeof(uint32_t));
	free(analysis->second);
	graph_sums_deinit(&analysis->retained);
	graph_sums_deinit(&analysis->missing_retained);
	graph_sums_deinit(&analysis->inner_count);
	dominator_tree_deinit(&analysis->tree);
	vec_deinit(&analysis->seeds);
	analysis_free(analysis, analysis->component, sizeof(uint32_t));
	names_destroy(analysis->names);
	origins_destroy(analysis->origins);
	free(analysis);
}

static const enum fact_id weight_facts[] = {
	FACT_NATIVE_BYTES, FACT_MISSING_BYTES, FACT_NATIVE_MISSING};

/* Notes which nodes weigh something else than their blocks. */
static struct error *mark_facts(struct analysis *analysis)
{
	const struct snapshot *snapshot = analysis->snapshot;
	analysis->has_facts = calloc(words_of(analysis), sizeof(uint64_t));
	if (!analysis->has_facts)
		return &error_no_memory;
	analysis->is_resident = true;
	for (size_t i = 0; i < ARRAY_SIZE(weight_facts); i++) {
		uint32_t begin, end;
		snapshot_fact_range(snapshot, weight_facts[i], &begin, &end);
		for (uint32_t at = begin; at < end; at++)
			bits_set(analysis->has_facts, snapshot->facts.object[at]);
		if (begin < end && weight_facts[i] != FACT_NATIVE_BYTES)
			analysis->is_resident = false;
	}
	return NULL;
}

uint64_t analysis_facts(
	const struct analysis *analysis, uint32_t node, enum fact_id first, enum fact_id second)
{
	uint64_t sum = 0, value;
	if (snapshot_fact(analysis->snapshot, node, first, &value))
		sum += value;
	if (second < FACT_COUNT && snapshot_fact(analysis->snapshot, node, second, &value))
		sum += value;
	return sum;
}

static struct error *compute_dominators(struct analysis *analysis)
{
	struct name_roots roots = names_roots(analysis->names);
	analysis->idom = analysis_alloc(analysis, sizeof(uint32_t));
	analysis->second = calloc(words_of(analysis), sizeof(uint64_t));
	if (!analysis->idom || !analysis->second)
		return &error_no_memory;
	return graph_dominators_two_stage(
		&analysis->graph, roots.node, roots.n, analysis->idom, analysis->second);
}

static uint64_t weight_fn(const void *arg, uint32_t node)
{
	return weight_of(arg, node);
}

static uint64_t missing_fn(const void *arg, uint32_t node)
{
	return missing_of(arg, node);
}

static uint64_t count_fn(const void *arg, uint32_t node)
{
	const struct analysis *analysis = arg;
	return is_object(analysis->snapshot, node);
}

static struct error *sum_up(
	const struct analysis *analysis, graph_weight_fn weight, struct graph_sums *ret)
{
	return graph_sums_init(ret, analysis->graph.n, analysis->idom, weight, analysis);
}

static void add_totals(struct totals *totals, const struct analysis *analysis, uint32_t node)
{
	totals->weight += weight_of(analysis, node);
	if (!is_object(analysis->snapshot, node))
		return;
	uint64_t n_bytes = snapshot_self_bytes(analysis->snapshot, node);
	totals->count++;
	totals->bytes += n_bytes;
	totals->resident_bytes += n_bytes;
}

/* Garbage is counted node by node; the rest is live. */
static void compute_totals(struct analysis *analysis)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct totals *live = &analysis->live, *garbage = &analysis->garbage;
	for (uint32_t i = 0; i < snapshot->n_nodes; i++)
		add_totals(is_garbage(analysis, i) ? garbage : live, analysis, i);
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_MISSING_BYTES, &begin, &end);
	for (uint32_t i = begin; i < end; i++) {
		struct totals *totals =
			is_garbage(analysis, snapshot->facts.object[i]) ? garbage : live;
		totals->resident_bytes -= MIN(snapshot->facts.value[i], totals->resident_bytes);
	}
}

struct error *analysis_dominators(struct analysis *analysis)
{
	if (analysis->has_dominators)
		return NULL;
	struct error *error = mark_facts(analysis);
	if (!error)
		error = compute_dominators(analysis);
	if (!error)
		error = sum_up(analysis, weight_fn, &analysis->retained);
	if (!error && !analysis->is_resident)
		error = sum_up(analysis, missing_fn, &analysis->missing_retained);
	if (error)
		return error;
	compute_totals(analysis);
	analysis->has_dominators = true;
	return NULL;
}

struct error *analysis_tree(struct analysis *analysis)
{
	if (analysis->has_tree)
		return NULL;
	struct error *error = analysis_dominators(analysis);
	if (!error)
		error = dominator_tree_init(&analysis->tree, analysis->graph.n, analysis->idom);
	if (!error)
		error = sum_up(analysis, count_fn, &analysis->inner_count);
	analysis->has_tree = !error;
	return error;
}
