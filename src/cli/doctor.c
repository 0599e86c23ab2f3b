/*
 * whymem doctor: can this process be read? which rule refuses, and what to do.
 */
#include "cli/host.h"
#include "cli/output.h"
#include "cli/process.h"
#include "cpython/cpython.h"
#include "target/access.h"

#include <stdio.h>

/* `refusal` (freed) is why the process may not be read, or NULL. */
static bool add_access(struct table *checks, struct error *refusal)
{
	bool may_read = !refusal;
	if (may_read)
		add_check(checks, "access", 1, NULL, "it may be read");
	else
		add_check(checks, "access", 0, refusal->remedy, "%s", refusal->text);
	error_destroy(refusal);
	return may_read;
}

static bool is_supported(const char *version)
{
	unsigned minor;
	bool is_known = sscanf(version, "3.%u", &minor) == 1;
	return !is_known || (minor >= CPYTHON_OLDEST_MINOR && version[strlen(version) - 1] != 't');
}

static bool check_python(struct table *checks, pid_t pid)
{
	struct process process;
	bool is_python = process_find_python(pid, &process);
	if (!is_python)
		add_check(checks, "python", 0, "whymem ps lists the Python processes of this host",
			"no CPython was found in it");
	else if (!is_supported(process.python))
		add_check(checks, "python", 0, cpython_supported, "it runs CPython %s: %s",
			process.python, process.program);
	else if (*process.python)
		add_check(checks, "python", 1, NULL, "it runs CPython %s: %s", process.python,
			process.program);
	else
		add_check(checks, "python", 1, NULL, "it runs a CPython: %s", process.program);
	return is_python && is_supported(process.python);
}

/* Fills the rows about `pid`; `readable_ret` tells whether all hold. */
static struct error *check_process(struct table *checks, pid_t pid, bool *readable_ret)
{
	struct error *error = capture_check_access(pid);
	if (error && error->kind == ERROR_NO_SUCH_PROCESS)
		return error;
	bool may_read = add_access(checks, error);
	*readable_ret = check_python(checks, pid) && may_read;
	return NULL;
}

static struct error *examine(
	const struct request *request, struct document *document, bool *readable_ret)
{
	struct row *root = document->root;
	row_set_null(root, "target");
	row_set_null(root, "capture");
	if (!request->n_operands) {
		row_set_null(root, "pid");
		row_set_null(root, "readable");
		add_host_checks(row_add_table(root, "checks"));
		*readable_ret = true;
		return NULL;
	}
	pid_t pid;
	struct error *error = parse_pid(request->operands[0], &pid);
	if (error)
		return error;
	row_set_int(root, "pid", pid);
	struct table *checks = row_add_table(root, "checks");
	error = check_process(checks, pid, readable_ret);
	if (error)
		return error;
	row_set_bool(root, "readable", *readable_ret);
	add_host_checks(checks);
	return NULL;
}

struct error *run_doctor(const struct request *request, int *status_ret)
{
	bool is_readable = false;
	struct document document;
	struct error *error = document_begin(&document, request->command);
	if (!error)
		error = examine(request, &document, &is_readable);
	if (!error)
		error = output_document(request, &document);
	document_deinit(&document);
	*status_ret = is_readable ? EXIT_DONE : EXIT_EXPECTATION;
	return error;
}
