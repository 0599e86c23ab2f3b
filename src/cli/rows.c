/*
 * whymem rows: every object and reference, one JSON line each.
 */
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/source.h"

static bool emit(void *arg, const char *line)
{
	struct sink *sink = arg;
	sink_puts(sink, line);
	sink_puts(sink, "\n");
	return !sink->failure;
}

static struct error *write_rows(const struct request *request, struct source *source)
{
	static struct sink sink;
	const struct answer_options options = {.only = request->only};
	struct error *error = source_analyse(source);
	if (!error)
		error = sink_open(&sink, request->output);
	if (error)
		return error;
	progress_stop();
	error = answer_rows(source->analysis, &options, emit, &sink);
	if (error) {
		sink_abandon(&sink);
		return error;
	}
	return output_close(&sink);
}

struct error *run_rows(const struct request *request, int *status_ret)
{
	struct source source = {0};
	struct error *error = source_open(request->operands[0], &source);
	if (!error)
		error = write_rows(request, &source);
	source_close(&source);
	*status_ret = EXIT_DONE;
	return error;
}
