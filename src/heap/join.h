/*
 * What the workers brought home becomes the columns of the snapshot. Columns
 * are moved piece by piece, so that no moment holds them twice.
 */
#ifndef WHYMEM_HEAP_JOIN_H
#define WHYMEM_HEAP_JOIN_H

#include "heap/native.h"
#include "heap/reach.h"
#include "heap/roots.h"
#include "heap/sites.h"

/* Edges of objects, then of roots. `start` is snapshot->edge_start as a column. */
struct error *join_edges(struct heap *heap, struct column *start, struct walk *walks,
	unsigned n_walks, struct roots *roots, struct column *to, struct column *kind,
	struct column *operand);

/* Puts edges that were found late behind those of their nodes. */
struct error *join_native_edges(struct heap *heap, struct column *start,
	const struct native_edges *late, struct column *to, struct column *kind,
	struct column *operand);

/* One more node, last of all: what C code holds. Nothing when that is nothing. */
struct error *join_held(struct heap *heap, struct column *start, const struct held_objects *held,
	struct column *to, struct column *kind, struct column *operand);

/* Parts that several objects name go to the lowest id. */
struct error *join_shared_parts(
	struct heap *heap, const struct walk *walks, unsigned n_walks, struct late_sites *late);

struct error *join_facts(struct heap *heap, const struct walk *walks, unsigned n_walks,
	const struct held_objects *held);
struct error *join_texts(struct heap *heap, const struct walk *walks, unsigned n_walks);
struct error *join_types(struct heap *heap);

#endif
