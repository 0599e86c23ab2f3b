/*
 * Groups of suspects: the objects of some types, or with some fact, that a rule
 * looks closer at; and what rules tell about such a group at one of its places.
 */
#ifndef WHYMEM_FINDINGS_GATHER_H
#define WHYMEM_FINDINGS_GATHER_H

#include "findings/rule.h"

/* Fewer than this may well be what a program works with. */
#define MANY_OBJECTS 10

/* Is it one of those? NULL: all are. */
typedef bool (*suspect_fn)(const struct inquiry *inquiry, obj_id object, void *arg);

struct type_name {
	const char *module, *name;
};

/* Adds the live objects of those types, and of types that derive from them. */
struct error *gather_types(const struct inquiry *inquiry, const struct type_name *types, size_t n,
	suspect_fn is_suspect, void *arg, struct group *group);

/* Adds the live objects with that fact. */
struct error *gather_facts(const struct inquiry *inquiry, enum fact_id fact, suspect_fn is_suspect,
	void *arg, struct group *group);

/* Suspects a group when it is large enough to speak of; takes it over in any case. */
struct error *suspect_gathered(
	struct inquiry *inquiry, const struct rule *rule, struct group *group, struct error *error);

/* Replaces each member by the element of a container that it is a part of, once. */
struct error *raise_to_elements(const struct inquiry *inquiry, struct group *group);

/* Do the members at this place hold enough, and are they not what a running function uses? */
bool is_kept(const struct inquiry *inquiry, const struct suspicion *suspicion,
	const struct finding *finding);

/* The saving: what the members at this place hold. */
void finding_save_members(const struct suspicion *suspicion, struct finding *finding);

/* Does `above` dominate `node`, not far from it? */
bool is_below(const struct analysis *analysis, uint32_t node, uint32_t above);

/* An attribute that is True, or an int other than 0. */
bool is_set(const struct snapshot *snapshot, uint32_t node, const char *name);

/* The text of an attribute that is an identifier, or NULL. */
const char *text_attribute(const struct snapshot *snapshot, uint32_t node, const char *name);

/* Frames and what runs them: */

/* The local variable that holds most, in what its frame keeps alive by itself. */
struct local {
	const char *name; /* NULL: hidden, or none */
	uint32_t value;   /* OBJ_NONE: none */
	uint64_t n_bytes;
};

struct local largest_local(const struct analysis *analysis, uint32_t frame);

/* The code of a frame, generator, coroutine or function, or OBJ_NONE. */
uint32_t code_of(const struct snapshot *snapshot, uint32_t node);

/* Its qualified name, or NULL when it is hidden. */
const char *code_name(const struct snapshot *snapshot, uint32_t code);

/* Adds file and line of a code as evidence. */
void set_code_evidence(const struct snapshot *snapshot, uint32_t code, struct finding *finding);

/* Adds `local`, `local_type` and `local_bytes` as evidence. */
void set_local_evidence(
	const struct snapshot *snapshot, const struct local *local, struct finding *finding);

#endif
