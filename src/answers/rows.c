/*
 * `whymem rows`: every object and every edge as a JSON line, for other programs.
 */
#include "analysis/ages.h"
#include "answers/table.h"

#include <stdlib.h>

static const char *const edge_names[EDGE_KIND_COUNT] = {
	[EDGE_ATTR] = "attr",
	[EDGE_ATTR_STATIC] = "slot",
	[EDGE_KEY] = "key",
	[EDGE_INDEX] = "index",
	[EDGE_ITEM] = "item",
	[EDGE_LOCAL] = "local",
	[EDGE_CELL] = "cell",
	[EDGE_CELL_CONTENT] = "content",
	[EDGE_STACK] = "stack",
	[EDGE_DICT] = "dict",
	[EDGE_TYPE] = "type",
	[EDGE_FIELD] = "field",
	[EDGE_SCAN] = "scan",
	[EDGE_MEMBER] = "member",
};

/* Length of the UTF-8 sequence at `bytes`, 0 when it is none. */
static size_t utf8_length(const unsigned char *bytes)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = bytes[0] < 0x80   ? 1
		   : bytes[0] < 0xc2 ? 0
		   : bytes[0] < 0xe0 ? 2
		   : bytes[0] < 0xf0 ? 3
		   : bytes[0] < 0xf5 ? 4
				     : 0;
	if (n < 2)
		return n;
	uint32_t code = bytes[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (bytes[i] & 0x3f);
	}
	bool is_surrogate = code >= 0xd800 && code < 0xe000;
	return code < least[n] || code > 0x10ffff || is_surrogate ? 0 : n;
}

static void add_string(struct text *line, const char *string)
{
	if (!string) {
		text_add_string(line, "null");
		return;
	}
	text_add_string(line, "\"");
	const unsigned char *at = (const unsigned char *)string;
	while (*at) {
		size_t n = utf8_length(at);
		if (!n)
			text_add_string(line, "\\ufffd");
		else if (*at < 0x20 || *at == '"' || *at == '\\')
			text_format(line, "\\u%04x", *at);
		else
			text_add(line, (const char *)at, n);
		at += MAX(n, 1);
	}
	text_add_string(line, "\"");
}

static void add_generation(struct text *line, uint8_t flags)
{
	if (!(flags & OBJECT_TRACKED))
		text_add_string(line, ", \"generation\": null");
	else
		text_format(line, ", \"generation\": %u", flags & OBJECT_GENERATION);
}

/* The innermost line of the stack that allocated the object. */
static void add_origin(struct text *line, const struct analysis *analysis, uint32_t node)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint32_t origin = is_traced(snapshot) && is_object(snapshot, node)
				  ? analysis->origins->line[snapshot->site[node]]
				  : ORIGIN_UNKNOWN;
	if (origin == ORIGIN_UNKNOWN) {
		text_add_string(line, ", \"allocated_file\": null, \"allocated_line\": null");
		return;
	}
	const struct snap_trace_frame *frame = &snapshot->trace_frames.data[origin];
	text_add_string(line, ", \"allocated_file\": ");
	add_string(line, snapshot_string(snapshot, frame->file));
	text_format(line, ", \"allocated_line\": %u", frame->line);
}

static void add_age(struct text *line, const struct snapshot *snapshot, uint32_t node)
{
	uint32_t age = is_object(snapshot, node) ? age_of(snapshot, node) : SNAP_NO_AGE;
	if (age == SNAP_NO_AGE)
		text_add_string(line, ", \"age_ns\": null");
	else
		text_format(line, ", \"age_ns\": %llu", (unsigned long long)age * SNAP_AGE_UNIT_NS);
}

static void add_dominator(struct text *line, const struct analysis *analysis, uint32_t node)
{
	if (analysis->idom[node] >= GRAPH_UNREACHED)
		text_add_string(line, ", \"dominator\": null}");
	else
		text_format(line, ", \"dominator\": %u}", analysis->idom[node]);
}

static void node_line(struct text *line, const struct analysis *analysis, uint32_t node)
{
	const struct snapshot *snapshot = analysis->snapshot;
	bool is_known = is_object(snapshot, node);
	uint64_t self_bytes = snapshot_self_bytes(snapshot, node);
	text_format(line, "{\"id\": %u, \"address\": ", node);
	if (is_known)
		text_format(line, "%llu", (unsigned long long)snapshot->address[node]);
	else
		text_add_string(line, "null");
	text_add_string(line, ", \"type\": ");
	add_string(line, names_type(snapshot, node));
	text_format(line, ", \"self_bytes\": %llu, \"size_bytes\": %llu, \"native_bytes\": %llu",
		(unsigned long long)self_bytes, (unsigned long long)size_of(snapshot, node),
		(unsigned long long)(weight_of(analysis, node) - self_bytes));
	add_generation(line, is_known ? snapshot->flags[node] : 0);
	text_format(line, ", \"live\": %s", is_garbage(analysis, node) ? "false" : "true");
	add_origin(line, analysis, node);
	add_age(line, snapshot, node);
	add_dominator(line, analysis, node);
}

static void edge_line(
	struct text *line, const struct snapshot *snapshot, uint32_t from, uint64_t edge)
{
	unsigned kind = snapshot->edge_kind[edge];
	text_format(line, "{\"from\": %u, \"to\": %u, \"kind\": \"%s\", \"name\": ", from,
		snapshot->edge_to[edge], edge_names[kind]);
	add_string(line, names_edge_text(snapshot, edge));
	if (kind == EDGE_INDEX)
		text_format(line, ", \"index\": %u", snapshot->edge_operand[edge]);
	text_add_string(line, "}");
}

struct emitting {
	const struct analysis *analysis;
	const uint64_t *only; /* a bit a node; NULL: all */
	bool (*emit)(void *arg, const char *line);
	void *arg;
	struct text line;
};

static bool is_emitted(const struct emitting *emitting, uint32_t node)
{
	return !emitting->only || bits_get(emitting->only, node);
}

static bool emit_line(struct emitting *emitting)
{
	bool goes_on =
		!emitting->line.failed && emitting->emit(emitting->arg, text_get(&emitting->line));
	text_cut(&emitting->line, 0);
	return goes_on;
}

static void emit_all(struct emitting *emitting)
{
	const struct snapshot *snapshot = emitting->analysis->snapshot;
	bool goes_on = true;
	for (uint32_t i = 0; goes_on && i < snapshot->n_nodes; i++) {
		if (!is_emitted(emitting, i))
			continue;
		node_line(&emitting->line, emitting->analysis, i);
		goes_on = emit_line(emitting);
	}
	for (uint32_t i = 0; goes_on && i < snapshot->n_nodes; i++) {
		uint64_t end = is_emitted(emitting, i) ? snapshot->edge_start[i + 1] : 0;
		for (uint64_t e = snapshot->edge_start[i]; goes_on && e < end; e++) {
			edge_line(&emitting->line, snapshot, i, e);
			goes_on = emit_line(emitting);
		}
	}
}

struct error *answer_rows(struct analysis *analysis, const struct answer_options *options,
	bool (*emit)(void *arg, const char *line), void *arg)
{
	uint64_t *only = NULL;
	struct error *error = analysis_dominators(analysis);
	if (!error)
		error = analysis_origins(analysis);
	if (!error)
		error = find_only(analysis, options->only, &only);
	if (error)
		return error;
	struct emitting emitting = {analysis, only, emit, arg, {0}};
	emit_all(&emitting);
	error = text_finish(&emitting.line);
	text_deinit(&emitting.line);
	free(only);
	return error;
}
