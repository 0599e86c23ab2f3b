#include "answers/lines.h"

#include "base/source_text.h"

static void fill_counters(struct row *row, const struct lines_line *line)
{
	static const char *const names[] = {"mem_bytes", "increment_bytes", "occurrence_count",
		"allocated_bytes", "peak_bytes", "resident_bytes"};
	if (!line->has_code) {
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			row_set_null(row, names[i]);
		return;
	}
	bool has_run = line->occurrence_count != 0;
	row_set_u64(row, "mem_bytes", has_run ? line->mem_bytes : UINT64_MAX);
	row_set_int(row, "increment_bytes", line->increment_bytes);
	row_set_int(row, "occurrence_count", (int64_t)line->occurrence_count);
	row_set_int(row, "allocated_bytes", (int64_t)line->allocated_bytes);
	row_set_int(row, "peak_bytes", (int64_t)line->peak_bytes);
	row_set_u64(
		row, "resident_bytes", line->resident_bytes ? line->resident_bytes : UINT64_MAX);
}

/* Between the statements of a module stand its functions: only its own lines are shown. */
static bool is_shown(const struct lines_report_function *function, const struct lines_line *line)
{
	return !(function->flags & LINES_TOPLEVEL) || line->has_code;
}

static void fill_function(const struct lines_report_function *function,
	const struct source_text *source, struct row *row)
{
	row_set_text(row, "file", function->file);
	row_set_text(row, "function", function->name);
	row_set_int(row, "call_count", (int64_t)function->call_count);
	struct table *rows = row_add_table(row, "rows");
	for (uint32_t i = 0; i < function->n_lines; i++) {
		struct lines_line line = function->lines[i];
		int64_t number = (int64_t)function->first_line + i;
		if (!is_shown(function, &line))
			continue;
		struct row *added = table_add(rows);
		row_set_int(added, "line", number);
		row_set_text(added, "source", source_text_line(source, (uint64_t)number));
		fill_counters(added, &line);
	}
}

/* A function that a whole file or module brought in, and that did not run, says nothing. */
static bool has_run(const struct lines_report_function *function)
{
	return function->call_count || function->flags & LINES_NAMED;
}

void answer_lines(const struct lines_report *report, const char *command, struct row *root)
{
	struct source_text source = {0};
	const char *file = NULL;
	struct table *functions = row_add_table(root, "functions");
	vec_foreach (&report->functions, function) {
		if (!has_run(function))
			continue;
		if (!file || strcmp(file, function->file) != 0) {
			source_text_deinit(&source);
			file = function->file;
			if (command && !strcmp(file, "<string>"))
				source_text_copy(command, &source);
			else
				source_text_read(file, &source);
		}
		fill_function(function, &source, table_add(functions));
	}
	source_text_deinit(&source);
}

static struct row *warn(struct table *warnings, const char *id)
{
	struct row *row = table_add(warnings);
	row_set_text(row, "id", id);
	return row;
}

void lines_warn(const struct lines_header *header, struct table *warnings)
{
	if (*header->failure)
		row_set_format(warn(warnings, "not_watched"), "text",
			"lines could not be watched: %.*s", (int)sizeof(header->failure) - 1,
			header->failure);
	else if (!header->n_functions)
		row_set_text(warn(warnings, "nothing_chosen"), "text",
			"no function of the program was chosen: nothing is decorated with "
			"@profile, or no module that ran has the functions that were named");
	if (header->lost_events)
		row_set_text(warn(warnings, "trace_function"), "text",
			"the program set a trace function of its own (sys.settrace, a debugger, "
			"coverage): its threads were not watched from then on");
	if (header->n_lost_functions)
		row_set_format(warn(warnings, "table_full"), "text",
			"%u functions found no place in the table", header->n_lost_functions);
	if (header->n_deep_calls)
		row_set_format(warn(warnings, "deep_calls"), "text",
			"%llu calls were too deep to be watched",
			(unsigned long long)header->n_deep_calls);
}
