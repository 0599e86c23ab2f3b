/*
 * Bitmaps of pages become runs of pages, which workers share evenly.
 */
#ifndef WHYMEM_RUNS_H
#define WHYMEM_RUNS_H

#include "base/error.h"
#include "base/vec.h"

/* Consecutive pages of 4096 bytes. */
struct run {
	addr_t address;
	uint64_t n_pages;
	uint64_t before; /* pages of all runs before this one */
};

struct run_list {
	struct run *data;
	size_t n, capacity;
	uint64_t n_pages;
};

/* Adds the runs of set bits, bit 0 being the page at `start`. */
struct error *run_list_add(
	struct run_list *list, addr_t start, const uint64_t *bits, uint64_t n_pages);

/*
 * Goes through those pages of the list that have the numbers [begin, end) of
 * all its pages, run by run:
 *	for (it = run_cursor_at(list, begin, end); run_cursor_next(&it, &run);)
 */
struct run_cursor {
	const struct run_list *list;
	size_t index;
	uint64_t at, end;
};

struct run_cursor run_cursor_at(const struct run_list *list, uint64_t begin, uint64_t end);
bool run_cursor_next(struct run_cursor *cursor, struct run *ret);

#endif
