/*
 * Heaps described in code: a snapshot for tests, without a target.
 *
 *	struct build *build = build_create();
 *	struct module app = build_module(build, "app", "/srv/app.py");
 *	uint32_t cache = build_object(build, build_type(build, "builtins", "dict"), 64);
 *	build_key(build, app.dict, "CACHE", cache);
 *	struct snapshot *snapshot = build_finish(build);
 *
 * Nodes are handles until build_finish(), which keeps those of objects. Memory
 * that runs out ends the test.
 */
#ifndef WHYMEM_TESTS_BUILD_H
#define WHYMEM_TESTS_BUILD_H

#include "snap/snapshot.h"

struct build;

struct module {
	uint32_t holder, object, dict;
};

struct build *build_create(void);

/* Consumes `build`; the snapshot passes snapshot_check(). */
struct snapshot *build_finish(struct build *build);

/* The type of that name, made when new; its type object with it. */
type_id build_type(struct build *build, const char *module, const char *name);
uint32_t build_type_object(struct build *build, type_id type);

uint32_t build_object(struct build *build, type_id type, uint32_t n_bytes);

/* A list, a dict, ... of builtins. */
uint32_t build_builtin(struct build *build, const char *type, uint32_t n_bytes);

/* The str object of an interned identifier, one a text. */
uint32_t build_str(struct build *build, const char *text);

/* A holder, which is a root. */
uint32_t build_holder(struct build *build, enum node_kind kind, const char *name, const char *file,
	uint32_t line);

/* An entry of sys.modules with its module object and namespace. */
struct module build_module(struct build *build, const char *name, const char *file);

/* An object of a class with a __dict__; the dict is dict_of(). */
uint32_t build_instance(struct build *build, type_id type, uint32_t n_bytes);
uint32_t build_dict_of(struct build *build, uint32_t object);

void build_edge(
	struct build *build, uint32_t from, enum edge_kind kind, uint32_t operand, uint32_t to);

/* EDGE_KEY, EDGE_ATTR, EDGE_LOCAL, EDGE_CELL; the name may be NULL (hidden). */
void build_named(
	struct build *build, uint32_t from, enum edge_kind kind, const char *name, uint32_t to);

/* EDGE_ATTR_STATIC, EDGE_FIELD, EDGE_MEMBER. */
void build_field(
	struct build *build, uint32_t from, enum edge_kind kind, const char *name, uint32_t to);

void build_key(struct build *build, uint32_t from, const char *name, uint32_t to);
void build_fact(struct build *build, uint32_t object, enum fact_id fact, uint64_t value);
void build_flags(struct build *build, uint32_t object, uint8_t flags);
void build_figure(struct build *build, const char *name, uint64_t value);
void build_pin(struct build *build, uint32_t object, uint64_t n_bytes);

/* Resident bytes of a part of the account other than objects. */
void build_part(struct build *build, enum part part, uint64_t n_bytes);

str_id build_string(struct build *build, const char *text);

#endif
