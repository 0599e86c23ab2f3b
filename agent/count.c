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
#include <stdio.h>

enum { FAILURES_TOLD = 8 };

/* Waiting for whymem, which may be stopped. */
#define FAILED_WAIT_NS 10000000000ull
#define SHORT_WAIT_NS 5000000000ull

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
static __attribute__((noinline)) uint64_t drop_special(uintptr_t block, const uint32_t *words)
{
	uint32_t tag = words[0];
	if (tag & TAG_WATCHED)
		stack_forget(block);
	if (!tag_begins(tag))
		return 0;
	uint64_t n_bytes = tag_size(words);
	count_drop(&table.counters[tag_node(tag)], n_bytes);
	return n_bytes;
}

/* The tag that begins these words is taken away: its block is alive no more. Its size. */
static inline uint64_t drop_tag(uintptr_t block, uint32_t *words)
{
	uint64_t n_bytes = count_size_of(words[0]);
	if (unlikely(n_bytes >= TAG_SIZE_LARGE))
		n_bytes = drop_special(block, words);
	else
		count_drop(&table.counters[tag_node(words[0])], n_bytes);
	words[0] = 0;
	return n_bytes;
}

/* The words of a new block; NULL when there is no room for them. */
static uint32_t *place(uintptr_t block)
{
	uint32_t *words = shadow_get(block);
	if (words && unlikely(tag_is_set(words[0])))
		drop_tag(block, words);
	return words;
}

static void put(uint32_t *words, uint32_t node, uint64_t n_bytes)
{
	if (unlikely(n_bytes >= TAG_SIZE_LARGE)) {
		words[2] = n_bytes & TAG_REST_MASK;
		words[3] = (uint32_t)(n_bytes >> TAG_REST_SHIFT) & TAG_REST_MASK;
	}
	words[0] = tag_first(n_bytes, node);
}

/* The report says how much there was no room for. */
static void lose(size_t n_bytes)
{
	table.header->uncounted_count++;
	table.header->uncounted_bytes += n_bytes;
}

void count_ask_for_look(void)
{
	int failure = errno;
	uint64_t none = UINT64_MAX;
	if (__atomic_exchange_n(&table.header->look_at_bytes, none, __ATOMIC_RELAXED) != none)
		session_wait(TRACE_MESSAGE_SHORT, "", SHORT_WAIT_NS);
	errno = failure;
}

void count_allocation(void *block, size_t n_bytes, bool holds_gil)
{
	if (is_ending() || (unlikely(is_watching_lines) && tally.is_muted))
		return;
	struct stack stack;
	bool has_stack = stack_read(holds_gil, &stack);
	bool is_taken = count_lock();
	uint32_t *words = place((uintptr_t)block);
	if (likely(words)) {
		uint32_t node = has_stack ? stack_node(&stack, n_bytes) : TRACE_NODE_NATIVE;
		put(words, node, n_bytes);
		shadow_set_time(words, n_bytes);
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
	uint32_t *words = shadow_find((uintptr_t)block), tag = words ? words[0] : 0;
	if (!tag_is_set(tag) || is_ending())
		return 0;
	bool is_taken = count_lock();
	uint64_t n_bytes = drop_tag((uintptr_t)block, words);
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

__attribute__((noinline)) void count_free(void *block)
{
	bool is_temporary = block == own.last_block;
	if (is_temporary)
		own.last_block = NULL;
	take(block, is_temporary);
}

void count_nested_free(void *block)
{
	uint32_t *words = shadow_find((uintptr_t)block);
	if (words && tag_is_set(words[0]))
		drop_tag((uintptr_t)block, words);
}

void count_put_back(void *block, uint64_t taken)
{
	uint64_t n_bytes = taken >> TAG_SIZE_SHIFT;
	if (!taken)
		return;
	bool is_taken = count_lock();
	uint32_t *words = place((uintptr_t)block);
	if (words) {
		struct trace_counters *counters = &table.counters[tag_node((uint32_t)taken)];
		put(words, tag_node((uint32_t)taken), n_bytes);
		count_keep_peak(counters, table.header);
		counters->freed_bytes -= n_bytes;
		counters->freed_count--;
		table.header->live_bytes += n_bytes;
		if (unlikely(is_watching_lines))
			tally.live_bytes += (int64_t)n_bytes;
	}
	count_unlock(is_taken);
}

/* Of the first few failures, whether somebody catches them or not. */
static void tell_of_failure(uint32_t number)
{
	char text[16];
	if (number > FAILURES_TOLD)
		return;
	snprintf(text, sizeof(text), "%u", number);
	session_wait(TRACE_MESSAGE_FAILED, text, FAILED_WAIT_NS);
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
	uint32_t number = ++table.header->failed_count;
	count_unlock(is_taken);
	tell_of_failure(number);
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
