/* types, retained, native, garbage, rows, target: sums, orders, cuts. */
#include "analysis/analysis.h"
#include "answers/answers.h"
#include "answers/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

typedef struct error *(*answer_fn)(struct analysis *, const struct answer_options *, struct row *);

struct heap {
	struct snapshot *snapshot;
	struct analysis *analysis;
	struct document document;
};

/* A program with clients in a list, their dicts, a cache, a cycle and a C-held object. */
static struct heap make_heap(void)
{
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	type_id client = build_type(build, "app", "Client");
	uint32_t clients = build_builtin(build, "list", 1024);
	build_key(build, app.dict, "CLIENTS", clients);
	for (uint32_t i = 0; i < 30; i++) {
		uint32_t object = build_instance(build, client, 64);
		uint32_t body = build_builtin(build, "bytes", 512);
		build_edge(build, clients, EDGE_INDEX, i, object);
		build_key(build, build_dict_of(build, object), "body", body);
		build_flags(build, object, OBJECT_TRACKED | (i % 3));
		build_pin(build, body, 1000);
	}
	uint32_t a = build_object(build, client, 64), b = build_builtin(build, "list", 64);
	build_named(build, a, EDGE_ATTR, "other", b);
	build_edge(build, b, EDGE_INDEX, 0, a);
	uint32_t alone = build_builtin(build, "bytes", 96);
	build_edge(build, b, EDGE_INDEX, 1, alone);
	uint32_t lone = build_builtin(build, "tuple", 32);
	(void)lone;
	uint32_t held = build_object(build, build_type(build, "_x", "Reader"), 128);
	build_edge(build, build_holder(build, NODE_C_HELD, NULL, NULL, 0), EDGE_MEMBER, 0, held);
	build_fact(build, held, FACT_REF_EXCESS, 1);
	build_fact(build, held, FACT_NATIVE_BYTES, 5000);
	build_flags(build, held, OBJECT_TRACKED | 3);
	build_figure(build, "gc.enabled", 1);
	build_figure(build, "gc.threshold0", 700);
	build_figure(build, "gc.threshold1", 10);
	build_figure(build, "gc.count0", 3);
	struct heap heap = {.snapshot = build_finish(build)};
	assert_null(analysis_create(heap.snapshot, &heap.analysis));
	return heap;
}

static void heap_deinit(struct heap *heap)
{
	document_deinit(&heap->document);
	analysis_destroy(heap->analysis);
	snapshot_destroy(heap->snapshot);
}

static const struct row *ask(struct heap *heap, answer_fn answer, struct answer_options options)
{
	document_deinit(&heap->document);
	assert_null(document_init(&heap->document));
	assert_null(answer(heap->analysis, &options, heap->document.root));
	assert_null(document_finish(&heap->document));
	return heap->document.root;
}

static uint64_t all_bytes(const struct heap *heap)
{
	uint64_t sum = 0;
	for (obj_id i = 0; i < heap->snapshot->n_objects; i++)
		sum += snapshot_self_bytes(heap->snapshot, i);
	return sum;
}

static const struct row *find_row(const struct row *root, const char *name)
{
	vec_foreach (&row_table(root, "rows")->rows, row)
		if (!strcmp(row_text(*row, "name", ""), name))
			return *row;
	fail_msg("no row %s", name);
	return NULL;
}

static void test_types_add_up(void **state)
{
	(void)state;
	static const char *const by[] = {
		"type", "class", "module", "size", "referrers", "owner", "generation"};
	struct heap heap = make_heap();
	for (size_t i = 0; i < ARRAY_SIZE(by); i++)
		for (uint32_t top = 0; top < 4; top++) {
			struct answer_options options = {.top = top, .by = by[i]};
			const struct row *root = ask(&heap, answer_types, options);
			int64_t count = row_int(row_row(root, "rest"), "count", -1);
			int64_t n_bytes = row_int(row_row(root, "rest"), "self_bytes", -1);
			int64_t before = INT64_MAX;
			assert_string_equal(row_text(root, "by", ""), by[i]);
			vec_foreach (&row_table(root, "rows")->rows, row) {
				count += row_int(*row, "count", -1);
				n_bytes += row_int(*row, "self_bytes", -1);
				assert_true(row_int(*row, "self_bytes", -1) <= before);
				before = row_int(*row, "self_bytes", -1);
				assert_int_equal(row_find(*row, "retained_bytes")->kind, CELL_NULL);
			}
			assert_int_equal(count, heap.snapshot->n_objects);
			assert_int_equal(n_bytes, all_bytes(&heap));
			if (top)
				assert_true(row_table(root, "rows")->rows.n <= top);
		}
	heap_deinit(&heap);
}

static void test_types_are_told_apart(void **state)
{
	(void)state;
	struct heap heap = make_heap();
	const struct row *root = ask(&heap, answer_types, (struct answer_options){0});
	assert_int_equal(row_int(find_row(root, "Client"), "count", -1), 31);
	assert_int_equal(row_int(find_row(root, "Client"), "self_bytes", -1), 31 * 64);
	root = ask(&heap, answer_types, (struct answer_options){.by = "class"});
	assert_int_equal(row_int(find_row(root, "Client"), "count", -1), 31);
	assert_int_equal(row_int(find_row(root, "Client"), "self_bytes", -1), 31 * 64 + 30 * 112);
	root = ask(&heap, answer_types, (struct answer_options){.by = "owner"});
	assert_int_equal(row_int(find_row(root, "dict of app.Client"), "count", -1), 30);
	assert_int_equal(row_int(find_row(root, "dict of module"), "count", -1), 1);
	root = ask(&heap, answer_types, (struct answer_options){.by = "module"});
	assert_int_equal(row_int(find_row(root, "app"), "count", -1), 31);
	root = ask(&heap, answer_types, (struct answer_options){.by = "generation"});
	assert_int_equal(row_int(find_row(root, "permanent"), "count", -1), 1);
	assert_int_equal(row_int(find_row(root, "0"), "count", -1), 10);
	root = ask(&heap, answer_types, (struct answer_options){.by = "size"});
	assert_int_equal(row_int(find_row(root, "512"), "count", -1), 30);
	root = ask(&heap, answer_types, (struct answer_options){.by = "referrers"});
	assert_int_equal(row_int(find_row(root, "dict of app.Client"), "count", -1), 30);
	assert_int_equal(row_int(find_row(root, "list"), "count", -1), 32);
	heap_deinit(&heap);
}

static void test_types_retained(void **state)
{
	(void)state;
	struct heap heap = make_heap();
	struct answer_options options = {.retained = true};
	const struct row *root = ask(&heap, answer_types, options);
	assert_int_equal(row_int(find_row(root, "Client"), "retained_bytes", -1),
		30 * (64 + 112 + 512) + 64 + 64 + 96);
	assert_int_equal(row_int(find_row(root, "bytes"), "retained_bytes", -1), 30 * 512 + 96);
	assert_int_equal(row_int(find_row(root, "Reader"), "retained_bytes", -1), 128 + 5000);
	options.by = "colour";
	struct error *error = answer_types(heap.analysis, &options, heap.document.root);
	assert_non_null(error);
	assert_int_equal(error->kind, ERROR_USAGE);
	error_destroy(error);
	heap_deinit(&heap);
}

static void test_retained_is_a_tree(void **state)
{
	(void)state;
	struct heap heap = make_heap();
	uint64_t everything = all_bytes(&heap) + 5000;
	for (uint32_t top = 0; top < 40; top += 3) {
		const struct row *root =
			ask(&heap, answer_retained, (struct answer_options){.top = top});
		const struct table *rows = row_table(root, "rows");
		int64_t self = row_int(row_row(root, "rest"), "retained_bytes", -1);
		int64_t n_rows = row_int(row_row(root, "rest"), "row_count", -1);
		for (size_t i = 0; i < rows->rows.n; i++) {
			const struct row *row = rows->rows.data[i];
			int64_t parent = row_int(row, "parent", -1);
			self += row_int(row, "self_bytes", -1);
			assert_int_equal(row_int(row, "id", -1), i);
			assert_true(parent < (int64_t)i);
			if (parent >= 0)
				assert_int_equal(row_int(row, "depth", -1),
					row_int(rows->rows.data[parent], "depth", -1) + 1);
			else
				assert_int_equal(row_int(row, "depth", -1), 0);
		}
		assert_int_equal(self, everything);
		assert_int_equal(rows->rows.n + n_rows, heap.snapshot->n_nodes);
	}
	const struct row *root = ask(&heap, answer_retained, (struct answer_options){0});
	const struct table *rows = row_table(root, "rows");
	int64_t *below = calloc(rows->rows.n + 1, sizeof(*below));
	vec_foreach (&rows->rows, row)
		if (row_int(*row, "parent", -1) >= 0)
			below[row_int(*row, "parent", -1)] += row_int(*row, "retained_bytes", -1);
	vec_foreach (&rows->rows, row)
		assert_int_equal(row_int(*row, "retained_bytes", -1),
			row_int(*row, "self_bytes", -1) + below[row_int(*row, "id", -1)]);
	free(below);
	heap_deinit(&heap);
}

static void test_garbage(void **state)
{
	(void)state;
	struct heap heap = make_heap();
	const struct row *root = ask(&heap, answer_garbage, (struct answer_options){0});
	const struct row *gc = row_row(root, "gc");
	assert_int_equal(row_int(gc, "enabled", -1), 1);
	assert_int_equal(row_find(gc, "thresholds")->ints.n, 2);
	assert_int_equal(row_find(gc, "thresholds")->ints.data[0], 700);
	assert_int_equal(row_find(gc, "counts")->ints.data[0], 3);
	assert_int_equal(row_int(gc, "frozen_count", -1), 1);
	assert_int_equal(row_int(root, "object_count", -1), 4);
	assert_int_equal(row_int(root, "bytes", -1), 64 + 64 + 96 + 32);
	const struct table *rows = row_table(root, "rows");
	assert_int_equal(rows->rows.n, 2);
	assert_string_equal(row_text(rows->rows.data[0], "types", ""), "Client, list");
	assert_int_equal(row_int(rows->rows.data[0], "object_count", -1), 3);
	assert_int_equal(row_int(rows->rows.data[0], "bytes", -1), 64 + 64 + 96);
	assert_string_equal(row_text(rows->rows.data[1], "types", ""), "tuple");
	const struct table *held = row_table(root, "c_held");
	assert_int_equal(held->rows.n, 1);
	assert_string_equal(row_text(held->rows.data[0], "type", ""), "Reader");
	assert_int_equal(row_int(held->rows.data[0], "retained_bytes", -1), 128 + 5000);
	assert_int_equal(row_int(held->rows.data[0], "excess_ref_count", -1), 1);
	root = ask(&heap, answer_garbage, (struct answer_options){.top = 1});
	assert_int_equal(row_int(row_row(root, "rest"), "object_count", -1), 1);
	heap_deinit(&heap);
}

static void test_pins(void **state)
{
	(void)state;
	struct heap heap = make_heap();
	const struct row *root = ask(&heap, answer_native, (struct answer_options){0});
	const struct table *pins = row_table(root, "pins");
	assert_int_equal(pins->rows.n, 1);
	assert_string_equal(row_text(pins->rows.data[0], "path", ""), "app.CLIENTS[*].body");
	assert_string_equal(row_text(pins->rows.data[0], "type", ""), "bytes");
	assert_int_equal(row_int(pins->rows.data[0], "object_count", -1), 30);
	assert_int_equal(row_int(pins->rows.data[0], "pinned_bytes", -1), 30000);
	assert_int_equal(row_int(root, "trim_bytes", -1), 0);
	heap_deinit(&heap);
}

struct lines {
	int64_t n_objects, n_edges, n_garbage, self_bytes;
	uint32_t n_max;
};

static bool take_line(void *arg, const char *line)
{
	struct lines *lines = arg;
	json_error_t error;
	json_t *json = json_loads(line, 0, &error);
	if (!json)
		fail_msg("%s: %s", error.text, line);
	if (json_object_get(json, "from")) {
		lines->n_edges++;
	} else {
		lines->n_objects++;
		lines->n_garbage += json_is_false(json_object_get(json, "live"));
		lines->self_bytes += json_integer_value(json_object_get(json, "self_bytes"));
	}
	json_decref(json);
	return lines->n_objects + lines->n_edges < lines->n_max;
}

static void test_rows(void **state)
{
	(void)state;
	struct heap heap = make_heap();
	struct lines lines = {.n_max = UINT32_MAX};
	assert_null(answer_rows(heap.analysis, &(struct answer_options){0}, take_line, &lines));
	assert_int_equal(lines.n_objects, heap.snapshot->n_nodes);
	assert_int_equal(lines.n_edges, heap.snapshot->n_edges);
	assert_int_equal(lines.n_garbage, 4);
	assert_int_equal(lines.self_bytes, all_bytes(&heap));
	struct lines few = {.n_max = 5};
	assert_null(answer_rows(heap.analysis, &(struct answer_options){0}, take_line, &few));
	assert_int_equal(few.n_objects, 5);
	heap_deinit(&heap);
}

static void test_rows_are_valid_utf8(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app", NULL);
	build_key(build, app.dict, "\xff\xc3(\"\\\n\xe2\x82\xac\xed\xa0\x80",
		build_builtin(build, "list", 16));
	struct heap heap = {.snapshot = build_finish(build)};
	assert_null(analysis_create(heap.snapshot, &heap.analysis));
	struct lines lines = {.n_max = UINT32_MAX};
	assert_null(answer_rows(heap.analysis, &(struct answer_options){0}, take_line, &lines));
	heap_deinit(&heap);
}

static void test_target(void **state)
{
	(void)state;
	struct heap heap = make_heap();
	heap.snapshot->pid = 42;
	heap.snapshot->started_unix_ns = UINT64_MAX;
	assert_null(document_init(&heap.document));
	answer_target(heap.snapshot, "snapshot", heap.document.root);
	assert_string_equal(row_text(heap.document.root, "kind", ""), "snapshot");
	assert_int_equal(row_int(heap.document.root, "pid", -1), 42);
	assert_int_equal(row_find(heap.document.root, "started_unix_ns")->kind, CELL_NULL);
	heap_deinit(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types_add_up),
		cmocka_unit_test(test_types_are_told_apart),
		cmocka_unit_test(test_types_retained),
		cmocka_unit_test(test_retained_is_a_tree),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_rows_are_valid_utf8),
		cmocka_unit_test(test_target),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
