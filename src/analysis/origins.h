/*
 * Where objects were allocated, in a process that a tracer followed: bytes by
 * the line that allocated them.
 *
 * A line is a file and a number: of the frames that have both, the first stands
 * for all. A stack is told by its innermost line, or by that which a user can
 * change: the innermost of the application, without one of an installed
 * package, without one of the standard library.
 */
#ifndef WHYMEM_ORIGINS_H
#define WHYMEM_ORIGINS_H

#include "analysis/account.h"
#include "analysis/analysis.h"
#include "base/keymap.h"

/* Not counted, without a Python frame, or without a place in the tracer's table. */
#define ORIGIN_UNKNOWN UINT32_MAX
#define LINE_UNKNOWN "not known" /* what stands for it as a name */

/* Lines are rows of trace_frames. */
struct origins {
	uint32_t *line; /* by site (row of trace_nodes) */
	uint32_t *call; /* by site: the line that a user can change */
};

/* Computes analysis->origins once. Nothing of it is there without `is_traced`. */
struct error *analysis_origins(struct analysis *analysis);
void origins_destroy(struct origins *origins);

static inline bool is_traced(const struct snapshot *snapshot)
{
	return snapshot->n_sites;
}

/* A part of the bytes of an object that was allocated in one go. */
struct origin_piece {
	uint32_t site;
	uint64_t n_bytes;
	bool is_native;
};

/* The pieces of objects, which add up to what each weighs; best asked for in rising order. */
struct origin_cursor {
	const struct analysis *analysis;
	obj_id object;
	uint32_t row;                   /* of part_sites: the next */
	uint64_t own_left, native_left; /* of it, which its own stack allocated */
};

/* Starts with {analysis}. */
void origin_cursor_open(struct origin_cursor *cursor, obj_id object);
bool origin_next(struct origin_cursor *cursor, struct origin_piece *ret);

/* The line with the most bytes of something; ORIGIN_UNKNOWN and 0 when none is known. */
struct origin {
	uint32_t line;
	uint64_t n_bytes;
};

/* Bytes of lines that a user can change, for several sets of objects at once. */
struct origin_sum {
	uint32_t of, line;
	uint64_t n_bytes;
};

struct origin_sums {
	struct keymap map;
	VEC(struct origin_sum) rows;
};

/* Adds an object to set `of`; needs dominators and origins. False without memory. */
bool origin_sums_add_object(
	struct origin_sums *sums, uint32_t of, struct origin_cursor *cursor, obj_id object);
bool origin_sums_add(struct origin_sums *sums, uint32_t of, uint32_t line, uint64_t n_bytes);

/* Of each of `n` sets. */
void origin_sums_largest(const struct origin_sums *sums, size_t n, struct origin *ret);
void origin_sums_deinit(struct origin_sums *sums);

/*
 * Of what each of `n` nodes retains, nodes within another of them included; only
 * objects of `set` (a bit a node) count, unless that is NULL.
 */
struct error *origins_of_retained(struct analysis *analysis, const uint32_t *nodes, size_t n,
	const uint64_t *set, struct origin *ret);

/* Of what the first `n` holders hold: of a group its members, of others all that they retain. */
struct error *origins_of_holders(struct analysis *analysis, const struct holders *holders, size_t n,
	const uint64_t *set, struct origin *ret);

/* Of the objects themselves. */
struct error *origins_of_objects(
	struct analysis *analysis, const struct obj_ids *objects, struct origin *ret);

/* Of the objects of a set (a bit a node). */
struct error *origins_of_set(struct analysis *analysis, const uint64_t *set, struct origin *ret);

/* Of the largest of the item arrays, key tables or values of an object: who made it grow last. */
struct error *origins_of_room(struct analysis *analysis, uint32_t node, struct origin *ret);

#endif
