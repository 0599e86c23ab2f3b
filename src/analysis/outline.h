/*
 * The outline of a heap: the top of its dominator tree, with a fingerprint for
 * each place. Small enough to be kept when the capture is gone, so that what
 * another capture shows can be looked up: by name, or by address.
 */
#ifndef WHYMEM_OUTLINE_H
#define WHYMEM_OUTLINE_H

#include "analysis/analysis.h"

#define OUTLINE_NONE UINT32_MAX

struct outline_entry {
	uint64_t fingerprint;
	uint64_t address;    /* 0: a holder */
	uint64_t n_bytes;    /* retained */
	uint64_t item_count; /* UINT64_MAX: no container */
	uint32_t type;       /* hash of the type's name */
	uint32_t parent;     /* entry that dominates it, or OUTLINE_NONE */
	uint32_t node;       /* in its capture */
};

struct outline {
	struct outline_entry *data; /* by node */
	size_t n, capacity;
	uint32_t *by_fingerprint; /* entries, sorted */
	uint64_t least_bytes;     /* what retains less is left out */
};

struct error *outline_init(struct outline *outline, struct analysis *analysis);
void outline_deinit(struct outline *outline);

/* The entry of a node of the capture, or OUTLINE_NONE. */
uint32_t outline_of_node(const struct outline *outline, uint32_t node);

/* The entry of an object of another capture of the same process, or OUTLINE_NONE. */
uint32_t outline_of_address(const struct outline *outline, uint64_t address, uint32_t type);

/* The entries of one fingerprint: by_fingerprint[begin .. end). */
struct outline_range {
	uint32_t begin, end;
};

struct outline_range outline_of_fingerprint(const struct outline *outline, uint64_t fingerprint);

/* What stands at a place: entries of one fingerprint, none of them within another. */
struct outline_sum {
	uint64_t n_bytes;
	uint64_t item_count; /* UINT64_MAX: of no container */
	uint32_t n;
};

struct outline_sum outline_sum(const struct outline *outline, uint64_t fingerprint);

/* Hash of module and name of a node's type: the same in every capture. */
uint32_t outline_type(const struct snapshot *snapshot, uint32_t node);

#endif
