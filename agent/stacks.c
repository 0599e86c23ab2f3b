/*
 * The frames of a thread become a node of the table.
 *
 * On the way of every event only the instruction pointers are read and hashed;
 * a cache finds the node by the hash. A stack that is not in the cache is looked
 * up frame by frame, which also copies what is needed of new code objects. When
 * a known code object dies the cache is left behind as a whole (the seed of the
 * hash changes), because its address can be another code object's soon.
 *
 * Below a frame that waits for a call nothing changes until it goes on: so deep
 * stacks are marked, and a walk ends at the first mark (agent/marks.c).
 *
 * Include/internal/pycore_frame.h of 3.11 to 3.13, pycore_interpframe_structs.h
 * of 3.14 and 3.15, Include/cpython/frameobject.h of 3.9 and 3.10.
 */
#include "agent.h"

enum { OWNED_BY_THREAD = 0, OWNED_BY_GENERATOR = 1, OWNED_BY_INTERPRETER = 3 }; /* _frameowner */

enum {
	N_SETS = 1 << 14,
	N_WAYS = 4,
	MARK_CREDIT = 128, /* frames walked that are worth a new mark */
	MARK_DISTANCE = 16,
};

struct way {
	uint64_t hash;
	uint32_t node, unused;
};

static struct way cache[N_SETS][N_WAYS] __attribute__((aligned(64)));
static uint32_t next_way;
static uint64_t seed = 0x9e3779b97f4a7c15ull;

/* The root of this thread; 0: not known yet. */
static THREAD_LOCAL uint32_t root;
/* Frames walked since the last mark. */
static THREAD_LOCAL uint32_t n_walked;

static const char *pointer(const char *record, uint32_t offset)
{
	return (const char *)load_u64(record + offset);
}

/* ---- frames ---- */

/* Byte offset of the instruction in the code; not below 0. */
static uint32_t instruction_of(const char *frame, const char *code)
{
	if (!python.frames.are_objects)
		return (uint32_t)(pointer(frame, python.frames.instruction) - code -
				  python.layout.PyCodeObject.co_code_adaptive);
	int32_t last = load_i32(frame + python.frames.instruction);
	return last < 0 ? 0 : (uint32_t)last * (python.minor < 10 ? 1 : 2);
}

const char *frame_code(const char *frame)
{
	const struct layout *layout = &python.layout;
	const struct frame_layout *frames = &python.frames;
	if (frames->are_objects)
		return pointer(frame, frames->code);
	uint8_t owner = (uint8_t)frame[frames->owner];
	if (owner >= OWNED_BY_INTERPRETER)
		return NULL;
	const char *code = (const char *)(load_u64(frame + frames->code) & ~3ull);
	if (!code || pointer(code, layout->PyObject.ob_type) != python.code_type)
		return NULL;
	const char *first = code + layout->PyCodeObject.co_code_adaptive +
			    2ull * load_u32(code + layout->PyCodeObject._co_firsttraceable);
	bool began = pointer(frame, frames->instruction) >= first;
	return owner == OWNED_BY_GENERATOR || began ? code : NULL;
}

static const char *innermost_frame(const char *thread)
{
	const struct frame_layout *frames = &python.frames;
	const char *current = pointer(thread, frames->current);
	if (!frames->has_c_frames)
		return current;
	return likely(current) ? pointer(current, frames->of_c_frame) : NULL;
}

/* Who does not hold the GIL is in C code: its frames stand still. */
static const char *find_thread(bool *holds_gil)
{
	const char *current = python.thread_state();
	if (*holds_gil)
		return current;
	const char *own = python.own_thread_state();
	*holds_gil = own && own == current;
	return own;
}

static void walk_objects(struct stack *stack)
{
	const struct frame_layout *frames = &python.frames;
	for (const char *frame = stack->innermost; frame;
		frame = pointer(frame, frames->previous)) {
		uint64_t place = load_u64(frame + frames->code) +
				 ((uint64_t)load_u32(frame + frames->instruction) << 48);
		stack->hash = mix(stack->hash, place);
		stack->n++;
	}
}

static void walk(struct stack *stack)
{
	const struct frame_layout frames = python.frames;
	const struct mark *top = marks_top();
	const char *frame = stack->innermost;
	uint64_t hash = stack->hash;
	uint32_t n = 0;
	for (; frame; frame = pointer(frame, frames.previous), n++) {
		hash = mix(hash, load_u64(frame + frames.instruction));
		const char *object = pointer(frame, frames.object);
		if (likely(!object) || !top)
			continue;
		const struct mark *mark = mark_find(frame, object);
		if (mark) {
			stack->marked = frame;
			stack->below = mark->below;
			break;
		}
	}
	stack->hash = hash;
	stack->n = n;
}

bool stack_read(bool holds_gil, struct stack *ret)
{
	const char *thread = find_thread(&holds_gil);
	const char *frame = thread ? innermost_frame(thread) : NULL;
	if (unlikely(!frame))
		return false;
	*ret = (struct stack){
		.thread = thread,
		.innermost = frame,
		.hash = seed,
		.below = root,
		.holds_gil = holds_gil,
	};
	if (python.frames.are_objects)
		walk_objects(ret);
	else
		walk(ret);
	ret->hash = mix(ret->hash, ret->below) | 1;
	return true;
}

/* ---- a stack that is looked up frame by frame ---- */

/* Frames that run lines, innermost first; a marked one is the last. */
static uint32_t collect(const struct stack *stack, const char **frames)
{
	uint32_t n = 0;
	const char *frame = stack->innermost;
	for (; frame && n < TRACE_DEPTH_MAX; frame = pointer(frame, python.frames.previous)) {
		if (frame_code(frame))
			frames[n++] = frame;
		if (frame == stack->marked)
			return n;
	}
	if (frame)
		table.header->n_cut_stacks++;
	return n;
}

static uint32_t find_root(const struct stack *stack, const char *outermost)
{
	uint32_t found = thread_root(outermost, stack->holds_gil);
	if (stack->holds_gil)
		root = found;
	return found;
}

/*
 * Not while a frame object of this size is made: that could be this frame's own,
 * and the interpreter expects that nobody else makes it meanwhile.
 */
static bool can_mark(const char *frame, const char *code, uint64_t n_bytes)
{
	uint64_t n_own = python_frame_object_bytes(code);
	return frame[python.frames.owner] == OWNED_BY_THREAD &&
	       (n_bytes < n_own || n_bytes > n_own + 64);
}

static uint32_t resolve(const struct stack *stack, uint64_t n_bytes, bool wants_marks)
{
	static const char *frames[TRACE_DEPTH_MAX];
	uint32_t n = collect(stack, frames), node = stack->below;
	if (!n)
		return TRACE_NODE_NATIVE;
	if (!stack->marked)
		node = find_root(stack, frames[n - 1]);
	for (uint32_t i = n; i-- > 0 && node;) {
		const char *frame = frames[i], *code = frame_code(frame);
		bool is_place = i == 1 || (i > 1 && i % MARK_DISTANCE == 0);
		if (wants_marks && is_place && frame != stack->marked &&
			can_mark(frame, code, n_bytes))
			mark_add(stack->thread, frame, node);
		node = tree_node(&(struct trace_node){
			.parent = node,
			.code = code_find(code),
			.instruction = instruction_of(frame, code),
		});
	}
	return node ? node : TRACE_NODE_OVERFLOW;
}

/* Are marks worth it? Two frames are as few as there can be. */
static bool wants_marks(const struct stack *stack)
{
	if (stack->n <= 2 || !stack->holds_gil || !python.can_mark)
		return false;
	n_walked += stack->n;
	if (likely(n_walked < MARK_CREDIT))
		return false;
	n_walked = 0;
	return true;
}

uint32_t stack_node(const struct stack *stack, uint64_t n_bytes)
{
	bool wants = wants_marks(stack), has_root = stack->below;
	if (unlikely(wants || !has_root))
		return resolve(stack, n_bytes, wants);
	struct way *set = cache[stack->hash >> 32 & (N_SETS - 1)];
	for (int i = 0; i < N_WAYS; i++) {
		if (likely(set[i].hash == stack->hash))
			return set[i].node;
	}
	uint32_t node = resolve(stack, n_bytes, false);
	set[next_way++ % N_WAYS] = (struct way){.hash = stack->hash, .node = node};
	return node;
}

void stack_forget(uintptr_t block)
{
	if (mark_forget(block))
		return;
	if (code_forget(block))
		seed = mix(seed, block);
}
