/*
 * Tables written by hand become stacks, trees and rows; tables that lie do no
 * harm.
 */
#include "trace/record.h"
#include "trace/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>

#include <cmocka.h>

struct table {
	struct trace trace;
	struct trace_header *header;
	struct trace_counters *counters;
	struct trace_node *nodes;
	struct trace_code *codes;
	char *texts;
};

/* What a table says, by line. */
struct report {
	struct snapshot *snapshot;
	struct trace_tree tree;
	struct trace_rows rows;
};

static struct report read_table(const struct table *table)
{
	struct report report;
	const struct trace_options options = {.by = TRACE_BY_LINE};
	const struct trace_about about = {.exit_status = 0, .exit_signal = -1};
	struct trace_sections sections = trace_sections_of(table->trace.memory);
	assert_null(trace_snapshot_create(&report.snapshot));
	assert_null(trace_record(report.snapshot, &sections, &about));
	assert_null(snapshot_check(report.snapshot));
	assert_null(trace_tree_create(
		report.snapshot, report.snapshot->traces.data, &options, &report.tree));
	assert_null(trace_rows_read(&report.tree, &report.rows));
	return report;
}

static struct trace_totals totals_of(const struct report *report)
{
	return report->tree.nodes.data[0].whole;
}

static void report_deinit(struct report *report)
{
	trace_rows_deinit(&report->rows);
	trace_tree_deinit(&report->tree);
	snapshot_destroy(report->snapshot);
}

static int setup(void **state)
{
	static struct table table;
	char *memory = mmap(NULL, TRACE_FILE_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	table.trace.memory = memory;
	table.header = (struct trace_header *)memory;
	*table.header = trace_header_new();
	table.counters = (struct trace_counters *)(memory + TRACE_COUNTERS_AT);
	table.nodes = (struct trace_node *)(memory + TRACE_NODES_AT);
	table.codes = (struct trace_code *)(memory + TRACE_CODES_AT);
	table.texts = memory + TRACE_TEXT_AT;
	table.header->version = 0x030b07f0;
	*state = &table;
	return 0;
}

static int teardown(void **state)
{
	struct table *table = *state;
	trace_close(&table->trace);
	return 0;
}

static uint32_t add_text(struct table *table, const char *bytes, uint32_t n)
{
	uint32_t at = table->header->n_text_bytes;
	memcpy(table->texts + at, &n, 4);
	memcpy(table->texts + at + 4, bytes, n);
	table->header->n_text_bytes = at + ((n + 4 + 3) & ~3u);
	return at;
}

/* Two instructions: the first in the first line, the second in the one behind it. */
static uint32_t add_code(struct table *table, const char *file, const char *name, uint32_t line)
{
	static const char lines[] = {(char)(0x80 | 13 << 3), 0, (char)(0x80 | 13 << 3), 2};
	uint32_t code = table->header->n_codes++;
	table->codes[code] = (struct trace_code){
		.file = add_text(table, file, (uint32_t)strlen(file)),
		.name = add_text(table, name, (uint32_t)strlen(name)),
		.lines = add_text(table, lines, sizeof(lines)),
		.first_line = line,
	};
	return code;
}

static uint32_t add_node(
	struct table *table, uint32_t code, uint32_t instruction, struct trace_counters counters)
{
	uint32_t node = table->header->n_nodes++;
	table->nodes[node] = (struct trace_node){.code = code, .instruction = instruction};
	table->counters[node] = counters;
	return node;
}

static void test_nodes_of_a_line_are_one_site(void **state)
{
	struct table *table = *state;
	uint32_t code = add_code(table, "a.py", "f", 10);
	struct trace_counters one = {
		.allocated_bytes = 100, .allocation_count = 2, .freed_bytes = 40, .freed_count = 1};
	add_node(table, code, 2, one);
	add_node(table, code, 2, one);
	add_node(table, code, 0, one);
	table->counters[TRACE_NODE_NATIVE] = one;
	table->counters[TRACE_NODE_OVERFLOW] = one;
	struct report report = read_table(table);
	assert_int_equal(report.rows.n, 3);
	const struct trace_row *row = &report.rows.data[0];
	const struct snap_trace_frame *frame = trace_tree_frame(&report.tree, row->node);
	assert_string_equal(snapshot_string(report.snapshot, frame->file), "a.py");
	assert_string_equal(snapshot_string(report.snapshot, frame->function), "f");
	assert_int_equal(frame->line, 11);
	assert_int_equal(row->own.allocated_bytes, 200);
	assert_int_equal(row->own.live_count, 2);
	assert_int_equal(totals_of(&report).allocation_count, 10);
	assert_int_equal(report.tree.overflow.allocated_bytes, 100);
	report_deinit(&report);
}

static void test_part_of_the_peak(void **state)
{
	struct table *table = *state;
	struct trace_counters changed = {.allocated_bytes = 7, .allocation_count = 1, .peak_bytes = 50};
	struct trace_counters same = changed;
	table->header->epoch = changed.epoch = 5;
	same.epoch = 4;
	add_node(table, add_code(table, "a.py", "f", 1), 0, changed);
	add_node(table, add_code(table, "b.py", "g", 1), 0, same);
	struct report report = read_table(table);
	assert_int_equal(totals_of(&report).peak_bytes, 57);
	report_deinit(&report);
	table->header->live_bytes = 1;
	report = read_table(table);
	assert_int_equal(totals_of(&report).peak_bytes, 14);
	report_deinit(&report);
}

static void test_lies(void **state)
{
	struct table *table = *state;
	struct trace_counters one = {.allocation_count = 1};
	add_node(table, UINT32_MAX, 0, one);
	add_node(table, 3, UINT32_MAX, one);
	table->header->n_codes = UINT32_MAX;
	table->header->n_text_bytes = UINT32_MAX;
	table->codes[3] = (struct trace_code){TRACE_TEXT_BYTES - 4, 3, UINT32_MAX, UINT32_MAX};
	memset(table->texts + TRACE_TEXT_BYTES - 4, 0xff, 4);
	add_node(table, 0, 0, one);
	table->header->n_nodes = UINT32_MAX;
	struct report report = read_table(table);
	assert_int_equal(totals_of(&report).allocation_count, 3);
	report_deinit(&report);
	table->header->n_text_bytes = 0;
	report = read_table(table);
	report_deinit(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nodes_of_a_line_are_one_site, setup, teardown),
		cmocka_unit_test_setup_teardown(test_part_of_the_peak, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lies, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
