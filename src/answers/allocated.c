#include "answers/allocated.h"

#include "analysis/ages.h"
#include "base/cleanup.h"
#include "base/keymap.h"

#include <stdlib.h>

/* Frames of a deep stack that stand in a document. */
#define FRAMES_MAX 1000

struct line {
	uint32_t line;
	uint64_t count, n_bytes;
	struct age_sum ages;
};

struct lines {
	const struct analysis *analysis;
	uint64_t *site_bytes; /* by site */
	struct keymap map;
	VEC(struct line) rows;
};

static struct line *line_of(struct lines *lines, uint32_t site)
{
	uint32_t number = lines->analysis->origins->line[site];
	uint32_t i = keymap_add(&lines->map, number);
	struct line *row = i == lines->rows.n ? vec_add(&lines->rows) : NULL;
	if (row)
		row->line = number;
	return i < lines->rows.n ? &lines->rows.data[i] : NULL;
}

static bool add_object(struct lines *lines, struct origin_cursor *cursor, obj_id object)
{
	struct origin_piece piece;
	struct line *row = line_of(lines, lines->analysis->snapshot->site[object]);
	if (row) {
		row->count++;
		age_sum_add(&row->ages, age_of(lines->analysis->snapshot, object));
	}
	origin_cursor_open(cursor, object);
	while (row && origin_next(cursor, &piece)) {
		row = line_of(lines, piece.site);
		if (row)
			row->n_bytes += piece.n_bytes;
		lines->site_bytes[piece.site] += piece.n_bytes;
	}
	return row;
}

static int compare_lines(const void *a, const void *b)
{
	const struct line *left = a, *right = b;
	if (left->n_bytes != right->n_bytes)
		return left->n_bytes > right->n_bytes ? -1 : 1;
	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	return (left->line > right->line) - (left->line < right->line);
}

static void set_frame(struct row *row, const struct snapshot *snapshot, uint32_t number)
{
	const struct snap_trace_frame unknown = {0};
	const struct snap_trace_frame *frame =
		number == ORIGIN_UNKNOWN ? &unknown : &snapshot->trace_frames.data[number];
	row_set_text(row, "file", names_string(snapshot, frame->file));
	row_set_u64(row, "line", frame->line ? frame->line : UINT64_MAX);
	row_set_text(row, "function", names_string(snapshot, frame->function));
}

static void set_lines(
	const struct lines *lines, const struct answer_options *options, struct row *root)
{
	struct table *table = row_add_table(root, "allocated");
	for (size_t i = 0; i < rows_shown(options, lines->rows.n); i++) {
		const struct line *line = &lines->rows.data[i];
		struct row *row = table_add(table);
		set_frame(row, lines->analysis->snapshot, line->line);
		row_set_u64(row, "object_count", line->count);
		row_set_u64(row, "bytes", line->n_bytes);
		row_set_u64(row, "mean_age_ns", age_sum_mean_ns(&line->ages));
		row_set_u64(row, "oldest_age_ns", age_sum_oldest_ns(&line->ages));
	}
}

/* Of the site with the most bytes: who called it, too. */
static void set_stack(const struct lines *lines, struct row *root)
{
	const struct snapshot *snapshot = lines->analysis->snapshot;
	struct table *table = row_add_table(root, "allocated_stack");
	uint32_t site = 0;
	for (uint32_t i = 1; i < snapshot->trace_nodes.n; i++)
		if (lines->site_bytes[i] > (site ? lines->site_bytes[site] : 0))
			site = i;
	for (unsigned n = 0; site && n < FRAMES_MAX; n++) {
		const struct snap_trace_node *node = &snapshot->trace_nodes.data[site];
		if (snapshot->trace_frames.data[node->frame].kind == TRACE_FRAME_LINE)
			set_frame(table_add(table), snapshot, node->frame);
		site = node->parent;
	}
}

struct error *row_set_allocated(struct row *root, struct analysis *analysis,
	const struct answer_options *options, const struct obj_ids *objects)
{
	const struct snapshot *snapshot = analysis->snapshot;
	if (!is_traced(snapshot)) {
		row_set_null(root, "allocated");
		row_set_null(root, "allocated_stack");
		return NULL;
	}
	struct error *error = analysis_origins(analysis);
	_cleanup_free_ uint64_t *site_bytes =
		calloc(snapshot->trace_nodes.n + 1, sizeof(*site_bytes));
	if (error || !site_bytes)
		return error ? error : &error_no_memory;
	struct lines lines = {.analysis = analysis, .site_bytes = site_bytes};
	struct origin_cursor cursor = {.analysis = analysis};
	bool ok = true;
	for (size_t i = 0; ok && i < objects->n; i++)
		ok = add_object(&lines, &cursor, objects->data[i]);
	if (ok) {
		if (lines.rows.n)
			qsort(lines.rows.data, lines.rows.n, sizeof(struct line), compare_lines);
		set_lines(&lines, options, root);
		set_stack(&lines, root);
	}
	keymap_deinit(&lines.map);
	vec_deinit(&lines.rows);
	return ok ? NULL : &error_no_memory;
}
