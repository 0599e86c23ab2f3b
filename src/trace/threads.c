/*
 * What each thread allocated, by name.
 */
#include "base/keymap.h"
#include "trace/tree.h"

static int compare_threads(const void *a, const void *b)
{
	const struct trace_thread *left = a, *right = b;
	int order = trace_totals_compare(&left->totals, &right->totals, TRACE_KEY_PEAK);
	return order ? order : (left->name > right->name) - (left->name < right->name);
}

static bool add(struct trace_threads *threads, struct keymap *names, str_id name,
	const struct trace_totals *totals)
{
	uint32_t i = keymap_add(names, name);
	if (i == KEYMAP_FULL)
		return false;
	if (i == threads->n) {
		struct trace_thread *added = vec_add(threads);
		if (!added)
			return false;
		added->name = name;
	}
	trace_totals_add(&threads->data[i].totals, totals);
	return true;
}

struct error *trace_threads_read(
	const struct snapshot *snapshot, const struct snap_trace *trace, struct trace_threads *ret)
{
	const struct snap_trace_node *stacks = snapshot->trace_nodes.data + trace->first_node;
	str_id *thread_of = calloc(trace->n_nodes + 1, sizeof(*thread_of));
	struct trace_threads threads = {0};
	struct keymap names = {0};
	bool ok = thread_of;
	for (uint32_t i = 0; ok && i < trace->n_nodes; i++) {
		const struct snap_trace_frame *frame =
			&snapshot->trace_frames.data[stacks[i].frame];
		struct trace_totals totals = trace_totals_of(&stacks[i]);
		thread_of[i] = frame->kind == TRACE_FRAME_THREAD ? frame->function
								 : thread_of[stacks[i].parent];
		if (!trace_totals_is_empty(&totals))
			ok = add(&threads, &names, thread_of[i], &totals);
	}
	free(thread_of);
	keymap_deinit(&names);
	if (!ok) {
		vec_deinit(&threads);
		return &error_no_memory;
	}
	if (threads.n)
		qsort(threads.data, threads.n, sizeof(*threads.data), compare_threads);
	*ret = threads;
	return NULL;
}
