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

uint32_t *shadow_add(uintptr_t address)
{
	uint64_t index = tag_leaf_of(tag_granule_of(address));
	if (index >= TAG_LEAVES)
		return NULL;
	__atomic_store_n(&shadow_directory[index], sys_map(TAG_LEAF_BYTES), __ATOMIC_RELEASE);
	return shadow_find(address);
}
