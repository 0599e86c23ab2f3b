/*
 * What runs at every event, inline: which thread and frame, which node, which
 * tag.
 */
#ifndef WHYMEM_HOT_H
#define WHYMEM_HOT_H

#include "agent.h"

#include <sys/single_threaded.h>

/* ---- tags ---- */

/* The first word of the block at `address`, or NULL where no block ever was tagged. */
static inline uint32_t *shadow_find(uintptr_t address)
{
	uint64_t granule = tag_granule_of(address), index = tag_leaf_of(granule);
	if (unlikely(index >= TAG_LEAVES))
		return NULL;
	uint32_t *leaf = __atomic_load_n(&shadow_directory[index], __ATOMIC_ACQUIRE);
	return likely(leaf) ? &leaf[tag_word_of(granule)] : NULL;
}

/* Also makes room; NULL when there is no memory, or no tag. Under the lock. */
static inline uint32_t *shadow_get(uintptr_t address)
{
	uint32_t *tag = shadow_find(address);
	return likely(tag) ? tag : shadow_add(address);
}

/* Of a block with these words. */
static inline void shadow_set_time(uint32_t *words, uint64_t n_bytes)
{
	if (likely(tag_has_time(n_bytes)))
		words[1] = table.header->now;
}

/* ---- stacks ---- */

enum {
	STACK_NEAR = 8,          /* frames, as far as most events look for a mark */
	STACK_MARK_CREDIT = 128, /* frames walked that are worth one */
};

/*
 * Nodes by the stacks that were seen lately: a key has two ways, beside each
 * other. The first bits of its hash tell which, the last 44 stand there in front
 * of the node: all in one word, which can be read without the lock.
 */
enum { STACK_WAY_BITS = 15, STACK_WAYS = 1 << STACK_WAY_BITS };

extern uint64_t stack_ways[STACK_WAYS];
extern uint64_t stack_seed; /* of keys; changes when a code object that is known dies */

/* The thread state, when the event says nothing of the GIL. */
const char *stack_thread(void);
/* Key of the frames down to the first mark. */
void stack_walk(struct stack *stack);
/* The node of a stack that is not in its first place. Under the lock. */
uint32_t stack_find(const struct stack *stack, uint64_t n_bytes);

/* The key of some frames and the next one outside of them, which is at that place. */
static inline uint64_t stack_key_add(uint64_t key, uint64_t place)
{
	return key * 0xd6e8feb86659fd93ull + place;
}

/* The part of a key that stands for the frames below. */
static inline uint64_t stack_key_below(uint32_t node)
{
	return node * 0xd6e8feb86659fd93ull;
}

static inline uint64_t stack_hash(uint64_t key)
{
	return key * 0x9e3779b97f4a7c15ull;
}

static inline uint64_t *stack_way(uint64_t hash)
{
	return &stack_ways[hash >> (64 - STACK_WAY_BITS)];
}

static inline uint64_t stack_way_of(uint64_t hash, uint32_t node)
{
	return hash << TAG_NODE_BITS | node;
}

/* The node; 0 when the way is another stack's. */
static inline uint32_t stack_way_node(const uint64_t *way, uint64_t hash)
{
	uint64_t node = __atomic_load_n(way, __ATOMIC_RELAXED) ^ hash << TAG_NODE_BITS;
	return likely(node <= TAG_NODE_MASK) ? (uint32_t)node : 0;
}

/* Is a frame the innermost that is marked? */
static inline bool stack_is_top(const char *frame, const struct mark *top)
{
	return frame == top->frame && load_pointer(frame + python.frames.object) == top->object;
}

/* That of the thread that holds the GIL; `at` is where this thread keeps what is known of it. */
static inline const char *current_thread(const char *const volatile **at)
{
	return likely(*at != &current_unknown) ? **at : current_ask(at);
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

/* As stack_key(), of a frame that is not marked itself. */
static inline uint64_t stack_key_near(const char *frame, const struct mark *top)
{
	const struct frame_layout *frames = &python.frames;
	uint64_t key = stack_key_add(stack_seed, load_u64(frame + frames->instruction));
	for (uint32_t n = 1; n < STACK_NEAR; n++) {
		frame = load_pointer(frame + frames->previous);
		if (unlikely(!frame))
			break;
		key = stack_key_add(key, load_u64(frame + frames->instruction));
		if (stack_is_top(frame, top)) {
			own.n_walked += n;
			return own.n_walked < STACK_MARK_CREDIT ? key ^ top->key_below : 0;
		}
	}
	return 0;
}

/*
 * The key of the frames down to the innermost mark; 0 when that is far, may be dead,
 * or a new one is due.
 */
static inline uint64_t stack_key(const char *frame, const struct mark *top)
{
	if (likely(stack_is_top(frame, top)))
		return load_u64(frame + python.frames.instruction) ^ top->key_below ^ stack_seed;
	return stack_key_near(frame, top);
}

/* False when this thread runs no Python code, and while lines are watched: nobody asks for stacks.
 */
static inline bool stack_read(bool holds_gil, struct stack *ret)
{
	if (unlikely(is_watching_lines))
		return false;
	const char *thread = likely(holds_gil) ? current_thread(&own.current) : stack_thread();
	const char *frame = likely(thread != NULL) ? stack_innermost(thread) : NULL;
	const struct mark *top = &own.marks->top;
	if (unlikely(!frame))
		return false;
	*ret = (struct stack){
		.thread = thread,
		.innermost = frame,
		.below = top->below,
		.holds_gil = holds_gil,
		.key = stack_key(frame, top),
	};
	if (unlikely(!ret->key))
		stack_walk(ret);
	return true;
}

/* The node of the stack, for an allocation of so many bytes. Under the lock. */
static inline uint32_t stack_node(const struct stack *stack, uint64_t n_bytes)
{
	uint64_t hash = stack_hash(stack->key);
	uint32_t node = stack_way_node(stack_way(hash), hash);
	return likely(node && !stack->wants_marks) ? node : stack_find(stack, n_bytes);
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
static inline void count_keep_peak(
	struct trace_counters *counters, const struct trace_header *header)
{
	uint64_t epoch = header->epoch;
	if (likely(counters->epoch == epoch))
		return;
	counters->peak_bytes = counters->allocated_bytes - counters->freed_bytes;
	counters->epoch = epoch;
}

static inline void count_add(struct trace_counters *counters, uint64_t n_bytes)
{
	struct trace_header *header = table.header;
	count_keep_peak(counters, header);
	counters->allocated_bytes += n_bytes;
	counters->allocation_count++;
	header->live_bytes += n_bytes;
}

static inline void count_drop(struct trace_counters *counters, uint64_t n_bytes)
{
	struct trace_header *header = table.header;
	if (unlikely(header->live_bytes > header->peak_bytes)) {
		header->peak_bytes = header->live_bytes;
		header->epoch++;
	}
	count_keep_peak(counters, header);
	counters->freed_bytes += n_bytes;
	counters->freed_count++;
	header->live_bytes -= n_bytes;
}

/*
 * ---- the common events ----
 *
 * They are counted without a call: by the thread that holds the GIL, of a small block, with a
 * stack that was seen lately. Under the lock.
 */

/* The size that the first word of a small block tells; else TAG_SIZE_LARGE or more. */
static inline uint64_t count_size_of(uint32_t tag)
{
	return tag >> TAG_SIZE_SHIFT ^ TAG_BEGINS >> TAG_SIZE_SHIFT;
}

/* An allocation by a node that is known; false when it is none of the common ones. */
static inline bool count_at_hand(void *block, size_t n_bytes, uint32_t node)
{
	uint32_t *tag = shadow_find((uintptr_t)block);
	if (unlikely(!tag || n_bytes >= TAG_SIZE_LARGE || *python.finalizing || tag_is_set(*tag)))
		return false;
	*tag = tag_first(n_bytes, node);
	shadow_set_time(tag, n_bytes);
	count_add(&table.counters[node], n_bytes);
	own.last_block = block;
	return true;
}

/* An allocation while lines are watched: nobody asks for its stack, nor for its age. */
static inline bool count_watched(void *block, size_t n_bytes)
{
	uint32_t *tag = shadow_find((uintptr_t)block);
	if (unlikely(!tag || n_bytes >= TAG_SIZE_LARGE || *python.finalizing ||
		     !__libc_single_threaded || tally.is_muted || tag_is_set(*tag)))
		return false;
	*tag = tag_first(n_bytes, TRACE_NODE_NATIVE);
	count_add(&table.counters[TRACE_NODE_NATIVE], n_bytes);
	tally_allocated(block, n_bytes);
	own.last_block = block;
	return true;
}

/*
 * For count_at_hand(), to be taken before the allocator goes to work; 0 when it is
 * none of the common ones, and while lines are watched.
 */
static inline uint32_t stack_node_at_hand(void)
{
	const char *thread = *own.current;
	const char *frame = likely(thread != NULL) ? stack_innermost(thread) : NULL;
	if (unlikely(!frame))
		return 0;
	uint64_t key = stack_key(frame, &own.marks->top), hash = stack_hash(key);
	return likely(key) ? stack_way_node(stack_way(hash), hash) : 0;
}

/* Before a block is given back; false when it is none of the common ones. */
static inline bool count_free_at_hand(void *block)
{
	uint32_t *at = shadow_find((uintptr_t)block), tag = at ? *at : 0;
	uint64_t n_bytes = count_size_of(tag);
	if (unlikely(n_bytes >= TAG_SIZE_LARGE || *python.finalizing || !__libc_single_threaded))
		return false;
	struct trace_counters *counters = &table.counters[tag_node(tag)];
	*at = 0;
	count_drop(counters, n_bytes);
	if (block == own.last_block) {
		own.last_block = NULL;
		counters->temporary_count++;
	}
	if (unlikely(is_watching_lines))
		tally_freed(n_bytes);
	return true;
}

#endif
