/*
 * The readers on hand-made images: every form of each structure, and what a
 * broken or hostile target may hold instead.
 */
#include "cpython/cpython.h"
#include "cpython/layouts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define BASE 0x10000000ull
#define OUTSIDE 0x20000000ull /* not in the image */

struct image {
	struct mem mem;
	struct layout layout;
	struct cpython cpython;
	addr_t top;
};

static void image_init(struct image *image, unsigned minor)
{
	static const unsigned micros[] = {
		[9] = 18, [10] = 13, [11] = 7, [12] = 1, [13] = 18, [14] = 10, [15] = 2};
	assert_null(mem_init(&image->mem));
	assert_null(mem_add(&image->mem, BASE, BASE + 2 * MEM_CHUNK_BYTES));
	assert_true(layouts_find(minor, micros[minor], false, &image->layout));
	image->cpython = (struct cpython){
		.mem = &image->mem, .layout = &image->layout, .traits = traits_find(minor)};
	image->top = BASE;
}

static addr_t add(struct image *image, uint64_t n_bytes)
{
	addr_t at = image->top;
	image->top += align_up(n_bytes, 16);
	return at;
}

static void put(addr_t at, uint64_t value, unsigned n_bytes)
{
	memcpy(mem_host(at), &value, n_bytes);
}

static void put_word(addr_t at, uint64_t value)
{
	put(at, value, 8);
}

static addr_t add_str(struct image *image, const char *ascii)
{
	const struct layout *layout = &image->layout;
	size_t n = strlen(ascii);
	addr_t str = add(image, layout->PyASCIIObject.n_bytes + n + 1);
	put_word(str + layout->PyASCIIObject.length, n);
	put(str + layout->PyASCIIObject.state, 1 << 2 | 1 << 5 | 1 << 6, 4);
	memcpy(mem_host(str + layout->PyASCIIObject.n_bytes), ascii, n);
	return str;
}

/* ---- str ---- */

static addr_t add_wide_str(struct image *image, unsigned kind, const uint32_t *characters, size_t n)
{
	const struct layout *layout = &image->layout;
	addr_t str = add(image, layout->PyCompactUnicodeObject.n_bytes + kind * n);
	put_word(str + layout->PyASCIIObject.length, n);
	put(str + layout->PyASCIIObject.state, kind << 2 | 1 << 5, 4);
	for (size_t i = 0; i < n; i++)
		put(str + layout->PyCompactUnicodeObject.n_bytes + kind * i, characters[i], kind);
	return str;
}

static void test_str(void **state)
{
	(void)state;
	for (unsigned minor = 9; minor <= 15; minor++) {
		struct image image;
		image_init(&image, minor);
		char text[32], small[5];
		assert_true(cpython_read_str(&image.cpython, add_str(&image, "plain"), text, 32));
		assert_string_equal(text, "plain");
		const uint32_t wide[] = {'a', 0xe9, 0x20ac, 0x1f40d, 0xd800, 0x110000};
		addr_t str = add_wide_str(&image, 4, wide, 6);
		assert_true(cpython_read_str(&image.cpython, str, text, sizeof(text)));
		assert_string_equal(text, "a\u00e9\u20ac\U0001f40d\ufffd\ufffd");
		assert_true(cpython_read_str(&image.cpython, str, small, sizeof(small)));
		assert_string_equal(small, "a\u00e9");
		assert_true(cpython_read_str(
			&image.cpython, add_wide_str(&image, 2, wide, 3), text, sizeof(text)));
		assert_string_equal(text, "a\u00e9\u20ac");
		assert_true(cpython_read_str(
			&image.cpython, add_wide_str(&image, 1, wide, 2), text, sizeof(text)));
		assert_string_equal(text, "a\u00e9");
		mem_deinit(&image.mem);
	}
}

static void test_broken_str(void **state)
{
	(void)state;
	for (unsigned minor = 9; minor <= 15; minor++) {
		struct image image;
		image_init(&image, minor);
		const struct layout *layout = &image.layout;
		char text[32] = "untouched";
		addr_t str = add_str(&image, "plain");
		put(str + layout->PyASCIIObject.state, 3 << 2 | 1 << 5 | 1 << 6, 4);
		assert_false(cpython_read_str(&image.cpython, str, text, sizeof(text)));
		put(str + layout->PyASCIIObject.state, 1 << 5 | 1 << 6, 4);
		assert_false(cpython_read_str(&image.cpython, str, text, sizeof(text)));
		put(str + layout->PyASCIIObject.state, 1 << 2 | 1 << 5 | 1 << 6, 4);
		put_word(str + layout->PyASCIIObject.length, UINT64_MAX);
		assert_false(cpython_read_str(&image.cpython, str, text, sizeof(text)));
		put(str + layout->PyASCIIObject.state, 1 << 2, 4);
		put_word(str + layout->PyASCIIObject.length, 5);
		put_word(str + layout->PyUnicodeObject.data, OUTSIDE);
		assert_false(cpython_read_str(&image.cpython, str, text, sizeof(text)));
		assert_false(cpython_read_str(&image.cpython, OUTSIDE, text, sizeof(text)));
		assert_false(cpython_read_str(&image.cpython, UINT64_MAX - 7, text, sizeof(text)));
		assert_string_equal(text, "untouched");
		mem_deinit(&image.mem);
	}
}

/* ---- int and reference counts ---- */

static void put_int(
	struct image *image, addr_t object, bool negative, const uint32_t *digits, uint64_t n)
{
	const struct layout *layout = &image->layout;
	bool tag = image->cpython.traits->compact_int_tag;
	put_word(object + (tag ? layout->PyLongObject.long_value_lv_tag
			       : layout->PyVarObject.ob_size),
		tag        ? n << 3 | (!n                ? 1
					      : negative ? 2
							 : 0)
		: negative ? 0 - n
			   : n);
	for (uint64_t i = 0; i < n && i < 3; i++)
		put(object +
				(tag ? layout->PyLongObject.long_value_ob_digit
				     : layout->PyLongObject.ob_digit) +
				4 * i,
			digits[i], 4);
}

static void test_int(void **state)
{
	(void)state;
	static const struct {
		uint32_t digits[3];
		uint64_t n;
		bool negative, good;
		int64_t value;
	} cases[] = {
		{{0}, 0, false, true, 0},
		{{7}, 1, true, true, -7},
		{{5, 1}, 2, false, true, (1ll << 30) + 5},
		{{0x3fffffff, 0x3fffffff, 7}, 3, false, true, INT64_MAX},
		{{0, 0, 8}, 3, true, true, INT64_MIN},
		{{0, 0, 8}, 3, false, false, 0},
		{{0, 0, 16}, 3, false, false, 0},
		{{0, 0, 0x3fffffff}, 3, false, false, 0},
		{{0x40000000}, 1, false, false, 0},
		{{1, 1, 1}, 4, false, false, 0},
		{{1, 1, 1}, 1ull << 60, false, false, 0},
	};
	for (unsigned minor = 9; minor <= 15; minor++) {
		struct image image;
		image_init(&image, minor);
		addr_t object = add(&image, 64);
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			int64_t value = 0;
			put_int(&image, object, cases[i].negative, cases[i].digits, cases[i].n);
			assert_int_equal(
				cpython_read_int(&image.cpython, object, &value), cases[i].good);
			assert_int_equal(value, cases[i].value);
		}
		mem_deinit(&image.mem);
	}
}

static void test_ref_counts(void **state)
{
	(void)state;
	static const struct {
		uint64_t word;
		unsigned first, last; /* minor versions in which it is a count */
	} cases[] = {
		{1, 9, 15},
		{123456, 9, 15},
		{0, 0, 0},
		{0x00007f1234567890, 0, 0},
		{0x0000555555667788, 0, 0},
		{0x00000000ffffffff, 9, 15},
		{0x0000000100000002, 9, 15},
		{0x0005000040000000 | 0x80000000, 14, 15},
		{0xdddddddddddddddd, 0, 0},
	};
	for (unsigned minor = 9; minor <= 15; minor++) {
		struct image image;
		image_init(&image, minor);
		addr_t object = add(&image, 16);
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			uint64_t count;
			put_word(object, cases[i].word);
			assert_int_equal(cpython_ref_count(&image.cpython, object, &count),
				minor >= cases[i].first && minor <= cases[i].last);
		}
		put_word(object, 0xffffffff);
		assert_int_equal(cpython_is_immortal(&image.cpython, object), minor >= 12);
		put_word(object, 5);
		assert_false(cpython_is_immortal(&image.cpython, object));
		mem_deinit(&image.mem);
	}
}

/* ---- dict ---- */

struct small_dict {
	addr_t dict, keys, entries;
	unsigned entry_bytes, key_offset;
};

enum { KIND_GENERAL, KIND_UNICODE, KIND_SPLIT };

/* A dict of 8 slots (room for 5 entries) that has the two keys "a" and "b". */
static struct small_dict add_dict(struct image *image, unsigned kind)
{
	const struct layout *layout = &image->layout;
	bool legacy = image->cpython.traits->keys_form == KEYS_LEGACY;
	struct small_dict small = {
		.dict = add(image, layout->PyDictObject.n_bytes), .keys = add(image, 256)};
	if (legacy) {
		put_word(small.keys + layout->PyDictKeysObject.dk_size, 8);
	} else {
		put(small.keys + layout->PyDictKeysObject.dk_log2_size, 3, 1);
		put(small.keys + layout->PyDictKeysObject.dk_log2_index_bytes, 3, 1);
		put(small.keys + layout->PyDictKeysObject.dk_kind, kind, 1);
	}
	bool general = legacy || kind == KIND_GENERAL;
	small.entry_bytes = general ? 24 : 16;
	small.key_offset = general ? 8 : 0;
	small.entries = small.keys + layout->PyDictKeysObject.dk_indices + 8;
	put_word(small.dict + layout->PyDictObject.ma_keys, small.keys);
	put_word(small.keys + layout->PyDictKeysObject.dk_refcnt, 1);
	put_word(small.keys + layout->PyDictKeysObject.dk_nentries, 2);
	for (unsigned i = 0; i < 2; i++) {
		addr_t entry = small.entries + i * small.entry_bytes + small.key_offset;
		put_word(entry, add_str(image, i ? "b" : "a"));
		put_word(entry + 8, kind == KIND_SPLIT ? 0 : 0x1000 + i);
	}
	return small;
}

static unsigned count_entries(const struct cpython *cpython, addr_t dict)
{
	struct dict_cursor cursor;
	addr_t key, value;
	unsigned n = 0;
	if (!dict_cursor_open(cpython, dict, &cursor))
		return UINT32_MAX;
	while (dict_next(&cursor, &key, &value))
		n++;
	return n;
}

static void test_combined_dict(void **state)
{
	(void)state;
	for (unsigned minor = 9; minor <= 15; minor++)
		for (unsigned kind = KIND_GENERAL; kind <= KIND_UNICODE; kind++) {
			struct image image;
			image_init(&image, minor);
			struct small_dict small = add_dict(&image, kind);
			const struct cpython *cpython = &image.cpython;
			assert_int_equal(cpython_dict_get(cpython, small.dict, "a"), 0x1000);
			assert_int_equal(cpython_dict_get(cpython, small.dict, "b"), 0x1001);
			assert_int_equal(cpython_dict_get(cpython, small.dict, "c"), 0);
			put_word(small.entries + small.key_offset + 8, 0);
			assert_int_equal(count_entries(cpython, small.dict), 1);
			mem_deinit(&image.mem);
		}
}

static void test_corrupt_dict(void **state)
{
	(void)state;
	for (unsigned minor = 9; minor <= 15; minor++) {
		struct image image;
		image_init(&image, minor);
		const struct layout *layout = &image.layout;
		struct small_dict small = add_dict(&image, KIND_UNICODE);
		const struct cpython *cpython = &image.cpython;
		addr_t n_entries = small.keys + layout->PyDictKeysObject.dk_nentries;
		put_word(n_entries, 6);
		assert_int_equal(count_entries(cpython, small.dict), UINT32_MAX);
		put_word(n_entries, UINT64_MAX);
		assert_int_equal(count_entries(cpython, small.dict), UINT32_MAX);
		put_word(n_entries, 2);
		if (cpython->traits->keys_form == KEYS_LEGACY) {
			put_word(small.keys + layout->PyDictKeysObject.dk_size, 12);
			assert_int_equal(count_entries(cpython, small.dict), UINT32_MAX);
			put_word(small.keys + layout->PyDictKeysObject.dk_size, 1ull << 63);
		} else {
			put(small.keys + layout->PyDictKeysObject.dk_kind, 3, 1);
			assert_int_equal(count_entries(cpython, small.dict), UINT32_MAX);
			put(small.keys + layout->PyDictKeysObject.dk_kind, 1, 1);
			put(small.keys + layout->PyDictKeysObject.dk_log2_size, 200, 1);
		}
		assert_int_equal(count_entries(cpython, small.dict), UINT32_MAX);
		put_word(small.dict + layout->PyDictObject.ma_keys, OUTSIDE);
		assert_int_equal(count_entries(cpython, small.dict), UINT32_MAX);
		assert_int_equal(count_entries(cpython, OUTSIDE), UINT32_MAX);
		mem_deinit(&image.mem);
	}
}

/* Values "b" then "a" in order of insertion, as each version keeps them. */
static addr_t add_values(struct image *image, uint8_t second)
{
	const struct layout *layout = &image->layout;
	addr_t block = add(image, 128), values = block + 64;
	if (image->cpython.traits->managed_dict == MANAGED_INLINE) {
		addr_t first = values + layout->PyDictValues.values;
		put(values + layout->PyDictValues.capacity, 2, 1);
		put(values + layout->PyDictValues.size, 2, 1);
		put(first + 16, 1 | second << 8, 2);
		put_word(first, 0x1000);
		put_word(first + 8, 0x1001);
		return values;
	}
	put(values - 2, 2, 1);
	put(values - 3, 1, 1);
	put(values - 4, second, 1);
	put_word(values, 0x1000);
	put_word(values + 8, 0x1001);
	return values;
}

static void test_split_dict(void **state)
{
	(void)state;
	for (unsigned minor = 9; minor <= 15; minor++) {
		struct image image;
		image_init(&image, minor);
		struct small_dict small = add_dict(&image, KIND_SPLIT);
		addr_t values_at = small.dict + image.layout.PyDictObject.ma_values;
		put_word(values_at, add_values(&image, 0));
		struct dict_cursor cursor;
		addr_t key, value;
		assert_true(dict_cursor_open(&image.cpython, small.dict, &cursor));
		assert_true(dict_next(&cursor, &key, &value));
		assert_int_equal(value, minor >= 11 ? 0x1001 : 0x1000);
		assert_true(dict_next(&cursor, &key, &value));
		assert_int_equal(value, minor >= 11 ? 0x1000 : 0x1001);
		assert_false(dict_next(&cursor, &key, &value));
		put_word(values_at, add_values(&image, 250));
		assert_int_equal(count_entries(&image.cpython, small.dict), minor >= 11 ? 1 : 2);
		put_word(values_at, OUTSIDE);
		assert_int_equal(count_entries(&image.cpython, small.dict), UINT32_MAX);
		mem_deinit(&image.mem);
	}
}

/* ---- lines ---- */

static addr_t add_code(struct image *image, uint32_t first_line, const void *table, size_t n)
{
	const struct layout *layout = &image->layout;
	addr_t code = add(image, layout->PyCodeObject.n_bytes + 64);
	addr_t bytes = add(image, layout->PyBytesObject.ob_sval + n + 1);
	put_word(bytes + layout->PyVarObject.ob_size, n);
	memcpy(mem_host(bytes + layout->PyBytesObject.ob_sval), table, n);
	put_word(code + (image->cpython.traits->line_table == LINES_LNOTAB
					? layout->PyCodeObject.co_lnotab
					: layout->PyCodeObject.co_linetable),
		bytes);
	put(code + layout->PyCodeObject.co_firstlineno, first_line, 4);
	return code;
}

static void test_lines(void **state)
{
	(void)state;
	static const uint8_t lnotab[] = {4, 1, 6, 0xff, 2, 10};
	static const uint8_t pairs[] = {4, 0, 2, 1, 2, 0x80, 4, 0xfe};
	/* one line +1 (2 units), none (1), long -3 (1; end line, columns), no column +70 (8) */
	static const uint8_t locations[] = {0x80 | 11 << 3 | 1, 3, 9, 0x80 | 15 << 3,
		0x80 | 14 << 3, 7, 0, 1, 2, 0x80 | 13 << 3 | 7, 0x4c, 2};
	static const struct {
		unsigned minor;
		const uint8_t *table;
		size_t n;
		uint32_t lines[5][2]; /* instruction, line */
	} cases[] = {
		{9, lnotab, sizeof(lnotab), {{0, 10}, {4, 11}, {9, 11}, {10, 10}, {12, 20}}},
		{10, pairs, sizeof(pairs), {{0, 10}, {4, 11}, {6, 0}, {8, 9}, {12, 0}}},
		{11, locations, sizeof(locations), {{0, 11}, {4, 0}, {6, 8}, {8, 78}, {24, 0}}},
		{15, locations, sizeof(locations), {{0, 11}, {4, 0}, {6, 8}, {8, 78}, {24, 0}}},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct image image;
		image_init(&image, cases[i].minor);
		addr_t code = add_code(&image, 10, cases[i].table, cases[i].n);
		for (size_t j = 0; j < 5; j++)
			assert_int_equal(cpython_line(&image.cpython, code, cases[i].lines[j][0]),
				cases[i].lines[j][1]);
		assert_int_equal(cpython_line(&image.cpython, code, -2), 10);
		for (size_t n = 0; n < cases[i].n; n++)
			cpython_line(
				&image.cpython, add_code(&image, 10, cases[i].table, n), INT64_MAX);
		mem_deinit(&image.mem);
	}
}

/* ---- frames ---- */

static void test_stack_refs(void **state)
{
	(void)state;
	struct cpython plain = {.traits = traits_find(13)}, tagged = {.traits = traits_find(14)};
	assert_int_equal(cpython_stack_ref(&plain, 0x1000), 0x1000);
	assert_int_equal(cpython_stack_ref(&tagged, 0x1000), 0x1000);
	assert_int_equal(cpython_stack_ref(&tagged, 0x1001), 0x1000);
	assert_int_equal(cpython_stack_ref(&tagged, 1), 0);
	assert_int_equal(cpython_stack_ref(&tagged, 0x1003), 0);
	assert_int_equal(cpython_stack_ref(&tagged, 0x1002), 0);
}

static void test_broken_frame(void **state)
{
	(void)state;
	for (unsigned minor = 11; minor <= 15; minor++) {
		struct image image;
		image_init(&image, minor);
		const struct layout *layout = &image.layout;
		addr_t type = add(&image, 16), frame_at = BASE + 2 * MEM_CHUNK_BYTES - 256;
		addr_t code = add_code(&image, 10, "", 0);
		image.cpython.code_type = type;
		put_word(code + layout->PyObject.ob_type, type);
		put(code + layout->PyCodeObject.co_nlocalsplus, 100000, 4);
		put(code + layout->PyCodeObject.co_stacksize, 0x7fffffff, 4);
		put_word(code + layout->PyVarObject.ob_size, 10);
		put_word(frame_at + (minor >= 13 ? layout->PyInterpreterFrame.f_executable
						 : layout->PyInterpreterFrame.f_code),
			code);
		put_word(frame_at + layout->PyInterpreterFrame.previous, frame_at);
		struct frame frame;
		assert_true(cpython_read_frame(&image.cpython, frame_at, &frame));
		assert_int_equal(frame.previous, frame_at);
		assert_int_equal(frame.code, code);
		assert_int_equal(frame.n_locals + frame.n_stack + frame.n_stack_max, 0);
		assert_false(cpython_read_frame(&image.cpython, OUTSIDE, &frame));
		put_word(code + layout->PyObject.ob_type, OUTSIDE);
		assert_true(cpython_read_frame(&image.cpython, frame_at, &frame));
		assert_int_equal(frame.code, 0);
		mem_deinit(&image.mem);
	}
}

/* ---- anything at all ---- */

static uint64_t random_state = 1;

static uint64_t next_random(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state >> 11;
}

/* Words that lead somewhere: small numbers, addresses in the image, noise. */
static uint64_t random_word(void)
{
	switch (next_random() % 4) {
	case 0:
		return next_random() % 64;
	case 1:
	case 2:
		return BASE + next_random() % (1 << 14) / 8 * 8;
	default:
		return next_random() << 32 ^ next_random();
	}
}

static void read_everything(const struct cpython *cpython, addr_t at)
{
	char text[64];
	int64_t integer;
	uint64_t count;
	struct str_state str;
	struct keys_table keys;
	struct code code;
	struct frame frame;
	cpython_read_str(cpython, at, text, sizeof(text));
	cpython_read_str_state(cpython, at, &str);
	cpython_read_int(cpython, at, &integer);
	cpython_ref_count(cpython, at, &count);
	cpython_read_keys(cpython, at, &keys);
	count_entries(cpython, at);
	cpython_dict_get(cpython, at, "name");
	cpython_read_code(cpython, at, &code);
	cpython_local_name(cpython, at, (uint32_t)next_random() % 100);
	cpython_line(cpython, at, (int64_t)(next_random() % 1000));
	cpython_thread_frame(cpython, at);
	if (cpython_read_frame(cpython, at, &frame))
		assert_true(
			!frame.n_locals || mem_at(cpython->mem, frame.slots,
						   8ull * (frame.n_locals + frame.n_stack_max)));
}

static void test_noise(void **state)
{
	(void)state;
	for (unsigned minor = 9; minor <= 15; minor++) {
		struct image image;
		image_init(&image, minor);
		for (unsigned round = 0; round < 6; round++) {
			for (addr_t at = BASE; at < BASE + (1 << 14); at += 8)
				put_word(at, random_word());
			image.cpython.code_type = round % 2 ? random_word() : 0;
			for (addr_t at = BASE; at < BASE + (1 << 14); at += 8)
				read_everything(&image.cpython, at);
		}
		mem_deinit(&image.mem);
	}
}

/* ---- tables ---- */

static void test_nearest_table(void **state)
{
	(void)state;
	struct layout exact, nearest;
	assert_true(layouts_find(12, 1, false, &exact));
	assert_int_equal(exact.PyInterpreterState.gc, 112);
	assert_int_equal(exact.PyThreadState.frame, LAYOUT_ABSENT);
	assert_false(layouts_find(12, 10, false, &nearest));
	assert_memory_equal(&exact, &nearest, sizeof(exact));
	assert_true(layouts_find(13, 5, true, &exact));
	assert_false(layouts_find(13, 4, true, &nearest));
	assert_memory_equal(&exact, &nearest, sizeof(exact));
	assert_true(layouts_find(15, 2, false, &exact));
	assert_false(layouts_find(16, 0, false, &nearest));
	assert_memory_equal(&exact, &nearest, sizeof(exact));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_str),
		cmocka_unit_test(test_broken_str),
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_ref_counts),
		cmocka_unit_test(test_combined_dict),
		cmocka_unit_test(test_corrupt_dict),
		cmocka_unit_test(test_split_dict),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_stack_refs),
		cmocka_unit_test(test_broken_frame),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_nearest_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
