/*
 * context_pinned: values of context variables that live as long as a timer, a
 * callback or a task that was made while they were set.
 *
 * The group is the trees of values: contexts that were copied share one.
 *
 * Evidence: context_count, trees of values; variable and variable_bytes, the one
 * that holds most in one of them; holder_type, what holds that context.
 */
#include "findings/gather.h"
#include "findings/rules.h"

#include <stdlib.h>

static struct error *add_tree(
	struct inquiry *inquiry, uint32_t tree, uint64_t *seen, struct group *group)
{
	if (tree == OBJ_NONE || !is_object(inquiry->snapshot, tree) || bits_get(seen, tree))
		return NULL;
	obj_id *member = vec_add(&group->members);
	if (!member)
		return &error_no_memory;
	bits_set(seen, tree);
	*member = tree;
	group->weight += retained_of(inquiry->analysis, tree);
	return NULL;
}

static struct error *add_trees(
	struct inquiry *inquiry, const struct group *contexts, struct group *group)
{
	uint64_t *seen = calloc(bits_words(inquiry->snapshot->n_objects) + 1, sizeof(uint64_t));
	struct error *error = seen ? NULL : &error_no_memory;
	vec_foreach (&contexts->members, context) {
		if (error)
			break;
		error = add_tree(inquiry, attribute_of(inquiry->snapshot, *context, "ctx_vars"),
			seen, group);
	}
	free(seen);
	return error;
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	static const struct type_name types[] = {
		{"_contextvars", "Context"}, {"contextvars", "Context"}, {"builtins", "Context"}};
	struct group contexts = {0}, trees = {0};
	struct error *error =
		gather_types(inquiry, types, ARRAY_SIZE(types), NULL, NULL, &contexts);
	if (!error && contexts.members.n)
		error = add_trees(inquiry, &contexts, &trees);
	group_deinit(&contexts);
	return suspect_gathered(inquiry, rule, &trees, error);
}

/* ---- judgement ---- */

/* Nodes of one tree that are looked at. */
#define NODES_MAX 64

struct variable {
	const char *name;
	uint64_t n_bytes;
};

/* Keys are variables; elements without a key are nodes below. */
static struct variable largest_variable(const struct analysis *analysis, uint32_t tree)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct variable largest = {0};
	uint32_t pending[NODES_MAX] = {attribute_of(snapshot, tree, "h_root")};
	size_t n = pending[0] != OBJ_NONE;
	for (size_t i = 0; i < n; i++) {
		for (uint64_t e = snapshot->edge_start[pending[i]];
			e < snapshot->edge_start[pending[i] + 1]; e++) {
			uint32_t to = snapshot->edge_to[e], key = snapshot->edge_operand[e];
			bool is_value = snapshot->edge_kind[e] == EDGE_KEY;
			if (!is_value && n < NODES_MAX && is_object(snapshot, to) &&
				attribute_of(snapshot, to, "name") == OBJ_NONE)
				pending[n++] = to;
			if (!is_value || retained_of(analysis, to) <= largest.n_bytes ||
				!is_below(analysis, to, tree))
				continue;
			largest.n_bytes = retained_of(analysis, to);
			largest.name =
				key == OBJ_NONE ? NULL : text_attribute(snapshot, key, "name");
		}
	}
	return largest;
}

/* What holds the context of a tree. */
static const char *holder_type(const struct analysis *analysis, uint32_t tree)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint32_t context = analysis->idom[tree];
	uint32_t holder = context < GRAPH_UNREACHED && is_object(snapshot, context)
				  ? analysis->idom[context]
				  : GRAPH_ROOT;
	return holder < GRAPH_UNREACHED && is_object(snapshot, holder)
		       ? names_type(snapshot, holder)
		       : NULL;
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	uint32_t first = suspicion->placement.first;
	if (suspicion->placement.count < MANY_OBJECTS || !is_kept(inquiry, suspicion, finding))
		return false;
	struct variable largest = largest_variable(inquiry->analysis, first);
	const char *holder = holder_type(inquiry->analysis, first);
	finding_save_members(suspicion, finding);
	finding_describe(finding,
		"%" PRIu64 " contexts%s%s keep the values of context variables%s%s",
		suspicion->placement.count, holder ? " of " : "", holder ? holder : "",
		largest.name ? ", most in " : "", largest.name ? largest.name : "");
	finding_advise(finding, "Start what outlives a request with context=contextvars.Context(), "
				"cancel timers that are not needed, or reset the variable first.");
	row_set_u64(finding->evidence, "context_count", suspicion->placement.count);
	row_set_text(finding->evidence, "variable", largest.name);
	row_set_u64(finding->evidence, "variable_bytes", largest.n_bytes);
	row_set_text(finding->evidence, "holder_type", holder);
	return true;
}

const struct rule rule_context_pinned = {
	.id = "context_pinned",
	.title = "context variables that live as long as a timer or a task",
	.is_retention = true,
	.find = find,
	.judge = judge,
};
