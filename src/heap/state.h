/*
 * The state of one walk over a heap, shared by the files of this room; walkers
 * of types see walk.h only.
 */
#ifndef WHYMEM_HEAP_STATE_H
#define WHYMEM_HEAP_STATE_H

#include "base/column.h"
#include "base/workers.h"
#include "heap/pending.h"
#include "heap/statics.h"
#include "heap/tags.h"
#include "heap/typemap.h"

#include <pthread.h>

struct addr_range {
	addr_t begin, end;
};

/* The str object that names a source file, and its text. */
struct file_name {
	addr_t str;
	str_id id;
};

struct heap {
	struct capture *capture;
	const struct cpython *cpython;
	const struct mem *mem;
	struct blocks *blocks;
	struct snapshot *snapshot;
	struct statics statics;
	struct tags tags; /* of a traced process */
	struct typemap types;
	struct pending pending;
	struct idset ids;
	VEC(struct addr_range) strays; /* memory of allocators that are not walked, by address */
	VEC(addr_t) codes;             /* code objects */
	VEC(struct file_name) files;   /* of code objects, by address */
	addr_t cell_type;
	VEC(addr_t) interned_tables; /* dicts whose references are not counted */
	uint32_t *units,
		*sizes; /* by object while it is walked: blocks in 16 bytes, sys.getsizeof() */
	uint16_t *references;         /* reference counts by object, saturating; 0: immortal */
	pthread_mutex_t strings_lock; /* of snapshot->strings, while workers run */
	uint8_t rest_generation;      /* of tracked objects that gclists_read() did not meet */
	bool has_swap;                /* small blocks may lie in pages that are not resident */
	unsigned n_workers;
};

/* Memory of an object whose size the object knows. */
struct native_range {
	obj_id object;
	addr_t begin, end;
};

/* What one worker brought home; ranges of ids are joined in order. */
struct harvest {
	struct column to, kind, operand; /* edges */
	struct column fact_id, fact_object, fact_value;
	struct column native_object, native_block; /* pairs: an owner and what it reaches */
	VEC(struct native_range) native_ranges;
	struct column shared_object, shared_block; /* parts that several objects name */
	struct column text_object, text;
	struct column site_object, site, site_bytes; /* as snapshot->part_sites */
};

/* In a native block's low bits: what it reaches belongs, too; named by a known field, or a word
 * of an unknown layout. */
#define NATIVE_TREE 1
#define NATIVE_GUESS 2
#define NATIVE_BITS (NATIVE_TREE | NATIVE_GUESS)

/* An edge whose look-ups are under way. */
struct pending_edge {
	addr_t target; /* or 0: `node` is the target */
	addr_t name;   /* a str object that is the operand, or 0: `operand` is it */
	uint32_t operand;
	obj_id node;
	uint64_t *start; /* of an EDGE_BOUNDARY */
	uint8_t kind;
};

/* In the operand of an EDGE_STACK: nobody knows whether the slot is in use. */
#define STACK_DOUBTFUL (1u << 31)

#define WALK_RING 64
#define EDGE_BOUNDARY 255 /* no edge: the edges of the next node begin here */

#define FIELD_NAMES 512

struct field_name {
	const char *text; /* a literal: compared by address */
	str_id id;
};

struct walk {
	struct heap *heap;
	const struct type_entry *type;
	addr_t object;
	obj_id self;
	uint64_t units;          /* of the object's blocks, 16 bytes each */
	uint64_t missing_bytes;  /* of these, not resident */
	bool is_full;            /* a column is, or memory ran out */
	VEC(struct block) parts; /* of the object; read until its walker returns */
	addr_t pool;             /* of the last object's block; its blocks have the same size */
	struct block pool_block;
	addr_t done_chunk; /* blocks that are done in this chunk and not yet booked */
	uint32_t done_n;
	uint32_t site; /* of the object */
	struct tag_cursor tags;
	struct harvest harvest;
	unsigned ring_first, ring_n;
	struct pending_edge ring[WALK_RING];
	struct field_name field_names[FIELD_NAMES];
};

/* Columns ask for huge pages by default; takes that back where it would cost too much memory. */
void heap_tell_pages(const struct heap *heap, void *column, size_t n_bytes);

/*
 * Huge pages for a column that is complete: the image is gone by then, and the
 * graph is walked at random.
 */
void heap_make_huge(void *column, size_t n_bytes);

struct error *walk_init(struct walk *walk, struct heap *heap);
void walk_deinit(struct walk *walk);

/* The edges that follow belong to the next node; *start is where they begin. */
void walk_boundary(struct walk *walk, uint64_t *start);

/* Completes all look-ups and bookings. */
struct error *walk_flush(struct walk *walk);

/* Walks object number `self` completely and fills in its row. */
void walk_object(struct walk *walk, obj_id self, addr_t object);

/* An edge to a node that is known already. */
void walk_edge_to(struct walk *walk, enum edge_kind kind, uint32_t operand, obj_id target);

/* A part that other objects share (key tables); it goes to the lowest id that names it. */
void walk_shared_part(struct walk *walk, addr_t block);

/* Counts a block to the object: its size, and what of it is not resident. */
void walk_book(struct walk *walk, const struct block *block);

/* The block is read no more. */
void walk_done(struct walk *walk, const struct block *block);

/* The id of a string literal, whatever it is used for. */
str_id walk_literal(struct walk *walk, const char *literal);

void walk_text(struct walk *walk, obj_id object, const char *text);

/*
 * Is the object, whose own type is `type`, a type without a GC head in front: a
 * static one, also where a library made it in a block of malloc (numpy's dtypes)?
 */
static inline bool heap_is_bare_type(
	const struct heap *heap, const struct type_info *type, addr_t object)
{
	const struct type_entry *self = type->tp_flags >> 31 & 1 /* Py_TPFLAGS_TYPE_SUBCLASS */
						? typemap_find(&heap->types, object)
						: NULL;
	return self && !(self->info.flags & TYPE_HEAP);
}

/* An object outside of walked blocks; idset_reserve() was called. */
struct error *heap_add_object(struct heap *heap, const struct type_entry *entry, addr_t object);

/* The text of the str object `file` that some code object names as its file. */
bool heap_file_name(const struct heap *heap, addr_t file, str_id *ret);

/* The block whose user sees it start at `start`, behind the header of debug hooks if any. */
bool heap_find_block(const struct heap *heap, addr_t start, struct block *ret);

/*
 * The block that a pointer of a C library refers to: besides starts, any place
 * inside a malloc block, since libraries put headers of their own in front of
 * what they hand out (SQLite) and keep pointers into the middle (OpenSSL). Below
 * 4 GiB, where the heap of a program that is not position-independent lies, a
 * number of 32 bits can look like such a place: of large blocks only starts are
 * believed there.
 */
bool heap_find_pointee(const struct heap *heap, addr_t pointer, struct block *ret);

#endif
