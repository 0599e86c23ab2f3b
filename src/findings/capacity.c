/*
 * over_allocated: dicts, sets and lists whose tables have room for many times
 * what is in them, such as a dict that once was large. They never shrink when
 * entries are removed.
 *
 * Evidence: container_count; entry_count and capacity_count, of all of them.
 */
#include "findings/rules.h"
#include "findings/waste.h"

#include <stdlib.h>

/* So many times the room that a new container of the same entries takes. */
#define TIMES_TOO_LARGE 4

enum shape { SHAPE_DICT, SHAPE_SET, SHAPE_LIST, SHAPE_COUNT };

struct tables {
	type_set sets[SHAPE_COUNT];
};

/* dictobject.c, USABLE_FRACTION(); setobject.c, set_merge() and set_table_resize() */
static uint64_t tight_capacity(enum shape shape, uint64_t length)
{
	uint64_t size = 8;
	switch (shape) {
	case SHAPE_DICT:
		while (size * 2 / 3 < length)
			size *= 2;
		return size * 2 / 3;
	case SHAPE_SET:
		while (size <= length * 2)
			size *= 2;
		return size;
	default:
		return MAX(length, 1);
	}
}

static bool tables_init(struct tables *tables, const struct snapshot *snapshot)
{
	static const struct {
		enum shape shape;
		const char *module, *name;
	} types[] = {
		{SHAPE_DICT, "builtins", "dict"},
		{SHAPE_SET, "builtins", "set"},
		{SHAPE_LIST, "builtins", "list"},
		{SHAPE_LIST, "builtins", "bytearray"},
		{SHAPE_LIST, "array", "array"},
	};
	bool ok = true;
	for (size_t i = 0; i < SHAPE_COUNT; i++)
		ok = (tables->sets[i] = types_create(snapshot)) && ok;
	for (size_t i = 0; ok && i < ARRAY_SIZE(types); i++)
		ok = types_add(
			snapshot, types[i].module, types[i].name, tables->sets[types[i].shape]);
	return ok;
}

static void tables_deinit(struct tables *tables)
{
	for (size_t i = 0; i < SHAPE_COUNT; i++)
		free(tables->sets[i]);
}

/* Resident bytes that a container of the right size would not take. */
static uint64_t spare_bytes(const struct inquiry *inquiry, const struct tables *tables,
	obj_id object, uint64_t capacity)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint64_t length = 0, self_bytes = snapshot_self_bytes(snapshot, object);
	snapshot_fact(snapshot, object, FACT_LENGTH, &length);
	for (enum shape shape = 0; shape < SHAPE_COUNT; shape++) {
		if (!bits_get(tables->sets[shape], snapshot->type[object]))
			continue;
		uint64_t tight = tight_capacity(shape, MIN(length, capacity));
		if (capacity / TIMES_TOO_LARGE < tight)
			return 0;
		uint64_t spare =
			(uint64_t)((unsigned __int128)self_bytes * (capacity - tight) / capacity);
		return spare - MIN(spare, missing_of(inquiry->analysis, object));
	}
	return 0;
}

static struct error *fill_crowd(
	const struct inquiry *inquiry, const struct tables *tables, struct crowd *crowd)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_CAPACITY, &begin, &end);
	for (uint32_t i = begin; i < end; i++) {
		obj_id object = snapshot->facts.object[i];
		uint64_t spare =
			is_garbage(inquiry->analysis, object)
				? 0
				: spare_bytes(inquiry, tables, object, snapshot->facts.value[i]);
		if (spare && !crowd_add(crowd, object, spare))
			return &error_no_memory;
	}
	return NULL;
}

static struct error *look(struct inquiry *inquiry, const struct members *members, struct clue *clue)
{
	for (size_t i = 0; i < members->n; i++) {
		uint32_t node = members->crowd->nodes.data[members->index[i]];
		uint64_t length = 0, capacity = 0;
		snapshot_fact(inquiry->snapshot, node, FACT_LENGTH, &length);
		snapshot_fact(inquiry->snapshot, node, FACT_CAPACITY, &capacity);
		clue->n_items += length;
		clue->bytes[0] += capacity;
	}
	return NULL;
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	struct waste *waste;
	struct tables tables = {0};
	struct crowd crowd = {.stride = 1};
	struct error *error = waste_get(inquiry, &waste);
	if (error)
		return error;
	error = tables_init(&tables, inquiry->snapshot) ? fill_crowd(inquiry, &tables, &crowd)
							: &error_no_memory;
	tables_deinit(&tables);
	if (!error)
		return waste_place(inquiry, rule, &crowd, look);
	crowd_deinit(&crowd);
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
	uint64_t n_entries = clue_share(clue, suspicion, clue->n_items);
	uint64_t capacity = clue_share(clue, suspicion, clue->bytes[0]);
	if (n_containers == 1)
		finding_describe(finding, "%s with room for %" PRIu64 " entries, %" PRIu64 " in it",
			type, capacity, n_entries);
	else
		finding_describe(finding,
			"%" PRIu64 " %ss with room for %" PRIu64 " entries, %" PRIu64 " in them",
			n_containers, type, capacity, n_entries);
	finding_advise(finding, "Replace it by a copy of itself, such as d = dict(d), after many "
				"entries were removed: it does not shrink.");
	row_set_u64(finding->evidence, "container_count", n_containers);
	row_set_u64(finding->evidence, "entry_count", n_entries);
	row_set_u64(finding->evidence, "capacity_count", capacity);
	return true;
}

const struct rule rule_over_allocated = {
	.id = "over_allocated",
	.title = "containers with room for many times what is in them",
	.find = find,
	.judge = judge,
};
