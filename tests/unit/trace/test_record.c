/*
 * Tables written by hand become stacks, trees and rows; tables that lie do no
 * harm.
 */
#include "snap/file.h"
#include "trace/table_by_hand.h"
#include "trace/tree.h"

#include <unistd.h>

/* What a table says, by line. */
struct report {
	struct snapshot *snapshot;
	struct trace_tree tree;
	struct trace_rows rows;
};

static struct report read_table(const struct hand_table *table)
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

static void test_nodes_of_a_line_are_one_site(void **state)
{
	struct hand_table *table = *state;
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
	struct hand_table *table = *state;
	struct trace_counters changed = {
		.allocated_bytes = 7, .allocation_count = 1, .peak_bytes = 50};
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
	struct hand_table *table = *state;
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

/* MainThread: outer -> library -> inner (twice recursive); worker: outer. */
static void fill_stacks(struct hand_table *table)
{
	const struct trace_counters one = {.allocated_bytes = 10, .allocation_count = 1};
	uint32_t app = add_code(table, "/srv/app.py", "outer", 1);
	uint32_t library = add_code(table, "/usr/lib/python3.11/json/decoder.py", "decode", 5);
	uint32_t import = add_code(table, "<frozen importlib._bootstrap>", "_load", 7);
	uint32_t inner = add_code(table, "/srv/app.py", "inner", 20);
	uint32_t main_thread = add_thread(table, "MainThread"),
		 worker = add_thread(table, "worker");
	uint32_t outer = add_call(table, main_thread, app, one);
	uint32_t decode = add_call(table, outer, library, one);
	uint32_t load = add_call(table, decode, import, one);
	uint32_t first = add_call(table, load, inner, one);
	add_call(table, first, inner,
		(struct trace_counters){.allocated_bytes = 20, .allocation_count = 2});
	add_call(table, worker, app, one);
}

static struct trace_tree read_tree(
	const struct snapshot *snapshot, const struct trace_options *options)
{
	struct trace_tree tree;
	assert_null(trace_tree_create(snapshot, snapshot->traces.data, options, &tree));
	assert_int_equal(tree.nodes.data[0].whole.allocated_bytes, 70);
	return tree;
}

/* The functions from the outermost call on, always to the largest: "outer decode". */
static void check_path(const struct trace_tree *tree, const char *expected)
{
	char path[256] = "";
	for (uint32_t at = tree->nodes.data[0].first_child; at;
		at = tree->nodes.data[at].first_child) {
		const struct snap_trace_frame *frame = trace_tree_frame(tree, at);
		strcat(path, snapshot_string(tree->snapshot, frame->function));
		strcat(path, tree->nodes.data[at].first_child ? " " : "");
	}
	assert_string_equal(path, expected);
}

static void test_trees(void **state)
{
	static const struct {
		struct trace_options options;
		const char *path;
	} cases[] = {
		{{0}, "outer decode _load inner inner"},
		{{.threads = true}, "MainThread outer decode _load inner inner"},
		{{.hide_imports = true}, "outer decode inner inner"},
		{{.fold = true}, "outer inner inner"},
		{{.by = TRACE_BY_MODULE}, "outer decode _load outer"}, /* any frame of "app" */
		{{.by = TRACE_BY_FILE, .fold = true}, "outer"},
		{{.inverted = true}, "inner inner _load decode outer"},
		{{.inverted = true, .n_levels = 2}, "inner inner"},
	};
	fill_stacks(*state);
	struct report report = read_table(*state);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct trace_options options = cases[i].options;
		options.key = TRACE_KEY_ALLOCATED;
		struct trace_tree tree = read_tree(report.snapshot, &options);
		check_path(&tree, cases[i].path);
		trace_tree_deinit(&tree);
	}
	report_deinit(&report);
}

static void test_recursion_counts_once(void **state)
{
	fill_stacks(*state);
	struct report report = read_table(*state);
	for (size_t i = 0; i < report.rows.n; i++) {
		const struct trace_row *row = &report.rows.data[i];
		const struct snap_trace_frame *frame = trace_tree_frame(&report.tree, row->node);
		const char *function = snapshot_string(report.snapshot, frame->function);
		uint64_t whole = row->whole.allocated_bytes;
		assert_int_equal(whole, !strcmp(function, "outer")    ? 70
					: !strcmp(function, "decode") ? 50
					: !strcmp(function, "_load")  ? 40
								      : 30);
		bool is_shared = !strcmp(function, "outer");
		assert_int_equal(row->thread == TRACE_THREAD_SEVERAL, is_shared);
	}
	report_deinit(&report);
}

static void test_modules_and_owners(void **state)
{
	struct hand_table *table = *state;
	static const struct {
		const char *file, *module;
		enum trace_owner owner;
	} cases[] = {
		{"/srv/shop/__init__.py", "shop", TRACE_OWNER_APPLICATION},
		{"/srv/shop/views/__init__.py", "shop.views", TRACE_OWNER_APPLICATION},
		{"/srv/shop/views/cart.py", "shop.views.cart", TRACE_OWNER_APPLICATION},
		{"/srv/manage.py", "manage", TRACE_OWNER_APPLICATION},
		{"tool.py", "tool", TRACE_OWNER_APPLICATION},
		{"<string>", "<string>", TRACE_OWNER_APPLICATION},
		{"/v/lib/python3.12/site-packages/requests/api.py", "requests.api",
			TRACE_OWNER_PACKAGE},
		{"/usr/lib/python3/dist-packages/yaml/__init__.py", "yaml", TRACE_OWNER_PACKAGE},
		{"/usr/lib/python3.12/json/decoder.py", "json.decoder", TRACE_OWNER_LIBRARY},
		{"/usr/lib/python312.zip/json/decoder.py", "json.decoder", TRACE_OWNER_LIBRARY},
		{"<frozen importlib._bootstrap>", "importlib._bootstrap", TRACE_OWNER_LIBRARY},
		{"/home/lib/python/app.py", "app", TRACE_OWNER_APPLICATION},
	};
	const struct trace_counters one = {.allocation_count = 1};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		add_node(table, add_code(table, cases[i].file, "f", 1), 0, one);
	struct report report = read_table(table);
	const struct snapshot *snapshot = report.snapshot;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t frame = snapshot->trace_nodes.data[TRACE_NODE_FIRST + i].frame;
		assert_string_equal(trace_module(&report.tree.places, frame), cases[i].module);
		assert_int_equal(report.tree.places.owner[frame], cases[i].owner);
	}
	report_deinit(&report);
}

static void test_file(void **state)
{
	char path[] = "/tmp/whymem-trace-XXXXXX";
	fill_stacks(*state);
	struct report report = read_table(*state);
	int fd = mkstemp(path);
	assert_true(fd >= 0 && !close(fd));
	assert_null(snapshot_write(report.snapshot, path));
	struct snapshot *read;
	assert_null(snapshot_read(path, &read));
	assert_true(trace_is_alone(read));
	assert_int_equal(read->trace_nodes.n, report.snapshot->trace_nodes.n);
	assert_memory_equal(read->trace_nodes.data, report.snapshot->trace_nodes.data,
		read->trace_nodes.n * sizeof(*read->trace_nodes.data));
	assert_memory_equal(read->trace_frames.data, report.snapshot->trace_frames.data,
		read->trace_frames.n * sizeof(*read->trace_frames.data));
	snapshot_destroy(read);
	report_deinit(&report);
	unlink(path);
}

#define REFUSED(expression, value)                                                                 \
	do {                                                                                       \
		__typeof__(expression) before_ = (expression);                                     \
		(expression) = (value);                                                            \
		struct error *error_ = snapshot_check(snapshot);                                   \
		assert_non_null(error_);                                                           \
		error_destroy(error_);                                                             \
		(expression) = before_;                                                            \
		assert_null(snapshot_check(snapshot));                                             \
	} while (0)

static void test_damaged_files(void **state)
{
	fill_stacks(*state);
	struct report report = read_table(*state);
	struct snapshot *snapshot = report.snapshot;
	struct snap_trace_moment *moment = vec_add(&snapshot->trace_moments);
	struct snap_trace_level *level = vec_add(&snapshot->trace_levels);
	*moment = (struct snap_trace_moment){0, 5, 10};
	*level = (struct snap_trace_level){0, 1, 10};
	assert_null(snapshot_check(snapshot));
	struct snap_trace *trace = snapshot->traces.data;
	REFUSED(trace->n_nodes, trace->n_nodes - 1);
	REFUSED(trace->n_nodes, UINT64_MAX);
	REFUSED(trace->first_node, 1);
	REFUSED(trace->command, UINT32_MAX);
	REFUSED(trace->failed_frame, (uint32_t)snapshot->trace_frames.n);
	REFUSED(snapshot->trace_nodes.data[4].parent, 4);
	REFUSED(snapshot->trace_nodes.data[4].frame, UINT32_MAX);
	REFUSED(snapshot->trace_frames.data[1].kind, TRACE_FRAME_KIND_COUNT);
	REFUSED(snapshot->trace_frames.data[1].file, UINT32_MAX);
	REFUSED(moment->trace, 1);
	REFUSED(level->moment, 1);
	REFUSED(level->frame, UINT32_MAX);
	report_deinit(&report);
}

static void test_names_of_programs(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"/usr/bin/python3 -O /srv/app.py --port 80", "app.py"},
		{"python3 -m http.server 8000", "-m http.server"},
		{"python3 -c print(1)", "-c"},
		{"python3", ""},
		{"", ""},
		{"python3 -X dev", "dev"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n;
		const char *name = trace_program(cases[i][0], &n);
		assert_int_equal(n, strlen(cases[i][1]));
		assert_memory_equal(name, cases[i][1], n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_table(test_nodes_of_a_line_are_one_site),
		with_table(test_part_of_the_peak),
		with_table(test_lies),
		with_table(test_trees),
		with_table(test_recursion_counts_once),
		with_table(test_modules_and_owners),
		with_table(test_file),
		with_table(test_damaged_files),
		cmocka_unit_test(test_names_of_programs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
