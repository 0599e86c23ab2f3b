/*
 * Tags of blocks: the directory, and how a block's words are written
 * (trace/tags.h). What is mapped stays; the kernel backs the pages that are
 * touched.
 */
#include "agent.h"

uint32_t *shadow_directory[TAG_LEAVES];

__attribute__((visibility("default"))) struct tag_anchor whymem_agent_anchor = {
	.magic = TAG_ANCHOR_MAGIC,
	.version = TAG_ANCHOR_VERSION,
	.n_bytes = sizeof(struct tag_anchor),
};

void shadow_announce(void)
{
	whymem_agent_anchor.directory = (uint64_t)(uintptr_t)shadow_directory;
	whymem_agent_anchor.table = (uint64_t)(uintptr_t)table.header;
}

/*
 * Where the address space is at its limit (ulimit -v), a program may grow by less than
 * the leaf that could not be mapped: then these are enough.
 */
static uint32_t *spare_leaves[2];

void shadow_begin(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(spare_leaves); i++)
		spare_leaves[i] = sys_map(TAG_LEAF_BYTES);
}

static uint32_t *make_leaf(void)
{
	uint32_t *leaf = sys_map(TAG_LEAF_BYTES);
	for (size_t i = 0; !leaf && i < ARRAY_SIZE(spare_leaves); i++) {
		leaf = spare_leaves[i];
		spare_leaves[i] = NULL;
	}
	return leaf;
}

uint32_t *shadow_add(uintptr_t address)
{
	uint64_t index = tag_leaf_of(tag_granule_of(address));
	if (index >= TAG_LEAVES)
		return NULL;
	__atomic_store_n(&shadow_directory[index], make_leaf(), __ATOMIC_RELEASE);
	return shadow_find(address);
}
