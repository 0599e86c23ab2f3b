/*
 * The loops are written once for all codings and widths, and made into one
 * function for each by inlining with constant arguments.
 */
#include "snap/coding.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE uint64_t element_get(const void *column, unsigned width, size_t i)
{
	return width == 4 ? ((const uint32_t *)column)[i] : ((const uint64_t *)column)[i];
}

ALWAYS_INLINE void element_set(void *column, unsigned width, size_t i, uint64_t value)
{
	if (width == 4)
		((uint32_t *)column)[i] = (uint32_t)value;
	else
		((uint64_t *)column)[i] = value;
}

ALWAYS_INLINE uint64_t difference(
	enum coding coding, unsigned width, uint64_t value, uint64_t before)
{
	uint64_t step = value - before;
	switch (coding) {
	case CODING_STEP:
		return width == 4 ? (uint32_t)step : step;
	case CODING_STEP8:
		return step >> 3 | step << 61;
	case CODING_DELTA:
		return step << 1 ^ -(step >> 63);
	default:
		return value;
	}
}

ALWAYS_INLINE uint64_t value_after(
	enum coding coding, unsigned width, uint64_t coded, uint64_t before)
{
	switch (coding) {
	case CODING_STEP:
		return width == 4 ? (uint32_t)(before + coded) : before + coded;
	case CODING_STEP8:
		return before + (coded << 3 | coded >> 61);
	case CODING_DELTA:
		return before + (coded >> 1 ^ -(coded & 1));
	default:
		return coded;
	}
}

ALWAYS_INLINE uint8_t *varint_put(uint8_t *out, uint64_t value)
{
	while (value >= 0x80) {
		*out++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*out++ = (uint8_t)value;
	return out;
}

/* Behind the varint at `at`, or NULL when it is cut or does not fit 64 bits. */
ALWAYS_INLINE const uint8_t *varint_get(const uint8_t *at, const uint8_t *end, uint64_t *ret)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (at == end)
			return NULL;
		uint64_t byte = *at++;
		if (shift == 63 && byte > 1)
			return NULL;
		value |= (byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret = value;
			return at;
		}
	}
	return NULL;
}

ALWAYS_INLINE size_t pack(
	enum coding coding, unsigned width, const void *column, size_t n, uint8_t *out)
{
	uint8_t *at = out;
	uint64_t before = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t value = element_get(column, width, i);
		at = varint_put(at, difference(coding, width, value, before));
		before = value;
	}
	return (size_t)(at - out);
}

ALWAYS_INLINE bool unpack(enum coding coding, unsigned width, const uint8_t *at, const uint8_t *end,
	void *column, size_t n)
{
	uint64_t before = 0, coded;
	for (size_t i = 0; i < n; i++) {
		at = varint_get(at, end, &coded);
		if (!at)
			return false;
		uint64_t value = value_after(coding, width, coded, before);
		if (width == 4 && value > UINT32_MAX)
			return false;
		element_set(column, width, i, value);
		before = value;
	}
	return at == end;
}

size_t block_pack(enum coding coding, unsigned width, const void *column, size_t n, uint8_t *out)
{
	assert(width == 4 || width == 8);
	bool narrow = width == 4;
	switch (coding) {
	case CODING_STEP:
		return narrow ? pack(CODING_STEP, 4, column, n, out)
			      : pack(CODING_STEP, 8, column, n, out);
	case CODING_STEP8:
		assert(!narrow);
		return pack(CODING_STEP8, 8, column, n, out);
	case CODING_DELTA:
		return narrow ? pack(CODING_DELTA, 4, column, n, out)
			      : pack(CODING_DELTA, 8, column, n, out);
	default:
		assert(coding == CODING_VALUE);
		return narrow ? pack(CODING_VALUE, 4, column, n, out)
			      : pack(CODING_VALUE, 8, column, n, out);
	}
}

bool block_unpack(enum coding coding, unsigned width, const uint8_t *packed, size_t n_bytes,
	void *column_ret, size_t n)
{
	assert(width == 4 || width == 8);
	bool narrow = width == 4;
	const uint8_t *end = packed + n_bytes;
	switch (coding) {
	case CODING_STEP:
		return narrow ? unpack(CODING_STEP, 4, packed, end, column_ret, n)
			      : unpack(CODING_STEP, 8, packed, end, column_ret, n);
	case CODING_STEP8:
		return !narrow && unpack(CODING_STEP8, 8, packed, end, column_ret, n);
	case CODING_DELTA:
		return narrow ? unpack(CODING_DELTA, 4, packed, end, column_ret, n)
			      : unpack(CODING_DELTA, 8, packed, end, column_ret, n);
	default:
		assert(coding == CODING_VALUE);
		return narrow ? unpack(CODING_VALUE, 4, packed, end, column_ret, n)
			      : unpack(CODING_VALUE, 8, packed, end, column_ret, n);
	}
}
