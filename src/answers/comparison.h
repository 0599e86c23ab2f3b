/*
 * Captures, one after the other, become the document of `whymem diff` and
 * `whymem watch`. Of each capture only a moment is kept, and of the first the
 * identities of its objects when three are compared.
 *
 *	comparison_create(&options, &comparison)
 *	comparison_add(comparison, analysis)     in the order of the captures
 *	comparison_answer(comparison, root)
 */
#ifndef WHYMEM_COMPARISON_H
#define WHYMEM_COMPARISON_H

#include "answers/answers.h"
#include "answers/expect.h"

struct comparison;

struct comparison_options {
	const char *by;     /* holder, type, class, module; NULL: holder */
	uint32_t top;       /* rows of a table; 0 is all */
	uint32_t n_planned; /* captures: that in the middle is the second of three */
	const struct expectation *expectations; /* borrowed */
	size_t n_expectations;
};

/* USAGE when `by` is none of these. */
struct error *comparison_create(const struct comparison_options *options, struct comparison **ret);
void comparison_destroy(struct comparison *comparison);

struct error *comparison_add(struct comparison *comparison, struct analysis *analysis);

/* Captures that were added. */
uint32_t comparison_count(const struct comparison *comparison);

/* Is a process another one than that of the first capture? */
bool comparison_is_other(const struct comparison *comparison, const struct snapshot *snapshot);

/* Fills the keys of `diff`; needs two captures. `ok_ret`: all expectations hold. */
struct error *comparison_answer(struct comparison *comparison, struct row *root, bool *ok_ret);

#endif
