#include "analysis/spots.h"

#include <stdlib.h>

/* What goes on below is named when it accounts for this share. */
#define ACCOUNTS_FOR(part, whole) ((part) / 3 >= (whole) / 4)

/* Objects above the crowd that are kept in mind; chains longer than that have no spots. */
#define TALLIES_MAX (1u << 20)

struct tally {
	uint32_t node, count;
	uint64_t weight;
};

struct spotting {
	const struct analysis *analysis;
	const struct crowd *crowd;
	uint64_t least;
	uint32_t *place;        /* by node: its tally + 1 */
	VEC(struct tally) seen; /* chain by chain, deepest first */
	VEC(size_t) chains;     /* where each begins in `seen` */
	uint64_t *heavy;        /* by tally: weight of the heavy ones below */
	uint32_t *spot;         /* by tally: its spot or that above it, + 1 */
	uint32_t *top;          /* by tally: the last node above it */
};

bool crowd_add(struct crowd *crowd, obj_id node, uint64_t weight)
{
	obj_id *slot = vec_add(&crowd->nodes);
	uint64_t *own = vec_add(&crowd->weights);
	if (!slot || !own)
		return false;
	*slot = node;
	*own = weight;
	return true;
}

void crowd_deinit(struct crowd *crowd)
{
	vec_deinit(&crowd->nodes);
	vec_deinit(&crowd->weights);
	*crowd = (struct crowd){0};
}

/* The object above `node`, or OBJ_NONE at the top: a root, a namespace, several ways. */
static uint32_t above(const struct spotting *spotting, uint32_t node)
{
	uint32_t idom = spotting->analysis->idom[node];
	bool is_top =
		idom >= GRAPH_UNREACHED || names_is_namespace(spotting->analysis->names, idom);
	return is_top ? OBJ_NONE : idom;
}

static bool see(struct spotting *spotting, uint32_t node)
{
	size_t *chain = vec_add(&spotting->chains);
	if (!chain)
		return false;
	*chain = spotting->seen.n;
	for (; node != OBJ_NONE && !spotting->place[node] && spotting->seen.n < TALLIES_MAX;
		node = above(spotting, node)) {
		struct tally *tally = vec_add(&spotting->seen);
		if (!tally)
			return false;
		tally->node = node;
		spotting->place[node] = (uint32_t)spotting->seen.n;
	}
	return true;
}

static struct tally *tally_above(const struct spotting *spotting, uint32_t node)
{
	uint32_t next = above(spotting, node);
	uint32_t place = next == OBJ_NONE ? 0 : spotting->place[next];
	return place ? &spotting->seen.data[place - 1] : NULL;
}

static void add_up(struct tally *above, uint32_t count, uint64_t weight)
{
	if (!above)
		return;
	above->count += count;
	above->weight += weight;
}

static bool tally_crowd(struct spotting *spotting)
{
	const struct crowd *crowd = spotting->crowd;
	for (size_t i = 0; i < crowd->nodes.n; i++) {
		uint32_t node = crowd->nodes.data[i];
		if (!see(spotting, above(spotting, node)))
			return false;
		add_up(tally_above(spotting, node), 1, crowd->weights.data[i] * crowd->stride);
	}
	return true;
}

/* Sums go up: later chains hang on earlier ones. */
static void sum_up(struct spotting *spotting)
{
	for (size_t chain = spotting->chains.n; chain-- > 0;) {
		bool is_last = chain + 1 == spotting->chains.n;
		size_t end = is_last ? spotting->seen.n : spotting->chains.data[chain + 1];
		for (size_t i = spotting->chains.data[chain]; i < end; i++) {
			const struct tally *tally = &spotting->seen.data[i];
			struct tally *next = tally_above(spotting, tally->node);
			add_up(next, tally->count, tally->weight);
			if (next && tally->weight >= spotting->least)
				spotting->heavy[next - spotting->seen.data] += tally->weight;
		}
	}
}

static bool add_spot(struct spotting *spotting, struct spots *spots, size_t i)
{
	const struct tally *tally = &spotting->seen.data[i];
	struct spot *spot = vec_add(spots);
	if (!spot)
		return false;
	*spot = (struct spot){
		.node = tally->node,
		.count = tally->count * spotting->crowd->stride,
		.weight = tally->weight,
	};
	spotting->spot[i] = (uint32_t)spots->n;
	return true;
}

/* From the top: what stands in heavy ones below is named there. */
static bool choose(struct spotting *spotting, struct spots *spots)
{
	for (size_t chain = 0; chain < spotting->chains.n; chain++) {
		bool is_last = chain + 1 == spotting->chains.n;
		size_t end = is_last ? spotting->seen.n : spotting->chains.data[chain + 1];
		for (size_t i = end; i-- > spotting->chains.data[chain];) {
			const struct tally *tally = &spotting->seen.data[i];
			const struct tally *next = tally_above(spotting, tally->node);
			uint32_t inherited = next ? spotting->spot[next - spotting->seen.data] : 0;
			spotting->spot[i] = inherited;
			spotting->top[i] =
				next ? spotting->top[next - spotting->seen.data] : tally->node;
			bool is_open = ACCOUNTS_FOR(spotting->heavy[i], tally->weight);
			if (!inherited && tally->weight >= spotting->least && !is_open &&
				!add_spot(spotting, spots, i))
				return false;
		}
	}
	return true;
}

/* A single object that weighs enough is a place of its own. */
static bool choose_alone(const struct spotting *spotting, struct spots *spots, size_t member)
{
	const struct crowd *crowd = spotting->crowd;
	uint64_t weight = crowd->weights.data[member];
	if (weight < spotting->least)
		return true;
	struct spot *spot = vec_add(spots);
	if (!spot)
		return false;
	*spot = (struct spot){crowd->nodes.data[member], 1, weight};
	spots->of[member] = (uint32_t)spots->n - 1;
	return true;
}

static bool assign(const struct spotting *spotting, struct spots *spots)
{
	const struct crowd *crowd = spotting->crowd;
	for (size_t i = 0; i < crowd->nodes.n; i++) {
		uint32_t node = crowd->nodes.data[i];
		const struct tally *next = tally_above(spotting, node);
		uint32_t spot = next ? spotting->spot[next - spotting->seen.data] : 0;
		spots->of[i] = spot ? spot - 1 : SPOT_NONE;
		if (!spot && !choose_alone(spotting, spots, i))
			return false;
		spots->top[i] = next ? spotting->top[next - spotting->seen.data] : node;
		if (spot && spots->data[spot - 1].count == crowd->stride)
			spots->data[spot - 1].node = node;
	}
	return true;
}

/* The owner of a __dict__ is named rather than the dict. */
static void name_owners(const struct spotting *spotting, struct spots *spots)
{
	const struct snapshot *snapshot = spotting->analysis->snapshot;
	vec_foreach (spots, spot) {
		uint32_t owner = above(spotting, spot->node);
		if (owner == OBJ_NONE)
			continue;
		for (uint64_t e = snapshot->edge_start[owner]; e < snapshot->edge_start[owner + 1];
			e++)
			if (snapshot->edge_kind[e] == EDGE_DICT &&
				snapshot->edge_to[e] == spot->node)
				spot->node = owner;
	}
}

static bool find_spots(struct spotting *spotting, struct spots *spots)
{
	size_t n = spotting->crowd->nodes.n;
	spots->of = calloc(n + 1, sizeof(*spots->of));
	spots->top = calloc(n + 1, sizeof(*spots->top));
	if (!spotting->place || !spots->of || !spots->top || !tally_crowd(spotting))
		return false;
	spotting->heavy = calloc(spotting->seen.n + 1, sizeof(*spotting->heavy));
	spotting->spot = calloc(spotting->seen.n + 1, sizeof(*spotting->spot));
	spotting->top = calloc(spotting->seen.n + 1, sizeof(*spotting->top));
	if (!spotting->heavy || !spotting->spot || !spotting->top)
		return false;
	sum_up(spotting);
	if (!choose(spotting, spots) || !assign(spotting, spots))
		return false;
	name_owners(spotting, spots);
	return true;
}

struct error *spots_init(struct spots *spots, const struct analysis *analysis,
	const struct crowd *crowd, uint64_t least)
{
	struct spotting spotting = {
		.analysis = analysis,
		.crowd = crowd,
		.least = least,
		.place = analysis_alloc(analysis, sizeof(uint32_t)),
	};
	*spots = (struct spots){0};
	bool ok = find_spots(&spotting, spots);
	analysis_free(analysis, spotting.place, sizeof(uint32_t));
	vec_deinit(&spotting.seen);
	vec_deinit(&spotting.chains);
	free(spotting.heavy);
	free(spotting.spot);
	free(spotting.top);
	if (ok)
		return NULL;
	spots_deinit(spots);
	return &error_no_memory;
}

void spots_deinit(struct spots *spots)
{
	vec_deinit(spots);
	free(spots->of);
	free(spots->top);
	spots->of = spots->top = NULL;
}
