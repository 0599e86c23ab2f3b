/*
 * Places: what frames are when told apart by line, function, module or file.
 * And whose code they are, by the folder of their file: the application's,
 * that of an installed package, or the standard library's.
 *
 * A file does not say which module it is. Installed ones are named from where
 * packages lie; a file of the application from its folders for as long as the
 * trace knows an __init__.py in them.
 */
#ifndef WHYMEM_PLACES_H
#define WHYMEM_PLACES_H

#include "snap/snapshot.h"

enum trace_by {
	TRACE_BY_LINE,
	TRACE_BY_FUNCTION,
	TRACE_BY_MODULE,
	TRACE_BY_FILE,
	TRACE_BY_THREAD,
	TRACE_BY_COUNT,
};

/* "line", "function" ... */
const char *trace_by_name(enum trace_by by);

/* False when `name` is none of them. */
bool trace_by_find(const char *name, enum trace_by *ret);

/* The lower, the sooner a user can change it. */
enum trace_owner {
	TRACE_OWNER_APPLICATION,
	TRACE_OWNER_PACKAGE,
	TRACE_OWNER_LIBRARY, /* the standard one */
	TRACE_OWNER_NONE,    /* no Python */
};

enum trace_owner trace_owner_of(const struct snap_trace_frame *frame, const char *file);

struct trace_places {
	uint32_t *of_frame;   /* place of each frame */
	uint8_t *owner;       /* enum trace_owner of each frame */
	bool *is_import;      /* of each frame: it is the machinery of `import` */
	VEC(uint32_t) frames; /* by place: a frame of it */
	str_id *module;       /* of each frame, in the pool below */
	struct strpool modules;
};

/* By thread: as by line. */
struct error *trace_places_init(
	struct trace_places *places, const struct snapshot *snapshot, enum trace_by by);
void trace_places_deinit(struct trace_places *places);

/* The module of a frame; "" when it has none. Borrowed. */
static inline const char *trace_module(const struct trace_places *places, uint32_t frame)
{
	return strpool_get(&places->modules, places->module[frame]);
}

#endif
