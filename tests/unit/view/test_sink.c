/*
 * Files appear whole or not at all; failures of the disk are told once.
 */
#include "base/cleanup.h"
#include "view/sink.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

static char folder[] = "/tmp/test_sink.XXXXXX";
static struct sink sink;

static int enter_folder(void **state)
{
	(void)state;
	return !mkdtemp(folder) || chdir(folder);
}

static unsigned count_entries(void)
{
	DIR *directory = opendir(".");
	unsigned n = 0;
	for (struct dirent *entry; (entry = readdir(directory));)
		n += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(directory);
	return n;
}

static int leave_folder(void **state)
{
	(void)state;
	unlink("file");
	unlink("link");
	unsigned n_left = count_entries();
	return n_left || chdir("/") || rmdir(folder);
}

static void write_file(const char *path, const char *text)
{
	assert_null(sink_open(&sink, path));
	sink_puts(&sink, text);
	assert_null(sink_close(&sink));
}

static void check_content(const char *path, const char *expected)
{
	char text[64] = "";
	_cleanup_close_ int fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, text, sizeof(text) - 1), strlen(expected));
	assert_string_equal(text, expected);
}

static void test_a_file_is_replaced_whole(void **state)
{
	(void)state;
	struct stat status;
	write_file("file", "one");
	assert_null(sink_open(&sink, "file"));
	sink_printf(&sink, "%s", "two");
	check_content("file", "one");
	assert_int_equal(count_entries(), 2);
	assert_null(sink_close(&sink));
	check_content("file", "two");
	assert_int_equal(count_entries(), 1);
	assert_int_equal(stat("file", &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void test_a_link_is_followed(void **state)
{
	(void)state;
	struct stat status;
	write_file("file", "one");
	assert_int_equal(symlink("file", "link"), 0);
	write_file("link", "two");
	check_content("file", "two");
	assert_int_equal(lstat("link", &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	unlink("link");
}

static void test_nothing_is_left_when_given_up(void **state)
{
	(void)state;
	unlink("file");
	assert_null(sink_open(&sink, "file"));
	sink_fill(&sink, 'x', 100000);
	sink_abandon(&sink);
	assert_int_equal(count_entries(), 0);
	sink_abandon(&sink);
}

static void test_full_disk(void **state)
{
	(void)state;
	struct rlimit limit = {4096, 4096}, before;
	getrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_IGN);
	limit.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_null(sink_open(&sink, "file"));
	sink_fill(&sink, 'x', 200000);
	struct error *error = sink_close(&sink);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(error->kind, ERROR_OUT_OF_SPACE);
	assert_true(*error->remedy);
	error_destroy(error);
	assert_int_equal(count_entries(), 0);
}

static void test_device_without_space(void **state)
{
	(void)state;
	assert_null(sink_open(&sink, "/dev/full"));
	sink_puts(&sink, "x");
	struct error *error = sink_close(&sink);
	assert_int_equal(error->kind, ERROR_OUT_OF_SPACE);
	error_destroy(error);
}

static void test_no_such_folder(void **state)
{
	(void)state;
	struct error *error = sink_open(&sink, "absent/file");
	assert_int_equal(error->kind, ERROR_UNREADABLE_FILE);
	error_destroy(error);
}

static void test_broken_pipe_is_quiet(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	sink_init_fd(&sink, ends[1]);
	sink_puts(&sink, "x");
	assert_null(sink_close(&sink));
	assert_true(sink_is_broken_pipe(&sink));
	close(ends[1]);
}

static void test_interrupted(void **state)
{
	(void)state;
	pid_t child = fork();
	if (!child) {
		if (sink_open(&sink, "file") || count_entries() != 1)
			_exit(1);
		raise(SIGTERM);
		_exit(2);
	}
	int status;
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	assert_int_equal(count_entries(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_is_replaced_whole),
		cmocka_unit_test(test_a_link_is_followed),
		cmocka_unit_test(test_nothing_is_left_when_given_up),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_device_without_space),
		cmocka_unit_test(test_no_such_folder),
		cmocka_unit_test(test_broken_pipe_is_quiet),
		cmocka_unit_test(test_interrupted),
	};
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
