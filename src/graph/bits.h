/*
 * Bit sets over nodes, a bit each, 64 a word.
 */
#ifndef WHYMEM_GRAPH_BITS_H
#define WHYMEM_GRAPH_BITS_H

#include "base/base.h"

static inline uint64_t bits_words(uint64_t n)
{
	return (n + 63) / 64;
}

static inline bool bits_get(const uint64_t *bits, uint64_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

static inline void bits_set(uint64_t *bits, uint64_t i)
{
	bits[i / 64] |= 1ull << i % 64;
}

#endif
