#include "base/idset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t random_state = 1;

static uint64_t next_random(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state >> 16;
}

static int compare_addresses(const void *a, const void *b)
{
	addr_t left = *(const addr_t *)a, right = *(const addr_t *)b;
	return left < right ? -1 : left > right;
}

static void test_numbers_follow_addresses(void **state)
{
	(void)state;
	enum { N = 20000 };
	static addr_t addresses[N];
	struct idset set;
	assert_null(idset_init(&set));
	for (size_t i = 0; i < N; i++) {
		addr_t base = i % 3 ? 0x7f0000000000 : 0x400000;
		addresses[i] = base + next_random() % (64 << 20) / 8 * 8;
		assert_null(idset_reserve(&set, addresses[i], addresses[i] + 8));
		idset_add(&set, addresses[i]);
	}
	assert_null(idset_seal(&set));
	qsort(addresses, N, sizeof(addr_t), compare_addresses);
	obj_id id = 0;
	struct idset_cursor cursor = idset_cursor_at(&set, 0);
	for (size_t i = 0; i < N; i++) {
		if (i && addresses[i] == addresses[i - 1])
			continue;
		assert_int_equal(idset_find(&set, addresses[i]), id);
		assert_int_equal(idset_get(&set, id), addresses[i]);
		assert_int_equal(idset_next(&cursor), addresses[i]);
		bool next_is_member = i + 1 < N && addresses[i + 1] == addresses[i] + 8;
		assert_int_equal(idset_has(&set, addresses[i] + 8), next_is_member);
		assert_int_equal(idset_find(&set, addresses[i] + 4), OBJ_NONE);
		id++;
	}
	assert_int_equal(set.n, id);
	assert_int_equal(idset_next(&cursor), 0);
	assert_int_equal(idset_find(&set, UINT64_MAX), OBJ_NONE);
	idset_deinit(&set);
}

static void test_empty(void **state)
{
	(void)state;
	struct idset set;
	assert_null(idset_init(&set));
	assert_null(idset_seal(&set));
	struct idset_cursor cursor = idset_cursor_at(&set, 0);
	assert_int_equal(idset_next(&cursor), 0);
	assert_int_equal(idset_find(&set, 0x1000), OBJ_NONE);
	idset_deinit(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_follow_addresses),
		cmocka_unit_test(test_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
