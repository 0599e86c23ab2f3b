#include "analysis/structures.h"

#include "analysis/census.h"
#include "analysis/records.h"

#include <stdlib.h>

#define UNDER_WAY 1u /* hashes of others have bit 1 */

static unsigned kind_of(const struct structures *structures, uint32_t node)
{
	const struct snapshot *snapshot = structures->analysis->snapshot;
	return is_object(snapshot, node) ? structures->kind[snapshot->type[node]] : 0;
}

/* By content where that is known, else each object differs from all others. */
static uint64_t hash_leaf(const struct snapshot *snapshot, uint32_t node)
{
	if (!is_object(snapshot, node) || !snapshot->content[node])
		return repeats_mix(~(uint64_t)node) | 2;
	uint64_t key = (uint64_t)snapshot->size[node] << 32 | snapshot->content[node];
	return repeats_mix(key + ((uint64_t)snapshot->type[node] << 44)) | 2;
}

/* Elements of a set and keys of a dict come in any order. */
static uint64_t combine(const struct structures *structures, unsigned kind, uint64_t hash,
	uint64_t edge, uint64_t value)
{
	const struct snapshot *snapshot = structures->analysis->snapshot;
	switch (snapshot->edge_kind[edge]) {
	case EDGE_INDEX:
		return (hash ^ value) * 0x9e3779b97f4a7c15ull + kind;
	case EDGE_KEY: {
		uint32_t key = snapshot->edge_operand[edge];
		uint64_t of_key = key == OBJ_NONE ? 0 : hash_leaf(snapshot, key);
		return hash + repeats_mix(of_key * 31 + value);
	}
	case EDGE_ITEM:
		return hash + repeats_mix(value);
	default:
		return hash;
	}
}

static bool push(struct structures *structures, uint32_t node)
{
	struct structure_frame *frame = vec_add(&structures->stack);
	if (!frame)
		return false;
	*frame = (struct structure_frame){
		node, structures->analysis->snapshot->edge_start[node], kind_of(structures, node)};
	structures->hash[node] = UNDER_WAY;
	return true;
}

/* One step on top of the stack; false without memory. */
static bool step(struct structures *structures)
{
	const struct snapshot *snapshot = structures->analysis->snapshot;
	struct structure_frame *top = &structures->stack.data[structures->stack.n - 1];
	unsigned kind = kind_of(structures, top->node);
	for (; top->edge < snapshot->edge_start[top->node + 1]; top->edge++) {
		uint32_t to = snapshot->edge_to[top->edge];
		uint64_t value = structures->hash[to];
		bool is_other = kind_of(structures, to) != 0;
		if (is_other && !value)
			return push(structures, to);
		if (!is_other || value == UNDER_WAY)
			value = hash_leaf(snapshot, to);
		top->hash = combine(structures, kind, top->hash, top->edge, value);
	}
	uint64_t n_edges = top->edge - snapshot->edge_start[top->node];
	structures->hash[top->node] = repeats_mix(top->hash * 31 + n_edges) | 2;
	structures->stack.n--;
	return true;
}

static void give_up(struct structures *structures)
{
	vec_foreach (&structures->stack, frame)
		structures->hash[frame->node] = 0;
	structures->stack.n = 0;
}

bool structures_hash_small(struct structures *structures, uint32_t node, size_t n_most)
{
	if (structures->hash[node])
		return true;
	bool ok = push(structures, node);
	for (size_t n = 0; ok && structures->stack.n; n++) {
		/* Each takes two steps: one up to what it holds, one when that is known. */
		if (n / 2 > n_most)
			give_up(structures);
		else
			ok = step(structures);
	}
	return ok;
}

bool structures_hash(struct structures *structures, uint32_t node)
{
	return structures_hash_small(structures, node, SIZE_MAX / 2);
}

static uint64_t hash_of(const void *arg, obj_id object)
{
	const struct structures *structures = arg;
	return is_structure(structures, object) ? structures->hash[object] : 0;
}

struct error *structures_repeats(struct structures *structures, struct repeats *ret)
{
	for (obj_id i = 0; i < structures->analysis->snapshot->n_objects; i++)
		if (is_structure(structures, i) && !structures_hash(structures, i))
			return &error_no_memory;
	return repeats_init(ret, structures->analysis, hash_of, structures);
}

bool structures_is_whole(
	const struct structures *structures, const struct repeats *repeats, uint32_t node)
{
	uint32_t idom = structures->analysis->idom[node];
	return (idom >= GRAPH_UNREACHED || !bits_get(repeats->copies, idom)) &&
	       !is_namespace_dict(structures->analysis, node);
}

struct error *structures_init(struct structures *structures, const struct analysis *analysis)
{
#define X(name) name,
	static const char *const names[] = {STRUCTURES(X)};
#undef X
	*structures = (struct structures){
		.analysis = analysis,
		.kind = calloc(analysis->snapshot->types.n + 1, 1),
		.hash = analysis_alloc(analysis, sizeof(uint64_t)),
	};
	if (!structures->kind || !structures->hash) {
		structures_deinit(structures);
		return &error_no_memory;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		type_id type = census_find(analysis->snapshot, "builtins", names[i]);
		if (type != TYPE_NONE)
			structures->kind[type] = (uint8_t)(i + 1);
	}
	return NULL;
}

void structures_deinit(struct structures *structures)
{
	if (structures->hash)
		analysis_free(structures->analysis, structures->hash, sizeof(uint64_t));
	free(structures->kind);
	vec_deinit(&structures->stack);
	*structures = (struct structures){0};
}
