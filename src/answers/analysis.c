/*
 * From a snapshot to weights, dominators and retained sizes, each once.
 */
#include "answers/analysis.h"

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
	analysis_free(analysis, analysis->weight, sizeof(uint64_t));
	analysis_free(analysis, analysis->missing, sizeof(uint64_t));
	analysis_free(analysis, analysis->idom, sizeof(uint32_t));
	free(analysis->second);
	analysis_free(analysis, analysis->retained, sizeof(uint64_t));
	analysis_free(analysis, analysis->missing_retained, sizeof(uint64_t));
	analysis_free(analysis, analysis->inner_count, sizeof(uint64_t));
	dominator_tree_deinit(&analysis->tree);
	vec_deinit(&analysis->seeds);
	analysis_free(analysis, analysis->component, sizeof(uint32_t));
	names_destroy(analysis->names);
	free(analysis);
}

/* Adds the values of a fact to a column by node. */
static void add_fact(const struct snapshot *snapshot, enum fact_id fact, uint64_t *column)
{
	uint32_t begin, end;
	snapshot_fact_range(snapshot, fact, &begin, &end);
	for (uint32_t i = begin; i < end; i++)
		column[snapshot->facts.object[i]] += snapshot->facts.value[i];
}

static bool has_fact(const struct snapshot *snapshot, enum fact_id fact)
{
	uint32_t begin, end;
	snapshot_fact_range(snapshot, fact, &begin, &end);
	return begin < end;
}

static struct error *compute_weights(struct analysis *analysis)
{
	const struct snapshot *snapshot = analysis->snapshot;
	analysis->weight = analysis_alloc(analysis, sizeof(uint64_t));
	if (!analysis->weight)
		return &error_no_memory;
	for (obj_id i = 0; i < snapshot->n_objects; i++)
		analysis->weight[i] = snapshot_self_bytes(snapshot, i);
	add_fact(snapshot, FACT_NATIVE_BYTES, analysis->weight);
	if (!has_fact(snapshot, FACT_MISSING_BYTES) && !has_fact(snapshot, FACT_NATIVE_MISSING))
		return NULL;
	analysis->missing = analysis_alloc(analysis, sizeof(uint64_t));
	if (!analysis->missing)
		return &error_no_memory;
	add_fact(snapshot, FACT_MISSING_BYTES, analysis->missing);
	add_fact(snapshot, FACT_NATIVE_MISSING, analysis->missing);
	return NULL;
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

static struct error *compute_retained(
	struct analysis *analysis, const uint64_t *weight, uint64_t **ret)
{
	*ret = analysis_alloc(analysis, sizeof(uint64_t));
	if (!*ret)
		return &error_no_memory;
	return graph_retained(analysis->graph.n, analysis->idom, weight, *ret);
}

static void add_totals(struct totals *totals, const struct analysis *analysis, uint32_t node)
{
	totals->weight += analysis->weight[node];
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
	struct error *error = compute_weights(analysis);
	if (!error)
		error = compute_dominators(analysis);
	if (!error)
		error = compute_retained(analysis, analysis->weight, &analysis->retained);
	if (!error && analysis->missing)
		error = compute_retained(analysis, analysis->missing, &analysis->missing_retained);
	if (error)
		return error;
	compute_totals(analysis);
	analysis->has_dominators = true;
	return NULL;
}

static struct error *compute_inner_counts(struct analysis *analysis)
{
	uint64_t *one = analysis_alloc(analysis, sizeof(uint64_t));
	if (!one)
		return &error_no_memory;
	for (obj_id i = 0; i < analysis->snapshot->n_objects; i++)
		one[i] = 1;
	struct error *error = compute_retained(analysis, one, &analysis->inner_count);
	analysis_free(analysis, one, sizeof(uint64_t));
	return error;
}

struct error *analysis_tree(struct analysis *analysis)
{
	if (analysis->has_tree)
		return NULL;
	struct error *error = analysis_dominators(analysis);
	if (!error)
		error = dominator_tree_init(&analysis->tree, analysis->graph.n, analysis->idom);
	if (!error)
		error = compute_inner_counts(analysis);
	analysis->has_tree = !error;
	return error;
}

void row_set_path(
	struct row *row, const char *name, const struct analysis *analysis, const struct path *path)
{
	struct text text _cleanup_text_ = {0};
	names_render(analysis->names, path, &text);
	row_set_text(row, name, text_get(&text));
	if (row && text.failed)
		row->document->failed = true;
}

void row_set_address(struct row *row, const struct snapshot *snapshot, uint32_t node)
{
	row_set_u64(
		row, "address", is_object(snapshot, node) ? snapshot->address[node] : UINT64_MAX);
}
