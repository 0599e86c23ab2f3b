/*
 * `whymem retained`: the dominator tree from the top, as many nodes of it as
 * asked for. Those that retain most are taken; a node is never taken before the
 * one above it, so what is left out are whole branches.
 */

#include "answers/since.h"
#include "answers/table.h"

#include <stdlib.h>

struct taken {
	uint32_t node, depth;
	uint32_t parent;                        /* in `taken`, UINT32_MAX at the top */
	uint32_t next, first_child, last_child; /* UINT32_MAX: none */
	uint32_t id;                            /* in the document */
};

struct picking {
	const struct analysis *analysis;
	const struct moment *since; /* NULL: none */
	const uint64_t *tops;       /* a bit a node: the tree begins there; NULL: at the roots */
	uint64_t n_nodes, n_bytes;  /* of the whole tree */
	VEC(struct taken) taken;
	VEC(struct taken) open; /* a heap: the node that retains most is first */
	uint32_t first, last;   /* of the top */
	struct origin *origins; /* of those taken */
};

static bool is_before(const struct picking *picking, const struct taken *a, const struct taken *b)
{
	uint64_t left = retained_of(picking->analysis, a->node);
	uint64_t right = retained_of(picking->analysis, b->node);
	return left != right ? left > right : a->node < b->node;
}

static void swap(struct taken *a, struct taken *b)
{
	struct taken saved = *a;
	*a = *b;
	*b = saved;
}

static bool heap_push(struct picking *picking, uint32_t node, uint32_t depth, uint32_t parent)
{
	struct taken *slot = vec_add(&picking->open);
	if (!slot)
		return false;
	*slot = (struct taken){node, depth, parent, UINT32_MAX, UINT32_MAX, UINT32_MAX, 0};
	struct taken *heap = picking->open.data;
	for (size_t i = picking->open.n - 1; i; i = (i - 1) / 2) {
		if (!is_before(picking, &heap[i], &heap[(i - 1) / 2]))
			break;
		swap(&heap[i], &heap[(i - 1) / 2]);
	}
	return true;
}

static struct taken heap_pop(struct picking *picking)
{
	struct taken *heap = picking->open.data, top = heap[0];
	size_t n = --picking->open.n;
	heap[0] = heap[n];
	for (size_t i = 0;;) {
		size_t best = i, child = 2 * i + 1;
		for (size_t c = child; c < MIN(child + 2, n); c++)
			if (is_before(picking, &heap[c], &heap[best]))
				best = c;
		if (best == i)
			return top;
		swap(&heap[i], &heap[best]);
		i = best;
	}
}

static bool push_children(struct picking *picking, uint32_t node, uint32_t depth, uint32_t parent)
{
	const struct dominator_tree *tree = &picking->analysis->tree;
	bool ok = true;
	for (uint64_t i = tree->start[node]; ok && i < tree->start[node + 1]; i++)
		ok = heap_push(picking, tree->child[i], depth, parent);
	return ok;
}

static void append(struct picking *picking, uint32_t at)
{
	struct taken *taken = &picking->taken.data[at];
	bool is_top = taken->parent == UINT32_MAX;
	struct taken *parent = is_top ? NULL : &picking->taken.data[taken->parent];
	uint32_t *first = is_top ? &picking->first : &parent->first_child;
	uint32_t *last = is_top ? &picking->last : &parent->last_child;
	if (*last == UINT32_MAX)
		*first = at;
	else
		picking->taken.data[*last].next = at;
	*last = at;
}

static bool push_tops(struct picking *picking)
{
	const struct analysis *analysis = picking->analysis;
	if (!picking->tops) {
		picking->n_nodes = analysis->graph.n;
		picking->n_bytes = analysis->live.weight + analysis->garbage.weight;
		return push_children(picking, analysis->tree.n, 0, UINT32_MAX);
	}
	bool ok = true;
	for (obj_id i = 0; ok && i < analysis->snapshot->n_objects; i++) {
		if (!bits_get(picking->tops, i))
			continue;
		picking->n_nodes += graph_sums_get(&analysis->inner_count, i, 1);
		picking->n_bytes += retained_of(analysis, i);
		ok = heap_push(picking, i, 0, UINT32_MAX);
	}
	return ok;
}

static struct error *select_nodes(struct picking *picking, size_t n)
{
	if (!push_tops(picking))
		return &error_no_memory;
	while (picking->open.n && picking->taken.n < n) {
		struct taken *slot = vec_add(&picking->taken);
		if (!slot)
			return &error_no_memory;
		*slot = heap_pop(picking);
		uint32_t at = (uint32_t)picking->taken.n - 1;
		append(picking, at);
		if (!push_children(picking, slot->node, slot->depth + 1, at))
			return &error_no_memory;
	}
	return NULL;
}

static struct error *set_since(
	const struct picking *picking, const struct paths *paths, uint32_t node, struct row *row)
{
	const struct analysis *analysis = picking->analysis;
	struct holder holder = {
		.node = node,
		.retainer = node,
		.item_count = item_count(analysis->snapshot, node),
		.retained_bytes = retained_of(analysis, node),
	};
	struct error *error = holder_path(analysis, paths, node, &holder.path);
	if (!error)
		error = since_set_holder(picking->since, analysis, &holder, row);
	path_deinit(&holder.path);
	return error;
}

static struct error *set_row(
	struct picking *picking, const struct paths *paths, struct taken *taken, struct row *row)
{
	const struct analysis *analysis = picking->analysis;
	struct path path = {0};
	size_t number = (size_t)(taken - picking->taken.data);
	struct error *error = paths_get(paths, analysis, taken->node, &path);
	if (error)
		return error;
	row_set_u64(row, "id", taken->id);
	if (taken->parent == UINT32_MAX)
		row_set_null(row, "parent");
	else
		row_set_u64(row, "parent", picking->taken.data[taken->parent].id);
	row_set_u64(row, "depth", taken->depth);
	row_set_path(row, "path", analysis, &path);
	row_set_text(row, "type", names_type(analysis->snapshot, taken->node));
	row_set_address(row, analysis->snapshot, taken->node);
	uint64_t is_one = is_object(analysis->snapshot, taken->node);
	row_set_u64(
		row, "object_count", graph_sums_get(&analysis->inner_count, taken->node, is_one));
	row_set_u64(row, "self_bytes", weight_of(analysis, taken->node));
	row_set_u64(row, "retained_bytes", retained_of(analysis, taken->node));
	row_set_origin(row, analysis->snapshot, &picking->origins[number]);
	path_deinit(&path);
	return picking->since ? set_since(picking, paths, taken->node, row) : NULL;
}

/* The next node in preorder, UINT32_MAX at the end. */
static uint32_t preorder_next(const struct picking *picking, uint32_t at)
{
	const struct taken *taken = picking->taken.data;
	if (taken[at].first_child != UINT32_MAX)
		return taken[at].first_child;
	while (taken[at].next == UINT32_MAX) {
		at = taken[at].parent;
		if (at == UINT32_MAX)
			return at;
	}
	return taken[at].next;
}

static struct error *set_rows(struct picking *picking, const struct paths *paths, struct row *root)
{
	struct table *table = row_add_table(root, "rows");
	struct error *error = NULL;
	uint32_t id = 0;
	for (uint32_t at = picking->first; !error && at != UINT32_MAX;
		at = preorder_next(picking, at)) {
		picking->taken.data[at].id = id++;
		error = set_row(picking, paths, &picking->taken.data[at], table_add(table));
	}
	return error;
}

static void set_rest(const struct picking *picking, struct row *root)
{
	const struct analysis *analysis = picking->analysis;
	uint64_t shown = 0;
	vec_foreach (&picking->taken, taken)
		shown += weight_of(analysis, taken->node);
	struct row *rest = row_add_row(root, "rest");
	row_set_u64(rest, "row_count", picking->n_nodes - picking->taken.n);
	row_set_u64(rest, "retained_bytes", picking->n_bytes - shown);
}

/* The objects of `--only` that no other one of them dominates; NULL without the option. */
static struct error *find_tops(
	struct analysis *analysis, const struct answer_options *options, uint64_t **ret)
{
	uint64_t *only = NULL;
	struct error *error = find_only(analysis, options->only, &only);
	if (error || !only)
		return error;
	uint64_t *tops = calloc(words_of(analysis), sizeof(uint64_t));
	error = tops ? analysis_set_tops(analysis, only, tops) : &error_no_memory;
	free(only);
	if (error)
		free(tops);
	else
		*ret = tops;
	return error;
}

static struct error *find_origins(struct picking *picking, struct analysis *analysis)
{
	size_t n = picking->taken.n;
	uint32_t *nodes = calloc(n + 1, sizeof(*nodes));
	picking->origins = calloc(n + 1, sizeof(*picking->origins));
	struct error *error = nodes && picking->origins ? NULL : &error_no_memory;
	for (size_t i = 0; !error && i < n; i++)
		nodes[i] = picking->taken.data[i].node;
	if (!error)
		error = origins_of_retained(analysis, nodes, n, NULL, picking->origins);
	free(nodes);
	return error;
}

static struct error *show_tree(
	struct picking *picking, struct analysis *analysis, size_t n, struct row *root)
{
	struct paths paths = {0};
	uint64_t *wanted = calloc(words_of(analysis), sizeof(uint64_t));
	struct error *error = wanted ? select_nodes(picking, n) : &error_no_memory;
	if (!error) {
		vec_foreach (&picking->taken, taken)
			bits_set(wanted, taken->node);
		error = paths_init(&paths, analysis, wanted, NULL);
	}
	if (!error)
		error = find_origins(picking, analysis);
	if (!error)
		error = set_rows(picking, &paths, root);
	if (!error)
		set_rest(picking, root);
	paths_deinit(&paths);
	free(wanted);
	return error;
}

struct error *answer_retained(
	struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	uint64_t *tops = NULL;
	struct error *error = analysis_tree(analysis);
	if (!error)
		error = find_tops(analysis, options, &tops);
	if (error)
		return error;
	struct picking picking = {.analysis = analysis,
		.since = options->since,
		.tops = tops,
		.first = UINT32_MAX,
		.last = UINT32_MAX};
	if (options->only)
		row_set_text(root, "only", options->only);
	error = show_tree(&picking, analysis, rows_shown(options, SIZE_MAX), root);
	free(tops);
	free(picking.origins);
	vec_deinit(&picking.taken);
	vec_deinit(&picking.open);
	return error;
}
