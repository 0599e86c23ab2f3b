#include "heap/statics.h"

#include "target/module.h"

#include <stdlib.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool is_libc(const char *path)
{
	static const char *const prefixes[] = {
		"libc.so", "libc-2", "libc.musl", "ld-linux", "ld-musl", "ld-2", "libpthread"};
	const char *name = base_name(path);
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static bool same_file(const struct map *a, const struct map *b)
{
	return a->inode && a->inode == b->inode && a->device == b->device;
}

static struct error *add_region(struct statics *statics, const struct cpython *cpython,
	const struct map *map, addr_t begin, addr_t end)
{
	begin = align_up(begin, 8);
	end = align_down(end, 8);
	if (begin >= end)
		return NULL;
	struct static_region *region = vec_add(&statics->regions);
	if (!region)
		return &error_no_memory;
	*region = (struct static_region){.begin = begin,
		.end = end,
		.map = map,
		.is_interpreter = cpython->binary && same_file(map, cpython->binary),
		.is_libc = is_libc(map->path)};
	return NULL;
}

static struct error *add_module(
	struct statics *statics, const struct cpython *cpython, const struct map *first)
{
	struct module module;
	struct error *error = module_open(cpython->capture, first, &module);
	if (error && error->kind == ERROR_CORRUPT_FILE) {
		error_destroy(error);
		return NULL;
	}
	if (error)
		return error;
	vec_foreach (&module.writable, span)
		if (!error && !module.is_32bit)
			error = add_region(statics, cpython, first, span->address,
				span->address + span->n_bytes);
	module_close(&module);
	return error;
}

static int compare_regions(const void *a, const void *b)
{
	const struct static_region *left = a, *right = b;
	return left->begin < right->begin ? -1 : left->begin > right->begin;
}

/* A module may be mapped twice; what overlaps is kept once. */
static void drop_overlaps(struct statics *statics)
{
	size_t kept = 0;
	for (size_t i = 0; i < statics->regions.n; i++) {
		struct static_region *region = &statics->regions.data[i];
		if (kept && region->begin < statics->regions.data[kept - 1].end)
			region->begin = statics->regions.data[kept - 1].end;
		if (region->begin < region->end)
			statics->regions.data[kept++] = *region;
	}
	statics->regions.n = kept;
}

struct error *statics_find(const struct cpython *cpython, struct statics *ret)
{
	struct statics found = {0};
	const struct map *first = NULL;
	while ((first = module_next_map(cpython->capture, first))) {
		struct error *error = add_module(&found, cpython, first);
		if (error) {
			statics_deinit(&found);
			return error;
		}
	}
	if (found.regions.n)
		qsort(found.regions.data, found.regions.n, sizeof(*found.regions.data),
			compare_regions);
	drop_overlaps(&found);
	*ret = found;
	return NULL;
}

void statics_leave_out(struct statics *statics, const struct map *module)
{
	size_t kept = 0;
	vec_foreach (&statics->regions, region)
		if (!module || !same_file(region->map, module))
			statics->regions.data[kept++] = *region;
	statics->regions.n = kept;
}

void statics_deinit(struct statics *statics)
{
	vec_deinit(&statics->regions);
}

const struct static_region *statics_region(const struct statics *statics, addr_t address)
{
	size_t low = 0, high = statics->regions.n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct static_region *region = &statics->regions.data[middle];
		if (address < region->begin)
			high = middle;
		else if (address >= region->end)
			low = middle + 1;
		else
			return region;
	}
	return NULL;
}
