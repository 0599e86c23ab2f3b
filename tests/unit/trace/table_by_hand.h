/*
 * Tables of traced processes, written by hand.
 */
#ifndef WHYMEM_TEST_TABLE_H
#define WHYMEM_TEST_TABLE_H

#include "trace/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

struct hand_table {
	struct trace trace;
	struct trace_header *header;
	struct trace_counters *counters;
	struct trace_node *nodes;
	struct trace_code *codes;
	char *texts;
};

static inline int hand_table_setup(void **state)
{
	static struct hand_table table;
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

static inline int hand_table_teardown(void **state)
{
	struct hand_table *table = *state;
	trace_close(&table->trace);
	return 0;
}

static inline uint32_t add_text(struct hand_table *table, const char *bytes, uint32_t n)
{
	uint32_t at = table->header->n_text_bytes;
	memcpy(table->texts + at, &n, 4);
	memcpy(table->texts + at + 4, bytes, n);
	table->header->n_text_bytes = at + ((n + 4 + 3) & ~3u);
	return at;
}

/* Two instructions: the first in the first line, the second in the one behind it. */
static inline uint32_t add_code(
	struct hand_table *table, const char *file, const char *name, uint32_t line)
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

static inline uint32_t add_node(struct hand_table *table, uint32_t code, uint32_t instruction,
	struct trace_counters counters)
{
	uint32_t node = table->header->n_nodes++;
	table->nodes[node] = (struct trace_node){.code = code, .instruction = instruction};
	table->counters[node] = counters;
	return node;
}

static inline uint32_t add_call(
	struct hand_table *table, uint32_t parent, uint32_t code, struct trace_counters counters)
{
	uint32_t node = add_node(table, code, 0, counters);
	table->nodes[node].parent = parent;
	return node;
}

static inline uint32_t add_thread(struct hand_table *table, const char *name)
{
	uint32_t node = add_node(table, 0, 0, (struct trace_counters){0});
	table->nodes[node].thread = add_text(table, name, (uint32_t)strlen(name));
	return node;
}

#define with_table(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, hand_table_setup, hand_table_teardown)

#endif
