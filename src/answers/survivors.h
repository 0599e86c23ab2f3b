/*
 * Objects that were made between two captures and still live in a third, by
 * who holds them there or by their class.
 */
#ifndef WHYMEM_SURVIVORS_H
#define WHYMEM_SURVIVORS_H

#include "answers/moment.h"

struct survivors {
	uint64_t count, n_bytes;
	struct moment_rows rows; /* by bytes; of holders not all survivors are in one */
};

/* `set`: a bit a node. */
struct error *survivors_init(struct survivors *survivors, struct analysis *analysis,
	const uint64_t *set, bool has_classes, enum by by);
void survivors_deinit(struct survivors *survivors);

#endif
