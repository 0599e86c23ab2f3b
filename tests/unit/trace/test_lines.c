/*
 * Tables of lines written by hand become reports; tables that lie do no harm.
 */
#include "base/source_text.h"
#include "trace/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

struct table {
	struct lines lines;
	struct lines_header *header;
	struct lines_function *functions;
	struct lines_line *rows;
	struct lines_span *spans;
};

static int setup(void **state)
{
	static struct table table;
	assert_null(lines_create(&table.lines));
	table.header = (struct lines_header *)table.lines.memory;
	table.functions = (struct lines_function *)(table.lines.memory + LINES_FUNCTIONS_AT);
	table.rows = (struct lines_line *)(table.lines.memory + LINES_LINES_AT);
	table.spans = (struct lines_span *)(table.lines.memory + LINES_SPANS_AT);
	*state = &table;
	return 0;
}

static int teardown(void **state)
{
	struct table *table = *state;
	lines_close(&table->lines);
	return 0;
}

static uint32_t add_text(struct table *table, const char *text)
{
	uint32_t at = table->header->n_text_bytes;
	strcpy(table->lines.memory + LINES_TEXT_AT + at, text);
	table->header->n_text_bytes += (uint32_t)strlen(text) + 1;
	return at;
}

static void add_function(struct table *table, const char *name, uint32_t line, uint32_t flags)
{
	table->functions[table->header->n_functions++] = (struct lines_function){
		.file = add_text(table, "app.py"),
		.name = add_text(table, name),
		.first_line = line,
		.n_lines = 3,
		.first = table->header->n_lines,
		.flags = flags,
	};
	table->header->n_lines += 3;
}

static void check_report(const struct table *table, const char *names)
{
	char found[256] = "";
	struct lines_report report;
	assert_null(lines_report_read(&table->lines, &report));
	vec_foreach (&report.functions, function) {
		strcat(found, function->name);
		strcat(found, " ");
	}
	assert_string_equal(found, names);
	lines_report_deinit(&report);
}

static void test_functions_in_order(void **state)
{
	struct table *table = *state;
	struct lines_report report;
	add_function(table, "second", 20, LINES_DEFAULT);
	add_function(table, "first", 10, LINES_DEFAULT);
	table->rows[table->functions[0].first + 1].increment_bytes = -7;
	check_report(table, "first second ");
	assert_null(lines_report_read(&table->lines, &report));
	assert_int_equal(report.functions.data[1].lines[1].increment_bytes, -7);
	assert_string_equal(report.functions.data[1].file, "app.py");
	lines_report_deinit(&report);
}

static void test_decorated_alone(void **state)
{
	struct table *table = *state;
	add_function(table, "plain", 10, LINES_DEFAULT);
	add_function(table, "decorated", 20, LINES_DEFAULT | LINES_DECORATED);
	add_function(table, "named", 30, LINES_NAMED);
	check_report(table, "plain decorated named ");
	table->header->n_decorated = 1;
	check_report(table, "decorated named ");
}

static void test_lies(void **state)
{
	struct table *table = *state;
	add_function(table, "outside", 1, 0);
	add_function(table, "huge", 1, 0);
	add_function(table, "again", 1, 0);
	add_function(table, "good", 1, 0);
	table->functions[0].first = LINES_LINES;
	table->functions[1].n_lines = UINT32_MAX;
	table->functions[2].first = LINES_LINES - 1;
	table->functions[2].n_lines = 1;
	table->functions[2].name = UINT32_MAX;
	check_report(table, "? ");
	table->header->n_functions = UINT32_MAX;
	table->header->n_lines = table->header->n_text_bytes = UINT32_MAX;
	memset(table->lines.memory + LINES_TEXT_AT + LINES_TEXT_BYTES - 8, 'x', 8);
	table->functions[2].name = LINES_TEXT_BYTES - 4;
	check_report(table, "xxxx ");
}

static void test_calls(void **state)
{
	struct table *table = *state;
	struct lines_calls calls;
	add_function(table, "called", 1, 0);
	for (uint64_t i = 0; i < LINES_SPANS + 5ull; i++)
		table->spans[i % LINES_SPANS] = (struct lines_span){.function = 1, .begin_ns = i};
	table->header->n_spans = LINES_SPANS + 5ull;
	table->spans[7].function = 0;
	table->spans[8].function = UINT32_MAX;
	assert_null(lines_calls_read(&table->lines, &calls));
	assert_int_equal(calls.n_dropped, 5);
	assert_int_equal(calls.calls.n, LINES_SPANS - 2);
	assert_int_equal(calls.calls.data[0].span.begin_ns, 5);
	assert_int_equal(calls.calls.data[LINES_SPANS - 3].span.begin_ns, LINES_SPANS + 4);
	char *name = lines_function_name(&table->lines, calls.calls.data[0].function);
	assert_string_equal(name, "called");
	free(name);
	lines_calls_deinit(&calls);
	name = lines_function_name(&table->lines, UINT32_MAX);
	assert_string_equal(name, "?");
	free(name);
}

static void test_too_many_choices(void **state)
{
	struct table *table = *state;
	struct lines_choice choice = {.kind = LINES_MODULE};
	for (int i = 0; i < LINES_CHOICES; i++)
		assert_true(lines_choose(&table->lines, &choice));
	assert_false(lines_choose(&table->lines, &choice));
}

static void test_source_lines(void **state)
{
	struct source_text source;
	char path[] = "/tmp/test-lines-XXXXXX";
	int fd = mkstemp(path);
	static const char text[] = "one\r\n\ntwo\rthree";
	(void)state;
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	source_text_read(path, &source);
	assert_int_equal(source.lines.n, 4);
	assert_string_equal(source_text_line(&source, 1), "one");
	assert_string_equal(source_text_line(&source, 2), "");
	assert_string_equal(source_text_line(&source, 4), "three");
	assert_null(source_text_line(&source, 0));
	assert_null(source_text_line(&source, 5));
	source_text_deinit(&source);
	unlink(path);
	static const char *const unreadable[] = {"/dev/zero", "/", "/absent"};
	for (size_t i = 0; i < ARRAY_SIZE(unreadable); i++) {
		source_text_read(unreadable[i], &source);
		assert_null(source_text_line(&source, 1));
		source_text_deinit(&source);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_functions_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_decorated_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_calls, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many_choices, setup, teardown),
		cmocka_unit_test(test_source_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
