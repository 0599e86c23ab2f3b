/*
 * Where the members of a group stand: the paths to them say which container to
 * name, the deepest that most of them go through.
 */
#include "analysis/groups.h"

#include <stdlib.h>

/* A container is named when this share of the group goes through it. */
#define SHARE 5
#define ACCOUNTS_FOR(part, whole) ((part) / 3 >= (whole) / 4)

/* What goes through a node of the tree of paths. */
struct tally {
	uint32_t node;
	uint32_t first; /* smallest member */
	uint32_t count;
	uint64_t weight, retained_bytes, self_bytes, resident_bytes;
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
	tally->retained_bytes += other->retained_bytes;
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
	for (size_t i = 0; i < group->members.n; i++) {
		obj_id member = group->members.data[i];
		uint32_t parent = paths_parent(placing->paths, analysis, member);
		if (parent >= GRAPH_UNREACHED)
			continue;
		if (!see(placing, parent))
			return false;
		struct tally own = {
			.weight =
				group->weights ? group->weights[i] : retained_of(analysis, member),
			.retained_bytes = retained_of(analysis, member),
			.self_bytes = snapshot_self_bytes(analysis->snapshot, member),
			.resident_bytes = resident_retained(analysis, member),
			.count = 1,
			.first = member,
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
	return partition_point(i, 0, placing->below.n, placing->below.data[i] >> 32 < node);
}

static struct error *add_placement(
	struct placing *placing, uint32_t container, struct placements *ret)
{
	const struct tally *tally = tally_of(placing, container);
	struct placement *placement = vec_add(ret);
	if (!placement)
		return &error_no_memory;
	*placement = (struct placement){
		.container = container,
		.first = tally->first,
		.count = tally->count,
		.weight = tally->weight,
		.self_bytes = tally->self_bytes,
		.retained_bytes = tally->retained_bytes,
		.resident_bytes = tally->resident_bytes,
	};
	struct path *path = &placement->path;
	struct error *error = paths_get(placing->paths, placing->analysis, tally->first, path);
	if (error)
		return error;
	uint32_t i = path->n;
	while (i && path->node[i] != container)
		i--;
	placement->depth = i;
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
	nodes_t *pending, struct placements *ret)
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
		return add_placement(placing, node, ret);
	for (size_t i = first_below(placing, node);
		ok && i < placing->below.n && placing->below.data[i] >> 32 == node; i++)
		ok = push(pending, (uint32_t)placing->below.data[i]);
	return ok ? NULL : &error_no_memory;
}

/* Sums and the tree of paths are there. */
static struct error *place_members(
	struct placing *placing, const struct group *group, struct placements *ret)
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
	vec_deinit(&pending);
	return error;
}

struct error *group_place(const struct group *group, const struct analysis *analysis,
	const struct paths *paths, struct placements *ret)
{
	struct placing placing = {
		.analysis = analysis,
		.paths = paths,
		.place = analysis_alloc(analysis, sizeof(uint32_t)),
	};
	struct error *error =
		placing.place ? place_members(&placing, group, ret) : &error_no_memory;
	analysis_free(analysis, placing.place, sizeof(uint32_t));
	vec_deinit(&placing.seen);
	vec_deinit(&placing.chains);
	vec_deinit(&placing.below);
	return error;
}

void placements_deinit(struct placements *placements)
{
	vec_foreach (placements, placement)
		path_deinit(&placement->path);
	vec_deinit(placements);
}
