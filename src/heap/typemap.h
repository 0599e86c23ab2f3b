/*
 * The type objects of a target: found once, understood once, then looked up by
 * address without locks.
 *
 *	typemap_discover()   which addresses are types, and what tells an instance
 *	                     from other memory (prefix, size); then typemap_name()
 *	typemap_resolve()    slots and walkers; needs the ids of objects
 *
 * Types lie in the data of ELF modules (static types) and in blocks of malloc
 * (heap types: larger than what pymalloc serves). So the complete set is known
 * before the first block is classified, and any other word is no type.
 */
#ifndef WHYMEM_HEAP_TYPEMAP_H
#define WHYMEM_HEAP_TYPEMAP_H

#include "base/vec.h"
#include "heap/statics.h"
#include "heap/walk.h"

struct heap;

/* How the size of an instance is told. */
enum shape {
	SHAPE_FIXED,
	SHAPE_ITEMS, /* ob_size items behind tp_basicsize */
	SHAPE_OPEN,  /* at least tp_basicsize; what follows is not told by the object */
	SHAPE_INT,
	SHAPE_STR,
};

struct type_entry {
	struct type_info info; /* first: walkers get a pointer to it */
	enum shape shape;
	bool is_tight;   /* an instance fills its block: no hidden items */
	bool is_private; /* instances are read by nobody but their own walker */
	bool is_code;
	bool is_static_builtin;
	uint32_t inline_bytes;      /* inline values behind an instance */
	uint32_t optional_bytes;    /* of tp_basicsize that an instance may be made without */
	uint32_t n_sequence_fields; /* of a struct sequence, hidden ones included; else 0 */
	addr_t metatype;
	addr_t tp_dict, tp_subclasses; /* wherever this version keeps them */
	obj_id object;                 /* the type object's own id */
	obj_id *key_ids;               /* names of the shared keys */
	uint32_t n_keys;
	uint32_t scan_begin, scan_end; /* C fields that no walker knows */
	uint32_t weaklist_offset;
};

struct typemap {
	uint64_t *filter;          /* a bit for each 64 KiB of address space: holds a type? */
	struct type_entry **slots; /* open addressing */
	size_t n_slots;
	VEC(struct type_entry *) all; /* by address once discovered; the index is the type_id */
	addr_t *keys;                 /* key tables that types own: open addressing */
	size_t n_keys_slots;
	addr_t subtype_dealloc; /* tp_dealloc of classes made by a class statement */
};

#define TYPEMAP_FILTER_BITS 16

static inline size_t typemap_slot(const struct typemap *map, addr_t address)
{
	return (address >> 3) * 0x9e3779b97f4a7c15u >> 24 & (map->n_slots - 1);
}

/* The type at `address`, or NULL. */
static inline struct type_entry *typemap_find(const struct typemap *map, addr_t address)
{
	if (address >> MEM_ADDRESS_BITS)
		return NULL;
	uint64_t granule = address >> TYPEMAP_FILTER_BITS;
	if (!(map->filter[granule / 64] >> granule % 64 & 1))
		return NULL;
	for (size_t i = typemap_slot(map, address);; i = (i + 1) & (map->n_slots - 1)) {
		struct type_entry *entry = map->slots[i];
		if (!entry || entry->info.address == address)
			return entry;
	}
}

/* Is the key table at `keys` the shared keys of some type? */
bool typemap_owns_keys(const struct typemap *map, addr_t keys);

struct error *typemap_init(struct typemap *map);
void typemap_deinit(struct typemap *map);

/* heap->blocks, statics and strays are known. */
struct error *typemap_discover(struct typemap *map, const struct heap *heap);

/* Names, bases and dicts. */
struct error *typemap_name(struct typemap *map, const struct cpython *cpython);

/* Fills in the rest of every type; `ids` must be sealed. */
struct error *typemap_resolve(struct typemap *map, const struct cpython *cpython,
	const struct idset *ids, struct strpool *strings);

/*
 * Bytes that the object at `object` needs in memory, counted from `object`;
 * false when its fields are implausible.
 */
bool typemap_instance_bytes(const struct cpython *cpython, const struct type_entry *entry,
	addr_t object, uint64_t *ret);

#endif
