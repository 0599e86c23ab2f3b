/*
 * Of a traced program: its children, what was not traced, and the allocation
 * that failed.
 */
#include "answers/traced.h"

#include <stdlib.h>

static struct row *warn(struct table *warnings, const char *id)
{
	struct row *row = table_add(warnings);
	row_set_text(row, "id", id);
	return row;
}

void traced_warn_allocator(const struct trace *trace, struct table *warnings)
{
	char *text = trace_other_allocator(trace);
	if (text)
		row_set_text(warn(warnings, "other_allocator"), "text", text);
	free(text);
}

void traced_warn_untraced(int pid, const char *reason, struct table *warnings)
{
	row_set_format(warn(warnings, "untraced_child"), "text",
		"process %d is a Python that was not traced: %s", pid, reason);
}

void traced_warn_lost(uint32_t n_untraced, uint32_t n_tables, struct table *warnings)
{
	if (n_untraced)
		row_set_format(warn(warnings, "untraced_children"), "text",
			"%u more Python processes were not traced", n_untraced);
	if (n_tables)
		row_set_format(warn(warnings, "many_children"), "text",
			"%u processes are not in the report: too many ran at the same time",
			n_tables);
}

void traced_fill_process(const struct trace_header *header, int pid, struct row *row)
{
	row_set_int(row, "pid", pid);
	row_set_int(row, "parent_pid", header->parent_pid);
	row_set_format(row, "command", "%.*s", (int)sizeof(header->command), header->command);
	row_set_format(row, "python", "%u.%u.%u", header->version >> 24,
		header->version >> 16 & 0xff, header->version >> 8 & 0xff);
}

void traced_fill_dropped(uint32_t n, const struct trace_totals *totals, struct row *root)
{
	struct row *row = row_add_row(root, "dropped_children");
	row_set_int(row, "row_count", n);
	row_set_int(row, "live_bytes", (int64_t)totals->live_bytes);
	row_set_int(row, "live_count", (int64_t)totals->live_count);
	row_set_int(row, "allocated_bytes", (int64_t)totals->allocated_bytes);
	row_set_int(row, "allocation_count", (int64_t)totals->allocation_count);
	row_set_int(row, "peak_bytes", (int64_t)totals->peak_bytes);
	row_set_int(row, "temporary_count", (int64_t)totals->temporary_count);
}

void answer_memory_error(const struct trace *trace, struct row *row)
{
	const struct trace_header *header = trace_header(trace);
	if (!header->failed_node) {
		row_set_null(row, "memory_error");
		return;
	}
	struct trace_site site = trace_site_read(trace, header->failed_node);
	struct row *failure = row_add_row(row, "memory_error");
	row_set_u64(failure, "requested_bytes", header->failed_bytes);
	row_set_text(failure, "file", site.file);
	if (site.line)
		row_set_int(failure, "line", site.line);
	else
		row_set_null(failure, "line");
	row_set_text(failure, "function", site.function);
	free(site.file);
	free(site.function);
}
