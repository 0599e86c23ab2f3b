/*
 * Nodes become sites: the line of the innermost frame, decoded here and not in
 * the process.
 */
#include "base/locations.h"
#include "trace/trace.h"

struct reader {
	const char *memory;
	struct trace_header header;
	uint32_t n_nodes, n_codes, n_text_bytes;
};

static struct reader begin(const struct trace *trace)
{
	const struct trace_header *header = trace_header(trace);
	return (struct reader){
		.memory = trace->memory,
		.header = *header,
		.n_nodes = MIN(header->n_nodes, TRACE_NODES),
		.n_codes = MIN(header->n_codes, TRACE_CODES),
		.n_text_bytes = MIN(header->n_text_bytes, TRACE_TEXT_BYTES),
	};
}

/* The text at `at`; NULL when there is none. */
static const char *text_at(const struct reader *reader, uint32_t at, uint32_t *n_ret)
{
	uint32_t n;
	if (at < 4 || reader->n_text_bytes < 8 || at > reader->n_text_bytes - 4)
		return NULL;
	memcpy(&n, reader->memory + TRACE_TEXT_AT + at, 4);
	if (n > reader->n_text_bytes - 4 - at)
		return NULL;
	*n_ret = n;
	return reader->memory + TRACE_TEXT_AT + at + 4;
}

static char *text_copy(const struct reader *reader, uint32_t at)
{
	uint32_t n;
	const char *text = text_at(reader, at, &n);
	return text ? strndup(text, n) : NULL;
}

static uint32_t line_of(
	const struct reader *reader, const struct trace_code *code, uint32_t instruction)
{
	uint32_t n;
	const char *lines = text_at(reader, code->lines, &n);
	unsigned minor = reader->header.version >> 16 & 0xff;
	return lines ? locations_line_of(
			       minor, (const uint8_t *)lines, n, code->first_line, instruction)
		     : 0;
}

static struct trace_site site_of(const struct reader *reader, uint32_t node)
{
	const struct trace_counters *counters =
		(const struct trace_counters *)(reader->memory + TRACE_COUNTERS_AT) + node;
	const struct trace_node *frame =
		(const struct trace_node *)(reader->memory + TRACE_NODES_AT) + node;
	struct trace_site site = {
		.totals =
			{
				.allocated_bytes = counters->allocated_bytes,
				.allocation_count = counters->allocation_count,
				.live_bytes = trace_live_bytes(counters),
				.live_count = trace_live_count(counters),
				.peak_bytes = trace_part_of_peak(&reader->header, counters),
				.temporary_count = counters->temporary_count,
			},
	};
	if (node >= TRACE_NODE_FIRST && frame->code && frame->code < reader->n_codes) {
		const struct trace_code *code =
			(const struct trace_code *)(reader->memory + TRACE_CODES_AT) + frame->code;
		site.code_file = code->file;
		site.code_name = code->name;
		site.line = line_of(reader, code, frame->instruction);
	}
	return site;
}

void trace_totals_add(struct trace_totals *to, const struct trace_totals *from)
{
	to->allocated_bytes += from->allocated_bytes;
	to->allocation_count += from->allocation_count;
	to->live_bytes += from->live_bytes;
	to->live_count += from->live_count;
	to->peak_bytes += from->peak_bytes;
	to->temporary_count += from->temporary_count;
}

static int compare_places(const void *a, const void *b)
{
	const struct trace_site *left = a, *right = b;
	if (left->code_file != right->code_file)
		return left->code_file < right->code_file ? -1 : 1;
	if (left->code_name != right->code_name)
		return left->code_name < right->code_name ? -1 : 1;
	return (left->line > right->line) - (left->line < right->line);
}

static int compare_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_ranks(const void *a, const void *b)
{
	const struct trace_site *left = a, *right = b;
	if (left->totals.peak_bytes != right->totals.peak_bytes)
		return left->totals.peak_bytes > right->totals.peak_bytes ? -1 : 1;
	if (left->totals.allocated_bytes != right->totals.allocated_bytes)
		return left->totals.allocated_bytes > right->totals.allocated_bytes ? -1 : 1;
	int order = compare_texts(left->file, right->file);
	if (!order)
		order = (left->line > right->line) - (left->line < right->line);
	return order ? order : compare_texts(left->function, right->function);
}

static struct error *read_nodes(const struct reader *reader, struct trace_report *report)
{
	for (uint32_t node = TRACE_NODE_NATIVE; node < reader->n_nodes; node++) {
		struct trace_site site = site_of(reader, node);
		if (!site.totals.allocation_count && !site.totals.live_count &&
			!site.totals.peak_bytes)
			continue;
		trace_totals_add(&report->totals, &site.totals);
		if (node != TRACE_NODE_NATIVE && !site.code_file) {
			trace_totals_add(&report->overflow, &site.totals);
			continue;
		}
		struct trace_site *added = vec_add(&report->sites);
		if (!added)
			return &error_no_memory;
		*added = site;
	}
	return NULL;
}

/* Nodes of one line become one site. */
static void merge(struct trace_report *report)
{
	struct trace_site *sites = report->sites.data;
	size_t n = 0;
	if (!report->sites.n)
		return;
	qsort(sites, report->sites.n, sizeof(*sites), compare_places);
	for (size_t i = 1; i < report->sites.n; i++) {
		if (compare_places(&sites[n], &sites[i]) == 0)
			trace_totals_add(&sites[n].totals, &sites[i].totals);
		else
			sites[++n] = sites[i];
	}
	report->sites.n = n + 1;
}

struct error *trace_report_read(const struct trace *trace, struct trace_report *ret)
{
	struct reader reader = begin(trace);
	struct trace_report report = {0};
	struct error *error = read_nodes(&reader, &report);
	if (error) {
		trace_report_deinit(&report);
		return error;
	}
	merge(&report);
	vec_foreach (&report.sites, site) {
		site->file = text_copy(&reader, site->code_file);
		site->function = text_copy(&reader, site->code_name);
	}
	if (report.sites.n)
		qsort(report.sites.data, report.sites.n, sizeof(*report.sites.data), compare_ranks);
	*ret = report;
	return NULL;
}

struct trace_site trace_site_read(const struct trace *trace, uint32_t node)
{
	struct reader reader = begin(trace);
	struct trace_site site = {0};
	if (node < reader.n_nodes)
		site = site_of(&reader, node);
	site.totals = (struct trace_totals){0};
	site.file = text_copy(&reader, site.code_file);
	site.function = text_copy(&reader, site.code_name);
	return site;
}

void trace_report_deinit(struct trace_report *report)
{
	vec_foreach (&report->sites, site) {
		free(site->file);
		free(site->function);
	}
	vec_deinit(&report->sites);
}
