/*
 * Garbage by the types that make its cycles.
 *
 * All garbage hangs on seeds: groups of objects that reach each other and that
 * nothing outside reaches. An object counts for the first seed that leads to it.
 */
#ifndef WHYMEM_ISLANDS_H
#define WHYMEM_ISLANDS_H

#include "analysis/origins.h"

/* What hangs on seeds whose cycles are of the same types. */
struct island {
	uint64_t signature; /* of the types in its cycle */
	uint32_t number;    /* of the first cycle */
	uint64_t count, n_bytes, resident_bytes;
	uint32_t seed;                /* the first one */
	uint32_t first_type, n_types; /* in `types` */
	struct origin origin;         /* where most of it was allocated */
};

struct islands {
	struct island *data; /* one a signature, by bytes */
	size_t n, capacity;
	VEC(type_id) types; /* of the cycle of each seed, sorted */
	uint64_t n_cycles;
};

struct error *islands_init(struct islands *islands, struct analysis *analysis);
void islands_deinit(struct islands *islands);

/* The names of an island's types, in order of the alphabet; few of them. */
void island_render_types(const struct islands *islands, const struct snapshot *snapshot,
	const struct island *island, struct text *text);

#endif
