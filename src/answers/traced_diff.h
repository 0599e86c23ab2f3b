/*
 * What two traces differ in, line by line or function by function: the keys of
 * `diff`.
 */
#ifndef WHYMEM_TRACED_DIFF_H
#define WHYMEM_TRACED_DIFF_H

#include "answers/expect.h"
#include "base/document.h"
#include "trace/tree.h"

struct traced_diff_options {
	enum trace_by by;   /* line or function */
	enum trace_key key; /* what rows are compared by: peak, live or allocated */
	uint32_t top;       /* rows; 0: all */
	const struct expectation *expectations;
	size_t n_expectations;
};

/* `by` and `sort` may be NULL: line, peak. USAGE when they are none. */
struct error *traced_diff_choose(
	struct traced_diff_options *options, const char *by, const char *sort);

/* Compares the first traces of both. `ok_ret`: all expectations hold. */
struct error *answer_traced_diff(const struct snapshot *before, const struct snapshot *after,
	const struct traced_diff_options *options, struct row *root, bool *ok_ret);

#endif
