/*
 * `whymem advice SRC`: all findings; `whymem advice --list`: all rules.
 */
#include "cli/output.h"

static struct error *list_rules(const struct request *request)
{
	struct document document;
	struct error *error = document_begin(&document, request->command);
	if (!error) {
		answer_rules(document.root);
		error = document_finish(&document);
	}
	if (!error)
		error = output_document(request, &document);
	document_deinit(&document);
	return error;
}

struct error *run_advice(const struct request *request, int *status_ret)
{
	*status_ret = EXIT_DONE;
	if (request->list && !request->n_operands)
		return list_rules(request);
	if (request->list || !request->n_operands)
		return error_create(ERROR_USAGE, 0, "whymem help advice tells how to use it",
			"advice takes either a source or --list");
	return run_answer(request, status_ret);
}
