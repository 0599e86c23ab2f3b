/*
 * `whymem SRC`: memory, the account, the verdict, who holds it.
 */
#include "analysis/owners.h"
#include "answers/findings.h"
#include "answers/since.h"
#include "answers/table.h"
#include "answers/verdict.h"
#include "base/cleanup.h"

#include <stdlib.h>

static void set_memory(const struct snapshot *snapshot, struct row *root)
{
	struct row *row = row_add_row(root, "memory");
	row_set_u64(row, "total_bytes", snapshot->total_bytes);
	row_set_u64(row, "rss_bytes", snapshot->rss_bytes);
	row_set_u64(row, "pss_bytes", snapshot->pss_bytes);
	row_set_u64(row, "uss_bytes", snapshot->uss_bytes);
	row_set_u64(row, "swap_bytes", snapshot->swap_bytes);
	row_set_u64(row, "page_table_bytes", snapshot->page_table_bytes);
	row_set_u64(row, "hugetlb_bytes", snapshot->hugetlb_bytes);
	row_set_u64(row, "cgroup_limit_bytes", snapshot->cgroup_limit_bytes);
	row_set_u64(row, "cgroup_used_bytes", snapshot->cgroup_used_bytes);
}

static void set_account(const struct account *account, struct row *root)
{
	struct table *table = row_add_table(root, "account");
	for (size_t i = 0; i < account->n; i++) {
		struct row *row = table_add(table);
		row_set_text(row, "part", account->parts[i].name);
		row_set_u64(row, "bytes", account->parts[i].n_bytes);
	}
}

static void set_objects(const struct analysis *analysis, struct row *root)
{
	const struct totals *live = &analysis->live, *garbage = &analysis->garbage;
	struct row *row = row_add_row(root, "objects");
	row_set_u64(row, "count", live->count + garbage->count);
	row_set_u64(row, "bytes", live->bytes + garbage->bytes);
	row_set_u64(row, "live_count", live->count);
	row_set_u64(row, "live_bytes", live->bytes);
	row_set_u64(row, "garbage_count", garbage->count);
	row_set_u64(row, "garbage_bytes", garbage->bytes);
}

static void set_verdict(const struct verdict *verdict, struct row *root)
{
	struct row *row = row_add_row(root, "verdict");
	row_set_text(row, "kind", verdict->kind);
	row_set_text(row, "basis", "snapshot");
	row_set_text(row, "part", verdict->part);
	row_set_text(row, "path", verdict->path);
	row_set_u64(row, "bytes", verdict->n_bytes);
	row_set_text(row, "text", text_get(&verdict->text));
}

static struct error *set_holder(
	const struct analysis *analysis, const struct holder *holder, struct row *row)
{
	const struct snapshot *snapshot = analysis->snapshot;
	char fingerprint[FINGERPRINT_SIZE];
	struct error *error = names_fingerprint(analysis->names, &holder->path, fingerprint);
	if (error)
		return error;
	struct location location = names_location(analysis->names, &holder->path);
	row_set_text(row, "path", holder->text);
	row_set_text(row, "type", names_type(snapshot, holder->node));
	row_set_text(row, "module", names_module(analysis->names, &holder->path));
	row_set_text(row, "file", location.file);
	row_set_u64(row, "line", location.line ? location.line : UINT64_MAX);
	if (holder->is_group)
		row_set_null(row, "address");
	else
		row_set_address(row, snapshot, holder->node);
	row_set_text(row, "fingerprint", fingerprint);
	row_set_u64(row, "item_count", holder->item_count);
	row_set_u64(row, "self_bytes", holder->self_bytes);
	row_set_u64(row, "retained_bytes", holder->retained_bytes);
	row_set_u64(row, "retained_resident_bytes", holder->retained_resident_bytes);
	return NULL;
}

static struct error *set_holders(struct analysis *analysis, const struct answer_options *options,
	const struct holders *holders, struct row *root)
{
	struct table *table = row_add_table(root, "holders");
	size_t n_shown = rows_shown(options, holders->n);
	struct origin *origins _cleanup_free_ = calloc(n_shown + 1, sizeof(*origins));
	struct error *error =
		origins ? origins_of_holders(analysis, holders, n_shown, NULL, origins)
			: &error_no_memory;
	for (size_t i = 0; !error && i < n_shown; i++) {
		struct row *row = table_add(table);
		error = set_holder(analysis, &holders->data[i], row);
		row_set_origin(row, analysis->snapshot, &origins[i]);
		if (!error && options->since)
			error = since_set_holder(options->since, analysis, &holders->data[i], row);
	}
	uint64_t n_bytes = 0;
	for (size_t i = n_shown; i < holders->n; i++)
		n_bytes += holders->data[i].retained_bytes;
	struct row *rest = row_add_row(root, "rest");
	row_set_u64(rest, "row_count", holders->n - n_shown);
	row_set_u64(rest, "retained_bytes", n_bytes);
	return error;
}

static struct error *set_native_owners(
	const struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct native_owners owners;
	struct error *error = native_owners_init(&owners, analysis, GRAPH_ROOT);
	if (error)
		return error;
	struct table *table = row_add_table(root, "native_owners");
	for (size_t i = 0; i < rows_shown(options, owners.n); i++) {
		const struct native_owner *owner = &owners.data[i];
		const struct snap_type *type = &snapshot->types.data[owner->type];
		struct row *row = table_add(table);
		row_set_text(row, "type", snapshot_string(snapshot, type->name));
		row_set_text(row, "module", names_string(snapshot, type->module));
		row_set_u64(row, "object_count", owner->count);
		row_set_u64(row, "native_bytes", owner->n_bytes);
	}
	native_owners_deinit(&owners);
	return NULL;
}

struct parts {
	struct holders holders;
	struct account account;
	struct findings findings;
	struct verdict verdict;
};

static struct error *fill(struct analysis *analysis, const struct answer_options *options,
	const struct parts *parts, struct row *root)
{
	set_memory(analysis->snapshot, root);
	set_account(&parts->account, root);
	set_objects(analysis, root);
	set_verdict(&parts->verdict, root);
	struct error *error = set_holders(analysis, options, &parts->holders, root);
	if (!error)
		error = set_native_owners(analysis, options, root);
	row_set_findings(root, options, analysis->snapshot, &parts->findings);
	return error;
}

struct error *answer_explain(
	struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	struct parts parts = {0};
	struct error *error = holders_init(&parts.holders, analysis);
	if (error)
		return error;
	account_init(&parts.account, analysis);
	error = findings_init(&parts.findings, analysis, &parts.account, &parts.holders);
	if (!error)
		error = verdict_init(
			&parts.verdict, analysis, &parts.account, &parts.holders, &parts.findings);
	if (!error)
		error = fill(analysis, options, &parts, root);
	verdict_deinit(&parts.verdict);
	findings_deinit(&parts.findings);
	holders_deinit(&parts.holders);
	return error;
}

void answer_target(const struct snapshot *snapshot, const char *kind, struct row *target)
{
	row_set_text(target, "kind", kind);
	row_set_u64(target, "pid", snapshot->pid);
	row_set_text(target, "program", names_string(snapshot, snapshot->program));
	row_set_text(target, "python", names_string(snapshot, snapshot->python_version));
	row_set_text(target, "build", names_string(snapshot, snapshot->build));
	row_set_text(target, "arch", names_string(snapshot, snapshot->arch));
	row_set_text(target, "libc", names_string(snapshot, snapshot->libc));
	row_set_u64(target, "thread_count", snapshot->thread_count);
	row_set_u64(target, "started_unix_ns", snapshot->started_unix_ns);
	row_set_u64(target, "captured_unix_ns", snapshot->captured_unix_ns);
}
