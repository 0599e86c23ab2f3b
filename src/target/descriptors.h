/*
 * How many descriptors a process has open, by what they lead to.
 */
#ifndef WHYMEM_DESCRIPTORS_H
#define WHYMEM_DESCRIPTORS_H

#include "base/base.h"

#include <sys/types.h>

/* UINT64_MAX: not knowable. */
struct descriptor_figures {
	uint64_t file_count, socket_count, pipe_count, other_count;
	uint64_t limit; /* the process may have so many open */
};

void descriptors_read(pid_t pid, struct descriptor_figures *ret);

#endif
