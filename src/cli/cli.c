/*
 * The program: arguments in, exit status out.
 */
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/version.h"
#include "view/page.h"

#include <locale.h>
#include <stdlib.h>

static struct error *print_version(void)
{
	static struct sink sink;
	struct error *error = sink_open(&sink, NULL);
	if (error)
		return error;
	sink_puts(&sink, "whymem " WHYMEM_VERSION "\n");
	return output_close(&sink);
}

static struct error *run_request(const struct request *request, int *status_ret)
{
	*status_ret = EXIT_DONE;
	if (request->version)
		return print_version();
	if (request->help)
		return run_help(request, status_ret);
	progress_start();
	struct error *error = request->command->run(request, status_ret);
	progress_stop();
	return error;
}

int cli_main(int argc, char **argv)
{
	int status = EXIT_DONE;
	struct request request;
	setlocale(LC_CTYPE, "");
	signals_init();
	struct error *error = request_parse(argc, argv, &request);
	if (!error)
		error = run_request(&request, &status);
	if (!error)
		return status;
	int failure = output_error(&request, error);
	if (!request.program || request.from)
		return failure;
	return status != EXIT_DONE ? status : EXIT_OWN_FAILURE;
}
