/*
 * The traced processes of one run: the agent is put into the program's
 * environment, each process hands over its table, the tables are kept until the
 * report.
 */
#ifndef WHYMEM_TRACER_H
#define WHYMEM_TRACER_H

#include "base/document.h"
#include "cli/command.h"
#include "cli/look.h"
#include "target/cgroup.h"
#include "trace/history.h"
#include "trace/inbox.h"

#include <limits.h>

struct traced_process {
	pid_t pid;
	int pidfd;                  /* -1: not known */
	bool has_plan;              /* to be looked at before memory runs short */
	uint64_t looked_live_bytes; /* what it had when it was; 0: it was not yet */
	bool ended_with_a_kill;     /* meanwhile the kernel killed somebody for lack of memory */
	uint64_t ended_unix_ns;     /* 0: it runs */
	struct trace trace;
	struct trace_history *history; /* NULL: there was no memory for it */
};

/* A Python that runs untraced. */
struct untraced_process {
	pid_t pid;
	char reason[sizeof(((struct letter *)0)->text)];
};

struct tracer {
	char agent[PATH_MAX];
	bool follows_children;
	struct inbox inbox;
	uint32_t n_ticks;
	pid_t pid; /* of the program */
	/* Where it is: read every second, and when somebody ended; and the time before. */
	struct memory_kills kills, earlier_kills;
	char refusal[sizeof(((struct letter *)0)->text)];

	VEC(struct traced_process) processes; /* in the order in which they came */
	/* Ended children that were too many, the smallest ones. */
	uint32_t n_dropped;
	struct trace_totals dropped;

	VEC(struct untraced_process) untraced; /* at most 16 */
	uint32_t n_untraced;
	uint32_t n_refused_tables; /* there were too many processes at once */
	bool wants_looks;          /* else processes that would wait go on at once */
	struct looks looks;
};

struct error *tracer_begin(const struct request *request, struct tracer *ret);
/* Also of one that did not begin, made of zeros. */
void tracer_end(struct tracer *tracer);

/* In the new process, before it becomes the program (program.h). */
struct error *tracer_prepare(struct tracer *tracer);

/* The program is process `pid`. */
void tracer_start(struct tracer *tracer, pid_t pid);
/* Takes the tables that came; to be called when `inbox.fd` can be read, and at the end. */
void tracer_receive(struct tracer *tracer);
/* Notices which processes have ended, and gives up what is too much. */
void tracer_tick(struct tracer *tracer);

/*
 * The process that the report is about: the last Python that the program was,
 * else the first that it started; NULL when there was none.
 */
const struct traced_process *tracer_first(const struct tracer *tracer);

/*
 * How the process ended, as waitpid() tells; false when it runs, or the kernel
 * does not tell.
 */
bool traced_process_status(const struct traced_process *process, int *wait_status_ret);

#endif
