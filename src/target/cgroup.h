/*
 * Where a process stands in the cgroup trees, and what the kernel lets it use.
 *
 * Reads v1 and v2; knows nothing of other limits.
 */
#ifndef WHYMEM_CGROUP_H
#define WHYMEM_CGROUP_H

#include "base/base.h"

#include <sys/types.h>

struct cgroup_memory {
	uint64_t limit_bytes; /* UINT64_MAX: none */
	uint64_t used_bytes;  /* UINT64_MAX: not knowable */
	uint64_t room_bytes;  /* until the limit, page cache that can go counted as free */
};

/* The group on the way to the root that has the least room left; no limit: the own group. */
void cgroup_read_memory(pid_t pid, struct cgroup_memory *ret);

/* How many more processes the cgroups of `pid` allow; UINT64_MAX: no limit. */
uint64_t cgroup_process_room(pid_t pid);

/*
 * Processes that the kernel has killed for lack of memory: in the cgroup where
 * a process was, and below it; where cgroups do not tell, on the whole host.
 */
struct memory_kills {
	char path[4096 + 64];
	uint64_t n; /* UINT64_MAX: not knowable */
};

void memory_kills_read(pid_t pid, struct memory_kills *ret);
/* Were there more since `before` was read? */
bool memory_kills_rose(const struct memory_kills *before);

#endif
