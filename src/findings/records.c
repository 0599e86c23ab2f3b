/*
 * dict_records: many dicts with the same few keys, such as rows of parsed JSON.
 * A tuple (or a class with slots) of the same values is a fraction of a dict;
 * with it go keys that each dict has of its own, and texts that repeat.
 *
 * Evidence: record_count; key_count of the commonest shape; shape_count, how
 * many sets of keys; dict_bytes, what tuples need less than the dicts; key_bytes
 * and value_bytes, texts of their own that go with it: all keys, and values
 * that are equal to others.
 */
#include "findings/rules.h"
#include "findings/waste.h"

#include <stdlib.h>

#define SHAPES_MAX 8

struct shape {
	uint64_t hash;
	uint64_t weight, n_keys;
};

static int compare_hashes(const void *a, const void *b)
{
	const struct shape *left = a, *right = b;
	return (left->hash > right->hash) - (left->hash < right->hash);
}

static int compare_weights(const void *a, const void *b)
{
	const struct shape *left = a, *right = b;
	return (left->weight < right->weight) - (left->weight > right->weight);
}

/* Equal shapes become one; the number of shapes. */
static size_t merge_shapes(struct shape *shapes, size_t n)
{
	size_t n_shapes = 0;
	qsort(shapes, n, sizeof(*shapes), compare_hashes);
	for (size_t i = 0; i < n; i++) {
		if (n_shapes && shapes[n_shapes - 1].hash == shapes[i].hash)
			shapes[n_shapes - 1].weight += shapes[i].weight;
		else
			shapes[n_shapes++] = shapes[i];
	}
	qsort(shapes, n_shapes, sizeof(*shapes), compare_weights);
	return n_shapes;
}

static void describe_shapes(struct shape *shapes, size_t n, struct clue *clue)
{
	uint64_t sum = 0, most = 0;
	size_t n_shapes = merge_shapes(shapes, n);
	for (size_t i = 0; i < n_shapes; i++) {
		sum += shapes[i].weight;
		most += i < SHAPES_MAX ? shapes[i].weight : 0;
	}
	clue->distinct = n_shapes;
	clue->n_items = shapes[0].n_keys;
	clue->is_void = most < sum / 5 * 4;
}

static struct error *look(struct inquiry *inquiry, const struct members *members, struct clue *clue)
{
	struct shape *shapes = calloc(members->n, sizeof(*shapes));
	if (!shapes)
		return &error_no_memory;
	for (size_t i = 0; i < members->n; i++) {
		uint32_t member = members->index[i];
		struct record record = {0};
		record_read(inquiry->analysis, inquiry->waste->texts,
			members->crowd->nodes.data[member], &record);
		shapes[i] = (struct shape){
			record.shape, members->crowd->weights.data[member], record.n_keys};
		clue->bytes[0] += record.dict_bytes * members->crowd->stride;
		clue->bytes[1] += record.key_bytes * members->crowd->stride;
		clue->bytes[2] += record.value_bytes * members->crowd->stride;
	}
	describe_shapes(shapes, members->n, clue);
	free(shapes);
	return NULL;
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	struct waste *waste;
	const struct repeats *texts;
	struct error *error = waste_get(inquiry, &waste);
	if (error)
		return error;
	const struct census_type *dicts = waste_census(inquiry, "dict");
	if (dicts->bytes < waste_least(inquiry) / 2)
		return NULL;
	error = waste_texts(inquiry, &texts);
	struct crowd crowd = {.stride = dicts->stride};
	for (size_t i = 0; !error && i < dicts->sample.n; i++) {
		struct record record;
		obj_id dict = dicts->sample.data[i];
		if (record_read(inquiry->analysis, texts, dict, &record) &&
			!crowd_add(&crowd, dict,
				record.dict_bytes + record.key_bytes + record.value_bytes))
			error = &error_no_memory;
	}
	if (!error)
		return waste_place(inquiry, rule, &crowd, look);
	crowd_deinit(&crowd);
	return error;
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct clue *clue = waste_clue(inquiry, suspicion, finding);
	if (!clue)
		return false;
	uint64_t n_records = clue_share(clue, suspicion, clue->count);
	finding_describe(finding, "%" PRIu64 " dicts with the same %" PRIu64 " keys", n_records,
		clue->n_items);
	finding_advise(
		finding, clue->bytes[2] > clue->weight / 10
				 ? "Keep each record as a tuple, a NamedTuple or a dataclass "
				   "with slots=True, and give equal texts to sys.intern()."
				 : "Keep each record as a tuple, a NamedTuple or a dataclass "
				   "with slots=True.");
	row_set_u64(finding->evidence, "record_count", n_records);
	row_set_u64(finding->evidence, "key_count", clue->n_items);
	row_set_u64(finding->evidence, "shape_count", clue->distinct);
	row_set_u64(finding->evidence, "dict_bytes", clue_share(clue, suspicion, clue->bytes[0]));
	row_set_u64(finding->evidence, "key_bytes", clue_share(clue, suspicion, clue->bytes[1]));
	row_set_u64(finding->evidence, "value_bytes", clue_share(clue, suspicion, clue->bytes[2]));
	return true;
}

const struct rule rule_dict_records = {
	.id = "dict_records",
	.title = "many dicts with the same keys, where tuples or slots would do",
	.find = find,
	.judge = judge,
};
