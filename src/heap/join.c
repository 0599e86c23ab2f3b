#include "heap/join.h"

#include <stdio.h>
#include <sys/mman.h>

#define PIECE_BYTES (4u << 20)

/* Appends `from` to `to` and gives its memory back as it goes. */
static bool move_column(struct column *to, struct column *from)
{
	char *target = column_add(to, from->n);
	size_t n_bytes = from->n * from->element_size;
	if (!target)
		return false;
	for (size_t done = 0; done < n_bytes; done += PIECE_BYTES) {
		char *source = (char *)from->data + done;
		memcpy(target + done, source, MIN(PIECE_BYTES, n_bytes - done));
		madvise(source, PIECE_BYTES, MADV_DONTNEED);
	}
	column_deinit(from);
	return true;
}

static bool move_edges(
	struct harvest *from, struct column *to, struct column *kind, struct column *operand)
{
	return move_column(to, &from->to) && move_column(kind, &from->kind) &&
	       move_column(operand, &from->operand);
}

static void shift(uint64_t *start, uint64_t begin, uint64_t end, uint64_t by)
{
	for (uint64_t i = begin; by && i < end; i++)
		start[i] += by;
}

struct error *join_edges(struct heap *heap, struct column *start, struct walk *walks,
	unsigned n_walks, struct roots *roots, struct column *to, struct column *kind,
	struct column *operand)
{
	uint64_t n = heap->ids.n;
	*to = walks[0].harvest.to;
	*kind = walks[0].harvest.kind;
	*operand = walks[0].harvest.operand;
	walks[0].harvest.to = walks[0].harvest.kind = walks[0].harvest.operand = (struct column){0};
	for (unsigned i = 1; i < n_walks; i++) {
		shift(start->data, (uint64_t)((unsigned __int128)n * i / n_walks),
			(uint64_t)((unsigned __int128)n * (i + 1) / n_walks), to->n);
		if (!move_edges(&walks[i].harvest, to, kind, operand))
			return &error_no_memory;
	}
	uint64_t *added = column_add(start, roots->starts.n + 1);
	if (!added)
		return &error_no_memory;
	memcpy(added, roots->starts.data, roots->starts.n * sizeof(uint64_t));
	shift(added, 0, roots->starts.n, to->n);
	if (!move_edges(&roots->walk.harvest, to, kind, operand))
		return &error_no_memory;
	added[roots->starts.n] = to->n;
	return NULL;
}

static void move_up(struct column *column, uint64_t begin, uint64_t end, uint64_t by)
{
	char *data = column->data;
	size_t size = column->element_size;
	memmove(data + (begin + by) * size, data + begin * size, (end - begin) * size);
}

/* From the last to the first: each edge moves once, to its final place. */
struct error *join_native_edges(struct heap *heap, struct column *start,
	const struct native_edges *late, struct column *to, struct column *kind,
	struct column *operand)
{
	uint64_t *starts = start->data, end = to->n, n_left = late->edges.n;
	const struct native_edge *edges = late->edges.data;
	str_id name;
	struct error *error = strpool_add(&heap->snapshot->strings, "native", 6, &name);
	if (error)
		return error;
	if (!column_add(to, n_left) || !column_add(kind, n_left) || !column_add(operand, n_left))
		return &error_no_memory;
	uint64_t node = start->n;
	while (n_left) {
		obj_id from = edges[n_left - 1].from;
		uint64_t begin = starts[from + 1], n_before = n_left;
		while (n_before && edges[n_before - 1].from == from)
			n_before--;
		move_up(to, begin, end, n_left);
		move_up(kind, begin, end, n_left);
		move_up(operand, begin, end, n_left);
		shift(starts, from + 1, node, n_left);
		for (uint64_t i = n_before; i < n_left; i++) {
			((obj_id *)to->data)[begin + i] = edges[i].to;
			((uint8_t *)kind->data)[begin + i] = EDGE_FIELD;
			((uint32_t *)operand->data)[begin + i] = name;
		}
		end = begin;
		node = from + 1;
		n_left = n_before;
	}
	return NULL;
}

struct error *join_held(struct heap *heap, struct column *start, const struct held_objects *held,
	struct column *to, struct column *kind, struct column *operand)
{
	if (!held->objects.n)
		return NULL;
	struct snap_node *node = vec_add(&heap->snapshot->nodes);
	obj_id *targets = column_add(to, held->objects.n);
	uint8_t *kinds = column_add(kind, held->objects.n);
	uint32_t *operands = column_add(operand, held->objects.n);
	uint64_t *end = column_add(start, 1);
	if (!node || !targets || !kinds || !operands || !end)
		return &error_no_memory;
	node->kind = NODE_C_HELD;
	*end = to->n;
	for (size_t i = 0; i < held->objects.n; i++) {
		targets[i] = held->objects.data[i].object;
		kinds[i] = EDGE_MEMBER;
		operands[i] = 0;
	}
	heap->snapshot->n_nodes++;
	return strpool_add(&heap->snapshot->strings, "C code", 6, &node->name);
}

struct error *join_shared_parts(
	struct heap *heap, const struct walk *walks, unsigned n_walks, struct late_sites *late)
{
	struct error *error = NULL;
	for (unsigned k = 0; k < n_walks; k++) {
		const struct harvest *harvest = &walks[k].harvest;
		const obj_id *objects = harvest->shared_object.data;
		const addr_t *parts = harvest->shared_block.data;
		for (size_t i = 0; i < harvest->shared_block.n; i++) {
			struct block block;
			if (!blocks_find(heap->blocks, parts[i], &block) ||
				!blocks_claim(heap->blocks, block.start, OWNER_OBJECT))
				continue;
			heap->units[objects[i]] += (uint32_t)((block.n_bytes + 15) / 16);
			if (!error)
				error = sites_add_late(late, heap, block.start,
					&(struct site_row){.object = objects[i],
						.n_bytes = align_up(block.n_bytes, 16)});
		}
	}
	return error;
}

/* ---- facts ---- */

static struct error *alloc_facts(struct facts *facts, size_t n)
{
	if (n > UINT32_MAX)
		return &error_no_memory;
	facts->id = snapshot_alloc(n, sizeof(*facts->id));
	facts->object = snapshot_alloc(n, sizeof(*facts->object));
	facts->value = snapshot_alloc(n, sizeof(*facts->value));
	facts->n = (uint32_t)n;
	return facts->id && facts->object && facts->value ? NULL : &error_no_memory;
}

static void put_fact(
	struct facts *facts, uint64_t *next, enum fact_id id, obj_id object, uint64_t value)
{
	uint64_t at = next[id]++;
	facts->id[at] = (uint8_t)id;
	facts->object[at] = object;
	facts->value[at] = value;
}

/* A sort by counting: within a fact the workers' order is that of the objects. */
struct error *join_facts(struct heap *heap, const struct walk *walks, unsigned n_walks,
	const struct held_objects *held)
{
	uint64_t next[FACT_COUNT + 1] = {0};
	for (unsigned k = 0; k < n_walks; k++)
		for (size_t i = 0; i < walks[k].harvest.fact_id.n; i++)
			next[((uint8_t *)walks[k].harvest.fact_id.data)[i] + 1]++;
	vec_foreach (&held->objects, object)
		next[FACT_REF_EXCESS + 1] += object->excess > 0;
	for (unsigned id = 0; id < FACT_COUNT; id++)
		next[id + 1] += next[id];
	struct facts *facts = &heap->snapshot->facts;
	struct error *error = alloc_facts(facts, next[FACT_COUNT]);
	if (error)
		return error;
	for (unsigned k = 0; k < n_walks; k++) {
		const struct harvest *harvest = &walks[k].harvest;
		for (size_t i = 0; i < harvest->fact_id.n; i++)
			put_fact(facts, next, ((uint8_t *)harvest->fact_id.data)[i],
				((obj_id *)harvest->fact_object.data)[i],
				((uint64_t *)harvest->fact_value.data)[i]);
	}
	vec_foreach (&held->objects, object)
		if (object->excess)
			put_fact(facts, next, FACT_REF_EXCESS, object->object, object->excess);
	return NULL;
}

/* ---- texts and types ---- */

struct error *join_texts(struct heap *heap, const struct walk *walks, unsigned n_walks)
{
	size_t n = 0;
	for (unsigned k = 0; k < n_walks; k++)
		n += walks[k].harvest.text.n;
	struct snapshot *snapshot = heap->snapshot;
	snapshot->text_object = snapshot_alloc(n, sizeof(obj_id));
	snapshot->text = snapshot_alloc(n, sizeof(str_id));
	snapshot->n_texts = (uint32_t)n;
	if (!snapshot->text_object || !snapshot->text)
		return &error_no_memory;
	size_t at = 0;
	for (unsigned k = 0; k < n_walks; k++) {
		const struct harvest *harvest = &walks[k].harvest;
		if (!harvest->text.n)
			continue;
		memcpy(snapshot->text_object + at, harvest->text_object.data,
			harvest->text.n * sizeof(obj_id));
		memcpy(snapshot->text + at, harvest->text.data, harvest->text.n * sizeof(str_id));
		at += harvest->text.n;
	}
	return NULL;
}

static uint32_t type_flags(const struct type_info *info)
{
	return (info->flags & TYPE_HEAP ? SNAP_TYPE_HEAP : 0) |
	       (info->flags & TYPE_PYTHON ? SNAP_TYPE_PYTHON : 0) |
	       (info->flags & TYPE_IS_OPAQUE ? SNAP_TYPE_OPAQUE : 0);
}

/* tp_name of a static type is dotted: the module stands in front. */
static const char *own_name(const struct type_info *info)
{
	const char *dot = info->flags & TYPE_HEAP ? NULL : strrchr(info->name, '.');
	return dot ? dot + 1 : info->name;
}

struct error *join_types(struct heap *heap)
{
	struct snapshot *snapshot = heap->snapshot;
	vec_foreach (&heap->types.all, at) {
		const struct type_entry *entry = *at;
		struct snap_type *type = vec_add(&snapshot->types);
		if (!type)
			return &error_no_memory;
		const char *name = own_name(&entry->info);
		struct error *error =
			strpool_add(&snapshot->strings, name, strlen(name), &type->name);
		if (!error)
			error = strpool_add(&snapshot->strings, entry->info.module,
				strlen(entry->info.module), &type->module);
		if (error)
			return error;
		type->object = entry->object;
		type->flags = type_flags(&entry->info);
	}
	return NULL;
}
