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

uint64_t stack_ways[STACK_WAYS];
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

/* What stands for the place where a frame is. Its low bits differ: they alone reach all of a key.
 */
static uint64_t place_of(const char *frame)
{
	const struct frame_layout *frames = &python.frames;
	if (!frames->are_objects)
		return load_u64(frame + frames->instruction);
	return load_u64(frame + frames->code) +
	       load_u32(frame + frames->instruction) * 0xd6e8feb86659fd93ull;
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
		key = stack_key_add(key, place_of(frame));
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
 * Marks stand at the innermost frame, at its caller, 3, 7 and 15 frames outside of
 * it, and from there in steps of MARK_DISTANCE: who outlives the others is not known.
 * For a frame that cannot be marked the next one outside of it is.
 */
static bool is_due(const char *const *frames, uint32_t i, uint64_t n_bytes)
{
	uint32_t n = i + 1, step = MIN(1u << (31 - __builtin_clz(n)), MARK_DISTANCE);
	uint32_t wanted = n / step * step - 1;
	bool is_due = can_mark(frames[i], n_bytes);
	while (is_due && i-- > wanted)
		is_due = !can_mark(frames[i], n_bytes);
	return is_due;
}

/* below[i] becomes the node of what is below frame i; the result is that of all frames, or 0. */
static uint32_t add_nodes(const char *const *frames, uint32_t n, uint32_t node, uint32_t *below)
{
	for (uint32_t i = n; i-- > 0;) {
		const char *code = frame_code(frames[i]);
		below[i] = node;
		if (node)
			node = tree_node(&(struct trace_node){
				.parent = node,
				.code = code_find(code),
				.instruction = instruction_of(frames[i], code),
			});
	}
	return node;
}

/* As add_nodes(), of frames whose node is known. */
static void find_nodes(uint32_t n, uint32_t node, uint32_t *below)
{
	for (uint32_t i = 0; i < n; i++)
		below[i] = node = table.nodes[node].parent;
}

static void set_marks(const struct stack *stack, const char *const *frames, uint32_t n,
	const uint32_t *below, uint64_t n_bytes)
{
	for (uint32_t i = n; i-- > 0;) {
		if (below[i] && is_due(frames, i, n_bytes))
			mark_add(stack->thread, frames[i], below[i]);
	}
}

/* `node` is 0 when it is not known. */
static uint32_t resolve(const struct stack *stack, uint32_t node, uint64_t n_bytes)
{
	static const char *frames[TRACE_DEPTH_MAX];
	static uint32_t below[TRACE_DEPTH_MAX];
	bool has_mark = false;
	uint32_t n = collect(stack, frames, &has_mark);
	if (!n)
		return TRACE_NODE_NATIVE;
	if (node >= TRACE_NODE_FIRST)
		find_nodes(n, node, below);
	else
		node = add_nodes(frames, n,
			has_mark ? stack->below : find_root(stack, frames[n - 1]), below);
	if (stack->wants_marks)
		set_marks(stack, frames, n - has_mark, below, n_bytes);
	return node ? node : TRACE_NODE_OVERFLOW;
}

uint32_t stack_find(const struct stack *stack, uint64_t n_bytes)
{
	uint64_t hash = stack_hash(stack->key), *first = stack_way(hash);
	uint64_t *second = stack_ways + ((first - stack_ways) ^ 1);
	uint32_t node = stack_way_node(first, hash);
	if (!node)
		node = stack_way_node(second, hash);
	if (stack->wants_marks)
		own.n_walked = 0;
	if (!node || stack->wants_marks)
		node = resolve(stack, node, n_bytes);
	if (!stack->below || stack->wants_marks)
		return node;
	__atomic_store_n(second, *first, __ATOMIC_RELAXED);
	__atomic_store_n(first, stack_way_of(hash, node), __ATOMIC_RELAXED);
	return node;
}

void stack_forget(uintptr_t block)
{
	if (mark_forget(block))
		return;
	if (code_forget(block))
		stack_seed = mix(stack_seed, block);
}
