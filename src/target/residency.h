/*
 * Which pages of each map are resident, and which must be copied.
 *
 * Pages that fork copies are looked up in the copy, which stands still; shared
 * mappings, clean pages of files and the like in the target itself, shortly
 * before it is stopped or while it stands.
 */
#ifndef WHYMEM_RESIDENCY_H
#define WHYMEM_RESIDENCY_H

#include "target/image.h"

/* Reads the running target. The kernel's Rss in resident_bytes of `maps` is kept. */
struct error *residency_read_before(int pagemap_fd, struct map_list *maps, struct image_plan *plan);

/*
 * Reads what `freezer` holds into `now` and its plan; what the copy lacks
 * comes from `before`.
 */
struct error *residency_read_frozen(struct freezer *freezer, const struct map_list *before,
	struct map_list *now, struct image_plan *plan);

/* Takes flags that only smaps shows from `before`, and adds maps that the copy lacks. */
struct error *residency_complete_maps(
	const struct freezer *freezer, const struct map_list *before, struct map_list *now);

/*
 * Sets resident_bytes, and returns their sum. Where the kernel did not tell the
 * zero page from others, pages of zeros beyond the kernel's Rss are taken for it.
 */
uint64_t residency_finish(const struct map_list *before, struct map_list *now);

#endif
