#include "target/kinship.h"

#include "base/cleanup.h"
#include "target/proc.h"

#include <fcntl.h>

#define ENTRY_PRESENT (1ull << 63)
#define ENTRY_FILE (1ull << 61)
#define ENTRY_EXCLUSIVE (1ull << 56)

#define PAGE 4096
#define WORDS (PAGE / 8)

/* Pages whose entries are looked at together; of each such batch some are compared. */
#define BATCH_PAGES 16
#define COMPARED_MAX 4096
#define READ_PAGES 1024

/* Of a copy, this share of the words that are not 0 is still what the parent has. */
#define SAME_SHARE 2

/* What differs and is below this counts something. */
#define COUNT_LIMIT (1ull << 32)

/* In /proc/PID/stat, from the name to startcode, the 26th. */
#define FIELDS_BEFORE_CODE 24

struct reader {
	int pagemap_fd, parent_pagemap_fd, mem_fd, parent_mem_fd;
	uint64_t stride; /* every so many batches one is compared */
	uint64_t n_batches;
	bool is_due;  /* the next page that may be a copy is to be compared */
	bool is_copy; /* what the last comparison said */
	struct kinship *kinship;
	struct error *error;
};

/* ---- is it a fork? ---- */

/* Where the code, the stack and the arguments of a program begin: inherited by fork(). */
struct birthmarks {
	unsigned long long code, end_code, stack;
};

static bool read_birthmarks(pid_t pid, struct birthmarks *ret)
{
	_cleanup_free_ char *text = NULL;
	struct error *error = proc_read(pid, "stat", &text, NULL);
	error_destroy(error); /* gone, or hidden: no kin of ours */
	const char *at = error ? NULL : strrchr(text, ')');
	for (unsigned i = 0; at && i < FIELDS_BEFORE_CODE; i++)
		at = strchr(at + 1, ' ');
	return at && sscanf(at, "%llu %llu %llu", &ret->code, &ret->end_code, &ret->stack) == 3 &&
	       ret->stack > 1;
}

static bool is_forked_from(pid_t pid, pid_t parent)
{
	struct birthmarks own, other;
	return parent > 1 && read_birthmarks(pid, &own) && read_birthmarks(parent, &other) &&
	       own.code == other.code && own.end_code == other.end_code && own.stack == other.stack;
}

/* ---- pages ---- */

static bool read_entries(int fd, addr_t at, uint64_t *to, size_t n)
{
	ssize_t n_bytes = (ssize_t)(n * sizeof(*to));
	return pread(fd, to, (size_t)n_bytes, (off_t)(at / PAGE * sizeof(*to))) == n_bytes;
}

static bool is_anonymous(uint64_t entry)
{
	return entry & ENTRY_PRESENT && !(entry & ENTRY_FILE);
}

/* process_vm_readv() would give the process a copy of its own of a page that it shares. */
static bool read_page(int mem_fd, addr_t at, uint64_t words[WORDS])
{
	return pread(mem_fd, words, PAGE, (off_t)at) == PAGE;
}

static bool compare(struct reader *reader, const uint64_t *own, const uint64_t *other)
{
	uint64_t n_used = 0, n_same = 0, n_changed = 0, n_counts = 0;
	for (size_t i = 0; i < WORDS; i++) {
		n_used += own[i] || other[i];
		n_same += own[i] && own[i] == other[i];
		n_changed += own[i] != other[i];
		n_counts += own[i] != other[i] && own[i] < COUNT_LIMIT && other[i] < COUNT_LIMIT;
	}
	if (n_same * SAME_SHARE < n_used)
		return false;
	reader->kinship->compared_pages++;
	reader->kinship->unchanged_pages += n_changed == n_counts;
	return true;
}

/* Does the page at `at` still hold most of what the parent has there? */
static bool is_copy_of_parent(struct reader *reader, addr_t at)
{
	uint64_t own[WORDS], other[WORDS];
	if (!read_page(reader->mem_fd, at, own) || !read_page(reader->parent_mem_fd, at, other))
		return false;
	return compare(reader, own, other);
}

static void add_copy(struct reader *reader, addr_t at)
{
	struct kinship *kinship = reader->kinship;
	struct copied_range *last =
		kinship->copies.n ? &kinship->copies.data[kinship->copies.n - 1] : NULL;
	kinship->copied_bytes += PAGE;
	if (last && last->end == at) {
		last->end += PAGE;
		return;
	}
	struct copied_range *range = vec_add(&kinship->copies);
	if (range)
		*range = (struct copied_range){at, at + PAGE};
	else
		reader->error = &error_no_memory;
}

/* `n` pages from `at` on: all that both have and that the child has alone go by one of them. */
static void read_batch(
	struct reader *reader, addr_t at, const uint64_t *own, const uint64_t *other, size_t n)
{
	reader->is_due |= reader->n_batches++ % reader->stride == 0;
	for (size_t i = 0; i < n && !reader->error; i++) {
		if (!is_anonymous(own[i]) || !is_anonymous(other[i]))
			continue;
		if (!(own[i] & ENTRY_EXCLUSIVE)) {
			reader->kinship->shared_bytes += PAGE;
			continue;
		}
		if (reader->is_due)
			reader->is_copy = is_copy_of_parent(reader, at + i * PAGE);
		reader->is_due = false;
		if (reader->is_copy)
			add_copy(reader, at + i * PAGE);
	}
}

static bool read_range(struct reader *reader, addr_t begin, addr_t end)
{
	uint64_t own[READ_PAGES], other[READ_PAGES];
	reader->n_batches = 0;
	for (addr_t at = begin; at < end && !reader->error; at += READ_PAGES * PAGE) {
		size_t n = MIN((end - at) / PAGE, (uint64_t)READ_PAGES);
		if (!read_entries(reader->pagemap_fd, at, own, n) ||
			!read_entries(reader->parent_pagemap_fd, at, other, n))
			return false;
		for (size_t i = 0; i < n; i += BATCH_PAGES)
			read_batch(reader, at + i * PAGE, own + i, other + i,
				MIN(n - i, (size_t)BATCH_PAGES));
	}
	return true;
}

/* ---- mappings ---- */

static bool is_inherited(const struct map *own, const struct map *other)
{
	return own->flags & MAP_WRITE && other->flags & MAP_WRITE &&
	       !((own->flags | other->flags) & (MAP_IS_SHARED | MAP_IS_SPECIAL | MAP_IS_STACK |
						       MAP_IS_HUGETLB | MAP_RAW)) &&
	       !own->inode && !other->inode;
}

/* The intersection of two lists by address. */
static void read_ranges(
	struct reader *reader, const struct map_list *maps, const struct map_list *others)
{
	size_t i = 0, j = 0;
	while (i < maps->n && j < others->n && !reader->error) {
		const struct map *own = &maps->data[i], *other = &others->data[j];
		addr_t begin = MAX(own->start, other->start), end = MIN(own->end, other->end);
		if (begin < end && is_inherited(own, other) && !read_range(reader, begin, end))
			return;
		if (own->end <= other->end)
			i++;
		else
			j++;
	}
}

static uint64_t stride_of(const struct map_list *maps)
{
	uint64_t n_bytes = 0;
	vec_foreach (maps, map)
		if (!map->inode)
			n_bytes += map->resident_bytes;
	return n_bytes / ((uint64_t)PAGE * BATCH_PAGES * COMPARED_MAX) + 1;
}

static void kinship_clear(struct kinship *kinship)
{
	vec_deinit(&kinship->copies);
	*kinship = (struct kinship){0};
}

/* A parent that is gone or may not be read: then nothing is known of it. */
static struct error *without_kin(struct error *error)
{
	if (error->kind == ERROR_OUT_OF_MEMORY)
		return error;
	error_destroy(error);
	return NULL;
}

struct error *kinship_read(
	pid_t pid, int pagemap_fd, const struct map_list *maps, struct kinship *ret)
{
	struct proc_stat stat;
	_cleanup_close_ int parent_pagemap_fd = -1;
	_cleanup_close_ int mem_fd = -1;
	_cleanup_close_ int parent_mem_fd = -1;
	struct map_list others = {0};
	struct error *error = proc_read_stat(pid, &stat);
	if (!error && !is_forked_from(pid, stat.parent))
		return NULL;
	if (!error)
		error = proc_open(stat.parent, "pagemap", O_RDONLY, &parent_pagemap_fd);
	if (!error)
		error = proc_open(pid, "mem", O_RDONLY, &mem_fd);
	if (!error)
		error = proc_open(stat.parent, "mem", O_RDONLY, &parent_mem_fd);
	if (!error)
		error = map_list_read(stat.parent, "maps", &others);
	if (error)
		return without_kin(error);
	struct reader reader = {.pagemap_fd = pagemap_fd,
		.parent_pagemap_fd = parent_pagemap_fd,
		.mem_fd = mem_fd,
		.parent_mem_fd = parent_mem_fd,
		.stride = stride_of(maps),
		.kinship = ret};
	ret->parent = stat.parent;
	read_ranges(&reader, maps, &others);
	map_list_deinit(&others);
	if (reader.error || !ret->compared_pages)
		kinship_clear(ret);
	return reader.error;
}
