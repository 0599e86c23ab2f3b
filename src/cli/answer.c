/*
 * Commands that answer from a snapshot: explain, types, retained, why, native,
 * garbage.
 */
#include "answers/since.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/source.h"
#include "trace/record.h"
#include "view/picture.h"

typedef void (*draw_fn)(const struct row *root, struct sink *sink);

static struct error *write_picture(const char *path, draw_fn draw, const struct document *document)
{
	static struct sink sink;
	struct error *error = output_open(&sink, path, document);
	if (error)
		return error;
	draw(document->root, &sink);
	return output_close(&sink);
}

/* A picture on standard output takes the place of the document. */
static struct error *output_all(const struct request *request, const struct document *document)
{
	const struct {
		const char *path;
		draw_fn draw;
	} pictures[] = {{request->dot, view_dot}, {request->svg, view_svg}};
	bool is_drawn = false;
	struct error *error = NULL;
	for (size_t i = 0; !error && i < ARRAY_SIZE(pictures); i++) {
		if (!pictures[i].path)
			continue;
		error = write_picture(pictures[i].path, pictures[i].draw, document);
		is_drawn = is_drawn || !strcmp(pictures[i].path, "-");
	}
	return error || is_drawn ? error : output_document(request, document);
}

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
		.to = request->to,
		.back = request->back,
		.chain = request->chain,
		.depth = request->depth,
		.query = request->n_operands > 1 ? request->operands[1] : NULL,
	};
	error = request->command->answer(source->analysis, &options, document->root);
	if (error)
		return error;
	envelope_finish(source, capture);
	return output_all(request, document);
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
	bool is_report = !error && request->command->answer == answer_explain &&
			 trace_is_alone(source.snapshot);
	if (is_report)
		error = report_show(request, source.snapshot);
	else if (!error)
		error = answer(request, since, &source, &document);
	since_destroy(since);
	document_deinit(&document);
	source_close(&source);
	*status_ret = EXIT_DONE;
	return error;
}
