#include "cli/host.h"

#include "base/cleanup.h"
#include "cli/process.h"
#include "target/proc.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/utsname.h>

#define CAPABILITIES(X)                                                                            \
	X(19, "CAP_SYS_PTRACE")                                                                    \
	X(21, "CAP_SYS_ADMIN")                                                                     \
	X(40, "CAP_CHECKPOINT_RESTORE")

void add_check(
	struct table *checks, const char *id, int ok, const char *remedy, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	struct row *row = table_add(checks);
	row_set_text(row, "id", id);
	if (ok < 0)
		row_set_null(row, "ok");
	else
		row_set_bool(row, "ok", ok);
	row_set_text(row, "text", text);
	row_set_text(row, "remedy", remedy && *remedy ? remedy : NULL);
}

static void add_kernel(struct table *checks)
{
	struct utsname name;
	if (!uname(&name))
		add_check(checks, "kernel", -1, NULL, "%s %s on %s", name.sysname, name.release,
			name.machine);
}

static void add_yama(struct table *checks, bool may_ptrace)
{
	static const char *const meanings[] = {
		"processes of the same user may be read",
		"only children of the reader may be read, or those that allow it",
		"only CAP_SYS_PTRACE may read",
		"nobody may read until the next boot",
	};
	uint64_t scope = proc_read_number("/proc/sys/kernel/yama/ptrace_scope");
	if (scope >= ARRAY_SIZE(meanings)) {
		add_check(checks, "yama", 1, NULL, "Yama is not active");
		return;
	}
	bool is_open = scope == 0 || (may_ptrace && scope < 3);
	add_check(checks, "yama", is_open,
		is_open     ? NULL
		: scope < 3 ? "run whymem as root, or: sysctl kernel.yama.ptrace_scope=0"
			    : "reboot with kernel.yama.ptrace_scope=1",
		"Yama's ptrace_scope is %u: %s", (unsigned)scope, meanings[scope]);
}

static bool add_capabilities(struct table *checks, const char *status)
{
	uint64_t effective = proc_number(status, "CapEff:", 16);
	char names[96] = "";
	size_t n = 0;
	if (effective == UINT64_MAX)
		effective = 0;
#define X(bit, name)                                                                               \
	if (effective >> (bit)&1)                                                                  \
		n += (size_t)snprintf(names + n, sizeof(names) - n, " " name);
	CAPABILITIES(X)
#undef X
	bool may_ptrace = effective >> 19 & 1;
	add_check(checks, "capabilities", -1,
		may_ptrace ? NULL
			   : "root, or setcap cap_sys_ptrace=ep on whymem, reads other users' "
			     "processes",
		"we are user %d with%s", (int)geteuid(), *names ? names : " no special capability");
	return may_ptrace;
}

static void add_seccomp(struct table *checks, const char *status)
{
	uint64_t mode = proc_number(status, "Seccomp:", 10);
	if (mode && mode != UINT64_MAX)
		add_check(checks, "seccomp", -1,
			"when reads are refused: docker run --security-opt seccomp=unconfined "
			"--cap-add SYS_PTRACE",
			"whymem itself runs under a seccomp filter");
}

static void add_pagemap(struct table *checks)
{
	bool is_there = !access("/proc/self/pagemap", R_OK);
	add_check(checks, "pagemap", is_there,
		is_there ? NULL : "use a kernel with CONFIG_PROC_PAGE_MONITOR",
		is_there ? "the kernel tells which pages are resident"
			 : "the kernel does not tell which pages are resident");
}

void add_host_checks(struct table *checks)
{
	_cleanup_free_ char *status = process_read(getpid(), "status", NULL);
	const char *text = status ? status : "";
	add_kernel(checks);
	bool may_ptrace = add_capabilities(checks, text);
	add_yama(checks, may_ptrace);
	add_seccomp(checks, text);
	add_pagemap(checks);
}
