#include "target/access.h"

#include "base/cleanup.h"
#include "target/proc.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>

#define CAP_SYS_PTRACE_BIT (1ull << 19)

/* What the kernel's rule of access compares. */
struct identity {
	unsigned uid[3], gid[3];       /* real, effective, saved */
	uint64_t effective, permitted; /* capabilities */
	bool filtered;                 /* by seccomp */
	char user_namespace[64];       /* "" when not visible */
};

static struct error *read_identity(const char *pid, struct identity *ret)
{
	char path[PROC_NAME_BYTES];
	_cleanup_free_ char *status = NULL;
	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	struct error *error = proc_read_path(path, &status, NULL);
	if (error)
		return error;
	struct identity who = {0};
	const char *uids = proc_field(status, "Uid:"), *gids = proc_field(status, "Gid:");
	if (!uids || sscanf(uids, "%u %u %u", &who.uid[0], &who.uid[1], &who.uid[2]) != 3 ||
		!gids || sscanf(gids, "%u %u %u", &who.gid[0], &who.gid[1], &who.gid[2]) != 3)
		return error_create(ERROR_INTERNAL, 0, NULL, "cannot understand %s", path);
	who.effective = proc_number(status, "CapEff:", 16);
	who.permitted = proc_number(status, "CapPrm:", 16);
	who.filtered = proc_number(status, "Seccomp:", 10) == 2;
	snprintf(path, sizeof(path), "/proc/%s/ns/user", pid);
	ssize_t n = readlink(path, who.user_namespace, sizeof(who.user_namespace) - 1);
	who.user_namespace[MAX(n, 0)] = '\0';
	*ret = who;
	return NULL;
}

static void describe_user(unsigned uid, char *ret, size_t size)
{
	const struct passwd *user = getpwuid(uid);
	if (user)
		snprintf(ret, size, "%s (uid %u)", user->pw_name, uid);
	else
		snprintf(ret, size, "uid %u", uid);
}

static bool same_ids(const struct identity *me, const struct identity *it)
{
	for (size_t i = 0; i < 3; i++) {
		if (it->uid[i] != me->uid[1] || it->gid[i] != me->gid[1])
			return false;
	}
	return true;
}

static struct error *refused_by_user(
	pid_t pid, const struct identity *me, const struct identity *it)
{
	char mine[80], its[80];
	describe_user(me->uid[1], mine, sizeof(mine));
	describe_user(it->uid[1], its, sizeof(its));
	if (me->uid[1] == it->uid[0] && me->uid[1] == it->uid[1] && me->uid[1] == it->uid[2])
		snprintf(its, sizeof(its), "the same user but group %u", it->gid[1]);
	struct error *error = error_create(ERROR_PERMISSION, EPERM, NULL,
		"process %d runs as %s, and whymem runs as user %s without the capability "
		"SYS_PTRACE",
		pid, its, mine);
	if (me->uid[1] == 0)
		return error_set_remedy(error,
			"give the container of whymem the capability SYS_PTRACE "
			"(docker run --cap-add SYS_PTRACE)");
	return error_set_remedy(error, "run whymem as that user or as root: sudo whymem %d", pid);
}

static struct error *refused_by_yama(pid_t pid, uint64_t scope)
{
	struct error *error = error_create(ERROR_PERMISSION, EPERM, NULL,
		"the Yama security module refuses: kernel.yama.ptrace_scope is %u",
		(unsigned)scope);
	if (scope >= 3)
		return error_set_remedy(error, "no process can be read until a reboot without that "
					       "setting; it cannot be lowered while running");
	if (scope == 2)
		return error_set_remedy(error,
			"run as root (sudo whymem %d) or give whymem the capability SYS_PTRACE",
			pid);
	return error_set_remedy(error,
		"run as root (sudo whymem %d), or set sysctl kernel.yama.ptrace_scope=0, or let "
		"the "
		"process call prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY)",
		pid);
}

static bool is_dumpable(pid_t pid, const struct identity *it)
{
	char path[PROC_NAME_BYTES];
	struct stat folder;
	snprintf(path, sizeof(path), "/proc/%d", pid);
	return stat(path, &folder) < 0 || folder.st_uid == it->uid[1];
}

struct error *access_explain_refusal(pid_t pid, int sys_errno)
{
	struct identity me = {0}, it = {0};
	char name[16];
	snprintf(name, sizeof(name), "%d", pid);
	struct error *error = read_identity("self", &me);
	if (!error)
		error = read_identity(name, &it);
	if (error)
		return error;
	bool may_trace = me.effective & CAP_SYS_PTRACE_BIT;
	uint64_t scope = proc_read_number("/proc/sys/kernel/yama/ptrace_scope");
	if (!may_trace && !same_ids(&me, &it))
		return refused_by_user(pid, &me, &it);
	if (scope == 3 || (!may_trace && (scope == 1 || scope == 2)))
		return refused_by_yama(pid, scope);
	if (*it.user_namespace && strcmp(me.user_namespace, it.user_namespace) != 0)
		return error_create(ERROR_PERMISSION, sys_errno,
			"run whymem in the user namespace of the process or in one above it, such "
			"as "
			"on the host, outside of the container",
			"process %d lives in another user namespace, in which whymem has no rights",
			pid);
	if (!may_trace && (it.permitted & ~me.permitted))
		return error_create(ERROR_PERMISSION, sys_errno,
			"run whymem as root or give it the capability SYS_PTRACE",
			"process %d has capabilities that whymem lacks", pid);
	if (!may_trace && !is_dumpable(pid, &it))
		return error_create(ERROR_PERMISSION, sys_errno,
			"run whymem as root or give it the capability SYS_PTRACE",
			"process %d is not dumpable: its program is set-user-id or not readable, "
			"or "
			"it changed its user",
			pid);
	if (me.filtered)
		return error_create(ERROR_PERMISSION, sys_errno,
			"run whymem outside of that sandbox, or allow ptrace in its seccomp "
			"profile",
			"the seccomp filter that whymem itself runs under forbids ptrace");
	return error_create(ERROR_PERMISSION, sys_errno,
		"look for the refusal in the audit log (SELinux, AppArmor), or run whymem as root",
		"the kernel refuses access to process %d: %s", pid, strerror(sys_errno));
}

static struct error *check_state(pid_t pid, const struct proc_stat *stat, const char *status)
{
	pid_t group = (pid_t)proc_number(status, "Tgid:", 10);
	if (group != pid)
		return error_set_remedy(
			error_create(ERROR_NO_SUCH_PROCESS, 0, NULL,
				"%d is not a process but a thread of process %d", pid, group),
			"whymem %d", group);
	if (stat->flags & PROC_FLAG_KTHREAD)
		return error_create(ERROR_NOT_PYTHON, 0, "name a process that runs Python",
			"process %d (%s) is a kernel thread", pid, stat->name);
	if (stat->state == 'Z' && proc_number(status, "Threads:", 10) > 1)
		return error_create(ERROR_EXITING, 0, "name another process",
			"the main thread of process %d (%s) has ended while others still run", pid,
			stat->name);
	if (stat->state == 'Z')
		return error_set_remedy(
			error_create(ERROR_EXITING, 0, NULL,
				"process %d (%s) is a zombie: it has ended and its memory is gone",
				pid, stat->name),
			"nothing is left to read; its parent %d has not collected it yet",
			stat->parent);
	if (stat->state == 'X' || stat->flags & PROC_FLAG_EXITING || !proc_field(status, "VmSize:"))
		return error_create(ERROR_EXITING, 0, "nothing is left to read",
			"process %d (%s) is exiting", pid, stat->name);
	return NULL;
}

static struct error *check_tracer(pid_t pid, const char *status)
{
	pid_t tracer = (pid_t)proc_number(status, "TracerPid:", 10);
	if (tracer <= 0)
		return NULL;
	struct proc_stat stat = {0};
	error_destroy(proc_read_stat(tracer, &stat));
	return error_create(ERROR_PERMISSION, EPERM, "end that debugger or tracer and try again",
		"process %d is already traced by process %d (%s); the kernel allows only one "
		"tracer",
		pid, tracer, stat.name);
}

static struct error *check_program(pid_t pid)
{
	_cleanup_close_ int fd = -1;
	struct error *error = proc_open(pid, "exe", O_RDONLY, &fd);
	if (error) {
		error_destroy(error);
		return NULL;
	}
	unsigned char header[EI_NIDENT];
	if (read(fd, header, sizeof(header)) != sizeof(header) ||
		memcmp(header, ELFMAG, SELFMAG) != 0 || header[EI_CLASS] != ELFCLASS32)
		return NULL;
	return error_create(ERROR_UNSUPPORTED_PYTHON, 0, "whymem reads 64-bit processes only",
		"process %d runs a 32-bit program", pid);
}

/* Opening mem asks the kernel for the very right that a tracer needs, and does nothing else. */
static struct error *check_rights(pid_t pid)
{
	_cleanup_close_ int fd = -1;
	struct error *error = proc_open(pid, "mem", O_RDONLY, &fd);
	if (error && error->kind == ERROR_PERMISSION) {
		int code = error->sys_errno;
		error_destroy(error);
		return access_explain_refusal(pid, code);
	}
	if (error)
		return error;
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 && errno != ESRCH)
		return access_explain_refusal(pid, errno);
	return NULL;
}

static struct error *no_such_process(pid_t pid)
{
	if (kill(pid, 0) < 0 && errno == ESRCH)
		return error_create(ERROR_NO_SUCH_PROCESS, ESRCH, "whymem ps lists those that run",
			"no process has the number %d", pid);
	return error_create(ERROR_PERMISSION, EPERM,
		"run whymem as root, or remount /proc without hidepid",
		"process %d exists but /proc hides it (mounted with hidepid?)", pid);
}

struct error *capture_check_access(pid_t pid)
{
	if (pid <= 0)
		return error_create(ERROR_NO_SUCH_PROCESS, ESRCH, "whymem ps lists those that run",
			"no process has the number %d", pid);
	if (pid == getpid())
		return error_create(
			ERROR_USAGE, 0, "name another process", "whymem cannot capture itself");
	struct proc_stat stat;
	_cleanup_free_ char *status = NULL;
	struct error *error = proc_read_stat(pid, &stat);
	if (!error)
		error = proc_read(pid, "status", &status, NULL);
	if (error && error->kind == ERROR_NO_SUCH_PROCESS) {
		error_destroy(error);
		return no_such_process(pid);
	}
	if (!error)
		error = check_state(pid, &stat, status);
	if (!error)
		error = check_tracer(pid, status);
	if (!error)
		error = check_program(pid);
	return error ? error : check_rights(pid);
}
