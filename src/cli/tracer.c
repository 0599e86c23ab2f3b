#include "cli/tracer.h"

#include "base/clock.h"
#include "cli/program.h"
#include "cli/version.h"
#include "target/figures.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	N_ENDED_MAX = 64,      /* tables of processes that have ended */
	N_PROCESSES_MAX = 512, /* and of those that run */
	N_UNTRACED_MAX = 16,
	TICKS_PER_SECOND = 10,
};

/* ---- the environment of the program ---- */

static struct error *find_agent(char path[static PATH_MAX])
{
	char self[PATH_MAX - 32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[MAX(n, 0)] = '\0';
	char *slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	snprintf(path, PATH_MAX, "%s/whymem-agent.so", self);
	if (access(path, R_OK))
		snprintf(path, PATH_MAX, "%s/whymem-agent.so", WHYMEM_AGENT_FOLDER);
	if (access(path, R_OK))
		return error_create(ERROR_UNREADABLE_FILE, errno, "install whymem as a whole",
			"cannot find the tracer's agent, %s", path);
	if (strpbrk(path, " :"))
		return error_create(ERROR_UNREADABLE_FILE, 0, "install whymem elsewhere",
			"the loader takes no path with a space or colon: %s", path);
	return NULL;
}

struct error *tracer_prepare(struct tracer *tracer)
{
	char value[PATH_MAX + 4096];
	const char *preload = getenv("LD_PRELOAD");
	int n = snprintf(value, sizeof(value), "%d %d %s%s%s", getpid(), tracer->follows_children,
		tracer->inbox.socket, preload ? " =" : "", preload ? preload : "");
	if (n >= (int)sizeof(value) || setenv(TRACE_VARIABLE, value, 1))
		return &error_no_memory;
	n = snprintf(value, sizeof(value), "%s%s%s", tracer->agent, preload && *preload ? ":" : "",
		preload ? preload : "");
	if (n >= (int)sizeof(value) || setenv("LD_PRELOAD", value, 1))
		return &error_no_memory;
	return NULL;
}

/* ---- kills for lack of memory ---- */

/* The dead are in no cgroup: of them the last count before stays. */
static void read_kills(struct tracer *tracer)
{
	struct memory_kills kills;
	siginfo_t end = {0};
	memory_kills_read(tracer->pid, &kills);
	if (waitid(P_PID, (id_t)tracer->pid, &end, WEXITED | WNOHANG | WNOWAIT) || end.si_pid)
		return;
	tracer->earlier_kills = tracer->kills;
	tracer->kills = kills;
}

void tracer_start(struct tracer *tracer, pid_t pid)
{
	tracer->pid = pid;
	read_kills(tracer);
	tracer->earlier_kills = tracer->kills;
}

/* ---- processes ---- */

static void release(struct traced_process *process)
{
	if (process->pidfd >= 0)
		close(process->pidfd);
	trace_close(&process->trace);
	trace_history_destroy(process->history);
}

static struct traced_process *find_running(struct tracer *tracer, pid_t pid)
{
	vec_foreach (&tracer->processes, process)
		if (process->pid == pid && !process->ended_unix_ns)
			return process;
	return NULL;
}

/* A process that became another program by exec has one table more. */
static void replace_image(struct tracer *tracer, pid_t pid)
{
	struct traced_process *process = find_running(tracer, pid);
	if (!process)
		return;
	process->ended_unix_ns = unix_ns();
	if (process->pidfd >= 0)
		close(process->pidfd);
	process->pidfd = -1;
}

/*
 * Half-way to where memory ends the process shall wait for a look, but for a second
 * one only if it is twice as large then. More becomes resident than what is
 * allocated: tags, and what allocators round up.
 */
static void plan_look(struct traced_process *process)
{
	uint64_t more = figures_until_half(process->pid);
	uint64_t at = trace_header(&process->trace)->live_bytes + more / 4 * 3;
	process->has_plan = more && more != UINT64_MAX && at > 2 * process->looked_live_bytes;
	trace_set_look(&process->trace, process->has_plan ? at : UINT64_MAX);
}

static void add_process(struct tracer *tracer, const struct letter *letter)
{
	replace_image(tracer, letter->pid);
	struct traced_process process = {.pid = letter->pid,
		.pidfd = (int)syscall(SYS_pidfd_open, letter->pid, 0),
		.trace = letter->trace};
	error_destroy(trace_history_create(monotonic_ns(), PROGRAM_TICK_NS, &process.history));
	struct traced_process *added =
		tracer->processes.n < N_PROCESSES_MAX ? vec_add(&tracer->processes) : NULL;
	if (added) {
		*added = process;
		if (tracer->wants_looks)
			plan_look(added);
		return;
	}
	tracer->n_refused_tables++;
	release(&process);
}

static void add_untraced(struct tracer *tracer, const struct letter *letter)
{
	tracer->n_untraced++;
	struct untraced_process *added =
		tracer->untraced.n < N_UNTRACED_MAX ? vec_add(&tracer->untraced) : NULL;
	if (!added)
		return;
	added->pid = letter->pid;
	memcpy(added->reason, letter->text, sizeof(added->reason));
}

static void look_at(struct tracer *tracer, const struct letter *letter)
{
	struct traced_process *process = find_running(tracer, letter->pid);
	bool is_short = letter->kind == TRACE_MESSAGE_SHORT;
	if (!tracer->wants_looks || (is_short && !process)) {
		close(letter->waiting);
		return;
	}
	if (is_short) {
		process->has_plan = false;
		process->looked_live_bytes = trace_header(&process->trace)->live_bytes;
		read_kills(tracer);
	}
	looks_take(&tracer->looks, tracer->inbox.folder, letter);
}

void tracer_receive(struct tracer *tracer)
{
	struct letter letter;
	while (inbox_take(&tracer->inbox, &letter)) {
		if (letter.kind == TRACE_MESSAGE_TABLE)
			add_process(tracer, &letter);
		else if (letter.waiting >= 0)
			look_at(tracer, &letter);
		else if (letter.kind == TRACE_MESSAGE_REFUSED && letter.pid == tracer->pid)
			memcpy(tracer->refusal, letter.text, sizeof(tracer->refusal));
		else
			add_untraced(tracer, &letter);
	}
}

const struct traced_process *tracer_first(const struct tracer *tracer)
{
	const struct traced_process *first = tracer->processes.n ? tracer->processes.data : NULL;
	vec_foreach (&tracer->processes, process) {
		if (process->pid == tracer->pid)
			first = process;
	}
	return first;
}

static void drop_process(struct tracer *tracer, struct traced_process *process)
{
	struct trace_totals totals;
	trace_totals_read(&process->trace, &totals);
	trace_totals_add(&tracer->dropped, &totals);
	tracer->n_dropped++;
	release(process);
	size_t n_behind = (size_t)(tracer->processes.data + tracer->processes.n - process - 1);
	memmove(process, process + 1, n_behind * sizeof(*process));
	tracer->processes.n--;
}

/* Of the children that have ended, the one with the lowest peak; NULL when they are few. */
static struct traced_process *find_surplus(const struct tracer *tracer)
{
	const struct traced_process *first = tracer_first(tracer);
	struct traced_process *least = NULL;
	uint64_t least_peak = 0;
	size_t n_ended = 0;
	vec_foreach (&tracer->processes, process) {
		if (!process->ended_unix_ns || process == first)
			continue;
		uint64_t peak = trace_header(&process->trace)->peak_bytes;
		if (!n_ended++ || peak < least_peak) {
			least = process;
			least_peak = peak;
		}
	}
	return n_ended > N_ENDED_MAX ? least : NULL;
}

/* Has it ended since the last time? */
static bool notice_end(const struct tracer *tracer, struct traced_process *process)
{
	struct pollfd polled = {.fd = process->pidfd, .events = POLLIN};
	if (process->pidfd >= 0 && poll(&polled, 1, 0) <= 0)
		return false;
	process->ended_unix_ns = unix_ns();
	process->ended_with_a_kill = memory_kills_rose(&tracer->earlier_kills);
	return true;
}

void tracer_tick(struct tracer *tracer)
{
	bool is_second = tracer->n_ticks++ % TICKS_PER_SECOND == 0, has_end = false;
	vec_foreach (&tracer->processes, process) {
		if (process->ended_unix_ns)
			continue;
		has_end |= notice_end(tracer, process);
		trace_set_clock(&process->trace, monotonic_ns());
		if (process->history)
			trace_history_sample(process->history, &process->trace, monotonic_ns(),
				process->ended_unix_ns);
		bool is_due = is_second || !process->has_plan;
		if (is_due && tracer->wants_looks && !process->ended_unix_ns)
			plan_look(process);
	}
	if (tracer->wants_looks && (is_second || has_end))
		read_kills(tracer);
	if (has_end)
		tracer->earlier_kills = tracer->kills;
	struct traced_process *surplus;
	while ((surplus = find_surplus(tracer)))
		drop_process(tracer, surplus);
}

/* include/uapi/linux/pidfd.h of Linux 6.15 */
#define PIDFD_EXIT_FLAG (1ull << 3)

struct pidfd_facts {
	uint64_t mask;
	uint64_t cgroup;
	uint32_t ids[11];
	int32_t exit_code;
};

#define PIDFD_GET_FACTS _IOWR(0xFF, 11, struct pidfd_facts)

bool traced_process_status(const struct traced_process *process, int *wait_status_ret)
{
	struct pidfd_facts facts = {.mask = PIDFD_EXIT_FLAG};
	if (process->pidfd < 0 || ioctl(process->pidfd, PIDFD_GET_FACTS, &facts) ||
		!(facts.mask & PIDFD_EXIT_FLAG))
		return false;
	*wait_status_ret = facts.exit_code;
	return true;
}

/* ---- life ---- */

struct error *tracer_begin(const struct request *request, struct tracer *ret)
{
	struct tracer tracer = {.follows_children = !request->no_children};
	struct error *error = find_agent(tracer.agent);
	if (!error)
		error = inbox_open(&tracer.inbox);
	if (!error)
		*ret = tracer;
	return error;
}

void tracer_end(struct tracer *tracer)
{
	vec_foreach (&tracer->processes, process)
		release(process);
	vec_deinit(&tracer->processes);
	vec_deinit(&tracer->untraced);
	looks_end(&tracer->looks);
	inbox_close(&tracer->inbox);
}
