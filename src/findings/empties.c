/*
 * sparse_containers: many empty dicts, lists and sets, each of its own.
 *
 * Evidence: container_count, empty ones; type, of most; held_as, the attribute
 * or key that holds them.
 */
#include "findings/rules.h"
#include "findings/waste.h"

static const char *const kinds[] = {"dict", "list", "set"};

static bool is_empty_one(const struct inquiry *inquiry, obj_id object)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	return snapshot->edge_start[object] == snapshot->edge_start[object + 1] &&
	       !is_namespace_dict(inquiry->analysis, object);
}

static struct error *look(struct inquiry *inquiry, const struct members *members, struct clue *clue)
{
	find_holder(inquiry->analysis, clue->node, &clue->holder, &clue->name);
	return NULL;
}

static struct error *place_empties(
	const struct rule *rule, struct inquiry *inquiry, const struct census_type *census)
{
	struct crowd crowd = {.stride = census->stride};
	for (size_t i = 0; i < census->sample.n; i++) {
		obj_id object = census->sample.data[i];
		if (is_empty_one(inquiry, object) &&
			!crowd_add(
				&crowd, object, snapshot_self_bytes(inquiry->snapshot, object))) {
			crowd_deinit(&crowd);
			return &error_no_memory;
		}
	}
	return waste_place(inquiry, rule, &crowd, look);
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	struct waste *waste;
	struct error *error = waste_get(inquiry, &waste);
	for (size_t i = 0; !error && i < ARRAY_SIZE(kinds); i++) {
		const struct census_type *census = waste_census(inquiry, kinds[i]);
		if (census->bytes >= waste_least(inquiry))
			error = place_empties(rule, inquiry, census);
	}
	return error;
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct clue *clue = waste_clue(inquiry, suspicion, finding);
	if (!clue)
		return false;
	const char *type = names_type(inquiry->snapshot, clue->node);
	uint64_t n_containers = clue_share(clue, suspicion, clue->count);
	finding->saving_method = SAVING_COUNTED;
	finding_describe(finding, "%" PRIu64 " empty %ss", n_containers, type);
	finding_advise(finding,
		"Make the %s when the first entry comes, and keep None or an empty "
		"tuple until then.",
		type);
	row_set_u64(finding->evidence, "container_count", n_containers);
	row_set_text(finding->evidence, "type", type);
	waste_set_held_as(finding, clue);
	return true;
}

const struct rule rule_sparse_containers = {
	.id = "sparse_containers",
	.title = "many empty containers, where None would do",
	.find = find,
	.judge = judge,
};
