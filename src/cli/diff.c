/*
 * whymem diff: two or three captures, one after the other in memory. Traces are
 * compared line by line instead, or by function.
 */
#include "answers/traced_diff.h"
#include "cli/compare.h"
#include "trace/record.h"

#include <assert.h>

/* ---- captures ---- */

/* The first source is open already. */
static struct error *add_operand(
	struct compare *compare, const char *operand, struct source *first, uint64_t *began_ns)
{
	struct source source = *first;
	struct error *error = NULL;
	*first = (struct source){0};
	if (!source.snapshot)
		error = source_open(operand, &source);
	if (!error) {
		if (!*began_ns)
			*began_ns = source.began_ns;
		source.began_ns = *began_ns;
		error = compare_add(compare, &source);
	}
	source_close(&source);
	return error;
}

static struct error *diff_captures(
	const struct request *request, struct source *first, int *status_ret)
{
	struct compare compare = {0};
	uint64_t began_ns = 0;
	struct error *error = NULL;
	if (request->sort)
		error = error_create(
			ERROR_USAGE, 0, "leave --sort out", "only traces have an order to choose");
	if (!error)
		error = compare_begin(&compare, request, request->n_operands);
	for (unsigned i = 0; !error && i < request->n_operands; i++)
		error = add_operand(&compare, request->operands[i], first, &began_ns);
	if (!error)
		error = compare_finish(&compare, status_ret);
	if (compare.request)
		compare_end(&compare);
	return error;
}

/* ---- traces ---- */

static struct error *check_traces(const struct request *request, const struct source *source)
{
	if (request->n_operands > 2)
		return error_create(
			ERROR_USAGE, 0, "compare them two by two", "traces are compared in pairs");
	assert(source->snapshot);
	if (source->snapshot->traces.n)
		return NULL;
	return error_create(ERROR_USAGE, 0,
		"whymem run --save FILE records them; --by holder names who keeps the memory",
		"no allocation lines are recorded in these captures");
}

static struct error *show_traces(const struct request *request,
	const struct traced_diff_options *options, const struct source sources[2], int *status_ret)
{
	struct document document;
	bool ok = true;
	struct error *error = document_begin(&document, request->command);
	if (!error) {
		struct row *capture = envelope_begin(&sources[1], document.root);
		error = answer_traced_diff(
			sources[0].snapshot, sources[1].snapshot, options, document.root, &ok);
		envelope_finish(&sources[1], capture);
	}
	if (!error)
		error = output_document(request, &document);
	document_deinit(&document);
	*status_ret = ok ? EXIT_DONE : EXIT_EXPECTATION;
	return error;
}

static struct error *diff_traces(
	const struct request *request, const struct source *first, int *status_ret)
{
	struct source sources[2] = {*first};
	struct expectation expectations[EXPECTATIONS_MAX] = {0};
	struct traced_diff_options options = {.top = request->top,
		.expectations = expectations,
		.n_expectations = request->n_expectations};
	struct error *error = traced_diff_choose(&options, request->by, request->sort);
	for (unsigned i = 0; !error && i < request->n_expectations; i++)
		error = expectation_parse(request->expectations[i], &expectations[i]);
	if (!error)
		error = check_traces(request, &sources[0]);
	if (!error)
		error = source_open(request->operands[1], &sources[1]);
	if (!error)
		error = check_traces(request, &sources[1]);
	if (!error) {
		sources[1].began_ns = sources[0].began_ns;
		error = show_traces(request, &options, sources, status_ret);
	}
	source_close(&sources[1]);
	for (unsigned i = 0; i < request->n_expectations; i++)
		expectation_deinit(&expectations[i]);
	return error;
}

/* What cannot be understood is told before anything is read. */
static struct error *check_expectations(const struct request *request)
{
	struct error *error = NULL;
	for (unsigned i = 0; !error && i < request->n_expectations; i++) {
		struct expectation expectation;
		error = expectation_parse(request->expectations[i], &expectation);
		if (!error)
			expectation_deinit(&expectation);
	}
	return error;
}

struct error *run_diff(const struct request *request, int *status_ret)
{
	struct source first = {0};
	struct error *error = check_expectations(request);
	if (!error)
		error = source_open(request->operands[0], &first);
	if (error)
		return error;
	bool is_by_function = request->by && !strcmp(request->by, "function");
	error = trace_is_alone(first.snapshot) || is_by_function
			? diff_traces(request, &first, status_ret)
			: diff_captures(request, &first, status_ret);
	source_close(&first);
	return error;
}
