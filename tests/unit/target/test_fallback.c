/*
 * Where no copy can be made the target is stopped while it is read; it lives
 * on, and the user is told why.
 */
#include "target/capture.h"

#include "child.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cmocka.h>

enum { NOBODY = 65534 };

/* Ends the process when it tries to make another, and when it collects one. */
static void forbid_processes(void)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_wait4, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {ARRAY_SIZE(rules), rules};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(94);
}

static uint64_t known_word = 0x1122334455667788;

static void wait_under_filter(int fd)
{
	char ready = 1;
	forbid_processes();
	child_tell(fd, &ready, 1);
	for (;;)
		usleep(1000);
}

static void wait_without_processes(int fd)
{
	char ready = 1;
	struct rlimit none = {1, 1};
	setrlimit(RLIMIT_NPROC, &none);
	child_tell(fd, &ready, 1);
	for (;;)
		usleep(1000);
}

/* What a capture showed, small enough for a pipe. */
struct outcome {
	bool captured, warned, has_word, lives;
	enum capture_method method;
	char text[512];
};

static struct outcome outcome_of(void (*body)(int fd))
{
	struct outcome outcome = {0};
	struct capture *capture;
	char ready;
	struct child child = child_start(body, &ready, 1);
	struct error *error = capture_create(child.pid, NULL, &capture);
	if (error) {
		snprintf(outcome.text, sizeof(outcome.text), "%s", error->text);
		error_destroy(error);
	} else {
		outcome.captured = capture->complete;
		outcome.method = capture->method;
		outcome.has_word = mem_word(&capture->mem, (uintptr_t)&known_word) == known_word;
		vec_foreach (&capture->warnings, warning) {
			outcome.warned |= strcmp(warning->id, "stopped_while_copied") == 0;
			snprintf(outcome.text, sizeof(outcome.text), "%s", warning->text);
		}
		capture_destroy(capture);
	}
	usleep(20000);
	outcome.lives = strchr("SR", child_state(child.pid)) != NULL;
	child_end(&child);
	return outcome;
}

static void become_nobody(void)
{
	if (geteuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
		_exit(93);
	prctl(PR_SET_DUMPABLE, 1);
}

static void filtered_as_nobody(int fd)
{
	become_nobody();
	struct outcome outcome = outcome_of(wait_under_filter);
	child_tell(fd, &outcome, sizeof(outcome));
}

static void limited_as_nobody(int fd)
{
	become_nobody();
	struct outcome outcome = outcome_of(wait_without_processes);
	child_tell(fd, &outcome, sizeof(outcome));
}

static void check_stopped(const struct outcome *outcome, const char *reason)
{
	if (!outcome->captured || !outcome->warned)
		print_message("%s\n", outcome->text);
	assert_true(outcome->captured && outcome->has_word && outcome->lives);
	assert_int_equal(outcome->method, CAPTURE_STOP);
	assert_true(outcome->warned);
	assert_non_null(strstr(outcome->text, reason));
}

static void test_a_filter_is_suspended(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	struct outcome outcome = outcome_of(wait_under_filter);
	assert_true(outcome.captured && outcome.has_word && outcome.lives);
	if (outcome.method == CAPTURE_STOP)
		check_stopped(&outcome, "seccomp");
}

static void test_a_filter_that_stays(void **state)
{
	(void)state;
	struct outcome outcome;
	struct child child = child_start(filtered_as_nobody, &outcome, sizeof(outcome));
	child_end(&child);
	check_stopped(&outcome, "seccomp");
}

static void test_no_more_processes(void **state)
{
	(void)state;
	struct outcome outcome;
	struct child child = child_start(limited_as_nobody, &outcome, sizeof(outcome));
	child_end(&child);
	check_stopped(&outcome, "refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_filter_is_suspended),
		cmocka_unit_test(test_a_filter_that_stays),
		cmocka_unit_test(test_no_more_processes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
