/*
 * /proc becomes the list of Python processes of this host, with their memory.
 */
#ifndef WHYMEM_PROCESS_H
#define WHYMEM_PROCESS_H

#include "base/error.h"
#include "base/vec.h"

#include <sys/types.h>

#define SIZE_UNKNOWN UINT64_MAX

struct process {
	pid_t pid, parent;
	char program[128];  /* script, module or title; never empty */
	char python[32];    /* "3.12.1", "3.13.5t" (free-threaded); empty when not knowable */
	char container[80]; /* id or name of its container; empty outside of one */
	uint64_t rss_bytes, pss_bytes, uss_bytes, swap_bytes; /* SIZE_UNKNOWN: not permitted */
};

struct process_list {
	VEC(struct process) processes;
};

/* All Python processes that can be seen, the largest RSS first. */
struct error *process_list_read(struct process_list *ret);
void process_list_deinit(struct process_list *list);

/*
 * Fills `ret` for process `pid`; false when it is no Python program that we can
 * recognise.
 */
bool process_find_python(pid_t pid, struct process *ret);

const struct process *process_list_find(const struct process_list *list, pid_t pid);

/* The whole content of /proc/PID/NAME, to be freed; NULL when it cannot be read. */
char *process_read(pid_t pid, const char *name, size_t *n_ret);

/* The kilobytes behind `key` (such as "Rss:"), as bytes; SIZE_UNKNOWN without it. */
uint64_t process_field(const char *text, const char *key);

/* The parent of `pid`; 0 when it is gone. */
pid_t process_parent(pid_t pid);

/* The container that a /proc/PID/cgroup file names; "" when it names none. */
void container_of_cgroup(const char *cgroup, char *ret, size_t size);

/* The program that arguments (NUL-separated, `n` bytes) run: script, module, title. */
void program_of_arguments(const char *arguments, size_t n, char *ret, size_t size);

#endif
