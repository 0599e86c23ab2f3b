#include "heap/gclists.h"

#include <stdio.h>

#define N_LISTS 4 /* three generations and the permanent one */
#define FROZEN 3

struct list {
	addr_t head;
	addr_t forward, backward; /* where the two walks stand */
	bool ended;
};

/*
 * Offset of the first list's head in _gc_runtime_state: the layout's, or, as
 * some micro versions moved it, the candidate whose lists point back.
 */
static bool is_list(const struct mem *mem, addr_t head)
{
	addr_t next = mem_word(mem, head) & ~3ull;
	return next && (mem_word(mem, next + 8) & ~3ull) == (head & ~3ull);
}

static addr_t find_generations(const struct cpython *cpython, addr_t gc)
{
	uint32_t known = cpython->layout->gc_runtime_state.generations;
	const uint32_t candidates[] = {known, 24, 20, 8};
	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		addr_t first = gc + candidates[i];
		if (is_list(cpython->mem, first) && is_list(cpython->mem, first + 24) &&
			is_list(cpython->mem, first + 48))
			return first;
	}
	return 0;
}

static void mark(struct heap *heap, addr_t head, unsigned generation)
{
	obj_id id = idset_find(&heap->ids, head + 16);
	if (id != OBJ_NONE)
		heap->snapshot->flags[id] = (uint8_t)(OBJECT_TRACKED | generation);
}

/* One hop from each end; true when the two walks met or left the list. */
static void step(struct heap *heap, struct list *list, unsigned generation)
{
	addr_t forward = mem_word(heap->mem, list->forward) & ~3ull;
	if (!forward || forward == (list->head & ~3ull)) {
		list->ended = true;
		return;
	}
	mark(heap, forward, generation);
	list->ended = forward == list->backward;
	list->forward = forward;
	if (list->ended)
		return;
	addr_t backward = mem_word(heap->mem, list->backward + 8) & ~3ull;
	if (!backward || backward == (list->head & ~3ull)) {
		list->ended = true;
		return;
	}
	mark(heap, backward, generation);
	list->ended = backward == list->forward;
	list->backward = backward;
}

static void walk_lists(struct heap *heap, struct list *lists)
{
	unsigned n_open = N_LISTS;
	for (uint64_t hops = 0; n_open > 1 && hops <= heap->ids.n; hops++) {
		n_open = 0;
		for (unsigned i = 0; i < N_LISTS; i++) {
			if (!lists[i].ended)
				step(heap, &lists[i], i);
			n_open += !lists[i].ended;
		}
	}
	heap->rest_generation = 2;
	for (unsigned i = 0; i < N_LISTS; i++)
		if (!lists[i].ended)
			heap->rest_generation = (uint8_t)i;
}

void gclists_read(struct heap *heap)
{
	heap->rest_generation = 2;
	vec_foreach (&heap->cpython->interpreters, interpreter) {
		addr_t first = find_generations(heap->cpython, interpreter->gc);
		if (!first)
			continue;
		uint32_t permanent = heap->cpython->layout->gc_runtime_state.permanent_generation;
		struct list lists[N_LISTS];
		for (unsigned i = 0; i < N_LISTS; i++) {
			addr_t head = i == FROZEN ? interpreter->gc + permanent : first + i * 24;
			lists[i] = (struct list){.head = head, .forward = head, .backward = head};
			lists[i].ended = !is_list(heap->mem, head);
		}
		walk_lists(heap, lists);
	}
}

static struct error *add_figure(struct heap *heap, const char *name, uint64_t value)
{
	struct snap_figure *figure = vec_add(&heap->snapshot->figures);
	if (!figure)
		return &error_no_memory;
	figure->value = value;
	return strpool_add(&heap->snapshot->strings, name, strlen(name), &figure->name);
}

static uint32_t int_at(const struct heap *heap, addr_t address)
{
	uint32_t value = 0;
	mem_read_u32(heap->mem, address, &value);
	return value;
}

struct error *gclists_figures(struct heap *heap)
{
	if (!heap->cpython->interpreters.n)
		return NULL;
	const struct layout *layout = heap->cpython->layout;
	addr_t gc = heap->cpython->interpreters.data[0].gc;
	addr_t first = find_generations(heap->cpython, gc);
	struct error *error = add_figure(
		heap, "gc.enabled", int_at(heap, gc + layout->gc_runtime_state.enabled) != 0);
	if (!error)
		error = add_figure(heap, "gc.collecting",
			int_at(heap, gc + layout->gc_runtime_state.collecting) != 0);
	for (unsigned i = 0; !error && first && i < 3; i++) {
		char name[32];
		addr_t generation = first + i * layout->gc_generation.n_bytes;
		snprintf(name, sizeof(name), "gc.threshold%u", i);
		error = add_figure(
			heap, name, int_at(heap, generation + layout->gc_generation.threshold));
		snprintf(name, sizeof(name), "gc.count%u", i);
		if (!error)
			error = add_figure(
				heap, name, int_at(heap, generation + layout->gc_generation.count));
	}
	return error;
}
