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

/* Of equal ones a sample shows pairs of some only. */
#define PAIRS_SHARE 8

static const char *const kinds[] = {"tuple", "list", "dict", "set", "frozenset"};

#define UNDER_WAY 1u /* hashes are odd numbers above */

struct frame {
	uint32_t node;
	uint64_t edge;
	uint64_t hash;
};

struct hashing {
	const struct inquiry *inquiry;
	uint32_t *hash; /* by node: 0 before */
	uint8_t *kind;	/* by type: 1 + index in `kinds` */
	VEC(struct frame) stack;
};

static unsigned kind_of(const struct hashing *hashing, uint32_t node)
{
	const struct snapshot *snapshot = hashing->inquiry->snapshot;
	return is_object(snapshot, node) ? hashing->kind[snapshot->type[node]] : 0;
}

/* By content where that is known, else each object differs from all others. */
static uint32_t hash_leaf(const struct snapshot *snapshot, uint32_t node)
{
	if (!is_object(snapshot, node) || !snapshot->content[node])
		return repeats_mix(~(uint64_t)node) | 3;
	uint64_t key = (uint64_t)snapshot->size[node] << 32 | snapshot->content[node];
	return repeats_mix(key + ((uint64_t)snapshot->type[node] << 44)) | 3;
}

/* Elements of a set and keys of a dict come in any order. */
static uint64_t combine(
	const struct hashing *hashing, unsigned kind, uint64_t hash, uint64_t edge, uint32_t value)
{
	const struct snapshot *snapshot = hashing->inquiry->snapshot;
	switch (snapshot->edge_kind[edge]) {
	case EDGE_INDEX:
		return (hash ^ value) * 0x9e3779b97f4a7c15ull + kind;
	case EDGE_KEY: {
		uint32_t key = snapshot->edge_operand[edge];
		uint32_t of_key = key == OBJ_NONE ? 0 : hash_leaf(snapshot, key);
		return hash + repeats_mix((uint64_t)of_key << 32 | value);
	}
	case EDGE_ITEM:
		return hash + repeats_mix(value);
	default:
		return hash;
	}
}

static bool push(struct hashing *hashing, uint32_t node)
{
	struct frame *frame = vec_add(&hashing->stack);
	if (!frame)
		return false;
	*frame = (struct frame){node, hashing->inquiry->snapshot->edge_start[node],
		kind_of(hashing, node)};
	hashing->hash[node] = UNDER_WAY;
	return true;
}

/* One step on top of the stack; false without memory. */
static bool step(struct hashing *hashing)
{
	const struct snapshot *snapshot = hashing->inquiry->snapshot;
	struct frame *top = &hashing->stack.data[hashing->stack.n - 1];
	unsigned kind = kind_of(hashing, top->node);
	for (; top->edge < snapshot->edge_start[top->node + 1]; top->edge++) {
		uint32_t to = snapshot->edge_to[top->edge];
		uint32_t value = hashing->hash[to];
		bool is_structure = kind_of(hashing, to) != 0;
		if (is_structure && !value)
			return push(hashing, to);
		if (!is_structure || value == UNDER_WAY)
			value = hash_leaf(snapshot, to);
		top->hash = combine(hashing, kind, top->hash, top->edge, value);
	}
	uint64_t n_edges = top->edge - snapshot->edge_start[top->node];
	hashing->hash[top->node] = repeats_mix(top->hash * 31 + n_edges) | 3;
	hashing->stack.n--;
	return true;
}

static bool hash_structure(struct hashing *hashing, uint32_t node)
{
	if (hashing->hash[node])
		return true;
	bool ok = push(hashing, node);
	while (ok && hashing->stack.n)
		ok = step(hashing);
	return ok;
}

static bool is_filled(const struct snapshot *snapshot, uint32_t node)
{
	return snapshot->edge_start[node] < snapshot->edge_start[node + 1];
}

struct seen {
	uint32_t hash;
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

/* What the sample of a type says that equal ones weigh at least. */
static struct error *weigh_pairs(
	struct hashing *hashing, const struct census_type *census, uint64_t *n_bytes)
{
	struct seen *seen = malloc((census->sample.n + 1) * sizeof(*seen));
	size_t n = 0;
	bool ok = seen != NULL;
	for (size_t i = 0; ok && i < census->sample.n; i++) {
		uint32_t node = census->sample.data[i];
		if (!is_filled(hashing->inquiry->snapshot, node))
			continue;
		ok = hash_structure(hashing, node);
		seen[n++] = (struct seen){
			hashing->hash[node], retained_of(hashing->inquiry->analysis, node)};
	}
	if (ok)
		*n_bytes += sum_pairs(seen, n) * census->stride;
	free(seen);
	return ok ? NULL : &error_no_memory;
}

static uint32_t structure_hash(const void *arg, obj_id object)
{
	const struct hashing *hashing = arg;
	bool is_one = kind_of(hashing, object) && is_filled(hashing->inquiry->snapshot, object);
	return is_one ? hashing->hash[object] : 0;
}

static struct error *look(
	struct inquiry *inquiry, const struct members *members, struct clue *clue)
{
	uint32_t *hashes = malloc(members->n * sizeof(*hashes));
	if (!hashes)
		return &error_no_memory;
	for (size_t i = 0; i < members->n; i++)
		hashes[i] = inquiry->waste->structure_hash[members->crowd->nodes.data[members->index[i]]];
	clue->distinct = estimate_distinct(hashes, members->n, members->crowd->stride);
	free(hashes);
	clue->is_void = clue->distinct * COPIES_EACH > clue->count;
	waste_holder(inquiry, clue->node, &clue->holder, &clue->name);
	return NULL;
}

/* Copies within copies go with those. */
static bool is_outermost(const struct inquiry *inquiry, const struct repeats *repeats, uint32_t node)
{
	uint32_t idom = inquiry->analysis->idom[node];
	return idom >= GRAPH_UNREACHED || !bits_get(repeats->copies, idom);
}

static bool is_own_structure(const struct inquiry *inquiry, uint32_t node)
{
	return !is_of(inquiry->snapshot, node, "builtins", "dict") ||
	       !is_namespace_dict(inquiry, node);
}

static struct error *place_copies(
	const struct rule *rule, struct inquiry *inquiry, const struct repeats *repeats)
{
	struct crowd crowd;
	struct error *error = waste_sample(inquiry, repeats, &crowd);
	size_t n = 0;
	for (size_t i = 0; !error && i < crowd.nodes.n; i++) {
		uint32_t node = crowd.nodes.data[i];
		if (!is_outermost(inquiry, repeats, node) || !is_own_structure(inquiry, node))
			continue;
		crowd.nodes.data[n] = node;
		crowd.weights.data[n++] = retained_of(inquiry->analysis, node);
	}
	if (error)
		return error;
	crowd.nodes.n = crowd.weights.n = n;
	return waste_place(inquiry, rule, &crowd, look);
}

static struct error *hash_all(struct hashing *hashing)
{
	const struct snapshot *snapshot = hashing->inquiry->snapshot;
	for (obj_id i = 0; i < snapshot->n_objects; i++)
		if (kind_of(hashing, i) && is_filled(snapshot, i) && !hash_structure(hashing, i))
			return &error_no_memory;
	return NULL;
}

static struct error *find_copies(
	const struct rule *rule, struct inquiry *inquiry, struct hashing *hashing)
{
	uint64_t n_bytes = 0;
	struct error *error = NULL;
	for (size_t i = 0; !error && i < ARRAY_SIZE(kinds); i++)
		error = weigh_pairs(hashing, waste_census(inquiry, kinds[i]), &n_bytes);
	if (error || n_bytes < waste_least(inquiry) / PAIRS_SHARE)
		return error;
	error = hash_all(hashing);
	if (!error)
		error = repeats_init(&inquiry->waste->structures, inquiry->analysis, structure_hash,
			hashing);
	return error ? error : place_copies(rule, inquiry, &inquiry->waste->structures);
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	struct waste *waste;
	struct hashing hashing = {.inquiry = inquiry};
	uint64_t n_bytes = 0;
	struct error *error = waste_get(inquiry, &waste);
	if (error)
		return error;
	hashing.kind = calloc(inquiry->snapshot->types.n + 1, 1);
	if (!hashing.kind)
		return &error_no_memory;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		type_id type = census_find(inquiry->snapshot, "builtins", kinds[i]);
		if (type != TYPE_NONE)
			hashing.kind[type] = (uint8_t)(i + 1);
		n_bytes += waste_census(inquiry, kinds[i])->bytes;
	}
	if (n_bytes >= waste_least(inquiry) / 2) {
		hashing.hash = waste->structure_hash =
			analysis_alloc(inquiry->analysis, sizeof(uint32_t));
		error = hashing.hash ? find_copies(rule, inquiry, &hashing) : &error_no_memory;
		analysis_free(inquiry->analysis, hashing.hash, sizeof(uint32_t));
		waste->structure_hash = NULL;
	}
	vec_deinit(&hashing.stack);
	free(hashing.kind);
	return error;
}

static bool judge(const struct inquiry *inquiry, const struct suspicion *suspicion,
	struct finding *finding)
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
	finding_advise(finding, is_fixed ? "Let all share one: look each up in a dict of those seen "
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
