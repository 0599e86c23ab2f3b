/*
 * Tags: which stack allocated a block, when, and how large it is. One word of 32
 * bits for each 16 bytes of address, in private memory of the traced process: a
 * frozen image of it holds those of its moment, and a fork has its own.
 *
 * The words of a block are those of its own memory. The first says all but the
 * time, which the second has: blocks of 16 bytes or less have none. A large block
 * has its size in the third (low 30 bits) and the fourth (the rest).
 *
 *	BITS	OF THE FIRST WORD
 *	0-19	node of the table
 *	20-29	size; all ones: it stands in the third and fourth word
 *	30	watched: the agent wants to know when the block dies, counted or not
 *	31	a block begins here
 *
 * Bits 30 and 31 are set in first words alone; a word with neither tells nothing
 * by itself, whatever else is in it.
 *
 * Where the words are: address bits 46-26 choose a leaf of the directory, 25-4
 * the word in the leaf. Behind the words of a leaf stand TAG_OVERHANG more, for
 * blocks that begin near its end: the further words of a block always follow its
 * first. Leaves are mapped when first needed and stay; NULL where no block ever was.
 *
 * Blocks at addresses that are no multiple of 16 have no tag.
 */
#ifndef WHYMEM_TAGS_H
#define WHYMEM_TAGS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	TAG_GRANULE_BITS = 4,
	TAG_LEAF_BITS = 26,
	TAG_ADDRESS_BITS = 47,
	TAG_LEAVES = 1 << (TAG_ADDRESS_BITS - TAG_LEAF_BITS), /* of the directory */
	TAG_WORDS = 1 << (TAG_LEAF_BITS - TAG_GRANULE_BITS),  /* of a leaf */
	TAG_OVERHANG = 3,
	TAG_LEAF_BYTES = (TAG_WORDS + TAG_OVERHANG) * 4,
};

#define TAG_NODE_BITS 20
#define TAG_NODE_MASK 0xfffffu
#define TAG_SIZE_SHIFT TAG_NODE_BITS
#define TAG_SIZE_LARGE 0x3ffu /* sizes below stand in the first word */
#define TAG_WATCHED (1u << 30)
#define TAG_BEGINS (1u << 31)
#define TAG_TIME_MASK 0x3fffffffu /* struct trace_header, `now` */
#define TAG_REST_SHIFT 30
#define TAG_REST_MASK 0x3fffffffu

/* Exported by the agent as `whymem_agent_anchor`: what a reader from outside starts with. */
#define TAG_ANCHOR_NAME "whymem_agent_anchor"
#define TAG_ANCHOR_MAGIC 0x726f68636e416d57ull /* "WmAnchor" */
#define TAG_ANCHOR_VERSION 2

struct tag_anchor {
	uint64_t magic;
	uint32_t version, n_bytes; /* TAG_ANCHOR_VERSION; of this struct */
	uint64_t directory;        /* address of TAG_LEAVES pointers to leaves */
	uint64_t table;            /* address of the table (trace/table.h); 0: not traced */
};

/* Number of the 16 bytes at an address; of one that has no tag the leaf is TAG_LEAVES or more. */
static inline uint64_t tag_granule_of(uint64_t address)
{
	return address >> TAG_GRANULE_BITS | address << (64 - TAG_GRANULE_BITS);
}

static inline uint64_t tag_leaf_of(uint64_t granule)
{
	return granule >> (TAG_LEAF_BITS - TAG_GRANULE_BITS);
}

static inline uint32_t tag_word_of(uint64_t granule)
{
	return granule & (TAG_WORDS - 1);
}

static inline bool tag_begins(uint32_t first)
{
	return first & TAG_BEGINS;
}

static inline uint32_t tag_node(uint32_t first)
{
	return first & TAG_NODE_MASK;
}

/* Does the first word tell of anything? */
static inline bool tag_is_set(uint32_t first)
{
	return first & (TAG_BEGINS | TAG_WATCHED);
}

/* Is a second word this block's own? */
static inline bool tag_has_time(uint64_t n_bytes)
{
	return n_bytes > 1u << TAG_GRANULE_BITS;
}

/* How old a block is, in ticks. */
static inline uint32_t tag_age(uint32_t time, uint32_t now)
{
	return (now - time) & TAG_TIME_MASK;
}

static inline bool tag_is_large(uint32_t first)
{
	return (first >> TAG_SIZE_SHIFT & TAG_SIZE_LARGE) == TAG_SIZE_LARGE;
}

/* The first word of a block that is not watched. */
static inline uint32_t tag_first(uint64_t n_bytes, uint32_t node)
{
	uint32_t size = n_bytes < TAG_SIZE_LARGE ? (uint32_t)n_bytes : TAG_SIZE_LARGE;
	return TAG_BEGINS | size << TAG_SIZE_SHIFT | node;
}

/* The size of a block with these words; those behind the first are read of large ones alone. */
static inline uint64_t tag_size(const uint32_t *words)
{
	if (!tag_is_large(words[0]))
		return words[0] >> TAG_SIZE_SHIFT & TAG_SIZE_LARGE;
	return (words[2] & TAG_REST_MASK) | (uint64_t)(words[3] & TAG_REST_MASK) << TAG_REST_SHIFT;
}

#endif
