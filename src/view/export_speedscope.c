/*
 * The file format of https://www.speedscope.app: frames, then a profile for
 * each of what was counted, that which the order is by first.
 */
#include "view/export.h"

#include "base/cleanup.h"

#include <errno.h>
#include <inttypes.h>

static const struct {
	const char *name, *unit;
} profiles[TRACE_KEYS] = {
	[TRACE_KEY_PEAK] = {"alive at the peak", "bytes"},
	[TRACE_KEY_LIVE] = {"alive at the end", "bytes"},
	[TRACE_KEY_ALLOCATED] = {"allocated", "bytes"},
	[TRACE_KEY_COUNT] = {"allocations", "none"},
	[TRACE_KEY_TEMPORARY] = {"temporary allocations", "none"},
};

/* Frames are the places, and behind them the gap. */
static void write_frames(struct sink *sink, const struct trace_tree *tree)
{
	const struct snapshot *snapshot = tree->snapshot;
	sink_puts(sink, "\"shared\":{\"frames\":[");
	for (uint32_t place = 0; place < tree->places.frames.n; place++) {
		const struct snap_trace_frame *frame =
			&snapshot->trace_frames.data[tree->places.frames.data[place]];
		bool is_line = frame->kind == TRACE_FRAME_LINE;
		_cleanup_free_ char *label = export_place_label(tree, place);
		sink_puts(sink, "{\"name\":");
		export_json_text(sink, label ? label : "?");
		if (is_line && tree->options.by != TRACE_BY_MODULE) {
			sink_puts(sink, ",\"file\":");
			export_json_text(sink, snapshot_string(snapshot, frame->file));
		}
		if (is_line && tree->options.by == TRACE_BY_LINE && frame->line)
			sink_printf(sink, ",\"line\":%u", frame->line);
		sink_puts(sink, "},");
	}
	sink_puts(sink, "{\"name\":");
	export_json_text(sink, export_gap_label());
	sink_puts(sink, "}]}");
}

static void write_stack(
	struct sink *sink, const struct trace_tree *tree, const struct export_stack *stack)
{
	sink_puts(sink, "[");
	for (size_t i = 0; i < stack->n; i++) {
		uint32_t node = stack->nodes[i];
		uint32_t frame = node == EXPORT_GAP ? (uint32_t)tree->places.frames.n
						    : tree->nodes.data[node].place;
		sink_printf(sink, "%s%u", i ? "," : "", frame);
	}
	sink_puts(sink, "]");
}

static void write_profile(struct sink *sink, const struct trace_tree *tree, enum trace_key key,
	struct export_stack *stack)
{
	const struct trace_tree_node *nodes = tree->nodes.data;
	bool is_first = true;
	sink_printf(sink,
		"{\"type\":\"sampled\",\"name\":\"%s\",\"unit\":\"%s\",\"startValue\":0,"
		"\"endValue\":%" PRIu64 ",\"samples\":[",
		profiles[key].name, profiles[key].unit, trace_totals_get(&nodes[0].whole, key));
	for (uint32_t i = 1; i < tree->nodes.n; i++) {
		if (!trace_totals_get(&nodes[i].own, key))
			continue;
		sink_puts(sink, is_first ? "" : ",");
		is_first = false;
		export_stack_read(tree, i, stack);
		write_stack(sink, tree, stack);
	}
	sink_puts(sink, "],\"weights\":[");
	is_first = true;
	for (uint32_t i = 1; i < tree->nodes.n; i++) {
		uint64_t value = trace_totals_get(&nodes[i].own, key);
		if (value)
			sink_printf(sink, "%s%" PRIu64, is_first ? "" : ",", value);
		is_first = is_first && !value;
	}
	sink_puts(sink, "]}");
}

struct error *export_speedscope(const struct trace_tree *tree, struct sink *sink)
{
	struct export_stack *stack = malloc(sizeof(*stack));
	if (!stack)
		return &error_no_memory;
	sink_puts(sink, "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",");
	write_frames(sink, tree);
	sink_puts(sink, ",\"profiles\":[");
	for (unsigned i = 0; i < TRACE_KEYS; i++) {
		unsigned key = !i ? tree->options.key : i <= tree->options.key ? i - 1 : i;
		sink_puts(sink, i ? "," : "");
		write_profile(sink, tree, (enum trace_key)key, stack);
	}
	sink_puts(sink, "],\"name\":");
	export_json_text(sink, snapshot_string(tree->snapshot, tree->trace->command));
	sink_puts(sink, ",\"activeProfileIndex\":0,\"exporter\":\"whymem\"}\n");
	free(stack);
	return NULL;
}
