#include "heap/reach.h"

#include "base/cleanup.h"

#include <stdlib.h>

static bool is_set(const uint64_t *bits, uint32_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

/* How far ahead of the queue's head rows and edges are fetched. */
#define ROW_AHEAD 24
#define EDGES_AHEAD 12

static void prefetch_ahead(
	const struct snapshot *snapshot, const obj_id *queue, size_t head, size_t end)
{
	if (head + ROW_AHEAD < end)
		__builtin_prefetch(&snapshot->edge_start[queue[head + ROW_AHEAD]]);
	if (head + EDGES_AHEAD < end) {
		uint64_t edge = snapshot->edge_start[queue[head + EDGES_AHEAD]];
		__builtin_prefetch(&snapshot->edge_to[edge]);
	}
}

/* A bit for each node that has edges: the others, more than half, need no visit. */
static void find_inner(const struct snapshot *snapshot, uint64_t *inner)
{
	for (uint32_t node = 0; node < snapshot->n_nodes; node++)
		if (snapshot->edge_start[node] != snapshot->edge_start[node + 1])
			inner[node / 64] |= 1ull << node % 64;
}

/* Marks all that is reachable from the nodes [first, n_nodes); breadth first, to see far ahead. */
static void mark_reached(const struct snapshot *snapshot, uint32_t first, const uint64_t *inner,
	uint64_t *reached, obj_id *queue)
{
	size_t end = 0;
	for (uint32_t node = first; node < snapshot->n_nodes; node++) {
		reached[node / 64] |= 1ull << node % 64;
		queue[end++] = node;
	}
	for (size_t head = 0; head < end; head++) {
		obj_id node = queue[head];
		prefetch_ahead(snapshot, queue, head, end);
		for (uint64_t i = snapshot->edge_start[node]; i < snapshot->edge_start[node + 1];
			i++) {
			obj_id to = snapshot->edge_to[i];
			if (is_set(reached, to))
				continue;
			reached[to / 64] |= 1ull << to % 64;
			if (is_set(inner, to))
				queue[end++] = to;
		}
	}
}

static obj_id next_unreached(const uint64_t *reached, obj_id from, uint32_t n)
{
	while (from < n) {
		uint64_t open = ~reached[from / 64] >> from % 64;
		if (open)
			return from + (obj_id)__builtin_ctzll(open);
		from = (from / 64 + 1) * 64;
	}
	return n;
}

/* Subtracts references among unreached objects from their counts. */
static void subtract(struct heap *heap, const uint64_t *reached)
{
	const struct snapshot *snapshot = heap->snapshot;
	uint32_t n = snapshot->n_objects;
	for (obj_id id = next_unreached(reached, 0, n); id < n;
		id = next_unreached(reached, id + 1, n)) {
		for (uint64_t i = snapshot->edge_start[id]; i < snapshot->edge_start[id + 1]; i++) {
			uint16_t *count = &heap->references[snapshot->edge_to[i]];
			if (*count && *count != UINT16_MAX)
				--*count;
		}
	}
}

static struct error *collect(
	const struct heap *heap, const uint64_t *reached, struct held_objects *ret)
{
	const struct snapshot *snapshot = heap->snapshot;
	uint32_t n = snapshot->n_objects;
	for (obj_id id = next_unreached(reached, 0, n); id < n;
		id = next_unreached(reached, id + 1, n)) {
		bool is_immortal = snapshot->flags[id] & (OBJECT_IMMORTAL | OBJECT_STATIC);
		if (!heap->references[id] && !is_immortal)
			continue;
		struct held *held = vec_add(&ret->objects);
		if (!held)
			return &error_no_memory;
		*held = (struct held){.object = id, .excess = heap->references[id]};
	}
	return NULL;
}

struct error *reach_find_held(struct heap *heap, struct held_objects *ret)
{
	const struct snapshot *snapshot = heap->snapshot;
	_cleanup_free_ uint64_t *reached = calloc(snapshot->n_nodes / 64 + 1, sizeof(*reached));
	_cleanup_free_ uint64_t *inner = calloc(snapshot->n_nodes / 64 + 1, sizeof(*inner));
	struct column queue;
	if (!reached || !inner)
		return &error_no_memory;
	struct error *error = column_init(&queue, sizeof(obj_id), snapshot->n_nodes);
	if (error)
		return error;
	find_inner(snapshot, inner);
	mark_reached(snapshot, snapshot->n_objects, inner, reached, queue.data);
	column_deinit(&queue);
	*ret = (struct held_objects){0};
	subtract(heap, reached);
	return collect(heap, reached, ret);
}
