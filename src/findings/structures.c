/*
 * equal_structures: tuples, lists, dicts and sets that are equal, down to the
 * numbers and texts in them, many times over.
 *
 * Evidence: copy_count, structures that equal another one, which stays;
 * distinct_count, different ones among them; type, of most; held_as, the
 * attribute or key that holds them.
 */
#include "findings/rules.h"
#include "findings/waste.h"

#include <stdlib.h>

/* Fewer copies of each come and go with the data. */
#define COPIES_EACH 10

/* A member of the sample that holds more structures is large. */
#define SMALL_STRUCTURES 1000

/* Of equal ones a sample shows pairs of some only. */
#define PAIRS_SHARE 8

#define X(name) name,
static const char *const kinds[] = {STRUCTURES(X)};
#undef X

struct seen {
	uint64_t hash;
	uint64_t bytes;
};

static int compare_seen(const void *a, const void *b)
{
	const struct seen *left = a, *right = b;
	return (left->hash > right->hash) - (left->hash < right->hash);
}

/* Bytes of those in a sample that have an equal one in it. */
static uint64_t sum_pairs(struct seen *seen, size_t n)
{
	uint64_t n_bytes = 0;
	if (n)
		qsort(seen, n, sizeof(*seen), compare_seen);
	for (size_t i = 0; i < n; i++)
		if ((i && seen[i].hash == seen[i - 1].hash) ||
			(i + 1 < n && seen[i].hash == seen[i + 1].hash))
			n_bytes += seen[i].bytes;
	return n_bytes;
}

static uint64_t count_edges(const struct snapshot *snapshot, uint32_t node)
{
	return snapshot->edge_start[node + 1] - snapshot->edge_start[node];
}

/* Large ones are hashed only where another large one is as long: others cannot be equal. */
static bool hash_sampled(
	struct structures *structures, const struct census_type *census, uint32_t node)
{
	const struct snapshot *snapshot = structures->analysis->snapshot;
	bool ok = structures_hash_small(structures, node, SMALL_STRUCTURES);
	uint64_t n_edges = count_edges(snapshot, node);
	if (!ok || structures->hash[node] || n_edges < LARGE_EDGES)
		return ok;
	vec_foreach (&census->sample, other)
		if (*other != node && count_edges(snapshot, *other) == n_edges)
			return structures_hash(structures, node);
	return true;
}

/* What the sample of a type says that equal ones weigh at least. */
static struct error *weigh_pairs(
	struct structures *structures, const struct census_type *census, uint64_t *n_bytes)
{
	struct seen *seen = malloc((census->sample.n + 1) * sizeof(*seen));
	size_t n = 0;
	bool ok = seen != NULL;
	for (size_t i = 0; ok && i < census->sample.n; i++) {
		uint32_t node = census->sample.data[i];
		if (!is_structure(structures, node))
			continue;
		ok = hash_sampled(structures, census, node);
		if (structures->hash[node])
			seen[n++] = (struct seen){
				structures->hash[node], retained_of(structures->analysis, node)};
	}
	if (ok)
		*n_bytes += sum_pairs(seen, n) * census->stride;
	free(seen);
	return ok ? NULL : &error_no_memory;
}

static struct error *look(struct inquiry *inquiry, const struct members *members, struct clue *clue)
{
	uint64_t *hashes = malloc(members->n * sizeof(*hashes));
	if (!hashes)
		return &error_no_memory;
	for (size_t i = 0; i < members->n; i++)
		hashes[i] = inquiry->waste->structures
				    ->hash[members->crowd->nodes.data[members->index[i]]];
	clue->distinct = estimate_distinct(hashes, members->n, members->crowd->stride);
	free(hashes);
	clue->is_void = clue->distinct * COPIES_EACH > clue->count;
	find_holder(inquiry->analysis, clue->node, &clue->holder, &clue->name);
	return NULL;
}

static void leave_whole(
	const struct structures *structures, const struct repeats *repeats, struct crowd *crowd)
{
	size_t n = 0;
	for (size_t i = 0; i < crowd->nodes.n; i++) {
		if (!structures_is_whole(structures, repeats, crowd->nodes.data[i]))
			continue;
		crowd->nodes.data[n] = crowd->nodes.data[i];
		crowd->weights.data[n++] = crowd->weights.data[i];
	}
	crowd->nodes.n = crowd->weights.n = n;
}

static struct error *place_copies(
	const struct rule *rule, struct inquiry *inquiry, const struct structures *structures)
{
	const struct repeats *repeats = &inquiry->waste->copies_of_structures;
	struct copies copies;
	struct error *error = repeats_sample(
		repeats, inquiry->analysis, WASTE_SAMPLE, waste_heavy(inquiry), &copies);
	if (error)
		return error;
	leave_whole(structures, repeats, &copies.light);
	leave_whole(structures, repeats, &copies.heavy);
	return waste_place_copies(inquiry, rule, &copies, look);
}

static struct error *find_copies(
	const struct rule *rule, struct inquiry *inquiry, struct structures *structures)
{
	uint64_t n_bytes = 0;
	struct error *error = NULL;
	for (size_t i = 0; !error && i < ARRAY_SIZE(kinds); i++)
		error = weigh_pairs(structures, waste_census(inquiry, kinds[i]), &n_bytes);
	if (error || n_bytes < waste_least(inquiry) / PAIRS_SHARE)
		return error;
	error = structures_repeats(structures, &inquiry->waste->copies_of_structures);
	return error ? error : place_copies(rule, inquiry, structures);
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	struct waste *waste;
	struct structures structures;
	uint64_t n_bytes = 0;
	struct error *error = waste_get(inquiry, &waste);
	for (size_t i = 0; !error && i < ARRAY_SIZE(kinds); i++)
		n_bytes += waste_census(inquiry, kinds[i])->bytes;
	if (error || n_bytes < waste_least(inquiry) / 2)
		return error;
	error = structures_init(&structures, inquiry->analysis);
	if (error)
		return error;
	waste->structures = &structures;
	error = find_copies(rule, inquiry, &structures);
	waste->structures = NULL;
	structures_deinit(&structures);
	return error;
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct clue *clue = waste_clue(inquiry, suspicion, finding);
	if (!clue)
		return false;
	const char *type = names_type(inquiry->snapshot, clue->node);
	bool is_fixed = !strcmp(type, "tuple") || !strcmp(type, "frozenset");
	uint64_t n_copies = clue_share(clue, suspicion, clue->count);
	finding->saving_method = SAVING_COUNTED;
	finding_describe(finding, "%" PRIu64 " copies of %" PRIu64 " equal %ss", n_copies,
		clue->distinct, type);
	finding_advise(finding, is_fixed
					? "Let all share one: look each up in a dict of those seen "
					  "before you store it."
					: "Let all share one, if nobody changes them: look each up "
					  "in a dict of those seen, by a tuple of what is in it.");
	row_set_u64(finding->evidence, "copy_count", n_copies);
	row_set_u64(finding->evidence, "distinct_count", clue->distinct);
	row_set_text(finding->evidence, "type", type);
	waste_set_held_as(finding, clue);
	return true;
}

const struct rule rule_equal_structures = {
	.id = "equal_structures",
	.title = "equal tuples, lists, dicts or sets, where one would do",
	.find = find,
	.judge = judge,
};
