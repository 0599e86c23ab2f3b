/*
 * A forked child gets a table of its own before it counts anything: a copy of
 * its parent's of the moment of the fork, so that its tags keep their meaning.
 * When that fails it counts no more.
 *
 * The child of a vfork() has its parent's memory: what it asks for is its
 * parent's, and nothing is done here.
 */
#include "agent.h"

#include <pthread.h>
#include <unistd.h>

/* Of the fork that is under way: the lock keeps other threads from forking. */
static _Thread_local bool is_held __attribute__((tls_model("initial-exec")));
static int child_table = -1;
static bool is_followed;

static void before_fork(void)
{
	if (!hooks_pause())
		return;
	mappings_hold();
	count_hold();
	is_held = true;
	is_followed = session.follows_children && !*python.finalizing;
	child_table = is_followed ? table_copy() : -1;
}

static void release(void)
{
	is_held = false;
	if (child_table >= 0)
		close(child_table);
	child_table = -1;
	count_release();
	mappings_release();
	hooks_resume();
}

static void in_parent(void)
{
	if (is_held)
		release();
}

static void in_child(void)
{
	if (!is_held)
		return;
	if (child_table >= 0 && table_replace(child_table))
		*is_counting = 1;
	else if (is_followed)
		session_send(
			TRACE_MESSAGE_UNTRACED, "there was no memory or file for its table", -1);
	release();
}

bool fork_begin(void)
{
	return !pthread_atfork(before_fork, in_parent, in_child);
}
