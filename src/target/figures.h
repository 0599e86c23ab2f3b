/*
 * The kernel's own figures of a process, and whether there is memory enough
 * to capture it.
 */
#ifndef WHYMEM_FIGURES_H
#define WHYMEM_FIGURES_H

#include "target/capture.h"

/* All figures but rss_bytes. PSS and USS are wrong while a copy of the process exists. */
struct error *figures_read(pid_t pid, struct memory_figures *ret);

/*
 * How much more is resident when a process has about half of what its cgroups and
 * the machine can give it: there is still room to look at it then. 0: it has so
 * much; UINT64_MAX: not knowable.
 */
uint64_t figures_until_half(pid_t pid);

/* OUT_OF_MEMORY, with the figures, when we cannot hold `n_bytes` more. */
struct error *figures_check_own_room(pid_t pid, uint64_t n_bytes);

/*
 * Whether a copy of the process would fit into the limits of its cgroup while
 * it goes on writing; if not, says why in `reason`.
 */
bool figures_copy_fits(pid_t pid, uint64_t private_bytes, char *reason, size_t size);

#endif
