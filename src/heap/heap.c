#include "heap/heap.h"

#include "base/cleanup.h"
#include "heap/believe.h"
#include "heap/classify.h"
#include "heap/frames.h"
#include "heap/freelists.h"
#include "heap/gclists.h"
#include "heap/join.h"
#include "heap/native.h"
#include "heap/pins.h"
#include "heap/roots.h"
#include "heap/sites.h"
#include "heap/strays.h"
#include "heap/tracer.h"
#include "heap/unowned.h"

#include <stdlib.h>

#define NODES_RESERVED (20u << 20)

/* ---- who and when ---- */

static struct error *add_string(struct snapshot *snapshot, const char *text, str_id *ret)
{
	return strpool_add(&snapshot->strings, text, strlen(text), ret);
}

static const char *libc_name(const struct capture *capture)
{
	vec_foreach (&capture->maps, map) {
		if (strstr(map->path, "/ld-musl") || strstr(map->path, "/libc.musl"))
			return "musl";
		if (strstr(map->path, "/libc.so.6") || strstr(map->path, "/libc-2."))
			return "glibc";
	}
	return "";
}

static struct error *identify(
	struct snapshot *snapshot, const struct capture *capture, const struct cpython *cpython)
{
#if defined(__x86_64__)
	const char *arch = "x86_64";
#elif defined(__aarch64__)
	const char *arch = "aarch64";
#endif
	const struct {
		const char *text;
		str_id *id;
	} texts[] = {
		{capture->program, &snapshot->program},
		{cpython->version_text, &snapshot->python_version},
		{cpython->debug_build ? "debug" : "release", &snapshot->build},
		{arch, &snapshot->arch},
		{libc_name(capture), &snapshot->libc},
		{capture->method == CAPTURE_CLONE ? "clone" : "stop", &snapshot->method},
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct error *error = add_string(snapshot, texts[i].text, texts[i].id);
		if (error)
			return error;
	}
	snapshot->pid = (uint64_t)capture->pid;
	snapshot->thread_count = capture->threads.n;
	snapshot->started_unix_ns = capture->started_unix_ns;
	snapshot->captured_unix_ns = capture->captured_unix_ns;
	snapshot->pause_ns = capture->pause_ns;
	snapshot->redacted = 1;
	snapshot->total_bytes = snapshot->rss_bytes = capture->memory.rss_bytes;
	snapshot->pss_bytes = capture->memory.pss_bytes;
	snapshot->uss_bytes = capture->memory.uss_bytes;
	snapshot->swap_bytes = capture->memory.swap_bytes;
	snapshot->page_table_bytes = capture->memory.page_table_bytes;
	snapshot->hugetlb_bytes = capture->memory.hugetlb_bytes;
	snapshot->cgroup_limit_bytes = capture->memory.cgroup_limit_bytes;
	snapshot->cgroup_used_bytes = capture->memory.cgroup_used_bytes;
	return NULL;
}

struct figure {
	const char *name;
	uint64_t value;
};

static struct error *add_figures(struct snapshot *snapshot, const struct figure *figures, size_t n)
{
	struct error *error = NULL;
	for (size_t i = 0; !error && i < n; i++) {
		struct snap_figure *figure = vec_add(&snapshot->figures);
		if (!figure)
			return &error_no_memory;
		figure->value = figures[i].value;
		error = add_string(snapshot, figures[i].name, &figure->name);
	}
	return error;
}

static struct error *copy_descriptors(struct snapshot *snapshot, const struct capture *capture)
{
	const struct descriptor_figures *descriptors = &capture->descriptors;
	const struct figure figures[] = {
		{"fd.file_count", descriptors->file_count},
		{"fd.socket_count", descriptors->socket_count},
		{"fd.pipe_count", descriptors->pipe_count},
		{"fd.other_count", descriptors->other_count},
		{"fd.limit", descriptors->limit},
	};
	return add_figures(snapshot, figures, ARRAY_SIZE(figures));
}

/* What of the pages of a forked child are copies by now. */
static struct error *copy_kinship(struct snapshot *snapshot, const struct capture *capture)
{
	const struct kinship *kinship = &capture->kinship;
	const struct figure figures[] = {
		{"fork.parent", (uint64_t)kinship->parent},
		{"fork.copied_bytes", kinship->copied_bytes},
		{"fork.shared_bytes", kinship->shared_bytes},
		{"fork.compared_pages", kinship->compared_pages},
		{"fork.unchanged_pages", kinship->unchanged_pages},
	};
	if (!kinship->parent)
		return NULL;
	struct error *error = add_figures(snapshot, figures, ARRAY_SIZE(figures));
	for (size_t i = 0; !error && i < kinship->copies.n; i++) {
		const struct copied_range *range = &kinship->copies.data[i];
		struct snap_copy *copy = vec_add(&snapshot->copies);
		if (copy)
			*copy = (struct snap_copy){range->begin, range->end - range->begin};
		else
			error = &error_no_memory;
	}
	return error;
}

static struct error *copy_warnings(struct snapshot *snapshot, const struct capture *capture)
{
	snapshot->complete = capture->complete;
	vec_foreach (&capture->warnings, warning) {
		struct snap_warning *copy = vec_add(&snapshot->warnings);
		if (!copy)
			return &error_no_memory;
		struct error *error = add_string(snapshot, warning->id, &copy->id);
		if (!error)
			error = add_string(snapshot, warning->text, &copy->text);
		if (error)
			return error;
	}
	return NULL;
}

/* ---- phases ---- */

/* But for tags, which are read before anything is given back. */
static void pin_gap(struct heap *heap, addr_t begin, addr_t end)
{
	const struct agent *agent = blocks_agent(heap->blocks);
	size_t low = partition_point(i, 0, agent->memory.n, agent->memory.data[i].end <= begin);
	for (; low < agent->memory.n && agent->memory.data[low].begin < end; low++) {
		if (agent->memory.data[low].begin > begin)
			pending_pin(&heap->pending, begin, agent->memory.data[low].begin - begin);
		begin = MIN(end, agent->memory.data[low].end);
	}
	if (begin < end)
		pending_pin(&heap->pending, begin, end - begin);
}

/* Memory in no span is read by whoever points at it: never given back. */
static void pin_gaps(struct heap *heap)
{
	size_t n, i = 0;
	const struct block_span *spans = blocks_spans(heap->blocks, &n);
	vec_foreach (&heap->capture->maps, map) {
		addr_t at = map->start;
		while (i < n && align_up(spans[i].end, 4096) <= map->start)
			i++;
		for (size_t k = i; k < n && spans[k].begin < map->end; k++) {
			addr_t begin = align_down(spans[k].begin, 4096);
			if (begin > at)
				pin_gap(heap, at, begin);
			at = MAX(at, align_up(spans[k].end, 4096));
		}
		if (at < map->end)
			pin_gap(heap, at, map->end);
	}
}

static struct error *find_objects(struct heap *heap)
{
	struct error *error = blocks_open(heap->cpython, &heap->blocks);
	if (!error)
		error = statics_find(heap->cpython, &heap->statics);
	if (!error)
		statics_leave_out(&heap->statics, blocks_agent(heap->blocks)->module);
	if (!error)
		error = strays_find_ranges(heap);
	if (!error)
		error = typemap_discover(&heap->types, heap);
	if (error)
		return error;
	pin_gaps(heap);
	freelists_claim(heap->cpython, heap->blocks);
	error = classify_blocks(heap);
	if (!error)
		error = classify_statics(heap);
	if (!error)
		error = strays_classify(heap);
	return error ? error : idset_seal(&heap->ids);
}

static void *alloc_row(const struct heap *heap, size_t element_size)
{
	void *column = snapshot_alloc(heap->ids.n, element_size);
	if (column)
		heap_tell_pages(heap, column, heap->ids.n * element_size);
	return column;
}

static struct error *alloc_rows(struct heap *heap, struct column *start)
{
	struct snapshot *snapshot = heap->snapshot;
	size_t n = heap->ids.n;
	snapshot->n_objects = (uint32_t)n;
	snapshot->type = alloc_row(heap, sizeof(type_id));
	heap->units = alloc_row(heap, sizeof(uint32_t));
	heap->sizes = alloc_row(heap, sizeof(uint32_t));
	snapshot->flags = alloc_row(heap, sizeof(uint8_t));
	snapshot->content = alloc_row(heap, sizeof(uint32_t));
	heap->references = alloc_row(heap, sizeof(uint16_t));
	if (!snapshot->type || !heap->units || !heap->sizes || !snapshot->flags ||
		!snapshot->content || !heap->references)
		return &error_no_memory;
	struct error *error = column_init(start, sizeof(uint64_t), n + NODES_RESERVED);
	if (error)
		return error;
	heap_tell_pages(heap, start->data, start->capacity * sizeof(uint64_t));
	column_add(start, n);
	snapshot->edge_start = start->data;
	return NULL;
}

/* What is read out of order: before the image is given back piece by piece. */
static struct error *prepare(struct heap *heap, struct roots *roots)
{
	vec_foreach (&heap->types.all, at) {
		const struct type_entry *entry = *at;
		struct block block;
		if (!strcmp(entry->info.name, "cell") && !(entry->info.flags & TYPE_HEAP))
			heap->cell_type = entry->info.address;
		if (entry->info.cached_keys &&
			blocks_find(heap->blocks, entry->info.cached_keys, &block))
			pending_pin(&heap->pending, block.start, block.n_bytes);
	}
	struct error *error =
		typemap_resolve(&heap->types, heap->cpython, &heap->ids, &heap->snapshot->strings);
	if (!error)
		error = roots_find_interned(heap);
	if (!error)
		error = frames_prepare(heap);
	if (error)
		return error;
	gclists_read(heap);
	error = gclists_figures(heap);
	return error ? error : roots_walk(heap, roots);
}

struct walk_job {
	struct heap *heap;
	struct walk *walks;
};

static struct error *walk_range(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	struct walk_job *job = arg;
	struct walk *walk = &job->walks[worker];
	struct idset_cursor cursor = idset_cursor_at(&job->heap->ids, (obj_id)begin);
	for (uint64_t id = begin; id < end && !walk->is_full; id++)
		walk_object(walk, (obj_id)id, idset_next(&cursor));
	return walk_flush(walk);
}

static struct error *fill_addresses(struct heap *heap)
{
	struct snapshot *snapshot = heap->snapshot;
	snapshot->address = alloc_row(heap, sizeof(uint64_t));
	if (!snapshot->address)
		return &error_no_memory;
	struct idset_cursor cursor = idset_cursor_at(&heap->ids, 0);
	for (uint64_t id = 0; id < heap->ids.n; id++)
		snapshot->address[id] = idset_next(&cursor);
	return NULL;
}

static struct error *add_roots(struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->nodes.n; i++) {
		struct snap_root *root = vec_add(&snapshot->roots);
		if (!root)
			return &error_no_memory;
		root->node = snapshot->n_objects + (obj_id)i;
	}
	return NULL;
}

static void adopt_edges(struct snapshot *snapshot, struct column *start, struct column *to,
	struct column *kind, struct column *operand)
{
	snapshot->n_edges = to->n;
	column_trim(start);
	column_trim(to);
	column_trim(kind);
	column_trim(operand);
	snapshot->edge_start = start->data;
	snapshot->edge_to = to->data;
	snapshot->edge_kind = kind->data;
	snapshot->edge_operand = operand->data;
}

static struct error *join(
	struct heap *heap, struct column *start, struct walk *walks, struct roots *roots)
{
	struct snapshot *snapshot = heap->snapshot;
	struct column to = {0}, kind = {0}, operand = {0};
	struct held_objects held = {0};
	struct native_edges late = {0};
	struct late_sites late_sites = {0};
	tracer_claim(heap->cpython, &heap->statics, heap->blocks);
	struct error *error = join_shared_parts(heap, walks, heap->n_workers, &late_sites);
	if (!error)
		error = native_assign(heap, walks, heap->n_workers, &late_sites, &late);
	if (!error)
		error = sites_join(heap, walks, heap->n_workers, &late_sites);
	if (!error)
		error = join_edges(
			heap, start, walks, heap->n_workers, roots, &to, &kind, &operand);
	if (!error)
		error = join_native_edges(heap, start, &late, &to, &kind, &operand);
	if (!error)
		error = believe_roots(heap, start, &to, &kind, &operand);
	if (!error) {
		snapshot->n_nodes = snapshot->n_objects + (uint32_t)snapshot->nodes.n;
		snapshot->edge_to = to.data;
		heap_make_huge(to.data, to.n * sizeof(obj_id));
		heap_make_huge(start->data, start->n * sizeof(uint64_t));
		error = reach_find_held(heap, &held);
	}
	if (!error)
		error = join_held(heap, start, &held, &to, &kind, &operand);
	adopt_edges(snapshot, start, &to, &kind, &operand);
	if (!error)
		error = join_facts(heap, walks, heap->n_workers, &held);
	if (!error)
		error = join_texts(heap, walks, heap->n_workers);
	vec_deinit(&held.objects);
	vec_deinit(&late.edges);
	vec_deinit(&late_sites.rows);
	return error;
}

static struct error *walk_all(struct heap *heap, struct column *start, struct roots *roots)
{
	_cleanup_free_ struct walk *walks = calloc(heap->n_workers, sizeof(*walks));
	if (!walks)
		return &error_no_memory;
	struct error *error = NULL;
	for (unsigned i = 0; !error && i < heap->n_workers; i++)
		error = walk_init(&walks[i], heap);
	struct walk_job job = {.heap = heap, .walks = walks};
	if (!error)
		error = workers_run(heap->n_workers, heap->ids.n, walk_range, &job);
	if (!error)
		error = join(heap, start, walks, roots);
	for (unsigned i = 0; i < heap->n_workers; i++)
		walk_deinit(&walks[i]);
	return error;
}

static void free_wide_sizes(struct heap *heap)
{
	snapshot_free(heap->units, heap->ids.n, sizeof(uint32_t));
	snapshot_free(heap->sizes, heap->ids.n, sizeof(uint32_t));
	heap->units = heap->sizes = NULL;
}

/* All parts of objects are known now: their sizes become columns of the snapshot. */
static struct error *set_sizes(struct heap *heap)
{
	struct snapshot *snapshot = heap->snapshot;
	snapshot->block_units = snapshot_alloc(heap->ids.n, sizeof(uint16_t));
	snapshot->size = snapshot_alloc(heap->ids.n, sizeof(uint16_t));
	if (!snapshot->block_units || !snapshot->size)
		return &error_no_memory;
	for (obj_id i = 0; i < heap->ids.n; i++)
		if (!snapshot_set_sizes(snapshot, i, (uint64_t)heap->units[i] * 16, heap->sizes[i]))
			return &error_no_memory;
	free_wide_sizes(heap);
	return NULL;
}

static struct error *walk_heap(struct heap *heap)
{
	struct column start = {0};
	struct roots roots = {0};
	struct error *error = find_objects(heap);
	if (!error)
		error = sites_begin(heap);
	if (!error)
		error = alloc_rows(heap, &start);
	if (!error)
		error = prepare(heap, &roots);
	if (!error)
		error = walk_all(heap, &start, &roots);
	else
		column_deinit(&start);
	roots_deinit(&roots);
	if (!error)
		error = set_sizes(heap);
	if (!error)
		error = fill_addresses(heap);
	if (!error)
		error = join_types(heap);
	if (!error)
		error = add_roots(heap->snapshot);
	if (!error)
		error = blocks_account(heap->blocks, heap->snapshot);
	if (!error)
		error = unowned_find(heap);
	return error ? error : pins_find(heap);
}

static struct error *heap_open(struct heap *heap, struct capture *capture,
	const struct cpython *cpython, struct snapshot *snapshot)
{
	*heap = (struct heap){.capture = capture,
		.cpython = cpython,
		.mem = &capture->mem,
		.snapshot = snapshot,
		.n_workers = workers_count(),
		.has_swap = capture->memory.swap_bytes && capture->memory.swap_bytes != UINT64_MAX};
	pthread_mutex_init(&heap->strings_lock, NULL);
	struct error *error = pending_init(&heap->pending, heap->mem);
	if (!error)
		error = idset_init(&heap->ids);
	return error ? error : typemap_init(&heap->types);
}

static void heap_close(struct heap *heap)
{
	if (heap->blocks)
		blocks_close(heap->blocks);
	if (heap->references)
		snapshot_free(heap->references, heap->ids.n, sizeof(uint16_t));
	free_wide_sizes(heap);
	statics_deinit(&heap->statics);
	tags_deinit(&heap->tags);
	typemap_deinit(&heap->types);
	pending_deinit(&heap->pending);
	idset_deinit(&heap->ids);
	vec_deinit(&heap->strays);
	vec_deinit(&heap->codes);
	vec_deinit(&heap->files);
	vec_deinit(&heap->interned_tables);
	pthread_mutex_destroy(&heap->strings_lock);
}

struct error *heap_walk(struct capture *capture, struct snapshot **ret)
{
	struct cpython cpython;
	struct snapshot *snapshot;
	struct heap heap;
	struct error *error = cpython_open(capture, &cpython);
	if (error)
		return error;
	error = snapshot_create(&snapshot);
	if (error) {
		cpython_close(&cpython);
		return error;
	}
	error = heap_open(&heap, capture, &cpython, snapshot);
	if (!error)
		error = identify(snapshot, capture, &cpython);
	if (!error)
		error = copy_kinship(snapshot, capture);
	if (!error)
		error = walk_heap(&heap);
	if (!error)
		error = capture_let_go(capture);
	if (!error)
		error = copy_warnings(snapshot, capture);
	if (!error)
		error = copy_descriptors(snapshot, capture);
	heap_close(&heap);
	cpython_close(&cpython);
#ifndef NDEBUG
	if (!error)
		error = snapshot_check(snapshot);
#endif
	if (error)
		snapshot_destroy(snapshot);
	else
		*ret = snapshot;
	return error;
}
