/*
 * Tables that change become samples; these become growth.
 */
#include "trace/growth.h"
#include "trace/table_by_hand.h"

#define SECOND 1000000000ull
#define MIB (1ull << 20)

static void set_live(struct hand_table *table, uint32_t node, uint64_t n_bytes)
{
	table->counters[node] = (struct trace_counters){
		.allocated_bytes = n_bytes, .allocation_count = n_bytes > 0};
}

static struct trace_history *make_history(void)
{
	struct trace_history *history;
	assert_null(trace_history_create(7 * SECOND, SECOND / 10, &history));
	return history;
}

static struct snapshot *record(struct hand_table *table, const struct trace_history *history)
{
	struct snapshot *snapshot;
	const struct trace_about about = {.exit_status = 0, .exit_signal = -1, .history = history};
	struct trace_sections sections = trace_sections_of(table->trace.memory);
	assert_null(trace_snapshot_create(&snapshot));
	assert_null(trace_record(snapshot, &sections, &about));
	assert_null(snapshot_check(snapshot));
	return snapshot;
}

/* Two instructions of one line, one of another that goes up and down, and a line that comes late.
 */
static void test_growth(void **state)
{
	struct hand_table *table = *state;
	uint32_t code = add_code(table, "app.py", "f", 10);
	uint32_t grows = add_node(table, code, 0, (struct trace_counters){0});
	uint32_t again = add_node(table, code, 1, (struct trace_counters){0});
	uint32_t waves = add_node(table, code, 2, (struct trace_counters){0});
	struct trace_history *history = make_history();
	for (uint64_t i = 0; i < 100; i++) {
		set_live(table, grows, i * MIB);
		set_live(table, again, MIB);
		set_live(table, waves, i % 7 * MIB);
		if (i == 50)
			add_node(table, add_code(table, "late.py", "g", 1), 0,
				(struct trace_counters){.allocated_bytes = 5 * MIB});
		trace_history_sample(history, &table->trace, 7 * SECOND + i * SECOND, true);
	}
	struct snapshot *snapshot = record(table, history);
	struct trace_window window;
	struct trace_changes changes;
	assert_true(trace_window_find(snapshot, snapshot->traces.data, 0, UINT64_MAX, &window));
	assert_int_equal(window.end_ns, 99 * SECOND);
	assert_int_equal(window.end_bytes, (99 + 1 + 99 % 7 + 5) * MIB);
	assert_int_equal(
		trace_peak_time(snapshot, snapshot->traces.data), 97 * SECOND); /* 97 % 7 is 6 */
	assert_null(trace_changes_read(snapshot, &window, &changes));
	assert_int_equal(changes.n, 3);
	assert_int_equal(changes.data[0].begin_bytes, MIB);
	assert_int_equal(changes.data[0].end_bytes, 100 * MIB);
	assert_in_range(changes.data[0].bytes_per_second, MIB - 1, MIB + 1);
	assert_true(changes.data[0].is_steady);
	assert_false(changes.data[1].is_steady || changes.data[2].is_steady);
	vec_deinit(&changes);
	assert_true(trace_window_find(
		snapshot, snapshot->traces.data, 20 * SECOND + 5, 30 * SECOND, &window));
	assert_int_equal(window.begin_ns, 20 * SECOND);
	assert_null(trace_changes_read(snapshot, &window, &changes));
	assert_int_equal(changes.data[0].end_bytes - changes.data[0].begin_bytes, 10 * MIB);
	vec_deinit(&changes);
	snapshot_destroy(snapshot);
	trace_history_destroy(history);
}

static void set_blocks(
	struct hand_table *table, uint32_t node, uint64_t n_allocated, uint64_t n_freed)
{
	table->counters[node].allocation_count = n_allocated;
	table->counters[node].freed_count = n_freed;
}

static uint64_t lifetime_of(const struct snapshot *snapshot, uint32_t node)
{
	struct trace_totals totals = trace_totals_of(&snapshot->trace_nodes.data[node]);
	return trace_totals_lifetime(&totals);
}

/* Blocks that stay, ones that are replaced, ones that nobody sees; counters that stand still at
 * last. */
static void test_lifetimes(void **state)
{
	struct hand_table *table = *state;
	uint32_t code = add_code(table, "app.py", "f", 10);
	uint32_t stays = add_node(table, code, 0, (struct trace_counters){0});
	uint32_t changes = add_node(table, code, 1, (struct trace_counters){0});
	uint32_t hides = add_node(table, code, 2, (struct trace_counters){0});
	uint32_t is_older = add_node(table, code, 3, (struct trace_counters){.inherited_count = 1});
	struct trace_history *history = make_history();
	for (uint64_t i = 0; i <= 80; i++) {
		set_blocks(table, stays, i >= 20 ? 5 : 0, 0);
		set_blocks(table, changes, 3 * (i / 4 + 1), 3 * (i / 4));
		set_blocks(table, hides, i, i);
		set_blocks(table, is_older, 2, 0);
		trace_history_sample(history, &table->trace, (7 + i) * SECOND, true);
	}
	table->header->state = TRACE_STATE_ENDING;
	trace_history_sample(history, &table->trace, (7 + 81) * SECOND, true);
	trace_history_sample(history, &table->trace, (7 + 1000) * SECOND, true);
	struct snapshot *snapshot = record(table, history);
	assert_int_equal(lifetime_of(snapshot, stays), 61 * SECOND + SECOND / 2);
	assert_int_equal(lifetime_of(snapshot, changes), 81 * SECOND / 21);
	assert_int_equal(lifetime_of(snapshot, hides), UINT64_MAX);
	assert_int_equal(lifetime_of(snapshot, is_older), UINT64_MAX);
	snapshot_destroy(snapshot);
	trace_history_destroy(history);
}

/* What was looked at thrice is not known. */
static void test_short_lifetimes(void **state)
{
	struct hand_table *table = *state;
	uint32_t node = add_node(table, add_code(table, "app.py", "f", 10), 0,
		(struct trace_counters){.allocation_count = 5});
	struct trace_history *history = make_history();
	for (uint64_t i = 0; i < 4; i++) {
		struct snapshot *snapshot = record(table, history);
		assert_int_equal(lifetime_of(snapshot, node), UINT64_MAX);
		snapshot_destroy(snapshot);
		trace_history_sample(history, &table->trace, (7 + i) * SECOND, true);
	}
	struct snapshot *snapshot = record(table, history);
	assert_int_equal(lifetime_of(snapshot, node), 3 * SECOND);
	snapshot_destroy(snapshot);
	trace_history_destroy(history);
}

/* A day of samples keeps its first and its last hour, evenly spaced. */
static void test_bounded(void **state)
{
	struct hand_table *table = *state;
	uint32_t node =
		add_node(table, add_code(table, "app.py", "f", 10), 0, (struct trace_counters){0});
	struct trace_history *history = make_history();
	for (uint64_t i = 0; i < 864000; i += 100) {
		set_live(table, node, i * 1000);
		trace_history_sample(history, &table->trace, 7 * SECOND + i * SECOND / 10, false);
	}
	assert_in_range(history->n_samples, HISTORY_SAMPLES / 2, HISTORY_SAMPLES);
	uint64_t step = history->time_ns[1] - history->time_ns[0];
	for (size_t i = 1; i < history->n_samples; i++) {
		uint64_t gap = history->time_ns[i] - history->time_ns[i - 1];
		assert_in_range(gap, step / 3, step * 3);
		assert_int_equal(
			history->live_bytes[i], history->time_ns[i] / (SECOND / 10) * 1000);
		assert_int_equal(history->places[0].live_bytes[i], history->live_bytes[i]);
	}
	trace_history_destroy(history);
}

/* Of more places than there is room for the largest are followed. */
static void test_many_places(void **state)
{
	struct hand_table *table = *state;
	uint32_t first = table->header->n_nodes;
	for (uint32_t i = 0; i < 2 * HISTORY_PLACES; i++)
		add_node(table, add_code(table, "app.py", "f", i), 0, (struct trace_counters){0});
	struct trace_history *history = make_history();
	for (uint32_t i = 0; i < 2 * HISTORY_PLACES; i++) {
		set_live(table, first + i, (i + 1) * MIB);
		trace_history_sample(history, &table->trace, (8 + i) * SECOND, true);
	}
	assert_int_equal(history->n_places, HISTORY_PLACES);
	for (size_t i = 0; i < history->n_places; i++)
		assert_true(history->places[i].node >= first + HISTORY_PLACES - 1);
	snapshot_destroy(record(table, history));
	trace_history_destroy(history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {with_table(test_growth), with_table(test_lifetimes),
		with_table(test_short_lifetimes), with_table(test_bounded),
		with_table(test_many_places)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
