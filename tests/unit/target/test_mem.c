#include "target/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define BASE 0x10000000000ull

static int setup(void **state)
{
	static struct mem mem;
	assert_null(mem_init(&mem));
	*state = &mem;
	return 0;
}

static int teardown(void **state)
{
	mem_deinit(*state);
	return 0;
}

static void test_absent_is_refused(void **state)
{
	struct mem *mem = *state;
	assert_null(mem_add(mem, BASE + 5, BASE + 6));
	assert_non_null(mem_at(mem, BASE, 1));
	assert_non_null(mem_at(mem, BASE, MEM_CHUNK_BYTES));
	assert_null(mem_at(mem, BASE, MEM_CHUNK_BYTES + 1));
	assert_null(mem_at(mem, BASE - 1, 1));
	assert_null(mem_at(mem, BASE + MEM_CHUNK_BYTES, 1));
	assert_null(mem_at(mem, BASE + 8, UINT64_MAX - 4));
	assert_null(mem_at(mem, UINT64_MAX - 3, 8));
	assert_null(mem_at(mem, 0, 8));
	assert_int_equal(mem_word(mem, BASE - 8), 0);
}

static void test_chunks_join(void **state)
{
	struct mem *mem = *state;
	assert_null(mem_add(mem, BASE + MEM_CHUNK_BYTES, BASE + 2 * MEM_CHUNK_BYTES));
	*(uint64_t *)mem_host(BASE + MEM_CHUNK_BYTES) = 7;
	assert_null(mem_add(mem, BASE, BASE + 5 * MEM_CHUNK_BYTES));
	assert_int_equal(mem_word(mem, BASE + MEM_CHUNK_BYTES), 7);
	assert_true(mem_has_range(mem, BASE, 5 * MEM_CHUNK_BYTES));
	assert_false(mem_has_range(mem, BASE, 5 * MEM_CHUNK_BYTES + 1));
}

static void test_strings(void **state)
{
	struct mem *mem = *state;
	assert_null(mem_add(mem, BASE, BASE + 2 * MEM_CHUNK_BYTES));
	addr_t across = BASE + MEM_CHUNK_BYTES - 3;
	strcpy(mem_host(across), "across");
	char text[16];
	assert_true(mem_read_string(mem, across, text, sizeof(text)));
	assert_string_equal(text, "across");
	assert_true(mem_read_string(mem, across, text, 4));
	assert_string_equal(text, "acr");
	addr_t last = BASE + 2 * MEM_CHUNK_BYTES - 2;
	memcpy(mem_host(last), "xy", 2);
	assert_false(mem_read_string(mem, last, text, sizeof(text)));
	assert_true(mem_read_string(mem, last, text, 3));
	assert_string_equal(text, "xy");
}

static int file_with(char byte, size_t n_bytes)
{
	int fd = memfd_create("content", 0);
	char *content = malloc(n_bytes);
	memset(content, byte, n_bytes);
	assert_int_equal(write(fd, content, n_bytes), n_bytes);
	free(content);
	return fd;
}

static void test_files_show_through(void **state)
{
	struct mem *mem = *state;
	int fd = file_with('f', 3 * 4096);
	assert_null(mem_add(mem, BASE, BASE + MEM_CHUNK_BYTES));
	assert_null(mem_map_file(mem, BASE + 8192, 2 * 4096, fd, 4096));
	assert_int_equal(*(char *)mem_host(BASE + 8191), 0);
	assert_int_equal(*(char *)mem_host(BASE + 8192), 'f');
	assert_int_equal(*(char *)mem_host(BASE + 4 * 4096), 0);
	*(char *)mem_host(BASE + 8192) = 'w';
	char byte;
	assert_int_equal(pread(fd, &byte, 1, 4096), 1);
	assert_int_equal(byte, 'f');
	assert_null(mem_clear(mem, BASE + 8192, BASE + 3 * 4096));
	assert_int_equal(*(char *)mem_host(BASE + 8192), 0);
	assert_int_equal(*(char *)mem_host(BASE + 3 * 4096), 'f');
	close(fd);
}

static void test_cut_off_file_reads_as_zeros(void **state)
{
	/* In the test itself, since the test library takes SIGBUS when the test begins. */
	(void)state;
	struct mem mem;
	int fd = file_with('f', 2 * 4096);
	assert_null(mem_init(&mem));
	assert_null(mem_add(&mem, BASE, BASE + MEM_CHUNK_BYTES));
	assert_null(mem_map_file(&mem, BASE, 2 * 4096, fd, 0));
	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_int_equal(*(volatile char *)mem_host(BASE), 'f');
	assert_int_equal(*(volatile char *)mem_host(BASE + 4096), 0);
	mem_deinit(&mem);
	close(fd);
}

static void test_released_reads_as_zeros(void **state)
{
	struct mem *mem = *state;
	int fd = file_with('f', 4096);
	assert_null(mem_add(mem, BASE, BASE + 2 * MEM_CHUNK_BYTES));
	assert_null(mem_map_file(mem, BASE + MEM_CHUNK_BYTES, 4096, fd, 0));
	memset(mem_host(BASE), 1, 100);
	mem_release(mem, BASE + 50);
	mem_release(mem, BASE + MEM_CHUNK_BYTES + 50);
	mem_release(mem, BASE + 2 * MEM_CHUNK_BYTES);
	assert_int_equal(*(char *)mem_host(BASE + 50), 0);
	assert_int_equal(*(char *)mem_host(BASE + MEM_CHUNK_BYTES), 0);
	close(fd);
}

static void test_collision_is_reported(void **state)
{
	struct mem *mem = *state;
	addr_t own = (uintptr_t)mem ^ MEM_FLIP;
	struct error *error = mem_add(mem, own, own + 1);
	assert_non_null(error);
	assert_int_equal(error->kind, ERROR_INTERNAL);
	error_destroy(error);
	assert_null(mem_at(mem, own, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_absent_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chunks_join, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_files_show_through, setup, teardown),
		cmocka_unit_test(test_cut_off_file_reads_as_zeros),
		cmocka_unit_test_setup_teardown(test_released_reads_as_zeros, setup, teardown),
		cmocka_unit_test_setup_teardown(test_collision_is_reported, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
