/*
 * unbounded_container: a collection that grows by use and that nothing limits.
 * From one capture nobody can see that it grows: the saving is a bound.
 *
 * Lists of compact records (numbers, short texts, tuples, instances with
 * __slots__) are data that somebody laid out with care, and no finding.
 */
#include "analysis/bounds.h"
#include "findings/rules.h"

/* Elements that are looked at. */
#define SAMPLES 256

/* A leaf up to this size is a value of its own, no document or buffer. */
#define VALUE_BYTES 256

static bool is_slotted(const struct snapshot *snapshot, uint32_t node)
{
	if (!(snapshot->types.data[snapshot->type[node]].flags & SNAP_TYPE_PYTHON))
		return false;
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++)
		if (snapshot->edge_kind[e] == EDGE_DICT || snapshot->edge_kind[e] == EDGE_ATTR)
			return false;
	return true;
}

static bool is_leaf(const struct snapshot *snapshot, uint32_t node)
{
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++)
		if (snapshot->edge_kind[e] != EDGE_TYPE)
			return false;
	return true;
}

static bool is_compact(const struct inquiry *inquiry, uint32_t node)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	if (!is_object(snapshot, node))
		return false;
	if (is_leaf(snapshot, node))
		return weight_of(inquiry->analysis, node) <= VALUE_BYTES;
	return is_of(snapshot, node, "builtins", "tuple") || is_slotted(snapshot, node);
}

static bool is_data(const struct inquiry *inquiry, uint32_t node)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint64_t begin = snapshot->edge_start[node], end = snapshot->edge_start[node + 1];
	uint64_t stride = (end - begin) / SAMPLES + 1, n = 0, n_compact = 0;
	if (!is_of(snapshot, node, "builtins", "list"))
		return false;
	for (uint64_t e = begin; e < end; e += stride) {
		if (snapshot->edge_kind[e] != EDGE_INDEX)
			continue;
		n++;
		n_compact += is_compact(inquiry, snapshot->edge_to[e]);
	}
	return n_compact * 5 >= n * 4;
}

/* A list of a running function is what the function works on. */
static bool is_working_list(const struct inquiry *inquiry, const struct finding *finding)
{
	const char *root = names_root_kind(inquiry->analysis->names, &finding->path);
	return !strcmp(root, "frame") && is_of(inquiry->snapshot, finding->node, "builtins", "list");
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	struct error *error = NULL;
	vec_foreach (inquiry->holders, holder) {
		uint32_t node = holder->is_group ? holder->container : holder->node;
		if (!error && is_worth(inquiry, holder->retained_bytes) &&
			is_object(inquiry->snapshot, node) &&
			container_bound(inquiry->snapshot, node) == BOUND_UNBOUNDED &&
			!is_data(inquiry, node))
			error = inquiry_suspect(inquiry, rule, node,
				(uint64_t)(holder - inquiry->holders->data));
	}
	return error;
}

static bool judge(const struct inquiry *inquiry, const struct suspicion *suspicion,
	struct finding *finding)
{
	const struct holder *holder = &inquiry->holders->data[suspicion->arg];
	if (is_working_list(inquiry, finding))
		return false;
	uint64_t n_items = item_count(inquiry->snapshot, finding->node);
	finding->retained_bytes = holder->retained_bytes;
	finding->saving_bytes = holder->retained_resident_bytes;
	finding->saving_method = SAVING_BOUND;
	finding_describe(finding, "%s of %" PRIu64 " entries, nothing limits it",
		names_type(inquiry->snapshot, finding->node), n_items);
	finding_advise(finding, "Remove entries when they are done with, or bound it: a maximum "
				"size, an age, weak references.");
	row_set_u64(finding->evidence, "entry_count", n_items);
	row_set_null(finding->evidence, "max_count");
	return true;
}

const struct rule rule_unbounded_container = {
	.id = "unbounded_container",
	.title = "a container that grows by use and that nothing limits",
	.is_retention = true,
	.find = find,
	.judge = judge,
};
