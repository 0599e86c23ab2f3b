#include "cli/report.h"

#include "answers/traced.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "snap/file.h"
#include "trace/record.h"

static struct error *show_document(const struct request *request, const struct snapshot *snapshot,
	const struct traced_options *options)
{
	struct document document;
	struct error *error = document_begin(&document, command_find("run"));
	if (!error)
		error = answer_traced(snapshot, options, document.root);
	if (!error && request->program && !request->from)
		error = output_beside_program(request, &document);
	else if (!error)
		error = output_document(request, &document);
	document_deinit(&document);
	return error;
}

static struct error *choose(const struct request *request, bool is_file, struct traced_options *ret)
{
	*ret = (struct traced_options){
		.trace = {.threads = request->threads,
			.fold = request->fold,
			.inverted = request->inverted},
		.top = request->top,
		.has_tree = request->calls || request->inverted,
		.is_file = is_file,
	};
	return traced_options_choose(ret, request->by, request->sort);
}

struct error *report_check(const struct request *request)
{
	struct traced_options options;
	return choose(request, false, &options);
}

struct error *report_show(const struct request *request, const struct snapshot *snapshot)
{
	struct traced_options options;
	bool is_file = request->from || !request->program;
	struct error *error = choose(request, is_file, &options);
	return error ? error : show_document(request, snapshot, &options);
}

struct error *report_from_file(const struct request *request, int *status_ret)
{
	struct snapshot *snapshot;
	if (*request->program)
		return error_create(ERROR_USAGE, 0, "leave the program or --from out",
			"--from shows a trace and runs no program");
	progress_phase("reading the trace");
	struct error *error = snapshot_read(request->from, &snapshot);
	if (error)
		return error;
	if (!snapshot->traces.n)
		error = error_create(ERROR_USAGE, 0,
			"whymem run --save FILE records one, whymem explain shows a snapshot",
			"%s holds no trace", request->from);
	else
		error = report_show(request, snapshot);
	snapshot_destroy(snapshot);
	*status_ret = EXIT_DONE;
	return error;
}
