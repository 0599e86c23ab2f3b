/*
 * duplicate_strings: equal str or bytes, each an object of its own.
 *
 * Evidence: copy_count, objects that equal another one, which stays;
 * distinct_count, different texts among them (estimated when there are very
 * many); held_as, the attribute or key that holds most of them; kind, str or
 * bytes. Copies in what dict_records, equal_structures or object_columns speak of are
 * counted there.
 */
#include "findings/rules.h"
#include "findings/waste.h"

#include <stdlib.h>

/* Records stand so far below the place that is named for them at most. */
#define RECORD_DEPTH 8

static bool is_told(const struct inquiry *inquiry, uint32_t node, const struct rule *rule)
{
	vec_foreach (&inquiry->suspicions, suspicion)
		if (suspicion->rule == rule && suspicion->node == node)
			return true;
	return false;
}

/* In a record, or in a structure that goes as a whole. */
static bool is_in_record(const struct inquiry *inquiry, uint32_t text)
{
	uint32_t node = inquiry->analysis->idom[text];
	const uint64_t *structures = inquiry->waste->copies_of_structures.copies;
	if (node < GRAPH_UNREACHED && structures && bits_get(structures, node))
		return true;
	if (node < GRAPH_UNREACHED && is_told(inquiry, node, &rule_object_columns))
		return true;
	if (node >= GRAPH_UNREACHED || !is_of(inquiry->snapshot, node, "builtins", "dict"))
		return false;
	for (unsigned i = 0; i < RECORD_DEPTH && node < GRAPH_UNREACHED; i++) {
		if (is_told(inquiry, node, &rule_dict_records))
			return true;
		node = inquiry->analysis->idom[node];
	}
	return false;
}

/* Those that no other finding speaks of. */
static void leave_others(const struct inquiry *inquiry, struct crowd *crowd)
{
	size_t n = 0;
	for (size_t i = 0; i < crowd->nodes.n; i++) {
		uint32_t node = crowd->nodes.data[i];
		if (is_in_record(inquiry, node))
			continue;
		crowd->nodes.data[n] = node;
		crowd->weights.data[n++] = crowd->weights.data[i];
	}
	crowd->nodes.n = crowd->weights.n = n;
}

/* What holds most of the first members. */
#define HOLDERS_SEEN 64

static void vote_holder(
	const struct inquiry *inquiry, const struct members *members, struct clue *clue)
{
	const char *holder, *name;
	unsigned count = 0;
	/* Majority vote: pairs of different holders cancel out. */
	for (size_t i = 0; i < members->n; i += members->n / HOLDERS_SEEN + 1) {
		find_holder(inquiry->analysis, members->crowd->nodes.data[members->index[i]],
			&holder, &name);
		bool is_same = clue->holder == holder && clue->name == name;
		if (!count) {
			clue->holder = holder;
			clue->name = name;
		}
		count = is_same || !count ? count + 1 : count - 1;
	}
}

static struct error *look(struct inquiry *inquiry, const struct members *members, struct clue *clue)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint64_t *hashes = malloc(members->n * sizeof(*hashes));
	if (!hashes)
		return &error_no_memory;
	for (size_t i = 0; i < members->n; i++) {
		uint32_t node = members->crowd->nodes.data[members->index[i]];
		hashes[i] = leaf_hash(snapshot, node);
	}
	clue->distinct = estimate_distinct(hashes, members->n, members->crowd->stride);
	free(hashes);
	vote_holder(inquiry, members, clue);
	return NULL;
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	struct waste *waste;
	const struct repeats *texts;
	struct error *error = waste_get(inquiry, &waste);
	if (!error)
		error = waste_texts(inquiry, &texts);
	for (size_t i = 0; !error && i < ARRAY_SIZE(waste->texts); i++) {
		struct copies copies;
		if (!texts[i].copies || texts[i].bytes < waste_least(inquiry))
			continue;
		error = repeats_sample(
			&texts[i], inquiry->analysis, WASTE_SAMPLE, waste_heavy(inquiry), &copies);
		if (error)
			break;
		leave_others(inquiry, &copies.light);
		leave_others(inquiry, &copies.heavy);
		error = waste_place_copies(inquiry, rule, &copies, look);
	}
	return error;
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct clue *clue = waste_clue(inquiry, suspicion, finding);
	if (!clue)
		return false;
	bool is_bytes = is_of(inquiry->snapshot, clue->node, "builtins", "bytes");
	uint64_t n_copies = clue_share(clue, suspicion, clue->count);
	finding->saving_method = SAVING_COUNTED;
	if (clue->holder && clue->name)
		finding_describe(finding, "%" PRIu64 " copies of %" PRIu64 " equal %s, as %s.%s",
			n_copies, clue->distinct, is_bytes ? "bytes" : "texts", clue->holder,
			clue->name);
	else
		finding_describe(finding, "%" PRIu64 " copies of %" PRIu64 " equal %s", n_copies,
			clue->distinct, is_bytes ? "bytes" : "texts");
	finding_advise(
		finding, is_bytes ? "Keep one object for equal bytes: look each up in a dict "
				    "of those seen before you store it."
				  : "Keep one object for equal texts: pass each through "
				    "sys.intern() or a dict of those seen before you store it.");
	row_set_u64(finding->evidence, "copy_count", n_copies);
	row_set_u64(finding->evidence, "distinct_count", clue->distinct);
	waste_set_held_as(finding, clue);
	row_set_text(finding->evidence, "kind", is_bytes ? "bytes" : "str");
	return true;
}

const struct rule rule_duplicate_strings = {
	.id = "duplicate_strings",
	.title = "equal str or bytes objects, where one would do",
	.find = find,
	.judge = judge,
};
