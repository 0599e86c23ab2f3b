#include "heap/classify.h"

#include "base/cleanup.h"

/* One worker's part. Bits are gathered word by word: spans share chunks. */
struct classifier {
	struct heap *heap;
	const struct block_span *span;
	uint64_t *word; /* of the set; what `bits` belong to */
	uint64_t bits;
	addr_t pending_chunk;
	uint32_t pending_n;
	VEC(addr_t) codes;
	bool out_of_memory;
};

struct job {
	struct heap *heap;
	const struct block_span *spans;
	size_t n_spans, next;
	struct classifier workers[WORKERS_MAX];
};

static void flush_bits(struct classifier *classifier)
{
	if (classifier->bits)
		__atomic_fetch_or(classifier->word, classifier->bits, __ATOMIC_RELAXED);
	classifier->bits = 0;
}

static void set_bit(struct classifier *classifier, addr_t object)
{
	struct idset_chunk *chunk = idset_chunk_find(&classifier->heap->ids, object);
	uint64_t bit = (object - chunk->base) >> 3;
	uint64_t *word = &chunk->words[bit / 64];
	if (word != classifier->word) {
		flush_bits(classifier);
		classifier->word = word;
	}
	classifier->bits |= 1ull << bit % 64;
}

static void flush_pending(struct classifier *classifier)
{
	if (classifier->pending_n)
		pending_add_many(&classifier->heap->pending, classifier->pending_chunk,
			classifier->pending_n);
	classifier->pending_n = 0;
}

static void count_pending(struct classifier *classifier, const struct block *block)
{
	addr_t chunk = align_down(block->start, MEM_CHUNK_BYTES);
	if (block->start + block->n_bytes > chunk + MEM_CHUNK_BYTES) {
		pending_add(&classifier->heap->pending, block->start, block->n_bytes);
		return;
	}
	if (chunk != classifier->pending_chunk)
		flush_pending(classifier);
	classifier->pending_chunk = chunk;
	classifier->pending_n++;
}

/* gcmodule.c: 0 when untracked, else a pointer to a GC head (4-aligned in 3.13.18). */
static bool is_gc_head(const char *head)
{
	uint64_t next = load_u64(head) & ~3ull;
	return !(next >> MEM_ADDRESS_BITS) && (!next || next > 4096);
}

/* Does an object of `need` bytes fill the `n_bytes` it has? Shrinking in place leaves up to a
 * quarter. */
static bool fits(const struct type_entry *entry, uint64_t need, uint64_t n_bytes)
{
	if (need > n_bytes)
		return false;
	if (!entry->is_tight)
		return true;
	uint64_t most = need + (uint64_t)entry->info.item_size;
	return n_bytes <= align_up(most, 16) + 32 || n_bytes * 3 < most * 4 + 4096;
}

/* Include/internal/pycore_object.h, 3.11: _PyObject_IMMORTAL_REFCNT, and references since. */
static bool is_count_of_static(const struct heap *heap, addr_t object, uint64_t references)
{
	return references - 999999999 < 1 << 24 && statics_region(&heap->statics, object);
}

/*
 * Where programs and heaps lie low (non-PIE) a pointer may pass for a count;
 * real counts that are the address of something are only None's and the like,
 * and those that static objects begin with.
 */
static bool is_pointer(const struct heap *heap, addr_t object, uint64_t references)
{
	struct block block;
	if (references < 0x10000 || references & 7 || object == heap->cpython->none ||
		cpython_is_immortal(heap->cpython, object) ||
		is_count_of_static(heap, object, references))
		return false;
	return statics_region(&heap->statics, references) ||
	       blocks_find(heap->blocks, references, &block);
}

enum verdict { NO_OBJECT, DEAD_OBJECT, OBJECT };

static enum verdict judge(const struct heap *heap, const struct type_entry *entry, addr_t object,
	const struct block *block, unsigned hook_bytes)
{
	uint64_t references, need;
	if (!cpython_ref_count(heap->cpython, object, &references) ||
		!typemap_instance_bytes(heap->cpython, entry, object, &need) ||
		is_pointer(heap, object, references))
		return NO_OBJECT;
	uint64_t in_front = object - block->start;
	if (!fits(entry, in_front + need + hook_bytes / 2, block->n_bytes))
		return NO_OBJECT;
	return references ? OBJECT : DEAD_OBJECT;
}

/*
 * obmalloc.c, debug hooks: 8 bytes size, an id, 7 bytes of 0xfd; 8 bytes more
 * behind. What pymalloc passes on to malloc has the headers of both.
 */
static unsigned hook_bytes(const char *at, uint64_t n_bytes)
{
	unsigned n = 0;
	while (n < 32 && n + 16 <= n_bytes && load_u64(at + n + 8) >> 8 == 0xfdfdfdfdfdfdfd)
		n += 16;
	return n;
}

static unsigned prefix_of(const struct heap *heap, const struct type_entry *entry, addr_t object)
{
	return heap_is_bare_type(heap, &entry->info, object) ? 0 : entry->info.prefix_bytes;
}

/* The object in `block` and its type; NULL when it holds none. */
static const struct type_entry *find_object(
	const struct heap *heap, const struct block *block, addr_t *object_ret, bool *dead_ret)
{
	const char *at = mem_at(heap->mem, block->start, MIN(block->n_bytes, 128));
	if (!at || block->n_bytes < 16)
		return NULL;
	unsigned hook = hook_bytes(at, block->n_bytes);
	for (unsigned prefix = 0; prefix <= 32; prefix += 16) {
		unsigned offset = hook + prefix;
		if (offset + 16 > block->n_bytes)
			return NULL;
		const struct type_entry *entry =
			typemap_find(&heap->types, load_u64(at + offset + 8));
		if (!entry || prefix != prefix_of(heap, entry, block->start + offset) ||
			(prefix && !is_gc_head(at + offset - 16)))
			continue;
		enum verdict verdict = judge(heap, entry, block->start + offset, block, hook);
		if (verdict == NO_OBJECT)
			continue;
		*object_ret = block->start + offset;
		*dead_ret = verdict == DEAD_OBJECT;
		return entry;
	}
	return NULL;
}

static void classify_block(void *arg, const struct block *block)
{
	struct classifier *classifier = arg;
	struct heap *heap = classifier->heap;
	addr_t object = 0;
	bool is_dead = false;
	const struct type_entry *entry = find_object(heap, block, &object, &is_dead);
	count_pending(classifier, block);
	if (!entry)
		return;
	if (is_dead) {
		blocks_claim(heap->blocks, block->start, OWNER_FREELIST);
		return;
	}
	if (!blocks_claim(heap->blocks, block->start, OWNER_OBJECT))
		return;
	set_bit(classifier, object);
	if (!entry->is_private)
		pending_pin(&heap->pending, block->start, block->n_bytes);
	if (entry->is_code) {
		addr_t *code = vec_add(&classifier->codes);
		if (code)
			*code = object;
		else
			classifier->out_of_memory = true;
	}
}

/* Spans that share a chunk are one worker's, but for long runs of such. */
#define MAX_GROUP 64

static bool begins_group(const struct job *job, size_t i)
{
	if (!i || !(i % MAX_GROUP))
		return true;
	addr_t chunk = align_down(job->spans[i].begin, MEM_CHUNK_BYTES);
	return job->spans[i - 1].end <= chunk;
}

/* Chunks of the spans [first, end) that no other group reads, and nobody at all soon. */
static void spare_chunks(const struct job *job, size_t first, size_t end)
{
	const struct heap *heap = job->heap;
	addr_t at = align_down(job->spans[first].begin, MEM_CHUNK_BYTES);
	if (first && job->spans[first - 1].end > at)
		at += MEM_CHUNK_BYTES;
	addr_t stop = job->spans[end - 1].end;
	if (end < job->n_spans)
		stop = MIN(stop, align_down(job->spans[end].begin, MEM_CHUNK_BYTES));
	for (; at < stop; at += MEM_CHUNK_BYTES)
		if (!pending_is_pinned(&heap->pending, at))
			mem_spare(heap->mem, at);
}

static void classify_group(struct job *job, struct classifier *classifier, size_t first)
{
	size_t i = first;
	do
		blocks_each(job->heap->blocks, &job->spans[i++], classify_block, classifier);
	while (i < job->n_spans && !begins_group(job, i));
	flush_bits(classifier);
	flush_pending(classifier);
	spare_chunks(job, first, i);
}

static struct error *classify_spans(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	struct job *job = arg;
	struct classifier *classifier = &job->workers[worker];
	size_t i;
	while ((i = __atomic_fetch_add(&job->next, 1, __ATOMIC_RELAXED)) < job->n_spans)
		if (begins_group(job, i))
			classify_group(job, classifier, i);
	return classifier->out_of_memory ? &error_no_memory : NULL;
}

static struct error *add_codes(struct heap *heap, const struct classifier *classifier)
{
	vec_foreach (&classifier->codes, code) {
		addr_t *copy = vec_add(&heap->codes);
		if (!copy)
			return &error_no_memory;
		*copy = *code;
	}
	return NULL;
}

struct error *classify_blocks(struct heap *heap)
{
	_cleanup_free_ struct job *job = calloc(1, sizeof(*job));
	if (!job)
		return &error_no_memory;
	job->heap = heap;
	job->spans = blocks_spans(heap->blocks, &job->n_spans);
	struct error *error = NULL;
	for (size_t i = 0; !error && i < job->n_spans; i++)
		error = idset_reserve(&heap->ids, job->spans[i].begin, job->spans[i].end);
	if (error)
		return error;
	for (unsigned i = 0; i < heap->n_workers; i++)
		job->workers[i].heap = heap;
	error = workers_run(heap->n_workers, heap->n_workers, classify_spans, job);
	for (unsigned i = 0; i < heap->n_workers; i++) {
		if (!error)
			error = add_codes(heap, &job->workers[i]);
		vec_deinit(&job->workers[i].codes);
	}
	return error;
}

/* ---- the data of programs ---- */

/* Objects do not overlap: what would hide a type is none. */
static bool hides_type(const struct heap *heap, addr_t object, uint64_t n_bytes)
{
	for (uint64_t offset = 8; offset < n_bytes; offset += 8)
		if (typemap_find(&heap->types, object + offset))
			return true;
	return false;
}

/*
 * Static objects are immortal where there are immortal objects. Elsewhere a
 * number in front of a pointer to a type looks the same: then instances of heap
 * types and of types with a GC head are none (tuples of frozen code are).
 */
static bool may_be_static(const struct heap *heap, const struct type_entry *entry, addr_t object)
{
	if (typemap_find(&heap->types, object))
		return true;
	if (heap->cpython->traits->immortality != IMMORTAL_NONE)
		return cpython_is_immortal(heap->cpython, object);
	return !(entry->info.flags & TYPE_HEAP) &&
	       (!(entry->info.flags & TYPE_GC) || !strcmp(entry->info.name, "tuple"));
}

static bool is_static_object(const struct heap *heap, const struct type_entry *entry, addr_t object,
	addr_t end, uint64_t *need_ret)
{
	uint64_t references;
	return cpython_ref_count(heap->cpython, object, &references) && references &&
	       !is_pointer(heap, object, references) && may_be_static(heap, entry, object) &&
	       typemap_instance_bytes(heap->cpython, entry, object, need_ret) &&
	       *need_ret <= end - object && !hides_type(heap, object, *need_ret);
}

struct error *heap_add_object(struct heap *heap, const struct type_entry *entry, addr_t object)
{
	idset_add(&heap->ids, object);
	if (!entry->is_code)
		return NULL;
	addr_t *code = vec_add(&heap->codes);
	if (!code)
		return &error_no_memory;
	*code = object;
	return NULL;
}

/* Objects one after the other; what lies inside an object is not looked at. */
static struct error *classify_region(struct heap *heap, addr_t begin, addr_t end)
{
	struct error *error = idset_reserve(&heap->ids, begin, end);
	for (addr_t at = begin; !error && at + 16 <= end;) {
		uint64_t need;
		const struct type_entry *entry =
			typemap_find(&heap->types, mem_word(heap->mem, at + 8));
		if (!entry || !is_static_object(heap, entry, at, end, &need)) {
			at += 8;
			continue;
		}
		error = heap_add_object(heap, entry, at);
		at += align_up(MAX(need, 16), 8);
	}
	return error;
}

struct error *classify_statics(struct heap *heap)
{
	vec_foreach (&heap->statics.regions, region) {
		struct error *error = classify_region(heap, region->begin, region->end);
		if (error)
			return error;
	}
	/* Further interpreters' states lie in blocks of malloc. */
	uint32_t n_bytes = heap->cpython->layout->PyInterpreterState.n_bytes;
	vec_foreach (&heap->cpython->interpreters, interpreter) {
		if (statics_region(&heap->statics, interpreter->address) ||
			!mem_at(heap->mem, interpreter->address, n_bytes))
			continue;
		struct error *error =
			classify_region(heap, interpreter->address, interpreter->address + n_bytes);
		if (error)
			return error;
	}
	return NULL;
}
