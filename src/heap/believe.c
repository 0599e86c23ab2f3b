#include "heap/believe.h"

#include "base/cleanup.h"
#include "base/workers.h"

/* Objects that scans of roots point at. */
struct doubts {
	const struct heap *heap;
	const obj_id *to;
	const uint8_t *kind;
	const uint32_t *operand;
	uint64_t first_root_edge;
	uint64_t *doubted; /* a bit an object */
	uint32_t *counts;  /* references by layout, of doubted objects */
};

/* Edges of roots that only a reference count can bear out. */
static bool is_doubtful(const struct doubts *doubts, uint64_t edge)
{
	return doubts->kind[edge] == EDGE_SCAN ||
	       (doubts->kind[edge] == EDGE_STACK && doubts->operand[edge] & STACK_DOUBTFUL);
}

static bool is_doubted(const struct doubts *doubts, obj_id object)
{
	return doubts->doubted[object / 64] >> object % 64 & 1;
}

static void doubt_scanned(struct doubts *doubts, uint64_t n_edges)
{
	for (uint64_t i = doubts->first_root_edge; i < n_edges; i++) {
		obj_id object = doubts->to[i];
		bool is_counted = object < doubts->heap->ids.n && doubts->heap->references[object];
		if (is_doubtful(doubts, i) && is_counted)
			doubts->doubted[object / 64] |= 1ull << object % 64;
	}
}

static struct error *count_range(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	struct doubts *doubts = arg;
	(void)worker;
	for (uint64_t i = begin; i < end; i++) {
		obj_id object = doubts->to[i];
		bool is_scanned = i >= doubts->first_root_edge && is_doubtful(doubts, i);
		if (object < doubts->heap->ids.n && is_doubted(doubts, object) && !is_scanned)
			__atomic_fetch_add(&doubts->counts[object], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Does the count of `object` have room for one more reference? Takes it if so. */
static bool take_reference(struct doubts *doubts, obj_id object)
{
	if (object >= doubts->heap->ids.n || !is_doubted(doubts, object))
		return true;
	uint16_t references = doubts->heap->references[object];
	if (references == UINT16_MAX)
		return true;
	if (doubts->counts[object] >= references)
		return false;
	doubts->counts[object]++;
	return true;
}

/* Moves the edges that stand together; their nodes begin where they do now. */
static void drop_disbelieved(struct doubts *doubts, struct column *start, struct column *to,
	struct column *kind, struct column *operand)
{
	uint64_t *starts = start->data, kept = doubts->first_root_edge;
	obj_id *targets = to->data;
	uint8_t *kinds = kind->data;
	uint32_t *operands = operand->data;
	uint64_t begin = kept;
	for (uint64_t node = doubts->heap->ids.n; node + 1 < start->n; node++) {
		uint64_t end = starts[node + 1];
		for (uint64_t i = begin; i < end; i++) {
			bool is_open = is_doubtful(doubts, i);
			if (is_open && !take_reference(doubts, targets[i]))
				continue;
			if (is_open && kinds[i] == EDGE_STACK)
				operands[i] &= ~STACK_DOUBTFUL;
			targets[kept] = targets[i];
			kinds[kept] = kinds[i];
			operands[kept++] = operands[i];
		}
		begin = end;
		starts[node + 1] = kept;
	}
	to->n = kind->n = operand->n = kept;
}

struct error *believe_roots(struct heap *heap, struct column *start, struct column *to,
	struct column *kind, struct column *operand)
{
	uint64_t n = heap->ids.n;
	_cleanup_free_ uint64_t *doubted = calloc(n / 64 + 1, sizeof(*doubted));
	_cleanup_free_ uint32_t *counts = calloc(n + 1, sizeof(*counts)); /* sparsely touched */
	if (!doubted || !counts)
		return &error_no_memory;
	struct doubts doubts = {.heap = heap,
		.to = to->data,
		.kind = kind->data,
		.operand = operand->data,
		.first_root_edge = ((uint64_t *)start->data)[n],
		.doubted = doubted,
		.counts = counts};
	doubt_scanned(&doubts, to->n);
	struct error *error = workers_run(heap->n_workers, to->n, count_range, &doubts);
	if (!error)
		drop_disbelieved(&doubts, start, to, kind, operand);
	return error;
}
