/*
 * Small files of /proc become text and numbers.
 *
 * Knows the format of stat and of "Key: value" files; not what they mean.
 */
#ifndef WHYMEM_PROC_H
#define WHYMEM_PROC_H

#include "base/error.h"

#include <sys/types.h>

/* Room for the longest name under /proc/PID that is formed here. */
#define PROC_NAME_BYTES 96

/*
 * All of /proc/PID/NAME, NUL-terminated; freed by the caller. NO_SUCH_PROCESS
 * when it is gone, PERMISSION when it may not be read.
 */
struct error *proc_read(pid_t pid, const char *name, char **ret, size_t *n_ret);

/* All of the file at `path`, as proc_read(). */
struct error *proc_read_path(const char *path, char **ret, size_t *n_ret);

/* Opens /proc/PID/NAME; errors as proc_read(). */
struct error *proc_open(pid_t pid, const char *name, int flags, int *fd_ret);

/* The text behind `key` (with its colon) at the start of a line, blanks skipped, or NULL. */
const char *proc_field(const char *text, const char *key);

/* The number behind `key` in base `base`, or UINT64_MAX. */
uint64_t proc_number(const char *text, const char *key, int base);

/* The number in the file at `path`; UINT64_MAX when there is none ("max", unreadable). */
uint64_t proc_read_number(const char *path);

struct proc_stat {
	char name[64];
	char state;
	pid_t parent;
	uint32_t flags;         /* PF_* of the kernel */
	uint64_t started_ticks; /* since boot */
};

struct error *proc_read_stat(pid_t pid, struct proc_stat *ret);

#define PROC_FLAG_EXITING 0x00000004u
#define PROC_FLAG_KTHREAD 0x00200000u

#endif
