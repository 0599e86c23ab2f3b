/*
 * duplicate_strings: equal str or bytes, each an object of its own.
 *
 * Evidence: copy_count, objects that equal another one, which stays;
 * distinct_count, different texts among them (estimated when there are very
 * many); held_as, the attribute or key that holds most of them; kind, str or
 * bytes. Copies in records that dict_records speaks of are counted there.
 */
#include "findings/rules.h"
#include "findings/waste.h"

#include <stdlib.h>

/* Copies that are looked at. */
#define SAMPLE_MAX 32768

/* Records stand so far below the place that is named for them at most. */
#define RECORD_DEPTH 8

static bool is_record_spot(const struct inquiry *inquiry, uint32_t node)
{
	vec_foreach (&inquiry->suspicions, suspicion)
		if (suspicion->rule == &rule_dict_records && suspicion->node == node &&
			node != GRAPH_ROOT)
			return true;
	return false;
}

static bool is_in_record(const struct inquiry *inquiry, uint32_t text)
{
	uint32_t node = inquiry->analysis->idom[text];
	if (node >= GRAPH_UNREACHED || !is_of(inquiry->snapshot, node, "builtins", "dict"))
		return false;
	for (unsigned i = 0; i < RECORD_DEPTH && node < GRAPH_UNREACHED; i++) {
		if (is_record_spot(inquiry, node))
			return true;
		node = inquiry->analysis->idom[node];
	}
	return false;
}

/* An even sample of the copies. */
static bool sample_copies(
	const struct inquiry *inquiry, const struct repeats *repeats, struct crowd *crowd)
{
	uint64_t seen = 0, run = 0, next;
	crowd->stride = repeats->count / SAMPLE_MAX + 1;
	next = census_pick(0, crowd->stride);
	for (size_t word = 0; word < bits_words(inquiry->snapshot->n_objects); word++) {
		uint64_t bits = repeats->copies[word];
		for (; bits; bits &= bits - 1, seen++) {
			uint32_t node = (uint32_t)(word * 64 + (unsigned)__builtin_ctzll(bits));
			if (seen != next)
				continue;
			next = census_pick(++run, crowd->stride);
			if (!is_in_record(inquiry, node) &&
				!crowd_add(crowd, node, snapshot_self_bytes(inquiry->snapshot, node)))
				return false;
		}
	}
	return true;
}

/* What holds most of the first members. */
#define HOLDERS_SEEN 64

static void find_holder(
	const struct inquiry *inquiry, const struct members *members, struct clue *clue)
{
	const char *holder, *name;
	unsigned count = 0;
	/* Majority vote: pairs of different holders cancel out. */
	for (size_t i = 0; i < members->n; i += members->n / HOLDERS_SEEN + 1) {
		waste_holder(inquiry, members->crowd->nodes.data[members->index[i]], &holder, &name);
		bool is_same = clue->holder == holder && clue->name == name;
		if (!count) {
			clue->holder = holder;
			clue->name = name;
		}
		count = is_same || !count ? count + 1 : count - 1;
	}
}

static struct error *look(
	struct inquiry *inquiry, const struct members *members, struct clue *clue)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint32_t *hashes = malloc(members->n * sizeof(*hashes));
	if (!hashes)
		return &error_no_memory;
	for (size_t i = 0; i < members->n; i++) {
		uint32_t node = members->crowd->nodes.data[members->index[i]];
		hashes[i] = repeats_mix((uint64_t)snapshot->size[node] << 32 | snapshot->content[node]);
	}
	clue->distinct = estimate_distinct(hashes, members->n, members->crowd->stride);
	free(hashes);
	find_holder(inquiry, members, clue);
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
		struct crowd crowd = {0};
		if (!texts[i].copies || texts[i].bytes < waste_least(inquiry))
			continue;
		if (sample_copies(inquiry, &texts[i], &crowd)) {
			error = waste_place(inquiry, rule, &crowd, look);
		} else {
			crowd_deinit(&crowd);
			error = &error_no_memory;
		}
	}
	return error;
}

static void set_held_as(struct finding *finding, const struct clue *clue)
{
	if (clue->holder && clue->name)
		row_set_format(finding->evidence, "held_as", "%s.%s", clue->holder, clue->name);
	else
		row_set_text(finding->evidence, "held_as", clue->holder);
}

static bool judge(const struct inquiry *inquiry, const struct suspicion *suspicion,
	struct finding *finding)
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
	finding_advise(finding, is_bytes ? "Keep one object for equal bytes: look each up in a dict "
					   "of those seen before you store it."
					 : "Keep one object for equal texts: pass each through "
					   "sys.intern() or a dict of those seen before you store it.");
	row_set_u64(finding->evidence, "copy_count", n_copies);
	row_set_u64(finding->evidence, "distinct_count", clue->distinct);
	set_held_as(finding, clue);
	row_set_text(finding->evidence, "kind", is_bytes ? "bytes" : "str");
	return true;
}

const struct rule rule_duplicate_strings = {
	.id = "duplicate_strings",
	.title = "equal str or bytes objects, where one would do",
	.find = find,
	.judge = judge,
};
