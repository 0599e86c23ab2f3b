#include "cli/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define WORDS_MAX 16

/* Parses the words of `line`; the request borrows pieces of it until the next call. */
static struct error *parse(char *line, struct request *request)
{
	static char *words[WORDS_MAX + 1];
	int n = 1;
	memset(words, 0, sizeof(words));
	words[0] = (char *)"whymem";
	for (char *word; n < WORDS_MAX && (word = strsep(&line, " "));)
		words[n++] = word;
	return request_parse(n, words, request);
}

static void test_what_is_asked_for(void **state)
{
	(void)state;
	struct request request;
	char plain[] = "4242", options[] = "--top 0 types --json 4242 --by class --retained -o f";
	assert_null(parse(plain, &request));
	assert_string_equal(request.command->name, "explain");
	assert_string_equal(request.operands[0], "4242");
	assert_int_equal(request.top, 20);
	assert_false(request.json);
	assert_null(parse(options, &request));
	assert_string_equal(request.command->name, "types");
	assert_string_equal(request.operands[0], "4242");
	assert_string_equal(request.by, "class");
	assert_string_equal(request.output, "f");
	assert_int_equal(request.top, 0);
	assert_true(request.json && request.retained);
}

static void test_operands_after_dashes(void **state)
{
	(void)state;
	struct request request;
	char line[] = "why 4242 -- --json";
	assert_null(parse(line, &request));
	assert_string_equal(request.operands[1], "--json");
	assert_false(request.json);
}

static void test_help_wins(void **state)
{
	(void)state;
	struct request request;
	char alone[] = "--help", command[] = "why --help", version[] = "--version";
	assert_null(parse(alone, &request));
	assert_string_equal(request.command->name, "help");
	assert_null(parse(command, &request));
	assert_true(request.help);
	assert_string_equal(request.command->name, "why");
	assert_null(parse(version, &request));
	assert_true(request.version);
}

static void check_refused(const char *line, const char *text)
{
	struct request request;
	char *copy = strdup(line);
	struct error *error = parse(copy, &request);
	assert_non_null(error);
	assert_int_equal(error->kind, ERROR_USAGE);
	assert_non_null(strstr(error->text, text));
	assert_true(*error->remedy);
	error_destroy(error);
	free(copy);
}

static void test_refusals(void **state)
{
	(void)state;
	check_refused("--bogus", "--bogus");
	check_refused("-x 1", "-x");
	check_refused("types", "missing operand");
	check_refused("types 1 2", "too many operands: '2'");
	check_refused("types 1 --top", "--top needs");
	check_refused("types 1 --top -1", "-1");
	check_refused("types 1 --top 4294967296", "4294967296");
	check_refused("types 1 --by size_", "size_");
	check_refused("types 1 --by ype", "ype");
	check_refused("native 1 --by type", "no --by");
	check_refused("frobnicate", "frobnicate");
}

static void test_json_is_seen_before_the_fault(void **state)
{
	(void)state;
	struct request request;
	char line[] = "--bogus types 1 --json";
	error_destroy(parse(line, &request));
	assert_true(request.json);
}

static void test_pids(void **state)
{
	(void)state;
	static const char *const bad[] = {"0", "2147483648", "99999999999999999999", "x", ""};
	pid_t pid = 7;
	assert_null(parse_pid("4242", &pid));
	assert_int_equal(pid, 4242);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct error *error = parse_pid(bad[i], &pid);
		assert_int_equal(error->kind, ERROR_NO_SUCH_PROCESS);
		error_destroy(error);
	}
}

static void test_every_command_is_nearest_to_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_commands; i++) {
		assert_ptr_equal(command_find(commands[i].name), &commands[i]);
		assert_ptr_equal(command_guess(commands[i].name), &commands[i]);
		assert_true(commands[i].run);
	}
	assert_ptr_equal(command_guess("explian"), command_find("explain"));
	assert_ptr_equal(command_guess("retaind"), command_find("retained"));
	assert_null(command_guess("frobnicate"));
	assert_null(command_guess("a very long word that nobody meant as a command"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_asked_for),
		cmocka_unit_test(test_operands_after_dashes),
		cmocka_unit_test(test_help_wins),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_json_is_seen_before_the_fault),
		cmocka_unit_test(test_pids),
		cmocka_unit_test(test_every_command_is_nearest_to_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
