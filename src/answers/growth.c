#include "answers/growth.h"

#include <stdlib.h>

static uint64_t magnitude(const struct change *change)
{
	int64_t bytes = change_bytes(change);
	return bytes < 0 ? -(uint64_t)bytes : (uint64_t)bytes;
}

static int compare_changes(const void *a, const void *b)
{
	const struct change *left = a, *right = b;
	uint64_t larger = magnitude(left), other = magnitude(right);
	if (larger != other)
		return larger > other ? -1 : 1;
	if (left->after_bytes != right->after_bytes)
		return left->after_bytes > right->after_bytes ? -1 : 1;
	int order = strcmp(left->path, right->path);
	return order ? order
		     : (left->row->key > right->row->key) - (left->row->key < right->row->key);
}

static void sort_changes(struct changes *changes)
{
	if (changes->n)
		qsort(changes->data, changes->n, sizeof(struct change), compare_changes);
}

/* ---- holders ---- */

struct pairing {
	const struct moment *first, *last;
	bool is_same_process;
	struct changes *changes;
};

/* Is `entry` below `above` in the dominator tree, or the same? */
static bool is_within(const struct outline *outline, uint32_t entry, uint32_t above)
{
	while (entry != OUTLINE_NONE && entry != above)
		entry = outline->data[entry].parent;
	return entry != OUTLINE_NONE;
}

/* What a row's own moment says of it, also when the outline leaves it out. */
static struct standing own_standing(const struct moment *moment, const struct moment_row *row)
{
	struct standing standing = moment_standing(moment, row, true);
	if (!standing.n)
		standing = (struct standing){row->n_bytes, row->count, 1, row->entry};
	return standing;
}

static struct error *add_change(struct pairing *pairing, const struct moment_row *row,
	const struct standing *before, const struct standing *after)
{
	struct change *change = vec_add(pairing->changes);
	if (!change)
		return &error_no_memory;
	bool is_merged = (before->n > 1 || after->n > 1) && row->merged;
	bool has_count = before->count != UINT64_MAX || after->count != UINT64_MAX;
	*change = (struct change){
		.row = row,
		.path = is_merged ? row->merged : row->path,
		.before_bytes = before->n_bytes,
		.after_bytes = after->n_bytes,
		.before_count = before->n   ? before->count
				: has_count ? 0
					    : UINT64_MAX,
		.after_count = after->n    ? after->count
			       : has_count ? 0
					   : UINT64_MAX,
		.before_entry = before->entry,
		.after_entry = after->entry,
	};
	return NULL;
}

/* Rows of one place stand together. */
static bool is_repeated(const struct moment_rows *rows, size_t i)
{
	const struct moment_row *row = &rows->data[i];
	for (size_t j = i; j-- > 0 && rows->data[j].key == row->key;)
		if (rows->data[j].is_group == row->is_group && !rows->data[j].is_small)
			return true;
	return false;
}

static struct error *add_last_rows(struct pairing *pairing)
{
	const struct moment_rows *rows = &pairing->last->holders;
	struct error *error = NULL;
	for (size_t i = 0; !error && i < rows->n; i++) {
		const struct moment_row *row = &rows->data[i];
		if (row->is_small || is_repeated(rows, i))
			continue;
		struct standing after = own_standing(pairing->last, row);
		struct standing before =
			moment_standing(pairing->first, row, pairing->is_same_process);
		error = add_change(pairing, row, &before, &after);
	}
	return error;
}

static bool has_row(const struct changes *changes, const struct moment_row *row)
{
	vec_foreach (changes, change)
		if (change->row->key == row->key && change->row->is_group == row->is_group)
			return true;
	return false;
}

/* Does the change lie within the place, in either capture? */
static bool lies_within(const struct pairing *pairing, const struct change *change,
	uint32_t before_entry, uint32_t after_entry)
{
	return is_within(&pairing->first->outline, change->before_entry, before_entry) ||
	       is_within(&pairing->last->outline, change->after_entry, after_entry);
}

static bool is_told(const struct pairing *pairing, uint32_t before_entry, uint32_t after_entry)
{
	vec_foreach (pairing->changes, change)
		if (is_within(&pairing->first->outline, before_entry, change->before_entry) ||
			is_within(&pairing->last->outline, after_entry, change->after_entry))
			return true;
	return false;
}

/*
 * A place that holds rows of the last moment takes their room when they do not
 * account for half of what changed in it; else they tell more than it does.
 */
static bool take_room(
	struct pairing *pairing, const struct standing *before, const struct standing *after)
{
	struct changes *changes = pairing->changes;
	int64_t whole = (int64_t)(after->n_bytes - before->n_bytes), told = 0;
	bool has_parts = false;
	vec_foreach (changes, change)
		if (lies_within(pairing, change, before->entry, after->entry)) {
			told += change_bytes(change);
			has_parts = true;
		}
	if (!has_parts)
		return true;
	if (llabs(whole - told) <= llabs(told))
		return false;
	size_t n = 0;
	for (size_t i = 0; i < changes->n; i++)
		if (!lies_within(pairing, &changes->data[i], before->entry, after->entry))
			changes->data[n++] = changes->data[i];
	changes->n = n;
	return true;
}

/* Rows of the first moment that no row of the last one tells of. */
static struct error *add_first_rows(struct pairing *pairing)
{
	const struct moment_rows *rows = &pairing->first->holders;
	struct error *error = NULL;
	for (size_t i = 0; !error && i < rows->n; i++) {
		const struct moment_row *row = &rows->data[i];
		if (row->is_small || is_repeated(rows, i) || has_row(pairing->changes, row))
			continue;
		struct standing before = own_standing(pairing->first, row);
		struct standing after =
			moment_standing(pairing->last, row, pairing->is_same_process);
		if (!is_told(pairing, before.entry, after.entry) &&
			take_room(pairing, &before, &after))
			error = add_change(pairing, row, &before, &after);
	}
	return error;
}

struct error *changes_of_holders(
	struct changes *changes, const struct moment *first, const struct moment *last)
{
	struct pairing pairing = {
		.first = first,
		.last = last,
		.is_same_process = moment_is_same_process(first, last),
		.changes = changes,
	};
	*changes = (struct changes){0};
	struct error *error = add_last_rows(&pairing);
	if (!error)
		error = add_first_rows(&pairing);
	if (error)
		vec_deinit(changes);
	else
		sort_changes(changes);
	return error;
}

/* ---- classes ---- */

static struct error *add_class(struct changes *changes, const struct moment_row *row,
	const struct standing *before, const struct standing *after)
{
	struct change *change = vec_add(changes);
	if (!change)
		return &error_no_memory;
	*change = (struct change){
		.row = row,
		.path = row->path,
		.before_bytes = before->n_bytes,
		.after_bytes = after->n_bytes,
		.before_count = before->n ? before->count : 0,
		.after_count = after->n ? after->count : 0,
	};
	return NULL;
}

struct error *changes_of_classes(
	struct changes *changes, const struct moment *first, const struct moment *last)
{
	struct error *error = NULL;
	*changes = (struct changes){0};
	for (size_t i = 0; !error && i < last->classes.n; i++) {
		const struct moment_row *row = &last->classes.data[i];
		if (is_repeated(&last->classes, i))
			continue;
		struct standing before = moment_class(first, row->key);
		struct standing after = moment_class(last, row->key);
		error = add_class(changes, row, &before, &after);
	}
	for (size_t i = 0; !error && i < first->classes.n; i++) {
		const struct moment_row *row = &first->classes.data[i];
		struct standing before = moment_class(first, row->key);
		struct standing after = moment_class(last, row->key);
		if (!after.n && !is_repeated(&first->classes, i))
			error = add_class(changes, row, &before, &after);
	}
	if (error)
		vec_deinit(changes);
	else
		sort_changes(changes);
	return error;
}
