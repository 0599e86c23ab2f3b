/*
 * The page table of a process becomes bits: which pages are resident, and
 * which hold bytes that only the process has.
 *
 * Uses the PAGEMAP_SCAN ioctl, and the entries of pagemap where the kernel
 * lacks it (before 6.7). Allocates nothing: the guardian calls it.
 */
#ifndef WHYMEM_PAGEMAP_H
#define WHYMEM_PAGEMAP_H

#include "base/base.h"

/*
 * Sets, for the pages of [begin, end), bit (page - begin) / 4096:
 *	resident	present and not the shared zero page: what smaps calls Rss
 *	content		present or swapped out, and neither the zero page nor the page of a file
 * Either may be NULL. Bits are only set, never cleared. On failure errno is set.
 */
bool pagemap_read(int pagemap_fd, addr_t begin, addr_t end, uint64_t *resident, uint64_t *content);

/* The way of older kernels, taken by pagemap_read() when there is no PAGEMAP_SCAN. */
bool pagemap_read_entries(
	int pagemap_fd, addr_t begin, addr_t end, uint64_t *resident, uint64_t *content);

/* Learns what this kernel can tell; to be called before any reading. */
void pagemap_init(void);

/* False when the shared zero page cannot be told from other pages and counts as resident. */
bool pagemap_knows_zero(void);

#endif
