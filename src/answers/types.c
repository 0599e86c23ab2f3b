/*
 * `whymem types`: the population by a classifier; what each class keeps alive
 * by itself when asked.
 */
#include "analysis/classes.h"
#include "answers/since.h"
#include "answers/table.h"
#include "base/workers.h"

#include <stdlib.h>

struct retaining {
	struct analysis *analysis;
	const uint64_t *only;
	const struct classes *classes;
	uint64_t *retained; /* by row */
};

static struct error *retain_rows(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	struct retaining *retaining = arg;
	const struct snapshot *snapshot = retaining->analysis->snapshot;
	uint64_t *set = malloc(words_of(retaining->analysis) * sizeof(uint64_t));
	struct error *error = set ? NULL : &error_no_memory;
	for (uint64_t row = begin; !error && row < end; row++) {
		uint64_t key = retaining->classes->rows.data[row].key;
		memset(set, 0, words_of(retaining->analysis) * sizeof(uint64_t));
		for (obj_id i = 0; i < snapshot->n_objects; i++)
			if (retaining->classes->key[i] == key &&
				(!retaining->only || bits_get(retaining->only, i)))
				bits_set(set, i);
		struct set_retained retained;
		error = analysis_set_retained(retaining->analysis, set, &retained);
		if (!error)
			retaining->retained[row] = retained.weight;
	}
	free(set);
	return error;
}

static struct error *compute_retained(struct analysis *analysis, const struct classes *classes,
	const uint64_t *only, size_t n, uint64_t *ret)
{
	struct error *error = analysis_dominators(analysis);
	if (!error && analysis->garbage.count)
		error = analysis_seeds(analysis);
	if (error)
		return error;
	struct retaining retaining = {analysis, only, classes, ret};
	return workers_run((unsigned)MIN(workers_count(), n), n, retain_rows, &retaining);
}

static void set_line(const struct population *population, struct row *row)
{
	row_set_text(row, "file", population->file);
	row_set_u64(row, "line", population->line ? population->line : UINT64_MAX);
	row_set_text(row, "function", population->function);
}

static void set_rows(const struct classes *classes, size_t n_shown, const uint64_t *retained,
	const struct moment *since, struct row *root)
{
	struct table *table = row_add_table(root, "rows");
	struct population sum = {0};
	for (size_t i = 0; i < classes->rows.n; i++) {
		const struct population *population = &classes->rows.data[i];
		if (i >= n_shown) {
			sum.count += population->count;
			sum.self_bytes += population->self_bytes;
			sum.size_bytes += population->size_bytes;
			continue;
		}
		struct row *row = table_add(table);
		row_set_text(row, "name", population->name);
		row_set_text(row, "module", population->module);
		row_set_u64(row, "count", population->count);
		row_set_u64(row, "self_bytes", population->self_bytes);
		row_set_u64(row, "size_bytes", population->size_bytes);
		row_set_u64(row, "retained_bytes", retained ? retained[i] : UINT64_MAX);
		row_set_u64(row, "mean_age_ns", age_sum_mean_ns(&population->ages));
		row_set_u64(row, "oldest_age_ns", age_sum_oldest_ns(&population->ages));
		if (classes->by == BY_LINE)
			set_line(population, row);
		if (since)
			since_set_class(since, population, row);
	}
	struct row *rest = row_add_row(root, "rest");
	row_set_u64(rest, "row_count", classes->rows.n - n_shown);
	row_set_u64(rest, "count", sum.count);
	row_set_u64(rest, "self_bytes", sum.self_bytes);
	row_set_u64(rest, "size_bytes", sum.size_bytes);
}

static int compare_counts(const void *a, const void *b)
{
	const struct population *left = a, *right = b;
	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	if (left->self_bytes != right->self_bytes)
		return left->self_bytes > right->self_bytes ? -1 : 1;
	return left->first < right->first ? -1 : left->first > right->first;
}

static struct error *find_by(const struct answer_options *options, enum by *ret)
{
	const char *sort = options->sort;
	if (sort && strcmp(sort, "bytes") != 0 && strcmp(sort, "count") != 0)
		return error_create(
			ERROR_USAGE, 0, "use bytes or count", "objects have no order by %s", sort);
	if (by_find(options->by, ret))
		return NULL;
	return error_create(ERROR_USAGE, 0,
		"use type, class, module, size, referrers, via, owner, generation, age or line",
		"objects cannot be told apart by %s", options->by);
}

static struct error *set_classes(struct analysis *analysis, const struct answer_options *options,
	struct classes *classes, const uint64_t *only, struct row *root)
{
	struct error *error = NULL;
	size_t n_shown = rows_shown(options, classes->rows.n);
	uint64_t *retained = options->retained ? calloc(n_shown + 1, sizeof(*retained)) : NULL;
	if (options->retained && !retained)
		return &error_no_memory;
	if (options->sort && !strcmp(options->sort, "count") && classes->rows.n)
		qsort(classes->rows.data, classes->rows.n, sizeof(struct population),
			compare_counts);
	if (retained && n_shown)
		error = compute_retained(analysis, classes, only, n_shown, retained);
	if (!error)
		set_rows(classes, n_shown, retained, options->since, root);
	free(retained);
	return error;
}

/* What was selected, as a whole. */
static struct error *set_selected(struct analysis *analysis, const struct answer_options *options,
	const uint64_t *only, struct row *root)
{
	struct set_retained retained;
	struct error *error = NULL;
	row_set_text(root, "only", options->only);
	if (options->retained)
		error = analysis_set_retained(analysis, only, &retained);
	if (!error)
		row_set_population(
			root, "matched", analysis, only, options->retained ? &retained : NULL);
	return error;
}

struct error *answer_types(
	struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	enum by by = BY_TYPE;
	struct classes classes = {0};
	uint64_t *only = NULL;
	struct error *error = find_by(options, &by);
	if (!error)
		error = find_only(analysis, options->only, &only);
	if (!error)
		error = classes_init(&classes, analysis, by, only);
	if (!error) {
		row_set_text(root, "by", by_name(by));
		if (only)
			error = set_selected(analysis, options, only, root);
	}
	if (!error)
		error = set_classes(analysis, options, &classes, only, root);
	classes_deinit(&classes, analysis);
	free(only);
	return error;
}
