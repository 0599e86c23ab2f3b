/* What the files of this room share. */
#ifndef WHYMEM_NAMES_INT_H
#define WHYMEM_NAMES_INT_H

#include "graph/bits.h"
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
	struct {
		uint32_t *data;
		size_t n, capacity;
	} roots;
	struct {
		uint32_t *data;
		size_t n, capacity;
	} costs;
	struct {
		struct module_entry *data;
		size_t n, capacity;
	} modules; /* by object */
	struct {
		struct module_entry *data;
		size_t n, capacity;
	} namespaces;           /* by object */
	uint64_t *type_objects; /* object << 32 | type_id, sorted */
	size_t n_type_objects;
	uint64_t *special;  /* a bit a node: a module, a namespace or a type */
	struct text stdlib; /* folder of the standard library with its slash */
};

/* The NODE_MODULE of a module object or of a namespace, or OBJ_NONE. */
uint32_t module_of_object(const struct names *names, uint32_t object);
uint32_t module_of_namespace(const struct names *names, uint32_t object);

/*
 * The module that a frame runs in, or NULL; `is_named_ret` tells whether the
 * name of the frame begins with it.
 */
const char *module_of_frame(const struct names *names, uint32_t frame, bool *is_named_ret);

/* The type whose type object `node` is, or TYPE_NONE. */
type_id type_of_object(const struct names *names, uint32_t node);

/* The variable of a cell of a function's closure, or NULL when it is hidden. */
const char *closure_name(
	const struct snapshot *snapshot, uint32_t function, uint32_t cells, uint32_t index);

/* Text of a root that stands alone, such as a module or a frame. */
void root_render(const struct names *names, uint32_t root, struct text *text);

#endif
