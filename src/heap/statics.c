#include "heap/statics.h"

#include <elf.h>
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

static struct error *add_region(
	struct statics *statics, const struct cpython *cpython, const struct map *map, addr_t begin,
	addr_t end)
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

/*
 * The writable segments as the module's own program headers tell them: these
 * know where .bss ends, although the kernel merges it with its neighbours.
 */
static struct error *add_module(struct statics *statics, const struct cpython *cpython,
	const struct map *map, const Elf64_Ehdr *header)
{
	addr_t table = map->start + header->e_phoff;
	bool is_first = true;
	uint64_t bias = 0;
	for (unsigned i = 0; i < header->e_phnum; i++) {
		const Elf64_Phdr *at = mem_at(cpython->mem, table + i * sizeof(Elf64_Phdr), sizeof(*at));
		if (!at)
			return NULL;
		Elf64_Phdr segment;
		memcpy(&segment, at, sizeof(segment));
		if (segment.p_type != PT_LOAD)
			continue;
		if (is_first)
			bias = map->start - align_down(segment.p_vaddr, 4096);
		is_first = false;
		addr_t begin = bias + segment.p_vaddr, end = begin + segment.p_memsz;
		if (!(segment.p_flags & PF_W) || end < begin || end >> MEM_ADDRESS_BITS)
			continue;
		struct error *error = add_region(statics, cpython, map, begin, end);
		if (error)
			return error;
	}
	return NULL;
}

static bool read_header(const struct cpython *cpython, const struct map *map, Elf64_Ehdr *ret)
{
	if (map->offset || !map->inode || map->flags & (MAP_IS_SHARED | MAP_IS_SPECIAL))
		return false;
	const void *at = mem_at(cpython->mem, map->start, sizeof(*ret));
	if (!at || memcmp(at, ELFMAG, SELFMAG))
		return false;
	memcpy(ret, at, sizeof(*ret));
	return ret->e_ident[EI_CLASS] == ELFCLASS64 && ret->e_phentsize == sizeof(Elf64_Phdr) &&
		ret->e_phnum < 256;
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
	vec_foreach(&cpython->capture->maps, map) {
		Elf64_Ehdr header;
		if (!read_header(cpython, map, &header))
			continue;
		struct error *error = add_module(&found, cpython, map, &header);
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
