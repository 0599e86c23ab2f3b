/*
 * The table of a traced process becomes rows of a snapshot: stacks with what
 * they allocated, and the frames that they consist of, as lines. The rows are
 * all that reports, exports, comparisons and files know of a trace.
 *
 *	trace_snapshot_create(&snapshot)             one that holds traces alone
 *	trace_record(snapshot, &sections, &about)    once for each process
 *	snapshot_write(snapshot, path)
 *
 * Row i of a trace is node i of its table: what refers to nodes (the tags of
 * blocks) refers to rows as well. What the table says is not trusted: the
 * process could write anything into it, and may be writing now.
 */
#ifndef WHYMEM_RECORD_H
#define WHYMEM_RECORD_H

#include "snap/snapshot.h"
#include "trace/history.h"
#include "trace/trace.h"

/* The parts of a table, as long as they are there: all is read within these bounds. */
struct trace_sections {
	const struct trace_header *header;
	const struct trace_counters *counters;
	const struct trace_node *nodes;
	const struct trace_code *codes;
	const char *texts;
	uint32_t n_nodes, n_codes, n_text_bytes;
};

/* Of a whole table at `memory`. */
struct trace_sections trace_sections_of(const char *memory);

/* What the table does not tell. */
struct trace_about {
	uint64_t began_unix_ns;       /* 0: not known */
	uint64_t ended_unix_ns;       /* 0: it runs */
	int exit_status, exit_signal; /* -1: none, or not known */
	bool killed_for_memory;
	const struct trace_history *history; /* NULL: none */
	bool has_arguments;                  /* the words behind the program's name are kept, too */
};

/* Adds the trace. */
struct error *trace_record(struct snapshot *snapshot, const struct trace_sections *sections,
	const struct trace_about *about);

/* Something that the reader of the snapshot should know; `id` is a literal. */
struct error *trace_warn(struct snapshot *snapshot, const char *id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What processes had that are no traces of the snapshot: of how many, and all together. */
struct error *trace_record_dropped(
	struct snapshot *snapshot, uint32_t n, const struct trace_totals *totals);
struct trace_totals trace_dropped(const struct snapshot *snapshot, uint64_t *n_ret);

/* "app.py" of "/usr/bin/python3 -O /srv/app.py --port 80": `n_ret` bytes; borrowed. */
const char *trace_program(const char *command, size_t *n_ret);

/* A snapshot without objects, whose method is "traced". */
struct error *trace_snapshot_create(struct snapshot **ret);

/* Does the snapshot hold traces alone, no objects? */
bool trace_is_alone(const struct snapshot *snapshot);

#endif
