#include "view/sink.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>

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
	sink->error = NULL;
	sink->n = 0;
	sink->path = sink->file_path = NULL;
}

static bool is_regular(const char *path)
{
	struct stat status;
	return stat(path, &status) || S_ISREG(status.st_mode);
}

/* Links are followed, so that the file they lead to is replaced. */
static struct error *open_file(struct sink *sink)
{
	char *resolved = realpath(sink->path, NULL);
	sink->file_path = resolved ? resolved : strdup(sink->path);
	if (!sink->file_path)
		return &error_no_memory;
	return publish_begin(sink->file_path, &sink->file);
}

static struct error *open_stream(struct sink *sink)
{
	sink->fd = open(sink->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return sink->fd < 0 ? write_error(sink->path, errno) : NULL;
}

static void free_paths(struct sink *sink)
{
	free(sink->path);
	free(sink->file_path);
	sink->path = sink->file_path = NULL;
}

struct error *sink_open(struct sink *sink, const char *path)
{
	bool is_stdout = !path || !strcmp(path, "-");
	sink_init_fd(sink, is_stdout ? STDOUT_FILENO : -1);
	if (is_stdout)
		return NULL;
	sink->path = strdup(path);
	if (!sink->path)
		return &error_no_memory;
	struct error *error = is_regular(path) ? open_file(sink) : open_stream(sink);
	if (error)
		free_paths(sink);
	return error;
}

void sink_fail(struct sink *sink, int failure)
{
	if (!sink->failure)
		sink->failure = failure;
}

static void write_stream(struct sink *sink, const char *data, size_t n)
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

static void write_all(struct sink *sink, const char *data, size_t n)
{
	if (sink->failure)
		return;
	if (!sink->file_path) {
		write_stream(sink, data, n);
		return;
	}
	sink->error = publish_write(&sink->file, data, n);
	if (sink->error)
		sink_fail(sink, sink->error->sys_errno ? sink->error->sys_errno : EIO);
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

/* A full disk may show only when the descriptor is closed. */
static void close_stream(struct sink *sink)
{
	int fd = sink->path ? sink->fd : dup(sink->fd);
	if (fd >= 0 && close(fd))
		sink_fail(sink, errno);
	sink->fd = -1;
}

static struct error *close_file(struct sink *sink)
{
	if (!sink->failure)
		return publish_commit(&sink->file);
	publish_abort(&sink->file);
	struct error *error = sink->error;
	sink->error = NULL;
	return error ? error : write_error(sink->path, sink->failure);
}

struct error *sink_close(struct sink *sink)
{
	struct error *error = NULL;
	flush(sink);
	if (sink->file_path)
		error = close_file(sink);
	else
		close_stream(sink);
	if (!error && sink->failure && !sink_is_broken_pipe(sink))
		error = write_error(sink->path, sink->failure);
	free_paths(sink);
	return error;
}

void sink_abandon(struct sink *sink)
{
	if (sink->file_path)
		publish_abort(&sink->file);
	else if (sink->path && sink->fd >= 0)
		close(sink->fd);
	error_destroy(sink->error);
	sink->error = NULL;
	sink->fd = -1;
	free_paths(sink);
}
