#include "answers/traced.h"
#include "documents.h"
#include "trace/record.h"

#include <assert.h>
#include <stdlib.h>

#define MIB (UINT64_C(1) << 20)
#define SECOND UINT64_C(1000000000)

static str_id string(struct snapshot *snapshot, const char *text)
{
	str_id id = 0;
	struct error *error = strpool_add(&snapshot->strings, text, strlen(text), &id);
	assert(!error);
	(void)error;
	return id;
}

static uint32_t add_frame(struct snapshot *snapshot, enum trace_frame_kind kind, const char *file,
	const char *function, uint32_t line)
{
	struct snap_trace_frame *frame = vec_add(&snapshot->trace_frames);
	*frame = (struct snap_trace_frame){.kind = (uint8_t)kind,
		.file = string(snapshot, file),
		.function = string(snapshot, function),
		.line = line,
		.first_line = line};
	return (uint32_t)snapshot->trace_frames.n - 1;
}

/* Of what was allocated half was there at the peak, and a fourth is left. */
static uint32_t add_stack(
	struct snapshot *snapshot, uint32_t parent, uint32_t frame, uint64_t n_bytes)
{
	struct snap_trace_node *node = vec_add(&snapshot->trace_nodes);
	*node = (struct snap_trace_node){
		.parent = parent,
		.frame = frame,
		.allocated_bytes = n_bytes,
		.allocation_count = n_bytes / 100,
		.live_bytes = n_bytes / 4,
		.live_count = n_bytes / 400,
		.peak_bytes = n_bytes / 2,
		.temporary_count = n_bytes / 1000,
		.timed_count = n_bytes / 100,
		.alive_us = n_bytes / 100 * 2500,
	};
	return (uint32_t)snapshot->trace_nodes.n - 1;
}

static void add_stacks(struct snapshot *snapshot)
{
	uint32_t lost = add_frame(snapshot, TRACE_FRAME_LOST, "", "", 0);
	uint32_t native = add_frame(snapshot, TRACE_FRAME_NATIVE, "", "", 0);
	uint32_t full = add_frame(snapshot, TRACE_FRAME_OVERFLOW, "", "", 0);
	uint32_t main_thread = add_frame(snapshot, TRACE_FRAME_THREAD, "", "MainThread", 0);
	uint32_t worker = add_frame(snapshot, TRACE_FRAME_THREAD, "", "loader\033[31m-1", 0);
	uint32_t module = add_frame(snapshot, TRACE_FRAME_LINE, "/srv/app/main.py", "<module>", 40);
	uint32_t load =
		add_frame(snapshot, TRACE_FRAME_LINE, "/srv/app/データ.py", "Store.load", 12);
	uint32_t decode = add_frame(snapshot, TRACE_FRAME_LINE,
		"/usr/lib/python3.12/json/decoder.py", "JSONDecoder.raw_decode", 353);
	add_stack(snapshot, 0, lost, 0);
	add_stack(snapshot, 0, native, MIB / 2);
	add_stack(snapshot, 0, full, MIB);
	uint32_t first = add_stack(snapshot, 0, main_thread, 0);
	uint32_t second = add_stack(snapshot, 0, worker, 0);
	uint32_t start = add_stack(snapshot, first, module, 3 * MIB);
	uint32_t loading = add_stack(snapshot, start, load, 40 * MIB);
	add_stack(snapshot, loading, decode, 100 * MIB);
	add_stack(snapshot, second, load, 30 * MIB);
}

static struct snapshot *make(void)
{
	struct snapshot *snapshot = NULL;
	struct error *error = trace_snapshot_create(&snapshot);
	assert(!error);
	(void)error;
	add_stacks(snapshot);
	struct snap_trace *trace = vec_add(&snapshot->traces);
	*trace = (struct snap_trace){
		.pid = 4242,
		.command = string(snapshot, "/usr/bin/python3 /srv/app/main.py"),
		.python_version = string(snapshot, "3.12.1"),
		.ended_unix_ns = 20 * SECOND,
		.n_nodes = snapshot->trace_nodes.n,
		.exit_status = UINT32_MAX,
		.exit_signal = 9,
		.flags = TRACE_KILLED_FOR_MEMORY,
		.failed_frame = 6,
		.failed_bytes = 512 * MIB,
	};
	*(struct snap_trace_holder *)vec_add(&snapshot->trace_holders) = (struct snap_trace_holder){
		.path = string(snapshot, "データ.STORE.rows"),
		.type = string(snapshot, "list"),
		.file = string(snapshot, "/srv/app/データ.py"),
		.line = 12,
		.retained_bytes = 480 * MIB,
	};
	*(struct snap_trace_holder *)vec_add(&snapshot->trace_holders) = (struct snap_trace_holder){
		.path = string(snapshot, "sys.modules"),
		.type = string(snapshot, "dict"),
		.retained_bytes = 3 * MIB,
	};
	*(struct snap_trace_holder *)vec_add(&snapshot->trace_holders) = (struct snap_trace_holder){
		.unix_ns = 18 * SECOND,
		.path = string(snapshot, "データ.STORE.rows"),
		.type = string(snapshot, "list"),
		.file = string(snapshot, "/srv/app/データ.py"),
		.line = 12,
		.retained_bytes = 230 * MIB,
	};
	for (uint32_t i = 0; i < 20; i++) {
		struct snap_trace_moment *moment = vec_add(&snapshot->trace_moments);
		*moment = (struct snap_trace_moment){0, i * SECOND, i * 2 * MIB};
		struct snap_trace_level *level = vec_add(&snapshot->trace_levels);
		*level = (struct snap_trace_level){i, 6, i * MIB};
	}
	return snapshot;
}

static void fill(struct row *root, const struct traced_options *options)
{
	struct snapshot *snapshot = make();
	row_set_int(root, "schema", 1);
	row_set_text(root, "command", "run");
	struct error *error = answer_traced(snapshot, options, root);
	assert(!error);
	(void)error;
	snapshot_destroy(snapshot);
}

void fill_run_lines(struct row *root)
{
	fill(root, &(struct traced_options){.end_ns = UINT64_MAX, .at_ns = UINT64_MAX});
}

void fill_run_tree(struct row *root)
{
	fill(root, &(struct traced_options){.trace = {.threads = true},
			   .has_tree = true,
			   .end_ns = UINT64_MAX,
			   .at_ns = UINT64_MAX});
}

void fill_run_window(struct row *root)
{
	fill(root, &(struct traced_options){.has_window = true,
			   .begin_ns = 3 * SECOND,
			   .end_ns = 9 * SECOND,
			   .at_ns = UINT64_MAX});
}
