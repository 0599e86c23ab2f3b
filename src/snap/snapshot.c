/*
 * Making, freeing and asking a snapshot. Columns are mappings of their own, so
 * that freeing one gives its memory back at once; look-ups are binary searches
 * in columns that snapshot_check() knows to be sorted.
 */
#include "snap/snapshot.h"

#include <sys/mman.h>
#include <unistd.h>

/* Bytes of the mapping behind a column: whole pages, at least one; 0 when it cannot be. */
static size_t column_bytes(size_t n, size_t element_size)
{
	size_t n_bytes;
	if (__builtin_mul_overflow(n, element_size, &n_bytes) || n_bytes > SIZE_MAX / 2)
		return 0;
	return align_up(MAX(n_bytes, 1), (size_t)sysconf(_SC_PAGESIZE));
}

void *snapshot_alloc(size_t n, size_t element_size)
{
	size_t n_bytes = column_bytes(n, element_size);
	if (!n_bytes)
		return NULL;
	void *column = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (column == MAP_FAILED)
		return NULL;
	madvise(column, n_bytes, MADV_HUGEPAGE);
	return column;
}

void snapshot_free(void *column, size_t n, size_t element_size)
{
	if (column)
		munmap(column, column_bytes(n, element_size));
}

struct error *snapshot_create(struct snapshot **ret)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	if (!snapshot)
		return &error_no_memory;
	struct error *error = strpool_init(&snapshot->strings);
	if (error) {
		snapshot_destroy(snapshot);
		return error;
	}
	*ret = snapshot;
	return NULL;
}

#define FREE_COLUMN(column, n) snapshot_free((column), (n), sizeof(*(column)))

void snapshot_destroy(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	FREE_COLUMN(snapshot->address, snapshot->n_objects);
	FREE_COLUMN(snapshot->type, snapshot->n_objects);
	FREE_COLUMN(snapshot->block_units, snapshot->n_objects);
	FREE_COLUMN(snapshot->size, snapshot->n_objects);
	FREE_COLUMN(snapshot->flags, snapshot->n_objects);
	FREE_COLUMN(snapshot->content, snapshot->n_objects);
	FREE_COLUMN(snapshot->edge_start, (size_t)snapshot->n_nodes + 1);
	FREE_COLUMN(snapshot->edge_to, snapshot->n_edges);
	FREE_COLUMN(snapshot->edge_kind, snapshot->n_edges);
	FREE_COLUMN(snapshot->edge_operand, snapshot->n_edges);
	FREE_COLUMN(snapshot->text_object, snapshot->n_texts);
	FREE_COLUMN(snapshot->text, snapshot->n_texts);
	FREE_COLUMN(snapshot->facts.id, snapshot->facts.n);
	FREE_COLUMN(snapshot->facts.object, snapshot->facts.n);
	FREE_COLUMN(snapshot->facts.value, snapshot->facts.n);
	FREE_COLUMN(snapshot->site, snapshot->n_sites);
	FREE_COLUMN(snapshot->age, snapshot->n_ages);
	FREE_COLUMN(snapshot->part_sites.object, snapshot->part_sites.n);
	FREE_COLUMN(snapshot->part_sites.site, snapshot->part_sites.n);
	FREE_COLUMN(snapshot->part_sites.n_bytes, snapshot->part_sites.n);
	FREE_COLUMN(snapshot->part_sites.is_native, snapshot->part_sites.n);
	vec_deinit(&snapshot->nodes);
	vec_deinit(&snapshot->roots);
	vec_deinit(&snapshot->types);
	vec_deinit(&snapshot->arenas);
	vec_deinit(&snapshot->size_classes);
	vec_deinit(&snapshot->large);
	vec_deinit(&snapshot->mappings);
	vec_deinit(&snapshot->pins);
	vec_deinit(&snapshot->copies);
	vec_deinit(&snapshot->unowned);
	vec_deinit(&snapshot->unowned_sites);
	vec_deinit(&snapshot->figures);
	vec_deinit(&snapshot->warnings);
	vec_deinit(&snapshot->traces);
	vec_deinit(&snapshot->trace_frames);
	vec_deinit(&snapshot->trace_nodes);
	vec_deinit(&snapshot->trace_moments);
	vec_deinit(&snapshot->trace_levels);
	vec_deinit(&snapshot->trace_holders);
	strpool_deinit(&snapshot->strings);
	free(snapshot);
}

/* The first index in [low, high) of `column` whose element is not below `value`. */
static uint32_t lower_bound(const obj_id *column, uint32_t low, uint32_t high, obj_id value)
{
	return (uint32_t)partition_point(i, low, high, column[i] < value);
}

static uint32_t first_fact_not_below(const struct facts *facts, unsigned id)
{
	return (uint32_t)partition_point(i, 0, facts->n, facts->id[i] < id);
}

void snapshot_fact_range(
	const struct snapshot *snapshot, enum fact_id fact, uint32_t *begin_ret, uint32_t *end_ret)
{
	*begin_ret = first_fact_not_below(&snapshot->facts, fact);
	*end_ret = first_fact_not_below(&snapshot->facts, fact + 1);
}

bool snapshot_fact(const struct snapshot *snapshot, obj_id object, enum fact_id fact, uint64_t *ret)
{
	const struct facts *facts = &snapshot->facts;
	uint32_t begin, end;
	snapshot_fact_range(snapshot, fact, &begin, &end);
	uint32_t at = lower_bound(facts->object, begin, end, object);
	if (at == end || facts->object[at] != object)
		return false;
	*ret = facts->value[at];
	return true;
}

const char *snapshot_text(const struct snapshot *snapshot, obj_id object)
{
	uint32_t at = lower_bound(snapshot->text_object, 0, snapshot->n_texts, object);
	if (at == snapshot->n_texts || snapshot->text_object[at] != object)
		return NULL;
	return snapshot_string(snapshot, snapshot->text[at]);
}

obj_id snapshot_find(const struct snapshot *snapshot, addr_t address)
{
	uint32_t low = (uint32_t)partition_point(
		i, 0, snapshot->n_objects, snapshot->address[i] < address);
	return low < snapshot->n_objects && snapshot->address[low] == address ? low : OBJ_NONE;
}

uint64_t snapshot_figure(const struct snapshot *snapshot, const char *name)
{
	vec_foreach (&snapshot->figures, figure)
		if (!strcmp(snapshot_string(snapshot, figure->name), name))
			return figure->value;
	return UINT64_MAX;
}

const struct snap_large *snapshot_large(const struct snapshot *snapshot, obj_id object)
{
	const struct snap_large *large = snapshot->large.data;
	return &large[partition_point(i, 1, snapshot->large.n, large[i].object <= object) - 1];
}

bool snapshot_set_sizes(
	struct snapshot *snapshot, obj_id object, uint64_t self_bytes, uint64_t size_bytes)
{
	uint64_t units = (self_bytes + 15) / 16;
	bool is_large = units >= SNAP_LARGE || size_bytes >= SNAP_LARGE;
	snapshot->block_units[object] = is_large ? SNAP_LARGE : (uint16_t)units;
	snapshot->size[object] = is_large ? SNAP_LARGE : (uint16_t)size_bytes;
	if (!is_large)
		return true;
	struct snap_large *large = vec_add(&snapshot->large);
	if (large)
		*large = (struct snap_large){object, units * 16, size_bytes};
	return large != NULL;
}
