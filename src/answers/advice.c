/*
 * `whymem advice`: all findings; `--list`: all rules.
 */
#include "answers/findings.h"

static void set_finding(
	struct row *row, const struct snapshot *snapshot, const struct finding *finding)
{
	bool has_saving = finding->saving_bytes != UINT64_MAX;
	row_set_text(row, "rule", rule_id(finding->rule));
	row_set_text(row, "path", finding->text);
	row_set_text(row, "type", finding->type);
	row_set_text(row, "file", finding->location.file);
	row_set_u64(row, "line", finding->location.line ? finding->location.line : UINT64_MAX);
	if (finding->node == GRAPH_ROOT)
		row_set_null(row, "address");
	else
		row_set_address(row, snapshot, finding->node);
	row_set_text(row, "fingerprint", *finding->fingerprint ? finding->fingerprint : NULL);
	row_set_u64(row, "retained_bytes", finding->retained_bytes);
	row_set_u64(row, "saving_bytes", finding->saving_bytes);
	row_set_text(row, "saving_method",
		has_saving ? saving_method_name(finding->saving_method) : NULL);
	row_set_text(row, "summary", finding->summary);
	row_set_text(row, "advice", finding->advice);
	row_set_origin(row, snapshot, &finding->origin);
	row_copy_cells(row_add_row(row, "evidence"), finding->evidence);
}

void row_set_findings(struct row *root, const struct answer_options *options,
	const struct snapshot *snapshot, const struct findings *findings)
{
	struct table *table = row_add_table(root, "findings");
	size_t n_shown = rows_shown(options, findings->n);
	for (size_t i = 0; i < n_shown; i++)
		set_finding(table_add(table), snapshot, &findings->data[i]);
}

struct error *answer_advice(
	struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	struct holders holders;
	struct error *error = holders_init(&holders, analysis);
	if (error)
		return error;
	struct account account;
	struct findings findings;
	account_init(&account, analysis);
	error = findings_init(&findings, analysis, &account, &holders);
	if (!error) {
		row_set_findings(root, options, analysis->snapshot, &findings);
		findings_deinit(&findings);
	}
	holders_deinit(&holders);
	return error;
}

void answer_rules(struct row *root)
{
	size_t n;
	const struct rule *const *rules = rules_all(&n);
	struct table *table = row_add_table(root, "rules");
	for (size_t i = 0; i < n; i++) {
		struct row *row = table_add(table);
		row_set_text(row, "rule", rule_id(rules[i]));
		row_set_text(row, "title", rule_title(rules[i]));
	}
}
