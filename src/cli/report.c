#include "cli/report.h"

#include "answers/traced.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "snap/file.h"
#include "view/export.h"

/* What the user asked for: a document when there is no export. */
struct choice {
	struct traced_options options;
	const struct export_format *export;
	bool is_json;
};

static bool has_suffix(const char *path, const char *suffix)
{
	size_t n = strlen(path), n_suffix = strlen(suffix);
	return n > n_suffix && !strcmp(path + n - n_suffix, suffix);
}

static struct error *choose_format(const struct request *request, struct choice *choice)
{
	const char *format = request->format;
	if (format && request->json && strcmp(format, "json") != 0)
		return error_create(ERROR_USAGE, 0, "leave one of them out",
			"--json and --format %s are two formats", format);
	choice->is_json = request->json || (format && !strcmp(format, "json"));
	if (format)
		choice->export = export_find(format);
	else if (request->output && !request->json)
		choice->export = export_of_file(request->output);
	if (!format && !choice->export && request->output)
		choice->is_json |= has_suffix(request->output, ".json");
	return NULL;
}

static struct error *choose(const struct request *request, struct choice *ret)
{
	*ret = (struct choice){
		.options = {.trace = {.threads = request->threads,
				    .fold = request->fold,
				    .inverted = request->inverted},
			.top = request->top,
			.begin_ns = request->has_window ? request->window_begin_ns : 0,
			.end_ns = request->has_window ? request->window_end_ns : UINT64_MAX,
			.at_ns = request->at_ns,
			.has_window = request->has_window,
			.has_tree = request->calls || request->inverted,
			.is_file = request->from || !request->program},
	};
	struct error *error = traced_options_choose(&ret->options, request->by, request->sort);
	return error ? error : choose_format(request, ret);
}

struct error *report_check(const struct request *request)
{
	struct choice choice;
	return choose(request, &choice);
}

/* ---- showing ---- */

static struct error *show_document(
	const struct request *request, const struct snapshot *snapshot, const struct choice *choice)
{
	struct document document;
	struct request as_chosen = *request;
	as_chosen.json = choice->is_json;
	struct error *error = document_begin(&document, command_find("run"));
	if (!error)
		error = answer_traced(snapshot, &choice->options, document.root);
	if (!error && choice->options.is_file)
		error = output_document(&as_chosen, &document);
	else if (!error)
		error = output_beside_program(&as_chosen, &document);
	document_deinit(&document);
	return error;
}

static struct error *show_export(
	const struct request *request, const struct snapshot *snapshot, const struct choice *choice)
{
	static struct sink sink;
	struct error *error = sink_open(&sink, request->output);
	if (error)
		return error;
	progress_stop();
	error = export_write(
		choice->export, snapshot, &snapshot->traces.data[0], &choice->options.trace, &sink);
	if (!error)
		return output_close(&sink);
	sink_abandon(&sink);
	return error;
}

struct error *report_show(const struct request *request, const struct snapshot *snapshot)
{
	struct choice choice;
	struct error *error = choose(request, &choice);
	if (error)
		return error;
	return choice.export ? show_export(request, snapshot, &choice)
			     : show_document(request, snapshot, &choice);
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
