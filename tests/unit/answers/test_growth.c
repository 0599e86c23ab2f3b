/* Moments compared: identity, expectations, rates and limits, deep chains. */
#include "analysis/identity.h"
#include "analysis/outline.h"
#include "answers/build.h"
#include "answers/comparison.h"
#include "graph/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND 1000000000ull
#define MIB (1u << 20)

/* ---- heaps ---- */

struct program {
	uint32_t n_cached, n_static, n_bounded;
	uint64_t pid, seconds;
};

static void fill(struct build *build, uint32_t dict, const char *name, const char *type, uint32_t n,
	uint64_t maxsize)
{
	uint32_t container = build_builtin(build, type, 1024);
	build_key(build, dict, name, container);
	build_fact(build, container, FACT_LENGTH, n);
	if (maxsize)
		build_fact(build, container, FACT_MAXLEN, maxsize);
	for (uint32_t i = 0; i < n; i++)
		build_edge(build, container, EDGE_INDEX, i, build_builtin(build, "bytes", 4096));
}

static struct snapshot *make(struct program program)
{
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	fill(build, app.dict, "CACHE", "list", program.n_cached, 0);
	fill(build, app.dict, "STATIC", "list", program.n_static, 0);
	fill(build, app.dict, "RECENT", "list", program.n_bounded, 10000);
	struct snapshot *snapshot = build_finish(build);
	snapshot->pid = program.pid;
	snapshot->started_unix_ns = program.pid * SECOND;
	snapshot->captured_unix_ns = (1000 + program.seconds) * SECOND;
	snapshot->cgroup_limit_bytes = UINT64_MAX;
	snapshot->cgroup_used_bytes = UINT64_MAX;
	return snapshot;
}

static void add(struct comparison *comparison, struct snapshot *snapshot)
{
	struct analysis *analysis;
	assert_null(analysis_create(snapshot, &analysis));
	assert_null(comparison_add(comparison, analysis));
	analysis_destroy(analysis);
	snapshot_destroy(snapshot);
}

struct outcome {
	struct document document;
	const struct row *verdict;
	bool ok;
};

static struct outcome compare(struct snapshot *const snapshots[], uint32_t n, const char *by)
{
	struct outcome outcome;
	struct comparison *comparison;
	struct comparison_options options = {.n_planned = n, .by = by};
	assert_null(comparison_create(&options, &comparison));
	for (uint32_t i = 0; i < n; i++)
		add(comparison, snapshots[i]);
	assert_null(document_init(&outcome.document));
	assert_null(comparison_answer(comparison, outcome.document.root, &outcome.ok));
	assert_null(document_finish(&outcome.document));
	comparison_destroy(comparison);
	outcome.verdict = row_row(outcome.document.root, "verdict");
	return outcome;
}

static struct outcome compare_programs(const struct program *programs, uint32_t n)
{
	struct snapshot *snapshots[8];
	for (uint32_t i = 0; i < n; i++)
		snapshots[i] = make(programs[i]);
	return compare(snapshots, n, NULL);
}

/* ---- verdicts ---- */

static void assert_verdict(struct outcome *outcome, const char *kind, const char *path)
{
	assert_string_equal(row_text(outcome->verdict, "kind", ""), kind);
	if (path)
		assert_string_equal(row_text(outcome->verdict, "path", ""), path);
	document_deinit(&outcome->document);
}

static void test_steady_growth_is_a_leak(void **state)
{
	(void)state;
	const struct program programs[] = {
		{100, 500, 100, 7, 0}, {300, 500, 100, 7, 60}, {500, 500, 100, 7, 120}};
	struct outcome outcome = compare_programs(programs, 3);
	int64_t grown = 400 * 4096;
	assert_int_equal(row_int(outcome.verdict, "bytes", 0), grown);
	assert_int_equal(row_int(outcome.verdict, "rate_bytes_per_hour", 0), grown * 30);
	assert_null(strstr(row_text(outcome.verdict, "text", ""), "limit"));
	assert_verdict(&outcome, "growing_leak", "app.CACHE");
}

static void test_growth_that_stops_or_goes_back_is_none(void **state)
{
	(void)state;
	const struct program stopped[] = {
		{100, 500, 100, 7, 0}, {500, 500, 100, 7, 60}, {510, 500, 100, 7, 120}};
	const struct program back[] = {{100, 500, 100, 7, 0}, {900, 500, 100, 7, 60},
		{400, 500, 100, 7, 120}, {500, 500, 100, 7, 180}};
	const struct program noise[] = {{100, 500, 100, 7, 0}, {110, 500, 100, 7, 60}};
	const struct program reversed[] = {{100, 500, 100, 7, 60}, {500, 500, 100, 7, 0}};
	struct outcome outcome = compare_programs(stopped, 3);
	assert_non_null(strstr(row_text(outcome.verdict, "text", ""), "not steadily"));
	assert_verdict(&outcome, "small", NULL);
	outcome = compare_programs(back, 4);
	assert_verdict(&outcome, "small", NULL);
	outcome = compare_programs(noise, 2);
	assert_verdict(&outcome, "small", NULL);
	outcome = compare_programs(reversed, 2);
	assert_verdict(&outcome, "small", NULL);
}

static void test_a_bound_is_no_leak(void **state)
{
	(void)state;
	const struct program programs[] = {{100, 500, 100, 7, 0}, {100, 500, 900, 7, 60}};
	const struct program both[] = {{100, 500, 100, 7, 0}, {200, 500, 900, 7, 60}};
	struct outcome outcome = compare_programs(programs, 2);
	assert_non_null(strstr(row_text(outcome.verdict, "text", ""), "10000 at most"));
	assert_verdict(&outcome, "bounded_cache", "app.RECENT");
	outcome = compare_programs(both, 2);
	assert_verdict(&outcome, "growing_leak", "app.CACHE");
}

static void test_another_process_proves_nothing(void **state)
{
	(void)state;
	const struct program programs[] = {{100, 500, 100, 7, 0}, {500, 500, 100, 8, 60}};
	struct outcome outcome = compare_programs(programs, 2);
	assert_int_equal(row_int(outcome.document.root, "same_process", 1), false);
	assert_true(row_find(outcome.verdict, "rate_bytes_per_hour")->kind == CELL_NULL);
	const struct row *row = row_table(outcome.document.root, "rows")->rows.data[0];
	assert_string_equal(row_text(row, "path", ""), "app.CACHE");
	assert_int_equal(row_int(row, "delta_bytes", 0), 400 * 4096);
	assert_int_equal(row_int(row, "delta_count", 0), 400);
	assert_verdict(&outcome, "small", "app.CACHE");
}

static void test_time_until_the_limit(void **state)
{
	(void)state;
	struct snapshot *snapshots[] = {
		make((struct program){100, 0, 0, 7, 0}), make((struct program){356, 0, 0, 7, 60})};
	for (unsigned i = 0; i < 2; i++) {
		snapshots[i]->cgroup_limit_bytes = 64 * MIB;
		snapshots[i]->cgroup_used_bytes = 32 * MIB;
	}
	uint64_t growth = snapshots[1]->total_bytes - snapshots[0]->total_bytes;
	struct outcome outcome = compare(snapshots, 2, NULL);
	uint64_t expected = 32ull * MIB * 60 / (growth ? growth : 256 * 4096);
	int64_t left = row_int(outcome.verdict, "limit_seconds_left", 0);
	assert_in_range(left, expected - 1, expected + 1);
	assert_verdict(&outcome, "growing_leak", "app.CACHE");
}

/* ---- identity ---- */

static uint32_t count_same(
	const struct snapshot *before, const struct snapshot *after, uint64_t *set)
{
	struct identities identities;
	uint32_t n = 0;
	assert_null(identities_init(&identities, before, NULL));
	memset(set, 0, 64 * sizeof(*set));
	assert_null(identities_find(&identities, after, set));
	identities_deinit(&identities);
	for (obj_id i = 0; i < after->n_objects; i++)
		n += bits_get(set, i);
	return n;
}

static obj_id find_type(const struct snapshot *snapshot, const char *name)
{
	for (obj_id i = 0; i < snapshot->n_objects; i++)
		if (!strcmp(names_type(snapshot, i), name))
			return i;
	fail_msg("no %s", name);
	return OBJ_NONE;
}

static void test_identity(void **state)
{
	(void)state;
	const struct program program = {20, 20, 20, 7, 0};
	struct snapshot *before = make(program), *after = make(program);
	uint32_t n = before->n_objects;
	uint64_t set[64];
	obj_id leaf = find_type(after, "bytes"), list = find_type(after, "list");
	before->python_version = after->python_version = 0;
	assert_true(n < 64 * 64);
	assert_int_equal(count_same(before, after, set), n);
	after->content[leaf] = 77;
	assert_int_equal(count_same(before, after, set), n - 1);
	assert_false(bits_get(set, leaf));
	after->content[leaf] = before->content[leaf];
	after->content[list] = 77;
	after->block_units[list] += 4;
	assert_int_equal(count_same(before, after, set), n);
	after->type[list] = after->type[leaf];
	assert_int_equal(count_same(before, after, set), n - 1);
	after->type[list] = before->type[list];
	for (obj_id i = n - 5; i < n; i++)
		after->address[i] += 1ull << 36;
	assert_int_equal(count_same(before, after, set), n - 5);
	assert_int_equal(count_same(after, after, set), n);
	snapshot_destroy(before);
	snapshot_destroy(after);
}

static void test_generations_only_grow_older(void **state)
{
	(void)state;
	const struct program program = {20, 20, 20, 7, 0};
	struct snapshot *before = make(program), *after = make(program);
	obj_id list = find_type(after, "list");
	uint64_t set[64];
	str_id version;
	assert_null(strpool_add(&before->strings, "3.11.7", 6, &version));
	before->python_version = version;
	assert_null(strpool_add(&after->strings, "3.11.7", 6, &version));
	after->python_version = version;
	static const struct {
		uint8_t before, after;
		bool is_same;
	} cases[] = {{0, 2, true}, {2, 2, true}, {2, 0, false}, {1, 0, false}, {3, 0, true},
		{0, 3, true}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		before->flags[list] = OBJECT_TRACKED | cases[i].before;
		after->flags[list] = OBJECT_TRACKED | cases[i].after;
		count_same(before, after, set);
		assert_int_equal(bits_get(set, list), cases[i].is_same);
	}
	snapshot_destroy(before);
	snapshot_destroy(after);
}

/* ---- expectations ---- */

static void test_expectations_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum expect_subject subject;
		const char *name;
		enum expect_unit unit;
		bool is_growth;
		int64_t limit;
	} cases[] = {
		{"app.CACHE < 100", SUBJECT_PATH, "app.CACHE", UNIT_COUNT, false, 100},
		{" a['b'].c>=1.5KiB ", SUBJECT_PATH, "a['b'].c", UNIT_BYTES, false, 1536},
		{"app.main.<locals>.rows < 5", SUBJECT_PATH, "app.main.<locals>.rows", UNIT_COUNT,
			false, 5},
		{"type:app.Session <= +0", SUBJECT_TYPE, "app.Session", UNIT_COUNT, true, 0},
		{"rss < 100", SUBJECT_RSS, "rss", UNIT_BYTES, false, 100},
		{"rss < 2.5%", SUBJECT_RSS, "rss", UNIT_PERCENT, true, 2500},
		{"objects > -10", SUBJECT_OBJECTS, "objects", UNIT_COUNT, true, -10},
		{"objects < 5 MB", SUBJECT_OBJECTS, "objects", UNIT_BYTES, false, 5000000},
		{"rss_cache < 1", SUBJECT_PATH, "rss_cache", UNIT_COUNT, false, 1},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct expectation expectation;
		assert_null(expectation_parse(cases[i].text, &expectation));
		assert_int_equal(expectation.subject, cases[i].subject);
		assert_string_equal(expectation.name, cases[i].name);
		assert_int_equal(expectation.unit, cases[i].unit);
		assert_int_equal(expectation.is_growth, cases[i].is_growth);
		assert_int_equal(expectation.limit, cases[i].limit);
		expectation_deinit(&expectation);
	}
}

static void test_expectations_are_judged(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		struct expect_value first, last;
		bool ok, is_known;
		int64_t value;
	} cases[] = {
		{"a < 10", {true, 5, 50}, {true, 9, 90}, true, true, 9},
		{"a < +4", {true, 5, 50}, {true, 9, 90}, false, true, 4},
		{"a <= 80%", {true, 5, 50}, {true, 9, 90}, true, true, 80},
		{"a < 80%", {true, 5, 50}, {true, 9, 90}, false, true, 80},
		{"a < 1%", {true, 5, 1000}, {true, 9, 1009}, true, true, 1},
		{"a < 1%", {true, 5, 0}, {true, 9, 9}, false, false, 0},
		{"a < 1%", {true, 5, 0}, {true, 9, 0}, true, true, 0},
		{"a < 1", {true, 5, 50}, {false, 0, 0}, true, true, 0},
		{"a < 1", {false, 0, 0}, {false, 0, 0}, false, false, 0},
		{"a < 10", {true, 5, 50}, {true, UINT64_MAX, 90}, false, false, 0},
		{"a >= -50B", {true, 5, 90}, {true, 5, 40}, true, true, -50},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct expectation expectation;
		bool is_known;
		int64_t value = 0;
		assert_null(expectation_parse(cases[i].text, &expectation));
		assert_int_equal(expectation_judge(&expectation, &cases[i].first, &cases[i].last,
					 &is_known, &value),
			cases[i].ok);
		assert_int_equal(is_known, cases[i].is_known);
		assert_true(!is_known || value == cases[i].value);
		expectation_deinit(&expectation);
	}
}

/* ---- chains ---- */

#define CHAIN 200000

static struct snapshot *make_chain(uint32_t n, uint64_t seconds)
{
	struct build *build = build_create();
	struct module app = build_module(build, "app", "/srv/app.py");
	type_id node = build_type(build, "app", "Node");
	uint32_t last = build_object(build, node, 64);
	build_key(build, app.dict, "HEAD", last);
	for (uint32_t i = 1; i < n; i++) {
		uint32_t next = build_object(build, node, 64);
		build_named(build, last, EDGE_ATTR, "next", next);
		last = next;
	}
	uint32_t other = build_builtin(build, "list", 2000);
	build_key(build, app.dict, "OTHER", other);
	struct snapshot *snapshot = build_finish(build);
	snapshot->pid = snapshot->started_unix_ns = 7;
	snapshot->captured_unix_ns = seconds * SECOND;
	return snapshot;
}

/* A chain leaves room in the outline for what else there is. */
static void test_chains(void **state)
{
	(void)state;
	struct snapshot *snapshot = make_chain(CHAIN, 1);
	struct analysis *analysis;
	struct outline outline;
	assert_null(analysis_create(snapshot, &analysis));
	assert_null(outline_init(&outline, analysis));
	assert_true(outline.n < 200);
	assert_int_equal(outline.least_bytes, 512);
	outline_deinit(&outline);
	analysis_destroy(analysis);
	snapshot_destroy(snapshot);
	struct snapshot *snapshots[] = {
		make_chain(CHAIN, 1), make_chain(CHAIN + 20000, 2), make_chain(CHAIN + 40000, 3)};
	struct outcome outcome = compare(snapshots, 3, "holder");
	const struct row *row = row_table(outcome.document.root, "growth")->rows.data[0];
	assert_int_equal(row_int(row, "delta_bytes", 0), 40000 * 64);
	assert_verdict(&outcome, "growing_leak", row_text(outcome.verdict, "path", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady_growth_is_a_leak),
		cmocka_unit_test(test_growth_that_stops_or_goes_back_is_none),
		cmocka_unit_test(test_a_bound_is_no_leak),
		cmocka_unit_test(test_another_process_proves_nothing),
		cmocka_unit_test(test_time_until_the_limit),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_generations_only_grow_older),
		cmocka_unit_test(test_expectations_are_read),
		cmocka_unit_test(test_expectations_are_judged),
		cmocka_unit_test(test_chains),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
