/* Pages that fork() shares, as the child and its parent write to them. */
#include "target/kinship.h"
#include "target/proc.h"

#include "target/child.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>

#include <cmocka.h>

#define PAGES 64
#define PAGE 4096

enum { COPIED_FROM = 16, COPIED_END = 32, NEW_FROM = 48 };

static uint64_t *area;

/* Counts on 16 pages, all other words as they were; then pages of its own making. */
static void write_pages(int fd)
{
	char ready = 1;
	for (size_t page = COPIED_FROM; page < COPIED_END; page++)
		area[page * PAGE / 8]++;
	for (size_t i = NEW_FROM * PAGE / 8; i < PAGES * PAGE / 8; i++)
		area[i] = ~area[i] * 0x9e3779b97f4a7c15u;
	child_tell(fd, &ready, sizeof(ready));
	pause();
}

static void make_area(void)
{
	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(area != MAP_FAILED);
	madvise(area, PAGES * PAGE, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < PAGES * PAGE / 8; i++)
		area[i] = i % 8 ? i * 0x9e3779b97f4a7c15u : 1;
}

static void read_kinship(pid_t pid, struct kinship *ret)
{
	struct map_list maps;
	int fd = -1;
	*ret = (struct kinship){0};
	assert_null(map_list_read(pid, "smaps", &maps));
	assert_null(proc_open(pid, "pagemap", O_RDONLY, &fd));
	assert_null(kinship_read(pid, fd, &maps, ret));
	map_list_deinit(&maps);
	close(fd);
}

/* Bytes of the pages [first, end) of the area that are told as copies. */
static uint64_t told(const struct kinship *kinship, size_t first, size_t end)
{
	addr_t begin = (addr_t)(uintptr_t)area + first * PAGE;
	addr_t stop = (addr_t)(uintptr_t)area + end * PAGE;
	uint64_t sum = 0;
	vec_foreach (&kinship->copies, range) {
		addr_t from = MAX(range->begin, begin), to = MIN(range->end, stop);
		sum += from < to ? to - from : 0;
	}
	return sum;
}

static void test_copies_of_a_child(void **state)
{
	char ready;
	make_area();
	struct child child = child_start(write_pages, &ready, sizeof(ready));
	struct kinship kinship;
	read_kinship(child.pid, &kinship);
	assert_int_equal(kinship.parent, getpid());
	assert_int_equal(
		told(&kinship, COPIED_FROM, COPIED_END), (COPIED_END - COPIED_FROM) * PAGE);
	assert_int_equal(told(&kinship, 0, COPIED_FROM), 0);
	assert_int_equal(told(&kinship, COPIED_END, NEW_FROM), 0);
	assert_int_equal(told(&kinship, NEW_FROM, PAGES), 0);
	assert_true(kinship.shared_bytes >= (COPIED_FROM + NEW_FROM - COPIED_END) * PAGE);
	assert_true(kinship.compared_pages && kinship.unchanged_pages);
	uint64_t sum = 0;
	for (size_t i = 0; i < kinship.copies.n; i++) {
		const struct copied_range *range = &kinship.copies.data[i];
		assert_true(range->begin < range->end);
		assert_true(!i || range[-1].end < range->begin);
		sum += range->end - range->begin;
	}
	assert_int_equal(sum, kinship.copied_bytes);
	vec_deinit(&kinship.copies);
	child_end(&child);
	munmap(area, PAGES * PAGE);
}

static void become_another(int fd)
{
	char ready = 1;
	child_tell(fd, &ready, sizeof(ready));
	execl("/bin/sleep", "sleep", "60", NULL);
}

/* Who runs another program by now has nothing of its parent. */
static void test_no_kin(void **state)
{
	char ready, program[64] = "";
	char link[64];
	struct child child = child_start(become_another, &ready, sizeof(ready));
	snprintf(link, sizeof(link), "/proc/%d/exe", child.pid);
	for (unsigned i = 0; i < 1000 && !strstr(program, "sleep") && !strstr(program, "busybox") &&
			     !strstr(program, "coreutils");
		i++) {
		ssize_t n = readlink(link, program, sizeof(program) - 1);
		program[MAX(n, 0)] = '\0';
		usleep(1000);
	}
	struct kinship kinship;
	read_kinship(child.pid, &kinship);
	assert_int_equal(kinship.parent, 0);
	assert_int_equal(kinship.copies.n, 0);
	child_end(&child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies_of_a_child),
		cmocka_unit_test(test_no_kin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
