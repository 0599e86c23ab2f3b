#include "heap/pins.h"

#define NEARLY_EMPTY_PERCENT 25

struct pins {
	struct heap *heap;
	size_t first; /* pin of the arena in hand */
	struct error *error;
};

/* The object that a block holds, or OBJ_NONE: items and tables are not told. */
static obj_id object_in(const struct heap *heap, const struct block *block)
{
	addr_t first = block->start + blocks_header_bytes(heap->blocks);
	for (unsigned prefix = 0; prefix <= 32; prefix += 16) {
		obj_id id = idset_find(&heap->ids, first + prefix);
		if (id != OBJ_NONE)
			return id;
	}
	return OBJ_NONE;
}

/* The objects of an arena share what it pins: items and tables go with one of them. */
static void share_out(struct pins *pins, uint64_t pinned_bytes)
{
	struct snapshot *snapshot = pins->heap->snapshot;
	size_t n = snapshot->pins.n - pins->first;
	for (size_t i = 0; i < n; i++)
		snapshot->pins.data[pins->first + i].pinned_bytes =
			pinned_bytes / n + (i < pinned_bytes % n);
	pins->first = snapshot->pins.n;
}

static void add_pin(void *arg, const struct block *block, uint64_t pinned_bytes)
{
	struct pins *pins = arg;
	obj_id object = block ? object_in(pins->heap, block) : OBJ_NONE;
	if (!block)
		share_out(pins, pinned_bytes);
	if (object == OBJ_NONE || pins->error)
		return;
	struct snap_pin *pin = vec_add(&pins->heap->snapshot->pins);
	if (pin)
		*pin = (struct snap_pin){.object = object};
	else
		pins->error = &error_no_memory;
}

struct error *pins_find(struct heap *heap)
{
	struct pins pins = {.heap = heap};
	blocks_sparse(heap->blocks, NEARLY_EMPTY_PERCENT, add_pin, &pins);
	return pins.error;
}
