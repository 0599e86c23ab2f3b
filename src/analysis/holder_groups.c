/*
 * Groups of objects as holders: many of one type behind one container.
 */
#include "analysis/holders_int.h"

#include <stdlib.h>

/*
 * A namespace that was a row for want of a better one is none when a group of
 * `least` bytes in it is.
 */
static void drop_namespaces(
	struct holders *holders, const struct analysis *analysis, uint64_t least)
{
	size_t n = 0;
	for (size_t i = 0; i < holders->n; i++) {
		struct holder *holder = &holders->data[i];
		bool holds_group = false;
		for (size_t j = 0; j < holders->n && !holder->is_group; j++) {
			const struct holder *group = &holders->data[j];
			uint32_t above = group->is_group && group->retained_bytes >= least
						 ? analysis->idom[group->node]
						 : GRAPH_ROOT;
			for (; above < GRAPH_UNREACHED && !holds_group;
				above = analysis->idom[above])
				holds_group = above == holder->retainer;
		}
		if (holds_group)
			path_deinit(&holder->path);
		else
			holders->data[n++] = *holder;
	}
	holders->n = n;
}

struct error *holders_add_placed(struct holders *holders, struct placement *placement)
{
	struct holder *holder = vec_add(holders);
	if (!holder)
		return &error_no_memory;
	*holder = (struct holder){
		.node = placement->first,
		.retainer = placement->first,
		.is_group = true,
		.container = placement->container,
		.item_count = placement->count,
		.self_bytes = placement->self_bytes,
		.retained_bytes = placement->retained_bytes,
		.retained_resident_bytes = placement->resident_bytes,
		.path = placement->path,
	};
	placement->path = (struct path){0};
	return NULL;
}

/* Some of the groups: those of at least `least` bytes, or the others. */
struct share {
	const struct groups *groups;
	uint64_t least;
	bool is_small;
};

static bool is_in_share(const struct share *share, const struct group *group)
{
	return (group->weight < share->least) == share->is_small;
}

static struct error *place_groups(struct holders *holders, const struct analysis *analysis,
	const struct share *share, const struct paths *paths)
{
	struct placements placements = {0};
	struct error *error = NULL;
	for (size_t i = 0; !error && i < share->groups->n; i++)
		if (is_in_share(share, &share->groups->data[i]))
			error = group_place(&share->groups->data[i], analysis, paths, &placements);
	for (size_t i = 0; !error && i < placements.n; i++)
		error = holders_add_placed(holders, &placements.data[i]);
	placements_deinit(&placements);
	return error;
}

static uint64_t mark_members(const struct share *share, uint64_t *set)
{
	uint64_t n = 0;
	vec_foreach (share->groups, group) {
		if (!is_in_share(share, group))
			continue;
		vec_foreach (&group->members, member)
			bits_set(set, *member);
		n += group->members.n;
	}
	return n;
}

static void mark_large(const struct snapshot *snapshot, uint64_t *set)
{
	for (uint32_t i = 0; i < snapshot->n_nodes; i++)
		if (snapshot->edge_start[i + 1] - snapshot->edge_start[i] >= LARGE_EDGES)
			bits_set(set, i);
}

/*
 * Members of large groups lead to nothing that a place depends on. Of small ones
 * that is not sure, classes and functions are among them: there the search goes
 * around large containers, and may miss what is only behind these.
 */
static struct error *name_share(
	struct holders *holders, struct analysis *analysis, const struct share *share)
{
	uint64_t *wanted = calloc(words_of(analysis), sizeof(uint64_t));
	uint64_t *set = calloc(words_of(analysis), sizeof(uint64_t));
	struct paths paths = {0};
	struct error *error = wanted && set ? NULL : &error_no_memory;
	uint64_t n = error ? 0 : mark_members(share, wanted);
	if (n) {
		struct around around = {.set = share->is_small ? set : wanted, .may_miss = true};
		if (share->is_small)
			mark_large(analysis->snapshot, set);
		error = paths_init(&paths, analysis, wanted, &around);
	}
	free(wanted);
	free(set);
	if (error || !n)
		return error;
	error = place_groups(holders, analysis, share, &paths);
	paths_deinit(&paths);
	return error;
}

struct error *holders_name_groups(struct holders *holders, struct analysis *analysis,
	const struct groups *groups, uint64_t least)
{
	struct share share = {groups, least, .is_small = false};
	if (!groups->n)
		return NULL;
	struct error *error = name_share(holders, analysis, &share);
	share.is_small = true;
	if (!error)
		error = name_share(holders, analysis, &share);
	if (!error)
		drop_namespaces(holders, analysis, least);
	return error;
}
