/*
 * Inside of the account: account.c counts bytes, inventory.c makes rows of what
 * was counted.
 */
#ifndef WHYMEM_ACCOUNT_H
#define WHYMEM_ACCOUNT_H

#include "heap/regions.h"

/* What was counted of one span. */
struct span_count {
	uint64_t part_bytes[PART_COUNT]; /* resident */
	uint64_t used_count, used_bytes; /* blocks in use, resident or not */
	uint64_t free_pools;
};

struct class_count {
	uint64_t pools, used;
};

struct account {
	struct blocks *blocks;
	struct span_count *spans;                       /* by number of span */
	struct span_count *maps;                        /* by number of map; part_bytes only */
	uint64_t agent_bytes;                           /* resident: tags, table, code */
	struct class_count classes[PAGE_POOL_LAST + 1]; /* by granules of a block */
};

/* Rows and figures of the snapshot from what was counted. */
struct error *inventory_fill(const struct account *account, struct snapshot *snapshot);

/* What malloc_trim(0) would give back. */
uint64_t inventory_trim_bytes(const struct blocks *blocks);

/* Dotted name of a part of the account. */
const char *part_name(enum part part);

#endif
