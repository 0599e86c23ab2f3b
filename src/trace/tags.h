/*
 * Tags: which stack allocated a block, and how large it is. One word of 32 bits
 * for each 16 bytes of address, in private memory of the traced process: a
 * frozen image of it holds those of its moment, and a fork has its own.
 *
 * The words of a block are those of its own memory. The first says all of a
 * small block; a large one has its size in the second (low 30 bits) and the
 * third (the rest). The other words of a block, and those of free memory, are 0.
 *
 *	BITS	OF THE FIRST WORD
 *	0-19	node of the table
 *	20-29	size; all ones: it stands in the next two words
 *	30	watched: the agent wants to know when the block dies, counted or not
 *	31	a block begins here
 *
 * Bits 30 and 31 are never set in the second and third word.
 *
 * Where the words are: address bits 46-33 choose a branch of the directory,
 * 32-20 a leaf of the branch, 19-4 the word in the leaf. Branches and leaves are
 * mapped when first needed and stay; NULL where no block ever was.
 *
 * Blocks at addresses that are no multiple of 16 have no tag.
 */
#ifndef WHYMEM_TAGS_H
#define WHYMEM_TAGS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	TAG_GRANULE_BITS = 4,
	TAG_LEAF_BITS = 20,
	TAG_BRANCH_BITS = 13,
	TAG_ADDRESS_BITS = 47,
	TAG_BRANCHES = 1 << (TAG_ADDRESS_BITS - TAG_BRANCH_BITS - TAG_LEAF_BITS),
	TAG_LEAVES = 1 << TAG_BRANCH_BITS,                   /* of a branch: pointers to leaves */
	TAG_WORDS = 1 << (TAG_LEAF_BITS - TAG_GRANULE_BITS), /* of a leaf */
	TAG_BRANCH_BYTES = TAG_LEAVES * 8,
	TAG_LEAF_BYTES = TAG_WORDS * 4,
};

#define TAG_NODE_MASK 0xfffffu
#define TAG_SIZE_SHIFT 20
#define TAG_SIZE_LARGE 0x3ffu /* sizes below stand in the first word */
#define TAG_WATCHED (1u << 30)
#define TAG_BEGINS (1u << 31)
#define TAG_REST_SHIFT 30
#define TAG_REST_MASK 0x3fffffffu

/* Exported by the agent as `whymem_agent_anchor`: what a reader from outside starts with. */
#define TAG_ANCHOR_NAME "whymem_agent_anchor"
#define TAG_ANCHOR_MAGIC 0x726f68636e416d57ull /* "WmAnchor" */
#define TAG_ANCHOR_VERSION 1

struct tag_anchor {
	uint64_t magic;
	uint32_t version, n_bytes; /* TAG_ANCHOR_VERSION; of this struct */
	uint64_t directory;        /* address of TAG_BRANCHES pointers to branches */
	uint64_t table;            /* address of the table (trace/table.h); 0: not traced */
};

static inline uint64_t tag_branch_of(uint64_t address)
{
	return address >> (TAG_LEAF_BITS + TAG_BRANCH_BITS); /* below TAG_BRANCHES, or no tag */
}

static inline uint32_t tag_leaf_of(uint64_t address)
{
	return address >> TAG_LEAF_BITS & (TAG_LEAVES - 1);
}

static inline uint32_t tag_word_of(uint64_t address)
{
	return address >> TAG_GRANULE_BITS & (TAG_WORDS - 1);
}

static inline bool tag_begins(uint32_t first)
{
	return first & TAG_BEGINS;
}

static inline uint32_t tag_node(uint32_t first)
{
	return first & TAG_NODE_MASK;
}

/* Does the size stand in the next two words? They may lie in the next leaf. */
static inline bool tag_is_large(uint32_t first)
{
	return (first >> TAG_SIZE_SHIFT & TAG_SIZE_LARGE) == TAG_SIZE_LARGE;
}

static inline uint64_t tag_size(uint32_t first, uint32_t second, uint32_t third)
{
	if (!tag_is_large(first))
		return first >> TAG_SIZE_SHIFT & TAG_SIZE_LARGE;
	return (second & TAG_REST_MASK) | (uint64_t)(third & TAG_REST_MASK) << TAG_REST_SHIFT;
}

#endif
