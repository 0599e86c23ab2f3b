/*
 * Groups: many small objects of one type that no single object dominates, such
 * as clients that stand in two dicts.
 */
#include "analysis/groups.h"

#include <stdlib.h>

static bool is_loose(const struct analysis *analysis, obj_id object, uint64_t threshold)
{
	uint32_t idom = analysis->idom[object];
	if (retained_of(analysis, object) >= threshold || is_garbage(analysis, object) ||
		names_is_namespace(analysis->names, object))
		return false;
	return idom == GRAPH_ROOT || names_is_namespace(analysis->names, idom);
}

static struct error *collect(struct groups *groups, const struct analysis *analysis,
	const uint64_t *sum, uint64_t threshold, uint64_t least)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint32_t *group_of = calloc(snapshot->types.n + 1, sizeof(*group_of));
	struct error *error = group_of ? NULL : &error_no_memory;
	for (type_id t = 0; !error && t < snapshot->types.n; t++) {
		if (sum[t] < least)
			continue;
		struct group *group = vec_add(groups);
		if (!group) {
			error = &error_no_memory;
			break;
		}
		*group = (struct group){.type = t, .weight = sum[t]};
		group_of[t] = (uint32_t)groups->n;
	}
	for (obj_id i = 0; !error && groups->n && i < snapshot->n_objects; i++) {
		uint32_t group = group_of[snapshot->type[i]];
		if (!group || !is_loose(analysis, i, threshold))
			continue;
		obj_id *member = vec_add(&groups->data[group - 1].members);
		if (member)
			*member = i;
		else
			error = &error_no_memory;
	}
	free(group_of);
	return error;
}

struct error *groups_init(
	struct groups *groups, const struct analysis *analysis, uint64_t threshold, uint64_t least)
{
	const struct snapshot *snapshot = analysis->snapshot;
	*groups = (struct groups){0};
	uint64_t *sum = calloc(snapshot->types.n + 1, sizeof(*sum));
	if (!sum)
		return &error_no_memory;
	for (obj_id i = 0; i < snapshot->n_objects; i++)
		if (is_loose(analysis, i, threshold))
			sum[snapshot->type[i]] += retained_of(analysis, i);
	struct error *error = collect(groups, analysis, sum, threshold, least);
	free(sum);
	if (error)
		groups_deinit(groups);
	return error;
}

void group_deinit(struct group *group)
{
	vec_deinit(&group->members);
	free(group->weights);
}

bool group_add_weighted(struct group *group, obj_id object, uint64_t weight)
{
	obj_id *member = vec_add(&group->members);
	uint64_t *weights =
		member ? realloc(group->weights, group->members.capacity * sizeof(*weights)) : NULL;
	if (!weights)
		return false;
	*member = object;
	weights[group->members.n - 1] = weight;
	group->weights = weights;
	group->weight += weight;
	return true;
}

void groups_deinit(struct groups *groups)
{
	vec_foreach (groups, group)
		group_deinit(group);
	vec_deinit(groups);
}
