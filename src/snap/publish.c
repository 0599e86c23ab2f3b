#include "snap/publish.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_NAME ".whymem-XXXXXX"

static const int guarded[PUBLISH_SIGNALS] = {SIGHUP, SIGINT, SIGTERM, SIGXFSZ};

/* What the signal handler needs; guarded by `one_at_a_time` otherwise. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static char temporary_path[PATH_MAX];
static volatile sig_atomic_t temporary_exists;
static struct sigaction before_handler[PUBLISH_SIGNALS];

static struct error *failed(const struct publication *publication, int sys_errno, const char *verb)
{
	const char *reason = strerror(sys_errno);
	if (sys_errno == ENOSPC || sys_errno == EDQUOT || sys_errno == EFBIG)
		return error_create(ERROR_OUT_OF_SPACE, sys_errno,
			sys_errno == ENOSPC
				? "free some space there, or name a file on another disk"
			: sys_errno == EDQUOT
				? "free some of your quota, or name a file on another disk"
				: "raise the limit of the file size (ulimit -f)",
			"cannot %s %s: %s after %llu bytes", verb, publication->path, reason,
			(unsigned long long)publication->n_bytes);
	return error_create(ERROR_UNREADABLE_FILE, sys_errno,
		"name a file in a folder that you may write to", "cannot %s %s: %s", verb,
		publication->path, reason);
}

static void on_signal(int number)
{
	int saved_errno = errno;
	if (temporary_exists)
		unlink(temporary_path);
	temporary_exists = 0;
	for (size_t i = 0; i < PUBLISH_SIGNALS; i++)
		if (guarded[i] == number)
			sigaction(number, &before_handler[i], NULL);
	raise(number); /* delivered when this handler returns */
	errno = saved_errno;
}

static void guard_signals(struct publication *publication)
{
	struct sigaction remove = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
	sigemptyset(&remove.sa_mask);
	sigemptyset(&ignore.sa_mask);
	for (size_t i = 0; i < PUBLISH_SIGNALS; i++) {
		sigaction(guarded[i], NULL, &publication->before[i]);
		before_handler[i] = publication->before[i];
		if (guarded[i] == SIGXFSZ)
			sigaction(SIGXFSZ, &ignore, NULL);
		else if (publication->before[i].sa_handler != SIG_IGN)
			sigaction(guarded[i], &remove, NULL);
	}
}

static void release_signals(const struct publication *publication)
{
	for (size_t i = 0; i < PUBLISH_SIGNALS; i++)
		sigaction(guarded[i], &publication->before[i], NULL);
}

/* Only a plain file is replaced: never a device, a pipe or a folder. */
static struct error *check_replaceable(const struct publication *publication)
{
	struct stat status;
	if (stat(publication->path, &status) < 0)
		return errno == ENOENT ? NULL : failed(publication, errno, "write");
	if (S_ISREG(status.st_mode))
		return NULL;
	return error_create(ERROR_UNREADABLE_FILE, 0, "name a new file",
		"cannot write %s: it exists and is no regular file", publication->path);
}

static struct error *name_temporary(const struct publication *publication)
{
	const char *slash = strrchr(publication->path, '/');
	int folder = slash ? (int)MIN(slash - publication->path + 1, PATH_MAX) : 0;
	int n = snprintf(temporary_path, sizeof(temporary_path), "%.*s" TEMPORARY_NAME, folder,
		publication->path);
	if (n < (int)sizeof(temporary_path))
		return NULL;
	return failed(publication, ENAMETOOLONG, "write");
}

static struct error *make_temporary(struct publication *publication)
{
	struct error *error = check_replaceable(publication);
	if (!error)
		error = name_temporary(publication);
	if (error)
		return error;
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	publication->fd = mkostemp(temporary_path, O_CLOEXEC);
	int sys_errno = errno;
	temporary_exists = publication->fd >= 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return publication->fd < 0 ? failed(publication, sys_errno, "write") : NULL;
}

struct error *publish_begin(const char *path, struct publication *ret)
{
	struct publication begun = {.fd = -1, .path = path};
	pthread_mutex_lock(&one_at_a_time);
	guard_signals(&begun);
	struct error *error = make_temporary(&begun);
	if (error) {
		release_signals(&begun);
		pthread_mutex_unlock(&one_at_a_time);
		return error;
	}
	*ret = begun;
	return NULL;
}

struct error *publish_write_at(
	struct publication *publication, uint64_t offset, const void *bytes, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t written = pwrite(publication->fd, (const char *)bytes + done, n - done,
			(off_t)(offset + done));
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return failed(publication, written ? errno : EIO, "write");
		done += (size_t)written;
	}
	return NULL;
}

struct error *publish_write(struct publication *publication, const void *bytes, size_t n)
{
	struct error *error = publish_write_at(publication, publication->n_bytes, bytes, n);
	if (!error)
		publication->n_bytes += n;
	return error;
}

static void end(struct publication *publication)
{
	if (temporary_exists)
		unlink(temporary_path);
	temporary_exists = 0;
	if (publication->fd >= 0)
		close(publication->fd);
	publication->fd = -1;
	release_signals(publication);
	pthread_mutex_unlock(&one_at_a_time);
}

void publish_abort(struct publication *publication)
{
	end(publication);
}

/* Makes the new name last; a file system that cannot is no reason to fail. */
static void sync_folder(void)
{
	char *slash = strrchr(temporary_path, '/');
	if (slash)
		slash[1] = '\0';
	_cleanup_close_ int fd =
		open(slash ? temporary_path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		(void)fsync(fd);
}

struct error *publish_commit(struct publication *publication)
{
	struct error *error = NULL;
	int fd = move_fd(publication->fd);
	if (fsync(fd) < 0)
		error = failed(publication, errno, "write");
	if (close(fd) < 0 && !error)
		error = failed(publication, errno, "write");
	if (!error && rename(temporary_path, publication->path) < 0)
		error = failed(publication, errno, "write");
	if (!error) {
		temporary_exists = 0;
		sync_folder();
	}
	end(publication);
	return error;
}
