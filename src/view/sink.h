/*
 * Where output goes: bytes become a stream or a file, and everything that can
 * go wrong on the way is remembered until sink_close() reports it.
 *
 *	struct sink sink;
 *	error = sink_open(&sink, path);       NULL: standard output
 *	sink_puts(&sink, "...");              no check needed
 *	error = sink_close(&sink);            flushes, publishes the file
 *
 * A regular file appears whole, with mode 0600, or not at all (snap/publish.h).
 * Devices and pipes are written directly.
 */
#ifndef WHYMEM_SINK_H
#define WHYMEM_SINK_H

#include "snap/publish.h"

#include <errno.h>

#define SINK_BUFFER_BYTES 65536

struct sink {
	int fd;              /* written to; -1 for a regular file */
	int failure;         /* errno of the first failure, 0 when all is well */
	struct error *error; /* of the file, when it was the one to fail */
	char *path;          /* as the user gave it; NULL: a stream of the caller */
	char *file_path;     /* of a regular file, links followed; NULL: none */
	struct publication file;
	size_t n; /* bytes in the buffer */
	char buffer[SINK_BUFFER_BYTES];
};

/* A sink into `path`; NULL or "-" is standard output. UNREADABLE_FILE, OUT_OF_SPACE. */
struct error *sink_open(struct sink *sink, const char *path);

/* A sink into a descriptor that stays the caller's. */
void sink_init_fd(struct sink *sink, int fd);

void sink_write(struct sink *sink, const void *data, size_t n);
void sink_puts(struct sink *sink, const char *text);
void sink_printf(struct sink *sink, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `n` times the same character. */
void sink_fill(struct sink *sink, char c, size_t n);

/* Remembers a failure of whoever writes (an errno) unless there is one already. */
void sink_fail(struct sink *sink, int failure);

/* The reader of a pipe went away: nothing to complain about, nothing more to do. */
static inline bool sink_is_broken_pipe(const struct sink *sink)
{
	return sink->failure == EPIPE;
}

/*
 * Flushes and publishes. After a failure nothing of the file is left. Returns
 * the error of the whole sink's life; NULL for a broken pipe, see above.
 */
struct error *sink_close(struct sink *sink);

/* Gives up: removes the unfinished file. Also safe after sink_close(). */
void sink_abandon(struct sink *sink);

#endif
