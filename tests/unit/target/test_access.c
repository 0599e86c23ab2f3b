#include "target/access.h"

#include "child.h"
#include "target/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cmocka.h>

/* Both the verdict and the capture must refuse, in the same words. */
static struct error *refused(pid_t pid, enum error_kind kind)
{
	struct error *verdict = capture_check_access(pid);
	assert_non_null(verdict);
	assert_int_equal(verdict->kind, kind);
	assert_true(verdict->text[0] && verdict->remedy[0]);
	struct capture *capture = NULL;
	struct error *error = capture_create(pid, NULL, &capture);
	assert_non_null(error);
	assert_null(capture);
	assert_int_equal(error->kind, kind);
	assert_string_equal(error->text, verdict->text);
	error_destroy(error);
	return verdict;
}

static void wait_for_orders(int fd)
{
	char ready = 1;
	child_tell(fd, &ready, 1);
	pause();
}

static struct child waiting_child(void)
{
	char ready;
	return child_start(wait_for_orders, &ready, 1);
}

static void test_a_child_may_be_captured(void **state)
{
	(void)state;
	struct child child = waiting_child();
	struct error *error = capture_check_access(child.pid);
	if (error)
		print_message("%s\n", error->text);
	assert_null(error);
	child_end(&child);
}

static void test_no_such_process(void **state)
{
	(void)state;
	struct child child = waiting_child();
	child_end(&child);
	error_destroy(refused(child.pid, ERROR_NO_SUCH_PROCESS));
	error_destroy(refused(0, ERROR_NO_SUCH_PROCESS));
	error_destroy(refused(-7, ERROR_NO_SUCH_PROCESS));
	error_destroy(refused(4194305, ERROR_NO_SUCH_PROCESS));
}

static void test_itself(void **state)
{
	(void)state;
	error_destroy(refused(getpid(), ERROR_USAGE));
}

static void end_at_once(int fd)
{
	(void)fd;
}

static void test_zombie(void **state)
{
	(void)state;
	struct child child = child_start(end_at_once, NULL, 0);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOWAIT), 0);
	error_destroy(refused(child.pid, ERROR_EXITING));
	child_end(&child);
}

static void test_kernel_thread(void **state)
{
	(void)state;
	char name[32] = "";
	FILE *file = fopen("/proc/2/comm", "r");
	if (!file || !fgets(name, sizeof(name), file) || strcmp(name, "kthreadd\n") != 0)
		skip();
	fclose(file);
	error_destroy(refused(2, ERROR_NOT_PYTHON));
}

static void trace_parent_of_choice(int fd)
{
	pid_t pid;
	char ready = 1;
	if (read(STDIN_FILENO, &pid, sizeof(pid)) != sizeof(pid))
		_exit(99);
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		ready = 0;
	child_tell(fd, &ready, 1);
	pause();
}

static void test_another_tracer(void **state)
{
	(void)state;
	struct child child = waiting_child();
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	int saved = dup(STDIN_FILENO);
	dup2(ends[0], STDIN_FILENO);
	assert_int_equal(write(ends[1], &child.pid, sizeof(pid_t)), sizeof(pid_t));
	char traced;
	struct child tracer = child_start(trace_parent_of_choice, &traced, 1);
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(ends[0]);
	close(ends[1]);
	if (traced) {
		struct error *error = refused(child.pid, ERROR_PERMISSION);
		char number[16];
		snprintf(number, sizeof(number), "%d", tracer.pid);
		assert_non_null(strstr(error->text, number));
		error_destroy(error);
	}
	child_end(&tracer);
	assert_int_equal(child_state(child.pid), 'S');
	child_end(&child);
	if (!traced)
		skip();
}

static void *second_thread(void *arg)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);
	child_tell(*(int *)arg, &tid, sizeof(tid));
	pause();
	return NULL;
}

static void start_a_thread(int fd)
{
	pthread_t thread;
	pthread_create(&thread, NULL, second_thread, &fd);
	pause();
}

static void test_thread_number(void **state)
{
	(void)state;
	pid_t tid;
	struct child child = child_start(start_a_thread, &tid, sizeof(tid));
	char number[16];
	snprintf(number, sizeof(number), "%d", child.pid);
	struct error *error = refused(tid, ERROR_NO_SUCH_PROCESS);
	assert_non_null(strstr(error->text, number));
	error_destroy(error);
	child_end(&child);
}

/* Another user asks; its verdict comes back through the exit status. */
static void ask_as_nobody(int fd)
{
	pid_t parent = getppid();
	struct error *error = NULL;
	if (setgid(65534) < 0 || setuid(65534) < 0)
		_exit(99);
	error = capture_check_access(parent);
	char good = error && error->kind == ERROR_PERMISSION && strstr(error->text, "user") &&
		    strstr(error->remedy, "sudo whymem");
	child_tell(fd, &good, 1);
}

static void test_another_user(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	char good;
	struct child child = child_start(ask_as_nobody, &good, 1);
	child_end(&child);
	assert_true(good);
}

#if defined(__x86_64__)
/* ELF header and one segment of a 32-bit program: pause() for ever. */
static const uint8_t program_32bit[] = {0x7f, 'E', 'L', 'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	0, 3, 0, 1, 0, 0, 0, 0x54, 0x80, 0x04, 0x08, 0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x34, 0,
	0x20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x80, 0x04, 0x08, 0x00, 0x80,
	0x04, 0x08, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 5, 0, 0, 0, 0, 0x10, 0, 0, 0xb8, 29, 0, 0, 0,
	0xcd, 0x80, 0xeb, 0xf7, 0, 0, 0};

static void run_32bit(int fd)
{
	int program = memfd_create("program", MFD_CLOEXEC);
	char *const arguments[] = {"program", NULL};
	char ready = 1;
	if (write(program, program_32bit, sizeof(program_32bit)) != sizeof(program_32bit))
		_exit(99);
	child_tell(fd, &ready, 1);
	fexecve(program, arguments, arguments + 1);
	_exit(98);
}

static void test_32bit_program(void **state)
{
	(void)state;
	char ready;
	struct child child = child_start(run_32bit, &ready, 1);
	int status = 0;
	for (int i = 0; i < 200 && child_state(child.pid) != 'S'; i++) {
		usleep(10000);
		if (waitpid(child.pid, &status, WNOHANG) == child.pid) {
			close(child.facts);
			skip();
		}
	}
	error_destroy(refused(child.pid, ERROR_UNSUPPORTED_PYTHON));
	child_end(&child);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_child_may_be_captured),
		cmocka_unit_test(test_no_such_process),
		cmocka_unit_test(test_itself),
		cmocka_unit_test(test_zombie),
		cmocka_unit_test(test_kernel_thread),
		cmocka_unit_test(test_another_tracer),
		cmocka_unit_test(test_thread_number),
		cmocka_unit_test(test_another_user),
#if defined(__x86_64__)
		cmocka_unit_test(test_32bit_program),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
