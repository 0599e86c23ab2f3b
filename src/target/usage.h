/*
 * How much memory a process uses now, read so often that it must cost little:
 * the process is neither stopped nor attached to. It is held by its folder in
 * /proc, which no other process with the same pid can take.
 */
#ifndef WHYMEM_USAGE_H
#define WHYMEM_USAGE_H

#include "base/error.h"
#include "base/vec.h"

#include <sys/types.h>

enum usage_figure {
	USAGE_RSS, /* the kernel's counter: costs microseconds */
	USAGE_PSS, /* the other two walk the page tables: about a millisecond a GiB */
	USAGE_USS,
	USAGE_FIGURES
};

extern const char *const usage_names[USAGE_FIGURES];

/* Opens the folder of a process. NO_SUCH_PROCESS, PERMISSION. */
struct error *usage_open(pid_t pid, int *folder_ret);

enum usage_result { USAGE_READ, USAGE_ENDED, USAGE_REFUSED };

enum usage_result usage_read(int folder, enum usage_figure figure, uint64_t *n_bytes_ret);

/* The most that was resident since the process began its program; UINT64_MAX: not known. */
uint64_t usage_read_peak(int folder);

struct pids {
	VEC(pid_t) all;
};

/* Does this kernel tell which children a process has? */
bool usage_knows_children(void);

/* Adds the children of the process; of one that is gone none. */
struct error *usage_children(int folder, struct pids *pids);

#endif
