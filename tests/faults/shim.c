/*
 * Preloaded into whymem: makes one call to the C library fail.
 *
 *	WHYMEM_FAULT=memory:N	the Nth of malloc, calloc, realloc, mmap ... (ENOMEM)
 *	WHYMEM_FAULT=files:N:E	the Nth of open, read, pread ... with errno E
 *	WHYMEM_FAULT_COUNT=PATH	at its end the process writes there how many of them it made
 *
 * Forked children go on counting where their parent stood.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NOTHING, MEMORY, FILES };

static int kind, sys_errno = ENOMEM;
static unsigned long fails_at, n_calls;
static const char *count_path;
static pid_t counted_process;

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("WHYMEM_FAULT");
	char name[16] = "";
	count_path = getenv("WHYMEM_FAULT_COUNT");
	counted_process = getpid();
	if (!text || sscanf(text, "%15[a-z]:%lu:%d", name, &fails_at, &sys_errno) < 2)
		return;
	kind = strcmp(name, "memory") == 0 ? MEMORY : FILES;
}

__attribute__((destructor)) static void end(void)
{
	char text[32];
	kind = NOTHING;
	if (!count_path || getpid() != counted_process)
		return;
	int fd = (int)syscall(SYS_openat, AT_FDCWD, count_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int n = snprintf(text, sizeof(text), "%lu\n", n_calls);
	if (fd < 0 || syscall(SYS_write, fd, text, n) != n)
		abort();
	syscall(SYS_close, fd);
}

static bool fails(int which)
{
	if (kind != which || __atomic_add_fetch(&n_calls, 1, __ATOMIC_RELAXED) != fails_at)
		return false;
	errno = sys_errno;
	return true;
}

/* ---- memory ---- */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
	return fails(MEMORY) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails(MEMORY) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails(MEMORY) ? NULL : __libc_realloc(p, n);
}

void *reallocarray(void *p, size_t n, size_t size)
{
	size_t n_bytes;
	if (__builtin_mul_overflow(n, size, &n_bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, n_bytes);
}

void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
	if (fails(MEMORY))
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, at, n, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t n, int protection, int flags, int fd, off_t offset)
	__attribute__((alias("mmap")));

/* ---- files ---- */

static int open_any(int folder, const char *path, int flags, int mode)
{
	return fails(FILES) ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define OPEN(name, first, folder)                                                                  \
	int name(first const char *path, int flags, ...)                                           \
	{                                                                                          \
		va_list args;                                                                      \
		va_start(args, flags);                                                             \
		int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;                  \
		va_end(args);                                                                      \
		return open_any(folder, path, flags, mode);                                        \
	}
#define NO_FOLDER
#define FOLDER int folder,

OPEN(open, NO_FOLDER, AT_FDCWD)
OPEN(open64, NO_FOLDER, AT_FDCWD)
OPEN(openat, FOLDER, folder)
OPEN(openat64, FOLDER, folder)

ssize_t read(int fd, void *bytes, size_t n)
{
	return fails(FILES) ? -1 : syscall(SYS_read, fd, bytes, n);
}

ssize_t pread(int fd, void *bytes, size_t n, off_t at)
{
	return fails(FILES) ? -1 : syscall(SYS_pread64, fd, bytes, n, at);
}

ssize_t pread64(int fd, void *bytes, size_t n, off_t at) __attribute__((alias("pread")));

ssize_t readlink(const char *path, char *bytes, size_t n)
{
	return fails(FILES) ? -1 : syscall(SYS_readlink, path, bytes, n);
}

ssize_t process_vm_readv(pid_t pid, const struct iovec *local, unsigned long n_local,
	const struct iovec *remote, unsigned long n_remote, unsigned long flags)
{
	if (fails(FILES))
		return -1;
	return syscall(SYS_process_vm_readv, pid, local, n_local, remote, n_remote, flags);
}
