/*
 * A table for spreadsheets (RFC 4180): a row for each line, or whatever the rows
 * are. The last row is what found no place in the table of the tracer.
 */
#include "view/export.h"

#include "base/cleanup.h"
#include "view/utf8.h"

#include <errno.h>
#include <inttypes.h>

/*
 * Quoted always. A spreadsheet takes what begins with one of =+-@ for a formula:
 * a blank in front makes text of it.
 */
static void write_text(struct sink *sink, const char *text)
{
	_cleanup_free_ char *clean = utf8_clean(text);
	if (!clean)
		sink_fail(sink, ENOMEM);
	sink_puts(sink, clean && *clean && strchr("=+-@\t\r", *clean) ? "\" " : "\"");
	for (const char *at = clean; at && *at; at++)
		sink_printf(sink, *at == '"' ? "\"%c" : "%c", *at);
	sink_puts(sink, "\",");
}

static void write_counts(struct sink *sink, const struct trace_totals *totals)
{
	uint64_t lifetime_ns = trace_totals_lifetime(totals);
	sink_printf(sink,
		"%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",",
		totals->peak_bytes, totals->live_bytes, totals->live_count, totals->allocated_bytes,
		totals->allocation_count, totals->temporary_count);
	if (lifetime_ns != UINT64_MAX)
		sink_printf(sink, "%" PRIu64, lifetime_ns);
	sink_puts(sink, "\r\n");
}

static void write_row(struct sink *sink, const struct trace_tree *tree, const struct trace_row *row)
{
	const struct snapshot *snapshot = tree->snapshot;
	const struct snap_trace_frame *frame = trace_tree_frame(tree, row->node);
	enum trace_by by = tree->options.by;
	bool is_line = frame->kind == TRACE_FRAME_LINE && by != TRACE_BY_THREAD;
	bool is_one = row->thread != TRACE_THREAD_NONE && row->thread != TRACE_THREAD_SEVERAL;
	write_text(sink,
		is_line && by != TRACE_BY_MODULE ? snapshot_string(snapshot, frame->file) : "");
	if (is_line && by == TRACE_BY_LINE && frame->line)
		sink_printf(sink, "%u", frame->line);
	sink_puts(sink, ",");
	write_text(sink,
		is_line && by < TRACE_BY_MODULE ? snapshot_string(snapshot, frame->function) : "");
	write_text(sink, is_line ? trace_module(&tree->places,
					   (uint32_t)(frame - snapshot->trace_frames.data))
				 : "");
	write_text(sink, is_one ? snapshot_string(snapshot, row->thread) : "");
	write_counts(sink, &row->own);
}

struct error *export_csv(const struct trace_tree *tree, struct sink *sink)
{
	struct trace_rows rows;
	struct trace_totals rest = tree->nodes.data[0].whole;
	struct error *error = trace_rows_read(tree, &rows);
	if (error)
		return error;
	sink_puts(sink, "file,line,function,module,thread,peak_bytes,live_bytes,live_count,"
			"allocated_bytes,allocation_count,temporary_count,lifetime_ns\r\n");
	vec_foreach (&rows, row) {
		write_row(sink, tree, row);
		trace_totals_subtract(&rest, &row->own);
	}
	if (!trace_totals_is_empty(&rest)) {
		sink_puts(sink, "\"\",,\"\",\"\",\"\",");
		write_counts(sink, &rest);
	}
	trace_rows_deinit(&rows);
	return NULL;
}
