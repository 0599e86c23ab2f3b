#include "view/sink.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/stat.h>

/* The one unfinished file, for sink_remove_pending(). */
static char pending_path[PATH_MAX];
static atomic_bool is_pending;

void sink_remove_pending(void)
{
	if (atomic_exchange(&is_pending, false))
		unlink(pending_path);
}

static struct error *write_error(const char *path, int failure)
{
	const char *name = path ? path : "standard output";
	if (failure == ENOMEM)
		return &error_no_memory;
	if (failure == ENOSPC || failure == EDQUOT || failure == EFBIG)
		return error_create(ERROR_OUT_OF_SPACE, failure,
			"free some space there or write to another place with -o FILE",
			"cannot write %s: %s", name, strerror(failure));
	return error_create(ERROR_UNREADABLE_FILE, failure, "write to another place with -o FILE",
		"cannot write %s: %s", name, strerror(failure));
}

void sink_init_fd(struct sink *sink, int fd)
{
	sink->fd = fd;
	sink->failure = 0;
	sink->n = 0;
	sink->path = sink->final_path = sink->pending_path = NULL;
}

/* `path` with symbolic links followed, so that the file they lead to is replaced. */
static char *resolve(const char *path)
{
	char *resolved = realpath(path, NULL);
	return resolved ? resolved : strdup(path);
}

static int open_pending(struct sink *sink)
{
	if (asprintf(&sink->pending_path, "%s.XXXXXX", sink->final_path) < 0) {
		sink->pending_path = NULL;
		return -1;
	}
	if (strlen(sink->pending_path) >= sizeof(pending_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	int fd = mkostemp(sink->pending_path, O_CLOEXEC);
	if (fd >= 0) {
		strcpy(pending_path, sink->pending_path);
		atomic_store(&is_pending, true);
	}
	int failure = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = failure;
	return fd;
}

static void free_paths(struct sink *sink)
{
	free(sink->path);
	free(sink->final_path);
	free(sink->pending_path);
	sink->path = sink->final_path = sink->pending_path = NULL;
}

static int open_file(struct sink *sink, const char *path)
{
	struct stat status;
	if (!stat(path, &status) && !S_ISREG(status.st_mode))
		return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	sink->final_path = resolve(path);
	return sink->final_path ? open_pending(sink) : -1;
}

struct error *sink_open(struct sink *sink, const char *path)
{
	sink_init_fd(sink, STDOUT_FILENO);
	if (!path || !strcmp(path, "-"))
		return NULL;
	sink->path = strdup(path);
	sink->fd = sink->path ? open_file(sink, path) : -1;
	if (sink->fd >= 0)
		return NULL;
	struct error *error = write_error(path, errno);
	free_paths(sink);
	return error;
}

void sink_fail(struct sink *sink, int failure)
{
	if (!sink->failure)
		sink->failure = failure;
}

static void write_all(struct sink *sink, const char *data, size_t n)
{
	while (n && !sink->failure) {
		ssize_t n_written = write(sink->fd, data, n);
		if (n_written < 0 && errno == EINTR)
			continue;
		if (n_written <= 0) {
			sink_fail(sink, n_written ? errno : EIO);
			return;
		}
		data += n_written;
		n -= (size_t)n_written;
	}
}

static void flush(struct sink *sink)
{
	write_all(sink, sink->buffer, sink->n);
	sink->n = 0;
}

void sink_write(struct sink *sink, const void *data, size_t n)
{
	if (sink->failure)
		return;
	if (n > sizeof(sink->buffer) - sink->n)
		flush(sink);
	if (n > sizeof(sink->buffer)) {
		write_all(sink, data, n);
		return;
	}
	memcpy(sink->buffer + sink->n, data, n);
	sink->n += n;
}

void sink_puts(struct sink *sink, const char *text)
{
	sink_write(sink, text, strlen(text));
}

void sink_printf(struct sink *sink, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;
	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		text = NULL;
		sink_fail(sink, ENOMEM);
		return;
	}
	sink_write(sink, text, (size_t)n);
}

void sink_fill(struct sink *sink, char c, size_t n)
{
	while (n--)
		sink_write(sink, &c, 1);
}

static void publish(struct sink *sink)
{
	if (fchmod(sink->fd, 0600) || fsync(sink->fd) ||
		rename(sink->pending_path, sink->final_path)) {
		sink_fail(sink, errno);
		return;
	}
	atomic_store(&is_pending, false);
}

/* A full disk may show only when the descriptor is closed. */
static void close_descriptor(struct sink *sink)
{
	if (sink->path && close(sink->fd))
		sink_fail(sink, errno);
	else if (!sink->path && sink->fd == STDOUT_FILENO) {
		int copy = dup(sink->fd);
		if (copy >= 0 && close(copy))
			sink_fail(sink, errno);
	}
	sink->fd = -1;
}

struct error *sink_close(struct sink *sink)
{
	flush(sink);
	if (sink->pending_path && !sink->failure)
		publish(sink);
	close_descriptor(sink);
	struct error *error = NULL;
	if (sink->failure && !sink_is_broken_pipe(sink))
		error = write_error(sink->path, sink->failure);
	if (sink->pending_path)
		sink_remove_pending();
	free_paths(sink);
	return error;
}

void sink_abandon(struct sink *sink)
{
	if (sink->path && sink->fd >= 0)
		close(sink->fd);
	sink->fd = -1;
	if (sink->pending_path)
		sink_remove_pending();
	free_paths(sink);
}
