#include "analysis/identity.h"

#include "graph/bits.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

/* A guard: hash << GENERATION_BITS | generation. */
#define GENERATION_BITS 3
#define GENERATION_MASK ((1u << GENERATION_BITS) - 1)
#define GENERATION_UNKNOWN GENERATION_MASK
#define OLDEST_GENERATION 2

/* The collector of 3.14 moves objects between generations in both directions. */
#define ORDERED_GENERATIONS_BEFORE 14

/* What of an object of a type cannot change. */
struct constancy {
	uint32_t hash; /* of the type */
	bool is_content, is_size, is_generation;
};

struct guards {
	const struct snapshot *snapshot;
	struct constancy *of_type;
};

static bool is_one_of(const char *name, const char *const names[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static struct constancy constancy_of(
	const struct snapshot *snapshot, const struct snap_type *type, bool has_order)
{
	static const char *const leaves[] = {"int", "float", "str", "bytes"};
	static const char *const fixed[] = {"tuple", "frozenset"};
	const char *name = snapshot_string(snapshot, type->name);
	const char *module = snapshot_string(snapshot, type->module);
	bool is_builtin = !*module || !strcmp(module, "builtins");
	uint64_t address = type->object < snapshot->n_objects ? snapshot->address[type->object] : 0;
	return (struct constancy){
		.hash = (uint32_t)XXH3_64bits_withSeed(name, strlen(name), address),
		.is_content = is_builtin && is_one_of(name, leaves, ARRAY_SIZE(leaves)),
		.is_size = is_builtin && is_one_of(name, fixed, ARRAY_SIZE(fixed)),
		/* A dict is tracked, untracked and tracked again. */
		.is_generation = has_order && strcmp(name, "dict") != 0,
	};
}

static struct error *guards_init(struct guards *guards, const struct snapshot *snapshot)
{
	unsigned minor = UINT32_MAX;
	const char *version = snapshot_string(snapshot, snapshot->python_version);
	bool has_order =
		sscanf(version, "3.%3u", &minor) == 1 && minor < ORDERED_GENERATIONS_BEFORE;
	guards->snapshot = snapshot;
	guards->of_type = calloc(snapshot->types.n + 1, sizeof(*guards->of_type));
	if (!guards->of_type)
		return &error_no_memory;
	for (size_t i = 0; i < snapshot->types.n; i++)
		guards->of_type[i] = constancy_of(snapshot, &snapshot->types.data[i], has_order);
	return NULL;
}

static uint32_t guard_of(const struct guards *guards, obj_id object)
{
	const struct snapshot *snapshot = guards->snapshot;
	const struct constancy *constancy = &guards->of_type[snapshot->type[object]];
	uint8_t flags = snapshot->flags[object];
	uint32_t hash = constancy->hash;
	if (constancy->is_content)
		hash ^= snapshot->content[object] * 0x9e3779b1u;
	if (constancy->is_size)
		hash ^= snapshot->block_units[object] * 0x9e3779b1u;
	bool is_known = constancy->is_generation && flags & OBJECT_TRACKED;
	uint32_t generation = is_known ? flags & OBJECT_GENERATION : GENERATION_UNKNOWN;
	return hash << GENERATION_BITS | generation;
}

static bool is_same(uint32_t before, uint32_t after)
{
	uint32_t older = before & GENERATION_MASK, newer = after & GENERATION_MASK;
	if (before >> GENERATION_BITS != after >> GENERATION_BITS)
		return false;
	return older > OLDEST_GENERATION || newer > OLDEST_GENERATION || newer >= older;
}

/* ---- */

static uint64_t place_of(const struct snapshot *snapshot, obj_id object)
{
	return snapshot->address[object] >> 3;
}

static struct error *add(struct identities *identities, uint64_t place, uint32_t guard)
{
	uint32_t high = (uint32_t)(place >> 32);
	size_t n = identities->segments.n;
	if (!n || identities->segments.data[n - 1].high != high) {
		struct identity_segment *segment = vec_add(&identities->segments);
		if (!segment)
			return &error_no_memory;
		*segment = (struct identity_segment){high, identities->n};
	}
	identities->low[identities->n] = (uint32_t)place;
	identities->guard[identities->n++] = guard;
	return NULL;
}

static uint32_t count_bits(const uint64_t *set, uint32_t n)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < n; i++)
		count += bits_get(set, i);
	return count;
}

struct error *identities_init(
	struct identities *identities, const struct snapshot *snapshot, const uint64_t *set)
{
	struct guards guards;
	size_t n = set ? count_bits(set, snapshot->n_objects) : snapshot->n_objects;
	*identities = (struct identities){
		.low = malloc((n + 1) * sizeof(uint32_t)),
		.guard = malloc((n + 1) * sizeof(uint32_t)),
	};
	struct error *error = guards_init(&guards, snapshot);
	if (!error && (!identities->low || !identities->guard))
		error = &error_no_memory;
	for (obj_id i = 0; !error && i < snapshot->n_objects; i++)
		if (!set || bits_get(set, i))
			error = add(identities, place_of(snapshot, i), guard_of(&guards, i));
	free(guards.of_type);
	if (error)
		identities_deinit(identities);
	return error;
}

void identities_deinit(struct identities *identities)
{
	free(identities->low);
	free(identities->guard);
	vec_deinit(&identities->segments);
	*identities = (struct identities){0};
}

/* Goes through the identities in order of their addresses. */
struct cursor {
	const struct identities *identities;
	uint32_t at;
	size_t segment; /* that `at` is in, once it began */
};

static bool cursor_get(struct cursor *cursor, uint64_t *ret)
{
	const struct identities *identities = cursor->identities;
	if (cursor->at >= identities->n)
		return false;
	while (cursor->segment + 1 < identities->segments.n &&
		identities->segments.data[cursor->segment + 1].begin <= cursor->at)
		cursor->segment++;
	*ret = (uint64_t)identities->segments.data[cursor->segment].high << 32 |
	       identities->low[cursor->at];
	return true;
}

struct error *identities_find(
	const struct identities *identities, const struct snapshot *snapshot, uint64_t *set_ret)
{
	struct guards guards;
	struct error *error = guards_init(&guards, snapshot);
	if (error)
		return error;
	struct cursor cursor = {.identities = identities};
	uint64_t place;
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		while (cursor_get(&cursor, &place) && place < place_of(snapshot, i))
			cursor.at++;
		if (cursor.at >= identities->n)
			break;
		if (place == place_of(snapshot, i) &&
			is_same(identities->guard[cursor.at], guard_of(&guards, i)))
			bits_set(set_ret, i);
	}
	free(guards.of_type);
	return NULL;
}
