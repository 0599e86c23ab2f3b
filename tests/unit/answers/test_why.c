/* `why`: targets, routes, the common dominator; retained sizes of sets against brute force. */
#include "analysis/analysis.h"
#include "answers/answers.h"
#include "answers/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct asked {
	struct snapshot *snapshot;
	struct analysis *analysis;
	struct document document;
};

static struct asked open_heap(struct build *build)
{
	struct asked asked = {.snapshot = build_finish(build)};
	assert_null(analysis_create(asked.snapshot, &asked.analysis));
	assert_null(document_init(&asked.document));
	return asked;
}

static void ask(struct asked *asked, const char *query)
{
	struct answer_options options = {.top = 20, .query = query};
	document_deinit(&asked->document);
	assert_null(document_init(&asked->document));
	assert_null(answer_why(asked->analysis, &options, asked->document.root));
	assert_null(document_finish(&asked->document));
}

static void asked_deinit(struct asked *asked)
{
	document_deinit(&asked->document);
	analysis_destroy(asked->analysis);
	snapshot_destroy(asked->snapshot);
}

static int64_t matched(const struct asked *asked, const char *name)
{
	return row_int(row_row(asked->document.root, "matched"), name, -1);
}

static const struct row *path_row(const struct asked *asked, size_t i)
{
	const struct table *paths = row_table(asked->document.root, "paths");
	if (i >= paths->rows.n)
		fail_msg("only %zu paths", paths->rows.n);
	return paths->rows.data[i];
}

static void expect_paths(const struct asked *asked, size_t n, const char *const *expected)
{
	for (size_t i = 0; i < n; i++)
		assert_string_equal(row_text(path_row(asked, i), "path", ""), expected[i]);
	assert_int_equal(row_table(asked->document.root, "paths")->rows.n, n);
}

#define EXPECT_PATHS(asked, ...)                                                                   \
	do {                                                                                       \
		const char *const expected_[] = {__VA_ARGS__};                                     \
		expect_paths(asked, ARRAY_SIZE(expected_), expected_);                             \
	} while (0)

static void test_one_object_by_each_kind_of_target(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	type_id config = build_type(build, "app", "Config");
	uint32_t list = build_builtin(build, "list", 160),
		 body = build_builtin(build, "bytes", 1600);
	uint32_t object = build_object(build, config, 320);
	build_key(build, app.dict, "Config", build_type_object(build, config));
	build_key(build, app.dict, "rows", list);
	build_edge(build, list, EDGE_INDEX, 4, object);
	build_named(build, object, EDGE_ATTR, "body", body);
	struct asked asked = open_heap(build);
	char address[32], decimal[32];
	snprintf(address, sizeof(address), "0x%llx",
		(unsigned long long)asked.snapshot->address[object]);
	snprintf(decimal, sizeof(decimal), "%llu",
		(unsigned long long)asked.snapshot->address[object]);
	const char *const queries[] = {address, decimal, "Config", "app.Config", "app.rows[4]"};
	for (size_t i = 0; i < ARRAY_SIZE(queries); i++) {
		ask(&asked, queries[i]);
		assert_int_equal(matched(&asked, "count"), 1);
		assert_int_equal(matched(&asked, "self_bytes"), 320);
		assert_int_equal(matched(&asked, "retained_bytes"), 1920);
		assert_int_equal(matched(&asked, "retained_size_bytes"), 1920);
		EXPECT_PATHS(&asked, "app.rows[4]");
		const struct row *dominator = row_row(asked.document.root, "dominator");
		assert_string_equal(row_text(dominator, "path", ""), "app.rows");
		assert_string_equal(row_text(dominator, "type", ""), "list");
	}
	const struct row *row = path_row(&asked, 0);
	assert_string_equal(row_text(row_row(row, "root"), "kind", ""), "module");
	assert_string_equal(row_text(row_row(row, "root"), "name", ""), "app");
	assert_string_equal(row_text(row_row(row, "root"), "file", ""), "/srv/app.py");
	const struct table *steps = row_table(row, "steps");
	assert_int_equal(steps->rows.n, 2);
	assert_string_equal(row_text(steps->rows.data[0], "kind", ""), "attr");
	assert_string_equal(row_text(steps->rows.data[0], "name", ""), "rows");
	assert_string_equal(row_text(steps->rows.data[0], "type", ""), "list");
	assert_string_equal(row_text(steps->rows.data[1], "kind", ""), "index");
	assert_int_equal(row_int(steps->rows.data[1], "index", -1), 4);
	assert_int_equal(
		row_int(steps->rows.data[1], "address", -1), asked.snapshot->address[object]);
	asked_deinit(&asked);
}

static void test_nothing_matches(void **state)
{
	(void)state;
	struct build *build = build_create();
	build_module(build, "app", "/srv/app.py");
	struct asked asked = open_heap(build);
	const char *const queries[] = {"0x10", "Nobody", "app.nothing", "7f", "'"};
	for (size_t i = 0; i < ARRAY_SIZE(queries); i++) {
		ask(&asked, queries[i]);
		assert_int_equal(matched(&asked, "count"), 0);
		assert_int_equal(matched(&asked, "retained_bytes"), 0);
		assert_int_equal(row_table(asked.document.root, "paths")->rows.n, 0);
		assert_int_equal(row_find(row_row(asked.document.root, "dominator"), "path")->kind,
			CELL_NULL);
	}
	asked_deinit(&asked);
}

static void test_routes_of_many_objects(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	type_id client = build_type(build, "app", "Client");
	uint32_t clients = build_builtin(build, "list", 160),
		 by_id = build_builtin(build, "dict", 160);
	build_key(build, app.dict, "CLIENTS", clients);
	build_key(build, app.dict, "BY_ID", by_id);
	uint32_t previous = OBJ_NONE;
	for (uint32_t i = 0; i < 50; i++) {
		uint32_t object = build_instance(build, client, 64);
		build_edge(build, clients, EDGE_INDEX, i, object);
		if (i < 20)
			build_key(build, by_id, NULL, object);
		if (previous != OBJ_NONE)
			build_key(build, build_dict_of(build, object), "previous", previous);
		previous = object;
	}
	struct asked asked = open_heap(build);
	ask(&asked, "Client");
	assert_int_equal(matched(&asked, "count"), 50);
	assert_int_equal(matched(&asked, "retained_bytes"), 50 * (64 + 112));
	EXPECT_PATHS(&asked, "app.CLIENTS[*]", "app.BY_ID[*]");
	assert_int_equal(row_int(path_row(&asked, 0), "object_count", -1), 50);
	assert_int_equal(row_int(path_row(&asked, 0), "retained_bytes", -1), 50 * (64 + 112));
	assert_int_equal(row_int(path_row(&asked, 1), "object_count", -1), 20);
	asked_deinit(&asked);
}

static void test_routes_of_one_object(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	uint32_t frame = build_holder(build, NODE_FRAME, "app.main", "/srv/app.py", 3);
	uint32_t object = build_builtin(build, "dict", 64),
		 outer = build_builtin(build, "list", 64);
	uint32_t child = build_builtin(build, "list", 64);
	build_key(build, app.dict, "config", object);
	build_key(build, app.dict, "all", outer);
	build_edge(build, outer, EDGE_INDEX, 0, object);
	build_named(build, frame, EDGE_LOCAL, "config", object);
	build_key(build, object, "child", child);
	build_edge(build, child, EDGE_INDEX, 0, object);
	struct asked asked = open_heap(build);
	ask(&asked, "app.config");
	EXPECT_PATHS(&asked, "app.config", "app.all[0]", "app.main.<locals>.config");
	assert_string_equal(row_text(row_row(path_row(&asked, 2), "root"), "kind", ""), "frame");
	assert_int_equal(row_int(row_row(path_row(&asked, 2), "root"), "line", -1), 3);
	asked_deinit(&asked);
}

static void test_a_chain_is_one_route(void **state)
{
	(void)state;
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	type_id type = build_type(build, "app", "Node");
	uint32_t node = build_object(build, type, 32);
	build_key(build, app.dict, "head", node);
	for (int i = 0; i < 20000; i++) {
		uint32_t next = build_object(build, type, 32);
		build_named(build, node, EDGE_ATTR, "next", next);
		build_named(build, node, EDGE_ATTR, "payload", build_builtin(build, "bytes", 32));
		node = next;
	}
	struct asked asked = open_heap(build);
	ask(&asked, "bytes");
	EXPECT_PATHS(&asked, "app.head.next.payload", "app.head.payload");
	assert_int_equal(row_int(path_row(&asked, 1), "object_count", -1) +
				 row_int(path_row(&asked, 0), "object_count", -1),
		20000);
	ask(&asked, "Node");
	assert_int_equal(matched(&asked, "retained_bytes"), 20001 * 32 + 20000 * 32);
	asked_deinit(&asked);
}

static void test_held_by_c(void **state)
{
	(void)state;
	struct build *build = build_create();
	uint32_t holder = build_holder(build, NODE_C_HELD, NULL, NULL, 0);
	uint32_t object = build_object(build, build_type(build, "app", "Parser"), 64);
	build_edge(build, holder, EDGE_MEMBER, 0, object);
	build_fact(build, object, FACT_REF_EXCESS, 2);
	struct asked asked = open_heap(build);
	ask(&asked, "Parser");
	EXPECT_PATHS(&asked, "<app.Parser held by C>");
	const struct row *root = row_row(path_row(&asked, 0), "root");
	assert_string_equal(row_text(root, "kind", ""), "c_held");
	assert_int_equal(row_int(root, "excess_ref_count", -1), 2);
	asked_deinit(&asked);
}

static void test_garbage_is_named(void **state)
{
	(void)state;
	struct build *build = build_create();
	type_id node = build_type(build, "app", "Node");
	uint32_t a = build_object(build, node, 64), b = build_builtin(build, "list", 64);
	uint32_t body = build_builtin(build, "bytes", 640);
	build_named(build, a, EDGE_ATTR, "other", b);
	build_edge(build, b, EDGE_INDEX, 0, a);
	build_named(build, a, EDGE_ATTR, "body", body);
	struct asked asked = open_heap(build);
	ask(&asked, "bytes");
	EXPECT_PATHS(&asked, "<garbage app.Node>.body");
	assert_string_equal(row_text(row_row(path_row(&asked, 0), "root"), "kind", ""), "garbage");
	ask(&asked, "Node");
	assert_int_equal(matched(&asked, "retained_bytes"), 64 + 64 + 640);
	asked_deinit(&asked);
}

/* ---- brute force ---- */

static uint64_t random_state = 7;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random_state >> 33) % n;
}

/* Weight that roots reach without the nodes of the set. */
static uint64_t reached_weight(const struct analysis *analysis, const uint64_t *set)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct name_roots roots = names_roots(analysis->names);
	bool *reached = calloc(snapshot->n_nodes, sizeof(bool));
	for (uint32_t i = 0; i < roots.n; i++)
		reached[roots.node[i]] = !set || !bits_get(set, roots.node[i]);
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t i = 0; i < snapshot->n_nodes; i++)
			for (uint64_t e = snapshot->edge_start[i]; e < snapshot->edge_start[i + 1];
				e++) {
				uint32_t to = snapshot->edge_to[e];
				if (!reached[i] || reached[to] || (set && bits_get(set, to)))
					continue;
				changed = reached[to] = true;
			}
	}
	uint64_t weight = 0;
	for (uint32_t i = 0; i < snapshot->n_nodes; i++)
		weight += reached[i] ? weight_of(analysis, i) : 0;
	free(reached);
	return weight;
}

static void test_retained_of_sets_by_brute_force(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct build *build = build_create();
		uint32_t first = build_builtin(build, "object", 16), n = 2 + random_below(40);
		type_id types[3] = {build_type(build, "app", "A"), build_type(build, "app", "B"),
			build_type(build, "app", "C")};
		for (uint32_t i = 0; i < n; i++)
			build_object(build, types[random_below(3)], 16 * (1 + random_below(50)));
		uint32_t begin = build_type_object(build, types[2]) + 1;
		uint32_t holder = build_holder(build, NODE_INTERPRETER, NULL, NULL, 0);
		build_edge(build, holder, EDGE_MEMBER, 0, first);
		for (uint32_t i = 0; i < n * 2; i++)
			build_edge(build, begin + random_below(n), EDGE_INDEX, i,
				begin + random_below(n));
		for (uint32_t i = 0; i < 3; i++)
			build_edge(build, first, EDGE_INDEX, i, begin + random_below(n));
		struct asked asked = open_heap(build);
		assert_null(analysis_dominators(asked.analysis));
		uint64_t all = reached_weight(asked.analysis, NULL);
		assert_int_equal(all, asked.analysis->live.weight);
		uint64_t *bits = calloc(words_of(asked.analysis), sizeof(uint64_t));
		for (uint32_t i = 0; i < n; i++)
			if (!random_below(4) && !is_garbage(asked.analysis, begin + i))
				bits_set(bits, begin + i);
		struct set_retained retained;
		assert_null(analysis_set_retained(asked.analysis, bits, &retained));
		assert_int_equal(retained.weight, all - reached_weight(asked.analysis, bits));
		assert_true(retained.weight == retained.size_bytes);
		free(bits);
		asked_deinit(&asked);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_object_by_each_kind_of_target),
		cmocka_unit_test(test_nothing_matches),
		cmocka_unit_test(test_routes_of_many_objects),
		cmocka_unit_test(test_routes_of_one_object),
		cmocka_unit_test(test_a_chain_is_one_route),
		cmocka_unit_test(test_held_by_c),
		cmocka_unit_test(test_garbage_is_named),
		cmocka_unit_test(test_retained_of_sets_by_brute_force),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
