/*
 * The words of a tag, and where they stand.
 */
#include "trace/tags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_small_blocks_are_one_word(void **state)
{
	for (uint32_t size = 0; size < TAG_SIZE_LARGE; size++) {
		uint32_t words[] = {TAG_BEGINS | size << TAG_SIZE_SHIFT | 0xabcde, UINT32_MAX,
			UINT32_MAX, UINT32_MAX};
		assert_true(tag_begins(words[0]));
		assert_int_equal(tag_node(words[0]), 0xabcde);
		assert_false(tag_is_large(words[0]));
		assert_int_equal(tag_size(words), size);
		words[0] |= TAG_WATCHED;
		assert_int_equal(tag_size(words), size);
	}
	assert_false(tag_begins(TAG_WATCHED));
	assert_true(tag_is_set(TAG_WATCHED) && tag_is_set(TAG_BEGINS));
	assert_false(tag_is_set(TAG_TIME_MASK));
}

static void test_large_blocks_are_four(void **state)
{
	static const uint64_t sizes[] = {
		TAG_SIZE_LARGE, 4096, UINT32_MAX, 1ull << 30, (1ull << 30) - 1, 1ull << 47};
	uint32_t first = TAG_BEGINS | TAG_SIZE_LARGE << TAG_SIZE_SHIFT | TAG_NODE_MASK;
	assert_true(tag_is_large(first));
	assert_int_equal(tag_node(first), TAG_NODE_MASK);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		uint32_t words[] = {first, TAG_TIME_MASK, sizes[i] & TAG_REST_MASK,
			(uint32_t)(sizes[i] >> TAG_REST_SHIFT) & TAG_REST_MASK};
		for (int k = 1; k < 4; k++)
			assert_false(tag_is_set(words[k]));
		assert_int_equal(tag_size(words), sizes[i]);
	}
}

static uint64_t leaf_of(uint64_t address)
{
	return tag_leaf_of(tag_granule_of(address));
}

static void test_places(void **state)
{
	uint64_t last = (1ull << TAG_ADDRESS_BITS) - 16;
	assert_int_equal(leaf_of(last), TAG_LEAVES - 1);
	assert_int_equal(tag_word_of(tag_granule_of(last)), TAG_WORDS - 1);
	assert_true(leaf_of(last + 16) >= TAG_LEAVES);
	assert_true(leaf_of(UINT64_MAX - 15) >= TAG_LEAVES);
	for (uint64_t address = 0x7f1234567890; address < 0x7f1234767890; address += 16) {
		uint64_t granule = tag_granule_of(address);
		assert_int_equal(tag_leaf_of(granule) * TAG_WORDS + tag_word_of(granule),
			address >> TAG_GRANULE_BITS);
		for (uint64_t k = 1; k < 16; k++)
			assert_true(leaf_of(address + k) >= TAG_LEAVES);
	}
}

static void test_times(void **state)
{
	assert_false(tag_has_time(0) || tag_has_time(16));
	assert_true(tag_has_time(17));
	assert_int_equal(tag_age(1000, 1000), 0);
	assert_int_equal(tag_age(1000, 1234), 234);
	assert_int_equal(tag_age(TAG_TIME_MASK, 9), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_blocks_are_one_word),
		cmocka_unit_test(test_large_blocks_are_four),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_times),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
