/*
 * The bytes of a frozen process become the image.
 *
 *	image_prepare()  before the freeze: address space, files, fresh pages
 *	image_copy()     from the frozen process: the pages that only it has
 *	image_postpone() and those that are copied when they are read
 *
 * A private mapping of a file shows the file itself, under the pages that were
 * written. Shared mappings, device memory and what cannot be read are left out.
 */
#ifndef WHYMEM_IMAGE_H
#define WHYMEM_IMAGE_H

#include "target/freezer.h"
#include "target/maps.h"

/* What a map has in the image; one for each map of a list, in its order. */
struct image_map {
	uint64_t *content; /* pages to copy, as bits; NULL when the map is left out */
	bool has_file;     /* clean pages come from the file */
};

struct image_plan {
	struct image_map *data;
	size_t n;
};

void image_plan_deinit(struct image_plan *plan);

/*
 * Makes room for all `maps` in the image of `capture` and maps their files.
 * Fills the plan but for the content bits, which are clear.
 */
struct error *image_prepare(
	struct capture *capture, const struct map_list *maps, struct image_plan *ret);

/* Has the system provide memory for content pages, so that copying is fast. */
struct error *image_populate(const struct mem *mem, const struct map_list *maps,
	const struct image_plan *plan, bool postpones);

/*
 * Makes the image, prepared for `before`, ready for what is mapped `now`, and
 * fills `ret` as image_prepare() does.
 */
struct error *image_update(struct capture *capture, const struct map_list *before,
	const struct image_plan *before_plan, const struct map_list *now, struct image_plan *ret);

struct image_copy_result {
	uint64_t n_lost_pages; /* could not be read: guard pages, stolen huge pages */
	bool source_died;
};

/*
 * Copies the content pages of the plan from the process that `freezer` holds:
 * all, or those that image_postpone() leaves.
 */
struct error *image_copy(struct freezer *freezer, const struct mem *mem,
	const struct map_list *maps, const struct image_plan *plan, bool postpones,
	struct image_copy_result *ret);

/* Where pages come from that are copied when they are read. Must not move. */
struct image_source {
	struct freezer *freezer; /* holds the frozen process */
	struct map_list maps;    /* borrowed */
	const struct image_plan *plan;
	_Atomic uint64_t n_lost_pages;
	_Atomic bool source_died;
};

/*
 * Leaves the chunks without mapped files to be copied when they are read;
 * `max_bytes` as in mem_bring_later().
 */
struct error *image_postpone(struct mem *mem, struct image_source *source, uint64_t max_bytes);

#endif
