/*
 * `whymem native`: arenas, size classes and mappings as they were found, and the
 * objects that keep nearly empty ones from being given back.
 */

#include "answers/table.h"

#include <stdlib.h>

/* Rows by resident bytes, then by address. */
struct ranked {
	uint64_t resident_bytes, address;
	size_t i;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;
	if (left->resident_bytes != right->resident_bytes)
		return left->resident_bytes > right->resident_bytes ? -1 : 1;
	return left->address < right->address ? -1 : left->address > right->address;
}

static struct error *set_arenas(
	const struct snapshot *snapshot, const struct answer_options *options, struct row *root)
{
	struct table *table = row_add_table(root, "arenas");
	size_t n = snapshot->arenas.n;
	struct ranked *ranked = calloc(n + 1, sizeof(*ranked));
	if (!ranked)
		return &error_no_memory;
	for (size_t i = 0; i < n; i++) {
		const struct snap_arena *arena = &snapshot->arenas.data[i];
		ranked[i] = (struct ranked){arena->resident_bytes, arena->address, i};
	}
	qsort(ranked, n, sizeof(*ranked), compare_ranked);
	for (size_t i = 0; i < rows_shown(options, n); i++) {
		const struct snap_arena *arena = &snapshot->arenas.data[ranked[i].i];
		struct row *row = table_add(table);
		row_set_text(row, "allocator", names_string(snapshot, arena->allocator));
		row_set_u64(row, "address", arena->address);
		row_set_u64(row, "bytes", arena->n_bytes);
		row_set_u64(row, "resident_bytes", arena->resident_bytes);
		row_set_u64(row, "used_bytes", arena->used_bytes);
		row_set_u64(row, "free_bytes", arena->free_bytes);
	}
	free(ranked);
	return NULL;
}

static void set_size_classes(const struct snapshot *snapshot, struct row *root)
{
	struct table *table = row_add_table(root, "size_classes");
	vec_foreach (&snapshot->size_classes, size_class) {
		struct row *row = table_add(table);
		row_set_u64(row, "block_bytes", size_class->block_bytes);
		row_set_u64(row, "pool_count", size_class->pool_count);
		row_set_u64(row, "used_count", size_class->used_count);
		row_set_u64(row, "free_count", size_class->free_count);
	}
}

static struct error *set_mappings(
	const struct snapshot *snapshot, const struct answer_options *options, struct row *root)
{
	struct table *table = row_add_table(root, "mappings");
	size_t n = snapshot->mappings.n;
	struct ranked *ranked = calloc(n + 1, sizeof(*ranked));
	if (!ranked)
		return &error_no_memory;
	for (size_t i = 0; i < n; i++) {
		const struct snap_mapping *mapping = &snapshot->mappings.data[i];
		ranked[i] = (struct ranked){mapping->resident_bytes, mapping->address, i};
	}
	qsort(ranked, n, sizeof(*ranked), compare_ranked);
	for (size_t i = 0; i < rows_shown(options, n); i++) {
		const struct snap_mapping *mapping = &snapshot->mappings.data[ranked[i].i];
		struct row *row = table_add(table);
		row_set_u64(row, "address", mapping->address);
		row_set_u64(row, "bytes", mapping->n_bytes);
		row_set_u64(row, "resident_bytes", mapping->resident_bytes);
		row_set_text(row, "part", names_string(snapshot, mapping->part));
		row_set_text(row, "file", names_string(snapshot, mapping->file));
	}
	free(ranked);
	return NULL;
}

/* ---- pins ---- */

static struct error *pin_arrivals(
	struct analysis *analysis, struct paths *paths, struct arrivals *ret)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint64_t *wanted = calloc(words_of(analysis), sizeof(uint64_t));
	if (!wanted)
		return &error_no_memory;
	vec_foreach (&snapshot->pins, pin)
		bits_set(wanted, pin->object);
	struct error *error = paths_init(paths, analysis, wanted, NULL);
	free(wanted);
	for (size_t i = 0; !error && i < snapshot->pins.n; i++) {
		const struct snap_pin *pin = &snapshot->pins.data[i];
		struct arrival *arrival = vec_add(ret);
		if (arrival)
			*arrival = paths_arrival(paths, analysis, pin->object, pin->pinned_bytes);
		else
			error = &error_no_memory;
	}
	return error;
}

static int compare_by_weight(const void *a, const void *b)
{
	const struct route *left = a, *right = b;
	if (left->weight != right->weight)
		return left->weight > right->weight ? -1 : 1;
	return left->first.object < right->first.object ? -1
							: left->first.object > right->first.object;
}

static struct error *set_pin_rows(struct analysis *analysis, const struct answer_options *options,
	const struct paths *paths, struct arrivals *arrivals, struct table *table)
{
	struct routes routes;
	struct error *error = routes_init(&routes, paths, analysis, arrivals, NULL);
	if (error)
		return error;
	if (routes.n)
		qsort(routes.data, routes.n, sizeof(struct route), compare_by_weight);
	for (size_t i = 0; !error && i < rows_shown(options, routes.n); i++) {
		const struct route *route = &routes.data[i];
		struct path path = {0};
		error = routes_path(route, arrivals, paths, analysis, &path);
		if (error)
			break;
		struct row *row = table_add(table);
		row_set_path(row, "path", analysis, &path);
		row_set_text(row, "type", names_type(analysis->snapshot, route->first.object));
		row_set_u64(row, "object_count", route->n_objects);
		row_set_u64(row, "pinned_bytes", route->weight);
		path_deinit(&path);
	}
	routes_deinit(&routes);
	return error;
}

static struct error *set_pins(
	struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	struct table *table = row_add_table(root, "pins");
	if (!analysis->snapshot->pins.n)
		return NULL;
	struct paths paths = {0};
	struct arrivals arrivals = {0};
	struct error *error = pin_arrivals(analysis, &paths, &arrivals);
	if (!error)
		error = set_pin_rows(analysis, options, &paths, &arrivals, table);
	vec_deinit(&arrivals);
	paths_deinit(&paths);
	return error;
}

/* ---- native memory without an owner, by line ---- */

struct unowned_line {
	struct origin origin;
	bool is_reachable;
	uint64_t count;
};

struct unowned_lines {
	struct unowned_line *data;
	size_t n, capacity;
};

/* The line with this number in the map: a new one, or one that is there. NULL: no memory. */
static struct unowned_line *line_at(
	struct unowned_lines *lines, uint32_t i, const struct unowned_line *fresh)
{
	if (i < lines->n)
		return &lines->data[i];
	struct unowned_line *line = i == lines->n ? vec_add(lines) : NULL;
	if (line)
		*line = *fresh;
	return line;
}

static struct error *find_lines(const struct analysis *analysis, struct unowned_lines *ret)
{
	struct keymap map = {0};
	struct error *error = NULL;
	vec_foreach (&analysis->snapshot->unowned_sites, site) {
		uint32_t origin = analysis->origins->call[site->site];
		struct unowned_line fresh = {
			.origin.line = origin, .is_reachable = site->is_reachable};
		uint32_t i = keymap_add(&map, (uint64_t) !!site->is_reachable << 32 | origin);
		struct unowned_line *line = line_at(ret, i, &fresh);
		if (!line) {
			error = &error_no_memory;
			break;
		}
		line->origin.n_bytes += site->resident_bytes;
		line->count += site->count;
	}
	keymap_deinit(&map);
	return error;
}

static int compare_unowned(const void *a, const void *b)
{
	const struct unowned_line *left = a, *right = b;
	if (left->origin.n_bytes != right->origin.n_bytes)
		return left->origin.n_bytes > right->origin.n_bytes ? -1 : 1;
	if (left->origin.line != right->origin.line)
		return left->origin.line < right->origin.line ? -1 : 1;
	return left->is_reachable - right->is_reachable;
}

static struct error *set_unowned(
	struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct unowned_lines lines = {0};
	if (!is_traced(snapshot)) {
		row_set_null(root, "unowned");
		return NULL;
	}
	struct error *error = analysis_origins(analysis);
	if (!error)
		error = find_lines(analysis, &lines);
	if (!error && lines.n)
		qsort(lines.data, lines.n, sizeof(*lines.data), compare_unowned);
	struct table *table = error ? NULL : row_add_table(root, "unowned");
	for (size_t i = 0; !error && i < rows_shown(options, lines.n); i++) {
		struct row *row = table_add(table);
		row_set_origin(row, snapshot, &lines.data[i].origin);
		row_set_bool(row, "reachable", lines.data[i].is_reachable);
		row_set_u64(row, "block_count", lines.data[i].count);
		row_set_u64(row, "resident_bytes", lines.data[i].origin.n_bytes);
	}
	vec_deinit(&lines);
	return error;
}

struct error *answer_native(
	struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct error *error = set_arenas(snapshot, options, root);
	set_size_classes(snapshot, root);
	if (!error)
		error = set_mappings(snapshot, options, root);
	if (!error)
		error = set_pins(analysis, options, root);
	if (!error)
		error = set_unowned(analysis, options, root);
	row_set_u64(root, "trim_bytes", snapshot->trim_bytes);
	return error;
}
