/*
 * Lines of two versions of a program.
 */
#include "trace/match.h"
#include "trace/table_by_hand.h"

#define LINES_MAX 8

/* Lines of one function: a letter each, which stands for its text. Letters from `first` on. */
struct version {
	const char *file, *function, *texts;
	uint32_t first_line;
};

struct side {
	struct snapshot *snapshot;
	struct trace_tree tree;
	struct trace_rows rows;
};

static struct side make_side(const struct version *version)
{
	struct side side = {0};
	const struct trace_options options = {.key = TRACE_KEY_ALLOCATED};
	struct snap_trace trace = {.n_nodes = 1, .failed_frame = UINT32_MAX};
	assert_null(trace_snapshot_create(&side.snapshot));
	str_id file, function;
	struct strpool *strings = &side.snapshot->strings;
	assert_null(strpool_add(strings, version->file, strlen(version->file), &file));
	assert_null(strpool_add(strings, version->function, strlen(version->function), &function));
	*(struct snap_trace_frame *)vec_add(&side.snapshot->trace_frames) =
		(struct snap_trace_frame){.kind = TRACE_FRAME_LOST};
	assert_non_null(vec_add(&side.snapshot->trace_nodes));
	for (uint32_t i = 0; version->texts[i]; i++, trace.n_nodes++) {
		if (version->texts[i] == '.')
			continue;
		struct snap_trace_frame *frame = vec_add(&side.snapshot->trace_frames);
		*frame = (struct snap_trace_frame){.kind = TRACE_FRAME_LINE,
			.file = file,
			.function = function,
			.line = version->first_line + i,
			.first_line = version->first_line,
			.source_hash = version->texts[i] == '?' ? 0 : (uint32_t)version->texts[i]};
		struct snap_trace_node *node = vec_add(&side.snapshot->trace_nodes);
		*node = (struct snap_trace_node){
			.frame = (uint32_t)(side.snapshot->trace_frames.n - 1),
			.allocated_bytes = 100 - i,
			.allocation_count = 1};
	}
	trace.n_nodes = side.snapshot->trace_nodes.n;
	*(struct snap_trace *)vec_add(&side.snapshot->traces) = trace;
	assert_null(snapshot_check(side.snapshot));
	assert_null(
		trace_tree_create(side.snapshot, side.snapshot->traces.data, &options, &side.tree));
	assert_null(trace_rows_read(&side.tree, &side.rows));
	return side;
}

static void side_deinit(struct side *side)
{
	trace_rows_deinit(&side->rows);
	trace_tree_deinit(&side->tree);
	snapshot_destroy(side->snapshot);
}

/* "1-1 2-3 4- -2": pairs of lines by their distance from the function's first line, as found. */
static void check_pairs(
	const struct version *before, const struct version *after, const char *expected)
{
	struct side left = make_side(before), right = make_side(after);
	const struct trace_side sides[] = {{&left.tree, &left.rows}, {&right.tree, &right.rows}};
	struct trace_pairs pairs;
	char text[512] = "";
	assert_null(trace_match(&sides[0], &sides[1], &pairs));
	for (size_t i = 0; i < pairs.n; i++) {
		char pair[64] = "", *at = pair;
		const uint32_t rows[] = {pairs.data[i].before, pairs.data[i].after};
		for (unsigned side = 0; side < 2; side++) {
			if (side)
				*at++ = '-';
			if (rows[side] == TRACE_ROW_NONE)
				continue;
			const struct snap_trace_frame *frame = trace_tree_frame(
				sides[side].tree, sides[side].rows->data[rows[side]].node);
			*at++ = (char)('0' + frame->line - frame->first_line);
		}
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			pair);
	}
	assert_string_equal(text, expected);
	vec_deinit(&pairs);
	side_deinit(&left);
	side_deinit(&right);
}

static void test_lines(void **state)
{
	(void)state;
	static const struct {
		const char *before, *after, *pairs;
	} cases[] = {
		{"abc", "abc", "0-0 1-1 2-2"},
		{"abc", "xabc", "-0 0-1 1-2 2-3"},   /* a new line above */
		{"abc", "axbc", "0-0 -1 1-2 2-3"},   /* in the middle */
		{"abc", "ac", "0-0 1- 2-1"},         /* one that went */
		{"abc", "aXc", "0-0 1-1 2-2"},       /* one that changed */
		{"abcd", "aXYd", "0-0 1-1 2-2 3-3"}, /* two that changed */
		{"abc", "aXYc", "0-0 1- -1 -2 2-3"}, /* one became two */
		{"aab", "ab", "0-0 1- 2-1"},         /* equal texts */
		{"???", "???", "0-0 1-1 2-2"},       /* texts that are not known */
		{"??.?", "??.?", "0-0 1-1 3-3"},
		{"??", ".??", "0- 1-1 -2"}, /* unknown and shifted */
		{"a", "", "0-"},
		{"", "a", "-0"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct version before = {"/a/app.py", "f", cases[i].before, 10};
		const struct version after = {"/a/app.py", "f", cases[i].after, 30};
		check_pairs(&before, &after, cases[i].pairs);
	}
}

static void test_functions(void **state)
{
	(void)state;
	const struct version here = {"/a/app.py", "f", "a", 1};
	const struct version elsewhere = {"/b/app.py", "f", "a", 1};
	const struct version other_file = {"/a/tool.py", "f", "a", 1};
	const struct version other_function = {"/a/app.py", "g", "a", 1};
	check_pairs(&here, &elsewhere, "0-0");
	check_pairs(&here, &other_file, "0- -0");
	check_pairs(&here, &other_function, "0- -0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines), cmocka_unit_test(test_functions)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
