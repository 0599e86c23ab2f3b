/*
 * The account of a capture as a tree of parts that add up, and who holds the
 * memory.
 */
#ifndef WHYMEM_ACCOUNT_H
#define WHYMEM_ACCOUNT_H

#include "analysis/analysis.h"

struct account_part {
	const char *name; /* dotted; static */
	uint64_t n_bytes;
};

/* Leaves of PARTS with objects split in two, and the parents of all: at most this many. */
#define ACCOUNT_MAX (PART_COUNT + 8)

struct account {
	struct account_part parts[ACCOUNT_MAX]; /* parents before children, siblings by bytes */
	size_t n;
};

/* Needs dominators: garbage is known from them. */
void account_init(struct account *account, const struct analysis *analysis);

/* Bytes of a part that must exist. */
uint64_t account_get(const struct account *account, const char *name);

/* ---- holders.c ---- */

/* A place that holds memory: one object, or many of one type behind one container. */
struct holder {
	uint32_t node;     /* the object; of a group one of its members */
	uint32_t retainer; /* whose retained size it is: of a module its namespace */
	bool is_group;
	uint32_t container;  /* of a group: what holds its members */
	uint64_t item_count; /* UINT64_MAX: not a container */
	uint64_t self_bytes, retained_bytes, retained_resident_bytes;
	struct path path;
	char *text; /* the path, rendered */
};

struct holders {
	struct holder *data;
	size_t n, capacity;
};

struct error *holders_init(struct holders *holders, struct analysis *analysis);

/* Also groups that are too small to be shown: for those who look one up. */
struct error *holders_init_with_small_groups(struct holders *holders, struct analysis *analysis);

/*
 * Who holds the objects of `set` (a bit a node): as holders_init(), but only these
 * count. `retained_bytes` is what they weigh, `item_count` their number.
 */
struct error *holders_of_set(
	struct holders *holders, struct analysis *analysis, const uint64_t *set);

/* The path that a holder is named by: of the namespace of a module, that of the module. */
struct error *holder_path(const struct analysis *analysis, const struct paths *paths, uint32_t node,
	struct path *ret);

void holders_deinit(struct holders *holders);

/* Items of a container, UINT64_MAX when `node` is none. */
uint64_t item_count(const struct snapshot *snapshot, uint32_t node);

#endif
