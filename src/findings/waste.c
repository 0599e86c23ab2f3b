#include "findings/waste.h"

#include <stdlib.h>

#define LEAST_BYTES (1ull << 20)
#define LEAST_SHARE 20
#define HEAVY_SHARE 256

/* Types below this share of the memory hold nothing that is worth a word. */
#define SAMPLED_SHARE 400

/* Objects of one type that are looked at: a share of 5 % is told within a few percent. */
#define CENSUS_SAMPLE 16384

uint64_t waste_least(const struct inquiry *inquiry)
{
	return MAX(LEAST_BYTES, inquiry->snapshot->total_bytes / LEAST_SHARE);
}

uint64_t waste_heavy(const struct inquiry *inquiry)
{
	return waste_least(inquiry) / HEAVY_SHARE;
}

struct error *waste_get(struct inquiry *inquiry, struct waste **ret)
{
	if (!inquiry->waste) {
		struct waste *waste = calloc(1, sizeof(*waste));
		if (!waste)
			return &error_no_memory;
		struct error *error = census_init(&waste->census, inquiry->analysis,
			inquiry->snapshot->total_bytes / SAMPLED_SHARE, CENSUS_SAMPLE);
		if (error) {
			free(waste);
			return error;
		}
		inquiry->waste = waste;
	}
	*ret = inquiry->waste;
	return NULL;
}

void waste_destroy(struct waste *waste)
{
	if (!waste)
		return;
	census_deinit(&waste->census);
	vec_deinit(&waste->clues);
	for (size_t i = 0; i < ARRAY_SIZE(waste->texts); i++)
		repeats_deinit(&waste->texts[i]);
	repeats_deinit(&waste->copies_of_structures);
	free(waste);
}

const struct census_type *waste_census(const struct inquiry *inquiry, const char *name)
{
	static const struct census_type none = {.stride = 1};
	type_id type = census_find(inquiry->snapshot, "builtins", name);
	return type == TYPE_NONE ? &none : &inquiry->waste->census.types[type];
}

struct error *waste_texts(struct inquiry *inquiry, const struct repeats **ret)
{
	static const char *const names[] = {"str", "bytes"};
	struct waste *waste;
	struct error *error = waste_get(inquiry, &waste);
	if (error)
		return error;
	*ret = waste->texts;
	if (waste->has_texts)
		return NULL;
	for (size_t i = 0; !error && i < ARRAY_SIZE(names); i++) {
		type_id type = census_find(inquiry->snapshot, "builtins", names[i]);
		if (type != TYPE_NONE &&
			waste->census.types[type].bytes >= waste_least(inquiry) / 2)
			error = repeats_of_type(&waste->texts[i], inquiry->analysis, type);
	}
	waste->has_texts = !error;
	return error;
}

/* ---- from a crowd to places ---- */

/* An estimate tells three digits. */
static uint64_t round_estimate(uint64_t n, bool is_estimate)
{
	uint64_t unit = 1;
	while (is_estimate && n / unit >= 1000)
		unit *= 10;
	return (n + unit / 2) / unit * unit;
}

static struct error *add_clue(
	struct inquiry *inquiry, const struct members *members, look_fn look, size_t *index_ret)
{
	const struct crowd *crowd = members->crowd;
	struct clue clue = {.node = crowd->nodes.data[members->index[0]]};
	for (size_t i = 0; i < members->n; i++)
		clue.weight += crowd->weights.data[members->index[i]] * crowd->stride;
	clue.count = round_estimate(members->n * crowd->stride, crowd->stride > 1);
	struct error *error = look(inquiry, members, &clue);
	struct clue *slot = error ? NULL : vec_add(&inquiry->waste->clues);
	if (!slot)
		return error ? error : &error_no_memory;
	*slot = clue;
	*index_ret = inquiry->waste->clues.n - 1;
	return NULL;
}

static struct error *suspect_spot(struct inquiry *inquiry, const struct rule *rule,
	const struct spot *spot, const struct members *members, look_fn look)
{
	size_t clue;
	struct error *error = add_clue(inquiry, members, look, &clue);
	if (error || inquiry->waste->clues.data[clue].is_void)
		return error;
	return inquiry_suspect_spot(inquiry, rule, spot->node,
		inquiry->waste->clues.data[clue].count, inquiry->waste->clues.data[clue].weight,
		clue);
}

struct weighed {
	uint32_t node;
	uint64_t weight;
};

static int compare_weighed(const void *a, const void *b)
{
	const struct weighed *left = a, *right = b;
	return (left->node > right->node) - (left->node < right->node);
}

/* A group of what stands above the members, with what each of it comes to. */
static bool fill_group(struct group *group, struct weighed *weighed, size_t n)
{
	qsort(weighed, n, sizeof(*weighed), compare_weighed);
	group->weights = calloc(n, sizeof(*group->weights));
	if (!group->weights)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!i || weighed[i].node != weighed[i - 1].node) {
			obj_id *member = vec_add(&group->members);
			if (!member)
				return false;
			*member = weighed[i].node;
		}
		group->weights[group->members.n - 1] += weighed[i].weight;
		group->weight += weighed[i].weight;
	}
	return true;
}

/* What no single object dominates is placed by paths. */
static struct error *suspect_loose(struct inquiry *inquiry, const struct rule *rule,
	const struct spots *spots, const struct members *members, look_fn look)
{
	const struct crowd *crowd = members->crowd;
	struct group group = {.type = TYPE_NONE};
	size_t clue;
	struct error *error = add_clue(inquiry, members, look, &clue);
	if (error || inquiry->waste->clues.data[clue].is_void ||
		inquiry->waste->clues.data[clue].weight < waste_least(inquiry))
		return error;
	struct weighed *weighed = malloc(members->n * sizeof(*weighed));
	for (size_t i = 0; weighed && i < members->n; i++) {
		uint32_t member = members->index[i];
		weighed[i] = (struct weighed){
			spots->top[member], crowd->weights.data[member] * crowd->stride};
	}
	bool ok = weighed && fill_group(&group, weighed, members->n);
	free(weighed);
	if (ok)
		return inquiry_suspect_group(inquiry, rule, &group, clue);
	group_deinit(&group);
	return &error_no_memory;
}

/* Members in the order of their spots, those without one at the end. */
static uint32_t *order_members(const struct crowd *crowd, const struct spots *spots, size_t *starts)
{
	uint32_t *order = malloc((crowd->nodes.n + 1) * sizeof(*order));
	size_t at = 0;
	for (size_t i = 0; order && i < crowd->nodes.n; i++)
		starts[MIN(spots->of[i], spots->n) + 1]++;
	for (size_t spot = 0; spot <= spots->n + 1; spot++)
		starts[spot] = at += starts[spot];
	for (size_t i = crowd->nodes.n; order && i-- > 0;)
		order[--starts[MIN(spots->of[i], spots->n) + 1]] = (uint32_t)i;
	return order;
}

static struct error *suspect_spots(struct inquiry *inquiry, const struct rule *rule,
	const struct crowd *crowd, const struct spots *spots, look_fn look)
{
	size_t *starts = calloc(spots->n + 3, sizeof(*starts));
	uint32_t *order = starts ? order_members(crowd, spots, starts) : NULL;
	struct error *error = order ? NULL : &error_no_memory;
	for (size_t i = 0; !error && i <= spots->n; i++) {
		size_t end = i < spots->n ? starts[i + 2] : crowd->nodes.n;
		struct members members = {crowd, order + starts[i + 1], end - starts[i + 1]};
		if (!members.n)
			continue;
		error = i < spots->n ? suspect_spot(inquiry, rule, &spots->data[i], &members, look)
				     : suspect_loose(inquiry, rule, spots, &members, look);
	}
	free(order);
	free(starts);
	return error;
}

static uint64_t weight_of_crowd(const struct crowd *crowd)
{
	uint64_t weight = 0;
	vec_foreach (&crowd->weights, own)
		weight += *own * crowd->stride;
	return weight;
}

struct error *waste_place(
	struct inquiry *inquiry, const struct rule *rule, struct crowd *crowd, look_fn look)
{
	struct spots spots;
	struct error *error = NULL;
	if (weight_of_crowd(crowd) >= waste_least(inquiry)) {
		error = spots_init(&spots, inquiry->analysis, crowd, waste_least(inquiry));
		if (!error) {
			error = suspect_spots(inquiry, rule, crowd, &spots, look);
			spots_deinit(&spots);
		}
	}
	crowd_deinit(crowd);
	return error;
}

struct error *waste_place_copies(
	struct inquiry *inquiry, const struct rule *rule, struct copies *copies, look_fn look)
{
	struct error *error = waste_place(inquiry, rule, &copies->light, look);
	if (!error)
		error = waste_place(inquiry, rule, &copies->heavy, look);
	copies_deinit(copies);
	return error;
}

/* ---- for judges ---- */

/* Nobody changes what the interpreter, its standard library or a library in C keeps. */
static bool is_of_program(const struct inquiry *inquiry, const struct finding *finding)
{
	const struct names *names = inquiry->analysis->names;
	const char *root = names_root_kind(names, &finding->path);
	return !names_is_standard(names, finding->path.node[0]) &&
	       strcmp(root, "interpreter") != 0 && strcmp(root, "static") != 0 &&
	       strcmp(root, "garbage") != 0;
}

const struct clue *waste_clue(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	uint64_t saving = suspicion->placement.weight;
	if (saving < waste_least(inquiry) || !is_of_program(inquiry, finding))
		return NULL;
	finding->saving_bytes = saving;
	finding->saving_method = SAVING_MODELLED;
	return &inquiry->waste->clues.data[suspicion->arg];
}

uint64_t clue_share(const struct clue *clue, const struct suspicion *suspicion, uint64_t amount)
{
	if (!clue->weight)
		return 0;
	return (uint64_t)((unsigned __int128)amount * suspicion->placement.weight / clue->weight);
}

void waste_set_held_as(struct finding *finding, const struct clue *clue)
{
	if (clue->holder && clue->name)
		row_set_format(finding->evidence, "held_as", "%s.%s", clue->holder, clue->name);
	else
		row_set_text(finding->evidence, "held_as", clue->holder);
}
