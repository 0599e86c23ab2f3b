/*
 * `whymem caches`: what a program fills as it runs: caches of functools, and
 * containers of modules, classes, objects in module variables, closures and
 * default arguments, with what limits them.
 *
 * An lru_cache is always a row; another container is one from MANY_ITEMS on.
 */
#include "answers/table.h"
#include "findings/place.h"

#include <stdlib.h>

#define MANY_ITEMS 16

enum cache_kind {
	CACHE_LRU,
	CACHE_MODULE,
	CACHE_CLASS,
	CACHE_CLOSURE,
	CACHE_DEFAULT,
	CACHE_FUNCTION,
	CACHE_INSTANCE,
};

static const char *const kind_names[] = {
	[CACHE_LRU] = "lru_cache",
	[CACHE_MODULE] = "module",
	[CACHE_CLASS] = "class",
	[CACHE_CLOSURE] = "closure",
	[CACHE_DEFAULT] = "default_argument",
	[CACHE_FUNCTION] = "function",
	[CACHE_INSTANCE] = "instance",
};

struct cache {
	uint32_t node;
	enum cache_kind kind;
	uint64_t n_entries, n_max; /* UINT64_MAX: not known; nothing limits it */
	uint64_t retained_bytes;
	char *text;
	struct location location;
	struct origin origin;
};

struct caches {
	struct cache *data;
	size_t n, capacity;
	struct analysis *analysis;
	type_set containers;
	uint64_t *seen; /* a bit a node */
};

/* ---- what grows by use ---- */

static bool find_containers(struct caches *caches)
{
	static const char *const types[][2] = {
		{"builtins", "dict"},
		{"builtins", "list"},
		{"builtins", "set"},
		{"builtins", "bytearray"},
		{"collections", "deque"},
	};
	const struct snapshot *snapshot = caches->analysis->snapshot;
	caches->containers = types_create(snapshot);
	bool ok = caches->containers != NULL;
	for (size_t i = 0; ok && i < ARRAY_SIZE(types); i++)
		ok = types_add(snapshot, types[i][0], types[i][1], caches->containers);
	return ok;
}

static uint64_t bound_of(const struct snapshot *snapshot, uint32_t node)
{
	uint64_t bound;
	return snapshot_fact(snapshot, node, FACT_MAXLEN, &bound) ||
			       snapshot_fact(snapshot, node, FACT_LRU_MAXSIZE, &bound)
		       ? bound
		       : UINT64_MAX;
}

static struct error *add_cache(
	struct caches *caches, uint32_t node, enum cache_kind kind, uint64_t n_max)
{
	const struct analysis *analysis = caches->analysis;
	if (bits_get(caches->seen, node))
		return NULL;
	struct cache *cache = vec_add(caches);
	if (!cache)
		return &error_no_memory;
	bits_set(caches->seen, node);
	*cache = (struct cache){
		.node = node,
		.kind = kind,
		.n_entries = item_count(analysis->snapshot, node),
		.n_max = n_max,
		.retained_bytes = retained_of(analysis, node),
	};
	return NULL;
}

/* Adds `node` when it is a container with many items. `owner`: who may know a limit. */
static struct error *add_container(
	struct caches *caches, uint32_t node, enum cache_kind kind, uint32_t owner)
{
	const struct snapshot *snapshot = caches->analysis->snapshot;
	uint64_t n_items;
	if (!is_object(snapshot, node) || !bits_get(caches->containers, snapshot->type[node]) ||
		!snapshot_fact(snapshot, node, FACT_LENGTH, &n_items) || n_items < MANY_ITEMS ||
		names_is_namespace(caches->analysis->names, node))
		return NULL;
	uint64_t n_max = bound_of(snapshot, node);
	if (n_max == UINT64_MAX && owner != OBJ_NONE)
		n_max = limit_of(snapshot, owner, n_items);
	return add_cache(caches, node, kind, n_max);
}

/* ---- where they stand ---- */

static struct error *add_lru_caches(struct caches *caches)
{
	const struct snapshot *snapshot = caches->analysis->snapshot;
	struct error *error = NULL;
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_LRU_MAXSIZE, &begin, &end);
	for (uint32_t i = begin; !error && i < end; i++)
		if (!is_garbage(caches->analysis, snapshot->facts.object[i]))
			error = add_cache(caches, snapshot->facts.object[i], CACHE_LRU,
				snapshot->facts.value[i]);
	return error;
}

/* Lists of names that a module or a class declares once. */
static bool is_declaration(const char *name)
{
	static const char *const names[] = {
		"__all__", "__annotations__", "__slots__", "__path__", "__dataclass_fields__"};
	for (size_t i = 0; name && i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* Containers that `from` holds by name. */
static struct error *add_attributes(
	struct caches *caches, uint32_t from, enum cache_kind kind, uint32_t owner)
{
	const struct snapshot *snapshot = caches->analysis->snapshot;
	struct error *error = NULL;
	for (uint64_t e = snapshot->edge_start[from]; !error && e < snapshot->edge_start[from + 1];
		e++) {
		unsigned edge = snapshot->edge_kind[e];
		if ((edge == EDGE_KEY || edge == EDGE_ATTR || edge == EDGE_ATTR_STATIC) &&
			!is_declaration(names_edge_text(snapshot, e)))
			error = add_container(caches, snapshot->edge_to[e], kind, owner);
	}
	return error;
}

static struct error *add_object(struct caches *caches, uint32_t object)
{
	const struct snapshot *snapshot = caches->analysis->snapshot;
	uint32_t dict = first_edge(snapshot, object, EDGE_DICT);
	struct error *error = add_attributes(caches, object, CACHE_INSTANCE, object);
	return error || dict == OBJ_NONE ? error
					 : add_attributes(caches, dict, CACHE_INSTANCE, object);
}

static bool is_python_object(const struct snapshot *snapshot, uint32_t node)
{
	return is_object(snapshot, node) &&
	       snapshot->types.data[snapshot->type[node]].flags & SNAP_TYPE_PYTHON;
}

static struct error *add_namespace(struct caches *caches, uint32_t dict)
{
	const struct snapshot *snapshot = caches->analysis->snapshot;
	struct error *error = add_attributes(caches, dict, CACHE_MODULE, OBJ_NONE);
	for (uint64_t e = snapshot->edge_start[dict]; !error && e < snapshot->edge_start[dict + 1];
		e++)
		if (snapshot->edge_kind[e] == EDGE_KEY &&
			is_python_object(snapshot, snapshot->edge_to[e]))
			error = add_object(caches, snapshot->edge_to[e]);
	return error;
}

static struct error *add_modules(struct caches *caches)
{
	const struct snapshot *snapshot = caches->analysis->snapshot;
	struct error *error = NULL;
	vec_foreach (&snapshot->roots, root) {
		if (is_object(snapshot, root->node) ||
			holder_get(snapshot, root->node)->kind != NODE_MODULE)
			continue;
		uint32_t module = first_edge(snapshot, root->node, EDGE_MEMBER);
		if (!error && module != OBJ_NONE && is_object(snapshot, module))
			error = add_namespace(caches, namespace_of(snapshot, module));
	}
	return error;
}

static struct error *add_classes(struct caches *caches)
{
	const struct snapshot *snapshot = caches->analysis->snapshot;
	struct error *error = NULL;
	vec_foreach (&snapshot->types, type)
		if (!error && type->object != OBJ_NONE && type->flags & SNAP_TYPE_PYTHON &&
			!is_garbage(caches->analysis, type->object))
			error = add_attributes(caches, namespace_of(snapshot, type->object),
				CACHE_CLASS, OBJ_NONE);
	return error;
}

/* The elements of a tuple or dict of defaults, or the contents of the cells of a closure. */
static struct error *add_elements(struct caches *caches, uint32_t from, enum cache_kind kind)
{
	const struct snapshot *snapshot = caches->analysis->snapshot;
	struct error *error = NULL;
	if (from == OBJ_NONE || !is_object(snapshot, from))
		return NULL;
	for (uint64_t e = snapshot->edge_start[from]; !error && e < snapshot->edge_start[from + 1];
		e++) {
		uint32_t to = snapshot->edge_to[e];
		if (kind == CACHE_CLOSURE && is_of(snapshot, to, "builtins", "cell"))
			to = first_edge(snapshot, to, EDGE_CELL_CONTENT);
		if (to != OBJ_NONE)
			error = add_container(caches, to, kind, OBJ_NONE);
	}
	return error;
}

static struct error *add_function(void *arg, obj_id function)
{
	struct caches *caches = arg;
	const struct snapshot *snapshot = caches->analysis->snapshot;
	static const struct {
		const char *name;
		enum cache_kind kind;
	} parts[] = {
		{"__closure__", CACHE_CLOSURE},
		{"__defaults__", CACHE_DEFAULT},
		{"__kwdefaults__", CACHE_DEFAULT},
	};
	struct error *error = NULL;
	for (uint64_t e = snapshot->edge_start[function];
		!error && e < snapshot->edge_start[function + 1]; e++) {
		if (snapshot->edge_kind[e] == EDGE_DICT)
			error = add_attributes(
				caches, snapshot->edge_to[e], CACHE_FUNCTION, OBJ_NONE);
		const char *name = snapshot->edge_kind[e] == EDGE_ATTR_STATIC
					   ? names_edge_text(snapshot, e)
					   : NULL;
		for (size_t i = 0; name && !error && i < ARRAY_SIZE(parts); i++)
			if (!strcmp(name, parts[i].name))
				error = add_elements(caches, snapshot->edge_to[e], parts[i].kind);
	}
	return error;
}

static struct error *add_functions(struct caches *caches)
{
	const struct snapshot *snapshot = caches->analysis->snapshot;
	type_set functions = types_create(snapshot);
	struct error *error = functions && types_add(snapshot, "builtins", "function", functions)
				      ? NULL
				      : &error_no_memory;
	for (obj_id i = 0; !error && i < snapshot->n_objects; i++)
		if (bits_get(functions, snapshot->type[i]) && !is_garbage(caches->analysis, i))
			error = add_function(caches, i);
	free(functions);
	return error;
}

static struct error *collect(struct caches *caches)
{
	struct error *(*const steps[])(struct caches *) = {
		add_lru_caches, add_classes, add_modules, add_functions};
	caches->seen = calloc(words_of(caches->analysis), sizeof(uint64_t));
	struct error *error = caches->seen && find_containers(caches) ? NULL : &error_no_memory;
	for (size_t i = 0; !error && i < ARRAY_SIZE(steps); i++)
		error = steps[i](caches);
	return error;
}

/* ---- rows ---- */

static int compare_caches(const void *a, const void *b)
{
	const struct cache *left = a, *right = b;
	if (left->retained_bytes != right->retained_bytes)
		return left->retained_bytes > right->retained_bytes ? -1 : 1;
	int order = left->text && right->text ? strcmp(left->text, right->text) : 0;
	return order ? order : (left->node > right->node) - (left->node < right->node);
}

static struct error *name_cache(
	struct cache *cache, const struct paths *paths, const struct analysis *analysis)
{
	struct path path = {0};
	struct text text _cleanup_text_ = {0};
	struct error *error = paths_get(paths, analysis, cache->node, &path);
	if (error)
		return error;
	names_render(analysis->names, &path, &text);
	cache->location = names_location(analysis->names, &path);
	path_deinit(&path);
	error = text_finish(&text);
	if (!error && !(cache->text = strdup(text_get(&text))))
		error = &error_no_memory;
	return error;
}

static struct error *name_caches(struct caches *caches, size_t n)
{
	struct analysis *analysis = caches->analysis;
	struct paths paths;
	memset(caches->seen, 0, words_of(analysis) * sizeof(uint64_t));
	for (size_t i = 0; i < n; i++)
		bits_set(caches->seen, caches->data[i].node);
	struct error *error = n ? paths_init(&paths, analysis, caches->seen, NULL) : NULL;
	if (error || !n)
		return error;
	for (size_t i = 0; !error && i < n; i++)
		error = name_cache(&caches->data[i], &paths, analysis);
	paths_deinit(&paths);
	if (!error)
		qsort(caches->data, n, sizeof(struct cache), compare_caches);
	return error;
}

static struct error *find_origins(struct caches *caches, size_t n)
{
	uint32_t *nodes = calloc(n + 1, sizeof(*nodes));
	struct origin *origins = calloc(n + 1, sizeof(*origins));
	struct error *error = nodes && origins ? NULL : &error_no_memory;
	for (size_t i = 0; !error && i < n; i++)
		nodes[i] = caches->data[i].node;
	if (!error)
		error = origins_of_retained(caches->analysis, nodes, n, NULL, origins);
	for (size_t i = 0; !error && i < n; i++)
		caches->data[i].origin = origins[i];
	free(nodes);
	free(origins);
	return error;
}

static void set_row(const struct snapshot *snapshot, const struct cache *cache, struct row *row)
{
	uint64_t hits, misses;
	row_set_text(row, "path", cache->text);
	row_set_text(row, "kind", kind_names[cache->kind]);
	row_set_text(row, "type", names_type(snapshot, cache->node));
	row_set_u64(row, "entry_count", cache->n_entries);
	row_set_u64(row, "max_count", cache->n_max);
	row_set_u64(row, "hit_count",
		snapshot_fact(snapshot, cache->node, FACT_LRU_HITS, &hits) ? hits : UINT64_MAX);
	row_set_u64(row, "miss_count",
		snapshot_fact(snapshot, cache->node, FACT_LRU_MISSES, &misses) ? misses
									       : UINT64_MAX);
	row_set_u64(row, "retained_bytes", cache->retained_bytes);
	row_set_text(row, "file", cache->location.file);
	row_set_u64(row, "line", cache->location.line ? cache->location.line : UINT64_MAX);
	row_set_address(row, snapshot, cache->node);
	row_set_origin(row, snapshot, &cache->origin);
}

static void set_rows(const struct caches *caches, size_t n_shown, struct row *root)
{
	struct table *table = row_add_table(root, "rows");
	uint64_t n_bytes = 0;
	for (size_t i = 0; i < caches->n; i++) {
		if (i < n_shown)
			set_row(caches->analysis->snapshot, &caches->data[i], table_add(table));
		else
			n_bytes += caches->data[i].retained_bytes;
	}
	struct row *rest = row_add_row(root, "rest");
	row_set_u64(rest, "row_count", caches->n - n_shown);
	row_set_u64(rest, "retained_bytes", n_bytes);
}

struct error *answer_caches(
	struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	struct caches caches = {.analysis = analysis};
	struct error *error = analysis_dominators(analysis);
	if (!error)
		error = collect(&caches);
	if (!error && caches.n)
		qsort(caches.data, caches.n, sizeof(struct cache), compare_caches);
	size_t n_shown = rows_shown(options, caches.n);
	if (!error)
		error = name_caches(&caches, n_shown);
	if (!error)
		error = find_origins(&caches, n_shown);
	if (!error)
		set_rows(&caches, n_shown, root);
	vec_foreach (&caches, cache)
		free(cache->text);
	vec_deinit(&caches);
	free(caches.containers);
	free(caches.seen);
	return error;
}
