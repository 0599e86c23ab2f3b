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

enum { MARK_DISTANCE = 16 };

struct stack_way stack_cache[STACK_WAYS];
uint64_t stack_seed = 0x9e3779b97f4a7c15ull;

static const char *pointer(const char *record, uint32_t offset)
{
	return load_pointer(record + offset);
}

/* ---- frames ---- */

/* Byte offset of the instruction in the code; not below 0. */
static uint32_t instruction_of(const char *frame, const char *code)
{
	if (!python.frames.are_objects)
		return (uint32_t)(pointer(frame, python.frames.instruction) - code -
				  python.layout.PyCodeObject.co_code_adaptive);
	int32_t last = load_i32(frame + python.frames.instruction);
	return last < 0 ? TRACE_NOT_STARTED : (uint32_t)last * (python.minor < 10 ? 1 : 2);
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

/* Who does not hold the GIL is in C code: its frames stand still. */
const char *stack_thread(void)
{
	const char *current = current_thread(&own.current);
	return python.minor >= 12 && current ? current : python.own_thread_state();
}

/* What stands for the place where a frame is. */
static uint64_t place_of(const char *frame)
{
	const struct frame_layout *frames = &python.frames;
	if (!frames->are_objects)
		return load_u64(frame + frames->instruction);
	return load_u64(frame + frames->code) +
	       ((uint64_t)load_u32(frame + frames->instruction) << 48);
}

static bool is_marked(const char *frame)
{
	if (!python.frames.are_objects && likely(!pointer(frame, python.frames.object)))
		return false;
	return python.can_mark && mark_find(frame);
}

void stack_walk(struct stack *stack)
{
	uint32_t previous = python.frames.previous, n = 0;
	uint64_t key = stack_seed;
	stack->below = own.root;
	for (const char *frame = stack->innermost; frame; frame = pointer(frame, previous), n++) {
		key = mix(key, place_of(frame));
		if (is_marked(frame)) {
			stack->below = own.marks->top.below;
			break;
		}
	}
	stack->key = key ^ stack_key_below(stack->below);
	if (!python.can_mark)
		return;
	own.n_walked += n;
	if (unlikely(own.n_walked >= STACK_MARK_CREDIT))
		stack->wants_marks = stack->holds_gil;
}

/* ---- a stack that is looked up frame by frame ---- */

/* Frames that run lines, innermost first; a marked one is the last. */
static uint32_t collect(const struct stack *stack, const char **frames, bool *is_marked_ret)
{
	uint32_t n = 0;
	const char *frame = stack->innermost;
	for (; frame && n < TRACE_DEPTH_MAX; frame = pointer(frame, python.frames.previous)) {
		if (frame_code(frame))
			frames[n++] = frame;
		if ((*is_marked_ret = is_marked(frame)))
			return n;
	}
	if (frame)
		table.header->n_cut_stacks++;
	return n;
}

static uint32_t find_root(const struct stack *stack, const char *outermost)
{
	uint32_t found = thread_root(stack, outermost);
	if (stack->holds_gil)
		own.root = found;
	return found;
}

/*
 * Not while a frame object of this size is made: that could be this frame's own,
 * and the interpreter expects that nobody else makes it meanwhile.
 */
static bool can_mark(const char *frame, uint64_t n_bytes)
{
	if (python.frames.are_objects)
		return !pointer(frame, python.frames.generator);
	uint64_t n_own = python_frame_object_bytes(frame_code(frame));
	return frame[python.frames.owner] == OWNED_BY_THREAD &&
	       (n_bytes < n_own || n_bytes > n_own + 64);
}

/*
 * Marks stand at the innermost frame, at its caller, and from there in steps of
 * MARK_DISTANCE; for one that cannot be marked at the next one outside of it.
 */
static bool is_due(const char *const *frames, uint32_t i, uint64_t n_bytes)
{
	uint32_t wanted = i ? (i - 1) / MARK_DISTANCE * MARK_DISTANCE + 1 : 0;
	bool is_due = can_mark(frames[i], n_bytes);
	while (is_due && i-- > wanted)
		is_due = !can_mark(frames[i], n_bytes);
	return is_due;
}

static uint32_t resolve(const struct stack *stack, uint64_t n_bytes)
{
	static const char *frames[TRACE_DEPTH_MAX];
	bool has_mark = false;
	uint32_t n = collect(stack, frames, &has_mark), node = stack->below;
	if (!n)
		return TRACE_NODE_NATIVE;
	if (!has_mark)
		node = find_root(stack, frames[n - 1]);
	for (uint32_t i = n; i-- > 0 && node;) {
		const char *frame = frames[i], *code = frame_code(frame);
		bool is_new = !has_mark || i != n - 1;
		if (stack->wants_marks && is_new && is_due(frames, i, n_bytes))
			mark_add(stack->thread, frame, node);
		node = tree_node(&(struct trace_node){
			.parent = node,
			.code = code_find(code),
			.instruction = instruction_of(frame, code),
		});
	}
	return node ? node : TRACE_NODE_OVERFLOW;
}

uint32_t stack_find(const struct stack *stack, uint64_t n_bytes)
{
	struct stack_way *way = stack_way(stack->key);
	struct stack_way *other = stack_cache + ((way - stack_cache) ^ 1);
	if (stack->wants_marks) {
		own.n_walked = 0;
		return resolve(stack, n_bytes);
	}
	if (!stack->below)
		return resolve(stack, n_bytes);
	if (other->key != stack->key)
		*other = (struct stack_way){stack->key, resolve(stack, n_bytes)};
	struct stack_way found = *other;
	*other = *way;
	*way = found;
	return (uint32_t)found.node;
}

void stack_forget(uintptr_t block)
{
	if (mark_forget(block))
		return;
	if (code_forget(block))
		stack_seed = mix(stack_seed, block);
}
