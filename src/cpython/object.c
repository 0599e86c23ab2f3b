/*
 * Bytes of single objects become values: reference counts, str, int.
 *
 * Facts about CPython: Include/cpython/unicodeobject.h, Include/cpython/longintrepr.h,
 * Include/refcount.h (object.h before 3.14), 3.9 to 3.15.
 */
#include "cpython/cpython.h"

#define COUNT_MAX (1ull << 40)

/* ---- reference counts ---- */

bool cpython_is_immortal(const struct cpython *cpython, addr_t object)
{
	uint32_t count;
	return cpython->traits->immortality != IMMORTAL_NONE &&
	       mem_read_u32(cpython->mem, object, &count) && (int32_t)count < 0;
}

/*
 *	before 3.12	i64 count
 *	3.12, 3.13	u32 count, u32 0; 1 where code built for an older version
 *			counted an immortal object beyond 32 bits
 *	3.14 on		u32 count, u16 overflow, u16 flags
 */
bool cpython_ref_count(const struct cpython *cpython, addr_t object, uint64_t *ret)
{
	uint64_t word;
	if (!mem_read_u64(cpython->mem, object, &word))
		return false;
	uint64_t low = (uint32_t)word, high = word >> 32;
	switch (cpython->traits->immortality) {
	case IMMORTAL_NONE:
		if (!word || word >= COUNT_MAX)
			return false;
		*ret = word;
		return true;
	case IMMORTAL_32BIT:
		if (!word || high > 1)
			return false;
		*ret = word;
		return true;
	case IMMORTAL_FLAGS:
		if (!low || (high & 0xffff) > 1 || high >> 16 > 0xff)
			return false;
		*ret = low;
		return true;
	}
	return false;
}

/* ---- str ---- */

bool cpython_read_str_state(const struct cpython *cpython, addr_t str, struct str_state *ret)
{
	const struct layout *layout = cpython->layout;
	uint64_t length;
	uint32_t bits;
	if (!mem_read_u64(cpython->mem, str + layout->PyASCIIObject.length, &length) ||
		!mem_read_u32(cpython->mem, str + layout->PyASCIIObject.state, &bits))
		return false;
	struct str_state state = {
		.length = length,
		.kind = bits >> 2 & 7,
		.interned = bits & 3,
		.compact = bits >> 5 & 1,
		.ascii = bits >> 6 & 1,
		.is_static = bits >> 7 & 1 &&
			     layout->PyASCIIObject.state_statically_allocated != LAYOUT_ABSENT,
	};
	if (state.kind == 3 || state.kind > 4 || (!state.kind && state.compact))
		return false;
	if (state.compact && state.ascii)
		state.header_bytes = layout->PyASCIIObject.n_bytes;
	else if (state.compact)
		state.header_bytes = layout->PyCompactUnicodeObject.n_bytes;
	if (state.compact) {
		state.data = str + state.header_bytes;
	} else if (state.kind) {
		state.data = mem_word(cpython->mem, str + layout->PyUnicodeObject.data);
	} else {
		if (layout->PyASCIIObject.wstr == LAYOUT_ABSENT)
			return false;
		state.data = mem_word(cpython->mem, str + layout->PyASCIIObject.wstr);
		state.length =
			mem_word(cpython->mem, str + layout->PyCompactUnicodeObject.wstr_length);
	}
	if (state.length >> MEM_ADDRESS_BITS || !state.data)
		return false;
	*ret = state;
	return true;
}

/* Writes `c` to `to`, returns its bytes; what is no character becomes U+FFFD. */
static unsigned encode_utf8(uint32_t c, char to[4])
{
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	unsigned n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (unsigned i = n - 1; i; i--, c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)(0xf00 >> n | c);
	return n;
}

static uint32_t character(const uint8_t *data, unsigned kind, uint64_t i)
{
	return kind == 1 ? data[i] : kind == 2 ? load_u16(data + 2 * i) : load_u32(data + 4 * i);
}

bool cpython_read_str(const struct cpython *cpython, addr_t str, char *ret, size_t size)
{
	struct str_state state;
	assert(size);
	if (!cpython_read_str_state(cpython, str, &state))
		return false;
	unsigned kind = state.kind ? state.kind : sizeof(wchar_t);
	uint64_t n = MIN(state.length, size);
	const uint8_t *data = mem_at(cpython->mem, state.data, n * kind);
	if (!data)
		return false;
	size_t used = 0;
	for (uint64_t i = 0; i < n; i++) {
		char bytes[4];
		unsigned n_bytes = encode_utf8(character(data, kind, i), bytes);
		if (used + n_bytes > size - 1)
			break;
		memcpy(ret + used, bytes, n_bytes);
		used += n_bytes;
	}
	ret[used] = 0;
	return true;
}

/* ---- int ---- */

#define DIGIT_BITS 30 /* of each u32 */

/* Number of digits and sign; the digits lie at *digits_ret. */
static bool read_int_head(const struct cpython *cpython, addr_t integer, uint64_t *n_ret,
	bool *negative_ret, addr_t *digits_ret)
{
	const struct layout *layout = cpython->layout;
	uint64_t head;
	if (cpython->traits->compact_int_tag) {
		if (!mem_read_u64(
			    cpython->mem, integer + layout->PyLongObject.long_value_lv_tag, &head))
			return false;
		*n_ret = (head & 3) == 1 ? 0 : head >> 3;
		*negative_ret = (head & 3) == 2;
		*digits_ret = integer + layout->PyLongObject.long_value_ob_digit;
		return (head & 3) != 3;
	}
	if (!mem_read_u64(cpython->mem, integer + layout->PyVarObject.ob_size, &head))
		return false;
	*negative_ret = (int64_t)head < 0;
	*n_ret = *negative_ret ? 0 - head : head;
	*digits_ret = integer + layout->PyLongObject.ob_digit;
	return true;
}

bool cpython_read_int(const struct cpython *cpython, addr_t integer, int64_t *ret)
{
	uint64_t n, magnitude = 0;
	bool negative;
	addr_t digits;
	if (!read_int_head(cpython, integer, &n, &negative, &digits) || n > 3)
		return false;
	for (uint64_t i = n; i--;) {
		uint32_t digit;
		if (!mem_read_u32(cpython->mem, digits + 4 * i, &digit) || digit >> DIGIT_BITS ||
			magnitude >> (64 - DIGIT_BITS))
			return false;
		magnitude = magnitude << DIGIT_BITS | digit;
	}
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return false;
	*ret = (int64_t)(negative ? 0 - magnitude : magnitude);
	return true;
}
