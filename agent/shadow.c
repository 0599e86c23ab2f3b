/*
 * Tags of blocks: address bits 46..33 choose a branch, 32..20 a leaf of it,
 * 19..4 the word in the leaf. Branches and leaves are mapped when first needed
 * and stay; the kernel backs the pages that are touched.
 */
#include "agent.h"

#include <sys/mman.h>

enum {
	LEAF_BITS = 20,
	BRANCH_BITS = 13,
	ADDRESS_BITS = 47,
	N_BRANCHES = 1 << (ADDRESS_BITS - BRANCH_BITS - LEAF_BITS),
	BRANCH_BYTES = 8 << BRANCH_BITS,
	LEAF_BYTES = 8 << (LEAF_BITS - 4),
};

static uint64_t **branches[N_BRANCHES];

static void *map(size_t n_bytes)
{
	void *memory = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static uint64_t **find_branch(uintptr_t address)
{
	uintptr_t index = address >> (LEAF_BITS + BRANCH_BITS);
	return index < N_BRANCHES ? __atomic_load_n(&branches[index], __ATOMIC_ACQUIRE) : NULL;
}

static size_t leaf_index(uintptr_t address)
{
	return address >> LEAF_BITS & ((1u << BRANCH_BITS) - 1);
}

uint64_t *shadow_find(uintptr_t address)
{
	uint64_t **branch = find_branch(address);
	if (unlikely(!branch))
		return NULL;
	uint64_t *leaf = __atomic_load_n(&branch[leaf_index(address)], __ATOMIC_ACQUIRE);
	return likely(leaf) ? &leaf[(address & ((1u << LEAF_BITS) - 1)) >> 4] : NULL;
}

static uint64_t *add_leaf(uintptr_t address)
{
	uintptr_t index = address >> (LEAF_BITS + BRANCH_BITS);
	if (index >= N_BRANCHES)
		return NULL;
	if (!branches[index])
		__atomic_store_n(&branches[index], map(BRANCH_BYTES), __ATOMIC_RELEASE);
	if (!branches[index])
		return NULL;
	__atomic_store_n(&branches[index][leaf_index(address)], map(LEAF_BYTES), __ATOMIC_RELEASE);
	return shadow_find(address);
}

uint64_t *shadow_get(uintptr_t address)
{
	uint64_t *tag = shadow_find(address);
	return likely(tag) ? tag : add_leaf(address);
}
