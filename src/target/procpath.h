/*
 * Names below /proc for code that must not use stdio: the guardian.
 */
#ifndef WHYMEM_PROCPATH_H
#define WHYMEM_PROCPATH_H

#include "base/base.h"

#include <sys/types.h>

#define PROC_PATH_BYTES 64

/* BEFORE NUMBER AFTER in `ret`, which has PROC_PATH_BYTES; the number is not negative. */
static inline void path_with_number(char *ret, const char *before, pid_t number, const char *after)
{
	char digits[16];
	size_t n_digits = 0;
	assert(number >= 0 && strlen(before) + strlen(after) + sizeof(digits) < PROC_PATH_BYTES);
	char *at = stpcpy(ret, before);
	do
		digits[n_digits++] = (char)('0' + number % 10);
	while (number /= 10);
	while (n_digits)
		*at++ = digits[--n_digits];
	stpcpy(at, after);
}

/* /proc/PID/NAME; the name begins with a slash. */
static inline void proc_path(char *ret, pid_t pid, const char *name)
{
	path_with_number(ret, "/proc/", pid, name);
}

#endif
