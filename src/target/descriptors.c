#include "target/descriptors.h"

#include "base/cleanup.h"
#include "target/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* proc(5): links read "socket:[1]", "pipe:[1]", "anon_inode:[eventpoll]", or are paths. */
static uint64_t *count_of(struct descriptor_figures *figures, const char *link)
{
	if (!strncmp(link, "socket:", 7))
		return &figures->socket_count;
	if (!strncmp(link, "pipe:", 5))
		return &figures->pipe_count;
	bool is_file = *link == '/' && strncmp(link, "/dev/", 5) != 0;
	return is_file ? &figures->file_count : &figures->other_count;
}

static uint64_t read_limit(pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	struct error *error = proc_read(pid, "limits", &text, NULL);
	const char *at = error ? NULL : proc_field(text, "Max open files");
	error_destroy(error);
	char *end;
	uint64_t limit = at ? strtoull(at, &end, 10) : 0;
	return at && end != at ? limit : UINT64_MAX;
}

void descriptors_read(pid_t pid, struct descriptor_figures *ret)
{
	static const struct descriptor_figures unknown = {
		UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
	int fd;
	*ret = unknown;
	struct error *error = proc_open(pid, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, &fd);
	error_destroy(error);
	DIR *folder = error ? NULL : fdopendir(fd);
	if (!folder) {
		if (!error)
			close(fd);
		return;
	}
	*ret = (struct descriptor_figures){.limit = read_limit(pid)};
	for (struct dirent *entry; (entry = readdir(folder));) {
		char link[32];
		ssize_t n = readlinkat(fd, entry->d_name, link, sizeof(link) - 1);
		if (*entry->d_name == '.' || n < 0)
			continue;
		link[n] = '\0';
		++*count_of(ret, link);
	}
	closedir(folder);
}
