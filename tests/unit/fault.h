/*
 * Calls that fail on demand: for tests that repeat a body with the first, the
 * second, the third ... allocation (or input/output call) failing, until it
 * succeeds. Include it in one file of a test that is linked with fault_link_args
 * (tests/unit/meson.build), which sends the calls of all our code through here.
 *
 *	for (long nth = 1;; nth++) {
 *		fault_arm(FAULT_MEMORY, nth, 0);
 *		struct error *error = body();
 *		if (!fault_disarm())
 *			break;              it was never reached: body() succeeded
 *		check that `error` is right, nothing leaked
 *	}
 */
#ifndef WHYMEM_TESTS_FAULT_H
#define WHYMEM_TESTS_FAULT_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum fault_kind { FAULT_NONE, FAULT_MEMORY, FAULT_INPUT_OUTPUT };

static struct {
	enum fault_kind kind;
	long left; /* calls until one fails */
	int sys_errno;
	bool happened;
	long mapped_bytes; /* of mmap() less those of munmap() */
} fault;

/* The nth call of this kind fails, once; input and output with this errno. */
static inline void fault_arm(enum fault_kind kind, long nth, int sys_errno)
{
	fault.left = nth;
	fault.sys_errno = sys_errno;
	fault.happened = false;
	fault.kind = kind;
}

/* Whether the call failed. */
static inline bool fault_disarm(void)
{
	fault.kind = FAULT_NONE;
	return fault.happened;
}

static inline long fault_mapped_bytes(void)
{
	return __atomic_load_n(&fault.mapped_bytes, __ATOMIC_RELAXED);
}

static inline bool fault_hits(enum fault_kind kind)
{
	if (__atomic_load_n(&fault.kind, __ATOMIC_RELAXED) != kind)
		return false;
	if (__atomic_sub_fetch(&fault.left, 1, __ATOMIC_RELAXED))
		return false;
	fault.happened = true;
	errno = kind == FAULT_MEMORY ? ENOMEM : fault.sys_errno;
	return true;
}

static inline void *fault_count_mapped(void *mapped, size_t n)
{
	if (mapped != MAP_FAILED)
		__atomic_fetch_add(&fault.mapped_bytes, (long)n, __ATOMIC_RELAXED);
	return mapped;
}

#define FAULT_WRAP(kind, failure, type, name, parameters, arguments)                               \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		return fault_hits(kind) ? (failure) : __real_##name arguments;                     \
	}

FAULT_WRAP(FAULT_MEMORY, NULL, void *, malloc, (size_t n), (n))
FAULT_WRAP(FAULT_MEMORY, NULL, void *, calloc, (size_t n, size_t size), (n, size))
FAULT_WRAP(FAULT_MEMORY, NULL, void *, realloc, (void *p, size_t n), (p, n))
FAULT_WRAP(FAULT_MEMORY, NULL, void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size))
FAULT_WRAP(FAULT_MEMORY, NULL, char *, strdup, (const char *text), (text))

/* Calls that the C library also has under a second name, for 64-bit offsets. */
#define FAULT_WRAP_FILES(suffix)                                                                   \
	FAULT_WRAP(FAULT_INPUT_OUTPUT, -1, ssize_t, pwrite##suffix,                                \
		(int fd, const void *bytes, size_t n, off_t at), (fd, bytes, n, at))               \
	FAULT_WRAP(FAULT_INPUT_OUTPUT, -1, ssize_t, pread##suffix,                                 \
		(int fd, void *bytes, size_t n, off_t at), (fd, bytes, n, at))                     \
	FAULT_WRAP(FAULT_INPUT_OUTPUT, -1, int, mkostemp##suffix, (char *name, int flags),         \
		(name, flags))                                                                     \
	FAULT_WRAP(                                                                                \
		FAULT_INPUT_OUTPUT, -1, int, fstat##suffix, (int fd, struct stat *ret), (fd, ret)) \
	void *__real_mmap##suffix(                                                                 \
		void *at, size_t n, int protection, int flags, int fd, off_t offset);              \
	void *__wrap_mmap##suffix(                                                                 \
		void *at, size_t n, int protection, int flags, int fd, off_t offset);              \
	void *__wrap_mmap##suffix(                                                                 \
		void *at, size_t n, int protection, int flags, int fd, off_t offset)               \
	{                                                                                          \
		if (fault_hits(FAULT_MEMORY))                                                      \
			return MAP_FAILED;                                                         \
		return fault_count_mapped(                                                         \
			__real_mmap##suffix(at, n, protection, flags, fd, offset), n);             \
	}

FAULT_WRAP(FAULT_INPUT_OUTPUT, -1, int, fsync, (int fd), (fd))
FAULT_WRAP(FAULT_INPUT_OUTPUT, -1, int, rename, (const char *from, const char *to), (from, to))

FAULT_WRAP_FILES()
FAULT_WRAP_FILES(64)

int __real_munmap(void *at, size_t n);
int __wrap_munmap(void *at, size_t n);
int __wrap_munmap(void *at, size_t n)
{
	__atomic_fetch_sub(&fault.mapped_bytes, (long)n, __ATOMIC_RELAXED);
	return __real_munmap(at, n);
}

#endif
