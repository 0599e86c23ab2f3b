/*
 * Marks: frames of this thread below which the stack is known.
 *
 * While a frame that a thread owns is alive, what is below it stands still. The
 * interpreter tells when it dies: a new frame has no frame object (frame_obj is
 * NULL), and the object of a marked frame is watched. So a frame at the same
 * address with the same living object is the same frame. Frame objects that
 * nobody asked for are made here; they are not counted, and as they die with
 * their frame nobody sees them.
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
};

/* The marks of a thread, outermost first. Written by it alone, but for `object`. */
struct marks {
	struct marks *next;
	uint32_t n;
	struct mark of[N_MARKS];
};

static THREAD_LOCAL struct marks *own;
static struct marks *all; /* under the lock */
static pthread_key_t at_exit;

const struct mark *marks_top(void)
{
	return own && own->n ? &own->of[own->n - 1] : NULL;
}

const struct mark *mark_find(const char *frame, const char *object)
{
	uint32_t n_least = own->n > N_SEARCHED ? own->n - N_SEARCHED : 0;
	for (uint32_t i = own->n; i > n_least; i--) {
		const struct mark *mark = &own->of[i - 1];
		if (mark->frame == frame && mark->object == object) {
			own->n = i;
			return mark;
		}
	}
	return NULL;
}

static void drop_marks(void *memory)
{
	struct marks *marks = memory, **at = &all;
	bool is_taken = count_lock();
	while (*at && *at != marks)
		at = &(*at)->next;
	if (*at)
		*at = marks->next;
	own = NULL;
	count_unlock(is_taken);
	sys_unmap(marks, sizeof(*marks));
}

static bool make_marks(void)
{
	static bool has_key;
	if (!has_key && pthread_key_create(&at_exit, drop_marks))
		return false;
	has_key = true;
	struct marks *marks = sys_map(sizeof(*marks));
	if (!marks)
		return false;
	if (pthread_setspecific(at_exit, marks)) {
		sys_unmap(marks, sizeof(*marks));
		return false;
	}
	marks->next = all;
	all = own = marks;
	return true;
}

void mark_add(const char *thread, const char *frame, uint32_t below)
{
	if (!own && !make_marks())
		return;
	const char *object = load_pointer(frame + python.frames.object);
	if (!object)
		object = python_frame_object(thread, frame);
	uint32_t *tag = object ? shadow_get((uintptr_t)object - GC_HEAD_BYTES) : NULL;
	if (!tag)
		return;
	*tag |= TAG_WATCHED;
	if (own->n == N_MARKS)
		own->n = 0;
	own->of[own->n++] = (struct mark){frame, object, below};
}

bool mark_forget(uintptr_t block)
{
	const char *object = (const char *)block + GC_HEAD_BYTES;
	if (likely(own && own->n && own->of[own->n - 1].object == object)) {
		own->n--;
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
	}
	return found;
}
