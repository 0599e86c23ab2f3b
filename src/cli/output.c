#include "cli/output.h"

#include "cli/progress.h"
#include "view/view.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

void signals_init(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/* ---- documents ---- */

struct error *document_begin(struct document *document, const struct command *command)
{
	struct error *error = document_init(document);
	if (error)
		return error;
	row_set_int(document->root, "schema", 1);
	row_set_text(document->root, "command", command->name);
	return NULL;
}

/* As a shell reports a program that wrote into a closed pipe: without a word. */
static void end_by_broken_pipe(struct sink *sink)
{
	sink_abandon(sink);
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}

/* Pipes and devices are left alone: to open them can mean something to others. */
static struct error *check_file(const char *path)
{
	static struct sink sink;
	struct stat status;
	if (!path || !strcmp(path, "-") || (!stat(path, &status) && !S_ISREG(status.st_mode)))
		return NULL;
	struct error *error = sink_open(&sink, path);
	if (!error)
		sink_abandon(&sink);
	return error;
}

struct error *output_check(const struct request *request)
{
	struct error *error = check_file(request->output);
	return error ? error : check_file(request->save);
}

struct error *output_close(struct sink *sink)
{
	struct error *error = sink_close(sink);
	if (!error && sink_is_broken_pipe(sink))
		end_by_broken_pipe(sink);
	return error;
}

struct error *output_open(struct sink *sink, const char *path, const struct document *document)
{
	struct error *error = document_finish(document);
	if (!error)
		error = sink_open(sink, path);
	if (!error)
		progress_stop();
	return error;
}

static struct error *write_document(
	const struct request *request, const struct document *document, bool to_stderr)
{
	static struct sink sink;
	struct error *error = to_stderr ? document_finish(document)
					: output_open(&sink, request->output, document);
	if (error)
		return error;
	if (to_stderr) {
		sink_init_fd(&sink, STDERR_FILENO);
		progress_stop();
	}
	if (request->json) {
		view_json(document->root, &sink);
	} else {
		struct page page = {&sink, style_detect(sink.fd, request->no_color), 0};
		view_text(document->root, &page);
	}
	return output_close(&sink);
}

struct error *output_document(const struct request *request, const struct document *document)
{
	return write_document(request, document, false);
}

struct error *output_beside_program(const struct request *request, const struct document *document)
{
	return write_document(request, document, !request->output && !request->json);
}

/* ---- errors ---- */

static void fill_failure(
	struct document *document, const struct request *request, const struct error *error)
{
	row_set_int(document->root, "schema", 1);
	row_set_text(document->root, "command", request->command ? request->command->name : NULL);
	struct row *row = row_add_row(document->root, "error");
	row_set_text(row, "kind", error_kind_name(error->kind));
	row_set_text(row, "text", error->text);
	row_set_text(row, "remedy", *error->remedy ? error->remedy : NULL);
	if (error->sys_errno)
		row_set_int(row, "errno", error->sys_errno);
	else
		row_set_null(row, "errno");
}

/* The failure as JSON on standard output; false when it could not be written. */
static bool print_failure(const struct request *request, const struct error *error)
{
	struct document document;
	struct error *failure = document_init(&document);
	if (!failure) {
		fill_failure(&document, request, error);
		struct request to_stdout = {.json = true};
		failure = output_document(&to_stdout, &document);
	}
	document_deinit(&document);
	error_destroy(failure);
	return !failure;
}

static void print_message(const struct error *error)
{
	static struct sink sink;
	sink_init_fd(&sink, STDERR_FILENO);
	struct page page = {&sink, {.width = 10000, .unicode = true}, 0};
	page_format(&page, INK_PLAIN, 0, "whymem: %s", error->text);
	if (*error->remedy)
		page_format(&page, INK_PLAIN, 0, "  remedy: %s", error->remedy);
	error_destroy(sink_close(&sink)); /* where could its failure be told? */
}

int output_error(const struct request *request, struct error *error)
{
	int status = error->kind == ERROR_USAGE ? EXIT_USAGE : EXIT_UNREADABLE;
	progress_stop();
	if (!request->json || !print_failure(request, error))
		print_message(error);
	error_destroy(error);
	return status;
}
