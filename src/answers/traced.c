#include "answers/traced.h"

static void fill_counts(struct row *row, const struct trace_totals *totals)
{
	row_set_int(row, "live_bytes", (int64_t)totals->live_bytes);
	row_set_int(row, "live_count", (int64_t)totals->live_count);
	row_set_int(row, "allocated_bytes", (int64_t)totals->allocated_bytes);
	row_set_int(row, "allocation_count", (int64_t)totals->allocation_count);
	row_set_int(row, "peak_bytes", (int64_t)totals->peak_bytes);
	row_set_int(row, "temporary_count", (int64_t)totals->temporary_count);
}

static void fill_site(struct row *row, const struct trace_site *site)
{
	row_set_text(row, "file", site->file);
	if (site->line)
		row_set_int(row, "line", site->line);
	else
		row_set_null(row, "line");
	row_set_text(row, "function", site->function);
	row_set_null(row, "thread");
	fill_counts(row, &site->totals);
}

void answer_traced(const struct trace_report *report, uint32_t top, struct row *root)
{
	struct trace_totals rest = report->totals;
	size_t n = top ? MIN(report->sites.n, (size_t)top) : report->sites.n;
	fill_counts(row_add_row(root, "totals"), &report->totals);
	struct table *table = row_add_table(root, "sites");
	for (size_t i = 0; i < n; i++) {
		const struct trace_totals *shown = &report->sites.data[i].totals;
		fill_site(table_add(table), &report->sites.data[i]);
		rest.live_bytes -= shown->live_bytes;
		rest.live_count -= shown->live_count;
		rest.allocated_bytes -= shown->allocated_bytes;
		rest.allocation_count -= shown->allocation_count;
		rest.peak_bytes -= shown->peak_bytes;
		rest.temporary_count -= shown->temporary_count;
	}
	struct row *row = row_add_row(root, "rest");
	row_set_int(row, "row_count", (int64_t)(report->sites.n - n));
	fill_counts(row, &rest);
}

static struct row *warn(struct table *warnings, const char *id)
{
	struct row *row = table_add(warnings);
	row_set_text(row, "id", id);
	return row;
}

void traced_warn(const struct trace_report *report, const struct trace_header *header,
	struct table *warnings)
{
	if (report->overflow.allocation_count)
		row_set_format(warn(warnings, "table_full"), "text",
			"the table of stacks is full: %llu allocations of %llu bytes came from "
			"lines that it has no place for; they are in the totals and in the rest",
			(unsigned long long)report->overflow.allocation_count,
			(unsigned long long)report->overflow.allocated_bytes);
	if (header->n_cut_stacks)
		row_set_format(warn(warnings, "deep_stacks"), "text",
			"%u stacks were deeper than %u frames: only the innermost are known",
			header->n_cut_stacks, TRACE_DEPTH_MAX);
	if (header->uncounted_count)
		row_set_format(warn(warnings, "uncounted"), "text",
			"%llu allocations of %llu bytes could not be counted",
			(unsigned long long)header->uncounted_count,
			(unsigned long long)header->uncounted_bytes);
}
