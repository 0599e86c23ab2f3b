/*
 * How people call a process: the script or module that it runs, or its program.
 */
#ifndef WHYMEM_PROGRAM_H
#define WHYMEM_PROGRAM_H

#include "base/error.h"

#include <sys/types.h>

/* Fills `ret`, cut to `size`. */
struct error *program_read_name(pid_t pid, char *ret, size_t size);

/* When the process began, in nanoseconds since 1970. */
struct error *program_read_start(pid_t pid, uint64_t *ret);

#endif
