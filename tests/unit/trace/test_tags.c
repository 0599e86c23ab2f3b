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
		uint32_t first = TAG_BEGINS | size << TAG_SIZE_SHIFT | 0xabcde;
		assert_true(tag_begins(first));
		assert_int_equal(tag_node(first), 0xabcde);
		assert_false(tag_is_large(first));
		assert_int_equal(tag_size(first, UINT32_MAX, UINT32_MAX), size);
		assert_int_equal(tag_size(first | TAG_WATCHED, 0, 0), size);
	}
	assert_false(tag_begins(TAG_WATCHED));
}

static void test_large_blocks_are_three(void **state)
{
	static const uint64_t sizes[] = {
		TAG_SIZE_LARGE, 4096, UINT32_MAX, 1ull << 30, (1ull << 30) - 1, 1ull << 47};
	uint32_t first = TAG_BEGINS | TAG_SIZE_LARGE << TAG_SIZE_SHIFT | TAG_NODE_MASK;
	assert_true(tag_is_large(first));
	assert_int_equal(tag_node(first), TAG_NODE_MASK);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		uint32_t second = sizes[i] & TAG_REST_MASK;
		uint32_t third = (uint32_t)(sizes[i] >> TAG_REST_SHIFT) & TAG_REST_MASK;
		assert_false(tag_begins(second) || tag_begins(third));
		assert_int_equal(tag_size(first, second, third), sizes[i]);
	}
}

static void test_places(void **state)
{
	uint64_t last = (1ull << TAG_ADDRESS_BITS) - 16;
	assert_int_equal(tag_branch_of(last), TAG_BRANCHES - 1);
	assert_int_equal(tag_leaf_of(last), TAG_LEAVES - 1);
	assert_int_equal(tag_word_of(last), TAG_WORDS - 1);
	assert_int_equal(tag_branch_of(last + 16), TAG_BRANCHES);
	for (uint64_t address = 0x7f1234567890; address < 0x7f1234767890; address += 16) {
		uint64_t place =
			(tag_branch_of(address) * TAG_LEAVES + tag_leaf_of(address)) * TAG_WORDS +
			tag_word_of(address);
		assert_int_equal(place, address >> TAG_GRANULE_BITS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_blocks_are_one_word),
		cmocka_unit_test(test_large_blocks_are_three),
		cmocka_unit_test(test_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
