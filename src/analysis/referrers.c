/*
 * Classes by referrers: objects that the same kinds of things refer to. A kind
 * is a type, the dict of a type's instances, or a kind of holder.
 */
#include "analysis/classes.h"

#include <stdlib.h>

/* Kinds that a name writes out. */
#define KINDS_SHOWN 4

#define HOLDER_KINDS (NODE_C_HELD + 1)

/* Labels: types, then dicts of types, then holders. */
static uint32_t label_of(
	const struct classes *classes, const struct snapshot *snapshot, uint32_t node)
{
	uint32_t n_types = (uint32_t)snapshot->types.n;
	if (!is_object(snapshot, node))
		return 2 * n_types + holder_get(snapshot, node)->kind;
	type_id owner = classes->owner[node];
	return owner == TYPE_NONE ? snapshot->type[node] : n_types + owner;
}

static void label_render(const struct snapshot *snapshot, uint32_t label, struct text *text)
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

struct collecting {
	struct classes *classes;
	const struct snapshot *snapshot;
	const struct graph_inverse *inverse;
	uint32_t *stamp; /* by label: object + 1 that had it last */
	VEC(uint32_t) found;
};

static int compare_labels(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return left < right ? -1 : left > right;
}

/* The kinds that refer to an object, each once, in order. */
static bool collect(struct collecting *collecting, obj_id object)
{
	const struct graph_inverse *inverse = collecting->inverse;
	collecting->found.n = 0;
	for (uint64_t i = inverse->start[object]; i < inverse->start[object + 1]; i++) {
		uint32_t label =
			label_of(collecting->classes, collecting->snapshot, inverse->from[i]);
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

struct error *referrers_classify(struct classes *classes, const struct analysis *analysis)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct graph_inverse inverse;
	struct error *error = graph_inverse_init(&inverse, &analysis->graph);
	if (error)
		return error;
	struct collecting collecting = {
		.classes = classes,
		.snapshot = snapshot,
		.inverse = &inverse,
		.stamp = calloc(2 * snapshot->types.n + HOLDER_KINDS, sizeof(uint32_t)),
	};
	struct seen seen = {0};
	bool ok = collecting.stamp != NULL;
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
	graph_inverse_deinit(&inverse);
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
	for (uint32_t i = 0; i < MIN(set->n, KINDS_SHOWN); i++) {
		text_add_string(text, i ? ", " : "");
		label_render(snapshot, classes->labels.data[set->first + i], text);
	}
	if (set->n > KINDS_SHOWN)
		text_format(text, " and %u more", set->n - KINDS_SHOWN);
}
