/*
 * What runs at every event, inline: which thread and frame, which node, which
 * tag.
 */
#ifndef WHYMEM_HOT_H
#define WHYMEM_HOT_H

#include "agent.h"

#include <sys/single_threaded.h>

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
/* As stack_key(), of a frame that is not marked itself. */
uint64_t stack_key_near(const char *frame, const struct mark *top);
/* Key of the frames down to the first mark. */
void stack_walk(struct stack *stack);
/* The node of a stack that is not in its first place. Under the lock. */
uint32_t stack_find(const struct stack *stack, uint64_t n_bytes);

static inline struct stack_way *stack_way(uint64_t key, uint32_t below)
{
	uint64_t hash = (key ^ (uint64_t)below << 40) * 0x9e3779b97f4a7c15ull;
	return &stack_cache[hash >> (64 - STACK_WAY_BITS)];
}

/* Is a frame the innermost that is marked? */
static inline bool stack_is_top(const char *frame, const struct mark *top)
{
	return frame == top->frame && load_pointer(frame + python.frames.object) == top->object;
}

/* That of the thread that holds the GIL. */
static inline const char *current_thread(void)
{
	if (unlikely(!python.current_at))
		return current_ask();
	uint64_t base = (uint64_t)__builtin_thread_pointer() & python.current_mask;
	return load_pointer((const char *)(base + python.current_at));
}

/* The innermost frame of a thread; NULL when it runs no Python code. */
static inline const char *stack_innermost(const char *thread)
{
	const struct frame_layout *frames = &python.frames;
	const char *frame = load_pointer(thread + frames->current);
	if (frames->has_c_frames && likely(frame))
		frame = load_pointer(frame + frames->of_c_frame);
	return frame;
}

/* The key of the frames down to the innermost mark; 0 when that is far or may be dead. */
static inline uint64_t stack_key(const char *frame, const struct mark *top)
{
	if (likely(stack_is_top(frame, top)))
		return load_u64(frame + python.frames.instruction) ^ stack_seed;
	return stack_key_near(frame, top);
}

/* False when this thread runs no Python code, and while lines are watched: nobody asks for stacks.
 */
static inline bool stack_read(bool holds_gil, struct stack *ret)
{
	if (unlikely(is_watching_lines))
		return false;
	const char *thread = likely(holds_gil) ? current_thread() : stack_thread();
	const char *frame = likely(thread != NULL) ? stack_innermost(thread) : NULL;
	if (unlikely(!frame))
		return false;
	*ret = (struct stack){
		.thread = thread,
		.innermost = frame,
		.below = (uint32_t)own.marks->top.below,
		.holds_gil = holds_gil,
	};
	ret->key = stack_key(frame, &own.marks->top);
	if (unlikely(!ret->key))
		stack_walk(ret);
	return true;
}

/* The node of the stack, for an allocation of so many bytes. Under the lock. */
static inline uint32_t stack_node(const struct stack *stack, uint64_t n_bytes)
{
	const struct stack_way *way = stack_way(stack->key, stack->below);
	if (likely(way->key == stack->key && way->below == stack->below && !stack->wants_marks))
		return way->node;
	return stack_find(stack, n_bytes);
}

/* The node of the stack of the thread that holds the GIL, or 0 when it takes longer to find. Under
 * the lock. */
static inline uint32_t stack_node_at_hand(void)
{
	if (unlikely(is_watching_lines))
		return TRACE_NODE_NATIVE;
	if (unlikely(!python.current_at))
		return 0;
	const char *thread = current_thread();
	const char *frame = likely(thread != NULL) ? stack_innermost(thread) : NULL;
	const struct mark *top = &own.marks->top;
	uint64_t key = likely(frame != NULL) ? stack_key(frame, top) : 0;
	if (unlikely(!key))
		return 0;
	const struct stack_way *way = stack_way(key, (uint32_t)top->below);
	return likely(way->key == key && way->below == (uint32_t)top->below) ? way->node : 0;
}

/* ---- counters: all under the lock ---- */

extern uint32_t count_is_locked;
void count_wait(void);

/* Guards the table; taken only when there are threads. To be given back with what it returned. */
static inline bool count_lock(void)
{
	if (likely(__libc_single_threaded))
		return false;
	if (unlikely(__atomic_exchange_n(&count_is_locked, 1, __ATOMIC_ACQUIRE)))
		count_wait();
	return true;
}

static inline void count_unlock(bool is_taken)
{
	if (unlikely(is_taken))
		__atomic_store_n(&count_is_locked, 0, __ATOMIC_RELEASE);
}

/* To be called before what a stack has alive changes. */
static inline void count_keep_peak(struct trace_counters *counters)
{
	uint64_t epoch = table.header->epoch;
	if (likely(counters->epoch == epoch))
		return;
	counters->peak_bytes = counters->allocated_bytes - counters->freed_bytes;
	counters->epoch = epoch;
}

static inline void count_add(struct trace_counters *counters, uint64_t n_bytes)
{
	count_keep_peak(counters);
	counters->allocated_bytes += n_bytes;
	counters->allocation_count++;
	table.header->live_bytes += n_bytes;
}

static inline void count_drop(struct trace_counters *counters, uint64_t n_bytes)
{
	struct trace_header *header = table.header;
	if (unlikely(header->live_bytes > header->peak_bytes)) {
		header->peak_bytes = header->live_bytes;
		header->epoch++;
	}
	count_keep_peak(counters);
	counters->freed_bytes += n_bytes;
	counters->freed_count++;
	header->live_bytes -= n_bytes;
}

/* ---- the common events ---- */

/* The size that the first word of a small block tells; else TAG_SIZE_LARGE or more. */
static inline uint64_t count_size_of(uint32_t tag)
{
	return tag >> TAG_SIZE_SHIFT ^ TAG_BEGINS >> TAG_SIZE_SHIFT;
}

/* Are events of this thread counted at all? */
static inline bool count_is_on(void)
{
	return likely(!*python.finalizing) && !(unlikely(is_watching_lines) && tally.is_muted);
}

/* An allocation by the thread that holds the GIL. */
static inline void count_object(void *block, size_t n_bytes)
{
	uint32_t *tag = shadow_find((uintptr_t)block), node = 0;
	bool is_common = tag && n_bytes < TAG_SIZE_LARGE && count_is_on();
	bool is_taken = likely(is_common) && count_lock();
	if (likely(is_common && !*tag))
		node = stack_node_at_hand();
	if (likely(node)) {
		*tag = TAG_BEGINS | (uint32_t)n_bytes << TAG_SIZE_SHIFT | node;
		count_add(&table.counters[node], n_bytes);
		own.last_block = block;
		if (unlikely(is_watching_lines))
			tally_allocated(block, n_bytes);
	}
	count_unlock(is_taken);
	if (unlikely(!node))
		count_allocation(block, n_bytes, true);
}

/* Before a block is given back. */
static inline void count_object_free(void *block)
{
	uint32_t *at = shadow_find((uintptr_t)block), tag = at ? *at : 0;
	uint64_t n_bytes = count_size_of(tag);
	if (unlikely(n_bytes >= TAG_SIZE_LARGE || *python.finalizing)) {
		count_free(block);
		return;
	}
	bool is_taken = count_lock();
	struct trace_counters *counters = &table.counters[tag_node(tag)];
	*at = 0;
	count_drop(counters, n_bytes);
	if (block == own.last_block) {
		own.last_block = NULL;
		counters->temporary_count++;
	}
	count_unlock(is_taken);
	if (unlikely(is_watching_lines))
		tally_freed(n_bytes);
}

#endif
