/*
 * The services of walk.h. Edges go through a ring: their look-ups (address to
 * id) are prefetched when they enter it and made when they leave it, so that
 * many cache misses are under way at once.
 */
#include "heap/sites.h"

#include <stdlib.h>
#include <sys/mman.h>

/* Below this many objects the half-filled ends of huge pages would weigh too much. */
#define HUGE_PAGES_FROM (4u << 20)

void heap_tell_pages(const struct heap *heap, void *column, size_t n_bytes)
{
	if (heap->ids.n < HUGE_PAGES_FROM)
		madvise(column, n_bytes, MADV_NOHUGEPAGE);
}

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1; older kernels refuse it, and nothing is lost */
#endif

void heap_make_huge(void *column, size_t n_bytes)
{
	if (n_bytes < 4 << 20)
		return;
	madvise(column, n_bytes, MADV_HUGEPAGE);
	madvise(column, n_bytes, MADV_COLLAPSE);
}

static struct error *init_columns(
	const struct heap *heap, struct harvest *harvest, size_t n_edges, size_t n_facts)
{
	struct {
		struct column *column;
		size_t element_size, capacity;
	} const wanted[] = {
		{&harvest->to, sizeof(obj_id), n_edges},
		{&harvest->kind, sizeof(uint8_t), n_edges},
		{&harvest->operand, sizeof(uint32_t), n_edges},
		{&harvest->fact_id, sizeof(uint8_t), n_facts},
		{&harvest->fact_object, sizeof(obj_id), n_facts},
		{&harvest->fact_value, sizeof(uint64_t), n_facts},
		{&harvest->native_object, sizeof(obj_id), n_edges},
		{&harvest->native_block, sizeof(addr_t), n_edges},
		{&harvest->shared_object, sizeof(obj_id), n_edges},
		{&harvest->shared_block, sizeof(addr_t), n_edges},
		{&harvest->text_object, sizeof(obj_id), n_facts},
		{&harvest->text, sizeof(str_id), n_facts},
		{&harvest->site_object, sizeof(obj_id), n_edges},
		{&harvest->site, sizeof(uint32_t), n_edges},
		{&harvest->site_bytes, sizeof(uint64_t), n_edges},
	};
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		struct column *column = wanted[i].column;
		struct error *error =
			column_init(column, wanted[i].element_size, wanted[i].capacity);
		if (error)
			return error;
		heap_tell_pages(heap, column->data, column->capacity * column->element_size);
	}
	return NULL;
}

/* No more edges can be than words in memory, each seen at most twice, and one for each type. */
static size_t edge_limit(const struct heap *heap)
{
	uint64_t n_bytes = 64 << 20;
	size_t n_spans;
	const struct block_span *spans = blocks_spans(heap->blocks, &n_spans);
	for (size_t i = 0; i < n_spans; i++)
		n_bytes += spans[i].end - spans[i].begin;
	vec_foreach (&heap->statics.regions, region)
		n_bytes += region->end - region->begin;
	return n_bytes / 4;
}

struct error *walk_init(struct walk *walk, struct heap *heap)
{
	*walk = (struct walk){.heap = heap, .self = OBJ_NONE};
	struct error *error =
		init_columns(heap, &walk->harvest, edge_limit(heap), heap->ids.n * 4 + (1 << 20));
	if (error)
		walk_deinit(walk);
	return error;
}

void walk_deinit(struct walk *walk)
{
	struct harvest *harvest = &walk->harvest;
	struct column *columns[] = {&harvest->to, &harvest->kind, &harvest->operand,
		&harvest->fact_id, &harvest->fact_object, &harvest->fact_value,
		&harvest->native_object, &harvest->native_block, &harvest->shared_object,
		&harvest->shared_block, &harvest->text_object, &harvest->text,
		&harvest->site_object, &harvest->site, &harvest->site_bytes};
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		column_deinit(columns[i]);
	vec_deinit(&harvest->native_ranges);
	vec_deinit(&walk->parts);
}

/* ---- edges ---- */

PREFETCHES prefetch_id(const struct idset *ids, addr_t address)
{
	const struct idset_chunk *chunk = idset_chunk_find(ids, address);
	if (!chunk)
		return;
	uint64_t word = (address - chunk->base) >> 9;
	__builtin_prefetch(&chunk->words[word]);
	__builtin_prefetch(&chunk->rank[word / 8]);
}

static void put_edge(struct walk *walk, enum edge_kind kind, uint32_t operand, obj_id target)
{
	struct harvest *harvest = &walk->harvest;
	obj_id *to = column_add(&harvest->to, 1);
	if (!to) {
		walk->is_full = true;
		return;
	}
	*to = target;
	*(uint8_t *)column_add(&harvest->kind, 1) = (uint8_t)kind;
	*(uint32_t *)column_add(&harvest->operand, 1) = operand;
}

static void leave_ring(struct walk *walk, const struct pending_edge *edge)
{
	const struct idset *ids = &walk->heap->ids;
	if (edge->kind == EDGE_BOUNDARY) {
		*edge->start = walk->harvest.to.n;
		return;
	}
	obj_id target = edge->target ? idset_find(ids, edge->target) : edge->node;
	if (target == OBJ_NONE)
		return;
	uint32_t operand = edge->name ? idset_find(ids, edge->name) : edge->operand;
	put_edge(walk, edge->kind, operand, target);
}

static void enter_ring(struct walk *walk, const struct pending_edge *edge)
{
	if (walk->ring_n == WALK_RING) {
		leave_ring(walk, &walk->ring[walk->ring_first]);
		walk->ring_first = (walk->ring_first + 1) % WALK_RING;
		walk->ring_n--;
	}
	walk->ring[(walk->ring_first + walk->ring_n++) % WALK_RING] = *edge;
	if (edge->target)
		prefetch_id(&walk->heap->ids, edge->target);
	if (edge->name)
		prefetch_id(&walk->heap->ids, edge->name);
}

void walk_boundary(struct walk *walk, uint64_t *start)
{
	enter_ring(walk, &(struct pending_edge){.kind = EDGE_BOUNDARY, .start = start});
}

void walk_edge(struct walk *walk, enum edge_kind kind, uint32_t operand, addr_t target)
{
	if (target)
		enter_ring(
			walk, &(struct pending_edge){
				      .kind = (uint8_t)kind, .operand = operand, .target = target});
}

void walk_edge_to(struct walk *walk, enum edge_kind kind, uint32_t operand, obj_id target)
{
	if (target != OBJ_NONE)
		enter_ring(
			walk, &(struct pending_edge){
				      .kind = (uint8_t)kind, .operand = operand, .node = target});
}

void walk_edge_named(struct walk *walk, enum edge_kind kind, addr_t name, addr_t target)
{
	if (target)
		enter_ring(walk, &(struct pending_edge){.kind = (uint8_t)kind,
					 .operand = OBJ_NONE,
					 .name = name,
					 .target = target});
}

str_id walk_literal(struct walk *walk, const char *literal)
{
	size_t i = ((uintptr_t)literal * 0x9e3779b97f4a7c15u >> 40) % FIELD_NAMES;
	struct field_name *known = &walk->field_names[i];
	if (known->text == literal)
		return known->id;
	struct heap *heap = walk->heap;
	pthread_mutex_lock(&heap->strings_lock);
	str_id id = 0;
	struct error *error = strpool_add(&heap->snapshot->strings, literal, strlen(literal), &id);
	pthread_mutex_unlock(&heap->strings_lock);
	if (error) {
		error_destroy(error);
		walk->is_full = true;
		return 0;
	}
	*known = (struct field_name){.text = literal, .id = id};
	return id;
}

void walk_text(struct walk *walk, obj_id object, const char *text)
{
	struct heap *heap = walk->heap;
	pthread_mutex_lock(&heap->strings_lock);
	str_id id = 0;
	struct error *error = strpool_add(&heap->snapshot->strings, text, strlen(text), &id);
	pthread_mutex_unlock(&heap->strings_lock);
	obj_id *at = column_add(&walk->harvest.text_object, 1);
	if (error || !at) {
		error_destroy(error);
		walk->is_full = true;
		return;
	}
	*at = object;
	*(str_id *)column_add(&walk->harvest.text, 1) = id;
}

void walk_field(
	struct walk *walk, enum edge_kind kind, const char *field, addr_t object, uint32_t offset)
{
	uint64_t target;
	if (offset == LAYOUT_ABSENT || !mem_read_u64(walk->heap->mem, object + offset, &target) ||
		!target)
		return;
	walk_edge(walk, kind, walk_literal(walk, field), target);
}

/* ---- blocks ---- */

bool heap_find_block(const struct heap *heap, addr_t start, struct block *ret)
{
	if (start & 7 || !blocks_find(heap->blocks, start, ret))
		return false;
	if (ret->start == start)
		return true;
	uint64_t in_front = start - ret->start;
	/* obmalloc.c: size, an id, 7 bytes of 0xfd stand in front of what debug hooks give out. */
	if (in_front <= 32 && !(start & 15) &&
		mem_word(heap->mem, start - 8) >> 8 == 0xfdfdfdfdfdfdfd)
		return true;
	/* Libraries that put the size in front of what they give out: SQLite (8), Expat (16). */
	uint64_t told = mem_word(heap->mem, ret->start);
	return (in_front == 8 || in_front == 16) && told <= ret->n_bytes - in_front &&
	       told + in_front + 32 > ret->n_bytes;
}

/* Of a heap below 4 GiB: blocks into whose middle pointers are believed to lead. */
#define INTERIOR_MAX (64u << 10)

bool heap_find_pointee(const struct heap *heap, addr_t pointer, struct block *ret)
{
	if (pointer < 4096 || pointer & 7 || pointer >> MEM_ADDRESS_BITS)
		return false;
	if (heap_find_block(heap, pointer, ret))
		return true;
	bool may_be_number = !(pointer >> 32);
	return blocks_find(heap->blocks, pointer, ret) && ret->kind == BLOCK_MALLOC &&
	       (!may_be_number || ret->n_bytes <= INTERIOR_MAX);
}

void walk_book(struct walk *walk, const struct block *block)
{
	const struct heap *heap = walk->heap;
	walk->units += (block->n_bytes + 15) / 16;
	if (block->n_bytes < 4096 && !heap->has_swap)
		return;
	walk->missing_bytes += blocks_missing(heap->blocks, block->start);
}

void walk_part(struct walk *walk, addr_t at)
{
	struct heap *heap = walk->heap;
	struct block block;
	if (!at || !heap_find_block(heap, at, &block) ||
		!blocks_claim(heap->blocks, block.start, OWNER_OBJECT))
		return;
	walk_book(walk, &block);
	sites_note_part(walk, &block);
	struct block *part = vec_add(&walk->parts);
	if (part)
		*part = block;
	else
		walk->is_full = true;
}

void walk_shared_part(struct walk *walk, addr_t at)
{
	struct block block;
	if (!at || !heap_find_block(walk->heap, at, &block))
		return;
	obj_id *object = column_add(&walk->harvest.shared_object, 1);
	if (!object) {
		walk->is_full = true;
		return;
	}
	*object = walk->self;
	*(addr_t *)column_add(&walk->harvest.shared_block, 1) = block.start;
}

static void put_native(struct walk *walk, addr_t at, addr_t mark)
{
	obj_id *object = column_add(&walk->harvest.native_object, 1);
	if (!object) {
		walk->is_full = true;
		return;
	}
	*object = walk->self;
	*(addr_t *)column_add(&walk->harvest.native_block, 1) = at | mark;
}

void walk_native(struct walk *walk, addr_t address)
{
	struct block block;
	if (!address || address >> MEM_ADDRESS_BITS)
		return;
	if (blocks_find(walk->heap->blocks, address, &block))
		put_native(walk, block.start, 0);
	else
		put_native(walk, address & ~7ull, 0);
}

bool walk_native_state(struct walk *walk, addr_t state, const uint32_t *buffers, size_t n_buffers)
{
	struct block block;
	walk_native(walk, state);
	if (!heap_find_block(walk->heap, state, &block) ||
		state + buffers[n_buffers - 1] + 8 > block.start + block.n_bytes)
		return false;
	for (size_t i = 0; i < n_buffers; i++)
		walk_native(walk, mem_word(walk->heap->mem, state + buffers[i]));
	return true;
}

void walk_native_range(struct walk *walk, addr_t address, uint64_t n_bytes)
{
	addr_t end;
	if (!address || __builtin_add_overflow(address, n_bytes, &end) || end >> MEM_ADDRESS_BITS)
		return;
	struct native_range *range = vec_add(&walk->harvest.native_ranges);
	if (range)
		*range = (struct native_range){.object = walk->self, .begin = address, .end = end};
	else
		walk->is_full = true;
}

static void put_tree(struct walk *walk, addr_t address, unsigned bit)
{
	struct block block;
	if (heap_find_pointee(walk->heap, address, &block) &&
		blocks_in_use(walk->heap->blocks, block.start))
		put_native(walk, block.start, bit);
}

void walk_native_tree(struct walk *walk, addr_t address)
{
	put_tree(walk, address, NATIVE_TREE);
}

void walk_scan(struct walk *walk, addr_t object, uint32_t begin, uint32_t end)
{
	for (uint32_t offset = begin; offset + 8 <= end; offset += 8) {
		uint64_t word;
		if (!mem_read_u64(walk->heap->mem, object + offset, &word))
			return;
		if (word < 4096 || word & 7 || word >> MEM_ADDRESS_BITS)
			continue;
		obj_id target = idset_find(&walk->heap->ids, word);
		if (target != OBJ_NONE)
			walk_edge_to(walk, EDGE_SCAN, offset, target);
		else
			put_tree(walk, word, NATIVE_GUESS);
	}
}

/* ---- facts and the rest ---- */

void walk_fact(struct walk *walk, enum fact_id fact, uint64_t value)
{
	struct harvest *harvest = &walk->harvest;
	uint8_t *id = column_add(&harvest->fact_id, 1);
	if (!id) {
		walk->is_full = true;
		return;
	}
	*id = (uint8_t)fact;
	*(obj_id *)column_add(&harvest->fact_object, 1) = walk->self;
	*(uint64_t *)column_add(&harvest->fact_value, 1) = value;
}

const struct cpython *walk_cpython(const struct walk *walk)
{
	return walk->heap->cpython;
}

const struct mem *walk_mem(const struct walk *walk)
{
	return walk->heap->mem;
}

obj_id walk_find(const struct walk *walk, addr_t address)
{
	return idset_find(&walk->heap->ids, address);
}

static void book_done(struct walk *walk)
{
	if (walk->done_n)
		pending_done_many(&walk->heap->pending, walk->done_chunk, walk->done_n);
	walk->done_n = 0;
}

void walk_done(struct walk *walk, const struct block *block)
{
	addr_t first = align_down(block->start, MEM_CHUNK_BYTES);
	if (block->start + block->n_bytes > first + MEM_CHUNK_BYTES) {
		pending_done(&walk->heap->pending, block->start, block->n_bytes);
		return;
	}
	if (walk->done_chunk != first)
		book_done(walk);
	walk->done_chunk = first;
	walk->done_n++;
}

struct error *walk_flush(struct walk *walk)
{
	for (; walk->ring_n; walk->ring_n--) {
		leave_ring(walk, &walk->ring[walk->ring_first]);
		walk->ring_first = (walk->ring_first + 1) % WALK_RING;
	}
	book_done(walk);
	return walk->is_full ? &error_no_memory : NULL;
}
