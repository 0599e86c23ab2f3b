/*
 * Takes the table that whymem made, and begins to count; a Python that cannot be
 * traced ends here, before anything of the program ran. Afterwards the
 * environment is as the user made it: children of the process are not traced.
 */
#include "agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct table table;

static char *map_table(int fd)
{
	void *memory = mmap(NULL, TRACE_FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static bool open_table(int fd)
{
	char *at = map_table(fd);
	if (!at)
		return false;
	table = (struct table){
		.header = (struct trace_header *)at,
		.counters = (struct trace_counters *)(at + TRACE_COUNTERS_AT),
		.nodes = (struct trace_node *)(at + TRACE_NODES_AT),
		.codes = (struct trace_code *)(at + TRACE_CODES_AT),
		.texts = at + TRACE_TEXT_AT,
	};
	return table.header->magic == TRACE_MAGIC && table.header->state == TRACE_STATE_NONE;
}

static void restore_environment(const char *preload)
{
	if (preload && *preload)
		setenv("LD_PRELOAD", preload, 1);
	else
		unsetenv("LD_PRELOAD");
	unsetenv(TRACE_VARIABLE);
}

static const char *begin(void)
{
	long page = sysconf(_SC_PAGESIZE);
	void *flag = mmap(
		NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (flag == MAP_FAILED || madvise(flag, (size_t)page, MADV_WIPEONFORK))
		return "the kernel is too old: it has no MADV_WIPEONFORK";
	table.header->pid = (uint32_t)getpid();
	table.header->version = python.version;
	table.header->state = TRACE_STATE_TRACING;
	shadow_announce();
	hooks_install();
	is_counting = flag;
	*is_counting = 1;
	return NULL;
}

__attribute__((constructor)) static void agent_start(void)
{
	char *preload;
	bool is_python;
	const char *variable = getenv(TRACE_VARIABLE);
	const char *refusal = variable ? python_find(&is_python) : NULL;
	if (!variable || !is_python)
		return;
	int fd = (int)strtol(variable, &preload, 10);
	bool is_open = open_table(fd);
	close(fd);
	if (is_open && !refusal)
		refusal = begin();
	if (is_open && refusal) {
		snprintf(table.header->refusal, sizeof(table.header->refusal), "%s", refusal);
		table.header->state = TRACE_STATE_REFUSED;
		_exit(TRACE_REFUSED_STATUS);
	}
	restore_environment(*preload == ' ' ? preload + 1 : preload);
}
