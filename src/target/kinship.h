/*
 * What a process shares with the parent that forked it, and what it has copied
 * since: every write to a page of the other's, reference counts mostly, makes
 * a copy of it.
 *
 * Only reads: page tables of both, and a sample of pages; neither is stopped.
 */
#ifndef WHYMEM_KINSHIP_H
#define WHYMEM_KINSHIP_H

#include "target/maps.h"

/*
 * Fills `ret` when the parent of `pid` runs the same program and lets us read
 * it; leaves it all 0 otherwise. `maps` are those of `pid`; to be called before
 * a copy of it exists, which shares all its pages.
 */
struct error *kinship_read(
	pid_t pid, int pagemap_fd, const struct map_list *maps, struct kinship *ret);

#endif
