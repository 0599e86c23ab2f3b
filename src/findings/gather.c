/* Groups of suspects, and what rules ask of their members. */
#include "findings/gather.h"

#include <stdlib.h>

/* ---- gathering ---- */

struct gathering {
	const struct inquiry *inquiry;
	suspect_fn is_suspect;
	void *arg;
	struct group *group;
};

static struct error *add_member(void *arg, obj_id object)
{
	struct gathering *gathering = arg;
	if (gathering->is_suspect &&
		!gathering->is_suspect(gathering->inquiry, object, gathering->arg))
		return NULL;
	obj_id *member = vec_add(&gathering->group->members);
	if (!member)
		return &error_no_memory;
	*member = object;
	gathering->group->weight += retained_of(gathering->inquiry->analysis, object);
	return NULL;
}

struct error *gather_types(const struct inquiry *inquiry, const struct type_name *types, size_t n,
	suspect_fn is_suspect, void *arg, struct group *group)
{
	struct gathering gathering = {inquiry, is_suspect, arg, group};
	type_set set = types_create(inquiry->snapshot);
	bool ok = set != NULL;
	for (size_t i = 0; ok && i < n; i++)
		ok = types_add(inquiry->snapshot, types[i].module, types[i].name, set);
	struct error *error =
		ok ? for_each_of(inquiry, set, add_member, &gathering) : &error_no_memory;
	free(set);
	return error;
}

struct error *gather_facts(const struct inquiry *inquiry, enum fact_id fact, suspect_fn is_suspect,
	void *arg, struct group *group)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct gathering gathering = {inquiry, is_suspect, arg, group};
	struct error *error = NULL;
	uint32_t begin, end;
	snapshot_fact_range(snapshot, fact, &begin, &end);
	for (uint32_t i = begin; !error && i < end; i++) {
		obj_id object = snapshot->facts.object[i];
		if (is_object(snapshot, object) && !is_garbage(inquiry->analysis, object))
			error = add_member(&gathering, object);
	}
	return error;
}

struct error *suspect_gathered(
	struct inquiry *inquiry, const struct rule *rule, struct group *group, struct error *error)
{
	group->type = TYPE_NONE;
	if (!error && is_worth(inquiry, group->weight))
		return inquiry_suspect_group(inquiry, rule, group, 0);
	group_deinit(group);
	*group = (struct group){0};
	return error;
}

/* ---- elements ---- */

#define OWNERS_MAX 16
#define LONG_CONTAINER 16

/* Does `above` hold many: then what it holds is an element. */
static bool is_container(const struct analysis *analysis, uint32_t above)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint64_t n;
	if (!is_object(snapshot, above) || names_is_namespace(analysis->names, above))
		return true;
	if (!snapshot_fact(snapshot, above, FACT_LENGTH, &n) || n < LONG_CONTAINER)
		return false;
	uint32_t owner = analysis->idom[above];
	bool is_namespace = owner < GRAPH_UNREACHED && is_object(snapshot, owner) &&
			    first_edge(snapshot, owner, EDGE_DICT) == above;
	return !is_namespace;
}

/* The element of a container that `node` is a part of. */
static uint32_t element_of(const struct analysis *analysis, uint32_t node)
{
	for (unsigned i = 0; i < OWNERS_MAX; i++) {
		uint32_t above = analysis->idom[node];
		if (above >= GRAPH_UNREACHED || is_container(analysis, above))
			break;
		node = above;
	}
	return node;
}

struct error *raise_to_elements(const struct inquiry *inquiry, struct group *group)
{
	const struct analysis *analysis = inquiry->analysis;
	uint64_t *seen = group->members.n ? calloc(words_of(analysis), sizeof(uint64_t)) : NULL;
	if (!seen)
		return group->members.n ? &error_no_memory : NULL;
	size_t n = 0;
	group->weight = 0;
	vec_foreach (&group->members, member) {
		uint32_t element = element_of(analysis, *member);
		if (bits_get(seen, element))
			continue;
		bits_set(seen, element);
		group->members.data[n++] = element;
		group->weight += retained_of(analysis, element);
	}
	group->members.n = n;
	free(seen);
	return NULL;
}

/* ---- places ---- */

bool is_kept(const struct inquiry *inquiry, const struct suspicion *suspicion,
	const struct finding *finding)
{
	const char *root = names_root_kind(inquiry->analysis->names, &finding->path);
	bool is_in_use = !strcmp(root, "frame") && suspicion->placement.count < MANY_OBJECTS;
	return !is_in_use && is_worth(inquiry, finding->retained_bytes);
}

void finding_save_members(const struct suspicion *suspicion, struct finding *finding)
{
	finding->saving_bytes = suspicion->placement.resident_bytes;
	finding->saving_method = SAVING_COUNTED;
}

#define STEPS_UP 24

bool is_below(const struct analysis *analysis, uint32_t node, uint32_t above)
{
	for (unsigned i = 0; node < GRAPH_UNREACHED && i < STEPS_UP; i++) {
		if (node == above)
			return true;
		node = analysis->idom[node];
	}
	return false;
}

bool is_set(const struct snapshot *snapshot, uint32_t node, const char *name)
{
	int64_t value;
	uint32_t attribute = attribute_of(snapshot, node, name);
	return attribute != OBJ_NONE && int_of(snapshot, attribute, &value) && value;
}

const char *text_attribute(const struct snapshot *snapshot, uint32_t node, const char *name)
{
	uint32_t attribute = attribute_of(snapshot, node, name);
	return attribute != OBJ_NONE && is_object(snapshot, attribute)
		       ? snapshot_text(snapshot, attribute)
		       : NULL;
}

/* ---- frames ---- */

struct local largest_local(const struct analysis *analysis, uint32_t frame)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct local largest = {.value = OBJ_NONE};
	for (uint64_t e = snapshot->edge_start[frame]; e < snapshot->edge_start[frame + 1]; e++) {
		unsigned kind = snapshot->edge_kind[e];
		uint32_t to = snapshot->edge_to[e];
		if ((kind != EDGE_LOCAL && kind != EDGE_CELL) || !is_below(analysis, to, frame) ||
			retained_of(analysis, to) <= largest.n_bytes)
			continue;
		largest =
			(struct local){names_edge_text(snapshot, e), to, retained_of(analysis, to)};
	}
	return largest;
}

uint32_t code_of(const struct snapshot *snapshot, uint32_t node)
{
	static const char *const names[] = {
		"code", "f_code", "gi_code", "cr_code", "ag_code", "__code__"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint32_t code = attribute_of(snapshot, node, names[i]);
		if (is_of(snapshot, code, "builtins", "code"))
			return code;
	}
	return OBJ_NONE;
}

const char *code_name(const struct snapshot *snapshot, uint32_t code)
{
	if (code == OBJ_NONE)
		return NULL;
	const char *name = text_attribute(snapshot, code, "co_qualname");
	return name ? name : text_attribute(snapshot, code, "co_name");
}

void set_code_evidence(const struct snapshot *snapshot, uint32_t code, struct finding *finding)
{
	uint64_t at = 0;
	bool is_known = code != OBJ_NONE && snapshot_fact(snapshot, code, FACT_DEFINED_AT, &at);
	row_set_text(finding->evidence, "file",
		is_known ? names_string(snapshot, (str_id)(at >> 32)) : NULL);
	row_set_u64(finding->evidence, "line", is_known ? (uint32_t)at : UINT64_MAX);
}

void set_local_evidence(
	const struct snapshot *snapshot, const struct local *local, struct finding *finding)
{
	bool is_any = local->value != OBJ_NONE;
	row_set_text(finding->evidence, "local", local->name);
	row_set_text(finding->evidence, "local_type",
		is_any ? names_type(snapshot, local->value) : NULL);
	row_set_u64(finding->evidence, "local_bytes", is_any ? local->n_bytes : UINT64_MAX);
}
