#include "analysis/refgraph.h"

#include "base/keymap.h"
#include "base/workers.h"

#include <stdlib.h>

/* Edges of two nodes that stand for references of one name. */
#define NAMES_SHOWN 3

/* Objects that one node might stand for. */
struct candidate {
	uint32_t parent;
	struct label label;
	uint32_t kind;
	bool is_end, is_class;
	uint64_t n_refs, weight;
	uint32_t node; /* once chosen; REF_NONE */
};

struct found {
	uint32_t object, candidate;
};

struct building {
	struct refgraph *graph;
	struct analysis *analysis;
	const struct refgraph_options *options;
	uint32_t *owner; /* by node: object + 1 whose __dict__ it is; 0 */
	uint32_t *place; /* by node: node of the picture + 1; above all of them: candidate + 1 */
	VEC(struct candidate) candidates;
	VEC(struct found) found;
	VEC(uint32_t) order; /* of candidates */
	struct keymap map;   /* of the candidates; of the edges afterwards */
	uint32_t first;      /* of the nodes of this level */
};

#define CANDIDATE (1u << 31) /* in `place` */

/* ---- kinds ---- */

/* What is merged: types, dicts by the type of their owner, holders each alone. */
static uint32_t kind_of(const struct building *building, uint32_t node)
{
	const struct snapshot *snapshot = building->analysis->snapshot;
	uint32_t n_types = (uint32_t)snapshot->types.n;
	if (!is_object(snapshot, node))
		return 2 * n_types + (node - snapshot->n_objects);
	uint32_t owner = building->owner[node];
	return owner ? n_types + snapshot->type[owner - 1] : snapshot->type[node];
}

static bool is_end(const struct building *building, uint32_t node)
{
	return names_is_namespace(building->analysis->names, node);
}

static bool is_avoided(const struct building *building, uint32_t node)
{
	return building->options->avoid && bits_get(building->options->avoid, node);
}

/* The namespace of a module stands for the module. */
static uint32_t shown_as(const struct building *building, uint32_t node)
{
	uint32_t owner = building->owner[node];
	return owner && is_end(building, node) ? owner - 1 : node;
}

static void find_owners(struct building *building)
{
	const struct snapshot *snapshot = building->analysis->snapshot;
	for (obj_id i = 0; i < snapshot->n_objects; i++)
		for (uint64_t e = snapshot->edge_start[i]; e < snapshot->edge_start[i + 1]; e++)
			if (snapshot->edge_kind[e] == EDGE_DICT)
				building->owner[snapshot->edge_to[e]] = i + 1;
}

static bool is_node(uint32_t place)
{
	return place && !(place & CANDIDATE);
}

/* ---- references ---- */

/* One reference between two things of the picture, as it points. */
struct reference {
	uint32_t from, to;
	struct label label;
	bool is_class;
};

typedef bool (*reference_fn)(struct building *building, const struct reference *reference);

/* A dict with few named keys is a record; of others any element is as good as another. */
#define RECORD_EDGES 16

static struct label label_at(const struct building *building, uint32_t node, uint64_t edge)
{
	const struct snapshot *snapshot = building->analysis->snapshot;
	bool is_dict = building->owner[node] != 0;
	struct label label = label_of(snapshot, node, edge, is_dict);
	bool is_record =
		snapshot->edge_start[node + 1] - snapshot->edge_start[node] <= RECORD_EDGES;
	if (label.kind == LABEL_KEY && (!is_record || !label.text))
		label = (struct label){.kind = LABEL_ELEMENT};
	if (label.kind == LABEL_HOLDER && label.text)
		label = (struct label){.kind = LABEL_ATTR, .text = label.text};
	return label;
}

/* Calls `each` for the references of `node`, which are shown as those of `from`. */
static bool each_of(struct building *building, uint32_t node, uint32_t from, reference_fn each)
{
	const struct snapshot *snapshot = building->analysis->snapshot;
	bool ok = true;
	for (uint64_t e = snapshot->edge_start[node]; ok && e < snapshot->edge_start[node + 1];
		e++) {
		uint32_t to = snapshot->edge_to[e];
		bool is_own_dict =
			snapshot->edge_kind[e] == EDGE_DICT && building->owner[to] == node + 1;
		struct reference reference = {.from = from,
			.to = shown_as(building, to),
			.is_class = snapshot->edge_kind[e] == EDGE_TYPE};
		reference.label = label_at(building, node, e);
		bool is_attribute_name = node != from && reference.label.kind == LABEL_KEYS;
		if (is_own_dict || is_attribute_name || reference.from == reference.to)
			continue;
		ok = each(building, &reference);
	}
	return ok;
}

/* References from the members of a node and from their dicts. */
static bool each_from(struct building *building, const struct ref_node *node, reference_fn each)
{
	const struct snapshot *snapshot = building->analysis->snapshot;
	bool ok = true;
	for (size_t i = 0; ok && i < node->members.n; i++) {
		uint32_t member = node->members.data[i];
		ok = each_of(building, member, member, each);
		uint64_t end = snapshot->edge_start[member + 1];
		for (uint64_t e = snapshot->edge_start[member]; ok && e < end; e++) {
			uint32_t to = snapshot->edge_to[e];
			if (snapshot->edge_kind[e] == EDGE_DICT &&
				building->owner[to] == member + 1)
				ok = each_of(building, to, member, each);
		}
	}
	return ok;
}

/* References to what has a place already: one pass over all of them. */
static bool each_back(struct building *building, reference_fn each)
{
	const struct snapshot *snapshot = building->analysis->snapshot;
	bool ok = true;
	for (uint32_t node = 0; ok && node < snapshot->n_nodes; node++) {
		uint64_t end = snapshot->edge_start[node + 1];
		for (uint64_t e = snapshot->edge_start[node]; ok && e < end; e++) {
			uint32_t to = snapshot->edge_to[e];
			if (!is_node(building->place[to]))
				continue;
			uint32_t owner = building->owner[node];
			struct reference reference = {
				.from = owner ? owner - 1 : node,
				.to = to,
				.label = label_at(building, node, e),
				.is_class = snapshot->edge_kind[e] == EDGE_TYPE,
			};
			if (reference.from != to)
				ok = each(building, &reference);
		}
	}
	return ok;
}

/* ---- candidates ---- */

static uint64_t hash_of(uint32_t parent, const struct label *label, uint32_t kind)
{
	uint64_t hash = label_hash(label) ^ ((uint64_t)parent << 32 | kind) * 0x9e3779b97f4a7c15ull;
	hash *= 0xff51afd7ed558ccdull;
	return hash ^ hash >> 33;
}

/* The candidate that `object` is in when it is reached from `parent`; NULL: no memory. */
static struct candidate *candidate_of(
	struct building *building, uint32_t parent, const struct label *label, uint32_t object)
{
	uint32_t kind = kind_of(building, object);
	uint32_t i = keymap_add(&building->map, hash_of(parent, label, kind));
	if (i == building->candidates.n) {
		struct candidate *candidate = vec_add(&building->candidates);
		if (!candidate)
			return NULL;
		*candidate = (struct candidate){.parent = parent,
			.label = *label,
			.kind = kind,
			.is_end = is_end(building, object),
			.node = REF_NONE};
	}
	return i == KEYMAP_FULL ? NULL : &building->candidates.data[i];
}

/* `object` was reached from node `parent`, or is a target. */
static bool add_found(struct building *building, uint32_t parent, const struct label *label,
	uint32_t object, bool is_class)
{
	uint32_t place = building->place[object];
	if (is_node(place) || is_avoided(building, object))
		return true;
	if (place && building->candidates.data) {
		building->candidates.data[(place & ~CANDIDATE) - 1].n_refs++;
		return true;
	}
	struct candidate *candidate = candidate_of(building, parent, label, object);
	struct found *found = candidate ? vec_add(&building->found) : NULL;
	if (!found)
		return false;
	candidate->is_class = is_class;
	candidate->n_refs++;
	uint32_t index = (uint32_t)(candidate - building->candidates.data);
	*found = (struct found){object, index};
	building->place[object] = CANDIDATE | (index + 1);
	return true;
}

static const struct ref_node *node_of(const struct building *building, uint32_t object)
{
	return &building->graph->nodes.data[building->place[object] - 1];
}

static bool find_onwards(struct building *building, const struct reference *reference)
{
	if (reference->is_class)
		return true;
	return add_found(building, building->place[reference->from] - 1, &reference->label,
		reference->to, false);
}

/* Instances refer to their class: of interest when the class was asked for. */
static bool find_back(struct building *building, const struct reference *reference)
{
	uint32_t node = building->place[reference->to] - 1;
	const struct ref_node *to = &building->graph->nodes.data[node];
	if (node < building->first || to->is_end || (reference->is_class && to->depth))
		return true;
	return add_found(building, node, &reference->label, reference->from, reference->is_class);
}

/* ---- choosing ---- */

/* What only a member of the same candidate retains is in its sum already. */
static void weigh(struct building *building)
{
	const struct analysis *analysis = building->analysis;
	vec_foreach (&building->found, found) {
		uint32_t above = analysis->idom[found->object];
		bool is_inside = above < GRAPH_UNREACHED &&
				 building->place[above] == (CANDIDATE | (found->candidate + 1));
		if (!is_inside)
			building->candidates.data[found->candidate].weight +=
				retained_of(analysis, found->object);
	}
}

static int compare_candidates(const void *a, const void *b, void *arg)
{
	const struct building *building = arg;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct candidate *left = &building->candidates.data[i];
	const struct candidate *right = &building->candidates.data[j];
	bool back = building->options->back && left->parent != REF_NONE;
	if (left->is_class != right->is_class)
		return left->is_class ? 1 : -1;
	uint64_t of_left = back ? left->n_refs : left->weight;
	uint64_t of_right = back ? right->n_refs : right->weight;
	if (of_left != of_right)
		return of_left > of_right ? -1 : 1;
	if (left->is_end != right->is_end)
		return left->is_end ? -1 : 1;
	return i < j ? -1 : i > j;
}

/* How many nodes this level may have: half of what is left, so that later ones have some. */
static size_t share_of(const struct building *building, uint32_t depth)
{
	size_t left = building->options->nodes_max - building->graph->nodes.n;
	return depth == building->options->depth ? left : MIN(left, left / 2 + 1);
}

static bool add_node(struct building *building, struct candidate *candidate, uint32_t depth)
{
	struct ref_node *node = vec_add(&building->graph->nodes);
	if (!node)
		return false;
	*node = (struct ref_node){.parent = candidate->parent,
		.depth = depth,
		.label = candidate->label,
		.is_end = candidate->is_end && depth};
	candidate->node = (uint32_t)building->graph->nodes.n - 1;
	return true;
}

static bool take_members(struct building *building)
{
	bool ok = true;
	vec_foreach (&building->found, found) {
		uint32_t node = building->candidates.data[found->candidate].node;
		building->place[found->object] = node == REF_NONE ? 0 : node + 1;
		if (node == REF_NONE || !ok)
			continue;
		obj_id *slot = vec_add(&building->graph->nodes.data[node].members);
		ok = slot != NULL;
		if (ok)
			*slot = found->object;
	}
	return ok;
}

/* The best candidates become the nodes of a level. */
static bool choose(struct building *building, uint32_t depth)
{
	bool ok = true;
	weigh(building);
	building->order.n = 0;
	for (uint32_t i = 0; ok && i < building->candidates.n; i++) {
		uint32_t *slot = vec_add(&building->order);
		ok = slot != NULL;
		if (ok)
			*slot = i;
	}
	if (ok && building->order.n)
		qsort_r(building->order.data, building->order.n, sizeof(uint32_t),
			compare_candidates, building);
	size_t n = MIN(building->order.n, share_of(building, depth));
	building->first = (uint32_t)building->graph->nodes.n;
	for (size_t i = 0; ok && i < n; i++)
		ok = add_node(building, &building->candidates.data[building->order.data[i]], depth);
	building->graph->n_cut += building->order.n - n;
	ok = ok && take_members(building);
	building->candidates.n = building->found.n = 0;
	keymap_clear(&building->map);
	return ok;
}

static bool find_targets(struct building *building)
{
	static const struct label none = {.kind = LABEL_ELEMENT};
	const uint64_t *targets = building->options->targets;
	bool ok = true;
	for (obj_id i = 0; ok && i < building->analysis->snapshot->n_objects; i++)
		if (bits_get(targets, i))
			ok = add_found(building, REF_NONE, &none, i, false);
	return ok && choose(building, 0);
}

static bool find_levels(struct building *building)
{
	struct refgraph *graph = building->graph;
	bool ok = find_targets(building);
	for (uint32_t depth = 1; ok && depth <= building->options->depth; depth++) {
		size_t end = graph->nodes.n;
		if (building->first == end || end >= building->options->nodes_max)
			break;
		if (building->options->back)
			ok = each_back(building, find_back);
		for (size_t i = building->first; ok && !building->options->back && i < end; i++)
			if (!graph->nodes.data[i].is_end)
				ok = each_from(building, &graph->nodes.data[i], find_onwards);
		ok = ok && choose(building, depth);
	}
	return ok;
}

/* ---- edges ---- */

static bool add_edge(struct building *building, const struct reference *reference)
{
	struct refgraph *graph = building->graph;
	struct ref_edge wanted = {.from = building->place[reference->from] - 1,
		.to = building->place[reference->to] - 1,
		.label = reference->label,
		.hash = label_hash(&reference->label)};
	uint32_t i = keymap_add(&building->map, hash_of(wanted.from, &wanted.label, wanted.to));
	if (i == graph->edges.n) {
		struct ref_edge *edge = vec_add(&graph->edges);
		if (!edge)
			return false;
		*edge = wanted;
		edge->n_labels = 1;
	}
	if (i == KEYMAP_FULL)
		return false;
	graph->edges.data[i].count++;
	return true;
}

static bool count_reference(struct building *building, const struct reference *reference)
{
	bool back = building->options->back;
	uint32_t other = back ? reference->from : reference->to;
	struct ref_node *node =
		(struct ref_node *)node_of(building, back ? reference->to : reference->from);
	if (node->is_end || (reference->is_class && (!back || node->depth)))
		return true;
	if (is_node(building->place[other]))
		return add_edge(building, reference);
	node->n_hidden++;
	return true;
}

static bool find_edges(struct building *building)
{
	struct refgraph *graph = building->graph;
	bool ok = true;
	if (building->options->back)
		return each_back(building, count_reference);
	for (size_t i = 0; ok && i < graph->nodes.n; i++)
		ok = each_from(building, &graph->nodes.data[i], count_reference);
	return ok;
}

static bool is_tree_edge(const struct building *building, const struct ref_edge *edge)
{
	bool back = building->options->back;
	const struct ref_node *child = &building->graph->nodes.data[back ? edge->from : edge->to];
	return child->parent == (back ? edge->to : edge->from) &&
	       label_hash(&child->label) == edge->hash;
}

static int compare_edges(const void *a, const void *b)
{
	const struct ref_edge *left = a, *right = b;
	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	if (left->to != right->to)
		return left->to < right->to ? -1 : 1;
	if (left->is_tree != right->is_tree)
		return left->is_tree ? -1 : 1;
	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	return left->hash < right->hash ? -1 : left->hash > right->hash;
}

/* Of two nodes the references of few names are told apart; the others are one edge. */
static void merge_edges(struct building *building)
{
	struct refgraph *graph = building->graph;
	size_t n = 0, n_same = 0;
	vec_foreach (&graph->edges, edge)
		edge->is_tree = is_tree_edge(building, edge);
	if (graph->edges.n)
		qsort(graph->edges.data, graph->edges.n, sizeof(struct ref_edge), compare_edges);
	for (size_t i = 0; i < graph->edges.n; i++) {
		const struct ref_edge edge = graph->edges.data[i];
		struct ref_edge *last = n ? &graph->edges.data[n - 1] : NULL;
		n_same = last && last->from == edge.from && last->to == edge.to ? n_same + 1 : 0;
		if (n_same <= NAMES_SHOWN) {
			graph->edges.data[n++] = edge;
			continue;
		}
		last->count += edge.count;
		last->n_labels++;
	}
	graph->edges.n = n;
}

/* ---- what nodes retain ---- */

static struct error *retain_nodes(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	struct building *building = arg;
	uint64_t *set = malloc(words_of(building->analysis) * sizeof(uint64_t));
	struct error *error = set ? NULL : &error_no_memory;
	for (uint64_t i = begin; !error && i < end; i++) {
		struct ref_node *node = &building->graph->nodes.data[i];
		if (node->members.n == 1) {
			node->retained_bytes =
				retained_of(building->analysis, node->members.data[0]);
			continue;
		}
		struct set_retained retained;
		memset(set, 0, words_of(building->analysis) * sizeof(uint64_t));
		vec_foreach (&node->members, member)
			bits_set(set, *member);
		error = analysis_set_retained(building->analysis, set, &retained);
		if (!error)
			node->retained_bytes = retained.weight;
	}
	free(set);
	return error;
}

static struct error *compute_retained(struct building *building)
{
	struct analysis *analysis = building->analysis;
	size_t n = building->graph->nodes.n;
	struct error *error = analysis->garbage.count ? analysis_seeds(analysis) : NULL;
	if (error || !n)
		return error;
	return workers_run((unsigned)MIN(workers_count(), n), n, retain_nodes, building);
}

/* ---- the whole ---- */

struct error *refgraph_init(
	struct refgraph *graph, struct analysis *analysis, const struct refgraph_options *options)
{
	*graph = (struct refgraph){0};
	struct error *error = analysis_dominators(analysis);
	if (error)
		return error;
	struct building building = {
		.graph = graph,
		.analysis = analysis,
		.options = options,
		.owner = analysis_alloc(analysis, sizeof(uint32_t)),
		.place = analysis_alloc(analysis, sizeof(uint32_t)),
	};
	bool ok = building.owner && building.place;
	if (ok)
		find_owners(&building);
	ok = ok && find_levels(&building) && find_edges(&building);
	if (ok)
		merge_edges(&building);
	error = ok ? compute_retained(&building) : &error_no_memory;
	analysis_free(analysis, building.owner, sizeof(uint32_t));
	analysis_free(analysis, building.place, sizeof(uint32_t));
	vec_deinit(&building.candidates);
	vec_deinit(&building.found);
	vec_deinit(&building.order);
	keymap_deinit(&building.map);
	if (error)
		refgraph_deinit(graph);
	return error;
}

void refgraph_deinit(struct refgraph *graph)
{
	vec_foreach (&graph->nodes, node)
		vec_deinit(&node->members);
	vec_deinit(&graph->nodes);
	vec_deinit(&graph->edges);
}
