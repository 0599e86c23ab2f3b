#include "target/usage.h"

#include "base/cleanup.h"
#include "target/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FILE_BYTES 4096

const char *const usage_names[USAGE_FIGURES] = {
	[USAGE_RSS] = "rss",
	[USAGE_PSS] = "pss",
	[USAGE_USS] = "uss",
};

struct error *usage_open(pid_t pid, int *folder_ret)
{
	struct error *error = proc_open(pid, "", O_RDONLY | O_DIRECTORY, folder_ret);
	if (error && error->kind == ERROR_NO_SUCH_PROCESS) {
		error_destroy(error);
		return error_create(ERROR_NO_SUCH_PROCESS, ESRCH,
			"whymem ps lists the Python processes of this host",
			"there is no process %d", pid);
	}
	return error;
}

/* The beginning of a small file as text; its length or -1 with errno. */
static ssize_t read_text(int folder, const char *name, char text[static FILE_BYTES])
{
	_cleanup_close_ int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n;
	do
		n = read(fd, text, FILE_BYTES - 1);
	while (n < 0 && errno == EINTR);
	text[MAX(n, 0)] = '\0';
	return n;
}

static enum usage_result read_statm(int folder, uint64_t *n_bytes_ret)
{
	char text[FILE_BYTES];
	unsigned long long total, resident;
	ssize_t n = read_text(folder, "statm", text);
	if (n < 0 && (errno == EACCES || errno == EPERM))
		return USAGE_REFUSED;
	/* A process that ended and is not waited for has no memory at all. */
	if (n < 0 || sscanf(text, "%llu %llu", &total, &resident) != 2 || !total)
		return USAGE_ENDED;
	*n_bytes_ret = resident * (uint64_t)sysconf(_SC_PAGESIZE);
	return USAGE_READ;
}

static uint64_t kilobytes(const char *text, const char *key)
{
	uint64_t value = proc_number(text, key, 10);
	return value == UINT64_MAX ? 0 : value * 1024;
}

static enum usage_result read_rollup(int folder, enum usage_figure figure, uint64_t *n_bytes_ret)
{
	char text[FILE_BYTES];
	ssize_t n = read_text(folder, "smaps_rollup", text);
	if (n < 0 && (errno == EACCES || errno == EPERM))
		return USAGE_REFUSED;
	if (n <= 0)
		return USAGE_ENDED;
	*n_bytes_ret = figure == USAGE_PSS ? kilobytes(text, "Pss:")
					   : kilobytes(text, "Private_Clean:") +
						     kilobytes(text, "Private_Dirty:");
	return USAGE_READ;
}

enum usage_result usage_read(int folder, enum usage_figure figure, uint64_t *n_bytes_ret)
{
	return figure == USAGE_RSS ? read_statm(folder, n_bytes_ret)
				   : read_rollup(folder, figure, n_bytes_ret);
}

uint64_t usage_read_peak(int folder)
{
	char text[FILE_BYTES];
	uint64_t value = read_text(folder, "status", text) > 0 ? proc_number(text, "VmHWM:", 10)
							       : UINT64_MAX;
	return value == UINT64_MAX ? value : value * 1024;
}

/* ---- children ---- */

bool usage_knows_children(void)
{
	char path[PROC_NAME_BYTES];
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	return !access(path, R_OK);
}

/* Adds the numbers of a file that holds nothing else. */
static struct error *add_pids(int task, struct pids *pids)
{
	_cleanup_close_ int fd = openat(task, "children", O_RDONLY | O_CLOEXEC);
	_cleanup_fclose_ FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file)
		return fd < 0 ? NULL : &error_no_memory;
	move_fd(fd);
	for (int pid; fscanf(file, "%d", &pid) == 1;) {
		pid_t *added = vec_add(&pids->all);
		if (!added)
			return &error_no_memory;
		*added = pid;
	}
	return NULL;
}

/* Each thread has its own children. */
struct error *usage_children(int folder, struct pids *pids)
{
	int fd = openat(folder, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *tasks = fd < 0 ? NULL : fdopendir(fd);
	if (!tasks) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	struct error *error = NULL;
	for (struct dirent *entry; !error && (entry = readdir(tasks));) {
		if (*entry->d_name == '.')
			continue;
		_cleanup_close_ int task =
			openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (task >= 0)
			error = add_pids(task, pids);
	}
	closedir(tasks);
	return error;
}
