/*
 * Growth since an earlier capture, as cells of rows: delta_bytes and
 * delta_count. Null where the place cannot be told from others of its name.
 */
#ifndef WHYMEM_SINCE_H
#define WHYMEM_SINCE_H

#include "answers/moment.h"
#include "answers/table.h"

/* What an earlier capture is reduced to; `by` is that of answer_options. Freed by since_destroy().
 */
struct error *since_create(struct analysis *analysis, const char *by, struct moment **ret);
void since_destroy(struct moment *since);

/* A row of an object or group with that path. */
struct error *since_set_holder(const struct moment *since, const struct analysis *analysis,
	const struct holder *holder, struct row *row);

/* A row of `types`. */
void since_set_class(
	const struct moment *since, const struct population *population, struct row *row);

#endif
