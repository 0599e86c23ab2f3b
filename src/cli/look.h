/*
 * Who held the memory of a traced process when an allocation failed, or when memory
 * ran short before the kernel killed it: the process waits while a helper reads its
 * objects, the report tells the holders.
 */
#ifndef WHYMEM_LOOK_H
#define WHYMEM_LOOK_H

#include "base/vec.h"
#include "snap/snapshot.h"
#include "trace/inbox.h"

#define LOOK_SHORT 0 /* in place of the number of a failure: memory ran short */

/* The last time that somebody looked at a process for that reason. */
struct look {
	pid_t pid;
	uint32_t number; /* the failure was the how many-th of the process; or LOOK_SHORT */
	uint64_t unix_ns;
	pid_t helper;   /* at work, or not waited for; 0: none */
	int problem;    /* a pipe: why the helper failed */
	char file[128]; /* the snapshot */
};

struct looks {
	VEC(struct look) all;
};

/* Takes the letter of a process that waits. Files stand in `folder`. */
void looks_take(struct looks *looks, const char *folder, const struct letter *letter);

/*
 * Adds to row `trace` of the snapshot, which is of process `pid`, what held most when
 * memory ran short, or when its last failure came, if that was the `number`-th. Waits
 * for the helper.
 */
struct error *looks_record(
	struct looks *looks, pid_t pid, uint32_t number, struct snapshot *snapshot, uint32_t trace);

/* Ends the helpers, takes the files away. */
void looks_end(struct looks *looks);

#endif
