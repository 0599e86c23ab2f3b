/*
 * The file behind a map, whatever mount namespace the target lives in.
 */
#include "target/capture.h"

#include "base/cleanup.h"
#include "target/maps.h"
#include "target/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* The name of a file as maps writes it, its newlines as "\012". */
static void unescape(const char *from, char *ret, size_t size)
{
	size_t n = 0;
	while (*from && n + 1 < size) {
		bool escaped = strncmp(from, "\\012", 4) == 0;
		ret[n++] = escaped ? '\n' : *from;
		from += escaped ? 4 : 1;
	}
	ret[n] = '\0';
}

/* Opens a regular file; anything else, whose opening may have effects, is not touched. */
static int open_regular(const char *path)
{
	_cleanup_close_ int found = open(path, O_PATH | O_CLOEXEC);
	struct stat stat;
	char name[PROC_NAME_BYTES];
	if (found < 0 || fstat(found, &stat) < 0)
		return -1;
	if (!S_ISREG(stat.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	snprintf(name, sizeof(name), "/proc/self/fd/%d", found);
	return open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

/*
 * Some file systems show other numbers in maps than stat does. So the file is
 * mapped here, and how our own maps name it is compared.
 */
static bool has_numbers_in_maps(int fd, const struct map *map)
{
	uint64_t n_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	void *probe = mmap(NULL, n_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	if (probe == MAP_FAILED)
		return false;
	struct map_list own = {0};
	struct error *error = map_list_read(getpid(), "maps", &own);
	bool same = false;
	vec_foreach (&own, it) {
		if (it->start <= (uintptr_t)probe && it->end > (uintptr_t)probe)
			same = it->device == map->device && it->inode == map->inode;
	}
	error_destroy(error);
	map_list_deinit(&own);
	munmap(probe, n_bytes);
	return same;
}

static bool is_the_file(int fd, const struct map *map)
{
	struct stat stat;
	if (fstat(fd, &stat) < 0)
		return false;
	return (stat.st_dev == map->device && stat.st_ino == map->inode) ||
	       has_numbers_in_maps(fd, map);
}

struct error *capture_open_file(const struct capture *capture, const struct map *map, int *fd_ret)
{
	char path[PATH_MAX + PROC_NAME_BYTES], name[PATH_MAX];
	unescape(map->path, name, sizeof(name));
	snprintf(path, sizeof(path), "/proc/%d/root%s", capture->pid, name);
	_cleanup_close_ int fd = name[0] == '/' ? open_regular(path) : -1;
	int code = fd < 0 ? errno : ESTALE;
	if (fd < 0 || !is_the_file(fd, map)) {
		snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", capture->pid,
			(unsigned long long)map->start, (unsigned long long)map->end);
		cleanup_close(&fd);
		fd = open_regular(path);
	}
	if (fd < 0 || !is_the_file(fd, map))
		return error_create(ERROR_UNREADABLE_FILE, code,
			"run whymem as root, or restart the process if its files were replaced",
			"cannot open %.300s, which process %d maps: %s", map->path, capture->pid,
			strerror(code));
	*fd_ret = move_fd(fd);
	return NULL;
}
