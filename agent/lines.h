/*
 * Line by line: what the lines of chosen functions allocated (trace/lines_table.h).
 *
 *	lines.c		the table; events of functions and lines become its counters
 *	lines_choose.c	which functions: what the user named, @profile
 *	lines_events.c	where events come from: sys.monitoring, or a trace function
 *	capi.c		the C API of the process
 *
 * All of it runs with the GIL held. What the tool itself allocates is not counted.
 */
#ifndef WHYMEM_AGENT_LINES_H
#define WHYMEM_AGENT_LINES_H

#include "agent.h"
#include "trace/lines_table.h"

#include <sys/types.h>

/* ---- capi.c: functions of the C API; `object` is PyObject ---- */

typedef void object;

struct method_def { /* PyMethodDef */
	const char *name;
	object *(*function)(void);
	int flags;
	const char *doc;
};
enum { METHOD_VARARGS_KEYWORDS = 3, METHOD_FASTCALL = 0x80 };

struct capi {
	int (*add_audit_hook)(int (*)(const char *, object *, void *), void *);
	object *(*new_function)(struct method_def *, object *self, object *module);
	object *(*new_module)(const char *name);
	object *(*get_attribute)(object *, const char *name);
	int (*set_attribute)(object *, const char *name, object *);
	object *(*call)(object *, const char *format, ...);
	object *(*call_method)(object *, const char *name, const char *format, ...);
	object *(*builtins)(void);
	object *(*modules)(void);
	object *(*sys_object)(const char *name);
	object *(*dict_get)(object *, const char *name); /* borrowed */
	int (*dict_set)(object *, const char *name, object *);
	object *(*next)(object *);
	ssize_t (*size)(object *);
	ssize_t (*tuple_size)(object *);
	object *(*tuple_get)(object *, ssize_t); /* borrowed */
	const char *(*utf8)(object *, ssize_t *n_ret);
	long (*long_value)(object *);
	int (*line_of)(object *code, int instruction);
	void (*take)(object *);
	void (*drop)(object *);
	void (*error_clear)(void);
	void (*error_fetch)(object **, object **, object **);
	void (*error_restore)(object *, object *, object *);
	object *none;
	object *(*interpreter)(void);

	/* Up to 3.11. */
	void (*set_evaluator)(object *interpreter, void *evaluator);
	object *(*evaluate)(char *thread, char *frame, int is_throwing);
	int (*set_trace)(char *thread, void *function, object *argument);
	int (*frame_line)(object *frame);
};

extern struct capi capi;

/* NULL, or what is missing. */
const char *capi_find(void);

/* Until capi_leave(): allocations are not counted, an exception that is set stays. */
struct capi_state {
	object *type, *value, *traceback;
	bool was_muted;
};
struct capi_state capi_enter(void);
void capi_leave(struct capi_state *state);

/* ---- lines.c ---- */

extern struct lines_table {
	struct lines_header *header;
	struct lines_function *functions;
	struct lines_line *lines;
	struct lines_span *spans;
	char *texts;
} lines;

/* Backs pages of the table before they are written to; false when there is no memory for them. */
bool lines_back(const void *at, uint64_t n_bytes);

/* A code object that is watched. They are held, so that none dies. */
struct watched {
	const object *code;
	uint32_t function;
	bool is_on;
	bool is_part; /* of its function: a comprehension, lambda, inner function or class */
};

enum { WATCHED_SLOTS = 1 << 15 };
extern struct watched watched_codes[WATCHED_SLOTS]; /* by address; code: NULL where none is */

/* The code object, or NULL when it is not watched. */
struct watched *lines_find(const object *code);
/* A place for it; NULL when there is none. */
struct watched *lines_add(const object *code);

/* Is this the process that is watched, and does its interpreter still run? */
bool lines_are_on(void);

/*
 * Events of a watched code object. `frame` tells activations apart. `extra` is
 * what the interpreter allocated for the event and frees after it.
 */
struct line_event {
	struct watched *watched;
	const void *frame;
	uint64_t extra;
};
void lines_start(const struct line_event *event);
/* A suspended frame goes on in `line`. */
void lines_resume(const struct line_event *event, int line);
void lines_line(const struct line_event *event, int line);
/* Returned, suspended, or left by an exception. */
void lines_stop(const struct line_event *event);
/* Takes `block` out of what this thread allocated, if it was the last: its size, or 0. */
uint64_t lines_discount(const void *block);

/* ---- lines_choose.c ---- */

const char *lines_choose_begin(void);

/* ---- lines_events.c ---- */

/* Code objects of a module that begins: before any of them runs. */
void lines_events_prepare(object *code);
void lines_events_watch(struct watched *watched);
void lines_events_unwatch(struct watched *watched);
/* Somebody sets a trace function, or a profile function, on this thread. */
void lines_events_trace_set(void);
void lines_events_profile_set(void);

#endif
