#include "heap/pending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define BASE 0x600000000000ull

static bool holds_bytes(addr_t address)
{
	return *(const uint8_t *)mem_host(address) != 0;
}

static void test_memory_goes_with_its_last_reader(void **state)
{
	(void)state;
	struct mem mem;
	struct pending pending;
	assert_null(mem_init(&mem));
	assert_null(mem_add(&mem, BASE, BASE + 4 * MEM_CHUNK_BYTES));
	for (unsigned i = 0; i < 4; i++)
		memset(mem_host(BASE + i * MEM_CHUNK_BYTES), 1, 4096);
	assert_null(pending_init(&pending, &mem));

	/* One small block in chunk 0; one from the end of chunk 0 into chunk 2; chunk 3 pinned. */
	addr_t large = BASE + MEM_CHUNK_BYTES - 64;
	pending_add(&pending, BASE + 64, 64);
	pending_add(&pending, large, MEM_CHUNK_BYTES + 128);
	pending_add_many(&pending, BASE + 3 * MEM_CHUNK_BYTES, 2);
	pending_pin(&pending, BASE + 3 * MEM_CHUNK_BYTES, 16);

	pending_done(&pending, BASE + 64, 64);
	assert_true(holds_bytes(BASE));
	pending_done(&pending, large, MEM_CHUNK_BYTES + 128);
	for (unsigned i = 0; i < 3; i++)
		assert_false(holds_bytes(BASE + i * MEM_CHUNK_BYTES));
	pending_done_many(&pending, BASE + 3 * MEM_CHUNK_BYTES, 2);
	assert_true(holds_bytes(BASE + 3 * MEM_CHUNK_BYTES));

	pending_deinit(&pending);
	mem_deinit(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_goes_with_its_last_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
