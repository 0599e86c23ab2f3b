#include "cli/process.h"

#include "base/cleanup.h"
#include "cli/python_file.h"
#include "target/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* ---- files of /proc ---- */

static int open_entry(pid_t pid, const char *name, int flags)
{
	char path[96];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, flags | O_CLOEXEC);
}

char *process_read(pid_t pid, const char *name, size_t *n_ret)
{
	char *text = NULL;
	error_destroy(proc_read(pid, name, &text, n_ret));
	return text;
}

uint64_t process_field(const char *text, const char *key)
{
	uint64_t kilobytes = proc_number(text, key, 10);
	return kilobytes > UINT64_MAX / 1024 ? SIZE_UNKNOWN : kilobytes * 1024;
}

pid_t process_parent(pid_t pid)
{
	struct proc_stat stat = {0};
	error_destroy(proc_read_stat(pid, &stat));
	return stat.parent;
}

/* ---- names ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool is_python_name(const char *name)
{
	return !strncmp(base_name(name), "python", 6);
}

/* Options of the interpreter whose value is the next argument. */
static bool takes_value(const char *option)
{
	return !strcmp(option, "-W") || !strcmp(option, "-X") ||
	       !strcmp(option, "--check-hash-based-pycs");
}

void program_of_arguments(const char *arguments, size_t n, char *ret, size_t size)
{
	const char *at = arguments, *end = arguments + n;
	snprintf(ret, size, "%s", n ? base_name(at) : "");
	if (!n || !is_python_name(at))
		return;
	for (at += strlen(at) + 1; at < end && *at; at += strlen(at) + 1) {
		if (takes_value(at)) {
			at += strlen(at) + 1;
			if (at >= end)
				return;
		} else if (!strcmp(at, "-c")) {
			return;
		} else if (!strcmp(at, "-m")) {
			const char *module = at + 3;
			if (module < end)
				snprintf(ret, size, "%s", module);
			return;
		} else if (at[0] != '-') {
			snprintf(ret, size, "%s", base_name(at));
			return;
		}
	}
}

static size_t hex_run(const char *text)
{
	return strspn(text, "0123456789abcdef");
}

/* Docker, Podman, containerd and CRI-O name the cgroup after the 64 digits of the id. */
static bool find_container_id(const char *cgroup, char *ret, size_t size)
{
	bool is_found = false;
	for (const char *at = cgroup; *at;) {
		size_t n = hex_run(at);
		if (n == 64) {
			snprintf(ret, size, "%.64s", at);
			is_found = true;
		}
		at += n ? n : 1;
	}
	return is_found;
}

void container_of_cgroup(const char *cgroup, char *ret, size_t size)
{
	static const char *const prefixes[] = {"/lxc.payload.", "/lxc/", "/machine.slice/machine-"};
	*ret = '\0';
	if (find_container_id(cgroup, ret, size))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const char *at = strstr(cgroup, prefixes[i]);
		if (!at)
			continue;
		at += strlen(prefixes[i]);
		snprintf(ret, size, "%.*s", (int)strcspn(at, "/\n"), at);
		return;
	}
}

/* ---- is it a Python, and which? ---- */

/* "python3.12", "libpython3.12.so.1.0" -> "3.12"; empty without a version. */
static void version_of_name(const char *path, char *ret, size_t size)
{
	const char *at = strstr(base_name(path), "python");
	unsigned minor;
	if (at && sscanf(at, "python3.%2u", &minor) == 1)
		snprintf(ret, size, "3.%u", minor);
}

/* Copies what file `fd` (named `path`) tells; false when it holds no Python. */
static bool take_file(struct python_files *files, int fd, const char *path, struct process *process)
{
	const struct python_file *file =
		python_files_get(files, fd, strstr(base_name(path), "python"));
	if (!file || !file->holds_python)
		return false;
	snprintf(process->python, sizeof(process->python), "%.*s%s",
		(int)sizeof(process->python) - 2, file->version,
		*file->version && file->is_free_threaded ? "t" : "");
	if (!*process->python)
		version_of_name(path, process->python, sizeof(process->python));
	return true;
}

static bool is_python_executable(struct python_files *files, struct process *process)
{
	char link[96], path[4096];
	snprintf(link, sizeof(link), "/proc/%d/exe", process->pid);
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	_cleanup_close_ int fd = n > 0 ? open_entry(process->pid, "exe", O_RDONLY) : -1;
	if (fd < 0)
		return false;
	path[n] = '\0';
	return take_file(files, fd, path, process);
}

/* Opens the file of a line of maps, in the process's own mount namespace. */
static int open_mapped(pid_t pid, const char *range, const char *path)
{
	char name[4200];
	snprintf(name, sizeof(name), "root%s", path);
	char entry[4300];
	snprintf(entry, sizeof(entry), "/proc/%d/%s", pid, name);
	int fd = open(entry, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	snprintf(entry, sizeof(entry), "/proc/%d/map_files/%s", pid, range);
	return open(entry, O_RDONLY | O_CLOEXEC);
}

/* Looks for a libpython among the executable mappings. Modifies `maps`. */
static bool has_python_library(struct python_files *files, char *maps, struct process *process)
{
	char *rest = maps;
	for (char *line; (line = strsep(&rest, "\n"));) {
		char range[64], flags[8];
		int at = 0;
		if (sscanf(line, "%63s %7s %*s %*s %*s %n", range, flags, &at) != 2 || !at)
			continue;
		const char *path = line + at;
		if (flags[2] != 'x' || strncmp(base_name(path), "libpython", 9) != 0)
			continue;
		_cleanup_close_ int fd = open_mapped(process->pid, range, path);
		if (fd >= 0)
			return take_file(files, fd, path, process);
		version_of_name(path, process->python, sizeof(process->python));
		return true;
	}
	return false;
}

/* Of a process whose mappings we may not see, only its name tells. */
static bool is_python(struct python_files *files, const char *arguments, struct process *process)
{
	if (is_python_executable(files, process))
		return true;
	_cleanup_free_ char *maps = process_read(process->pid, "maps", NULL);
	if (maps && *maps)
		return has_python_library(files, maps, process);
	if (!is_python_name(arguments))
		return false;
	version_of_name(arguments, process->python, sizeof(process->python));
	return true;
}

/* ---- one process ---- */

static uint64_t add_sizes(uint64_t a, uint64_t b)
{
	return a == SIZE_UNKNOWN || b == SIZE_UNKNOWN ? SIZE_UNKNOWN : a + b;
}

static void read_sizes(struct process *process, const char *status)
{
	process->rss_bytes = process_field(status, "VmRSS:");
	process->swap_bytes = process_field(status, "VmSwap:");
	process->pss_bytes = process->uss_bytes = SIZE_UNKNOWN;
	_cleanup_free_ char *rollup = process_read(process->pid, "smaps_rollup", NULL);
	if (!rollup || !*rollup)
		return;
	process->rss_bytes = process_field(rollup, "Rss:");
	process->pss_bytes = process_field(rollup, "Pss:");
	process->uss_bytes = add_sizes(
		process_field(rollup, "Private_Clean:"), process_field(rollup, "Private_Dirty:"));
	process->swap_bytes = process_field(rollup, "Swap:");
}

/* Fills `process`; false when it is no Python, or gone. */
static bool read_process(struct python_files *files, pid_t pid, struct process *process)
{
	*process = (struct process){.pid = pid};
	size_t n = 0;
	_cleanup_free_ char *arguments = process_read(pid, "cmdline", &n);
	if (!arguments || !n || !is_python(files, arguments, process))
		return false;
	_cleanup_free_ char *status = process_read(pid, "status", NULL);
	if (!status)
		return false;
	program_of_arguments(arguments, n, process->program, sizeof(process->program));
	process->parent = process_parent(pid);
	read_sizes(process, status);
	_cleanup_free_ char *cgroup = process_read(pid, "cgroup", NULL);
	if (cgroup)
		container_of_cgroup(cgroup, process->container, sizeof(process->container));
	return true;
}

bool process_find_python(pid_t pid, struct process *ret)
{
	struct python_files files = {0};
	struct process process;
	bool is_found = read_process(&files, pid, &process);
	python_files_deinit(&files);
	if (is_found)
		*ret = process;
	return is_found;
}

/* ---- the list ---- */

static int compare_processes(const void *left, const void *right)
{
	const struct process *a = left, *b = right;
	if (a->rss_bytes != b->rss_bytes)
		return a->rss_bytes < b->rss_bytes ? 1 : -1;
	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

static struct error *read_all(DIR *directory, struct python_files *files, struct process_list *list)
{
	for (struct dirent *entry; (entry = readdir(directory));) {
		int pid, end = 0;
		if (sscanf(entry->d_name, "%d%n", &pid, &end) != 1 || entry->d_name[end])
			continue;
		struct process process;
		if (!read_process(files, pid, &process))
			continue;
		struct process *added = vec_add(&list->processes);
		if (!added)
			return &error_no_memory;
		*added = process;
	}
	return NULL;
}

struct error *process_list_read(struct process_list *ret)
{
	DIR *directory = opendir("/proc");
	if (!directory)
		return error_create(ERROR_PERMISSION, errno, "mount proc on /proc",
			"cannot read /proc: %s", strerror(errno));
	struct python_files files = {0};
	struct process_list list = {0};
	struct error *error = read_all(directory, &files, &list);
	closedir(directory);
	python_files_deinit(&files);
	if (error) {
		process_list_deinit(&list);
		return error;
	}
	if (list.processes.n)
		qsort(list.processes.data, list.processes.n, sizeof(struct process),
			compare_processes);
	*ret = list;
	return NULL;
}

void process_list_deinit(struct process_list *list)
{
	vec_deinit(&list->processes);
}

const struct process *process_list_find(const struct process_list *list, pid_t pid)
{
	vec_foreach (&list->processes, process) {
		if (process->pid == pid)
			return process;
	}
	return NULL;
}
