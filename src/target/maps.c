#include "target/maps.h"

#include "base/cleanup.h"
#include "target/proc.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

void map_list_deinit(struct map_list *list)
{
	vec_foreach (list, map) {
		free(map->path);
		free(map->resident);
	}
	vec_deinit(list);
}

static uint32_t flags_of_path(const char *path)
{
	static const char deleted[] = " (deleted)";
	size_t length = strlen(path), tail = sizeof(deleted) - 1;
	if (length >= tail && strcmp(path + length - tail, deleted) == 0)
		return MAP_IS_DELETED;
	if (path[0] != '[' || strncmp(path, "[anon", 5) == 0)
		return 0;
	if (strcmp(path, "[heap]") == 0)
		return MAP_IS_HEAP;
	return strncmp(path, "[stack", 6) == 0 ? MAP_IS_STACK : MAP_IS_SPECIAL;
}

static bool parse_head(const char *line, struct map *ret)
{
	unsigned long long start, end, offset, inode;
	unsigned major_number, minor_number;
	char access[5];
	int path_at = 0;
	if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &start, &end, access, &offset,
		    &major_number, &minor_number, &inode, &path_at) != 7 ||
		!path_at || start >= end || start % 4096 || end % 4096 || strlen(access) != 4)
		return false;
	const char *path = line + path_at;
	*ret = (struct map){
		.start = start,
		.end = end,
		.offset = offset,
		.device = makedev(major_number, minor_number),
		.inode = inode,
		.flags = (access[0] == 'r' ? MAP_READ : 0) | (access[1] == 'w' ? MAP_WRITE : 0) |
			 (access[2] == 'x' ? MAP_EXEC : 0) |
			 (access[3] == 's' ? MAP_IS_SHARED : 0) | flags_of_path(path),
	};
	ret->path = strdup(path);
	ret->resident = calloc(map_n_words(ret), sizeof(uint64_t));
	return true;
}

static uint32_t parse_vm_flags(const char *text)
{
	static const struct {
		char name[3];
		uint32_t flag;
	} known[] = {{"dc", MAP_NO_FORK}, {"wf", MAP_FORK_WIPE}, {"io", MAP_RAW}, {"pf", MAP_RAW},
		{"ht", MAP_IS_HUGETLB}};
	uint32_t flags = 0;
	for (; text[0] && text[1]; text += strspn(text, " ")) {
		for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
			if (strncmp(text, known[i].name, 2) == 0)
				flags |= known[i].flag;
		}
		text += 2;
	}
	return flags;
}

/* A line of smaps below the head of its map. */
static void parse_detail(const char *line, struct map *map)
{
	const struct {
		const char *key;
		uint64_t *value;
	} amounts[] = {
		{"Rss:", &map->resident_bytes},
		{"Private_Dirty:", &map->private_dirty_bytes},
		{"Shared_Dirty:", &map->shared_dirty_bytes},
		{"Anonymous:", &map->anonymous_bytes},
		{"AnonHugePages:", &map->huge_bytes},
	};
	for (size_t i = 0; i < ARRAY_SIZE(amounts); i++) {
		size_t n = strlen(amounts[i].key);
		if (strncmp(line, amounts[i].key, n) == 0)
			*amounts[i].value = strtoull(line + n, NULL, 10) * 1024;
	}
	if (strncmp(line, "VmFlags:", 8) == 0)
		map->flags |= parse_vm_flags(line + 8 + strspn(line + 8, " "));
}

static struct error *parse_line(char *line, struct map_list *list)
{
	bool is_detail = line[0] >= 'A' && line[0] <= 'Z';
	if (is_detail) {
		if (list->n)
			parse_detail(line, &list->data[list->n - 1]);
		return NULL;
	}
	struct map map;
	if (!parse_head(line, &map)) {
		return error_create(ERROR_INTERNAL, 0, NULL,
			"cannot understand this line of maps: %.200s", line);
	}
	struct map *added = map.path && map.resident ? vec_add(list) : NULL;
	if (!added) {
		free(map.path);
		free(map.resident);
		return &error_no_memory;
	}
	*added = map;
	return NULL;
}

struct error *map_list_read(pid_t pid, const char *name, struct map_list *ret)
{
	_cleanup_free_ char *text = NULL;
	struct error *error = proc_read(pid, name, &text, NULL);
	if (error)
		return error;
	struct map_list list = {0};
	for (char *line = text; !error && line && *line;) {
		char *end = strchr(line, '\n');
		if (end)
			*end = '\0';
		error = parse_line(line, &list);
		line = end ? end + 1 : NULL;
	}
	if (error) {
		map_list_deinit(&list);
		return error;
	}
	*ret = list;
	return NULL;
}

bool map_same_backing(const struct map *a, const struct map *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       ((a->flags ^ b->flags) & MAP_IS_SHARED) == 0 &&
	       (!a->inode || a->offset - a->start == b->offset - b->start);
}

void map_or_resident(struct map *to, const struct map *from)
{
	addr_t begin = MAX(to->start, from->start), end = MIN(to->end, from->end);
	for (addr_t at = begin; at < end; at += 4096) {
		uint64_t source = (at - from->start) / 4096, page = (at - to->start) / 4096;
		to->resident[page / 64] |= (from->resident[source / 64] >> source % 64 & 1)
					   << page % 64;
	}
}

uint64_t map_count_resident(const struct map *map)
{
	uint64_t n = 0;
	for (uint64_t i = 0; i < map_n_words(map); i++)
		n += (uint64_t)__builtin_popcountll(map->resident[i]);
	return n;
}
