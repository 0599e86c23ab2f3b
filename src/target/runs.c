#include "target/runs.h"

/* The first page from `at` on whose bit is `value`, or `n`. */
static uint64_t find_bit(const uint64_t *bits, uint64_t at, uint64_t n, bool value)
{
	while (at < n) {
		uint64_t word = value ? bits[at / 64] : ~bits[at / 64];
		word >>= at % 64;
		if (word)
			return MIN(n, at + (uint64_t)__builtin_ctzll(word));
		at = align_down(at, 64) + 64;
	}
	return n;
}

struct error *run_list_add(
	struct run_list *list, addr_t start, const uint64_t *bits, uint64_t n_pages)
{
	for (uint64_t first = find_bit(bits, 0, n_pages, true); first < n_pages;) {
		uint64_t end = find_bit(bits, first, n_pages, false);
		struct run *run = vec_add(list);
		if (!run)
			return &error_no_memory;
		*run = (struct run){start + first * 4096, end - first, list->n_pages};
		list->n_pages += end - first;
		first = find_bit(bits, end, n_pages, true);
	}
	return NULL;
}

struct run_cursor run_cursor_at(const struct run_list *list, uint64_t begin, uint64_t end)
{
	const struct run *runs = list->data;
	size_t at = partition_point(i, 0, list->n, runs[i].before + runs[i].n_pages <= begin);
	return (struct run_cursor){list, at, begin, end};
}

bool run_cursor_next(struct run_cursor *cursor, struct run *ret)
{
	if (cursor->at >= cursor->end || cursor->index >= cursor->list->n)
		return false;
	const struct run *run = &cursor->list->data[cursor->index++];
	uint64_t skipped = cursor->at - run->before;
	uint64_t n_pages = MIN(run->n_pages - skipped, cursor->end - cursor->at);
	*ret = (struct run){run->address + skipped * 4096, n_pages, cursor->at};
	cursor->at += n_pages;
	return true;
}
