#include "answers/survivors.h"

#include <stdlib.h>

static int compare_rows(const void *a, const void *b)
{
	const struct moment_row *left = a, *right = b;
	if (left->n_bytes != right->n_bytes)
		return left->n_bytes > right->n_bytes ? -1 : 1;
	int order = strcmp(left->path, right->path);
	return order ? order : (left->key > right->key) - (left->key < right->key);
}

static void count(struct survivors *survivors, const struct analysis *analysis, const uint64_t *set)
{
	for (obj_id i = 0; i < analysis->snapshot->n_objects; i++) {
		if (!bits_get(set, i))
			continue;
		survivors->count++;
		survivors->n_bytes += weight_of(analysis, i);
	}
}

/* ---- by holder ---- */

static bool is_same_origin(const struct moment_origin *a, const struct moment_origin *b)
{
	return a->file && b->file && a->line == b->line && !strcmp(a->file, b->file);
}

/* The line with more bytes stays. */
static void merge_origins(struct moment_origin *to, struct moment_origin *from)
{
	if (is_same_origin(to, from)) {
		to->n_bytes += from->n_bytes;
	} else if (from->n_bytes > to->n_bytes) {
		struct moment_origin less = *to;
		*to = *from;
		*from = less;
	}
}

/* Rows of one place become one. */
static void merge_rows(struct moment_rows *rows)
{
	size_t n = 0;
	for (size_t i = 0; i < rows->n; i++) {
		struct moment_row *row = &rows->data[i], *same = NULL;
		for (size_t j = 0; j < n && !same; j++)
			if (rows->data[j].key == row->key)
				same = &rows->data[j];
		if (!same) {
			rows->data[n++] = *row;
			continue;
		}
		same->count += row->count;
		same->n_bytes += row->n_bytes;
		merge_origins(&same->origin, &row->origin);
		if (same->merged) {
			free(same->path);
			same->path = same->merged;
			same->merged = NULL;
		}
		moment_row_deinit(row);
	}
	rows->n = n;
}

/* Garbage is held by nobody. */
static struct error *add_garbage(
	struct survivors *survivors, const struct analysis *analysis, const uint64_t *set)
{
	struct moment_row garbage = {.key = 1, .entry = OUTLINE_NONE};
	for (obj_id i = 0; i < analysis->snapshot->n_objects; i++)
		if (bits_get(set, i) && is_garbage(analysis, i)) {
			garbage.count++;
			garbage.n_bytes += weight_of(analysis, i);
		}
	if (!garbage.count)
		return NULL;
	struct moment_row *row = vec_add(&survivors->rows);
	garbage.path = row ? strdup("<garbage>") : NULL;
	if (!garbage.path)
		return &error_no_memory;
	*row = garbage;
	return NULL;
}

static struct error *find_holders(
	struct survivors *survivors, struct analysis *analysis, const uint64_t *set)
{
	struct holders holders;
	struct error *error = holders_of_set(&holders, analysis, set);
	if (error)
		return error;
	error = moment_rows_add(&survivors->rows, analysis, NULL, &holders, set);
	holders_deinit(&holders);
	if (error)
		return error;
	merge_rows(&survivors->rows);
	return add_garbage(survivors, analysis, set);
}

/* ---- by class ---- */

struct class_sum {
	uint64_t key;
	size_t row;
	uint64_t count, n_bytes;
};

static int compare_sums(const void *a, const void *b)
{
	const struct class_sum *left = a, *right = b;
	return left->key < right->key ? -1 : left->key > right->key;
}

static struct error *add_class(struct survivors *survivors, const struct class_sum *sum,
	const struct population *population, enum by by)
{
	struct moment_row *row = vec_add(&survivors->rows);
	if (!row)
		return &error_no_memory;
	row->entry = OUTLINE_NONE;
	row->key = class_key(population->module, population->name);
	row->count = sum->count;
	row->n_bytes = sum->n_bytes;
	return class_row_name(row, population, by);
}

static struct error *sum_classes(struct survivors *survivors, const struct analysis *analysis,
	const struct classes *classes, const uint64_t *set, enum by by)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct class_sum *sums = calloc(classes->rows.n + 1, sizeof(*sums));
	if (!sums)
		return &error_no_memory;
	for (size_t i = 0; i < classes->rows.n; i++)
		sums[i] = (struct class_sum){.key = classes->rows.data[i].key, .row = i};
	qsort(sums, classes->rows.n, sizeof(*sums), compare_sums);
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		if (!bits_get(set, i))
			continue;
		struct class_sum key = {.key = classes->key[i]};
		struct class_sum *sum =
			bsearch(&key, sums, classes->rows.n, sizeof(key), compare_sums);
		sum->count++;
		sum->n_bytes += weight_of(analysis, i);
	}
	struct error *error = NULL;
	for (size_t i = 0; !error && i < classes->rows.n; i++)
		if (sums[i].count)
			error = add_class(
				survivors, &sums[i], &classes->rows.data[sums[i].row], by);
	free(sums);
	return error;
}

static struct error *find_classes(
	struct survivors *survivors, struct analysis *analysis, const uint64_t *set, enum by by)
{
	struct classes classes;
	struct error *error = classes_init(&classes, analysis, by, NULL);
	if (error)
		return error;
	error = sum_classes(survivors, analysis, &classes, set, by);
	classes_deinit(&classes, analysis);
	return error;
}

/* ---- */

struct error *survivors_init(struct survivors *survivors, struct analysis *analysis,
	const uint64_t *set, bool has_classes, enum by by)
{
	*survivors = (struct survivors){0};
	struct error *error = analysis_dominators(analysis);
	if (error)
		return error;
	count(survivors, analysis, set);
	error = has_classes ? find_classes(survivors, analysis, set, by)
			    : find_holders(survivors, analysis, set);
	if (error)
		survivors_deinit(survivors);
	else if (survivors->rows.n)
		qsort(survivors->rows.data, survivors->rows.n, sizeof(struct moment_row),
			compare_rows);
	return error;
}

void survivors_deinit(struct survivors *survivors)
{
	moment_rows_deinit(&survivors->rows);
	*survivors = (struct survivors){0};
}
