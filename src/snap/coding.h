/*
 * Blocks of a column to bytes and back: what stands between a column in memory
 * and the compressor. Lossless for every value; decoding never trusts its input.
 *
 * A value is written as a varint: seven bits a byte, the lowest first, the top
 * bit set on all bytes but the last. Differences are to the value before, which
 * is 0 for the first value of a block, so that each block stands for itself.
 */
#ifndef WHYMEM_SNAP_CODING_H
#define WHYMEM_SNAP_CODING_H

#include "base/base.h"

enum coding {
	CODING_RAW,   /* elements of any width as they are, little-endian, no varints */
	CODING_VALUE, /* the value */
	CODING_STEP,  /* difference modulo 2^(8 * width): for columns that rise */
	CODING_STEP8, /* the same of 8 bytes, rotated right by 3 bits: rising, 8-aligned */
	CODING_DELTA, /* signed difference d as d >= 0 ? 2 * d : -2 * d - 1 */
	CODING_COUNT,
};

#define VARINT_BYTES_MAX 10

/*
 * Packs n elements of `width` bytes (4 or 8) and returns how many bytes of
 * `out` they took, at most n * VARINT_BYTES_MAX. Not for CODING_RAW.
 */
size_t block_pack(enum coding coding, unsigned width, const void *column, size_t n, uint8_t *out);

/* The reverse; false unless exactly n elements come out of exactly n_bytes. */
bool block_unpack(enum coding coding, unsigned width, const uint8_t *packed, size_t n_bytes,
	void *column_ret, size_t n);

#endif
