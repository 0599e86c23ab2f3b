/*
 * native_unowned: native blocks in use that nothing leads to, neither an object
 * nor a variable of a library nor a stack: C code has probably lost them.
 *
 * Evidence: `part`, `block_bytes`, `block_count`, `native_bytes`, `content`
 * (what their first word is), `library` that it points into or null,
 * `unowned_bytes` of all such blocks of the process.
 */
#include "findings/rules.h"

#include <stdlib.h>

/* Some native memory without a known owner is normal. */
#define TOLD_SHARE 20
#define TOLD_BYTES (4ull << 20)
#define FEWEST 16

static const char *const content_names[CONTENT_COUNT] = {
#define X(id, name) [CONTENT_##id] = (name),
	CONTENTS(X)
#undef X
};

static bool is_told(const struct inquiry *inquiry, const struct snap_unowned *row)
{
	return !row->is_reachable && row->count >= FEWEST && row->resident_bytes >= TOLD_BYTES &&
	       row->resident_bytes >= inquiry->snapshot->total_bytes / TOLD_SHARE;
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	struct error *error = NULL;
	for (size_t i = 0; !error && i < inquiry->snapshot->unowned.n; i++)
		if (is_told(inquiry, &inquiry->snapshot->unowned.data[i]))
			error = inquiry_suspect_nobody(inquiry, rule, i);
	return error;
}

static const char *library_of(const struct snapshot *snapshot, const struct snap_unowned *row)
{
	const char *file = snapshot_string(snapshot, row->file);
	const char *slash = strrchr(file, '/');
	return !*file ? NULL : slash ? slash + 1 : file;
}

static void set_evidence(const struct inquiry *inquiry, const struct snap_unowned *row,
	const char *library, struct finding *finding)
{
	row_set_text(finding->evidence, "part", "native.unowned");
	row_set_u64(finding->evidence, "block_bytes", row->block_bytes);
	row_set_u64(finding->evidence, "block_count", row->count);
	row_set_u64(finding->evidence, "native_bytes", row->resident_bytes);
	row_set_text(finding->evidence, "content", content_names[row->content]);
	row_set_text(finding->evidence, "library", library);
	row_set_u64(finding->evidence, "unowned_bytes",
		account_get(inquiry->account, "native.unowned"));
}

static void set_origin(
	const struct inquiry *inquiry, const struct snap_unowned *row, struct finding *finding)
{
	struct error *error = analysis_origins(inquiry->analysis);
	const struct origins *origins = inquiry->analysis->origins;
	if (!error && origins && origins->call[row->site] != ORIGIN_UNKNOWN)
		finding->origin = (struct origin){origins->call[row->site], row->site_bytes};
	if (error)
		finding->evidence->document->failed = true;
	error_destroy(error);
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct snap_unowned *row = &inquiry->snapshot->unowned.data[suspicion->arg];
	const char *library = library_of(inquiry->snapshot, row);
	set_evidence(inquiry, row, library, finding);
	finding->retained_bytes = row->resident_bytes;
	finding->saving_bytes = row->resident_bytes;
	finding->saving_method = SAVING_BOUND;
	finding_set_type(finding, "malloc blocks of %" PRIu64 " bytes", row->block_bytes);
	finding_describe(finding,
		"%" PRIu64 " malloc blocks of about %" PRIu64
		" bytes that nothing points at any more: C code has probably lost them%s%s%s%s",
		row->count, row->block_bytes, library ? "; they point into " : "",
		library ? library : "", row->content == CONTENT_TEXT ? "; they hold text" : "",
		row->content == CONTENT_ZERO ? "; they hold zeros" : "");
	set_origin(inquiry, row, finding);
	finding_advise(finding,
		"Look for a missing free() in the extension module or ctypes code "
		"that makes blocks of this size; update the library if it has one.");
	return true;
}

const struct rule rule_native_unowned = {
	.id = "native_unowned",
	.title = "native memory that nothing leads to: a leak in C code",
	.find = find,
	.judge = judge,
};
