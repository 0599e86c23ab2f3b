/*
 * Events become counters of their stack.
 *
 * The peak keeps its contents: the first free after a new maximum begins an
 * epoch; a stack that changes for the first time in an epoch keeps its live
 * bytes as its part of the peak. Stacks that did not change since need not.
 */
#include "agent.h"

#include <errno.h>
#include <immintrin.h>

uint32_t count_is_locked;

void count_wait(void)
{
	do {
		while (__atomic_load_n(&count_is_locked, __ATOMIC_RELAXED))
			_mm_pause();
	} while (__atomic_exchange_n(&count_is_locked, 1, __ATOMIC_ACQUIRE));
}

/* The interpreter tears its world down: what was alive before is the answer. */
static bool is_ending(void)
{
	if (likely(!*python.finalizing))
		return false;
	*is_counting = 0;
	table.header->state = TRACE_STATE_ENDING;
	return true;
}

/* A tag that is not only node and size is taken away. */
static __attribute__((noinline)) uint64_t drop_special(uintptr_t block, uint32_t tag)
{
	if (tag & TAG_WATCHED)
		stack_forget(block);
	if (!tag_begins(tag))
		return 0;
	uint64_t n_bytes = shadow_size(block, tag);
	if (tag_is_large(tag))
		shadow_set_size(block, 0);
	count_drop(&table.counters[tag_node(tag)], n_bytes);
	return n_bytes;
}

/* A tag that is taken away: its block is alive no more. Its size. */
static inline uint64_t drop_tag(uintptr_t block, uint32_t tag)
{
	uint64_t n_bytes = count_size_of(tag);
	if (unlikely(n_bytes >= TAG_SIZE_LARGE))
		return drop_special(block, tag);
	count_drop(&table.counters[tag_node(tag)], n_bytes);
	return n_bytes;
}

/* Where the tag of a new block stands; NULL when there is no room for it. */
static uint32_t *place(uintptr_t block, uint64_t n_bytes)
{
	uint32_t *tag = shadow_get(block);
	if (unlikely(!tag || (n_bytes >= TAG_SIZE_LARGE && !shadow_make_room(block))))
		return NULL;
	if (unlikely(*tag))
		drop_tag(block, *tag);
	return tag;
}

static void put(uint32_t *tag, uintptr_t block, uint32_t node, uint64_t n_bytes)
{
	if (unlikely(n_bytes >= TAG_SIZE_LARGE))
		shadow_set_size(block, n_bytes);
	*tag = TAG_BEGINS | MIN(n_bytes, TAG_SIZE_LARGE) << TAG_SIZE_SHIFT | node;
}

/* The report says how much there was no room for. */
static void lose(size_t n_bytes)
{
	table.header->uncounted_count++;
	table.header->uncounted_bytes += n_bytes;
}

void count_allocation(void *block, size_t n_bytes, bool holds_gil)
{
	if (is_ending() || (unlikely(is_watching_lines) && tally.is_muted))
		return;
	struct stack stack;
	bool has_stack = stack_read(holds_gil, &stack);
	bool is_taken = count_lock();
	uint32_t *tag = place((uintptr_t)block, n_bytes);
	if (likely(tag)) {
		uint32_t node = has_stack ? stack_node(&stack, n_bytes) : TRACE_NODE_NATIVE;
		put(tag, (uintptr_t)block, node, n_bytes);
		count_add(&table.counters[node], n_bytes);
		own.last_block = block;
		if (unlikely(is_watching_lines))
			tally_allocated(block, n_bytes);
	} else {
		lose(n_bytes);
	}
	count_unlock(is_taken);
}

/* What count_put_back() needs: node and size; 0 for a block that was not counted. */
static inline uint64_t take(void *block, bool is_temporary)
{
	uint32_t *at = shadow_find((uintptr_t)block);
	if (!at || !*at || is_ending())
		return 0;
	bool is_taken = count_lock();
	uint32_t tag = *at;
	*at = 0;
	uint64_t n_bytes = drop_tag((uintptr_t)block, tag);
	if (is_temporary && tag_begins(tag))
		table.counters[tag_node(tag)].temporary_count++;
	count_unlock(is_taken);
	if (unlikely(is_watching_lines))
		tally_freed(n_bytes);
	return n_bytes << TAG_SIZE_SHIFT | tag_node(tag);
}

uint64_t count_take(void *block)
{
	return take(block, false);
}

void count_free(void *block)
{
	bool is_temporary = block == own.last_block;
	if (is_temporary)
		own.last_block = NULL;
	take(block, is_temporary);
}

void count_nested_free(void *block)
{
	uint32_t *at = shadow_find((uintptr_t)block), tag = at ? *at : 0;
	if (!tag)
		return;
	*at = 0;
	drop_tag((uintptr_t)block, tag);
}

void count_put_back(void *block, uint64_t taken)
{
	uint64_t n_bytes = taken >> TAG_SIZE_SHIFT;
	if (!taken)
		return;
	bool is_taken = count_lock();
	uint32_t *tag = place((uintptr_t)block, n_bytes);
	if (tag) {
		struct trace_counters *counters = &table.counters[tag_node((uint32_t)taken)];
		put(tag, (uintptr_t)block, tag_node((uint32_t)taken), n_bytes);
		count_keep_peak(counters);
		counters->freed_bytes -= n_bytes;
		counters->freed_count--;
		table.header->live_bytes += n_bytes;
		if (unlikely(is_watching_lines))
			tally.live_bytes += (int64_t)n_bytes;
	}
	count_unlock(is_taken);
}

void count_failure(size_t n_bytes, bool holds_gil)
{
	int failure = errno;
	if (is_ending())
		return;
	struct stack stack;
	bool has_stack = stack_read(holds_gil, &stack);
	bool is_taken = count_lock();
	table.header->failed_node = has_stack ? stack_node(&stack, n_bytes) : TRACE_NODE_NATIVE;
	table.header->failed_bytes = n_bytes;
	count_unlock(is_taken);
	errno = failure;
}

uint32_t count_mapping(size_t n_bytes)
{
	if (is_ending())
		return 0;
	struct stack stack;
	bool has_stack = stack_read(false, &stack);
	bool is_taken = count_lock();
	uint32_t node = has_stack ? stack_node(&stack, n_bytes) : TRACE_NODE_NATIVE;
	count_add(&table.counters[node], n_bytes);
	count_unlock(is_taken);
	if (unlikely(is_watching_lines))
		tally_allocated(NULL, n_bytes);
	return node;
}

void count_lost(size_t n_bytes)
{
	bool is_taken = count_lock();
	lose(n_bytes);
	count_unlock(is_taken);
}

void count_unmapping(uint32_t node, size_t n_bytes, int n_pieces)
{
	if (is_ending())
		return;
	bool is_taken = count_lock();
	count_drop(&table.counters[node], n_bytes);
	table.counters[node].freed_count -= (uint64_t)(1 - n_pieces);
	count_unlock(is_taken);
	if (unlikely(is_watching_lines))
		tally_freed(n_bytes);
}

static bool is_lock_held;

void count_hold(void)
{
	is_lock_held = count_lock();
}

void count_release(void)
{
	count_unlock(is_lock_held);
}
