/*
 * Files as mprof writes them, and files that are damaged.
 */
#include "trace/mprof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB 1048576ull

static char path[] = "/tmp/whymem-mprof-XXXXXX";

static int setup(void **state)
{
	(void)state;
	int fd = mkstemp(path);
	return fd < 0 || close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static struct error *read_bytes(const char *text, size_t n, struct recording *ret)
{
	FILE *file = fopen(path, "w");
	assert_int_equal(fwrite(text, 1, n, file), n);
	fclose(file);
	*ret = (struct recording){0};
	return mprof_read(path, ret);
}

static struct error *read_text(const char *text, struct recording *ret)
{
	return read_bytes(text, strlen(text), ret);
}

static const struct bucket *sample(const struct run *run, size_t series, size_t i)
{
	return &run->series.data[series].timeline.buckets.data[i];
}

static void test_a_run_with_functions(void **state)
{
	(void)state;
	struct recording recording;
	/* Functions come when the program ends, the command when the buffer is full. */
	assert_null(read_text("FUNC __main__.inner 30.0000 1000.5000 40.5000 1001.5000 1\n"
			      "FUNC __main__.outer 20.0000 1000.2000 25.0000 1002.0000 0\n"
			      "CMDLINE python3 'a b.py'\n"
			      "MEM 10.003906 1000.1000\n"
			      "MEM 40.500000 1001.2500\n"
			      "MEM -1 1001.5000\n"
			      "BACKEND psutil\n"
			      "MEM 12.000000 1001.0000\n",
		&recording));
	assert_int_equal(recording.runs.n, 1);
	const struct run *run = recording.runs.data;
	assert_string_equal(run->command, "python3 'a b.py'");
	assert_int_equal(run->series.n, 1);
	assert_int_equal(run->series.data[0].timeline.n_samples, 3 + 2 * 2);
	assert_int_equal(run->n_unknown_samples, 1);
	assert_int_equal(sample(run, 0, 0)->most_bytes, 10 * MIB + 4096);
	assert_int_equal(sample(run, 0, 0)->most_ns, 1000100000000);
	assert_int_equal(sample(run, 0, 1)->most_bytes, 20 * MIB);
	assert_int_equal(sample(run, 0, 3)->most_bytes, 12 * MIB);
	assert_int_equal(sample(run, 0, 4)->most_bytes, 40 * MIB + MIB / 2);
	assert_string_equal(run->spans.data[0].function, "__main__.outer");
	assert_int_equal(run->spans.data[0].level, 0);
	assert_int_equal(run->spans.data[1].level, 1);
	assert_int_equal(run->spans.data[1].begin_bytes, 30 * MIB);
	assert_int_equal(run->spans.data[1].end_ns, 1001500000000);
	assert_false(run->is_cut);
	recording_deinit(&recording);
}

static void test_children(void **state)
{
	(void)state;
	struct recording recording;
	assert_null(read_text("CMDLINE prog\n"
			      "MEM 10.000000 5.0000\n"
			      "CHLD 12 1.000000 5.0010\n"
			      "CHLD 14 2.000000 5.0020\n"
			      "MEM 11.000000 5.1000\n"
			      "CHLD 14 4.000000 5.1020\n"
			      "MEM 12.000000 5.2000\n"
			      "CHLD 0 0.000000 5.2010\n",
		&recording));
	const struct run *run = recording.runs.data;
	assert_int_equal(run->series.n, 4);
	assert_int_equal(run->series.data[1].kind, SERIES_TOTAL);
	assert_int_equal(sample(run, 1, 0)->most_bytes, 13 * MIB);
	assert_int_equal(sample(run, 1, 1)->most_bytes, 15 * MIB);
	assert_int_equal(sample(run, 1, 2)->most_bytes, 12 * MIB);
	assert_int_equal(run->series.data[2].pid, 14);
	assert_int_equal(run->series.data[3].pid, 12);
	recording_deinit(&recording);
}

static void test_several_runs(void **state)
{
	(void)state;
	struct recording recording;
	assert_null(
		read_text("CMDLINE python3 -c import time\nprint(1)\nMEM 1.0 10.0\nMEM 2.0 11.0\n"
			  "FUNC f 1.0 50.5 1.0 51.0 0\nFUNC g 1.0 10.5 1.0 11.0 0\n"
			  "CMDLINE second\nMEM 3.0 50.0\nMEM 3.0 52.0",
			&recording));
	assert_int_equal(recording.runs.n, 2);
	assert_string_equal(recording.runs.data[0].command, "python3 -c import time");
	assert_string_equal(recording.runs.data[1].command, "second");
	assert_string_equal(recording.runs.data[0].spans.data[0].function, "g");
	assert_string_equal(recording.runs.data[1].spans.data[0].function, "f");
	assert_int_equal(recording.runs.data[1].series.data[0].timeline.n_samples, 1 + 2);
	assert_true(recording.runs.data[1].is_cut);
	recording_deinit(&recording);
}

static void test_many_children_and_calls(void **state)
{
	(void)state;
	struct recording recording;
	size_t n = 0, size = 1 << 20;
	char *text = malloc(size);
	n += (size_t)sprintf(text + n, "CMDLINE x\nMEM 1.0 1.0\n");
	for (int i = 1; i <= 200; i++)
		n += (size_t)sprintf(text + n, "CHLD %d %d.0 1.1\n", i, i);
	for (int i = 0; i < SPANS_MAX + 7; i++)
		n += (size_t)sprintf(text + n, "FUNC f 1.0 1.0 1.0 %d.0 0\n", i + 1);
	assert_true(n < size);
	assert_null(read_text(text, &recording));
	free(text);
	const struct run *run = recording.runs.data;
	assert_int_equal(run->series.n, 2 + CHILDREN_MAX);
	assert_int_equal(run->series.data[2].pid, 200);
	assert_int_equal(run->n_hidden_children, 200 - CHILDREN_MAX);
	assert_int_equal(sample(run, 1, 0)->most_bytes, (1 + 200 * 201 / 2) * MIB);
	assert_int_equal(run->spans.n, SPANS_MAX);
	assert_int_equal(run->n_hidden_spans, 7);
	recording_deinit(&recording);
}

static void test_damage(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"CMDLINE only\n",
		"MEM 1.0\nMEM 1 2\n",
		"MEM 1.0 2.0 3.0\n",
		"MEM nan 2.0\n",
		"MEM 1.0 inf\n",
		"MEM 1.0 -5\n",
		"MEM 1.0 1e30\n",
		"MEM 1e300 1\n",
		"MEM 1.0 1.0\nCHLD 1.5 1.0 1.0\n",
		"MEM 1.0 1.0\nCHLD 1e20 1.0 1.0\n",
		"MEM 1.0 1.0\nCHLD x\n",
		"MEM 1.0 1.0\nFUNC f 1.0 5.0 1.0 4.0 0\n",
		"MEM 1.0 1.0\nFUNC f 1.0\n",
		"MEM 1.0 1.0\nFUNC  1.0 1.0 1.0 1.0\n",
		"MEM 1.0 1.0\n\n",
		"MEM 1.0 1.0\nsomething else\n",
		"\177ELF\n",
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct recording recording;
		struct error *error = read_text(texts[i], &recording);
		assert_non_null(error);
		assert_int_equal(error->kind, ERROR_CORRUPT_FILE);
		assert_int_equal(recording.runs.n, 0);
		error_destroy(error);
	}
}

static void test_bytes_that_are_no_text(void **state)
{
	(void)state;
	static char bytes[200000];
	struct recording recording;
	for (int fill = 0; fill < 2; fill++) {
		memset(bytes, fill ? 'M' : 0, sizeof(bytes));
		struct error *error = read_bytes(bytes, sizeof(bytes), &recording);
		assert_int_equal(error->kind, ERROR_CORRUPT_FILE);
		error_destroy(error);
	}
	struct error *error = mprof_read("/nowhere/at/all.dat", &recording);
	assert_int_equal(error->kind, ERROR_UNREADABLE_FILE);
	error_destroy(error);
}

static void test_what_looks_like_one(void **state)
{
	(void)state;
	struct recording recording;
	assert_null(read_text("MEM 1.0 1.0\n", &recording));
	recording_deinit(&recording);
	assert_true(mprof_is_recording(path));
	assert_true(mprof_is_recording("missing.dat"));
	assert_false(mprof_is_recording("/dev/null"));
	error_destroy(read_text("import sys\n", &recording));
	assert_false(mprof_is_recording(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_run_with_functions),
		cmocka_unit_test(test_children),
		cmocka_unit_test(test_several_runs),
		cmocka_unit_test(test_many_children_and_calls),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_bytes_that_are_no_text),
		cmocka_unit_test(test_what_looks_like_one),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
