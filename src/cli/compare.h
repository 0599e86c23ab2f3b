/* What `whymem diff` and `whymem watch` share: captures become one document. */
#ifndef WHYMEM_COMPARE_H
#define WHYMEM_COMPARE_H

#include "answers/comparison.h"
#include "cli/output.h"
#include "cli/source.h"

struct compare {
	const struct request *request;
	struct expectation expectations[EXPECTATIONS_MAX];
	struct comparison *comparison;
	struct document document; /* with the envelope of the last capture */
	bool has_document, is_incomplete;
};

/* Zeroed before; compare_end() is due also after a failure. `n_planned` captures will come. */
struct error *compare_begin(
	struct compare *compare, const struct request *request, uint32_t n_planned);

struct error *compare_add(struct compare *compare, struct source *source);

/* Adds to the warnings of the document. */
void compare_warn(struct compare *compare, const char *id, const char *text);

/* Prints the document. */
struct error *compare_finish(struct compare *compare, int *status_ret);

void compare_end(struct compare *compare);

#endif
