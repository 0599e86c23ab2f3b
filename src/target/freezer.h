/*
 * The side of whymem in a freeze: starts the guardian, talks to it, and tells
 * in words what came of it.
 *
 *	freezer_start()    the guardian exists and waits
 *	freezer_freeze()   a process with the frozen memory is there to be read
 *	freezer_release()  nothing of ours is left in the target
 *	freezer_destroy()  in any state
 */
#ifndef WHYMEM_FREEZER_H
#define WHYMEM_FREEZER_H

#include "base/error.h"
#include "target/freeze.h"

struct freezer {
	struct freeze *freeze; /* shared with the guardian */
	size_t n_shared_bytes;
	pid_t guardian;
	int control;
	pid_t held;             /* the copy, or the stopped target */
	int mem_fd, pagemap_fd; /* of `held` */
};

/* What is known of the target before it is stopped. */
struct freezer_request {
	pid_t pid;
	int pidfd;
	bool want_clone, suspend_seccomp;
	size_t n_threads;
	const struct freeze_range *ranges; /* `resident` is not used */
	size_t n_ranges;
};

struct error *freezer_start(const struct freezer_request *request, struct freezer *ret);
struct error *freezer_freeze(struct freezer *freezer);
struct error *freezer_release(struct freezer *freezer);
void freezer_destroy(struct freezer *freezer);

/* To be called at least every second while the frozen memory is read; from any thread. */
static inline void freezer_tick(struct freezer *freezer)
{
	atomic_fetch_add_explicit(&freezer->freeze->progress, 1, memory_order_relaxed);
}

#endif
