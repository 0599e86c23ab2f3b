#include "answers/table.h"

#include "analysis/selection.h"

void row_set_path(
	struct row *row, const char *name, const struct analysis *analysis, const struct path *path)
{
	struct text text _cleanup_text_ = {0};
	names_render(analysis->names, path, &text);
	row_set_text(row, name, text_get(&text));
	if (row && text.failed)
		row->document->failed = true;
}

void row_set_address(struct row *row, const struct snapshot *snapshot, uint32_t node)
{
	row_set_u64(
		row, "address", is_object(snapshot, node) ? snapshot->address[node] : UINT64_MAX);
}

void row_set_origin(struct row *row, const struct snapshot *snapshot, const struct origin *origin)
{
	const struct snap_trace_frame unknown = {0}, *frame = &unknown;
	if (origin->line != ORIGIN_UNKNOWN)
		frame = &snapshot->trace_frames.data[origin->line];
	row_set_text(row, "allocated_file", names_string(snapshot, frame->file));
	row_set_u64(row, "allocated_line", frame->line ? frame->line : UINT64_MAX);
	row_set_text(row, "allocated_function", names_string(snapshot, frame->function));
	row_set_u64(row, "allocated_bytes",
		origin->line == ORIGIN_UNKNOWN ? UINT64_MAX : origin->n_bytes);
}

struct error *find_only(struct analysis *analysis, const char *selection, uint64_t **ret)
{
	return selection ? selection_find(analysis, selection, ret) : NULL;
}

void row_set_population(struct row *row, const char *name, const struct analysis *analysis,
	const uint64_t *set, const struct set_retained *retained)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint64_t count = 0, self_bytes = 0, size_bytes = 0;
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		if (!bits_get(set, i))
			continue;
		count++;
		self_bytes += snapshot_self_bytes(snapshot, i);
		size_bytes += size_of(snapshot, i);
	}
	struct row *sum = row_add_row(row, name);
	row_set_u64(sum, "count", count);
	row_set_u64(sum, "self_bytes", self_bytes);
	row_set_u64(sum, "size_bytes", size_bytes);
	row_set_u64(sum, "retained_bytes", retained ? retained->weight : UINT64_MAX);
	row_set_u64(sum, "retained_size_bytes", retained ? retained->size_bytes : UINT64_MAX);
}
