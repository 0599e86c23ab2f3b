#include "cli/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#define ID "1f2e3d4c5b6a798081726354453627181f2e3d4c5b6a79808172635445362718"

static void check_container(const char *cgroup, const char *expected)
{
	char name[80];
	container_of_cgroup(cgroup, name, sizeof(name));
	assert_string_equal(name, expected);
}

static void test_containers(void **state)
{
	(void)state;
	check_container("", "");
	check_container("0::/user.slice/user-1000.slice/session-2.scope\n", "");
	check_container("0::/system.slice/docker-" ID ".scope\n", ID);
	check_container("12:pids:/docker/" ID "\n11:cpu:/docker/" ID "\n", ID);
	check_container(
		"0::/kubepods.slice/kubepods-pod3f9b6a64.slice/cri-containerd-" ID ".scope", ID);
	check_container("0::/machine.slice/libpod-" ID ".scope/container\n", ID);
	check_container("0::/lxc.payload.web1/init.scope\n", "web1");
	check_container("0::/0123456789abcdef" ID "\n", "");
}

static void check_program(const char *arguments, size_t n, const char *expected)
{
	char program[64];
	program_of_arguments(arguments, n, program, sizeof(program));
	assert_string_equal(program, expected);
}

#define CHECK_PROGRAM(arguments, expected) check_program(arguments, sizeof(arguments) - 1, expected)

static void test_programs(void **state)
{
	(void)state;
	CHECK_PROGRAM("", "");
	CHECK_PROGRAM("python3\0", "python3");
	CHECK_PROGRAM("/usr/bin/python3.11\0-u\0/srv/app/manage.py\0runserver\0", "manage.py");
	CHECK_PROGRAM("python3\0-X\0dev\0-W\0error\0a.py\0", "a.py");
	CHECK_PROGRAM("python3\0-m\0http.server\0", "http.server");
	CHECK_PROGRAM("python3\0-m", "python3");
	CHECK_PROGRAM("python3\0-X", "python3");
	CHECK_PROGRAM("python3\0-c\0import time\0", "python3");
	CHECK_PROGRAM("gunicorn: worker [shop]\0\0\0\0", "gunicorn: worker [shop]");
	CHECK_PROGRAM("/opt/bin/uwsgi\0--ini\0x\0", "uwsgi");
}

static void test_fields(void **state)
{
	(void)state;
	const char *text = "head\nRss:                 120 kB\nPss:  7 kB\n";
	assert_int_equal(process_field(text, "Rss:"), 120 * 1024);
	assert_int_equal(process_field(text, "Pss:"), 7 * 1024);
	assert_true(process_field(text, "Swap:") == SIZE_UNKNOWN);
	assert_int_equal(process_parent(getpid()), getppid());
	assert_int_equal(process_parent(1 << 30), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
