/*
 * Objects that stand in a relation to those of a set.
 */
#include "analysis/selection_eval.h"

#include <stdlib.h>

static struct error *add_reachable(struct analysis *analysis, const uint64_t *set, uint64_t *ret)
{
	struct obj_ids ids = {0};
	struct error *error = selection_ids(analysis, set, &ids);
	if (!error)
		error = graph_reach(&analysis->graph, ids.data, (uint32_t)ids.n, ret);
	vec_deinit(&ids);
	return error;
}

/* One pass over all edges: `forward` adds where edges of the set lead, else whence they come. */
static void add_neighbours(
	const struct analysis *analysis, const uint64_t *set, bool forward, uint64_t *ret)
{
	const struct snapshot *snapshot = analysis->snapshot;
	for (obj_id from = 0; from < snapshot->n_objects; from++) {
		if (forward && !bits_get(set, from))
			continue;
		uint64_t end = snapshot->edge_start[from + 1];
		for (uint64_t e = snapshot->edge_start[from]; e < end; e++) {
			uint32_t to = snapshot->edge_to[e];
			if (forward)
				bits_set(ret, to);
			else if (bits_get(set, to))
				bits_set(ret, from);
		}
	}
}

/* Along edges from an object to its __dict__. */
static void add_dicts(
	const struct analysis *analysis, const uint64_t *set, bool of_set, uint64_t *ret)
{
	const struct snapshot *snapshot = analysis->snapshot;
	for (obj_id from = 0; from < snapshot->n_objects; from++) {
		uint64_t end = snapshot->edge_start[from + 1];
		for (uint64_t e = snapshot->edge_start[from]; e < end; e++) {
			uint32_t to = snapshot->edge_to[e];
			if (snapshot->edge_kind[e] != EDGE_DICT)
				continue;
			if (of_set && bits_get(set, from))
				bits_set(ret, to);
			if (!of_set && bits_get(set, to))
				bits_set(ret, from);
		}
	}
}

static void add_dominators(const struct analysis *analysis, const uint64_t *set, uint64_t *ret)
{
	for (obj_id i = 0; i < analysis->snapshot->n_objects; i++)
		if (bits_get(set, i) && analysis->idom[i] < GRAPH_UNREACHED)
			bits_set(ret, analysis->idom[i]);
}

/* Holders are no objects. */
static void drop_holders(const struct analysis *analysis, uint64_t *set)
{
	uint32_t n = analysis->snapshot->n_objects;
	if (n % 64)
		set[n / 64] &= (1ull << n % 64) - 1;
	for (size_t word = bits_words(n); word < words_of(analysis); word++)
		set[word] = 0;
}

struct error *select_related(
	struct analysis *analysis, enum word word, const uint64_t *set, uint64_t *ret)
{
	struct error *error = NULL;
	switch (word) {
	case WORD_HELD_BY:
		error = analysis_held(analysis, set, ret);
		break;
	case WORD_REACHABLE_FROM:
		error = add_reachable(analysis, set, ret);
		break;
	case WORD_REFERRED_BY:
	case WORD_REFERS_TO:
		add_neighbours(analysis, set, word == WORD_REFERRED_BY, ret);
		break;
	case WORD_DICT_OF:
	case WORD_OWNER_OF:
		add_dicts(analysis, set, word == WORD_DICT_OF, ret);
		break;
	case WORD_DOMINATOR_OF:
		add_dominators(analysis, set, ret);
		break;
	default:
		assert(!"no relation");
	}
	drop_holders(analysis, ret);
	return error;
}
