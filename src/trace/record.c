#include "trace/record.h"

#include "base/keymap.h"
#include "base/locations.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <time.h>

#define METHOD "traced"

/* ---- the table ---- */

struct trace_sections trace_sections_of(const char *memory)
{
	const struct trace_header *header = (const struct trace_header *)memory;
	return (struct trace_sections){
		.header = header,
		.counters = (const struct trace_counters *)(memory + TRACE_COUNTERS_AT),
		.nodes = (const struct trace_node *)(memory + TRACE_NODES_AT),
		.codes = (const struct trace_code *)(memory + TRACE_CODES_AT),
		.texts = memory + TRACE_TEXT_AT,
		.n_nodes = MIN(header->n_nodes, TRACE_NODES),
		.n_codes = MIN(header->n_codes, TRACE_CODES),
		.n_text_bytes = MIN(header->n_text_bytes, TRACE_TEXT_BYTES),
	};
}

/* The text at `at`; NULL when there is none. */
static const char *text_at(const struct trace_sections *table, uint32_t at, uint32_t *n_ret)
{
	uint32_t n;
	if (at < 4 || table->n_text_bytes < 8 || at > table->n_text_bytes - 4)
		return NULL;
	memcpy(&n, table->texts + at, 4);
	if (n > table->n_text_bytes - 4 - at)
		return NULL;
	*n_ret = n;
	return table->texts + at + 4;
}

static uint32_t line_of(
	const struct trace_sections *table, const struct trace_code *code, uint32_t instruction)
{
	uint32_t n;
	if (instruction == TRACE_NOT_STARTED)
		return code->first_line;
	const char *lines = text_at(table, code->lines, &n);
	unsigned minor = table->header->version >> 16 & 0xff;
	return lines ? locations_line_of(
			       minor, (const uint8_t *)lines, n, code->first_line, instruction)
		     : 0;
}

/* ---- frames ---- */

/* Rows of trace_frames by what they are: functions, then lines of functions. */
struct frames {
	struct snapshot *snapshot;
	const struct trace_sections *table;
	struct keymap names, functions,
		lines;              /* (file, name), (names, first line), (function, line) */
	struct keymap instructions; /* (code, byte offset) of the table */
	VEC(uint32_t) of_line, of_instruction; /* frames */
	uint32_t lost, native, overflow;
};

static uint64_t key_of(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

/* The number of the frame `wanted`, added when new; UINT32_MAX without memory. */
static uint32_t frame_add(struct frames *frames, struct snap_trace_frame wanted)
{
	uint32_t name = keymap_add(&frames->names, key_of(wanted.file, wanted.function));
	if (name == KEYMAP_FULL)
		return UINT32_MAX;
	uint32_t function = keymap_add(&frames->functions, key_of(name, wanted.first_line));
	if (function == KEYMAP_FULL)
		return UINT32_MAX;
	/* No two frames that are lines differ by their kind: the others have no first line. */
	uint32_t low = wanted.kind == TRACE_FRAME_LINE ? wanted.line : UINT32_MAX - wanted.kind;
	uint32_t line = keymap_add(&frames->lines, key_of(function, low));
	if (line == KEYMAP_FULL)
		return UINT32_MAX;
	if (line < frames->of_line.n)
		return frames->of_line.data[line];
	uint32_t *number = vec_add(&frames->of_line);
	struct snap_trace_frame *frame = number ? vec_add(&frames->snapshot->trace_frames) : NULL;
	if (!frame)
		return UINT32_MAX;
	*frame = wanted;
	*number = (uint32_t)(frames->snapshot->trace_frames.n - 1);
	return *number;
}

static void frames_deinit(struct frames *frames)
{
	keymap_deinit(&frames->names);
	keymap_deinit(&frames->functions);
	keymap_deinit(&frames->lines);
	keymap_deinit(&frames->instructions);
	vec_deinit(&frames->of_line);
	vec_deinit(&frames->of_instruction);
}

/* Finds those that earlier traces of the snapshot left. */
static struct error *frames_init(
	struct frames *frames, struct snapshot *snapshot, const struct trace_sections *table)
{
	struct snapshot found = *snapshot;
	*frames = (struct frames){.snapshot = snapshot, .table = table};
	snapshot->trace_frames.data = NULL;
	snapshot->trace_frames.n = snapshot->trace_frames.capacity = 0;
	bool ok = true;
	vec_foreach (&found.trace_frames, frame)
		ok = ok && frame_add(frames, *frame) != UINT32_MAX;
	vec_deinit(&found.trace_frames);
	frames->lost = frame_add(frames, (struct snap_trace_frame){.kind = TRACE_FRAME_LOST});
	frames->native = frame_add(frames, (struct snap_trace_frame){.kind = TRACE_FRAME_NATIVE});
	frames->overflow =
		frame_add(frames, (struct snap_trace_frame){.kind = TRACE_FRAME_OVERFLOW});
	ok = ok && frames->lost != UINT32_MAX && frames->native != UINT32_MAX &&
	     frames->overflow != UINT32_MAX;
	if (ok)
		return NULL;
	frames_deinit(frames);
	return &error_no_memory;
}

static struct error *add_string(struct frames *frames, uint32_t at, str_id *ret)
{
	uint32_t n = 0;
	const char *text = text_at(frames->table, at, &n);
	return strpool_add(
		&frames->snapshot->strings, text ? text : "", text ? strnlen(text, n) : 0, ret);
}

static struct error *frame_of_code(
	struct frames *frames, const struct trace_node *node, uint32_t *ret)
{
	const struct trace_code code = frames->table->codes[node->code];
	struct snap_trace_frame frame = {
		.kind = TRACE_FRAME_LINE,
		.line = line_of(frames->table, &code, node->instruction),
		.first_line = code.first_line,
	};
	struct error *error = add_string(frames, code.file, &frame.file);
	if (!error)
		error = add_string(frames, code.name, &frame.function);
	if (!error)
		*ret = frame_add(frames, frame);
	return error;
}

static struct error *frame_of_thread(struct frames *frames, uint32_t name, uint32_t *ret)
{
	struct snap_trace_frame frame = {.kind = TRACE_FRAME_THREAD};
	struct error *error = add_string(frames, name, &frame.function);
	if (error)
		return error;
	*ret = frame_add(frames, frame);
	return *ret == UINT32_MAX ? &error_no_memory : NULL;
}

static struct error *frame_of_node(
	struct frames *frames, const struct trace_node *node, uint32_t *ret)
{
	if (node->thread)
		return frame_of_thread(frames, node->thread, ret);
	if (!node->code || node->code >= frames->table->n_codes) {
		*ret = frames->lost;
		return NULL;
	}
	uint32_t known = keymap_add(&frames->instructions, key_of(node->code, node->instruction));
	if (known == KEYMAP_FULL)
		return &error_no_memory;
	if (known < frames->of_instruction.n) {
		*ret = frames->of_instruction.data[known];
		return NULL;
	}
	struct error *error = frame_of_code(frames, node, ret);
	uint32_t *number = vec_add(&frames->of_instruction);
	if (!error && (!number || *ret == UINT32_MAX))
		error = &error_no_memory;
	if (!error)
		*number = *ret;
	return error;
}

/* ---- nodes ---- */

/* How long the blocks of a stack were alive; not known when some are older than the process. */
static void add_life(
	const struct trace_history *history, uint32_t number, struct snap_trace_node *row)
{
	bool is_known =
		history && history->n_looks >= HISTORY_LOOKS_MIN && number < history->lives.n;
	row->timed_count = is_known ? row->allocation_count : 0;
	row->alive_us = is_known ? history->lives.data[number].alive_us : 0;
}

static struct error *record_node(struct frames *frames, const struct trace_header *header,
	const struct trace_history *history, uint32_t number)
{
	const struct trace_counters counters = frames->table->counters[number];
	const struct trace_node node = frames->table->nodes[number];
	uint32_t frame = number == TRACE_NODE_UNTRACED ? frames->lost
			 : number == TRACE_NODE_NATIVE ? frames->native
						       : frames->overflow;
	struct error *error = NULL;
	if (number >= TRACE_NODE_FIRST)
		error = frame_of_node(frames, &node, &frame);
	struct snap_trace_node *row = error ? NULL : vec_add(&frames->snapshot->trace_nodes);
	if (!row)
		return error ? error : &error_no_memory;
	*row = (struct snap_trace_node){
		.parent = number >= TRACE_NODE_FIRST && node.parent < number ? node.parent : 0,
		.frame = frame,
		.allocated_bytes = counters.allocated_bytes,
		.allocation_count = counters.allocation_count,
		.live_bytes = trace_live_bytes(&counters),
		.live_count = trace_live_count(&counters),
		.peak_bytes = trace_part_of_peak(header, &counters),
		.temporary_count = counters.temporary_count,
	};
	add_life(counters.inherited_count ? NULL : history, number, row);
	return NULL;
}

/* ---- the history ---- */

/* A place that was followed, and the frame that it is. */
struct level {
	uint32_t frame;
	const struct history_place *place;
};

static int compare_levels(const void *a, const void *b)
{
	const struct level *left = a, *right = b;
	return (left->frame > right->frame) - (left->frame < right->frame);
}

static struct error *add_level(
	struct snapshot *snapshot, uint32_t moment, uint32_t frame, uint64_t live_bytes)
{
	struct snap_trace_level *last =
		snapshot->trace_levels.n
			? &snapshot->trace_levels.data[snapshot->trace_levels.n - 1]
			: NULL;
	if (last && last->moment == moment && last->frame == frame) {
		last->live_bytes += live_bytes;
		return NULL;
	}
	struct snap_trace_level *added = vec_add(&snapshot->trace_levels);
	if (!added)
		return &error_no_memory;
	*added = (struct snap_trace_level){moment, frame, live_bytes};
	return NULL;
}

static struct error *record_samples(struct snapshot *snapshot, uint32_t trace,
	const struct trace_history *history, const struct level *levels)
{
	for (size_t sample = 0; sample < history->n_samples; sample++) {
		uint32_t moment = (uint32_t)snapshot->trace_moments.n;
		struct snap_trace_moment *row = vec_add(&snapshot->trace_moments);
		if (!row)
			return &error_no_memory;
		*row = (struct snap_trace_moment){
			trace, history->time_ns[sample], history->live_bytes[sample]};
		for (size_t i = 0; i < history->n_places; i++) {
			uint64_t live_bytes = levels[i].place->live_bytes[sample];
			struct error *error = live_bytes ? add_level(snapshot, moment,
								   levels[i].frame, live_bytes)
							 : NULL;
			if (error)
				return error;
		}
	}
	return NULL;
}

/* Several instructions of a line are one frame. */
static struct error *record_history(struct snapshot *snapshot, uint32_t trace,
	const struct snap_trace *about, const struct trace_history *history)
{
	struct level *levels = calloc(HISTORY_PLACES, sizeof(*levels));
	if (!levels)
		return &error_no_memory;
	for (size_t i = 0; i < history->n_places; i++) {
		uint64_t node = MIN(history->places[i].node, about->n_nodes - 1);
		levels[i].frame = snapshot->trace_nodes.data[about->first_node + node].frame;
		levels[i].place = &history->places[i];
	}
	qsort(levels, history->n_places, sizeof(*levels), compare_levels);
	struct error *error = record_samples(snapshot, trace, history, levels);
	free(levels);
	return error;
}

/* ---- the trace ---- */

static struct error *add_version(struct snapshot *snapshot, uint32_t version, str_id *ret)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%u.%u.%u", version >> 24, version >> 16 & 0xff,
		version >> 8 & 0xff);
	return strpool_add(&snapshot->strings, text, (size_t)n, ret);
}

/* Of the interpreter, its options, and the script or the module: "python3 -O app.py". */
static size_t name_bytes(const char *command)
{
	size_t n = strcspn(command, " ");
	while (command[n]) {
		const char *word = command + n + 1;
		size_t n_word = strcspn(word, " ");
		n += 1 + n_word;
		if (*word != '-' || (n_word == 2 && word[1] == 'c'))
			return n;
		if (n_word == 2 && word[1] == 'm')
			return command[n] ? n + 1 + strcspn(command + n + 1, " ") : n;
	}
	return n;
}

static struct error *add_command(
	struct snapshot *snapshot, const struct trace_header *header, bool is_whole, str_id *ret)
{
	char command[sizeof(header->command) + 1] = {0};
	memcpy(command, header->command, sizeof(header->command));
	return strpool_add(
		&snapshot->strings, command, is_whole ? strlen(command) : name_bytes(command), ret);
}

static struct error *fill_trace(struct snapshot *snapshot, const struct trace_header *header,
	const struct trace_about *about, struct snap_trace *ret)
{
	*ret = (struct snap_trace){
		.pid = header->pid,
		.parent_pid = header->parent_pid,
		.began_unix_ns = about->began_unix_ns,
		.ended_unix_ns = about->ended_unix_ns,
		.first_node = snapshot->trace_nodes.n,
		.uncounted_count = header->uncounted_count,
		.uncounted_bytes = header->uncounted_bytes,
		.n_cut_stacks = header->n_cut_stacks,
		.exit_status = (uint32_t)about->exit_status,
		.exit_signal = (uint32_t)about->exit_signal,
		.flags = about->killed_for_memory ? TRACE_KILLED_FOR_MEMORY : 0,
		.failed_frame = UINT32_MAX,
		.failed_bytes = header->failed_bytes,
	};
	struct error *error = add_version(snapshot, header->version, &ret->python_version);
	if (!error)
		error = add_command(snapshot, header, about->has_arguments, &ret->command);
	return error;
}

static bool is_alone(const struct snapshot *snapshot)
{
	return !snapshot->n_objects && !strcmp(snapshot_string(snapshot, snapshot->method), METHOD);
}

const char *trace_program(const char *command, size_t *n_ret)
{
	const char *at = command + strcspn(command, " ");
	while (*at && at[1] == '-' && at[2] != 'm' && at[2] != 'c')
		at += 1 + strcspn(at + 1, " ");
	at += *at == ' ';
	size_t n = strcspn(at, " ");
	if (!strncmp(at, "-m ", 3))
		n = 3 + strcspn(at + 3, " ");
	const char *slash = *at == '-' ? NULL : memrchr(at, '/', n);
	if (slash)
		n -= (size_t)(slash + 1 - at);
	*n_ret = n;
	return slash ? slash + 1 : at;
}

/* The snapshot of a trace alone is one of its first process. */
static struct error *identify(struct snapshot *snapshot, const struct snap_trace *trace)
{
	size_t n;
	char command[sizeof(((struct trace_header *)0)->command) + 1];
	snprintf(command, sizeof(command), "%s", snapshot_string(snapshot, trace->command));
	const char *name = trace_program(command, &n);
	snapshot->pid = trace->pid;
	snapshot->python_version = trace->python_version;
	return strpool_add(&snapshot->strings, name, n, &snapshot->program);
}

struct error *trace_record(struct snapshot *snapshot, const struct trace_sections *sections,
	const struct trace_about *about)
{
	struct frames frames;
	struct snap_trace trace;
	const struct trace_header header = *sections->header;
	struct error *error = fill_trace(snapshot, &header, about, &trace);
	if (!error && is_alone(snapshot) && !snapshot->traces.n)
		error = identify(snapshot, &trace);
	if (!error)
		error = frames_init(&frames, snapshot, sections);
	if (error)
		return error;
	for (uint32_t i = 0; !error && i < sections->n_nodes; i++)
		error = record_node(&frames, &header, about->history, i);
	frames_deinit(&frames);
	trace.n_nodes = snapshot->trace_nodes.n - trace.first_node;
	if (header.failed_node && header.failed_node < trace.n_nodes)
		trace.failed_frame =
			snapshot->trace_nodes.data[trace.first_node + header.failed_node].frame;
	struct snap_trace *added = error ? NULL : vec_add(&snapshot->traces);
	if (!added) {
		snapshot->trace_nodes.n = trace.first_node;
		return error ? error : &error_no_memory;
	}
	*added = trace;
	bool has_history = about->history && about->history->n_samples && trace.n_nodes;
	return has_history ? record_history(snapshot, (uint32_t)snapshot->traces.n - 1, &trace,
				     about->history)
			   : NULL;
}

/* ---- what else is to be told ---- */

struct error *trace_warn(struct snapshot *snapshot, const char *id, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	struct snap_warning warning;
	struct error *error = strpool_add(&snapshot->strings, id, strlen(id), &warning.id);
	if (!error)
		error = strpool_add(&snapshot->strings, text, strlen(text), &warning.text);
	struct snap_warning *added = error ? NULL : vec_add(&snapshot->warnings);
	if (!added)
		return error ? error : &error_no_memory;
	*added = warning;
	return NULL;
}

#define DROPPED_COUNT "trace.dropped_count"

static const struct {
	const char *name;
	size_t offset;
} dropped_figures[] = {
	{"trace.dropped_live_bytes", offsetof(struct trace_totals, live_bytes)},
	{"trace.dropped_live_count", offsetof(struct trace_totals, live_count)},
	{"trace.dropped_allocated_bytes", offsetof(struct trace_totals, allocated_bytes)},
	{"trace.dropped_allocation_count", offsetof(struct trace_totals, allocation_count)},
	{"trace.dropped_peak_bytes", offsetof(struct trace_totals, peak_bytes)},
	{"trace.dropped_temporary_count", offsetof(struct trace_totals, temporary_count)},
};

static struct error *add_figure(struct snapshot *snapshot, const char *name, uint64_t value)
{
	str_id id;
	struct error *error = strpool_add(&snapshot->strings, name, strlen(name), &id);
	struct snap_figure *figure = error ? NULL : vec_add(&snapshot->figures);
	if (!figure)
		return error ? error : &error_no_memory;
	*figure = (struct snap_figure){id, value};
	return NULL;
}

struct error *trace_record_dropped(
	struct snapshot *snapshot, uint32_t n, const struct trace_totals *totals)
{
	struct error *error = n ? add_figure(snapshot, DROPPED_COUNT, n) : NULL;
	for (size_t i = 0; n && !error && i < ARRAY_SIZE(dropped_figures); i++)
		error = add_figure(snapshot, dropped_figures[i].name,
			*(const uint64_t *)((const char *)totals + dropped_figures[i].offset));
	return error;
}

struct trace_totals trace_dropped(const struct snapshot *snapshot, uint64_t *n_ret)
{
	struct trace_totals totals = {0};
	uint64_t n = snapshot_figure(snapshot, DROPPED_COUNT);
	*n_ret = n == UINT64_MAX ? 0 : n;
	for (size_t i = 0; i < ARRAY_SIZE(dropped_figures); i++) {
		uint64_t value = snapshot_figure(snapshot, dropped_figures[i].name);
		if (value != UINT64_MAX)
			*(uint64_t *)((char *)&totals + dropped_figures[i].offset) = value;
	}
	return totals;
}

/* ---- a snapshot of traces ---- */

static struct error *set_string(struct snapshot *snapshot, const char *text, str_id *ret)
{
	return strpool_add(&snapshot->strings, text, strlen(text), ret);
}

struct error *trace_snapshot_create(struct snapshot **ret)
{
	struct snapshot *snapshot;
	struct utsname machine;
	struct timespec now;
	struct error *error = snapshot_create(&snapshot);
	if (error)
		return error;
	clock_gettime(CLOCK_REALTIME, &now);
	snapshot->captured_unix_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	snapshot->rss_bytes = snapshot->pss_bytes = snapshot->uss_bytes = UINT64_MAX;
	snapshot->cgroup_limit_bytes = snapshot->cgroup_used_bytes = UINT64_MAX;
	snapshot->thread_count = snapshot->started_unix_ns = snapshot->pause_ns = UINT64_MAX;
	snapshot->complete = snapshot->redacted = 1;
	snapshot->edge_start = snapshot_alloc(1, sizeof(*snapshot->edge_start));
	error = snapshot->edge_start ? set_string(snapshot, METHOD, &snapshot->method)
				     : &error_no_memory;
	if (!error)
		error = set_string(
			snapshot, uname(&machine) ? "" : machine.machine, &snapshot->arch);
	if (error)
		snapshot_destroy(snapshot);
	else
		*ret = snapshot;
	return error;
}

bool trace_is_alone(const struct snapshot *snapshot)
{
	return snapshot->traces.n && is_alone(snapshot);
}
