#include "cli/workers.h"

#include "base/cleanup.h"
#include "base/vec.h"
#include "cli/process.h"

#include <fcntl.h>
#include <stdio.h>

#define PAGE_PRESENT (1ull << 63)
#define PAGE_IS_FILE (1ull << 61)
#define PAGE_EXCLUSIVE (1ull << 56)
#define BATCH 4096

const char *const memory_kind_names[KIND_COUNT] = {
#define X(id, name) [KIND_##id] = (name),
	KINDS(X)
#undef X
};

struct mapping {
	uint64_t start, end;
	char flags[8];
	const char *name;
};

/* Reads the first line of a mapping in maps or smaps. */
static bool parse_mapping(const char *line, struct mapping *ret)
{
	unsigned long long start, end;
	int at = 0;
	if (sscanf(line, "%llx-%llx %7s %*s %*s %*s %n", &start, &end, ret->flags, &at) != 3 || !at)
		return false;
	ret->start = start;
	ret->end = end;
	ret->name = line + at;
	return true;
}

static enum memory_kind kind_of(const struct mapping *mapping)
{
	if (mapping->flags[3] == 's')
		return KIND_SHARED;
	if (!strcmp(mapping->name, "[heap]"))
		return KIND_HEAP;
	if (!strncmp(mapping->name, "[stack", 6))
		return KIND_STACKS;
	return mapping->name[0] == '/' ? KIND_FILES : KIND_ANONYMOUS;
}

bool private_bytes_read(pid_t pid, uint64_t ret[KIND_COUNT])
{
	_cleanup_free_ char *smaps = process_read(pid, "smaps", NULL);
	if (!smaps || !*smaps)
		return false;
	uint64_t bytes[KIND_COUNT] = {0};
	enum memory_kind kind = KIND_ANONYMOUS;
	char *rest = smaps;
	for (char *line; (line = strsep(&rest, "\n"));) {
		struct mapping mapping;
		unsigned long long kilobytes;
		if (sscanf(line, "Private_Clean: %llu", &kilobytes) == 1 ||
			sscanf(line, "Private_Dirty: %llu", &kilobytes) == 1)
			bytes[kind] += kilobytes * 1024;
		else if (parse_mapping(line, &mapping))
			kind = kind_of(&mapping);
	}
	memcpy(ret, bytes, sizeof(bytes));
	return true;
}

/* ---- copy on write ---- */

struct range {
	uint64_t start, end;
};

struct ranges {
	VEC(struct range) data;
};

/* The private writable mappings of `pid`, by address; false when not permitted. */
static bool read_ranges(pid_t pid, struct ranges *ret)
{
	_cleanup_free_ char *maps = process_read(pid, "maps", NULL);
	if (!maps || !*maps)
		return false;
	char *rest = maps;
	for (char *line; (line = strsep(&rest, "\n"));) {
		struct mapping mapping;
		if (!parse_mapping(line, &mapping) || strncmp(mapping.flags, "rw-p", 4) != 0)
			continue;
		struct range *range = vec_add(&ret->data);
		if (!range)
			return false;
		*range = (struct range){mapping.start, mapping.end};
	}
	return true;
}

static int open_pagemap(pid_t pid)
{
	char path[48];
	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool read_entries(int fd, uint64_t first_page, uint64_t *to, size_t n)
{
	ssize_t n_bytes = (ssize_t)(n * sizeof(*to));
	return pread(fd, to, (size_t)n_bytes, (off_t)(first_page * sizeof(*to))) == n_bytes;
}

static bool is_copy(uint64_t parent, uint64_t child)
{
	bool parent_has = parent & PAGE_PRESENT && !(parent & PAGE_IS_FILE);
	bool child_has = child & PAGE_PRESENT && !(child & PAGE_IS_FILE);
	return parent_has && child_has && child & PAGE_EXCLUSIVE;
}

/* Adds the copied pages of [start, end); false when an entry cannot be read. */
static bool count_copies(
	int parent_fd, int child_fd, uint64_t start, uint64_t end, uint64_t *n_pages)
{
	static uint64_t parent[BATCH], child[BATCH];
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	for (uint64_t page = start / page_bytes; page < end / page_bytes; page += BATCH) {
		size_t n = MIN(end / page_bytes - page, (uint64_t)BATCH);
		if (!read_entries(parent_fd, page, parent, n) ||
			!read_entries(child_fd, page, child, n))
			return false;
		for (size_t i = 0; i < n; i++)
			*n_pages += is_copy(parent[i], child[i]);
	}
	return true;
}

/* Copies in the intersection of two sorted lists of ranges. */
static bool count_all_copies(int parent_fd, int child_fd, const struct ranges *parents,
	const struct ranges *children, uint64_t *n_pages)
{
	size_t i = 0, j = 0;
	while (i < parents->data.n && j < children->data.n) {
		struct range a = parents->data.data[i], b = children->data.data[j];
		uint64_t start = MAX(a.start, b.start), end = MIN(a.end, b.end);
		if (start < end && !count_copies(parent_fd, child_fd, start, end, n_pages))
			return false;
		if (a.end < b.end)
			i++;
		else
			j++;
	}
	return true;
}

uint64_t copied_bytes_read(pid_t parent, pid_t child)
{
	_cleanup_close_ int parent_fd = open_pagemap(parent), child_fd = open_pagemap(child);
	struct ranges parents = {0}, children = {0};
	uint64_t n_pages = 0;
	bool is_read = parent_fd >= 0 && child_fd >= 0 && read_ranges(parent, &parents) &&
		       read_ranges(child, &children) &&
		       count_all_copies(parent_fd, child_fd, &parents, &children, &n_pages);
	vec_deinit(&parents.data);
	vec_deinit(&children.data);
	return is_read ? n_pages * (uint64_t)sysconf(_SC_PAGESIZE) : SIZE_UNKNOWN;
}
