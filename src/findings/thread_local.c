/*
 * thread_local_data: each thread keeps its own data in a threading.local.
 *
 * Evidence: thread_count; attribute and attribute_bytes, the one that holds most
 * in one thread.
 */
#include "findings/gather.h"
#include "findings/rules.h"

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	static const struct type_name types[] = {{"_thread", "_local"}};
	struct group group = {0};
	struct error *error = gather_types(inquiry, types, 1, NULL, NULL, &group);
	vec_foreach (&group.members, local)
		if (!error && is_worth(inquiry, retained_of(inquiry->analysis, *local)))
			error = inquiry_suspect(inquiry, rule, *local, 0);
	group_deinit(&group);
	return error;
}

struct attribute {
	const char *name;
	uint64_t n_bytes;
};

static void look_into(const struct analysis *analysis, uint32_t dict, struct attribute *largest)
{
	const struct snapshot *snapshot = analysis->snapshot;
	for (uint64_t e = snapshot->edge_start[dict]; e < snapshot->edge_start[dict + 1]; e++) {
		uint64_t n_bytes = retained_of(analysis, snapshot->edge_to[e]);
		if (snapshot->edge_kind[e] == EDGE_KEY && n_bytes > largest->n_bytes &&
			is_below(analysis, snapshot->edge_to[e], dict))
			*largest = (struct attribute){names_edge_text(snapshot, e), n_bytes};
	}
}

/* Of all threads; `n_ret` counts them. */
static struct attribute largest_attribute(
	const struct analysis *analysis, uint32_t local, uint64_t *n_ret)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct attribute largest = {0};
	uint32_t dicts = attribute_of(snapshot, local, "thread local");
	*n_ret = 0;
	if (dicts == OBJ_NONE)
		return largest;
	for (uint64_t e = snapshot->edge_start[dicts]; e < snapshot->edge_start[dicts + 1]; e++) {
		uint32_t to = snapshot->edge_to[e];
		if (snapshot->edge_kind[e] != EDGE_KEY || !is_object(snapshot, to))
			continue;
		++*n_ret;
		look_into(analysis, to, &largest);
	}
	return largest;
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	(void)suspicion;
	uint64_t n_threads;
	struct attribute largest = largest_attribute(inquiry->analysis, finding->node, &n_threads);
	finding->saving_bytes = resident_retained(inquiry->analysis, finding->node);
	finding->saving_method = SAVING_BOUND;
	finding_describe(finding, "thread-local data of %" PRIu64 " threads%s%s", n_threads,
		largest.name ? ", most in " : "", largest.name ? largest.name : "");
	finding_advise(finding, "Drop the data when the work of a thread is done, or share one "
				"object between threads: each thread keeps its own.");
	row_set_u64(finding->evidence, "thread_count", n_threads);
	row_set_text(finding->evidence, "attribute", largest.name);
	row_set_u64(finding->evidence, "attribute_bytes", largest.n_bytes);
	return true;
}

const struct rule rule_thread_local_data = {
	.id = "thread_local_data",
	.title = "data that each thread keeps for itself in a threading.local",
	.is_retention = true,
	.find = find,
	.judge = judge,
};
