/*
 * Native memory by the type of what owns it: the 136 bytes of an SSLContext say
 * nothing of the megabyte behind them.
 */
#include "analysis/owners.h"

#include <stdlib.h>

/* Whether `holder` dominates a node, remembered along the way. */
struct inside {
	const struct analysis *analysis;
	uint32_t holder;
	uint8_t *known; /* by node: 1 inside, 2 outside */
	uint32_t *chain;
};

static bool is_inside(struct inside *inside, uint32_t node)
{
	size_t n = 0;
	uint8_t answer = 2;
	for (; node < GRAPH_UNREACHED; node = inside->analysis->idom[node]) {
		if (inside->known[node]) {
			answer = inside->known[node];
			break;
		}
		inside->chain[n++] = node;
		if (node == inside->holder) {
			answer = 1;
			break;
		}
	}
	while (n)
		inside->known[inside->chain[--n]] = answer;
	return answer == 1;
}

static int compare_owners(const void *a, const void *b, void *arg)
{
	const struct snapshot *snapshot = arg;
	const struct native_owner *left = a, *right = b;
	if (left->n_bytes != right->n_bytes)
		return left->n_bytes > right->n_bytes ? -1 : 1;
	int order = strcmp(snapshot_string(snapshot, snapshot->types.data[left->type].name),
		snapshot_string(snapshot, snapshot->types.data[right->type].name));
	if (order)
		return order;
	return left->type < right->type ? -1 : left->type > right->type;
}

static void sum_by_type(
	const struct analysis *analysis, struct inside *inside, struct native_owner *by_type)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_NATIVE_BYTES, &begin, &end);
	for (uint32_t i = begin; i < end; i++) {
		obj_id object = snapshot->facts.object[i];
		if (!is_object(snapshot, object) || (inside && !is_inside(inside, object)))
			continue;
		struct native_owner *owner = &by_type[snapshot->type[object]];
		owner->count++;
		owner->n_bytes += snapshot->facts.value[i];
	}
}

static struct error *collect(struct native_owners *owners, const struct analysis *analysis,
	const struct native_owner *by_type)
{
	const struct snapshot *snapshot = analysis->snapshot;
	for (type_id t = 0; t < snapshot->types.n; t++) {
		if (!by_type[t].count)
			continue;
		struct native_owner *owner = vec_add(owners);
		if (!owner)
			return &error_no_memory;
		*owner = by_type[t];
		owner->type = t;
	}
	if (owners->n)
		qsort_r(owners->data, owners->n, sizeof(*owners->data), compare_owners,
			(void *)snapshot);
	return NULL;
}

struct error *native_owners_init(
	struct native_owners *owners, const struct analysis *analysis, uint32_t holder)
{
	*owners = (struct native_owners){0};
	struct inside inside = {.analysis = analysis, .holder = holder};
	struct native_owner *by_type = calloc(analysis->snapshot->types.n + 1, sizeof(*by_type));
	bool ok = by_type != NULL;
	if (holder != GRAPH_ROOT) {
		inside.known = analysis_alloc(analysis, sizeof(uint8_t));
		inside.chain = analysis_alloc(analysis, sizeof(uint32_t));
		ok = ok && inside.known && inside.chain;
	}
	struct error *error = ok ? NULL : &error_no_memory;
	if (!error) {
		sum_by_type(analysis, holder == GRAPH_ROOT ? NULL : &inside, by_type);
		error = collect(owners, analysis, by_type);
	}
	free(by_type);
	analysis_free(analysis, inside.known, sizeof(uint8_t));
	analysis_free(analysis, inside.chain, sizeof(uint32_t));
	if (error)
		native_owners_deinit(owners);
	return error;
}
