#include "answers/table.h"

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
