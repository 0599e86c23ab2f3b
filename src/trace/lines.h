/*
 * The table of `whymem lines` (trace/lines_table.h): made with what is to be
 * watched, read when the program has ended. What it says is not trusted.
 */
#ifndef WHYMEM_LINES_H
#define WHYMEM_LINES_H

#include "base/error.h"
#include "base/vec.h"
#include "trace/lines_table.h"

struct lines {
	int fd; /* inherited by the target */
	char *memory;
};

struct error *lines_create(struct lines *ret);
void lines_close(struct lines *lines);

/* The last byte of its texts is zero. */
const struct lines_header *lines_header(const struct lines *lines);

/* Adds to what is to be watched; false when there are too many choices. */
bool lines_choose(struct lines *lines, const struct lines_choice *choice);

struct lines_report_function {
	char *file, *name;
	uint32_t flags; /* enum lines_flag */
	uint32_t first_line, n_lines;
	const struct lines_line *lines; /* in the table */
	uint64_t call_count;
};

/* Functions in the order of files and lines. */
struct lines_report {
	VEC(struct lines_report_function) functions;
};

struct error *lines_report_read(const struct lines *lines, struct lines_report *ret);
void lines_report_deinit(struct lines_report *report);

/* Calls of watched functions, the oldest first: at most LINES_SPANS of the last ones. */
struct lines_call {
	struct lines_span span;
	uint32_t function; /* among all that the table has */
};

struct lines_calls {
	VEC(struct lines_call) calls;
	uint64_t n_dropped; /* older ones that found no place */
};

struct error *lines_calls_read(const struct lines *lines, struct lines_calls *ret);
void lines_calls_deinit(struct lines_calls *calls);

/* The name of a function of `struct lines_call`, a copy; NULL without memory. */
char *lines_function_name(const struct lines *lines, uint32_t function);

#endif
