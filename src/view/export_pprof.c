/*
 * The profile.proto of pprof, gzipped: all that was counted as values of one
 * sample a stack. A message is its fields, each a varint of the field's number
 * and kind, then a varint, or a length and bytes.
 */
#include "view/export.h"

#include "base/cleanup.h"
#include "base/strpool.h"
#include "view/utf8.h"

#include <errno.h>
#include <zlib.h>

/* Numbers of fields. */
enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE = 2,
	PROFILE_LOCATION = 4,
	PROFILE_FUNCTION = 5,
	PROFILE_STRING = 6,
	PROFILE_TIME = 9,
	PROFILE_DURATION = 10,
	PROFILE_DEFAULT_TYPE = 14
};
enum { TYPE_TYPE = 1, TYPE_UNIT = 2 };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE = 2, SAMPLE_LABEL = 3 };
enum { LABEL_KEY = 1, LABEL_TEXT = 2 };
enum { LOCATION_ID = 1, LOCATION_LINE = 4 };
enum { LINE_FUNCTION = 1, LINE_LINE = 2 };
enum {
	FUNCTION_ID = 1,
	FUNCTION_NAME = 2,

	FUNCTION_FILE = 4,
	FUNCTION_START = 5
};

static const struct {
	const char *type, *unit;
	enum trace_key key;
} values[] = {
	{"peak_space", "bytes", TRACE_KEY_PEAK},
	{"inuse_space", "bytes", TRACE_KEY_LIVE},
	{"alloc_space", "bytes", TRACE_KEY_ALLOCATED},
	{"alloc_objects", "count", TRACE_KEY_COUNT},
	{"temporary_objects", "count", TRACE_KEY_TEMPORARY},
};

struct message {
	VEC(uint8_t) bytes;
	bool failed;
};

struct writer {
	const struct trace_tree *tree;
	struct message profile, part, inner; /* of the profile; of `part` */
	struct strpool strings;
	struct error *error;
};

/* ---- messages ---- */

static void add_byte(struct message *message, uint8_t byte)
{
	uint8_t *place = vec_add(&message->bytes);
	if (place)
		*place = byte;
	else
		message->failed = true;
}

static void add_varint(struct message *message, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		add_byte(message, (uint8_t)value | 0x80);
	add_byte(message, (uint8_t)value);
}

static void add_number(struct message *message, unsigned field, uint64_t value)
{
	add_varint(message, field << 3);
	add_varint(message, value);
}

static void add_bytes(struct message *message, unsigned field, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;
	add_varint(message, field << 3 | 2);
	add_varint(message, n);
	for (size_t i = 0; i < n; i++)
		add_byte(message, at[i]);
}

/* Adds `part` as a field and empties it. */
static void add_message(struct message *message, unsigned field, struct message *part)
{
	add_bytes(message, field, part->bytes.data, part->bytes.n);
	message->failed |= part->failed;
	part->bytes.n = 0;
}

static uint32_t string(struct writer *writer, const char *text)
{
	_cleanup_free_ char *clean = utf8_clean(text);
	str_id id = 0;
	struct error *error =
		clean ? strpool_add(&writer->strings, clean, strlen(clean), &id) : &error_no_memory;
	if (error && !writer->error)
		writer->error = error;
	return id;
}

/* ---- the profile ---- */

static void add_types(struct writer *writer)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		add_number(&writer->part, TYPE_TYPE, string(writer, values[i].type));
		add_number(&writer->part, TYPE_UNIT, string(writer, values[i].unit));
		add_message(&writer->profile, PROFILE_SAMPLE_TYPE, &writer->part);
		if (values[i].key == writer->tree->options.key)
			add_number(&writer->profile, PROFILE_DEFAULT_TYPE,
				string(writer, values[i].type));
	}
}

/* A function and a location of each place; their ids begin with 1. */
static void add_place(struct writer *writer, uint32_t place)
{
	const struct trace_tree *tree = writer->tree;
	const struct snapshot *snapshot = tree->snapshot;
	const struct snap_trace_frame *frame =
		&snapshot->trace_frames.data[tree->places.frames.data[place]];
	bool is_line = frame->kind == TRACE_FRAME_LINE;
	bool has_function =
		is_line && tree->options.by != TRACE_BY_MODULE && tree->options.by != TRACE_BY_FILE;
	_cleanup_free_ char *label = has_function
					     ? strdup(snapshot_string(snapshot, frame->function))
					     : export_place_label(tree, place);
	uint32_t name = string(writer, label ? label : "?");
	add_number(&writer->part, FUNCTION_ID, place + 1);
	add_number(&writer->part, FUNCTION_NAME, name);
	add_number(&writer->part, FUNCTION_FILE,
		string(writer, snapshot_string(snapshot, frame->file)));
	add_number(&writer->part, FUNCTION_START, frame->first_line);
	add_message(&writer->profile, PROFILE_FUNCTION, &writer->part);
	add_number(&writer->inner, LINE_FUNCTION, place + 1);
	add_number(&writer->inner, LINE_LINE, has_function ? frame->line : 0);
	add_number(&writer->part, LOCATION_ID, place + 1);
	add_message(&writer->part, LOCATION_LINE, &writer->inner);
	add_message(&writer->profile, PROFILE_LOCATION, &writer->part);
}

/* That stands for frames that are left out of deep stacks. */
static void add_gap(struct writer *writer)
{
	uint64_t id = writer->tree->places.frames.n + 1;
	add_number(&writer->part, FUNCTION_ID, id);
	add_number(&writer->part, FUNCTION_NAME, string(writer, export_gap_label()));
	add_message(&writer->profile, PROFILE_FUNCTION, &writer->part);
	add_number(&writer->inner, LINE_FUNCTION, id);
	add_number(&writer->part, LOCATION_ID, id);
	add_message(&writer->part, LOCATION_LINE, &writer->inner);
	add_message(&writer->profile, PROFILE_LOCATION, &writer->part);
}

static void add_label(struct writer *writer, str_id thread)
{
	if (thread == TRACE_THREAD_NONE || thread == TRACE_THREAD_SEVERAL)
		return;
	add_number(&writer->inner, LABEL_KEY, string(writer, "thread"));
	add_number(&writer->inner, LABEL_TEXT,
		string(writer, snapshot_string(writer->tree->snapshot, thread)));
	add_message(&writer->part, SAMPLE_LABEL, &writer->inner);
}

/* The innermost frame comes first. */
static void add_sample(struct writer *writer, uint32_t node, struct export_stack *stack)
{
	const struct trace_tree *tree = writer->tree;
	const struct trace_tree_node *from = &tree->nodes.data[node];
	export_stack_read(tree, node, stack);
	for (size_t i = stack->n; i-- > 0;) {
		uint32_t at = stack->nodes[i];
		add_varint(&writer->inner, at == EXPORT_GAP ? tree->places.frames.n + 1
							    : tree->nodes.data[at].place + 1);
	}
	add_message(&writer->part, SAMPLE_LOCATION, &writer->inner);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		add_varint(&writer->inner, trace_totals_get(&from->own, values[i].key));
	add_message(&writer->part, SAMPLE_VALUE, &writer->inner);
	add_label(writer, from->thread);
	add_message(&writer->profile, PROFILE_SAMPLE, &writer->part);
}

static void add_strings(struct writer *writer)
{
	for (str_id id = 0; id < writer->strings.offset.n; id++) {
		const char *text = strpool_get(&writer->strings, id);
		add_bytes(&writer->profile, PROFILE_STRING, text, strlen(text));
	}
}

static void add_times(struct writer *writer)
{
	const struct snap_trace *trace = writer->tree->trace;
	bool has_duration = trace->began_unix_ns && trace->ended_unix_ns > trace->began_unix_ns;
	if (trace->ended_unix_ns)
		add_number(&writer->profile, PROFILE_TIME,
			has_duration ? trace->began_unix_ns : trace->ended_unix_ns);
	if (has_duration)
		add_number(&writer->profile, PROFILE_DURATION,
			trace->ended_unix_ns - trace->began_unix_ns);
}

/* ---- gzip ---- */

#define GZIP_WINDOW (15 + 16)

static void write_gzipped(const struct message *message, struct sink *sink)
{
	uint8_t buffer[16384];
	z_stream stream = {0};
	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8,
		    Z_DEFAULT_STRATEGY) != Z_OK) {
		sink_fail(sink, ENOMEM);
		return;
	}
	size_t done = 0;
	int state = Z_OK;
	while (state == Z_OK) {
		if (!stream.avail_in) {
			stream.next_in = message->bytes.data + done;
			stream.avail_in = (uInt)MIN(message->bytes.n - done, UINT32_MAX);
			done += stream.avail_in;
		}
		stream.next_out = buffer;
		stream.avail_out = sizeof(buffer);
		state = deflate(&stream, done == message->bytes.n ? Z_FINISH : Z_NO_FLUSH);
		sink_write(sink, buffer, sizeof(buffer) - stream.avail_out);
	}
	deflateEnd(&stream);
	if (state != Z_STREAM_END)
		sink_fail(sink, EIO);
}

/* ---- */

static void fill(struct writer *writer, struct export_stack *stack)
{
	const struct trace_tree *tree = writer->tree;
	add_types(writer);
	for (uint32_t i = 1; i < tree->nodes.n; i++)
		if (!trace_totals_is_empty(&tree->nodes.data[i].own))
			add_sample(writer, i, stack);
	for (uint32_t i = 0; i < tree->places.frames.n; i++)
		add_place(writer, i);
	add_gap(writer);
	add_times(writer);
	add_strings(writer);
}

struct error *export_pprof(const struct trace_tree *tree, struct sink *sink)
{
	struct writer writer = {.tree = tree};
	struct export_stack *stack = malloc(sizeof(*stack));
	writer.error = stack ? strpool_init(&writer.strings) : &error_no_memory;
	if (!writer.error)
		fill(&writer, stack);
	if (!writer.error && writer.profile.failed)
		writer.error = &error_no_memory;
	if (!writer.error)
		write_gzipped(&writer.profile, sink);
	free(stack);
	strpool_deinit(&writer.strings);
	vec_deinit(&writer.profile.bytes);
	vec_deinit(&writer.part.bytes);
	vec_deinit(&writer.inner.bytes);
	return writer.error;
}
