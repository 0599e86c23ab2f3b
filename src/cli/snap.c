/*
 * whymem snap: a process becomes a snapshot file.
 */
#include "snap/file.h"

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/source.h"

#include <errno.h>
#include <sys/stat.h>

static struct error *check_request(const struct request *request)
{
	if (!is_digits(request->operands[0]))
		return error_create(ERROR_USAGE, 0, "whymem ps lists the pids",
			"snap saves a process: '%s' is no pid", request->operands[0]);
	if (!request->output)
		return error_create(ERROR_USAGE, 0, "say where to save it: whymem snap PID -o FILE",
			"snap needs -o FILE");
	return NULL;
}

static struct error *report(
	const struct request *request, const struct source *source, struct document *document)
{
	struct stat status;
	if (stat(request->output, &status))
		return error_create(ERROR_UNREADABLE_FILE, errno, NULL, "cannot find %s again: %s",
			request->output, strerror(errno));
	envelope_finish(source, envelope_begin(source, document->root));
	row_set_text(document->root, "file", request->output);
	row_set_int(document->root, "file_bytes", status.st_size);
	row_set_int(document->root, "object_count", source->snapshot->n_objects);
	struct request to_stdout = *request;
	to_stdout.output = NULL;
	return output_document(&to_stdout, document);
}

struct error *run_snap(const struct request *request, int *status_ret)
{
	struct error *error = check_request(request);
	if (error)
		return error;
	struct source source = {0};
	struct document document;
	error = document_begin(&document, request->command);
	if (!error)
		error = source_open(request->operands[0], &source);
	progress_phase("saving");
	if (!error)
		error = snapshot_write(source.snapshot, request->output);
	if (!error)
		error = report(request, &source, &document);
	document_deinit(&document);
	source_close(&source);
	*status_ret = EXIT_DONE;
	return error;
}
