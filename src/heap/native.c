#include "heap/native.h"

#include "heap/tracer.h"

#include <stdlib.h>

/* The interpreter, libraries and stacks as owners. */
#define INTERPRETER (OBJ_NONE - 1)
#define LIBRARY (OBJ_NONE - 2)

/* Around a thread pointer, where variables of a thread stand. */
#define THREAD_BYTES (16ull << 10)

#define THREADS_LIMIT 100000
#define CHUNKS_LIMIT 1000000

/* A block and who reached it. */
struct claim {
	addr_t start;
	uint64_t n_bytes;
	obj_id owner;
	bool tells_size;
	/* Bytes that may lead to more; of a block that tells its size up to where it is used. */
	uint64_t n_followed;
};

struct ownership {
	struct heap *heap;
	VEC(struct claim) claims; /* in the order they were made: also the queue */
	size_t next;              /* of the queue */
	struct native_edges edges;
	struct error *error;
};

static void add_claim(struct ownership *ownership, addr_t start, uint64_t n_bytes, obj_id owner)
{
	struct claim *claim = vec_add(&ownership->claims);
	if (claim)
		*claim = (struct claim){
			.start = start, .n_bytes = n_bytes, .n_followed = n_bytes, .owner = owner};
	else
		ownership->error = &error_no_memory;
}

/* False when it is somebody's already. */
static bool claim_block(struct ownership *ownership, addr_t start, obj_id owner)
{
	struct heap *heap = ownership->heap;
	struct block block;
	enum block_owner kind = owner == INTERPRETER ? OWNER_INTERPRETER
				: owner == LIBRARY   ? OWNER_LIBRARY
						     : OWNER_NATIVE;
	if (!blocks_find(heap->blocks, start, &block) ||
		!blocks_in_use(heap->blocks, block.start) ||
		!blocks_claim(heap->blocks, block.start, kind))
		return false;
	add_claim(ownership, block.start, block.n_bytes, owner);
	return true;
}

/*
 * SQLite puts the size in front of all that it gives out. Behind its end nobody wrote:
 * what is there was left by others, as in words that SQLite has not used yet.
 */
enum {
	SIZE_BYTES = 8,
	HANDLE_BYTES = 512, /* a database is larger; in small blocks a count may look like a size */
};

static bool tells_size(const struct heap *heap, const struct block *block)
{
	uint64_t told = mem_word(heap->mem, block->start);
	return told && !(told & 7) && told <= block->n_bytes - SIZE_BYTES &&
	       block->n_bytes - SIZE_BYTES - told < 32;
}

/* The claim made last is of such a block. Those that it leads to must be as well. */
static void believe_size(struct ownership *ownership)
{
	struct claim *claim = &ownership->claims.data[ownership->claims.n - 1];
	claim->tells_size = true;
	claim->n_followed = SIZE_BYTES + mem_word(ownership->heap->mem, claim->start);
}

/* A mapping of its own, such as large buffers that malloc did not make. */
static void claim_map(struct ownership *ownership, addr_t address, obj_id owner)
{
	struct block_span span;
	if (blocks_claim_around(ownership->heap->blocks, address, OWNER_NATIVE, &span))
		add_claim(ownership, span.begin, span.end - span.begin, owner);
}

static void claim_ranges(struct ownership *ownership, const struct harvest *harvest)
{
	struct heap *heap = ownership->heap;
	vec_foreach (&harvest->native_ranges, range) {
		struct block block;
		addr_t begin = align_down(range->begin, 4096), end = align_up(range->end, 4096);
		if (blocks_find(heap->blocks, range->begin, &block))
			claim_block(ownership, range->begin, range->object);
		else if (blocks_claim_range(heap->blocks, begin, end, OWNER_NATIVE))
			add_claim(ownership, begin, end - begin, range->object);
	}
}

static void claim_direct(struct ownership *ownership, const struct harvest *harvest)
{
	claim_ranges(ownership, harvest);
	const obj_id *objects = harvest->native_object.data;
	const addr_t *addresses = harvest->native_block.data;
	for (size_t i = 0; i < harvest->native_block.n; i++) {
		struct block block;
		if (addresses[i] & NATIVE_BITS)
			continue;
		if (blocks_find(ownership->heap->blocks, addresses[i], &block))
			claim_block(ownership, addresses[i], objects[i]);
		else
			claim_map(ownership, addresses[i], objects[i]);
	}
}

static void claim_tree(struct ownership *ownership, addr_t start, obj_id owner)
{
	struct block block;
	if (claim_block(ownership, start, owner) && !ownership->error &&
		blocks_find(ownership->heap->blocks, start, &block) &&
		block.n_bytes >= HANDLE_BYTES && tells_size(ownership->heap, &block))
		believe_size(ownership);
}

static void claim_seeds(struct ownership *ownership, const struct harvest *harvest, unsigned bit)
{
	const obj_id *objects = harvest->native_object.data;
	const addr_t *addresses = harvest->native_block.data;
	for (size_t i = 0; i < harvest->native_block.n; i++)
		if (addresses[i] & bit)
			claim_tree(ownership, addresses[i] & ~7ull, objects[i]);
}

static void add_edge(struct ownership *ownership, obj_id from, obj_id to)
{
	struct native_edge *edge = vec_add(&ownership->edges.edges);
	if (edge)
		*edge = (struct native_edge){.from = from, .to = to};
	else
		ownership->error = &error_no_memory;
}

/*
 * The block that a word found at its owner's leads to. Variables of the interpreter and
 * of libc are believed only where they name a start; a block that tells its size leads
 * to those that tell theirs.
 */
static bool leads_to(
	const struct heap *heap, const struct claim *from, addr_t word, struct block *ret)
{
	if (from->owner == INTERPRETER)
		return heap_find_block(heap, word, ret);
	return heap_find_pointee(heap, word, ret) && (!from->tells_size || tells_size(heap, ret));
}

/* Blocks that words of what is claimed point at, and objects that they refer to. */
static void claim_pointees(struct ownership *ownership, const struct claim *from)
{
	const struct heap *heap = ownership->heap;
	for (addr_t at = from->start; at + 8 <= from->start + from->n_followed; at += 8) {
		struct block block;
		addr_t word = mem_word(heap->mem, at);
		if (word < 4096 || word & 7 || word >> MEM_ADDRESS_BITS)
			continue;
		obj_id object = from->owner < heap->ids.n ? idset_find(&heap->ids, word) : OBJ_NONE;
		if (object != OBJ_NONE)
			add_edge(ownership, from->owner, object);
		else if (leads_to(heap, from, word, &block) &&
			 claim_block(ownership, block.start, from->owner) && !ownership->error &&
			 from->tells_size)
			believe_size(ownership);
	}
}

static void claim_range(struct ownership *ownership, addr_t begin, addr_t end, obj_id owner)
{
	const struct claim range = {.start = begin, .n_followed = end - begin, .owner = owner};
	if (begin < end)
		claim_pointees(ownership, &range);
}

/*
 * Small blocks first: they are structures, whose words all mean something. Large ones are
 * buffers more often, and where nothing was written yet words of others are left in them:
 * what a structure leads to is its own before such a word can claim it.
 */
static void follow(struct ownership *ownership)
{
	static const uint64_t limits[] = {256, 1024, 4096, 16384, UINT64_MAX};
	for (size_t round = 0; round < ARRAY_SIZE(limits); round++)
		for (size_t i = ownership->next; !ownership->error && i < ownership->claims.n;
			i++) {
			struct claim claim = ownership->claims.data[i];
			if (claim.n_followed > limits[round])
				continue;
			ownership->claims.data[i].n_followed = 0;
			claim_pointees(ownership, &claim);
		}
	ownership->next = ownership->claims.n;
}

/* pystate.c, push_chunk(): frames of a thread stand in mappings of their own, 3.11+. */
static void claim_frame_stack(struct heap *heap, addr_t thread)
{
	const struct layout *layout = heap->cpython->layout;
	const uint32_t heads[] = {layout->PyThreadState.datastack_chunk,
		layout->PyThreadState.datastack_cached_chunk};
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		if (heads[i] == LAYOUT_ABSENT)
			continue;
		addr_t chunk = mem_word(heap->mem, thread + heads[i]);
		for (unsigned n = 0; chunk && n < CHUNKS_LIMIT; n++) {
			uint64_t n_bytes = mem_word(heap->mem, chunk + layout->PyStackChunk.size);
			if (n_bytes >> MEM_ADDRESS_BITS ||
				!blocks_claim_range(
					heap->blocks, chunk, chunk + n_bytes, OWNER_INTERPRETER))
				break;
			chunk = mem_word(heap->mem, chunk + layout->PyStackChunk.previous);
		}
	}
}

static void claim_states(struct ownership *ownership)
{
	const struct cpython *cpython = ownership->heap->cpython;
	const struct layout *layout = cpython->layout;
	uint32_t head = layout->PyInterpreterState.threads_head;
	if (head == LAYOUT_ABSENT)
		head = layout->PyInterpreterState.tstate_head;
	vec_foreach (&cpython->interpreters, interpreter) {
		claim_block(ownership, interpreter->address, INTERPRETER);
		addr_t thread = mem_word(cpython->mem, interpreter->address + head);
		for (unsigned n = 0; thread && n < THREADS_LIMIT; n++) {
			claim_block(ownership, thread, INTERPRETER);
			claim_frame_stack(ownership->heap, thread);
			thread = mem_word(cpython->mem, thread + layout->PyThreadState.next);
		}
	}
}

static void claim_variables(struct ownership *ownership)
{
	vec_foreach (&ownership->heap->statics.regions, region)
		if (region->is_interpreter || region->is_libc)
			claim_range(ownership, region->begin, region->end, INTERPRETER);
}

/* Mappings that a library made for itself, such as work space of OpenBLAS: in use, but no object's.
 */
static void claim_maps_of_libraries(struct heap *heap)
{
	vec_foreach (&heap->statics.regions, region) {
		for (addr_t at = region->begin; at + 8 <= region->end; at += 8) {
			addr_t word = mem_word(heap->mem, at);
			struct block_span span;
			if (word && !(word & 4095) && !(word >> MEM_ADDRESS_BITS))
				blocks_claim_around(heap->blocks, word, OWNER_NONE, &span);
		}
	}
}

static void claim_stack(
	struct ownership *ownership, addr_t begin, const struct map *map, addr_t end)
{
	if (map && map->flags & MAP_WRITE && !(map->flags & MAP_IS_SHARED))
		claim_range(ownership, align_up(MAX(begin, map->start), 8), MIN(end, map->end),
			LIBRARY);
}

/* What libraries and running functions still know of: no object's, but not lost. */
static void claim_for_libraries(struct ownership *ownership)
{
	const struct capture *capture = ownership->heap->capture;
	vec_foreach (&ownership->heap->statics.regions, region)
		if (!region->is_interpreter)
			claim_range(ownership, region->begin, region->end, LIBRARY);
	vec_foreach (&capture->threads, thread) {
		addr_t tail = thread->thread_pointer;
		claim_stack(ownership, thread->stack_pointer,
			capture_find_map(capture, thread->stack_pointer), UINT64_MAX);
		claim_stack(ownership, tail - MIN(tail, THREAD_BYTES),
			capture_find_map(capture, tail), tail + THREAD_BYTES);
	}
	follow(ownership);
}

static int compare_claims(const void *a, const void *b)
{
	obj_id left = ((const struct claim *)a)->owner, right = ((const struct claim *)b)->owner;
	return left < right ? -1 : left > right;
}

static void put_facts(struct ownership *ownership, struct walk *walk, struct late_sites *late)
{
	if (ownership->claims.n)
		qsort(ownership->claims.data, ownership->claims.n, sizeof(*ownership->claims.data),
			compare_claims);
	for (size_t i = 0; i < ownership->claims.n;) {
		obj_id owner = ownership->claims.data[i].owner;
		uint64_t n_bytes = 0, missing = 0;
		for (; i < ownership->claims.n && ownership->claims.data[i].owner == owner; i++) {
			const struct claim *claim = &ownership->claims.data[i];
			/* With the header of the chunk, which goes with it. */
			n_bytes += align_up(claim->n_bytes, 16);
			if (owner < ownership->heap->ids.n && !ownership->error)
				ownership->error =
					sites_add_late(late, ownership->heap, claim->start,
						&(struct site_row){.object = owner,
							.n_bytes = align_up(claim->n_bytes, 16),
							.is_native = true});
			missing += claim->n_bytes - capture_resident(ownership->heap->capture,
							    claim->start, claim->n_bytes);
		}
		if (owner == INTERPRETER || owner == LIBRARY || owner == OBJ_NONE)
			continue;
		walk->self = owner;
		walk_fact(walk, FACT_NATIVE_BYTES, n_bytes);
		if (missing)
			walk_fact(walk, FACT_NATIVE_MISSING, missing);
	}
}

static int compare_edges(const void *a, const void *b)
{
	const struct native_edge *left = a, *right = b;
	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	return left->to < right->to ? -1 : left->to > right->to;
}

struct error *native_assign(struct heap *heap, struct walk *walks, unsigned n_walks,
	struct late_sites *late, struct native_edges *ret)
{
	struct ownership ownership = {.heap = heap};
	for (unsigned i = 0; i < n_walks; i++)
		claim_direct(&ownership, &walks[i].harvest);
	/* What objects name themselves holds data, not pointers to more. */
	ownership.next = ownership.claims.n;
	claim_states(&ownership);
	ownership.next = ownership.claims.n;
	for (unsigned bit = NATIVE_TREE; bit <= NATIVE_GUESS; bit *= 2) {
		for (unsigned i = 0; i < n_walks; i++)
			claim_seeds(&ownership, &walks[i].harvest, bit);
		follow(&ownership);
	}
	size_t n_followed = ownership.claims.n;
	claim_variables(&ownership);
	ownership.next = n_followed;
	follow(&ownership);
	vec_foreach (&heap->cpython->interpreters, interpreter)
		claim_range(&ownership, interpreter->address,
			interpreter->address + heap->cpython->layout->PyInterpreterState.n_bytes,
			INTERPRETER);
	follow(&ownership);
	claim_for_libraries(&ownership);
	tracer_claim_agent(heap->blocks, heap->mem);
	claim_maps_of_libraries(heap);
	if (!ownership.error)
		put_facts(&ownership, &walks[n_walks - 1], late);
	struct error *error = ownership.error;
	vec_deinit(&ownership.claims);
	if (ownership.edges.edges.n)
		qsort(ownership.edges.edges.data, ownership.edges.edges.n,
			sizeof(*ownership.edges.edges.data), compare_edges);
	*ret = ownership.edges;
	if (!error && walks[n_walks - 1].is_full)
		error = &error_no_memory;
	return error;
}
