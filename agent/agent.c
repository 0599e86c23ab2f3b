/*
 * The start of a process: whose run it belongs to, whether it is a Python that
 * can be traced, and if so, its table and its hooks. The environment is as the
 * user made it before anything of the program runs.
 */
#include "agent.h"

#include <stdio.h>
#include <sys/mman.h>

static const char *begin(void)
{
	long page = sysconf(_SC_PAGESIZE);
	void *flag = sys_mmap(
		NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (flag == MAP_FAILED || madvise(flag, (size_t)page, MADV_WIPEONFORK))
		return "the kernel is too old: it has no MADV_WIPEONFORK";
	const char *refusal = table_make();
	if (refusal)
		return refusal;
	const char *allocator = hooks_allocator();
	if (allocator)
		snprintf(table.header->allocator, sizeof(table.header->allocator), "%s", allocator);
	table.header->state = TRACE_STATE_TRACING;
	session.is_traced = true;
	shadow_begin();
	hooks_install();
	table.header->misses_reports = !reported_begin();
	is_counting = flag;
	*is_counting = fork_begin();
	return NULL;
}

/* Why it is not traced; ends the process when that must not be. */
static void refuse(const char *refusal)
{
	if (!session.must_be_traced) {
		session_send(TRACE_MESSAGE_UNTRACED, refusal, -1);
		return;
	}
	if (!session_send(TRACE_MESSAGE_REFUSED, refusal, -1))
		dprintf(STDERR_FILENO, "whymem: the program did not start: %s\n", refusal);
	_exit(TRACE_REFUSED_STATUS);
}

__attribute__((constructor)) static void agent_start(void)
{
	bool is_python;
	if (!session_begin() || !(session.must_be_traced || session.follows_children))
		return;
	const char *refusal = python_find(&is_python);
	if (!is_python)
		return;
	if (!refusal)
		refusal = begin();
	if (refusal) {
		refuse(refusal);
		return;
	}
	lines_begin();
	if (!is_watching_lines)
		shadow_announce();
}
