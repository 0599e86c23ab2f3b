/* Where objects were allocated, as rows: for `whymem why`. */
#ifndef WHYMEM_ANSWERS_ALLOCATED_H
#define WHYMEM_ANSWERS_ALLOCATED_H

#include "answers/table.h"

/*
 * Adds the table `allocated`, lines by the bytes of the objects that they
 * allocated, and `allocated_stack`, the stack that allocated most, innermost
 * call first. Both are null in a process that was not traced.
 */
struct error *row_set_allocated(struct row *root, struct analysis *analysis,
	const struct answer_options *options, const struct obj_ids *objects);

#endif
