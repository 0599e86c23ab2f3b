/*
 * c_reference_leak: many objects of one type that live only because their
 * reference counts are higher than the references that exist: a C extension took
 * references and did not give them back, or keeps them where nobody can look.
 *
 * Evidence: object_count; excess_ref_count, references nobody is known to hold.
 */
#include "findings/gather.h"
#include "findings/rules.h"

#include <stdlib.h>

#define MANY_HELD 100

struct held {
	uint64_t n, n_refs, n_bytes, n_resident;
	obj_id largest;
};

static bool is_only_held_by_c(const struct analysis *analysis, obj_id object)
{
	uint32_t above = analysis->idom[object];
	return above < GRAPH_UNREACHED && !is_object(analysis->snapshot, above) &&
	       above != GRAPH_ROOT && holder_get(analysis->snapshot, above)->kind == NODE_C_HELD;
}

static void add_held(
	const struct analysis *analysis, obj_id object, uint64_t n_refs, struct held *held)
{
	uint64_t n_bytes = retained_of(analysis, object);
	if (!held->n || n_bytes > retained_of(analysis, held->largest))
		held->largest = object;
	held->n++;
	held->n_refs += n_refs;
	held->n_bytes += n_bytes;
	held->n_resident += resident_retained(analysis, object);
}

/* By type; NULL without memory. */
static struct held *count_held(const struct inquiry *inquiry)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct held *held = calloc(snapshot->types.n + 1, sizeof(*held));
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_REF_EXCESS, &begin, &end);
	for (uint32_t i = begin; held && i < end; i++) {
		obj_id object = snapshot->facts.object[i];
		if (is_object(snapshot, object) && is_only_held_by_c(inquiry->analysis, object))
			add_held(inquiry->analysis, object, snapshot->facts.value[i],
				&held[snapshot->type[object]]);
	}
	return held;
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	struct held *held = count_held(inquiry);
	struct error *error = held ? NULL : &error_no_memory;
	for (type_id t = 0; !error && t < inquiry->snapshot->types.n; t++)
		if (held[t].n >= MANY_HELD && is_worth(inquiry, held[t].n_bytes))
			error = inquiry_suspect(inquiry, rule, held[t].largest, t);
	free(held);
	return error;
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	struct held *all = count_held(inquiry);
	if (!all) {
		finding->evidence->document->failed = true;
		return false;
	}
	struct held held = all[suspicion->arg];
	free(all);
	const char *type = names_type(inquiry->snapshot, finding->node);
	finding->retained_bytes = held.n_bytes;
	finding->saving_bytes = held.n_resident;
	finding->saving_method = SAVING_COUNTED;
	finding_describe(finding,
		"%" PRIu64 " %s live through %" PRIu64 " references that no object holds", held.n,
		type, held.n_refs);
	finding_advise(finding,
		"Update or report the C extension that works with %s objects: it "
		"takes references and does not give them back.",
		type);
	row_set_u64(finding->evidence, "object_count", held.n);
	row_set_u64(finding->evidence, "excess_ref_count", held.n_refs);
	return true;
}

const struct rule rule_c_reference_leak = {
	.id = "c_reference_leak",
	.title = "objects that live through references of C code alone",
	.is_retention = true,
	.find = find,
	.judge = judge,
};
