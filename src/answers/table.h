/* What answers share when they fill rows. */
#ifndef WHYMEM_ANSWERS_TABLE_H
#define WHYMEM_ANSWERS_TABLE_H

#include "analysis/origins.h"
#include "answers/answers.h"

/* Sets a cell to the expression of a path. */
void row_set_path(struct row *row, const char *name, const struct analysis *analysis,
	const struct path *path);

/* Sets `address`: null unless `node` is an object. */
void row_set_address(struct row *row, const struct snapshot *snapshot, uint32_t node);

/*
 * Where most of something was allocated: `allocated_file`, `_line`, `_function`,
 * and how much there, `allocated_bytes`. Null where nobody knows.
 */
void row_set_origin(struct row *row, const struct snapshot *snapshot, const struct origin *origin);

/*
 * The objects of `selection` (a bit a node), to be freed by the caller; NULL when
 * there is no selection.
 */
struct error *find_only(struct analysis *analysis, const char *selection, uint64_t **ret);

/* Adds the row `name` that sums the objects of a set up: count and bytes. */
void row_set_population(struct row *row, const char *name, const struct analysis *analysis,
	const uint64_t *set, const struct set_retained *retained);

/* How many rows a table of `n` has under `--top`. */
static inline size_t rows_shown(const struct answer_options *options, size_t n)
{
	return options->top ? MIN(n, options->top) : n;
}

#endif
