/* What the files of this room share. */
#ifndef WHYMEM_NAMES_INT_H
#define WHYMEM_NAMES_INT_H

#include "names/names.h"

/* A module that is a root, by its object or by its namespace. */
struct module_entry {
	uint32_t object;
	uint32_t node; /* NODE_MODULE */
};

enum tier { TIER_APPLICATION, TIER_SITE, TIER_STDLIB };

struct names {
	const struct snapshot *snapshot;
	const struct graph *graph;
	struct { uint32_t *data; size_t n, capacity; } roots;
	struct { uint32_t *data; size_t n, capacity; } costs;
	struct { struct module_entry *data; size_t n, capacity; } modules;    /* by object */
	struct { struct module_entry *data; size_t n, capacity; } namespaces; /* by object */
	uint64_t *type_objects; /* object << 32 | type_id, sorted */
	size_t n_type_objects;
	uint64_t *special; /* a bit a node: a module, a namespace or a type */
	struct text stdlib; /* folder of the standard library with its slash */
};

static inline bool bit_get(const uint64_t *bits, uint32_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

static inline void bit_set(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= 1ull << i % 64;
}

/* The NODE_MODULE of a module object or of a namespace, or OBJ_NONE. */
uint32_t module_of_object(const struct names *names, uint32_t object);
uint32_t module_of_namespace(const struct names *names, uint32_t object);

/* The module that the code of a frame belongs to, or NULL. */
const char *module_of_frame(const struct names *names, uint32_t frame);

/* The type whose type object `node` is, or TYPE_NONE. */
type_id type_of_object(const struct names *names, uint32_t node);

/* Text of a root that stands alone, such as a module or a frame. */
void root_render(const struct names *names, uint32_t root, struct text *text);

#endif
