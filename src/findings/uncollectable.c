/*
 * garbage_uncollectable: what the collector put into gc.garbage: objects that it
 * could not free, or all garbage when gc.DEBUG_SAVEALL is set.
 *
 * Evidence: object_count; object_type, of most of them (null: several).
 */
#include "findings/place.h"
#include "findings/rules.h"

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	struct obj_ids lists = {0};
	struct error *error = names_resolve(inquiry->analysis->names, "gc.garbage", &lists);
	vec_foreach (&lists, list)
		if (!error && is_worth(inquiry, retained_of(inquiry->analysis, *list)))
			error = inquiry_suspect(inquiry, rule, *list, 0);
	vec_deinit(&lists);
	return error;
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	(void)suspicion;
	uint64_t n = item_count(inquiry->snapshot, finding->node);
	const char *type = contents_of(inquiry->snapshot, finding->node).value_type;
	finding->saving_bytes = resident_retained(inquiry->analysis, finding->node);
	finding->saving_method = SAVING_COUNTED;
	finding_describe(finding, "%" PRIu64 " %s in gc.garbage, kept by the collector itself", n,
		type ? type : "objects");
	finding_advise(finding, "Remove gc.set_debug(gc.DEBUG_SAVEALL or DEBUG_LEAK) and empty the "
				"list: gc.garbage.clear().");
	row_set_u64(finding->evidence, "object_count", n);
	row_set_text(finding->evidence, "object_type", type);
	return true;
}

const struct rule rule_garbage_uncollectable = {
	.id = "garbage_uncollectable",
	.title = "garbage that the collector keeps in gc.garbage",
	.is_retention = true,
	.find = find,
	.judge = judge,
};
