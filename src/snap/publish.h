/*
 * A file that appears under its name when it is whole, or not at all: written
 * under a temporary name in the same folder, mode 0600, then renamed.
 *
 * SIGHUP, SIGINT and SIGTERM remove the temporary file first and then do what
 * they did before; SIGXFSZ is held off, so that a file size limit is an error
 * like a full disk. One publication at a time in a process: a second one waits.
 */
#ifndef WHYMEM_SNAP_PUBLISH_H
#define WHYMEM_SNAP_PUBLISH_H

#include "base/error.h"

#include <signal.h>

#define PUBLISH_SIGNALS 4

struct publication {
	int fd;           /* of the temporary file, open for reading and writing */
	const char *path; /* borrowed from the caller */
	uint64_t n_bytes; /* written so far */
	struct sigaction before[PUBLISH_SIGNALS];
};

struct error *publish_begin(const char *path, struct publication *ret);

/* Appends to the file. OUT_OF_SPACE, UNREADABLE_FILE. */
struct error *publish_write(struct publication *publication, const void *bytes, size_t n);

/* Writes over what is there already, at `offset`. */
struct error *publish_write_at(
	struct publication *publication, uint64_t offset, const void *bytes, size_t n);

/* Either must be called once; on failure of the first the file is removed, too. */
struct error *publish_commit(struct publication *publication);
void publish_abort(struct publication *publication);

#endif
