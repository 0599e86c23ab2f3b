/*
 * Groups: many small objects of one type that no single object dominates, such
 * as clients that stand in two dicts. The paths to them say which container to
 * name: the deepest that most of them go through.
 */
#include "answers/holders_int.h"

#include <stdlib.h>

/* A container is named when this share of the group goes through it. */
#define SHARE 5
#define ACCOUNTS_FOR(part, whole) ((part) / 3 >= (whole) / 4)

/* ---- finding ---- */

static bool is_loose(const struct analysis *analysis, obj_id object, uint64_t threshold)
{
	uint32_t idom = analysis->idom[object];
	if (retained_of(analysis, object) >= threshold || is_garbage(analysis, object))
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

void groups_deinit(struct groups *groups)
{
	vec_foreach (groups, group)
		vec_deinit(&group->members);
	vec_deinit(groups);
}

/* ---- placing ---- */

/* What goes through a node of the tree of paths. */
struct tally {
	uint32_t node;
	uint32_t first; /* smallest member */
	uint32_t count;
	uint64_t weight, self_bytes, resident_bytes;
};

struct placing {
	const struct analysis *analysis;
	const struct paths *paths;
	uint32_t *place; /* by node: its tally + 1, 0 when it was not seen */
	struct {
		struct tally *data;
		size_t n, capacity;
	} seen; /* chain by chain, deepest first */
	struct {
		size_t *data;
		size_t n, capacity;
	} chains; /* where each begins in `seen` */
	struct {
		uint64_t *data;
		size_t n, capacity;
	} below; /* parent << 32 | node, sorted */
};

static void add_tally(struct tally *tally, const struct tally *other)
{
	tally->weight += other->weight;
	tally->self_bytes += other->self_bytes;
	tally->resident_bytes += other->resident_bytes;
	tally->count += other->count;
	tally->first = MIN(tally->first, other->first);
}

static struct tally *tally_of(struct placing *placing, uint32_t node)
{
	assert(placing->place[node]);
	return &placing->seen.data[placing->place[node] - 1];
}

/* Follows a member's path up to what was seen before. */
static bool see(struct placing *placing, uint32_t node)
{
	size_t *chain = vec_add(&placing->chains);
	if (!chain)
		return false;
	*chain = placing->seen.n;
	for (; node < GRAPH_UNREACHED && !placing->place[node];
		node = paths_parent(placing->paths, placing->analysis, node)) {
		struct tally *tally = vec_add(&placing->seen);
		if (!tally)
			return false;
		*tally = (struct tally){.node = node, .first = UINT32_MAX};
		placing->place[node] = (uint32_t)placing->seen.n;
	}
	return true;
}

static bool tally_members(struct placing *placing, const struct group *group)
{
	const struct analysis *analysis = placing->analysis;
	vec_foreach (&group->members, member) {
		uint32_t parent = paths_parent(placing->paths, analysis, *member);
		if (parent >= GRAPH_UNREACHED)
			continue;
		if (!see(placing, parent))
			return false;
		struct tally own = {
			.weight = retained_of(analysis, *member),
			.self_bytes = snapshot_self_bytes(analysis->snapshot, *member),
			.resident_bytes = resident_retained(analysis, *member),
			.count = 1,
			.first = *member,
		};
		add_tally(tally_of(placing, parent), &own);
	}
	return true;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return left < right ? -1 : left > right;
}

/* Sums go up: later chains hang on earlier ones, so the last chain is first. */
static bool sum_up(struct placing *placing)
{
	for (size_t chain = placing->chains.n; chain-- > 0;) {
		bool is_last = chain + 1 == placing->chains.n;
		size_t end = is_last ? placing->seen.n : placing->chains.data[chain + 1];
		for (size_t i = placing->chains.data[chain]; i < end; i++) {
			uint32_t node = placing->seen.data[i].node;
			uint32_t parent = paths_parent(placing->paths, placing->analysis, node);
			uint64_t *below = vec_add(&placing->below);
			if (!below)
				return false;
			*below = (uint64_t)parent << 32 | node;
			if (parent < GRAPH_UNREACHED)
				add_tally(tally_of(placing, parent), &placing->seen.data[i]);
		}
	}
	if (placing->below.n)
		qsort(placing->below.data, placing->below.n, sizeof(uint64_t), compare_u64);
	return true;
}

static size_t first_below(const struct placing *placing, uint32_t node)
{
	size_t low = 0, high = placing->below.n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (placing->below.data[middle] >> 32 < node)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct error *add_group(struct placing *placing, uint32_t container, struct holders *ret)
{
	const struct tally *tally = tally_of(placing, container);
	struct holder *holder = vec_add(ret);
	if (!holder)
		return &error_no_memory;
	*holder = (struct holder){
		.node = tally->first,
		.retainer = tally->first,
		.is_group = true,
		.item_count = tally->count,
		.self_bytes = tally->self_bytes,
		.retained_bytes = tally->weight,
		.retained_resident_bytes = tally->resident_bytes,
	};
	struct path *path = &holder->path;
	struct error *error = paths_get(placing->paths, placing->analysis, holder->node, path);
	if (error)
		return error;
	uint32_t i = path->n;
	while (i && path->node[i] != container)
		i--;
	for (; i < path->n; i++)
		path->merged[i] = is_element_edge(placing->analysis->snapshot, path, i);
	return NULL;
}

typedef struct {
	uint32_t *data;
	size_t n, capacity;
} nodes_t;

static bool push(nodes_t *nodes, uint32_t node)
{
	uint32_t *slot = vec_add(nodes);
	if (slot)
		*slot = node;
	return slot != NULL;
}

/* From a node of the tree of paths to those that the group is behind. */
static struct error *go_down(struct placing *placing, const struct group *group, uint32_t node,
	nodes_t *pending, struct holders *ret)
{
	uint64_t weight = tally_of(placing, node)->weight;
	if (weight < group->weight / SHARE)
		return NULL;
	bool is_namespace = names_is_namespace(placing->analysis->names, node);
	bool ok = true;
	for (size_t i = first_below(placing, node);
		i < placing->below.n && placing->below.data[i] >> 32 == node; i++) {
		uint32_t below = (uint32_t)placing->below.data[i];
		if (ACCOUNTS_FOR(tally_of(placing, below)->weight, weight))
			return push(pending, below) ? NULL : &error_no_memory;
	}
	if (!is_namespace)
		return add_group(placing, node, ret);
	for (size_t i = first_below(placing, node);
		ok && i < placing->below.n && placing->below.data[i] >> 32 == node; i++)
		ok = push(pending, (uint32_t)placing->below.data[i]);
	return ok ? NULL : &error_no_memory;
}

static struct error *place_group(
	struct placing *placing, const struct group *group, struct holders *ret)
{
	nodes_t pending = {0};
	struct error *error = NULL;
	if (!tally_members(placing, group) || !sum_up(placing))
		error = &error_no_memory;
	for (size_t i = first_below(placing, GRAPH_UNREACHED); !error && i < placing->below.n; i++)
		if (!push(&pending, (uint32_t)placing->below.data[i]))
			error = &error_no_memory;
	while (!error && pending.n)
		error = go_down(placing, group, pending.data[--pending.n], &pending, ret);
	vec_foreach (&placing->seen, tally)
		placing->place[tally->node] = 0;
	placing->seen.n = placing->chains.n = placing->below.n = 0;
	vec_deinit(&pending);
	return error;
}

struct error *groups_place(const struct groups *groups, const struct analysis *analysis,
	const struct paths *paths, struct holders *ret)
{
	if (!groups->n)
		return NULL;
	struct placing placing = {.analysis = analysis, .paths = paths};
	placing.place = analysis_alloc(analysis, sizeof(uint32_t));
	struct error *error = placing.place ? NULL : &error_no_memory;
	for (size_t i = 0; !error && i < groups->n; i++)
		error = place_group(&placing, &groups->data[i], ret);
	analysis_free(analysis, placing.place, sizeof(uint32_t));
	vec_deinit(&placing.seen);
	vec_deinit(&placing.chains);
	vec_deinit(&placing.below);
	return error;
}
