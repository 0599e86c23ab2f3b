/*
 * Random tables on pages of every width: never wider than the page, and the
 * columns that must stay do.
 */
#include "base/cleanup.h"
#include "view/grid.h"
#include "view/utf8.h"

#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>

#include <cmocka.h>

static uint64_t random_state = 7;

static unsigned next_random(unsigned n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % n;
}

static const struct grid_column columns[] = {
	{.title = "name", .shrink = SHRINK_MIDDLE, .min_width = 4},
	{.title = "MiB", .right = true},
	{.title = "note", .shrink = SHRINK_END, .min_width = 6, .drop = 2},
	{.title = "id", .drop = 1},
};

static void add_random(struct grid *grid, const char *const *pieces, unsigned n_max)
{
	char text[256] = "";
	for (unsigned n = next_random(n_max); n; n--)
		strcat(text, pieces[next_random(4)]);
	grid_add(grid, text);
}

static void add_rows(struct grid *grid)
{
	static const char *const pieces[] = {"ab", "\u30c7", "\t", "caf\u00e9"};
	for (unsigned rows = next_random(6); rows; rows--) {
		add_random(grid, pieces, 20);
		grid_format(grid, "%u", next_random(100000));
		add_random(grid, pieces, 20);
		grid_add(grid, next_random(2) ? "0x1234" : NULL);
	}
}

static void check_lines(char *text, unsigned width)
{
	for (char *line; (line = strsep(&text, "\n"));) {
		assert_true(utf8_width(line) <= width);
		if (*line)
			assert_true(line[strlen(line) - 1] != ' ');
	}
}

static void test_never_wider_than_the_page(void **state)
{
	(void)state;
	static struct sink sink;
	for (unsigned i = 0; i < 3000; i++) {
		_cleanup_close_ int fd = memfd_create("page", MFD_CLOEXEC);
		unsigned width = 20 + next_random(100);
		sink_init_fd(&sink, fd);
		struct page page = {&sink, {width, 24, false, next_random(2)}, 0};
		struct grid grid = grid_make(columns, ARRAY_SIZE(columns), next_random(3));
		add_rows(&grid);
		grid_print(&grid, &page);
		char text[8192] = "";
		assert_null(sink_close(&sink));
		assert_true(pread(fd, text, sizeof(text) - 1, 0) >= 0);
		check_lines(text, width);
	}
}

static void check_short(const char *text, unsigned width, enum shrink how, const char *expected)
{
	struct page page = {NULL, {80, 24, false, true}, 0};
	_cleanup_free_ char *shown = grid_shorten(&page, text, width, how);
	assert_string_equal(shown, expected);
}

static void test_shorten(void **state)
{
	(void)state;
	check_short("app.cache.RESULTS", 17, SHRINK_MIDDLE, "app.cache.RESULTS");
	check_short("app.cache.RESULTS", 11, SHRINK_MIDDLE, "app.c…SULTS");
	check_short("app.cache.RESULTS", 8, SHRINK_END, "app.cac…");
	check_short("app", 1, SHRINK_MIDDLE, "a");
	check_short("app", 0, SHRINK_END, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_wider_than_the_page),
		cmocka_unit_test(test_shorten),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
