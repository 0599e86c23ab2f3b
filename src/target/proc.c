#include "target/proc.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

static struct error *open_error(const char *path)
{
	int code = errno;
	enum error_kind kind = ERROR_INTERNAL;
	if (code == ENOENT || code == ESRCH)
		kind = ERROR_NO_SUCH_PROCESS;
	else if (code == EACCES || code == EPERM)
		kind = ERROR_PERMISSION;
	return error_create(kind, code, NULL, "cannot read %s: %s", path, strerror(code));
}

struct error *proc_read_path(const char *path, char **ret, size_t *n_ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return open_error(path);
	_cleanup_free_ char *text = NULL;
	size_t n = 0, capacity = 0;
	for (;;) {
		if (capacity - n < 2) {
			capacity = capacity ? capacity * 2 : 4096;
			char *grown = realloc(text, capacity);
			if (!grown)
				return &error_no_memory;
			text = grown;
		}
		ssize_t got = read(fd, text + n, capacity - n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return open_error(path);
		if (!got)
			break;
		n += (size_t)got;
	}
	text[n] = '\0';
	*ret = move_ptr(text);
	if (n_ret)
		*n_ret = n;
	return NULL;
}

struct error *proc_read(pid_t pid, const char *name, char **ret, size_t *n_ret)
{
	char path[PROC_NAME_BYTES];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return proc_read_path(path, ret, n_ret);
}

struct error *proc_open(pid_t pid, const char *name, int flags, int *fd_ret)
{
	char path[PROC_NAME_BYTES];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	int fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return open_error(path);
	*fd_ret = fd;
	return NULL;
}

const char *proc_field(const char *text, const char *key)
{
	size_t length = strlen(key);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0)
			return line + length + strspn(line + length, " \t");
	}
	return NULL;
}

static uint64_t number(const char *text, int base)
{
	char *end;
	errno = 0;
	uint64_t value = strtoull(text, &end, base);
	return end == text || errno ? UINT64_MAX : value;
}

uint64_t proc_number(const char *text, const char *key, int base)
{
	const char *field = proc_field(text, key);
	return field ? number(field, base) : UINT64_MAX;
}

uint64_t proc_read_number(const char *path)
{
	_cleanup_free_ char *text = NULL;
	struct error *error = proc_read_path(path, &text, NULL);
	if (error) {
		error_destroy(error);
		return UINT64_MAX;
	}
	return number(text, 10);
}

struct error *proc_read_stat(pid_t pid, struct proc_stat *ret)
{
	_cleanup_free_ char *text = NULL;
	struct error *error = proc_read(pid, "stat", &text, NULL);
	if (error)
		return error;
	assert(text);
	/* The name stands in parentheses and may hold any byte, a parenthesis too. */
	const char *name = strchr(text, '('), *end = strrchr(text, ')');
	struct proc_stat stat = {0};
	unsigned long long started;
	if (!name || !end ||
		sscanf(end + 1,
			" %c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
			"%llu",
			&stat.state, &stat.parent, &stat.flags, &started) != 4)
		return error_create(
			ERROR_INTERNAL, 0, NULL, "cannot understand /proc/%d/stat", pid);
	snprintf(stat.name, sizeof(stat.name), "%.*s", (int)(end - name - 1), name + 1);
	stat.started_ticks = started;
	*ret = stat;
	return NULL;
}
