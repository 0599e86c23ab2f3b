/*
 * Commands that answer from a snapshot: explain, types, retained, why, native,
 * garbage.
 */
#include "answers/since.h"
#include "cli/output.h"
#include "cli/source.h"

/* The earlier capture is reduced before the other one is read. */
static struct error *read_since(const struct request *request, struct moment **ret)
{
	struct source source = {0};
	struct error *error = source_open(request->since, &source);
	if (!error)
		error = source_analyse(&source);
	if (!error)
		error = since_create(source.analysis, request->by, ret);
	source_close(&source);
	return error;
}

static struct error *answer(const struct request *request, const struct moment *since,
	struct source *source, struct document *document)
{
	struct error *error = source_analyse(source);
	if (error)
		return error;
	struct row *capture = envelope_begin(source, document->root);
	const struct answer_options options = {
		.top = request->top,
		.retained = request->retained,
		.by = request->by,
		.since = since,
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
	struct moment *since = NULL;
	struct error *error = document_begin(&document, request->command);
	if (!error && request->since && request->only)
		error = error_create(ERROR_USAGE, 0, "leave --only or --since out",
			"--since compares with all objects, not with a selection");
	if (!error && request->since)
		error = read_since(request, &since);
	if (!error)
		error = source_open(request->operands[0], &source);
	if (!error)
		error = answer(request, since, &source, &document);
	since_destroy(since);
	document_deinit(&document);
	source_close(&source);
	*status_ret = EXIT_DONE;
	return error;
}
