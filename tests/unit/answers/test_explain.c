/* The first screen's document from built heaps: account, holders, verdict, garbage. */
#include "analysis/analysis.h"
#include "answers/answers.h"
#include "answers/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MIB (1u << 20)

struct answer {
	struct snapshot *snapshot;
	struct analysis *analysis;
	struct document document;
};

static struct answer explain(struct build *build)
{
	struct answer answer = {.snapshot = build_finish(build)};
	struct answer_options options = {.top = 20};
	assert_null(analysis_create(answer.snapshot, &answer.analysis));
	assert_null(document_init(&answer.document));
	assert_null(answer_explain(answer.analysis, &options, answer.document.root));
	assert_null(document_finish(&answer.document));
	return answer;
}

static void answer_deinit(struct answer *answer)
{
	document_deinit(&answer->document);
	analysis_destroy(answer->analysis);
	snapshot_destroy(answer->snapshot);
}

static const struct row *holder(const struct answer *answer, size_t i)
{
	const struct table *holders = row_table(answer->document.root, "holders");
	if (i >= holders->rows.n)
		fail_msg("only %zu holders", holders->rows.n);
	return holders->rows.data[i];
}

static void expect_holder(const struct answer *answer, size_t i, const char *path, const char *type)
{
	assert_string_equal(row_text(holder(answer, i), "path", ""), path);
	assert_string_equal(row_text(holder(answer, i), "type", ""), type);
}

static const struct row *verdict(const struct answer *answer)
{
	return row_row(answer->document.root, "verdict");
}

/* A container with `n` elements of `n_bytes` each. */
static uint32_t fill(
	struct build *build, uint32_t container, enum edge_kind kind, uint32_t n, uint32_t n_bytes)
{
	for (uint32_t i = 0; i < n; i++)
		build_edge(build, container, kind, kind == EDGE_KEY ? OBJ_NONE : i,
			build_builtin(build, "bytes", n_bytes));
	if (n >= 16)
		build_fact(build, container, FACT_LENGTH, n);
	return container;
}

static void check_account(const struct answer *answer)
{
	const struct table *account = row_table(answer->document.root, "account");
	const char *parents[] = {"objects", "native", "free", "overhead", "program"};
	int64_t top = 0;
	vec_foreach (&account->rows, row)
		if (!strchr(row_text(*row, "part", ""), '.'))
			top += row_int(*row, "bytes", -1);
	assert_int_equal(top, answer->snapshot->total_bytes);
	for (size_t i = 0; i < ARRAY_SIZE(parents); i++) {
		int64_t own = -1, children = 0;
		size_t n = strlen(parents[i]);
		vec_foreach (&account->rows, row) {
			const char *part = row_text(*row, "part", "");
			if (!strcmp(part, parents[i]))
				own = row_int(*row, "bytes", -1);
			else if (!strncmp(part, parents[i], n) && part[n] == '.')
				children += row_int(*row, "bytes", -1);
		}
		assert_int_equal(own, children);
	}
	size_t last = account->rows.n - 1;
	assert_string_equal(row_text(account->rows.data[last], "part", ""), "unexplained");
	assert_int_equal(account->rows.n, PART_COUNT + 6);
}

static void test_a_global_dict(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app.cache", "/srv/app/cache.py");
	build_key(build, app.dict, "RESULTS",
		fill(build, build_builtin(build, "dict", MIB), EDGE_KEY, 1000, MIB / 16));
	build_key(build, app.dict, "SMALL",
		fill(build, build_builtin(build, "list", 4096), EDGE_INDEX, 100, 1024));
	struct answer answer = explain(build);
	expect_holder(&answer, 0, "app.cache.RESULTS", "dict");
	expect_holder(&answer, 1, "app.cache.SMALL", "list");
	const struct row *row = holder(&answer, 0);
	assert_int_equal(row_int(row, "item_count", -1), 1000);
	assert_int_equal(row_int(row, "self_bytes", -1), MIB);
	assert_int_equal(row_int(row, "retained_bytes", -1), MIB + 1000 * (MIB / 16));
	assert_int_equal(row_int(row, "retained_resident_bytes", -1), MIB + 1000 * (MIB / 16));
	assert_string_equal(row_text(row, "module", ""), "app.cache");
	assert_string_equal(row_text(row, "file", ""), "/srv/app/cache.py");
	assert_int_equal(row_find(row, "line")->kind, CELL_NULL);
	assert_int_equal(strlen(row_text(row, "fingerprint", "")), 16);
	assert_string_equal(row_text(verdict(&answer), "kind", ""), "unbounded");
	assert_string_equal(row_text(verdict(&answer), "path", ""), "app.cache.RESULTS");
	check_account(&answer);
	answer_deinit(&answer);
}

static void test_not_resident_and_native(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	uint32_t array = build_builtin(build, "bytearray", 8 * MIB);
	uint32_t context = build_builtin(build, "context", 64);
	build_key(build, app.dict, "BUFFER", array);
	build_key(build, app.dict, "CONTEXT", context);
	build_fact(build, array, FACT_MISSING_BYTES, 3 * MIB);
	build_fact(build, context, FACT_NATIVE_BYTES, 4 * MIB);
	build_fact(build, context, FACT_NATIVE_MISSING, MIB);
	struct answer answer = explain(build);
	expect_holder(&answer, 0, "app.BUFFER", "bytearray");
	assert_int_equal(row_int(holder(&answer, 0), "retained_bytes", -1), 8 * MIB);
	assert_int_equal(row_int(holder(&answer, 0), "retained_resident_bytes", -1), 5 * MIB);
	expect_holder(&answer, 1, "app.CONTEXT", "context");
	assert_int_equal(row_int(holder(&answer, 1), "self_bytes", -1), 64);
	assert_int_equal(row_int(holder(&answer, 1), "retained_bytes", -1), 4 * MIB + 64);
	assert_int_equal(row_int(holder(&answer, 1), "retained_resident_bytes", -1), 3 * MIB + 64);
	answer_deinit(&answer);
}

static void test_an_instance_is_opened(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	type_id service = build_type(build, "app", "Service");
	uint32_t instance = build_instance(build, service, 48);
	uint32_t dict = build_dict_of(build, instance);
	build_key(build, app.dict, "service", instance);
	build_key(build, dict, "cache",
		fill(build, build_builtin(build, "dict", 4096), EDGE_KEY, 600, MIB / 16));
	build_key(build, dict, "log",
		fill(build, build_builtin(build, "list", 4096), EDGE_INDEX, 400, MIB / 16));
	struct answer answer = explain(build);
	expect_holder(&answer, 0, "app.service.cache", "dict");
	expect_holder(&answer, 1, "app.service.log", "list");
	answer_deinit(&answer);
}

static void test_an_instance_of_many_small_things_stays(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	uint32_t instance = build_instance(build, build_type(build, "app", "Service"), 48);
	uint32_t dict = build_dict_of(build, instance);
	uint32_t outer = build_builtin(build, "list", 1024);
	build_key(build, app.dict, "service", instance);
	for (int i = 0; i < 3000; i++) {
		char name[32];
		snprintf(name, sizeof(name), "attribute_%d", i);
		build_key(build, dict, name, build_builtin(build, "bytes", 1024));
	}
	build_key(build, app.dict, "chunks", outer);
	for (uint32_t i = 0; i < 8; i++)
		build_edge(build, outer, EDGE_INDEX, i, build_builtin(build, "bytes", MIB));
	struct answer answer = explain(build);
	expect_holder(&answer, 0, "app.chunks", "list");
	assert_int_equal(row_int(holder(&answer, 0), "item_count", -1), 8);
	expect_holder(&answer, 1, "app.service", "Service");
	answer_deinit(&answer);
}

static void test_lru_cache_is_named_by_its_wrapper(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module main = build_module(build, "__main__", NULL);
	type_id client = build_type(build, "__main__", "Client");
	uint32_t class_dict = build_builtin(build, "dict", 128);
	uint32_t wrapper =
		build_object(build, build_type(build, "functools", "_lru_cache_wrapper"), 128);
	uint32_t cache = build_builtin(build, "dict", 4096);
	build_key(build, main.dict, "Client", build_type_object(build, client));
	build_edge(build, build_type_object(build, client), EDGE_DICT, 0, class_dict);
	build_key(build, class_dict, "read", wrapper);
	build_field(
		build, wrapper, EDGE_FIELD, "cache", fill(build, cache, EDGE_KEY, 500, MIB / 16));
	build_fact(build, wrapper, FACT_LRU_MAXSIZE, UINT64_MAX);
	struct answer answer = explain(build);
	expect_holder(&answer, 0, "__main__.Client.read", "_lru_cache_wrapper");
	assert_int_equal(row_int(holder(&answer, 0), "item_count", -1), 500);
	assert_string_equal(row_text(verdict(&answer), "kind", ""), "unbounded");
	answer_deinit(&answer);
}

static void test_a_bounded_deque(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	uint32_t deque = build_object(build, build_type(build, "collections", "deque"), 128);
	build_key(build, app.dict, "LAST", fill(build, deque, EDGE_INDEX, 500, MIB / 16));
	build_fact(build, deque, FACT_MAXLEN, 500);
	struct answer answer = explain(build);
	expect_holder(&answer, 0, "app.LAST", "deque");
	assert_string_equal(row_text(verdict(&answer), "kind", ""), "bounded_cache");
	answer_deinit(&answer);
}

static void test_a_class_derived_from_dict_is_unbounded(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	type_id registry = build_type(build, "app", "Registry");
	type_id dict = build_type(build, "builtins", "dict");
	uint32_t object = build_instance(build, registry, 128);
	build_field(build, build_type_object(build, registry), EDGE_ATTR_STATIC, "__base__",
		build_type_object(build, dict));
	build_key(build, app.dict, "REGISTRY", fill(build, object, EDGE_KEY, 500, MIB / 16));
	struct answer answer = explain(build);
	expect_holder(&answer, 0, "app.REGISTRY", "Registry");
	assert_string_equal(row_text(verdict(&answer), "kind", ""), "unbounded");
	answer_deinit(&answer);
}

static void test_a_chain_and_a_tree_are_named_by_their_beginning(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	type_id type = build_type(build, "app", "Node");
	uint32_t node = build_object(build, type, 1024);
	build_key(build, app.dict, "head", node);
	for (int i = 0; i < 5000; i++) {
		uint32_t next = build_object(build, type, 1024);
		build_named(build, node, EDGE_ATTR, "next", next);
		node = next;
	}
	uint32_t tree[2047];
	for (uint32_t i = 0; i < ARRAY_SIZE(tree); i++) {
		tree[i] = build_instance(build, type, 1024);
		const char *side = i % 2 ? "left" : "right";
		if (i)
			build_key(build, build_dict_of(build, tree[(i - 1) / 2]), side, tree[i]);
	}
	build_key(build, app.dict, "root", tree[0]);
	struct answer answer = explain(build);
	expect_holder(&answer, 0, "app.head", "Node");
	expect_holder(&answer, 1, "app.root", "Node");
	answer_deinit(&answer);
}

static void test_shared_members_are_a_group(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	struct module web = build_module(build, "web", "/srv/web.py");
	type_id session = build_type(build, "app", "Session");
	uint32_t by_user = build_builtin(build, "dict", 4096),
		 all = build_builtin(build, "list", 4096);
	build_key(build, app.dict, "BY_USER", by_user);
	build_key(build, web.dict, "ALL", all);
	for (uint32_t i = 0; i < 2000; i++) {
		uint32_t object = build_instance(build, session, 64);
		build_key(build, build_dict_of(build, object), "body",
			build_builtin(build, "bytes", 16 * 1024));
		build_key(build, by_user, NULL, object);
		build_edge(build, all, EDGE_INDEX, i, object);
	}
	struct answer answer = explain(build);
	const struct row *row = holder(&answer, 0);
	expect_holder(&answer, 0, "app.BY_USER[*]", "Session");
	assert_int_equal(row_int(row, "item_count", -1), 2000);
	assert_int_equal(row_int(row, "retained_bytes", -1), 2000 * (64 + 112 + 16 * 1024));
	assert_int_equal(row_find(row, "address")->kind, CELL_NULL);
	answer_deinit(&answer);
}

static void test_a_group_inside_one_module(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	type_id session = build_type(build, "app", "Session");
	uint32_t by_user = build_builtin(build, "dict", 64), all = build_builtin(build, "list", 64);
	build_key(build, app.dict, "BY_USER", by_user);
	build_key(build, app.dict, "ALL", all);
	for (uint32_t i = 0; i < 2000; i++) {
		uint32_t object = build_object(build, session, 16 * 1024);
		build_key(build, by_user, NULL, object);
		build_edge(build, all, EDGE_INDEX, i, object);
	}
	struct answer answer = explain(build);
	expect_holder(&answer, 0, "app.BY_USER[*]", "Session");
	assert_int_equal(row_table(answer.document.root, "holders")->rows.n, 1);
	answer_deinit(&answer);
}

static void test_native_memory_behind_a_list(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	type_id context = build_type(build, "ssl", "SSLContext");
	uint32_t list = build_builtin(build, "list", 4096);
	build_key(build, app.dict, "CLIENTS", list);
	for (uint32_t i = 0; i < 180; i++) {
		uint32_t object = build_object(build, context, 144);
		build_edge(build, list, EDGE_INDEX, i, object);
		build_fact(build, object, FACT_NATIVE_BYTES, MIB);
	}
	build_part(build, PART_NATIVE_OWNED, 180 * MIB);
	struct answer answer = explain(build);
	expect_holder(&answer, 0, "app.CLIENTS", "list");
	assert_non_null(strstr(row_text(verdict(&answer), "text", ""),
		"app.CLIENTS (native memory of 180 ssl.SSLContext)"));
	const struct table *owners = row_table(answer.document.root, "native_owners");
	assert_int_equal(owners->rows.n, 1);
	assert_string_equal(row_text(owners->rows.data[0], "type", ""), "SSLContext");
	assert_int_equal(row_int(owners->rows.data[0], "object_count", -1), 180);
	assert_int_equal(row_int(owners->rows.data[0], "native_bytes", -1), 180 * MIB);
	answer_deinit(&answer);
}

static void test_a_local_of_a_frame(void **state)
{
	(void)state;
	struct build *build = build_create();
	build_module(build, "app", "/srv/app.py");
	uint32_t frame = build_holder(build, NODE_FRAME, "app.work", "/srv/app.py", 17);
	build_named(build, frame, EDGE_LOCAL, "table",
		fill(build, build_builtin(build, "dict", 4096), EDGE_KEY, 300, MIB / 16));
	struct answer answer = explain(build);
	expect_holder(&answer, 0, "app.work.<locals>.table", "dict");
	assert_string_equal(row_text(holder(&answer, 0), "file", ""), "/srv/app.py");
	assert_int_equal(row_int(holder(&answer, 0), "line", -1), 17);
	answer_deinit(&answer);
}

static void make_cycles(struct build *build, int n, uint32_t n_bytes)
{
	type_id parser = build_type(build, "app", "Parser"),
		handler = build_type(build, "app", "Handler");
	for (int i = 0; i < n; i++) {
		uint32_t a = build_object(build, parser, 64), b = build_object(build, handler, 64);
		build_named(build, a, EDGE_ATTR, "handler", b);
		build_named(build, b, EDGE_ATTR, "parser", a);
		build_named(
			build, b, EDGE_ATTR, "buffer", build_builtin(build, "bytearray", n_bytes));
	}
}

static void test_garbage(void **state)
{
	(void)state;
	struct build *build = build_create();
	build_module(build, "app", "/srv/app.py");
	build_figure(build, "gc.enabled", 0);
	make_cycles(build, 100, MIB / 2);
	struct answer answer = explain(build);
	const struct row *objects = row_row(answer.document.root, "objects");
	assert_int_equal(row_int(objects, "garbage_count", -1), 300);
	assert_int_equal(row_int(objects, "garbage_bytes", -1), 100 * (128 + MIB / 2));
	assert_int_equal(row_int(objects, "count", -1),
		row_int(objects, "live_count", 0) + row_int(objects, "garbage_count", 0));
	assert_string_equal(row_text(verdict(&answer), "kind", ""), "garbage");
	const struct table *findings = row_table(answer.document.root, "findings");
	assert_int_equal(findings->rows.n, 1);
	const struct row *finding = findings->rows.data[0];
	assert_string_equal(row_text(finding, "rule", ""), "garbage_gc_disabled");
	assert_string_equal(row_text(finding, "type", ""), "Handler, Parser");
	assert_int_equal(row_int(finding, "saving_bytes", -1), 100 * (128 + MIB / 2));
	assert_int_equal(row_int(row_row(finding, "evidence"), "cycle_count", -1), 100);
	check_account(&answer);
	answer_deinit(&answer);
}

static void test_other_verdicts(void **state)
{
	(void)state;
	static const struct {
		enum part part;
		const char *kind;
	} cases[] = {{PART_FREE_MALLOC, "allocator"}, {PART_NATIVE_UNOWNED, "native"},
		{PART_SHARED, "shared"}, {PART_FILES, "file_cache"}, {PART_TRACER, "tracer"},
		{PART_PROGRAM_LIBRARIES, "small"}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct build *build = build_create();
		struct module app = build_module(build, "app", "/srv/app.py");
		build_key(build, app.dict, "x", build_builtin(build, "bytes", MIB));
		build_part(build, cases[i].part, 100 * MIB);
		struct answer answer = explain(build);
		assert_string_equal(row_text(verdict(&answer), "kind", ""), cases[i].kind);
		check_account(&answer);
		answer_deinit(&answer);
	}
}

static void test_an_empty_heap(void **state)
{
	(void)state;
	struct answer answer = explain(build_create());
	assert_int_equal(row_table(answer.document.root, "holders")->rows.n, 0);
	assert_string_equal(row_text(verdict(&answer), "kind", ""), "small");
	check_account(&answer);
	answer_deinit(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_global_dict),
		cmocka_unit_test(test_not_resident_and_native),
		cmocka_unit_test(test_an_instance_is_opened),
		cmocka_unit_test(test_an_instance_of_many_small_things_stays),
		cmocka_unit_test(test_lru_cache_is_named_by_its_wrapper),
		cmocka_unit_test(test_a_bounded_deque),
		cmocka_unit_test(test_a_class_derived_from_dict_is_unbounded),
		cmocka_unit_test(test_a_chain_and_a_tree_are_named_by_their_beginning),
		cmocka_unit_test(test_shared_members_are_a_group),
		cmocka_unit_test(test_a_group_inside_one_module),
		cmocka_unit_test(test_native_memory_behind_a_list),
		cmocka_unit_test(test_a_local_of_a_frame),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_other_verdicts),
		cmocka_unit_test(test_an_empty_heap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
