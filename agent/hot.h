/*
 * What runs at every event, inline: which thread and frame, which node, which
 * tag.
 */
#ifndef WHYMEM_HOT_H
#define WHYMEM_HOT_H

#include "agent.h"

/* ---- tags ---- */

/* The first word of the block at `address`, or NULL where no block was ever tagged. */
static inline uint32_t *shadow_find(uintptr_t address)
{
	uint64_t index = tag_branch_of(address);
	if (unlikely(index >= TAG_BRANCHES || address & 15))
		return NULL;
	uint32_t **branch = __atomic_load_n(&shadow_directory[index], __ATOMIC_ACQUIRE);
	if (unlikely(!branch))
		return NULL;
	uint32_t *leaf = __atomic_load_n(&branch[tag_leaf_of(address)], __ATOMIC_ACQUIRE);
	return likely(leaf) ? &leaf[tag_word_of(address)] : NULL;
}

/* Also makes room; NULL when there is no memory. Under the lock. */
static inline uint32_t *shadow_get(uintptr_t address)
{
	uint32_t *tag = shadow_find(address);
	return likely(tag) ? tag : shadow_add(address);
}

/* ---- stacks ---- */

/* Nodes by the stacks that were seen lately: a key has two places, beside each other. */
enum { STACK_WAY_BITS = 15, STACK_WAYS = 1 << STACK_WAY_BITS };

struct stack_way {
	uint64_t key;
	uint32_t below, node;
};

extern struct stack_way stack_cache[STACK_WAYS];
extern uint64_t stack_seed; /* of keys; changes when a code object that is known dies */

/* The thread state, when the event says nothing of the GIL. */
const char *stack_thread(void);
/* Key of the frames down to the first mark. */
void stack_walk(struct stack *stack);
/* The node of a stack that is not in its first place. Under the lock. */
uint32_t stack_find(const struct stack *stack, uint64_t n_bytes);

static inline struct stack_way *stack_way(const struct stack *stack)
{
	uint64_t hash = (stack->key ^ (uint64_t)stack->below << 40) * 0x9e3779b97f4a7c15ull;
	return &stack_cache[hash >> (64 - STACK_WAY_BITS)];
}

/* That of the thread that holds the GIL. */
static inline const char *current_thread(void)
{
	if (unlikely(!python.current_at))
		return current_ask();
	uint64_t base = (uint64_t)__builtin_thread_pointer() & python.current_mask;
	return load_pointer((const char *)(base + python.current_at));
}

/* False when this thread runs no Python code. */
static inline bool stack_read(bool holds_gil, struct stack *ret)
{
	const struct frame_layout *frames = &python.frames;
	const char *thread = likely(holds_gil) ? current_thread() : stack_thread();
	if (unlikely(!thread))
		return false;
	const char *frame = load_pointer(thread + frames->current);
	if (frames->has_c_frames && likely(frame))
		frame = load_pointer(frame + frames->of_c_frame);
	if (unlikely(!frame))
		return false;
	const struct mark *top = &own_marks->top;
	*ret = (struct stack){
		.thread = thread,
		.innermost = frame,
		.key = load_u64(frame + frames->instruction) ^ stack_seed,
		.below = (uint32_t)top->below,
		.holds_gil = holds_gil,
	};
	if (unlikely(frame != top->frame || load_pointer(frame + frames->object) != top->object))
		stack_walk(ret);
	return true;
}

/* The node of the stack, for an allocation of so many bytes. Under the lock. */
static inline uint32_t stack_node(const struct stack *stack, uint64_t n_bytes)
{
	const struct stack_way *way = stack_way(stack);
	if (likely(way->key == stack->key && way->below == stack->below && !stack->wants_marks))
		return way->node;
	return stack_find(stack, n_bytes);
}

#endif
