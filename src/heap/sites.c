#include "heap/sites.h"

#include "trace/record.h"

#include <stdlib.h>

static struct error *record(struct heap *heap, const struct trace *table)
{
	const struct capture *capture = heap->capture;
	const struct trace_sections sections = trace_sections_of(table->memory);
	const struct trace_about about = {
		.began_unix_ns = capture->started_unix_ns,
		.exit_status = -1,
		.exit_signal = -1,
	};
	return trace_record(heap->snapshot, &sections, &about);
}

struct error *sites_begin(struct heap *heap)
{
	const struct agent *agent = blocks_agent(heap->blocks);
	struct snapshot *snapshot = heap->snapshot;
	struct trace table;
	if (!agent_is_tracing(agent))
		return NULL;
	struct error *error = agent_copy_table(agent, heap->capture, &table);
	if (error)
		return error;
	error = record(heap, &table);
	trace_close(&table);
	if (error || snapshot->trace_nodes.n < agent->n_nodes)
		return error;
	error = tags_init(&heap->tags, agent);
	if (error)
		return error;
	snapshot->n_sites = heap->ids.n;
	snapshot->site = snapshot_alloc(heap->ids.n, sizeof(uint32_t));
	snapshot->n_ages = heap->ids.n;
	snapshot->age = snapshot_alloc(heap->ids.n, sizeof(uint32_t));
	if (!snapshot->site || !snapshot->age)
		return &error_no_memory;
	heap_tell_pages(heap, snapshot->site, heap->ids.n * sizeof(uint32_t));
	heap_tell_pages(heap, snapshot->age, heap->ids.n * sizeof(uint32_t));
	return NULL;
}

/*
 * The tracer sees what the program sees: behind the header of debug hooks, or
 * two where those of objects got their memory through those of malloc().
 */
static struct tag tag_of_block(const struct heap *heap, struct tag_cursor *cursor, addr_t start)
{
	unsigned header_bytes = blocks_header_bytes(heap->blocks);
	struct tag tag = tags_find(&heap->tags, cursor, start);
	for (unsigned i = 1; !tag.node && header_bytes && i <= 2; i++)
		tag = tags_find(&heap->tags, cursor, start + i * header_bytes);
	return tag;
}

uint32_t sites_of_block(const struct heap *heap, struct tag_cursor *cursor, addr_t start)
{
	return tag_of_block(heap, cursor, start).node;
}

void sites_note_object(struct walk *walk, const struct block *block)
{
	const struct heap *heap = walk->heap;
	if (!heap->snapshot->n_sites)
		return;
	struct tag tag = {TRACE_NODE_UNTRACED, SNAP_NO_AGE};
	if (block)
		tag = tag_of_block(heap, &walk->tags, block->start);
	walk->site = heap->snapshot->site[walk->self] = tag.node;
	heap->snapshot->age[walk->self] = tag.age;
}

static bool add_row(struct harvest *harvest, const struct site_row *row)
{
	obj_id *object = column_add(&harvest->site_object, 1);
	if (!object)
		return false;
	*object = row->object;
	*(uint32_t *)column_add(&harvest->site, 1) = row->site;
	*(uint64_t *)column_add(&harvest->site_bytes, 1) = row->n_bytes;
	return true;
}

void sites_note_part(struct walk *walk, const struct block *block)
{
	if (!walk->heap->snapshot->n_sites)
		return;
	struct site_row row = {.object = walk->self,
		.site = sites_of_block(walk->heap, &walk->tags, block->start),
		.n_bytes = align_up(block->n_bytes, 16)};
	if (row.site != walk->site && !add_row(&walk->harvest, &row))
		walk->is_full = true;
}

struct error *sites_add_late(
	struct late_sites *late, const struct heap *heap, addr_t start, const struct site_row *row)
{
	struct tag_cursor cursor = {0};
	if (!heap->snapshot->n_sites)
		return NULL;
	uint32_t site = sites_of_block(heap, &cursor, start);
	if (site == heap->snapshot->site[row->object])
		return NULL;
	struct site_row *added = vec_add(&late->rows);
	if (!added)
		return &error_no_memory;
	*added = *row;
	added->site = site;
	return NULL;
}

/* ---- all rows, by object and site ---- */

static int compare_rows(const void *a, const void *b)
{
	const struct site_row *left = a, *right = b;
	if (left->object != right->object)
		return left->object < right->object ? -1 : 1;
	if (left->is_native != right->is_native)
		return left->is_native ? 1 : -1;
	return (left->site > right->site) - (left->site < right->site);
}

/* The rows of all walks, which are by object, one after the other. */
struct source {
	const struct walk *walks;
	unsigned n_walks, walk;
	size_t i;
};

static bool source_next(struct source *source, struct site_row *ret)
{
	while (source->walk < source->n_walks &&
		source->i == source->walks[source->walk].harvest.site.n) {
		source->walk++;
		source->i = 0;
	}
	if (source->walk == source->n_walks)
		return false;
	const struct harvest *harvest = &source->walks[source->walk].harvest;
	*ret = (struct site_row){
		.object = ((obj_id *)harvest->site_object.data)[source->i],
		.site = ((uint32_t *)harvest->site.data)[source->i],
		.n_bytes = ((uint64_t *)harvest->site_bytes.data)[source->i],
	};
	source->i++;
	return true;
}

static struct error *alloc_rows(struct part_sites *sites, uint64_t n)
{
	if (n > UINT32_MAX)
		return &error_no_memory;
	sites->n = (uint32_t)n;
	sites->object = snapshot_alloc(n, sizeof(*sites->object));
	sites->site = snapshot_alloc(n, sizeof(*sites->site));
	sites->n_bytes = snapshot_alloc(n, sizeof(*sites->n_bytes));
	sites->is_native = snapshot_alloc(n, sizeof(*sites->is_native));
	return sites->object && sites->site && sites->n_bytes && sites->is_native
		       ? NULL
		       : &error_no_memory;
}

static void put_row(struct part_sites *sites, uint32_t at, const struct site_row *row)
{
	sites->object[at] = row->object;
	sites->site[at] = row->site;
	sites->n_bytes[at] = row->n_bytes;
	sites->is_native[at] = row->is_native;
}

static struct error *sort_run(struct part_sites *sites, uint32_t begin, uint32_t end)
{
	struct site_row *rows = calloc(end - begin, sizeof(*rows));
	if (!rows)
		return &error_no_memory;
	for (uint32_t i = begin; i < end; i++)
		rows[i - begin] = (struct site_row){
			sites->object[i], sites->site[i], sites->n_bytes[i], sites->is_native[i]};
	qsort(rows, end - begin, sizeof(*rows), compare_rows);
	for (uint32_t i = begin; i < end; i++)
		put_row(sites, i, &rows[i - begin]);
	free(rows);
	return NULL;
}

/* Rows of one object come in the order in which it was walked. */
static struct error *sort_sites(struct part_sites *sites)
{
	struct error *error = NULL;
	for (uint32_t begin = 0, end; begin < sites->n && !error; begin = end) {
		bool is_sorted = true;
		for (end = begin + 1; end < sites->n && sites->object[end] == sites->object[begin];
			end++)
			is_sorted = is_sorted && sites->site[end - 1] <= sites->site[end] &&
				    sites->is_native[end - 1] <= sites->is_native[end];
		if (!is_sorted)
			error = sort_run(sites, begin, end);
	}
	return error;
}

struct error *sites_join(
	struct heap *heap, const struct walk *walks, unsigned n_walks, struct late_sites *late)
{
	struct source source = {.walks = walks, .n_walks = n_walks};
	struct part_sites *sites = &heap->snapshot->part_sites;
	uint64_t n_rows = late->rows.n;
	for (unsigned i = 0; i < n_walks; i++)
		n_rows += walks[i].harvest.site.n;
	if (!heap->snapshot->n_sites)
		return NULL;
	struct error *error = alloc_rows(sites, n_rows);
	if (error)
		return error;
	if (late->rows.n)
		qsort(late->rows.data, late->rows.n, sizeof(*late->rows.data), compare_rows);
	struct site_row walked;
	bool has_walked = source_next(&source, &walked);
	size_t next_late = 0;
	for (uint32_t n = 0; n < sites->n; n++) {
		const struct site_row *row = &late->rows.data[next_late];
		bool is_late =
			next_late < late->rows.n && (!has_walked || compare_rows(row, &walked) < 0);
		put_row(sites, n, is_late ? row : &walked);
		if (is_late)
			next_late++;
		else
			has_walked = source_next(&source, &walked);
	}
	return sort_sites(sites);
}
