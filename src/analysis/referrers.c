/*
 * Classes by what refers to an object: by the kinds of its referrers, or by the
 * names of the references. Both give each reference a label, a small number; the
 * class of an object is the set of its labels.
 */
#include "analysis/classes.h"
#include "analysis/labels.h"
#include "base/keymap.h"

#include <stdlib.h>

/* Labels that a name writes out. */
#define LABELS_SHOWN 4

#define HOLDER_KINDS (NODE_C_HELD + 1)

/* ---- labels: kinds of referrers ---- */

/* Types, then dicts of types, then holders. */
static uint32_t kind_label(
	const struct classes *classes, const struct snapshot *snapshot, uint32_t node)
{
	uint32_t n_types = (uint32_t)snapshot->types.n;
	if (!is_object(snapshot, node))
		return 2 * n_types + holder_get(snapshot, node)->kind;
	type_id owner = classes->owner[node];
	return owner == TYPE_NONE ? snapshot->type[node] : n_types + owner;
}

static void kind_render(const struct snapshot *snapshot, uint32_t label, struct text *text)
{
	static const char *const holders[HOLDER_KINDS] = {
		"module", "frame", "thread", "task", "interpreter", "static", "C"};
	uint32_t n_types = (uint32_t)snapshot->types.n;
	if (label >= 2 * n_types) {
		text_format(text, "<%s>", holders[label - 2 * n_types]);
		return;
	}
	if (label >= n_types)
		text_add_string(text, "dict of ");
	names_type_render(snapshot, label % n_types, text);
}

/* ---- labels: names of references ---- */

/* The place of a name among those seen, UINT32_MAX when memory ran out. */
static uint32_t name_label(struct classes *classes, struct keymap *map, const struct label *label)
{
	uint64_t hash = label_hash(label);
	uint32_t i = keymap_add(map, hash);
	if (i == classes->names.n) {
		struct reference_name *name = vec_add(&classes->names);
		if (!name)
			return KEYMAP_FULL;
		*name = (struct reference_name){hash, *label};
	}
	return i;
}

/* ---- the labels of the references to each object ---- */

struct arriving {
	uint64_t *start; /* labels of object i are label[start[i]] .. label[start[i + 1] - 1] */
	uint32_t *label;
	uint64_t n_edges;
};

static void arriving_deinit(struct arriving *arriving, const struct analysis *analysis)
{
	snapshot_free(arriving->start, analysis->snapshot->n_nodes + 2ull, sizeof(uint64_t));
	snapshot_free(arriving->label, arriving->n_edges + 1, sizeof(uint32_t));
}

static bool arriving_init(struct arriving *arriving, struct classes *classes,
	const struct analysis *analysis, enum by by)
{
	const struct snapshot *snapshot = analysis->snapshot;
	*arriving = (struct arriving){
		.start = snapshot_alloc(snapshot->n_nodes + 2ull, sizeof(uint64_t)),
		.label = snapshot_alloc(snapshot->n_edges + 1, sizeof(uint32_t)),
		.n_edges = snapshot->n_edges,
	};
	if (!arriving->start || !arriving->label)
		return false;
	struct keymap map = {0};
	uint64_t *start = arriving->start;
	for (uint64_t e = 0; e < snapshot->n_edges; e++)
		start[snapshot->edge_to[e] + 2ull]++;
	for (uint64_t i = 2; i < snapshot->n_nodes + 2ull; i++)
		start[i] += start[i - 1];
	bool ok = true;
	for (uint32_t from = 0; ok && from < snapshot->n_nodes; from++) {
		bool is_dict = classes->owner[from] != TYPE_NONE;
		uint32_t kind = kind_label(classes, snapshot, from);
		uint64_t end = snapshot->edge_start[from + 1];
		for (uint64_t e = snapshot->edge_start[from]; ok && e < end; e++) {
			struct label name = label_of(snapshot, from, e, is_dict);
			uint32_t label = by == BY_VIA ? name_label(classes, &map, &name) : kind;
			ok = label != UINT32_MAX;
			arriving->label[start[snapshot->edge_to[e] + 1ull]++] = label;
		}
	}
	keymap_deinit(&map);
	return ok;
}

/* ---- sets of labels ---- */

struct collecting {
	struct classes *classes;
	const struct arriving *arriving;
	uint32_t *stamp; /* by label: object + 1 that had it last */
	VEC(uint32_t) found;
};

static int compare_labels(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return left < right ? -1 : left > right;
}

/* The labels of the references to an object, each once, in order. */
static bool collect(struct collecting *collecting, obj_id object)
{
	const struct arriving *arriving = collecting->arriving;
	collecting->found.n = 0;
	for (uint64_t i = arriving->start[object]; i < arriving->start[object + 1]; i++) {
		uint32_t label = arriving->label[i];
		if (collecting->stamp[label] == object + 1)
			continue;
		collecting->stamp[label] = object + 1;
		uint32_t *slot = vec_add(&collecting->found);
		if (!slot)
			return false;
		*slot = label;
	}
	if (collecting->found.n > 1)
		qsort(collecting->found.data, collecting->found.n, sizeof(uint32_t),
			compare_labels);
	return true;
}

static uint64_t hash_labels(const struct collecting *collecting)
{
	uint64_t hash = 0xcbf29ce484222325ull;
	vec_foreach (&collecting->found, label) {
		hash = (hash ^ (*label + 1ull)) * 0x100000001b3ull;
		hash ^= hash >> 29;
	}
	return hash;
}

/* Remembers what a key stands for. Keys that were seen are in a table of hashes. */
struct seen {
	uint64_t *slots;
	size_t n, n_slots;
};

static bool seen_insert(struct seen *seen, uint64_t key)
{
	size_t slot = key & (seen->n_slots - 1);
	while (seen->slots[slot] && seen->slots[slot] != key)
		slot = (slot + 1) & (seen->n_slots - 1);
	bool is_new = !seen->slots[slot];
	seen->slots[slot] = key;
	seen->n += is_new;
	return is_new;
}

static bool seen_reserve(struct seen *seen)
{
	if (seen->n_slots > 2 * seen->n + 2)
		return true;
	struct seen grown = {.n_slots = MAX(seen->n_slots * 2, 1024)};
	grown.slots = calloc(grown.n_slots, sizeof(uint64_t));
	if (!grown.slots)
		return false;
	for (size_t i = 0; i < seen->n_slots; i++)
		if (seen->slots[i])
			seen_insert(&grown, seen->slots[i]);
	free(seen->slots);
	*seen = grown;
	return true;
}

static bool remember(struct collecting *collecting, struct seen *seen, uint64_t key)
{
	struct classes *classes = collecting->classes;
	if (!seen_reserve(seen))
		return false;
	if (!seen_insert(seen, key))
		return true;
	struct label_set *set = vec_add(&classes->label_sets);
	if (!set)
		return false;
	*set = (struct label_set){key, (uint32_t)classes->labels.n, (uint32_t)collecting->found.n};
	vec_foreach (&collecting->found, label) {
		uint32_t *slot = vec_add(&classes->labels);
		if (!slot)
			return false;
		*slot = *label;
	}
	return true;
}

static int compare_sets(const void *a, const void *b)
{
	const struct label_set *left = a, *right = b;
	return left->key < right->key ? -1 : left->key > right->key;
}

struct error *referrers_classify(
	struct classes *classes, const struct analysis *analysis, enum by by)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct arriving arriving;
	struct seen seen = {0};
	struct collecting collecting = {.classes = classes, .arriving = &arriving};
	bool ok = arriving_init(&arriving, classes, analysis, by);
	size_t n_labels = by == BY_VIA ? classes->names.n : 2 * snapshot->types.n + HOLDER_KINDS;
	collecting.stamp = calloc(n_labels + 1, sizeof(uint32_t));
	ok = ok && collecting.stamp;
	for (obj_id i = 0; ok && i < snapshot->n_objects; i++) {
		ok = collect(&collecting, i);
		if (!ok)
			break;
		classes->key[i] = hash_labels(&collecting);
		ok = remember(&collecting, &seen, classes->key[i]);
	}
	if (classes->label_sets.n)
		qsort(classes->label_sets.data, classes->label_sets.n, sizeof(struct label_set),
			compare_sets);
	vec_deinit(&collecting.found);
	free(collecting.stamp);
	free(seen.slots);
	arriving_deinit(&arriving, analysis);
	return ok ? NULL : &error_no_memory;
}

void referrers_render(const struct classes *classes, const struct snapshot *snapshot, uint64_t key,
	struct text *text)
{
	struct label_set wanted = {.key = key};
	const struct label_set *set = bsearch(&wanted, classes->label_sets.data,
		classes->label_sets.n, sizeof(struct label_set), compare_sets);
	assert(set);
	if (!set->n) {
		text_add_string(text, "nothing");
		return;
	}
	for (uint32_t i = 0; i < MIN(set->n, LABELS_SHOWN); i++) {
		uint32_t label = classes->labels.data[set->first + i];
		text_add_string(text, i ? ", " : "");
		if (classes->by == BY_VIA)
			label_render(&classes->names.data[label].label, text);
		else
			kind_render(snapshot, label, text);
	}
	if (set->n > LABELS_SHOWN)
		text_format(text, " and %u more", set->n - LABELS_SHOWN);
}
