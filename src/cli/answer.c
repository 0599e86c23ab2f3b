/*
 * Commands that answer from a snapshot: explain, types, retained, why, native,
 * garbage.
 */
#include "cli/output.h"
#include "cli/source.h"

static struct error *answer(
	const struct request *request, struct source *source, struct document *document)
{
	struct error *error = source_analyse(source);
	if (error)
		return error;
	struct row *capture = envelope_begin(source, document->root);
	const struct answer_options options = {
		.top = request->top,
		.retained = request->retained,
		.by = request->by,
		.sort = request->sort,
		.only = request->only,
		.avoid = request->avoid,
		.query = request->n_operands > 1 ? request->operands[1] : NULL,
	};
	error = request->command->answer(source->analysis, &options, document->root);
	if (error)
		return error;
	envelope_finish(source, capture);
	return output_document(request, document);
}

struct error *run_answer(const struct request *request, int *status_ret)
{
	struct source source = {0};
	struct document document;
	struct error *error = document_begin(&document, request->command);
	if (!error)
		error = source_open(request->operands[0], &source);
	if (!error)
		error = answer(request, &source, &document);
	document_deinit(&document);
	source_close(&source);
	*status_ret = EXIT_DONE;
	return error;
}
