/*
 * whymem diff: two or three captures, one after the other in memory.
 */
#include "cli/compare.h"

static struct error *add_operand(struct compare *compare, const char *operand, uint64_t *began_ns)
{
	struct source source = {0};
	struct error *error = source_open(operand, &source);
	if (!error) {
		if (!*began_ns)
			*began_ns = source.began_ns;
		source.began_ns = *began_ns;
		error = compare_add(compare, &source);
	}
	source_close(&source);
	return error;
}

struct error *run_diff(const struct request *request, int *status_ret)
{
	struct compare compare = {0};
	uint64_t began_ns = 0;
	struct error *error = compare_begin(&compare, request, request->n_operands);
	for (unsigned i = 0; !error && i < request->n_operands; i++)
		error = add_operand(&compare, request->operands[i], &began_ns);
	if (!error)
		error = compare_finish(&compare, status_ret);
	compare_end(&compare);
	return error;
}
