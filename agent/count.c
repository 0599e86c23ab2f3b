/*
 * Events become counters of their stack.
 *
 * The peak keeps its contents: the first free after a new maximum begins an
 * epoch; a stack that changes for the first time in an epoch keeps its live
 * bytes as its part of the peak. Stacks that did not change since need not.
 */
#include "agent.h"

#include <immintrin.h>
#include <sys/single_threaded.h>

static uint32_t lock;

/* The block that this thread allocated last, while nothing else was. */
static _Thread_local void *last_block __attribute__((tls_model("initial-exec")));

static bool lock_take(void)
{
	if (__libc_single_threaded)
		return false;
	while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(&lock, __ATOMIC_RELAXED))
			_mm_pause();
	return true;
}

static void lock_drop(bool is_taken)
{
	if (is_taken)
		__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
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

/* To be called before the live bytes of a stack change. */
static void keep_peak(struct trace_counters *counters)
{
	if (counters->epoch == table.header->epoch)
		return;
	counters->peak_bytes = counters->live_bytes;
	counters->epoch = table.header->epoch;
}

static void add_live(struct trace_counters *counters, uint64_t n_bytes)
{
	struct trace_header *header = table.header;
	keep_peak(counters);
	counters->live_bytes += n_bytes;
	counters->live_count++;
	header->live_count++;
	header->live_bytes += n_bytes;
	if (header->live_bytes > header->peak_bytes) {
		header->peak_bytes = header->live_bytes;
		header->is_at_peak = 1;
	}
}

static void drop_live(struct trace_counters *counters, uint64_t n_bytes)
{
	struct trace_header *header = table.header;
	if (header->is_at_peak && n_bytes) {
		header->is_at_peak = 0;
		header->epoch++;
	}
	keep_peak(counters);
	counters->live_bytes -= n_bytes;
	counters->live_count--;
	header->live_count--;
	header->live_bytes -= n_bytes;
}

/* A tag that is taken away: its block is alive no more. */
static void drop_tag(uintptr_t block, uint64_t tag)
{
	if (unlikely(tag & TAG_CODE))
		stack_forget_code(block);
	if (likely(tag & TAG_NODE_MASK))
		drop_live(&table.counters[tag & TAG_NODE_MASK], tag >> TAG_SIZE_SHIFT);
}

void count_allocation(void *block, size_t n_bytes, bool holds_gil)
{
	if (is_ending() || (unlikely(is_watching_lines) && own.is_muted))
		return;
	const char *frame = stack_frame(holds_gil);
	uint64_t hash = frame ? stack_hash(frame) : 0;
	uint64_t size = MIN(n_bytes, TAG_SIZE_MAX);
	bool is_taken = lock_take();
	uint64_t *tag = shadow_get((uintptr_t)block);
	if (likely(tag)) {
		if (unlikely(*tag))
			drop_tag((uintptr_t)block, *tag);
		uint32_t node = frame ? stack_node(frame, hash) : TRACE_NODE_NATIVE;
		struct trace_counters *counters = &table.counters[node];
		*tag = node | size << TAG_SIZE_SHIFT;
		counters->allocated_bytes += size;
		counters->allocation_count++;
		add_live(counters, size);
		last_block = block;
		if (unlikely(is_watching_lines))
			own_allocated(block, size);
	} else {
		table.header->uncounted_count++;
		table.header->uncounted_bytes += n_bytes;
	}
	lock_drop(is_taken);
}

static uint64_t take(void *block, bool is_temporary)
{
	uint64_t *at = shadow_find((uintptr_t)block);
	if (!at || !*at || is_ending())
		return 0;
	bool is_taken = lock_take();
	uint64_t tag = *at;
	*at = 0;
	drop_tag((uintptr_t)block, tag);
	table.counters[tag & TAG_NODE_MASK].temporary_count += is_temporary;
	lock_drop(is_taken);
	if (unlikely(is_watching_lines))
		own.live_bytes -= (int64_t)(tag >> TAG_SIZE_SHIFT);
	return tag;
}

uint64_t count_take(void *block)
{
	return take(block, false);
}

void count_free(void *block)
{
	bool is_temporary = block == last_block;
	if (is_temporary)
		last_block = NULL;
	take(block, is_temporary);
}

void count_put_back(void *block, uint64_t tag)
{
	bool is_taken = lock_take();
	uint64_t *at = shadow_find((uintptr_t)block);
	if (at && tag & TAG_NODE_MASK) {
		*at = tag & ~TAG_CODE;
		add_live(&table.counters[tag & TAG_NODE_MASK], tag >> TAG_SIZE_SHIFT);
		if (unlikely(is_watching_lines))
			own.live_bytes += (int64_t)(tag >> TAG_SIZE_SHIFT);
	}
	lock_drop(is_taken);
}

uint64_t count_live_bytes(void)
{
	return __atomic_load_n(&table.header->live_bytes, __ATOMIC_RELAXED);
}
