/*
 * Tags of blocks: the directory, and how a block's words are written
 * (trace/tags.h). What is mapped stays; the kernel backs the pages that are
 * touched.
 */
#include "agent.h"

uint32_t **shadow_directory[TAG_BRANCHES];

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
	uint64_t index = tag_branch_of(address);
	if (index >= TAG_BRANCHES || address & 15)
		return NULL;
	if (!shadow_directory[index])
		__atomic_store_n(
			&shadow_directory[index], sys_map(TAG_BRANCH_BYTES), __ATOMIC_RELEASE);
	if (!shadow_directory[index])
		return NULL;
	__atomic_store_n(&shadow_directory[index][tag_leaf_of(address)], sys_map(TAG_LEAF_BYTES),
		__ATOMIC_RELEASE);
	return shadow_find(address);
}

/* Words of a large block behind its first, NULL where they find no place. */
static uint32_t *second(uintptr_t block)
{
	return shadow_get(block + 16);
}

static uint32_t *third(uintptr_t block)
{
	return shadow_get(block + 32);
}

bool shadow_make_room(uintptr_t block)
{
	return second(block) && third(block);
}

void shadow_set_size(uintptr_t block, uint64_t n_bytes)
{
	*second(block) = n_bytes & TAG_REST_MASK;
	*third(block) = (uint32_t)(n_bytes >> TAG_REST_SHIFT) & TAG_REST_MASK;
}

uint64_t shadow_size(uintptr_t block, uint32_t tag)
{
	if (likely(!tag_is_large(tag)))
		return tag_size(tag, 0, 0);
	return tag_size(tag, *second(block), *third(block));
}
