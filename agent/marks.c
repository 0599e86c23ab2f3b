/*
 * Marks: frames of this thread below which the stack is known.
 *
 * While a frame that a thread owns is alive, what is below it stands still. The
 * interpreter tells when it dies: a new frame has no frame object (frame_obj is
 * NULL), and the object of a marked frame is watched. So a frame at the same
 * address with the same living object is the same frame. Frame objects that
 * nobody asked for are made here; they are not counted, and as they die with their
 * frame nobody sees them. Before 3.11 frames are objects: there a spare bit of
 * f_trace_lines is set, which each new frame has cleared.
 *
 * Never marked: frames of generators, which run on top of somebody else each
 * time. The marked frame itself goes on: its instruction is read at each walk.
 */
#include "agent.h"

#include <pthread.h>

enum {
	GC_HEAD_BYTES = 16, /* in front of a frame object */
	N_SEARCHED = 16,
	N_MARKS = 1 << 16,
	N_OLD_MARKS = 1 << 10, /* before 3.11 */
	MARKED = 2,            /* bit of f_trace_lines, which is read as true or false */
	MARKS_BYTES = sizeof(struct marks) + N_MARKS * sizeof(struct mark),
};

static struct marks none = {.top.frame = MARK_NO_FRAME};
THREAD_LOCAL struct own own = {.marks = &none, .current = &current_unknown};

static struct marks *all; /* under the lock */
static pthread_key_t at_exit;

/* The marks inside of the first `n` are dead. */
static void cut(struct marks *marks, uint32_t n)
{
	marks->n = n;
	marks->top = n ? marks->of[n - 1] : (struct mark){.frame = MARK_NO_FRAME};
}

/* The object that a frame would be marked with; NULL: it is not. Frames of C have anything there.
 */
static const char *object_of(const char *frame)
{
	if (python.frames.are_objects)
		return frame[python.frames.trace_lines] & MARKED ? frame : NULL;
	return load_pointer(frame + python.frames.object);
}

bool mark_find(const char *frame)
{
	struct marks *marks = own.marks;
	const char *object = object_of(frame);
	uint32_t n_least = marks->n > N_SEARCHED ? marks->n - N_SEARCHED : 0;
	for (uint32_t i = marks->n; object && i > n_least; i--) {
		if (marks->of[i - 1].object != object || marks->of[i - 1].frame != frame)
			continue;
		if (i != marks->n)
			cut(marks, i);
		return true;
	}
	return false;
}

static void drop_marks(void *memory)
{
	struct marks *marks = memory, **at = &all;
	bool is_taken = count_lock();
	while (*at && *at != marks)
		at = &(*at)->next;
	if (*at)
		*at = marks->next;
	own.marks = &none;
	count_unlock(is_taken);
	sys_unmap(marks, MARKS_BYTES);
}

static bool make_marks(void)
{
	static bool has_key;
	if (!has_key && pthread_key_create(&at_exit, drop_marks))
		return false;
	has_key = true;
	struct marks *marks = sys_map(MARKS_BYTES);
	if (!marks)
		return false;
	if (pthread_setspecific(at_exit, marks)) {
		sys_unmap(marks, MARKS_BYTES);
		return false;
	}
	cut(marks, 0);
	marks->next = all;
	all = own.marks = marks;
	return true;
}

/* Makes the frame different from others that come after it; false when that fails. */
static bool set_apart(const char *thread, const char *frame)
{
	const char *object = load_pointer(frame + python.frames.object);
	if (!object)
		object = python_frame_object(thread, frame);
	uint32_t *tag = object ? shadow_get((uintptr_t)object - GC_HEAD_BYTES) : NULL;
	if (tag)
		*tag |= TAG_WATCHED;
	return tag;
}

/* Nobody tells when a frame before 3.11 dies: one that was marked at its address is dead. */
static void set_apart_object(struct marks *marks, char *frame)
{
	for (uint64_t i = 0; i < marks->n; i++) {
		if (marks->of[i].frame == frame)
			marks->of[i].object = NULL;
	}
	frame[python.frames.trace_lines] |= MARKED;
}

void mark_add(const char *thread, const char *frame, uint32_t below)
{
	if (own.marks == &none && !make_marks())
		return;
	struct marks *marks = own.marks;
	if (marks->n == (python.frames.are_objects ? N_OLD_MARKS : N_MARKS))
		cut(marks, 0);
	if (python.frames.are_objects)
		set_apart_object(marks, (char *)frame);
	else if (!set_apart(thread, frame))
		return;
	marks->of[marks->n] = (struct mark){frame, object_of(frame), stack_key_below(below), below};
	cut(marks, marks->n + 1);
}

bool mark_forget(uintptr_t block)
{
	const char *object = (const char *)block + GC_HEAD_BYTES;
	if (likely(own.marks->top.object == object)) {
		cut(own.marks, own.marks->n - 1);
		return true;
	}
	bool found = false;
	for (struct marks *marks = all; marks; marks = marks->next) {
		for (uint32_t i = marks->n; i > 0; i--) {
			if (marks->of[i - 1].object != object)
				continue;
			marks->of[i - 1].object = NULL;
			found = true;
		}
		if (marks->top.object == object)
			marks->top.object = NULL;
	}
	return found;
}
