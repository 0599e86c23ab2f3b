/*
 * Who held the memory when an allocation of a traced process failed: the process
 * waits until a helper has read its objects, the report tells the holders.
 */
#ifndef WHYMEM_FAILURE_H
#define WHYMEM_FAILURE_H

#include "base/vec.h"
#include "snap/snapshot.h"
#include "trace/inbox.h"

/* The last failure of a process that somebody looked at. */
struct failure {
	pid_t pid;
	uint32_t number; /* the how many-th of the process */
	pid_t helper;    /* at work, or not waited for; 0: none */
	int problem;     /* a pipe: why the helper failed */
	char file[128];  /* the snapshot */
};

struct failures {
	VEC(struct failure) all;
};

/* Takes the letter of a process that waits. Files stand in `folder`. */
void failures_take(struct failures *failures, const char *folder, const struct letter *letter);

/*
 * Adds to row `trace` of the snapshot, which is of process `pid`, what held most when
 * its last failure came, if that was the `number`-th. Waits for the helper.
 */
struct error *failures_record(struct failures *failures, pid_t pid, uint32_t number,
	struct snapshot *snapshot, uint32_t trace);

/* Ends the helpers, takes the files away. */
void failures_end(struct failures *failures);

#endif
