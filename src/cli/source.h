/*
 * SRC becomes a snapshot: a pid by capturing and walking the process, a file by
 * reading it.
 */
#ifndef WHYMEM_SOURCE_H
#define WHYMEM_SOURCE_H

#include "cli/command.h"

struct source {
	const char *kind; /* "process" or "snapshot" */
	struct snapshot *snapshot;
	struct analysis *analysis; /* NULL until source_analyse() */
	uint64_t began_ns;         /* monotonic */
};

/* `text` is digits (a pid) or a path. */
struct error *source_open(const char *text, struct source *ret);
struct error *source_analyse(struct source *source);
void source_close(struct source *source);

/*
 * The envelope of a document. The capture's row is filled last, by
 * envelope_finish(), because it tells how long all took.
 */
struct row *envelope_begin(const struct source *source, struct row *root);
void envelope_finish(const struct source *source, struct row *capture);

#endif
