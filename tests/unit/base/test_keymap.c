/* Keys get their numbers in order, whatever their bits are. */
#include "base/keymap.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Keys that collide in their low bits, in their high bits, and in neither. */
static uint64_t key(uint32_t i)
{
	return i % 3 == 0 ? (uint64_t)i << 40 : i % 3 == 1 ? i : i * 0xff51afd7ed558ccdull;
}

static void test_numbers(void **state)
{
	struct keymap map = {0};
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 100000; i++)
			assert_int_equal(keymap_add(&map, key(i + 1)), i);
		for (uint32_t i = 0; i < 100000; i += 7)
			assert_int_equal(keymap_add(&map, key(i + 1)), i);
		assert_int_equal(map.keys.n, 100000);
		keymap_clear(&map);
		assert_int_equal(map.keys.n, 0);
	}
	keymap_deinit(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
