#include "cli/compare.h"

#include "analysis/analysis.h"
#include "cli/progress.h"

struct error *compare_begin(
	struct compare *compare, const struct request *request, uint32_t n_planned)
{
	struct error *error = NULL;
	compare->request = request;
	for (unsigned i = 0; !error && i < request->n_expectations; i++)
		error = expectation_parse(request->expectations[i], &compare->expectations[i]);
	if (error)
		return error;
	const struct comparison_options options = {
		.by = request->by,
		.top = request->top,
		.n_planned = n_planned,
		.expectations = compare->expectations,
		.n_expectations = request->n_expectations,
	};
	return comparison_create(&options, &compare->comparison);
}

/* The document is that of the last capture: of those before only the comparison is kept. */
static struct error *renew_document(struct compare *compare, const struct source *source)
{
	if (compare->has_document)
		document_deinit(&compare->document);
	compare->has_document = false;
	struct error *error = document_begin(&compare->document, compare->request->command);
	if (error)
		return error;
	compare->has_document = true;
	envelope_finish(source, envelope_begin(source, compare->document.root));
	if (compare->is_incomplete)
		compare_warn(compare, "earlier_capture_incomplete",
			"an earlier capture is incomplete: what it lacks seems to have grown");
	compare->is_incomplete |= !source->snapshot->complete;
	return NULL;
}

struct error *compare_add(struct compare *compare, struct source *source)
{
	struct error *error = source_analyse(source);
	if (!error)
		error = comparison_add(compare->comparison, source->analysis);
	return error ? error : renew_document(compare, source);
}

void compare_warn(struct compare *compare, const char *id, const char *text)
{
	const struct row *capture = row_row(compare->document.root, "capture");
	const struct cell *warnings = capture ? row_find(capture, "warnings") : NULL;
	if (!warnings || warnings->kind != CELL_TABLE)
		return;
	struct row *row = table_add(warnings->table);
	row_set_text(row, "id", id);
	row_set_text(row, "text", text);
}

struct error *compare_finish(struct compare *compare, int *status_ret)
{
	bool ok;
	progress_phase("comparing");
	struct error *error = comparison_answer(compare->comparison, compare->document.root, &ok);
	if (!error)
		error = output_document(compare->request, &compare->document);
	*status_ret = ok ? EXIT_DONE : EXIT_EXPECTATION;
	return error;
}

void compare_end(struct compare *compare)
{
	comparison_destroy(compare->comparison);
	for (unsigned i = 0; i < compare->request->n_expectations; i++)
		expectation_deinit(&compare->expectations[i]);
	if (compare->has_document)
		document_deinit(&compare->document);
}
