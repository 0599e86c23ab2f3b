/*
 * instances_without_slots: many instances of a class of the program that all
 * have the same attributes, each with a dict or with room for values to grow.
 *
 * Evidence: instance_count; attribute_count; instance_bytes, of one instance
 * now; slotted_bytes, of one with __slots__.
 */
#include "findings/rules.h"
#include "findings/waste.h"

#define ATTRIBUTES_MAX 40
#define COUNT_MIN 1000

/* The most that a name of a module of the application costs as a root. */
#define APPLICATION_COST 1

struct attributes {
	uint32_t names[ATTRIBUTES_MAX]; /* str objects */
	unsigned n;
	bool is_full;
};

static void add_name(struct attributes *attributes, uint32_t name)
{
	for (unsigned i = 0; i < attributes->n; i++)
		if (attributes->names[i] == name)
			return;
	if (attributes->n == ATTRIBUTES_MAX || name == OBJ_NONE)
		attributes->is_full = true;
	else
		attributes->names[attributes->n++] = name;
}

static const struct snap_type *type_by_object(const struct snapshot *snapshot, uint32_t object)
{
	vec_foreach (&snapshot->types, type)
		if (type->object == object)
			return type;
	return NULL;
}

/* A class whose bases are all written in Python: nothing else needs the dict. */
static bool is_plain_class(const struct snapshot *snapshot, const struct snap_type *type)
{
	uint32_t mro = type->object == OBJ_NONE ? OBJ_NONE
						: attribute_of(snapshot, type->object, "__mro__");
	if (!(type->flags & SNAP_TYPE_PYTHON) || mro == OBJ_NONE)
		return false;
	for (uint64_t e = snapshot->edge_start[mro]; e < snapshot->edge_start[mro + 1]; e++) {
		const struct snap_type *base = type_by_object(snapshot, snapshot->edge_to[e]);
		bool is_object_itself = base && (type_id)(base - snapshot->types.data) ==
							census_find(snapshot, "builtins", "object");
		if (!base || (!is_object_itself && !(base->flags & SNAP_TYPE_PYTHON)))
			return false;
	}
	return true;
}

static bool is_of_application(const struct inquiry *inquiry, const struct snap_type *type)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	for (size_t i = 0; i < snapshot->nodes.n; i++) {
		const struct snap_node *node = &snapshot->nodes.data[i];
		if (node->kind == NODE_MODULE && node->name == type->module)
			return names_root_cost(inquiry->analysis->names,
				       snapshot->n_objects + (uint32_t)i) <= APPLICATION_COST;
	}
	return true;
}

/* Bytes of an instance with the dict that holds its attributes. */
static uint64_t read_instance(const struct inquiry *inquiry, uint32_t node,
	struct attributes *attributes, unsigned *slots)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint64_t n_bytes = snapshot_self_bytes(snapshot, node);
	unsigned n_slots = 0;
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++) {
		uint32_t to = snapshot->edge_to[e];
		n_slots += snapshot->edge_kind[e] == EDGE_ATTR_STATIC;
		if (snapshot->edge_kind[e] == EDGE_ATTR)
			add_name(attributes, snapshot->edge_operand[e]);
		if (snapshot->edge_kind[e] != EDGE_DICT)
			continue;
		n_bytes +=
			inquiry->analysis->idom[to] == node ? snapshot_self_bytes(snapshot, to) : 0;
		for (uint64_t d = snapshot->edge_start[to];
			d < snapshot->edge_start[to + 1] && !attributes->is_full; d++)
			if (snapshot->edge_kind[d] == EDGE_KEY)
				add_name(attributes, snapshot->edge_operand[d]);
	}
	*slots = MAX(*slots, n_slots);
	return n_bytes;
}

static uint64_t slotted_bytes(unsigned n_attributes)
{
	return block_bytes(GC_HEAD_BYTES + 16 + 8 * (uint64_t)n_attributes);
}

static struct error *suspect_class(const struct rule *rule, struct inquiry *inquiry,
	const struct census_type *census, const struct snap_type *type)
{
	struct attributes attributes = {0};
	unsigned n_slots = 0;
	uint64_t n_bytes = 0, n = census->sample.n;
	for (size_t i = 0; i < n && !attributes.is_full; i++)
		n_bytes += read_instance(inquiry, census->sample.data[i], &attributes, &n_slots);
	uint64_t slotted = slotted_bytes(attributes.n + n_slots);
	if (attributes.is_full || !attributes.n || n_bytes / n <= slotted)
		return NULL;
	struct clue clue = {
		.count = census->count,
		.weight = (n_bytes - n * slotted) * census->count / n,
		.n_items = attributes.n + n_slots,
		.bytes = {n_bytes / n, slotted},
	};
	if (clue.weight < waste_least(inquiry))
		return NULL;
	struct clue *slot = vec_add(&inquiry->waste->clues);
	if (!slot)
		return &error_no_memory;
	*slot = clue;
	return inquiry_suspect_spot(
		inquiry, rule, type->object, clue.count, clue.weight, inquiry->waste->clues.n - 1);
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	struct waste *waste;
	struct error *error = waste_get(inquiry, &waste);
	for (size_t t = 0; !error && t < waste->census.n; t++) {
		const struct census_type *census = &waste->census.types[t];
		const struct snap_type *type = &inquiry->snapshot->types.data[t];
		if (census->sample.n && census->count >= COUNT_MIN &&
			is_plain_class(inquiry->snapshot, type) && is_of_application(inquiry, type))
			error = suspect_class(rule, inquiry, census, type);
	}
	return error;
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct clue *clue = waste_clue(inquiry, suspicion, finding);
	if (!clue)
		return false;
	finding->retained_bytes = clue->count * clue->bytes[0];
	finding_set_type(finding, "class");
	finding_describe(finding, "%" PRIu64 " instances, all with the same %" PRIu64 " attributes",
		clue->count, clue->n_items);
	finding_advise(finding, "Give the class __slots__ with its attributes, or make it a "
				"dataclass with slots=True.");
	row_set_u64(finding->evidence, "instance_count", clue->count);
	row_set_u64(finding->evidence, "attribute_count", clue->n_items);
	row_set_u64(finding->evidence, "instance_bytes", clue->bytes[0]);
	row_set_u64(finding->evidence, "slotted_bytes", clue->bytes[1]);
	return true;
}

const struct rule rule_instances_without_slots = {
	.id = "instances_without_slots",
	.title = "many instances with the same attributes, and no __slots__",
	.find = find,
	.judge = judge,
};
