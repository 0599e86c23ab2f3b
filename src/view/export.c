#include "view/export.h"

#include "base/cleanup.h"
#include "names/text.h"
#include "view/utf8.h"

#include <errno.h>
#include <jansson.h>

struct export_format {
	const char *name;
	const char *suffixes[3];
	struct error *(*write)(const struct trace_tree *tree, struct sink *sink);
	bool has_imports; /* its rows are lines, not stacks */
};

static const struct export_format formats[] = {
	{"collapsed", {".folded", ".collapsed"}, export_collapsed, false},
	{"speedscope", {".speedscope.json", ".speedscope"}, export_speedscope, false},
	{"pprof", {".pb.gz", ".pprof"}, export_pprof, false},
	{"flame", {".svg"}, export_flame, false},
	{"csv", {".csv"}, export_csv, true},
};

const struct export_format *export_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

const struct export_format *export_of_file(const char *path)
{
	size_t n = strlen(path);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		for (size_t j = 0; formats[i].suffixes[j]; j++) {
			size_t n_suffix = strlen(formats[i].suffixes[j]);
			if (n > n_suffix && !strcmp(path + n - n_suffix, formats[i].suffixes[j]))
				return &formats[i];
		}
	}
	return NULL;
}

struct error *export_write(const struct export_format *format, const struct snapshot *snapshot,
	const struct snap_trace *trace, const struct trace_options *options, struct sink *sink)
{
	struct trace_tree tree;
	struct trace_options straight = *options;
	straight.inverted = false;
	straight.hide_imports = !format->has_imports;
	struct error *error = trace_tree_create(snapshot, trace, &straight, &tree);
	if (error)
		return error;
	error = format->write(&tree, sink);
	trace_tree_deinit(&tree);
	return error;
}

/* ---- what the formats share ---- */

static const char *label_of_kind(
	const struct snapshot *snapshot, const struct snap_trace_frame *frame)
{
	switch ((enum trace_frame_kind)frame->kind) {
	case TRACE_FRAME_THREAD:
		return snapshot_string(snapshot, frame->function);
	case TRACE_FRAME_NATIVE:
		return "(no Python frame)";
	default:
		return "(no place in the table)";
	}
}

static void add_file(struct text *text, const char *file, uint32_t line)
{
	text_add_string(text, *file ? file : "?");
	if (line)
		text_format(text, ":%u", line);
}

char *export_label(const struct trace_tree *tree, uint32_t node)
{
	uint32_t place = tree->nodes.data[node].place;
	return place == TRACE_PLACE_ROOT ? strdup("all") : export_place_label(tree, place);
}

char *export_place_label(const struct trace_tree *tree, uint32_t place)
{
	const struct snapshot *snapshot = tree->snapshot;
	const struct snap_trace_frame *frame =
		&snapshot->trace_frames.data[tree->places.frames.data[place]];
	struct text text = {0};
	if (frame->kind != TRACE_FRAME_LINE)
		return strdup(label_of_kind(snapshot, frame));
	const char *file = snapshot_string(snapshot, frame->file);
	const char *function = snapshot_string(snapshot, frame->function);
	switch (tree->options.by) {
	case TRACE_BY_MODULE:
		text_add_string(&text, trace_module(&tree->places,
					       (uint32_t)(frame - snapshot->trace_frames.data)));
		break;
	case TRACE_BY_FILE:
		add_file(&text, file, 0);
		break;
	default:
		text_format(&text, "%s (", function);
		add_file(&text, file, tree->options.by == TRACE_BY_FUNCTION ? 0 : frame->line);
		text_add_string(&text, ")");
	}
	if (!text.failed && text.data)
		return text.data;
	text_deinit(&text);
	return strdup("?");
}

void export_stack_read(const struct trace_tree *tree, uint32_t node, struct export_stack *ret)
{
	const struct trace_tree_node *nodes = tree->nodes.data;
	uint32_t depth = 0, n_inner = EXPORT_DEPTH_MAX / 2;
	for (uint32_t at = node; at; at = nodes[at].parent)
		depth++;
	ret->n_left_out = depth > EXPORT_DEPTH_MAX ? depth - EXPORT_DEPTH_MAX : 0;
	ret->n = depth - ret->n_left_out + (ret->n_left_out > 0);
	size_t place = ret->n;
	uint32_t n = 0;
	for (uint32_t at = node; at; at = nodes[at].parent, n++) {
		bool is_gap = n >= n_inner && n < n_inner + ret->n_left_out;
		if (!is_gap)
			ret->nodes[--place] = at;
		else if (n == n_inner)
			ret->nodes[--place] = EXPORT_GAP;
	}
}

const char *export_gap_label(void)
{
	return "(more calls)";
}

void export_json_text(struct sink *sink, const char *text)
{
	_cleanup_free_ char *clean = utf8_clean(text);
	json_t *string = clean ? json_string_nocheck(clean) : NULL;
	_cleanup_free_ char *encoded = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
	json_decref(string);
	if (encoded)
		sink_puts(sink, encoded);
	else
		sink_fail(sink, ENOMEM);
}
