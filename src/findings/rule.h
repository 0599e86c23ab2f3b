/*
 * What a rule is made of. To add one: a file in this folder with a `struct rule`,
 * a line in rules.c, a case in tests/e2e/test_findings.py with its corrected twin.
 *
 * A rule works in two steps. find() raises suspicions: about one object, about a
 * group of objects, or about no object at all. Then all suspects get their paths
 * in one search, groups are split by the containers that hold them, and judge()
 * decides about each place: it fills summary, saving, advice and evidence, or says no.
 *
 *	static struct error *find(const struct rule *rule, struct inquiry *inquiry)
 *	{
 *		struct group tasks = {.type = TYPE_NONE};
 *		... vec_add(&tasks.members) ...
 *		return inquiry_suspect_group(inquiry, rule, &tasks);
 *	}
 *
 *	static bool judge(const struct inquiry *inquiry, const struct suspicion *suspicion,
 *		struct finding *finding)
 *	{
 *		if (!is_worth(inquiry, finding->retained_bytes))
 *			return false;
 *		finding->saving_bytes = suspicion->placement.resident_bytes;
 *		finding->saving_method = SAVING_COUNTED;
 *		finding_describe(finding, "%" PRIu64 " finished tasks with their results",
 *			suspicion->placement.count);
 *		finding_advise(finding, "Discard each task when it is done.");
 *		row_set_u64(finding->evidence, "task_count", suspicion->placement.count);
 *		return true;
 *	}
 */
#ifndef WHYMEM_RULE_H
#define WHYMEM_RULE_H

#include "analysis/groups.h"
#include "findings/findings.h"

#include <inttypes.h>

struct inquiry;
struct suspicion;

struct rule {
	const char *id;    /* stable, snake_case */
	const char *title; /* what it finds, for `advice --list` */
	/* It says who keeps memory, not how memory is laid out: of several such
	 * findings about the same memory the first in the order of rules stays. */
	bool is_retention;
	/* The path of a finding about a group leads to its members, not to their container. */
	bool names_members;
	/* NULL: another rule of the same file raises its suspicions. */
	struct error *(*find)(const struct rule *rule, struct inquiry *inquiry);
	bool (*judge)(const struct inquiry *inquiry, const struct suspicion *suspicion,
		struct finding *finding);
};

/* ---- inquiry ---- */

struct suspicion {
	const struct rule *rule;
	uint32_t node;              /* the object, or GRAPH_ROOT: a group, or nobody */
	struct group group;         /* moved here; `members` is empty when it is about one object */
	struct placement placement; /* while a place of a group is judged */
	uint64_t arg;               /* the rule's own */
};

struct inquiry {
	struct analysis *analysis;
	const struct snapshot *snapshot;
	const struct account *account;
	const struct holders *holders;
	struct {
		struct suspicion *data;
		size_t n, capacity;
	} suspicions;
	struct findings *findings;
	struct waste
		*waste; /* what rules about representation share (waste.h); NULL until asked for */
};

/* Suspicions that wait for their paths. `arg` is handed back to judge(). */
struct error *inquiry_suspect(
	struct inquiry *inquiry, const struct rule *rule, uint32_t node, uint64_t arg);
/* Takes the group's members and weights over, also on failure. An empty one is nothing. */
struct error *inquiry_suspect_group(
	struct inquiry *inquiry, const struct rule *rule, struct group *group, uint64_t arg);
/* About what stands in an object: judge() finds the count and the weight in `placement`. */
struct error *inquiry_suspect_spot(struct inquiry *inquiry, const struct rule *rule, uint32_t node,
	uint64_t count, uint64_t weight, uint64_t arg);
/* About an allocator or a mapping: judged without a path. */
struct error *inquiry_suspect_nobody(
	struct inquiry *inquiry, const struct rule *rule, uint64_t arg);

/* Is an amount large enough to speak of: 1 MiB and 1 % of the memory? */
bool is_worth(const struct inquiry *inquiry, uint64_t n_bytes);

/* What it is, in a phrase without a full stop (printf-like). */
void finding_describe(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The sentence of advice (printf-like). */
void finding_advise(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* What stands for the type of the node (printf-like). */
void finding_set_type(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- kinds.c: which type is it ---- */

/* A bit a type of the snapshot. */
typedef uint64_t *type_set;

/* Adds the types called module.name and all that derive from them; `module` NULL: any. */
bool types_add(const struct snapshot *snapshot, const char *module, const char *name, type_set set);

/* An empty set, NULL without memory; freed with free(). */
type_set types_create(const struct snapshot *snapshot);

/* Calls visit(arg, object) for each live object whose type is in the set; stops at an error. */
struct error *for_each_of(const struct inquiry *inquiry, const uint64_t *set,
	struct error *(*visit)(void *arg, obj_id object), void *arg);

/* module.name of the object's own type? */
bool is_of(const struct snapshot *snapshot, uint32_t node, const char *module, const char *name);

/* ---- inspect.c: what stands in an object ---- */

/* The value of attribute `name`: in a slot, a member, inline values or the __dict__; OBJ_NONE. */
uint32_t attribute_of(const struct snapshot *snapshot, uint32_t node, const char *name);

/* Where the first edge of that kind leads, or OBJ_NONE. */
uint32_t first_edge(const struct snapshot *snapshot, uint32_t node, enum edge_kind kind);

/* The number in an int or bool that fits in 31 bits; false when it is not one. */
bool int_of(const struct snapshot *snapshot, uint32_t node, int64_t *ret);

/* The __dict__ of an object, or the object itself when it has none. */
uint32_t namespace_of(const struct snapshot *snapshot, uint32_t node);

#endif
