#include "heap/frames.h"

#include <stdlib.h>

#define SLOTS_LIMIT 100000 /* no code object has as many */

static void walk_local(struct walk *walk, const struct frame *frame, uint32_t i, addr_t value)
{
	const struct heap *heap = walk->heap;
	bool is_cell = heap->cell_type && cpython_type_of(heap->cpython, value) == heap->cell_type;
	addr_t name = cpython_local_name(heap->cpython, frame->code, i);
	enum edge_kind kind = is_cell ? EDGE_CELL : EDGE_LOCAL;
	if (name)
		walk_edge_named(walk, kind, name, value);
	else
		walk_edge(walk, kind, OBJ_NONE, value);
}

/* The object in slot `i` of the frame, or 0. */
static addr_t slot_value(const struct walk *walk, const struct frame *frame, uint32_t i)
{
	uint64_t bits;
	const struct cpython *cpython = walk->heap->cpython;
	if (!mem_read_u64(cpython->mem, frame->slots + i * 8ull, &bits))
		return 0;
	return cpython_stack_ref(cpython, bits);
}

static bool has_slots(const struct frame *frame)
{
	return frame->slots && frame->n_locals < SLOTS_LIMIT && frame->n_stack < SLOTS_LIMIT &&
	       frame->n_stack_max < SLOTS_LIMIT;
}

void frames_walk_slots(struct walk *walk, const struct frame *frame)
{
	if (!has_slots(frame))
		return;
	for (uint32_t i = 0; i < frame->n_locals + frame->n_stack; i++) {
		addr_t value = slot_value(walk, frame, i);
		if (value && i < frame->n_locals)
			walk_local(walk, frame, i, value);
		else
			walk_edge(walk, EDGE_STACK, i - frame->n_locals, value);
	}
}

void frames_walk_doubtful(struct walk *walk, const struct frame *frame)
{
	if (!has_slots(frame))
		return;
	for (uint32_t i = frame->n_stack; i < frame->n_stack_max; i++)
		walk_edge(walk, EDGE_STACK, STACK_DOUBTFUL | i,
			slot_value(walk, frame, frame->n_locals + i));
}

static void walk_member(struct walk *walk, const char *name, addr_t target)
{
	if (target)
		walk_edge(walk, EDGE_MEMBER, walk_literal(walk, name), target);
}

void frames_walk_owned(struct walk *walk, const struct frame *frame)
{
	walk_member(walk, "function", frame->function);
	walk_member(walk, "code", frame->code);
	walk_member(walk, "locals", frame->locals);
	walk_member(walk, "frame", frame->frame_object);
	frames_walk_slots(walk, frame);
}

/* ---- before the image is given back ---- */

static void pin(struct heap *heap, addr_t object)
{
	struct block block;
	if (object && blocks_find(heap->blocks, object, &block))
		pending_pin(&heap->pending, block.start, block.n_bytes);
}

static void pin_field(struct heap *heap, addr_t code, uint32_t offset)
{
	if (offset != LAYOUT_ABSENT)
		pin(heap, mem_word(heap->mem, code + offset));
}

static int compare_files(const void *a, const void *b)
{
	addr_t left = ((const struct file_name *)a)->str;
	addr_t right = ((const struct file_name *)b)->str;
	return left < right ? -1 : left > right;
}

static struct error *read_files(struct heap *heap)
{
	size_t n = 0;
	if (heap->files.n)
		qsort(heap->files.data, heap->files.n, sizeof(*heap->files.data), compare_files);
	for (size_t i = 0; i < heap->files.n; i++)
		if (!n || heap->files.data[n - 1].str != heap->files.data[i].str)
			heap->files.data[n++] = heap->files.data[i];
	heap->files.n = n;
	vec_foreach (&heap->files, file) {
		char text[4096];
		if (!cpython_read_str(heap->cpython, file->str, text, sizeof(text)))
			continue;
		struct error *error =
			strpool_add(&heap->snapshot->strings, text, strlen(text), &file->id);
		if (error)
			return error;
	}
	return NULL;
}

struct error *frames_prepare(struct heap *heap)
{
	const struct layout *layout = heap->cpython->layout;
	vec_foreach (&heap->codes, at) {
		struct code code;
		if (!cpython_read_code(heap->cpython, *at, &code))
			continue;
		struct file_name *file = vec_add(&heap->files);
		if (!file)
			return &error_no_memory;
		file->str = code.filename;
		const uint32_t read[] = {layout->PyCodeObject.co_localsplusnames,
			layout->PyCodeObject.co_localspluskinds, layout->PyCodeObject.co_linetable,
			layout->PyCodeObject.co_lnotab, layout->PyCodeObject.co_varnames,
			layout->PyCodeObject.co_cellvars, layout->PyCodeObject.co_freevars,
			layout->PyCodeObject.co_code};
		for (size_t i = 0; i < ARRAY_SIZE(read); i++)
			pin_field(heap, *at, read[i]);
	}
	return read_files(heap);
}

bool heap_file_name(const struct heap *heap, addr_t file, str_id *ret)
{
	const struct file_name wanted = {.str = file};
	const struct file_name *found = heap->files.n
						? bsearch(&wanted, heap->files.data, heap->files.n,
							  sizeof(wanted), compare_files)
						: NULL;
	if (!found || !found->id)
		return false;
	*ret = found->id;
	return true;
}
