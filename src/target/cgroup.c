#include "target/cgroup.h"

#include "base/cleanup.h"
#include "target/proc.h"

#include <limits.h>
#include <stdlib.h>

/* The limit that v1 prints when there is none is just below this. */
#define V1_NO_LIMIT (1ull << 62)

/* A folder below the mount point of one hierarchy; walking up shortens `path`. */
struct cgroup {
	bool v2;
	char path[PATH_MAX];
	size_t mount_length;
};

/* The text of word `index` of a line of mountinfo, words being split by blanks. */
static void copy_word(const char *line, unsigned index, char *ret, size_t size)
{
	while (index--)
		line += strcspn(line, " \n"), line += *line == ' ';
	snprintf(ret, size, "%.*s", (int)strcspn(line, " \n"), line);
}

static bool has_option(const char *options, const char *name)
{
	size_t length = strlen(name);
	for (const char *at = options; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, length) == 0 && strchr(",\n ", at[length]))
			return true;
	}
	return false;
}

/*
 * Finds the mount of a controller's hierarchy: "cgroup" with `controller`
 * among its options, or "cgroup2" for v2.
 */
static bool find_mount(const char *mounts, const char *controller, bool v2, char *root, char *point)
{
	for (const char *line = mounts; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const char *tail = strstr(line, " - ");
		const char *end = strchrnul(line, '\n');
		if (!tail || tail > end)
			continue;
		char type[16], options[512];
		copy_word(tail + 3, 0, type, sizeof(type));
		copy_word(tail + 3, 2, options, sizeof(options));
		if (strcmp(type, v2 ? "cgroup2" : "cgroup") != 0 ||
			(!v2 && !has_option(options, controller)))
			continue;
		copy_word(line, 3, root, PATH_MAX);
		copy_word(line, 4, point, PATH_MAX);
		return true;
	}
	return false;
}

/* The path behind the line of /proc/PID/cgroup that names `controller` ("" for v2), or false. */
static bool find_path(const char *groups, const char *controller, char *ret)
{
	for (const char *line = groups; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const char *names = strchr(line, ':');
		const char *path = names ? strchr(names + 1, ':') : NULL;
		if (!path)
			continue;
		char list[256];
		snprintf(list, sizeof(list), "%.*s", (int)(path - names - 1), names + 1);
		if (*controller ? !has_option(list, controller) : *list != '\0')
			continue;
		snprintf(ret, PATH_MAX, "%.*s", (int)strcspn(path + 1, "\n"), path + 1);
		return true;
	}
	return false;
}

static bool locate(
	const char *groups, const char *mounts, const char *controller, bool v2, struct cgroup *ret)
{
	char root[PATH_MAX], point[PATH_MAX], path[PATH_MAX];
	if (!find_path(groups, v2 ? "" : controller, path) ||
		!find_mount(mounts, controller, v2, root, point))
		return false;
	/* A container sees its own group as the root of the mount. */
	size_t root_length = strcmp(root, "/") == 0 ? 0 : strlen(root);
	const char *below = strncmp(path, root, root_length) == 0 ? path + root_length : "";
	ret->v2 = v2;
	ret->mount_length = strlen(point);
	int n = snprintf(
		ret->path, sizeof(ret->path), "%s%s", point, strcmp(below, "/") == 0 ? "" : below);
	return n > 0 && (size_t)n < sizeof(ret->path);
}

static bool find_group(pid_t pid, const char *controller, struct cgroup *ret)
{
	_cleanup_free_ char *groups = NULL;
	_cleanup_free_ char *mounts = NULL;
	struct error *error = proc_read(pid, "cgroup", &groups, NULL);
	if (!error)
		error = proc_read_path("/proc/self/mountinfo", &mounts, NULL);
	if (error) {
		error_destroy(error);
		return false;
	}
	return locate(groups, mounts, controller, false, ret) ||
	       locate(groups, mounts, controller, true, ret);
}

/* To the parent group; false at the mount point. */
static bool go_up(struct cgroup *group)
{
	if (strlen(group->path) <= group->mount_length)
		return false;
	*strrchr(group->path, '/') = '\0';
	return true;
}

static bool read_file(const struct cgroup *group, const char *name, char **ret)
{
	char path[PATH_MAX + 64];
	snprintf(path, sizeof(path), "%s/%s", group->path, name);
	struct error *error = proc_read_path(path, ret, NULL);
	error_destroy(error);
	return !error;
}

static uint64_t read_number(const struct cgroup *group, const char *name)
{
	_cleanup_free_ char *text = NULL;
	if (!read_file(group, name, &text) || *text < '0' || *text > '9')
		return UINT64_MAX;
	return strtoull(text, NULL, 10);
}

static struct cgroup_memory read_level(const struct cgroup *group)
{
	struct cgroup_memory level = {
		.limit_bytes =
			read_number(group, group->v2 ? "memory.max" : "memory.limit_in_bytes"),
		.used_bytes =
			read_number(group, group->v2 ? "memory.current" : "memory.usage_in_bytes"),
		.room_bytes = UINT64_MAX,
	};
	if (level.limit_bytes >= V1_NO_LIMIT)
		level.limit_bytes = UINT64_MAX;
	if (level.limit_bytes == UINT64_MAX || level.used_bytes == UINT64_MAX)
		return level;
	_cleanup_free_ char *stat = NULL;
	uint64_t reclaimable = 0;
	if (read_file(group, "memory.stat", &stat))
		reclaimable = proc_number(
			stat, group->v2 ? "inactive_file " : "total_inactive_file ", 10);
	uint64_t used = level.used_bytes;
	used -= reclaimable == UINT64_MAX ? 0 : MIN(reclaimable, used);
	level.room_bytes = level.limit_bytes > used ? level.limit_bytes - used : 0;
	return level;
}

void cgroup_read_memory(pid_t pid, struct cgroup_memory *ret)
{
	*ret = (struct cgroup_memory){UINT64_MAX, UINT64_MAX, UINT64_MAX};
	struct cgroup group;
	if (!find_group(pid, "memory", &group))
		return;
	*ret = read_level(&group);
	while (go_up(&group)) {
		struct cgroup_memory level = read_level(&group);
		if (level.room_bytes < ret->room_bytes)
			*ret = level;
	}
}

uint64_t cgroup_process_room(pid_t pid)
{
	struct cgroup group;
	if (!find_group(pid, "pids", &group))
		return UINT64_MAX;
	uint64_t room = UINT64_MAX;
	do {
		uint64_t limit = read_number(&group, "pids.max");
		uint64_t used = read_number(&group, "pids.current");
		if (limit != UINT64_MAX && used != UINT64_MAX)
			room = MIN(room, limit > used ? limit - used : 0);
	} while (go_up(&group));
	return room;
}

static uint64_t count_kills(const char *path)
{
	_cleanup_free_ char *text = NULL;
	error_destroy(proc_read_path(path, &text, NULL));
	return text ? proc_number(text, "oom_kill ", 10) : UINT64_MAX;
}

void memory_kills_read(pid_t pid, struct memory_kills *ret)
{
	struct cgroup group;
	ret->n = UINT64_MAX;
	if (find_group(pid, "memory", &group)) {
		snprintf(ret->path, sizeof(ret->path), "%s/%s", group.path,
			group.v2 ? "memory.events" : "memory.oom_control");
		ret->n = count_kills(ret->path);
	}
	if (ret->n != UINT64_MAX)
		return;
	snprintf(ret->path, sizeof(ret->path), "/proc/vmstat");
	ret->n = count_kills(ret->path);
}

bool memory_kills_rose(const struct memory_kills *before)
{
	uint64_t n = count_kills(before->path);
	return n != UINT64_MAX && before->n != UINT64_MAX && n > before->n;
}
