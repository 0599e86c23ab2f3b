/*
 * What keeps objects alive, as synthetic nodes: modules, running frames,
 * threads, interpreters, the data of C libraries.
 *
 * Runs before the objects are walked: it reads all over the image.
 */
#ifndef WHYMEM_HEAP_ROOTS_H
#define WHYMEM_HEAP_ROOTS_H

#include "heap/state.h"

struct roots {
	struct walk walk;     /* edges of the nodes, in order of the nodes */
	struct column starts; /* uint64_t: where each node's edges begin */
};

/* Fields of a C struct that hold objects, by name. */
struct named_field {
	const char *name;
	uint32_t at; /* where in struct layout its offset stands */
};

#define NAMED(s, member)                                                                           \
	{                                                                                          \
#member, offsetof(struct layout, s.member)                                         \
	}

void roots_walk_named(
	struct walk *walk, addr_t address, const struct named_field *fields, size_t n);

/* A node whose edges follow; *ret is borrowed until the next one. */
struct error *roots_add_node(
	struct roots *roots, enum node_kind kind, const char *name, struct snap_node **ret);

/* The nodes of interpreters and of the data of programs (rootdata.c). */
struct error *roots_walk_data(struct roots *roots);

/* Tables of interned strings: their references are not counted. */
struct error *roots_find_interned(struct heap *heap);

struct error *roots_walk(struct heap *heap, struct roots *ret);
void roots_deinit(struct roots *roots);

#endif
