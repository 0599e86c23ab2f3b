#include "trace/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- the table ---- */

static struct error *make_file(int *ret)
{
	int fd = memfd_create("whymem lines", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && !ftruncate(fd, (off_t)LINES_FILE_BYTES) &&
		!fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		*ret = fd;
		return NULL;
	}
	int failure = errno;
	if (fd >= 0)
		close(fd);
	return error_create(ERROR_INTERNAL, failure, NULL, "cannot make the table of lines: %s",
		strerror(failure));
}

struct error *lines_create(struct lines *ret)
{
	int fd = -1;
	struct error *error = make_file(&fd);
	if (error)
		return error;
	void *memory = mmap(NULL, LINES_FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		close(fd);
		return &error_no_memory;
	}
	struct lines_header *header = memory;
	*header = (struct lines_header){.magic = LINES_MAGIC, .n_lines = 1, .n_text_bytes = 1};
	*ret = (struct lines){fd, memory};
	return NULL;
}

void lines_close(struct lines *lines)
{
	if (!lines->memory)
		return;
	munmap(lines->memory, LINES_FILE_BYTES);
	close(lines->fd);
	*lines = (struct lines){.fd = -1};
}

const struct lines_header *lines_header(const struct lines *lines)
{
	return (const struct lines_header *)lines->memory;
}

bool lines_choose(struct lines *lines, const struct lines_choice *choice)
{
	struct lines_header *header = (struct lines_header *)lines->memory;
	if (header->n_choices == LINES_CHOICES)
		return false;
	header->choices[header->n_choices++] = *choice;
	return true;
}

/* ---- functions ---- */

static char *text_copy(const struct lines *lines, uint32_t at)
{
	if (!at || at >= LINES_TEXT_BYTES)
		return strdup("?");
	return strndup(lines->memory + LINES_TEXT_AT + at, LINES_TEXT_BYTES - at);
}

/* Of default choices nothing is shown once the program decorated a function. */
static bool is_shown(const struct lines_function *function, const struct lines_header *header)
{
	return !header->n_decorated || !(function->flags & LINES_DEFAULT) ||
	       function->flags & LINES_DECORATED;
}

/* Has it lines of its own, after those of the functions before it? */
static bool is_whole(const struct lines_function *function, uint32_t n_lines)
{
	return function->first >= n_lines && function->first < LINES_LINES &&
	       function->n_lines <= LINES_LINES - function->first;
}

static struct error *add_function(struct lines_report *report, const struct lines *lines,
	const struct lines_function *function)
{
	struct lines_report_function *added = vec_add(&report->functions);
	if (!added)
		return &error_no_memory;
	*added = (struct lines_report_function){
		.file = text_copy(lines, function->file),
		.name = text_copy(lines, function->name),
		.flags = function->flags,
		.first_line = function->first_line,
		.n_lines = function->n_lines,
		.lines = (const struct lines_line *)(lines->memory + LINES_LINES_AT) +
			 function->first,
		.call_count = function->call_count,
	};
	return added->file && added->name ? NULL : &error_no_memory;
}

static int compare_functions(const void *a, const void *b)
{
	const struct lines_report_function *left = a, *right = b;
	int order = strcmp(left->file, right->file);
	if (!order)
		order = (left->first_line > right->first_line) -
			(left->first_line < right->first_line);
	return order ? order : strcmp(left->name, right->name);
}

struct error *lines_report_read(const struct lines *lines, struct lines_report *ret)
{
	const struct lines_header *header = lines_header(lines);
	const struct lines_function *functions =
		(const struct lines_function *)(lines->memory + LINES_FUNCTIONS_AT);
	struct lines_report report = {0};
	struct error *error = NULL;
	uint32_t n = MIN(header->n_functions, LINES_FUNCTIONS), n_lines = 0;
	for (uint32_t i = 0; !error && i < n; i++) {
		struct lines_function function = functions[i];
		if (!is_whole(&function, n_lines))
			continue;
		n_lines = function.first + function.n_lines;
		if (is_shown(&function, header))
			error = add_function(&report, lines, &function);
	}
	if (error) {
		lines_report_deinit(&report);
		return error;
	}
	if (report.functions.n)
		qsort(report.functions.data, report.functions.n, sizeof(*report.functions.data),
			compare_functions);
	*ret = report;
	return NULL;
}

void lines_report_deinit(struct lines_report *report)
{
	vec_foreach (&report->functions, function) {
		free(function->file);
		free(function->name);
	}
	vec_deinit(&report->functions);
}

/* ---- calls ---- */

struct error *lines_calls_read(const struct lines *lines, struct lines_calls *ret)
{
	const struct lines_span *spans =
		(const struct lines_span *)(lines->memory + LINES_SPANS_AT);
	const struct lines_function *functions =
		(const struct lines_function *)(lines->memory + LINES_FUNCTIONS_AT);
	const struct lines_header *header = lines_header(lines);
	uint64_t n = header->n_spans, first = n > LINES_SPANS ? n - LINES_SPANS : 0;
	struct lines_calls calls = {.n_dropped = first};
	for (uint64_t i = first; i < n; i++) {
		struct lines_span span = spans[i % LINES_SPANS];
		if (!span.function || span.function > LINES_FUNCTIONS ||
			!is_shown(&functions[span.function - 1], header))
			continue;
		struct lines_call *added = vec_add(&calls.calls);
		if (!added) {
			lines_calls_deinit(&calls);
			return &error_no_memory;
		}
		*added = (struct lines_call){span, span.function - 1};
	}
	*ret = calls;
	return NULL;
}

void lines_calls_deinit(struct lines_calls *calls)
{
	vec_deinit(&calls->calls);
}

char *lines_function_name(const struct lines *lines, uint32_t function)
{
	const struct lines_function *functions =
		(const struct lines_function *)(lines->memory + LINES_FUNCTIONS_AT);
	return text_copy(lines, function < LINES_FUNCTIONS ? functions[function].name : 0);
}
