/*
 * Which stack allocated the objects of a traced process, and what they consist
 * of: snapshot->site and part_sites. Nothing of all this costs anything in a
 * process that is not traced.
 */
#ifndef WHYMEM_HEAP_SITES_H
#define WHYMEM_HEAP_SITES_H

#include "heap/state.h"

/* Reads the trace of a traced process into the snapshot; without one there are no sites. */
struct error *sites_begin(struct heap *heap);

/* The site of the object in hand, whose block is `block` (NULL: it has none). */
void sites_note_object(struct walk *walk, const struct block *block);

/* The site of the block that starts at `start`; 0: nobody knows. */
uint32_t sites_of_block(const struct heap *heap, struct tag_cursor *cursor, addr_t start);

/* A part of the object in hand. */
void sites_note_part(struct walk *walk, const struct block *block);

struct site_row {
	obj_id object;
	uint32_t site;
	uint64_t n_bytes;
	bool is_native;
};

/* Rows of part_sites that are found when all objects were walked. */
struct late_sites {
	VEC(struct site_row) rows;
};

/* Memory at `start` that belongs to an object; `row` without its site. */
struct error *sites_add_late(
	struct late_sites *late, const struct heap *heap, addr_t start, const struct site_row *row);

/* Fills snapshot->part_sites from what the walks and `late`, which is put in order, have. */
struct error *sites_join(
	struct heap *heap, const struct walk *walks, unsigned n_walks, struct late_sites *late);

#endif
