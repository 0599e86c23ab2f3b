/* Every form that a name takes, rendered from a built heap and resolved back. */
#include "answers/build.h"
#include "names/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
	struct build *build;
	struct module app;
	struct snapshot *snapshot;
	struct graph graph;
	struct names *names;
	struct graph_paths paths;
};

static struct fixture begin(void)
{
	struct fixture f = {.build = build_create()};
	struct module os = build_module(f.build, "os", "/usr/lib/python3.11/os.py");
	(void)os;
	f.app = build_module(f.build, "app", "/srv/app.py");
	return f;
}

static void finish(struct fixture *f)
{
	f->snapshot = build_finish(f->build);
	f->graph =
		(struct graph){f->snapshot->n_nodes, f->snapshot->edge_start, f->snapshot->edge_to};
	assert_null(names_create(f->snapshot, &f->graph, &f->names));
	uint64_t *wanted = malloc(f->snapshot->n_nodes / 8 + 16);
	memset(wanted, 0xff, f->snapshot->n_nodes / 8 + 16);
	if (f->snapshot->n_nodes % 64)
		wanted[f->snapshot->n_nodes / 64] &= (1ull << f->snapshot->n_nodes % 64) - 1;
	struct name_roots roots = names_roots(f->names);
	assert_null(graph_paths_init(&f->paths, &f->graph, roots.node, roots.cost, roots.n,
		names_edge_cost, f->names, wanted));
	free(wanted);
}

static void end(struct fixture *f)
{
	graph_paths_deinit(&f->paths);
	names_destroy(f->names);
	snapshot_destroy(f->snapshot);
}

static void expect_name(struct fixture *f, uint32_t node, const char *expected)
{
	struct path path;
	struct text text = {0};
	assert_null(path_init(&path, &f->paths, node));
	names_render(f->names, &path, &text);
	assert_string_equal(text_get(&text), expected);
	text_deinit(&text);
	path_deinit(&path);
}

/* Rendered so, and found again by it. */
static void expect_both(struct fixture *f, uint32_t node, const char *expected)
{
	expect_name(f, node, expected);
	struct obj_ids ids = {0};
	assert_null(names_resolve(f->names, expected, &ids));
	bool found = false;
	vec_foreach (&ids, id)
		found = found || *id == node;
	if (!found)
		fail_msg("%s resolves to %zu other objects", expected, ids.n);
	vec_deinit(&ids);
}

static void test_modules_and_attributes(void **state)
{
	(void)state;
	struct fixture f = begin();
	type_id client_type = build_type(f.build, "app", "Client");
	uint32_t results = build_builtin(f.build, "dict", 64);
	uint32_t client = build_instance(f.build, client_type, 48);
	uint32_t sock = build_builtin(f.build, "object", 16);
	uint32_t slot = build_builtin(f.build, "bytes", 16);
	uint32_t inlined = build_builtin(f.build, "bytes", 16);
	uint32_t shared = build_builtin(f.build, "list", 16);
	uint32_t class_dict = build_builtin(f.build, "dict", 64);
	build_key(f.build, f.app.dict, "RESULTS", results);
	build_key(f.build, f.app.dict, "client", client);
	build_key(f.build, f.app.dict, "Client", build_type_object(f.build, client_type));
	build_key(f.build, build_dict_of(f.build, client), "_sock", sock);
	build_field(f.build, client, EDGE_ATTR_STATIC, "slot", slot);
	build_named(f.build, client, EDGE_ATTR, "inlined", inlined);
	build_edge(f.build, build_type_object(f.build, client_type), EDGE_DICT, 0, class_dict);
	build_key(f.build, class_dict, "instances", shared);
	finish(&f);
	expect_both(&f, results, "app.RESULTS");
	expect_both(&f, sock, "app.client._sock");
	expect_both(&f, slot, "app.client.slot");
	expect_both(&f, inlined, "app.client.inlined");
	expect_both(&f, shared, "app.Client.instances");
	expect_both(&f, f.app.object, "app");
	expect_both(&f, f.app.dict, "app.__dict__");
	end(&f);
}

static void test_elements(void **state)
{
	(void)state;
	struct fixture f = begin();
	uint32_t pool = build_builtin(f.build, "dict", 64);
	uint32_t list = build_builtin(f.build, "list", 64);
	uint32_t set = build_builtin(f.build, "set", 64);
	uint32_t mapping = build_builtin(f.build, "dict", 64);
	uint32_t tls = build_builtin(f.build, "object", 16);
	uint32_t hidden = build_builtin(f.build, "object", 16);
	uint32_t third = build_builtin(f.build, "object", 16);
	uint32_t element = build_builtin(f.build, "object", 16);
	uint32_t key = build_builtin(f.build, "tuple", 16);
	uint32_t by_class = build_builtin(f.build, "object", 16);
	type_id client = build_type(f.build, "app", "Client");
	build_key(f.build, f.app.dict, "pool", pool);
	build_key(f.build, f.app.dict, "rows", list);
	build_key(f.build, f.app.dict, "tasks", set);
	build_key(f.build, f.app.dict, "cache", mapping);
	build_key(f.build, pool, "tls", tls);
	build_key(f.build, pool, NULL, hidden);
	build_edge(f.build, list, EDGE_INDEX, 3, third);
	build_edge(f.build, set, EDGE_ITEM, 0, element);
	build_edge(f.build, mapping, EDGE_ITEM, 0, key);
	build_edge(f.build, mapping, EDGE_KEY, build_type_object(f.build, client), by_class);
	finish(&f);
	expect_both(&f, tls, "app.pool['tls']");
	expect_both(&f, hidden, "app.pool[...]");
	expect_both(&f, third, "app.rows[3]");
	expect_both(&f, element, "app.tasks[*]");
	expect_both(&f, key, "app.cache.keys()[*]");
	expect_name(&f, by_class, "app.cache[app.Client]");
	end(&f);
}

static void test_frames_and_closures(void **state)
{
	(void)state;
	struct fixture f = begin();
	uint32_t frame = build_holder(f.build, NODE_FRAME, "main", "/srv/app.py", 12);
	uint32_t legacy = build_holder(f.build, NODE_FRAME, "app.Worker.run", "/srv/app.py", 40);
	uint32_t frame_object = build_builtin(f.build, "frame", 64);
	uint32_t local = build_builtin(f.build, "dict", 16);
	uint32_t old_local = build_builtin(f.build, "dict", 16);
	uint32_t stacked = build_builtin(f.build, "list", 16);
	uint32_t function = build_builtin(f.build, "function", 64);
	uint32_t cell = build_builtin(f.build, "cell", 16);
	uint32_t content = build_builtin(f.build, "list", 16);
	uint32_t frame_cell = build_builtin(f.build, "cell", 16);
	uint32_t frame_content = build_builtin(f.build, "list", 16);
	uint32_t generator = build_builtin(f.build, "generator", 64);
	uint32_t inner = build_builtin(f.build, "bytearray", 16);
	build_named(f.build, frame, EDGE_LOCAL, "table", local);
	build_edge(f.build, frame, EDGE_STACK, 2, stacked);
	build_named(f.build, frame, EDGE_CELL, "shared", frame_cell);
	build_edge(f.build, frame_cell, EDGE_CELL_CONTENT, 0, frame_content);
	build_field(f.build, legacy, EDGE_MEMBER, "frame", frame_object);
	build_named(f.build, frame_object, EDGE_LOCAL, "table", old_local);
	build_key(f.build, f.app.dict, "make", function);
	build_named(f.build, function, EDGE_CELL, "data", cell);
	build_edge(f.build, cell, EDGE_CELL_CONTENT, 0, content);
	build_key(f.build, f.app.dict, "lines", generator);
	build_named(f.build, generator, EDGE_LOCAL, "buffer", inner);
	finish(&f);
	expect_both(&f, local, "app.main.<locals>.table");
	expect_both(&f, stacked, "app.main.<stack>[2]");
	expect_both(&f, frame_content, "app.main.<locals>.shared");
	expect_both(&f, old_local, "app.Worker.run.<locals>.table");
	expect_both(&f, content, "app.make.<closure>.data");
	expect_both(&f, inner, "app.lines.<locals>.buffer");
	end(&f);
}

static void test_c_fields(void **state)
{
	(void)state;
	struct fixture f = begin();
	uint32_t wrapper =
		build_object(f.build, build_type(f.build, "functools", "_lru_cache_wrapper"), 64);
	uint32_t cache = build_builtin(f.build, "dict", 64);
	uint32_t value = build_builtin(f.build, "bytes", 64);
	uint32_t iterator = build_builtin(f.build, "list_iterator", 32);
	uint32_t instance = build_builtin(f.build, "object", 32);
	uint32_t named = build_builtin(f.build, "bytes", 32);
	build_key(f.build, f.app.dict, "fetch", wrapper);
	build_field(f.build, wrapper, EDGE_FIELD, "cache", cache);
	build_key(f.build, cache, NULL, value);
	build_key(f.build, f.app.dict, "it", iterator);
	build_field(f.build, iterator, EDGE_FIELD, "it_seq", instance);
	build_named(f.build, instance, EDGE_ATTR, "body", named);
	finish(&f);
	expect_both(&f, cache, "app.fetch.cache");
	expect_both(&f, value, "app.fetch.cache[...]");
	expect_both(&f, named, "app.it.body");
	end(&f);
}

static void test_other_roots(void **state)
{
	(void)state;
	struct fixture f = begin();
	uint32_t thread = build_holder(f.build, NODE_THREAD, "worker-1", NULL, 0);
	uint32_t context = build_builtin(f.build, "dict", 16);
	uint32_t task = build_holder(f.build, NODE_TASK, "Task-7", NULL, 0);
	uint32_t task_object = build_object(f.build, build_type(f.build, "_asyncio", "Task"), 64);
	uint32_t coroutine = build_builtin(f.build, "coroutine", 64);
	uint32_t body = build_builtin(f.build, "bytes", 64);
	uint32_t c_held = build_holder(f.build, NODE_C_HELD, NULL, NULL, 0);
	uint32_t held = build_builtin(f.build, "generator", 64);
	uint32_t held_local = build_builtin(f.build, "bytes", 64);
	uint32_t statics = build_holder(f.build, NODE_STATIC, "_ssl", NULL, 0);
	type_id lost = build_type(f.build, "lost", "Registry");
	uint32_t lost_dict = build_builtin(f.build, "dict", 16);
	uint32_t entries = build_builtin(f.build, "list", 16);
	build_field(f.build, thread, EDGE_MEMBER, "context", context);
	build_edge(f.build, task, EDGE_MEMBER, 0, task_object);
	build_field(f.build, task_object, EDGE_FIELD, "task_coro", coroutine);
	build_named(f.build, coroutine, EDGE_LOCAL, "body", body);
	build_edge(f.build, c_held, EDGE_MEMBER, 0, held);
	build_field(f.build, held, EDGE_ATTR_STATIC, "__qualname__", build_str(f.build, "fill"));
	build_named(f.build, held, EDGE_LOCAL, "x", held_local);
	build_edge(f.build, statics, EDGE_MEMBER, 0, build_type_object(f.build, lost));
	build_edge(f.build, build_type_object(f.build, lost), EDGE_DICT, 0, lost_dict);
	build_key(f.build, lost_dict, "entries", entries);
	finish(&f);
	expect_both(&f, context, "<thread worker-1>.context");
	expect_name(&f, body, "<task Task-7>.<locals>.body");
	expect_name(&f, held, "<generator fill held by C>");
	expect_name(&f, held_local, "<generator fill held by C>.<locals>.x");
	expect_name(&f, entries, "lost.Registry.entries");
	end(&f);
}

static void test_the_best_root_wins(void **state)
{
	(void)state;
	struct fixture f = begin();
	struct module logging =
		build_module(f.build, "logging", "/usr/lib/python3.11/logging/__init__.py");
	struct module lib =
		build_module(f.build, "lib", "/usr/lib/python3.11/site-packages/lib/__init__.py");
	struct module main = build_module(f.build, "__main__", NULL);
	uint32_t frame = build_holder(f.build, NODE_FRAME, "serve", "/srv/app.py", 3);
	uint32_t everywhere = build_builtin(f.build, "dict", 16);
	uint32_t libraries = build_builtin(f.build, "dict", 16);
	uint32_t framed = build_builtin(f.build, "dict", 16);
	uint32_t logger_dict = build_builtin(f.build, "dict", 16);
	uint32_t function = build_builtin(f.build, "function", 16);
	build_key(f.build, logging.dict, "x", everywhere);
	build_key(f.build, lib.dict, "x", everywhere);
	build_named(f.build, frame, EDGE_LOCAL, "x", everywhere);
	build_key(f.build, main.dict, "x", everywhere);
	build_key(f.build, f.app.dict, "x", everywhere);
	build_key(f.build, logging.dict, "y", libraries);
	build_key(f.build, lib.dict, "y", libraries);
	build_named(f.build, frame, EDGE_LOCAL, "z", framed);
	build_key(f.build, logging.dict, "z", framed);
	build_key(f.build, logging.dict, "loggers", logger_dict);
	build_key(f.build, main.dict, "logging", logging.object);
	build_key(f.build, main.dict, "f", function);
	build_field(f.build, function, EDGE_ATTR_STATIC, "__globals__", logging.dict);
	finish(&f);
	expect_both(&f, everywhere, "app.x");
	expect_both(&f, libraries, "lib.y");
	expect_both(&f, framed, "app.serve.<locals>.z");
	expect_both(&f, logger_dict, "logging.loggers");
	end(&f);
}

static void test_classes_are_named_by_their_module(void **state)
{
	(void)state;
	struct fixture f = begin();
	struct module lib =
		build_module(f.build, "lib", "/usr/lib/python3.11/site-packages/lib/__init__.py");
	type_id base = build_type(f.build, "lib", "Base"),
		derived = build_type(f.build, "app", "Derived");
	uint32_t bases = build_builtin(f.build, "tuple", 16);
	uint32_t instance = build_instance(f.build, derived, 16);
	uint32_t dict = build_builtin(f.build, "dict", 16);
	uint32_t registry = build_builtin(f.build, "dict", 16);
	build_key(f.build, lib.dict, "Base", build_type_object(f.build, base));
	build_key(f.build, f.app.dict, "Derived", build_type_object(f.build, derived));
	build_key(f.build, f.app.dict, "it", instance);
	build_field(f.build, build_type_object(f.build, derived), EDGE_ATTR_STATIC, "__base__",
		build_type_object(f.build, base));
	build_field(
		f.build, build_type_object(f.build, derived), EDGE_ATTR_STATIC, "__bases__", bases);
	build_edge(f.build, bases, EDGE_INDEX, 0, build_type_object(f.build, base));
	build_edge(f.build, build_type_object(f.build, base), EDGE_DICT, 0, dict);
	build_key(f.build, dict, "registry", registry);
	finish(&f);
	expect_both(&f, registry, "lib.Base.registry");
	end(&f);
}

static void test_merged_elements_and_fingerprints(void **state)
{
	(void)state;
	struct fixture f = begin();
	uint32_t list = build_builtin(f.build, "list", 64);
	uint32_t object[2], body[2];
	build_key(f.build, f.app.dict, "rows", list);
	for (uint32_t i = 0; i < 2; i++) {
		object[i] = build_builtin(f.build, "object", 16);
		body[i] = build_builtin(f.build, "bytes", 16);
		build_edge(f.build, list, EDGE_INDEX, i + 5, object[i]);
		build_named(f.build, object[i], EDGE_ATTR, "body", body[i]);
	}
	finish(&f);
	char fingerprint[3][FINGERPRINT_SIZE];
	for (uint32_t i = 0; i < 2; i++) {
		struct path path;
		struct text text = {0};
		assert_null(path_init(&path, &f.paths, body[i]));
		assert_null(names_fingerprint(f.names, &path, fingerprint[i]));
		for (uint32_t at = 0; at < path.n; at++)
			path.merged[at] = f.snapshot->edge_kind[path.edge[at]] == EDGE_INDEX;
		names_render(f.names, &path, &text);
		assert_string_equal(text_get(&text), "app.rows[*].body");
		text_deinit(&text);
		path_deinit(&path);
	}
	struct path path;
	assert_null(path_init(&path, &f.paths, list));
	assert_null(names_fingerprint(f.names, &path, fingerprint[2]));
	path_deinit(&path);
	assert_string_equal(fingerprint[0], fingerprint[1]);
	assert_string_not_equal(fingerprint[0], fingerprint[2]);
	end(&f);
}

static void test_definitions(void **state)
{
	(void)state;
	struct fixture f = begin();
	uint32_t wrapper =
		build_object(f.build, build_type(f.build, "functools", "_lru_cache_wrapper"), 64);
	uint32_t function = build_builtin(f.build, "function", 64);
	uint32_t code = build_builtin(f.build, "code", 64);
	uint32_t list = build_builtin(f.build, "list", 64);
	uint64_t file = build_string(f.build, "/srv/fetching.py");
	build_key(f.build, f.app.dict, "fetch", wrapper);
	build_key(f.build, f.app.dict, "rows", list);
	build_field(f.build, wrapper, EDGE_FIELD, "func", function);
	build_field(f.build, function, EDGE_ATTR_STATIC, "__code__", code);
	build_fact(f.build, code, FACT_DEFINED_AT, file << 32 | 42);
	finish(&f);
	struct path path;
	assert_null(path_init(&path, &f.paths, wrapper));
	struct location location = names_location(f.names, &path);
	assert_string_equal(location.file, "/srv/fetching.py");
	assert_int_equal(location.line, 42);
	path_deinit(&path);
	assert_null(path_init(&path, &f.paths, list));
	location = names_location(f.names, &path);
	assert_string_equal(location.file, "/srv/app.py");
	assert_int_equal(location.line, 0);
	path_deinit(&path);
	end(&f);
}

static void test_a_chain_is_cut(void **state)
{
	(void)state;
	struct fixture f = begin();
	uint32_t node = build_builtin(f.build, "object", 16);
	build_key(f.build, f.app.dict, "head", node);
	for (int i = 0; i < 100000; i++) {
		uint32_t next = build_builtin(f.build, "object", 16);
		build_named(f.build, node, EDGE_ATTR, "next", next);
		node = next;
	}
	finish(&f);
	struct path path;
	struct text text = {0};
	assert_null(path_init(&path, &f.paths, node));
	names_render(f.names, &path, &text);
	assert_non_null(strstr(text_get(&text), ".next.<99963 more>.next"));
	text_deinit(&text);
	path_deinit(&path);
	end(&f);
}

static void test_nothing_is_found_by_nonsense(void **state)
{
	(void)state;
	struct fixture f = begin();
	uint32_t list = build_builtin(f.build, "list", 64);
	build_key(f.build, f.app.dict, "rows", list);
	finish(&f);
	static const char *const expressions[] = {"", ".", "app.", "app..rows", "app.rows[",
		"app.rows[x]", "app.rows['", "app.rows.<locals>", "apple.rows",
		"app.rows[99999999999999999999999]", "app.<", "app.rows.<locals>[...",
		"app.<stack>["};
	for (size_t i = 0; i < ARRAY_SIZE(expressions); i++) {
		struct obj_ids ids = {0};
		assert_null(names_resolve(f.names, expressions[i], &ids));
		assert_int_equal(ids.n, 0);
		vec_deinit(&ids);
	}
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modules_and_attributes),
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_frames_and_closures),
		cmocka_unit_test(test_c_fields),
		cmocka_unit_test(test_other_roots),
		cmocka_unit_test(test_the_best_root_wins),
		cmocka_unit_test(test_classes_are_named_by_their_module),
		cmocka_unit_test(test_merged_elements_and_fingerprints),
		cmocka_unit_test(test_definitions),
		cmocka_unit_test(test_a_chain_is_cut),
		cmocka_unit_test(test_nothing_is_found_by_nonsense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
