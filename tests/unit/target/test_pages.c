#include "target/maps.h"
#include "target/pagemap.h"
#include "target/runs.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { N_PAGES = 4096 };

/* Writes every third page and reads every third one of fresh private memory. */
static char *touched_area(void)
{
	char *area = mmap(
		NULL, N_PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(area, N_PAGES * 4096, MADV_NOHUGEPAGE);
	for (size_t page = 0; page < N_PAGES; page++) {
		volatile char *at = area + page * 4096;
		if (page % 3 == 0)
			*at = 1;
		else if (page % 3 == 1)
			(void)*at;
	}
	return area;
}

static void check_bits(const uint64_t *bits)
{
	for (size_t page = 0; page < N_PAGES; page++)
		assert_int_equal(bits[page / 64] >> page % 64 & 1, page % 3 == 0);
}

static void test_both_ways_agree(void **state)
{
	(void)state;
	char *area = touched_area();
	addr_t begin = (uintptr_t)area, end = begin + N_PAGES * 4096;
	int fd = open("/proc/self/pagemap", O_RDONLY);
	pagemap_init();
	uint64_t resident[N_PAGES / 64] = {0}, content[N_PAGES / 64] = {0};
	if (!pagemap_knows_zero())
		skip();
	assert_true(pagemap_read(fd, begin, end, resident, content));
	check_bits(resident);
	check_bits(content);
	uint64_t other_resident[N_PAGES / 64] = {0}, other_content[N_PAGES / 64] = {0};
	assert_true(pagemap_read_entries(fd, begin, end, other_resident, other_content));
	if (geteuid() == 0) {
		assert_memory_equal(resident, other_resident, sizeof(resident));
		assert_memory_equal(content, other_content, sizeof(content));
	}
	munmap(area, N_PAGES * 4096);
	close(fd);
}

static void test_failure_is_reported(void **state)
{
	(void)state;
	uint64_t bits[1] = {0};
	assert_false(pagemap_read(-1, 4096, 8192, bits, NULL));
	assert_false(pagemap_read_entries(-1, 4096, 8192, bits, NULL));
}

static void test_runs_cover_the_bits(void **state)
{
	(void)state;
	uint64_t bits[4] = {0xf0000000000000ff, UINT64_MAX, 0, 1};
	struct run_list list = {0};
	assert_null(run_list_add(&list, 0x10000, bits, 193));
	assert_null(run_list_add(&list, 0x900000, bits, 8));
	assert_int_equal(list.n, 4);
	assert_int_equal(list.n_pages, 8 + 68 + 1 + 8);
	assert_int_equal(list.data[1].address, 0x10000 + 60 * 4096);
	assert_int_equal(list.data[1].n_pages, 68);
	assert_int_equal(list.data[3].address, 0x900000);
	for (uint64_t cut = 0; cut <= list.n_pages; cut++) {
		uint64_t seen = 0;
		for (int part = 0; part < 2; part++) {
			struct run_cursor cursor =
				run_cursor_at(&list, part ? cut : 0, part ? list.n_pages : cut);
			for (struct run run; run_cursor_next(&cursor, &run);) {
				assert_int_equal(run.before, seen);
				seen += run.n_pages;
			}
		}
		assert_int_equal(seen, list.n_pages);
	}
	vec_deinit(&list);
}

static void test_own_maps(void **state)
{
	(void)state;
	struct map_list smaps, maps;
	assert_null(map_list_read(getpid(), "smaps", &smaps));
	assert_null(map_list_read(getpid(), "maps", &maps));
#ifdef __SANITIZE_ADDRESS__
	bool has_heap = true; /* its allocator never calls brk() */
#else
	bool has_heap = false;
#endif
	bool has_stack = false, has_vdso = false, has_code = false;
	addr_t behind = 0;
	vec_foreach (&smaps, map) {
		assert_true(map->start >= behind && map->end > map->start);
		behind = map->end;
		has_heap |= map->flags & MAP_IS_HEAP && map->resident_bytes;
		has_stack |= map->flags & MAP_IS_STACK && map->resident_bytes;
		has_vdso |= strcmp(map->path, "[vdso]") == 0 && map->flags & MAP_IS_SPECIAL;
		bool holds_us = map->start <= (uintptr_t)test_own_maps &&
				map->end > (uintptr_t)test_own_maps;
		has_code |= holds_us && map->flags & MAP_EXEC && map->inode && map->path[0] == '/';
	}
#if defined(__SANITIZE_ADDRESS__)
	has_heap = true; /* its malloc does not use it */
#endif
	assert_true(has_heap && has_stack && has_vdso && has_code);
	map_list_deinit(&smaps);
	map_list_deinit(&maps);
}

static void test_bits_of_overlapping_maps(void **state)
{
	(void)state;
	uint64_t from_bits[2] = {0b1011, 1}, to_bits[1] = {0};
	struct map from = {.start = 0x10000, .end = 0x10000 + 65 * 4096, .resident = from_bits};
	struct map to = {.start = 0x11000, .end = 0x11000 + 64 * 4096, .resident = to_bits};
	map_or_resident(&to, &from);
	assert_int_equal(to_bits[0], 0b101 | 1ull << 63);
	assert_int_equal(map_count_resident(&from), 4);
	struct map apart = {.start = 0x9000000, .end = 0x9001000, .resident = from_bits};
	map_or_resident(&to, &apart);
	assert_int_equal(to_bits[0], 0b101 | 1ull << 63);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways_agree),
		cmocka_unit_test(test_failure_is_reported),
		cmocka_unit_test(test_runs_cover_the_bits),
		cmocka_unit_test(test_own_maps),
		cmocka_unit_test(test_bits_of_overlapping_maps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
