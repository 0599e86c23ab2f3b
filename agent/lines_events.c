/*
 * Where events of watched code come from.
 *
 * From 3.12 on sys.monitoring, with local events on the watched code objects
 * alone. What tells of exceptions that leave a frame is not local there. That
 * makes the interpreter allocate some bytes for each code object when it first
 * runs, so that is done before, when a module begins: nobody is charged for it.
 *
 * Up to 3.11 an evaluation function (PEP 523) knows each frame that begins and
 * ends, and lets a trace function see the lines of watched frames alone: all
 * others run untraced.
 */
#include "hot.h"
#include "lines.h"

#include <pthread.h>

/* ---- what both share ---- */

static char *pointer(const char *record, uint32_t offset)
{
	return (char *)load_pointer(record + offset);
}

/* Lines of instructions where suspended frames go on. */
static int line_at(object *code, int instruction)
{
	static struct {
		const object *code;
		int instruction, line;
	} known[1024];
	uint64_t hash = ((uintptr_t)code + (uint64_t)instruction) * 0x9e3779b97f4a7c15ull;
	size_t slot = hash >> 54;
	if (known[slot].code != code || known[slot].instruction != instruction) {
		known[slot].code = code;
		known[slot].instruction = instruction;
		known[slot].line = capi.line_of(code, instruction);
	}
	return known[slot].line;
}

/* ---- sys.monitoring ---- */

enum { START, RESUME, RETURN, YIELD, LINE, UNWIND, THROW, N_EVENTS };

static object *set_events_of; /* sys.monitoring.set_local_events; NULL: not there yet, or failed */
static long tool;
static long local_events;

/* A line, or the place of an instruction: an int of one digit. */
static int small_int(const object *value)
{
	return load_i32((const char *)value + python.layout.PyLongObject.long_value_ob_digit);
}

/* Not own.current: while that is unknown, allocations do not look for their stack. */
static THREAD_LOCAL const char *const volatile *current = &current_unknown;

/* The event's code object when it is watched; what the event allocated is taken out. */
static bool is_watched(object *const *arguments, struct line_event *ret)
{
	if (!lines_are_on())
		return false;
	uint64_t extra = lines_discount(arguments[1]);
	struct watched *watched = lines_find(arguments[0]);
	if (!watched || !watched->is_on)
		return false;
	*ret = (struct line_event){watched, stack_innermost(current_thread(&current)), extra};
	return true;
}

static object *on_start(object *self, object *const *arguments, ssize_t n)
{
	struct line_event event;
	if (is_watched(arguments, &event))
		lines_start(&event);
	return capi.none;
}

static object *on_resume(object *self, object *const *arguments, ssize_t n)
{
	struct line_event event;
	if (is_watched(arguments, &event))
		lines_resume(&event, line_at(arguments[0], small_int(arguments[1])));
	return capi.none;
}

static object *on_stop(object *self, object *const *arguments, ssize_t n)
{
	struct line_event event;
	if (is_watched(arguments, &event))
		lines_stop(&event);
	return capi.none;
}

static object *on_line(object *self, object *const *arguments, ssize_t n)
{
	struct line_event event;
	if (is_watched(arguments, &event))
		lines_line(&event, small_int(arguments[1]));
	return capi.none;
}

static const struct {
	const char *name;
	object *(*callback)(object *, object *const *, ssize_t);
	bool is_global;
} monitored[N_EVENTS] = {
	[START] = {"PY_START", on_start, false},
	[RESUME] = {"PY_RESUME", on_resume, false},
	[RETURN] = {"PY_RETURN", on_stop, false},
	[YIELD] = {"PY_YIELD", on_stop, false},
	[LINE] = {"LINE", on_line, false},
	[UNWIND] = {"PY_UNWIND", on_stop, true},
	[THROW] = {"PY_THROW", on_resume, true},
};

/* An identifier that no other tool has: those that stand for no kind of tool first. */
static bool take_tool(object *module)
{
	static const long free_tools[] = {4, 3, 2, 5, 1, 0};
	for (size_t i = 0; i < ARRAY_SIZE(free_tools); i++) {
		tool = free_tools[i];
		object *done = capi.call_method(module, "use_tool_id", "ls", tool, "whymem");
		if (done) {
			capi.drop(done);
			return true;
		}
		capi.error_clear();
	}
	return false;
}

static long event_bit(object *module, int id)
{
	object *events = capi.get_attribute(module, "events");
	object *bit = events ? capi.get_attribute(events, monitored[id].name) : NULL;
	long value = bit ? capi.long_value(bit) : 0;
	if (bit)
		capi.drop(bit);
	if (events)
		capi.drop(events);
	return value;
}

static bool register_events(object *module)
{
	static struct method_def definitions[N_EVENTS];
	long global_events = 0;
	for (int i = 0; i < N_EVENTS; i++) {
		long bit = event_bit(module, i);
		definitions[i] = (struct method_def){monitored[i].name,
			(object * (*)(void))(void (*)(void))monitored[i].callback, METHOD_FASTCALL,
			NULL};
		object *function = capi.new_function(&definitions[i], NULL, NULL);
		object *old = function ? capi.call_method(module, "register_callback", "llO", tool,
						 bit, function)
				       : NULL;
		if (!bit || !old)
			return false;
		capi.drop(function);
		capi.drop(old);
		*(monitored[i].is_global ? &global_events : &local_events) |= bit;
	}
	object *done = capi.call_method(module, "set_events", "ll", tool, global_events);
	if (done)
		capi.drop(done);
	return done;
}

static void fail(const char *reason)
{
	strncpy(lines.header->failure, reason, sizeof(lines.header->failure) - 1);
}

static void begin_monitoring(void)
{
	static bool is_tried;
	object *module = capi.sys_object("monitoring");
	if (is_tried || !module)
		return;
	is_tried = true;
	if (!take_tool(module))
		fail("all tools of sys.monitoring are taken");
	else if (!register_events(module))
		fail("sys.monitoring refused the tool");
	else
		set_events_of = capi.get_attribute(module, "set_local_events");
	capi.error_clear();
}

static void set_local_events(const object *code, long events)
{
	if (!set_events_of)
		return;
	object *done = capi.call(set_events_of, "lOl", tool, code, events);
	if (done)
		capi.drop(done);
	else
		capi.error_clear();
}

/* ---- evaluation and trace functions ---- */

enum { TRACE_EXCEPTION = 1, TRACE_LINE = 2 }; /* PyTrace_* */
/* Generators, coroutines and asynchronous generators; _frameowner. */
enum { CODE_SUSPENDS = 0x20 | 0x80 | 0x200, OWNED_BY_THREAD = 0 };
enum { GC_HEADER_BYTES = 16, STACK_LEFT = 512 << 10 };

static bool has_evaluator, has_profile_function;

/* Of this thread: is the trace function ours, may somebody else have set one? */
static THREAD_LOCAL bool is_ours, is_in_doubt;
static bool is_setting;
static THREAD_LOCAL char *stack_limit;

/* The byte or word that switches tracing for the frames that begin. */
static char *tracing_flag(char *thread)
{
	const struct layout *layout = &python.layout;
	if (python.minor == 9)
		return thread + layout->PyThreadState.c_profileobj - 24; /* use_tracing */
	char *c_frame = pointer(thread, layout->PyThreadState.cframe);
	return c_frame +
	       (python.minor == 10 ? layout->CFrame.use_tracing : layout->PyCFrame.use_tracing);
}

static uint8_t flag_swap(char *flag, uint8_t value)
{
	uint8_t before = (uint8_t)*flag;
	*flag = (char)value;
	return before;
}

static const char *code_of(const char *frame)
{
	return pointer(frame, python.frames.code);
}

/* Where a frame of 3.11 begins to run lines. */
static char *first_instruction(const char *code)
{
	uint32_t n = load_u32(code + python.layout.PyCodeObject._co_firsttraceable);
	return (char *)code + python.layout.PyCodeObject.co_code_adaptive + 2ul * n;
}

static int on_trace(object *argument, char *frame_object, int what, object *value)
{
	char *frame = python.frames.are_objects
			      ? frame_object
			      : pointer(frame_object, python.layout.PyFrameObject.f_frame);
	(void)argument;
	if (!lines_are_on())
		return 0;
	if (what == TRACE_EXCEPTION)
		lines_discount((char *)value - GC_HEADER_BYTES);
	if (what != TRACE_LINE)
		return 0;
	struct watched *watched = lines_find(code_of(frame));
	if (watched && watched->is_on)
		lines_line(&(struct line_event){watched, frame, 0}, capi.frame_line(frame_object));
	return 0;
}

/* Did the program set a trace function of its own on this thread? */
static bool is_taken(void)
{
	struct capi_state state = capi_enter();
	object *gettrace = capi.sys_object("gettrace");
	object *function = gettrace ? capi.call(gettrace, NULL) : NULL;
	bool is_foreign = function != capi.none;
	if (function)
		capi.drop(function);
	capi_leave(&state);
	return is_foreign;
}

/* Sets our trace function on this thread; false when the program has another. */
static bool set_trace(char *thread)
{
	if (likely(is_ours))
		return true;
	if (is_in_doubt && is_taken()) {
		lines.header->lost_events = 1;
		return false;
	}
	struct capi_state state = capi_enter();
	char *flag = tracing_flag(thread);
	uint8_t before = (uint8_t)*flag;
	is_setting = true;
	is_ours = !capi.set_trace(thread, (void *)on_trace, NULL);
	is_setting = false;
	*flag = (char)before;
	capi_leave(&state);
	return is_ours;
}

/*
 * Tracing gives each frame a frame object: here, where it is not counted. The
 * frame has to look as if it had begun.
 */
static void make_frame_object(char *thread, char *frame)
{
	char **instruction = (char **)(frame + python.frames.instruction), *was = *instruction;
	struct capi_state state = capi_enter();
	*instruction = MAX(was, first_instruction(code_of(frame)));
	python_frame_object(thread, frame);
	*instruction = was;
	capi_leave(&state);
}

/*
 * A call of a generator or coroutine makes that object and moves the frame into
 * it, which must not have a frame object then. Before 3.11 no frame runs for it.
 */
static bool makes_generator(const char *frame)
{
	uint32_t flags = load_u32(code_of(frame) + python.layout.PyCodeObject.co_flags);
	return python.minor == 11 && flags & CODE_SUSPENDS &&
	       frame[python.frames.owner] == OWNED_BY_THREAD;
}

/* The line in which a suspended frame goes on; 0: it begins. */
static int resumed_line(const char *frame)
{
	const char *code = code_of(frame);
	if (python.frames.are_objects) {
		int32_t last = load_i32(frame + python.frames.instruction);
		return last < 0 ? 0 : line_at((object *)code, last * (python.minor < 10 ? 1 : 2));
	}
	const char *at = pointer(frame, python.frames.instruction);
	const char *start = code + python.layout.PyCodeObject.co_code_adaptive;
	return at < first_instruction(code) ? 0 : line_at((object *)code, (int)(at - start));
}

static bool is_stack_short(void)
{
	if (unlikely(!stack_limit)) {
		pthread_attr_t attributes;
		void *low = NULL;
		size_t n_bytes;
		if (!pthread_getattr_np(pthread_self(), &attributes)) {
			pthread_attr_getstack(&attributes, &low, &n_bytes);
			pthread_attr_destroy(&attributes);
		}
		stack_limit = (char *)low + STACK_LEFT;
	}
	return unlikely((char *)__builtin_frame_address(0) < stack_limit);
}

static object *evaluate(char *thread, char *frame, int is_throwing);

/* Without us calls of Python functions need no C stack. */
static object *evaluate_without(char *thread, char *frame, int is_throwing)
{
	object *interpreter = capi.interpreter();
	lines.header->n_deep_calls++;
	capi.set_evaluator(interpreter, (void *)capi.evaluate);
	object *result = capi.evaluate(thread, frame, is_throwing);
	capi.set_evaluator(interpreter, (void *)evaluate);
	return result;
}

static object *evaluate_watched(char *thread, char *frame, int is_throwing, struct watched *watched)
{
	bool is_tracing = set_trace(thread);
	struct line_event event = {watched, frame, 0};
	if (is_tracing && !python.frames.are_objects)
		make_frame_object(thread, frame);
	int line = resumed_line(frame);
	if (line)
		lines_resume(&event, line);
	else
		lines_start(&event);
	char *flag = tracing_flag(thread);
	uint8_t before = is_tracing ? flag_swap(flag, 255) : 0;
	object *result = capi.evaluate(thread, frame, is_throwing);
	if (is_tracing && is_ours)
		*flag = (char)before;
	if (lines_are_on())
		lines_stop(&event);
	return result;
}

static object *evaluate(char *thread, char *frame, int is_throwing)
{
	if (!lines_are_on())
		return capi.evaluate(thread, frame, is_throwing);
	if (python.minor == 11 && is_stack_short())
		return evaluate_without(thread, frame, is_throwing);
	struct watched *watched = lines_find(code_of(frame));
	if (watched && watched->is_on && !makes_generator(frame))
		return evaluate_watched(thread, frame, is_throwing, watched);
	if (!is_ours || has_profile_function)
		return capi.evaluate(thread, frame, is_throwing);
	char *flag = tracing_flag(thread);
	uint8_t before = flag_swap(flag, 0);
	object *result = capi.evaluate(thread, frame, is_throwing);
	if (is_ours)
		*flag = (char)before;
	return result;
}

/* ---- either ---- */

void lines_events_prepare(object *code)
{
	if (python.minor < 12)
		return;
	begin_monitoring();
	set_local_events(code, 0);
}

void lines_events_watch(struct watched *watched)
{
	if (python.minor >= 12) {
		begin_monitoring();
		set_local_events(watched->code, local_events);
	} else if (!has_evaluator) {
		has_evaluator = true;
		capi.set_evaluator(capi.interpreter(), (void *)evaluate);
	}
}

void lines_events_unwatch(struct watched *watched)
{
	if (python.minor >= 12)
		set_local_events(watched->code, 0);
}

void lines_events_trace_set(void)
{
	if (is_setting)
		return;
	is_ours = false;
	is_in_doubt = true;
}

void lines_events_profile_set(void)
{
	has_profile_function = true;
}
