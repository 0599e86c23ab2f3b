/* Rules about memory beneath objects, on heaps described in code. */
#include "answers/build.h"
#include "findings/findings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MIB (1ull << 20)

struct look {
	struct snapshot *snapshot;
	struct analysis *analysis;
	struct holders holders;
	struct findings findings;
};

static struct look look(struct snapshot *snapshot)
{
	struct look look = {.snapshot = snapshot};
	struct account account;
	assert_null(snapshot_check(snapshot));
	assert_null(analysis_create(snapshot, &look.analysis));
	assert_null(analysis_dominators(look.analysis));
	assert_null(holders_init(&look.holders, look.analysis));
	account_init(&account, look.analysis);
	assert_null(findings_init(&look.findings, look.analysis, &account, &look.holders));
	return look;
}

static void look_away(struct look *look)
{
	findings_deinit(&look->findings);
	holders_deinit(&look->holders);
	analysis_destroy(look->analysis);
	snapshot_destroy(look->snapshot);
}

static const struct finding *find(const struct look *look, const char *rule)
{
	vec_foreach (&look->findings, finding)
		if (!strcmp(rule_id(finding->rule), rule))
			return finding;
	return NULL;
}

static uint32_t fill(
	struct build *build, struct module module, const char *name, uint32_t n, uint32_t n_bytes)
{
	uint32_t list = build_builtin(build, "list", 64);
	build_key(build, module.dict, name, list);
	for (uint32_t i = 0; i < n; i++)
		build_edge(build, list, EDGE_INDEX, i, build_builtin(build, "bytes", n_bytes));
	return list;
}

/* ---- copy on write ---- */

#define ROWS 5000
#define ROW_BYTES 4096

static struct snapshot *forked_child(uint64_t copied_share)
{
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	fill(build, app, "ROWS", ROWS, ROW_BYTES);
	build_figure(build, "fork.parent", 77);
	build_figure(build, "fork.compared_pages", 100);
	build_figure(build, "fork.unchanged_pages", 90);
	struct snapshot *snapshot = build_finish(build);
	uint64_t first = snapshot->address[0];
	uint64_t n_bytes = snapshot->address[snapshot->n_objects - 1] + 1 - first;
	struct snap_copy *copy = vec_add(&snapshot->copies);
	assert_non_null(copy);
	*copy = (struct snap_copy){first, n_bytes * copied_share};
	/* Pages that were copied, but that no object is on, belong to the same places. */
	copy = vec_add(&snapshot->copies);
	assert_non_null(copy);
	*copy = (struct snap_copy){first + 64 * MIB, 16 * MIB};
	return snapshot;
}

static void test_copies_by_holder(void **state)
{
	struct look seen = look(forked_child(1));
	const struct finding *finding = find(&seen, "copy_on_write_loss");
	assert_non_null(finding);
	assert_string_equal(finding->text, "app.ROWS");
	assert_non_null(strstr(finding->advice, "shared_memory"));
	assert_true(finding->saving_bytes > 15 * MIB && finding->saving_bytes < 18 * MIB);
	assert_int_equal(row_int(finding->evidence, "parent_pid", 0), 77);
	assert_int_equal(row_int(finding->evidence, "count_only_percent", 0), 90);
	assert_string_equal(row_text(finding->evidence, "object_type", ""), "bytes");
	look_away(&seen);
}

/* Copies on which no object stands are nobody's: nothing is claimed. */
static void test_copies_of_nobody(void **state)
{
	struct look seen = look(forked_child(0));
	assert_null(find(&seen, "copy_on_write_loss"));
	look_away(&seen);
}

/* ---- mappings ---- */

static void map_file(struct snapshot *snapshot, str_id part, str_id file, uint64_t address,
	uint64_t n_bytes, uint32_t flags)
{
	struct snap_mapping *mapping = vec_add(&snapshot->mappings);
	assert_non_null(mapping);
	*mapping = (struct snap_mapping){.address = address,
		.n_bytes = n_bytes,
		.resident_bytes = n_bytes,
		.part = part,
		.file = file,
		.private_dirty_bytes = n_bytes / 4,
		.flags = flags};
}

static void test_mapped_files_by_holder(void **state)
{
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	uint32_t maps = build_builtin(build, "list", 64), index;
	type_id type = build_type(build, "mmap", "mmap");
	build_key(build, app.dict, "MAPS", maps);
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t object = build_object(build, type, 64);
		build_edge(build, maps, EDGE_INDEX, i, object);
		build_fact(build, object, FACT_MAPPED_AT, (1 + i) * 32 * MIB);
	}
	build_key(build, app.dict, "INDEX", index = build_object(build, type, 64));
	build_fact(build, index, FACT_MAPPED_AT, 200 * MIB + 4096);
	build_part(build, PART_FILES, 3 * 8 * MIB + 20 * MIB + 30 * MIB);
	str_id files = build_string(build, "files");
	str_id segment = build_string(build, "/srv/segment.log");
	str_id table = build_string(build, "/srv/index.bin");
	str_id gone = build_string(build, "/tmp/gone (deleted)");
	struct snapshot *snapshot = build_finish(build);
	for (uint32_t i = 0; i < 3; i++)
		map_file(snapshot, files, segment, (1 + i) * 32 * MIB, 8 * MIB, MAPPING_SHARED);
	map_file(snapshot, files, table, 200 * MIB, 20 * MIB, MAPPING_SHARED);
	map_file(snapshot, files, gone, 300 * MIB, 30 * MIB, MAPPING_DELETED);
	struct look seen = look(snapshot);
	unsigned n = 0;
	vec_foreach (&seen.findings, finding) {
		if (strcmp(rule_id(finding->rule), "mapped_files") != 0)
			continue;
		bool is_index = !strcmp(finding->text, "app.INDEX");
		assert_string_equal(finding->text, is_index ? "app.INDEX" : "app.MAPS[*]");
		assert_int_equal(finding->saving_bytes, is_index ? 20 * MIB : 24 * MIB);
		assert_int_equal(
			row_int(finding->evidence, "dirty_bytes", 0), is_index ? 5 * MIB : 6 * MIB);
		assert_int_equal(row_int(finding->evidence, "mapping_count", 0), is_index ? 1 : 3);
		n++;
	}
	assert_int_equal(n, 2);
	const struct finding *deleted = find(&seen, "deleted_file_mapped");
	assert_non_null(deleted);
	assert_null(deleted->text);
	assert_string_equal(row_text(deleted->evidence, "file", ""), "/tmp/gone");
	look_away(&seen);
}

/* ---- native blocks ---- */

static void add_unowned(struct snapshot *snapshot, uint64_t count, uint64_t block_bytes,
	uint32_t is_reachable, str_id file)
{
	struct snap_unowned *row = vec_add(&snapshot->unowned);
	assert_non_null(row);
	*row = (struct snap_unowned){.block_bytes = block_bytes,
		.count = count,
		.resident_bytes = count * block_bytes,
		.content = file ? CONTENT_LIBRARY : CONTENT_TEXT,
		.is_reachable = is_reachable,
		.file = file};
}

static void test_lost_blocks(void **state)
{
	struct build *build = build_create();
	build_module(build, "app", "/srv/app.py");
	build_part(build, PART_NATIVE_UNOWNED, 64 * MIB);
	str_id library = build_string(build, "/usr/lib/libparse.so.3");
	struct snapshot *snapshot = build_finish(build);
	add_unowned(snapshot, 20000, 1024, 0, library);
	add_unowned(snapshot, 30000, 1024, 1, 0);
	add_unowned(snapshot, 1, 8 * MIB, 0, 0);
	struct look seen = look(snapshot);
	assert_int_equal(seen.findings.n, 1);
	const struct finding *finding = find(&seen, "native_unowned");
	assert_non_null(finding);
	assert_int_equal(finding->saving_bytes, 20000 * 1024);
	assert_string_equal(row_text(finding->evidence, "library", ""), "libparse.so.3");
	look_away(&seen);
}

/* One context for all is enough; objects that own up to their size are not told. */
static void test_native_behind_objects(void **state)
{
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	type_id context = build_type(build, "ssl", "SSLContext");
	type_id array = build_type(build, "numpy", "ndarray");
	uint32_t clients = build_builtin(build, "list", 64);
	uint32_t arrays = build_builtin(build, "list", 64);
	build_key(build, app.dict, "CLIENTS", clients);
	build_key(build, app.dict, "ARRAYS", arrays);
	for (uint32_t i = 0; i < 40; i++) {
		uint32_t object = build_object(build, context, 144);
		build_edge(build, clients, EDGE_INDEX, i, object);
		build_fact(build, object, FACT_NATIVE_BYTES, MIB);
		object = build_object(build, array, 512 * 1024);
		build_edge(build, arrays, EDGE_INDEX, i, object);
		build_fact(build, object, FACT_NATIVE_BYTES, MIB);
	}
	build_part(build, PART_NATIVE_OWNED, 80 * MIB);
	struct look seen = look(build_finish(build));
	const struct finding *finding = find(&seen, "native_behind_objects");
	assert_non_null(finding);
	assert_string_equal(finding->text, "app.CLIENTS[*]");
	assert_int_equal(finding->saving_bytes, 39 * (MIB + 144));
	assert_int_equal(row_int(finding->evidence, "object_count", 0), 40);
	vec_foreach (&seen.findings, other)
		assert_true(strcmp(rule_id(other->rule), "native_behind_objects") != 0 ||
			    other == finding);
	look_away(&seen);
}

/* ---- allocators ---- */

static struct snapshot *with_arenas(unsigned n_threads, uint64_t free_each)
{
	struct build *build = build_create();
	build_module(build, "app", "/srv/app.py");
	build_part(build, PART_FREE_MALLOC, (n_threads + 1) * free_each);
	str_id main = build_string(build, "malloc");
	str_id thread = build_string(build, "malloc thread arena");
	struct snapshot *snapshot = build_finish(build);
	for (unsigned i = 0; i <= n_threads; i++) {
		struct snap_arena *arena = vec_add(&snapshot->arenas);
		assert_non_null(arena);
		*arena = (struct snap_arena){.allocator = i ? thread : main,
			.address = i * 64 * MIB,
			.n_bytes = 2 * free_each,
			.resident_bytes = free_each,
			.free_bytes = free_each};
	}
	snapshot->trim_bytes = (n_threads + 1) * free_each;
	return snapshot;
}

static void test_arenas_of_threads(void **state)
{
	struct look seen = look(with_arenas(7, 5 * MIB));
	const struct finding *finding = find(&seen, "malloc_arenas");
	assert_non_null(finding);
	assert_int_equal(finding->saving_bytes, 7 * 5 * MIB);
	assert_int_equal(row_int(finding->evidence, "trim_bytes", 0), 8 * 5 * MIB);
	assert_int_equal(row_int(finding->evidence, "arena_max_2_saving_bytes", 0), 6 * 5 * MIB);
	assert_null(find(&seen, "malloc_free"));
	look_away(&seen);
}

static void test_free_heap(void **state)
{
	struct look seen = look(with_arenas(0, 40 * MIB));
	assert_null(find(&seen, "malloc_arenas"));
	assert_non_null(find(&seen, "malloc_free"));
	look_away(&seen);
	seen = look(with_arenas(0, 20 * MIB));
	assert_int_equal(seen.findings.n, 0);
	look_away(&seen);
}

static void test_pins(void **state)
{
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	uint32_t list = build_builtin(build, "list", 64);
	build_key(build, app.dict, "SURVIVORS", list);
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t row = build_builtin(build, "tuple", 64);
		uint32_t value = build_builtin(build, "float", 32);
		build_edge(build, list, EDGE_INDEX, i, row);
		build_edge(build, row, EDGE_INDEX, 0, value);
		build_pin(build, row, 20000);
		build_pin(build, value, 10000);
	}
	build_part(build, PART_FREE_PYMALLOC, 30 * MIB);
	struct look seen = look(build_finish(build));
	const struct finding *finding = find(&seen, "pymalloc_pinned");
	assert_non_null(finding);
	assert_string_equal(finding->text, "app.SURVIVORS");
	assert_int_equal(finding->saving_bytes, 30000000);
	assert_string_equal(row_text(finding->evidence, "pinning_types", ""), "tuple, float");
	look_away(&seen);
}

/* ---- garbage ---- */

static void test_frozen_cycles(void **state)
{
	struct build *build = build_create();
	build_module(build, "app", "/srv/app.py");
	type_id parser = build_type(build, "app", "Parser"),
		handler = build_type(build, "app", "Handler");
	for (unsigned i = 0; i < 100; i++) {
		uint32_t a = build_instance(build, parser, 64),
			 b = build_instance(build, handler, 64);
		build_key(build, build_dict_of(build, a), "handler", b);
		build_key(build, build_dict_of(build, b), "parser", a);
		build_key(build, build_dict_of(build, a), "buffer",
			build_builtin(build, "bytearray", 65536));
		build_flags(build, a, OBJECT_TRACKED | 3);
		build_flags(build, b, OBJECT_TRACKED | 3);
	}
	build_figure(build, "gc.enabled", 1);
	struct look seen = look(build_finish(build));
	const struct finding *finding = find(&seen, "garbage_frozen");
	assert_non_null(finding);
	assert_non_null(strstr(finding->advice, "gc.unfreeze()"));
	const char *links = row_text(finding->evidence, "links", "");
	assert_non_null(strstr(links, "Parser.handler"));
	assert_non_null(strstr(links, "Handler.parser"));
	assert_null(strstr(links, "buffer"));
	assert_int_equal(row_int(finding->evidence, "frozen_count", 0), 200);
	assert_null(find(&seen, "garbage_cycles"));
	look_away(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies_by_holder),
		cmocka_unit_test(test_copies_of_nobody),
		cmocka_unit_test(test_mapped_files_by_holder),
		cmocka_unit_test(test_lost_blocks),
		cmocka_unit_test(test_native_behind_objects),
		cmocka_unit_test(test_arenas_of_threads),
		cmocka_unit_test(test_free_heap),
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_frozen_cycles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
