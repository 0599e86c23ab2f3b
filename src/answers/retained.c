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

struct selection {
	const struct analysis *analysis;
	const struct moment *since; /* NULL: none */
	VEC(struct taken) taken;
	VEC(struct taken) open; /* a heap: the node that retains most is first */
	uint32_t first, last;   /* of the top */
};

static bool is_before(
	const struct selection *selection, const struct taken *a, const struct taken *b)
{
	uint64_t left = retained_of(selection->analysis, a->node);
	uint64_t right = retained_of(selection->analysis, b->node);
	return left != right ? left > right : a->node < b->node;
}

static void swap(struct taken *a, struct taken *b)
{
	struct taken saved = *a;
	*a = *b;
	*b = saved;
}

static bool heap_push(struct selection *selection, uint32_t node, uint32_t depth, uint32_t parent)
{
	struct taken *slot = vec_add(&selection->open);
	if (!slot)
		return false;
	*slot = (struct taken){node, depth, parent, UINT32_MAX, UINT32_MAX, UINT32_MAX, 0};
	struct taken *heap = selection->open.data;
	for (size_t i = selection->open.n - 1; i; i = (i - 1) / 2) {
		if (!is_before(selection, &heap[i], &heap[(i - 1) / 2]))
			break;
		swap(&heap[i], &heap[(i - 1) / 2]);
	}
	return true;
}

static struct taken heap_pop(struct selection *selection)
{
	struct taken *heap = selection->open.data, top = heap[0];
	size_t n = --selection->open.n;
	heap[0] = heap[n];
	for (size_t i = 0;;) {
		size_t best = i, child = 2 * i + 1;
		for (size_t c = child; c < MIN(child + 2, n); c++)
			if (is_before(selection, &heap[c], &heap[best]))
				best = c;
		if (best == i)
			return top;
		swap(&heap[i], &heap[best]);
		i = best;
	}
}

static bool push_children(
	struct selection *selection, uint32_t node, uint32_t depth, uint32_t parent)
{
	const struct dominator_tree *tree = &selection->analysis->tree;
	bool ok = true;
	for (uint64_t i = tree->start[node]; ok && i < tree->start[node + 1]; i++)
		ok = heap_push(selection, tree->child[i], depth, parent);
	return ok;
}

static void append(struct selection *selection, uint32_t at)
{
	struct taken *taken = &selection->taken.data[at];
	bool is_top = taken->parent == UINT32_MAX;
	struct taken *parent = is_top ? NULL : &selection->taken.data[taken->parent];
	uint32_t *first = is_top ? &selection->first : &parent->first_child;
	uint32_t *last = is_top ? &selection->last : &parent->last_child;
	if (*last == UINT32_MAX)
		*first = at;
	else
		selection->taken.data[*last].next = at;
	*last = at;
}

static struct error *select_nodes(struct selection *selection, size_t n)
{
	if (!push_children(selection, selection->analysis->tree.n, 0, UINT32_MAX))
		return &error_no_memory;
	while (selection->open.n && selection->taken.n < n) {
		struct taken *slot = vec_add(&selection->taken);
		if (!slot)
			return &error_no_memory;
		*slot = heap_pop(selection);
		uint32_t at = (uint32_t)selection->taken.n - 1;
		append(selection, at);
		if (!push_children(selection, slot->node, slot->depth + 1, at))
			return &error_no_memory;
	}
	return NULL;
}

static struct error *set_since(const struct selection *selection, const struct paths *paths,
	uint32_t node, struct row *row)
{
	const struct analysis *analysis = selection->analysis;
	struct holder holder = {
		.node = node,
		.retainer = node,
		.item_count = item_count(analysis->snapshot, node),
		.retained_bytes = retained_of(analysis, node),
	};
	struct error *error = holder_path(analysis, paths, node, &holder.path);
	if (!error)
		error = since_set_holder(selection->since, analysis, &holder, row);
	path_deinit(&holder.path);
	return error;
}

static struct error *set_row(struct selection *selection, const struct paths *paths,
	struct taken *taken, struct row *row)
{
	const struct analysis *analysis = selection->analysis;
	struct path path = {0};
	struct error *error = paths_get(paths, analysis, taken->node, &path);
	if (error)
		return error;
	row_set_u64(row, "id", taken->id);
	if (taken->parent == UINT32_MAX)
		row_set_null(row, "parent");
	else
		row_set_u64(row, "parent", selection->taken.data[taken->parent].id);
	row_set_u64(row, "depth", taken->depth);
	row_set_path(row, "path", analysis, &path);
	row_set_text(row, "type", names_type(analysis->snapshot, taken->node));
	row_set_address(row, analysis->snapshot, taken->node);
	uint64_t is_one = is_object(analysis->snapshot, taken->node);
	row_set_u64(row, "object_count",
		graph_sums_get(&analysis->inner_count, taken->node, is_one));
	row_set_u64(row, "self_bytes", weight_of(analysis, taken->node));
	row_set_u64(row, "retained_bytes", retained_of(analysis, taken->node));
	path_deinit(&path);
	return selection->since ? set_since(selection, paths, taken->node, row) : NULL;
}

/* The next node in preorder, UINT32_MAX at the end. */
static uint32_t preorder_next(const struct selection *selection, uint32_t at)
{
	const struct taken *taken = selection->taken.data;
	if (taken[at].first_child != UINT32_MAX)
		return taken[at].first_child;
	while (taken[at].next == UINT32_MAX) {
		at = taken[at].parent;
		if (at == UINT32_MAX)
			return at;
	}
	return taken[at].next;
}

static struct error *set_rows(
	struct selection *selection, const struct paths *paths, struct row *root)
{
	struct table *table = row_add_table(root, "rows");
	struct error *error = NULL;
	uint32_t id = 0;
	for (uint32_t at = selection->first; !error && at != UINT32_MAX;
		at = preorder_next(selection, at)) {
		selection->taken.data[at].id = id++;
		error = set_row(selection, paths, &selection->taken.data[at], table_add(table));
	}
	return error;
}

static void set_rest(const struct selection *selection, struct row *root)
{
	const struct analysis *analysis = selection->analysis;
	uint64_t shown = 0;
	vec_foreach (&selection->taken, taken)
		shown += weight_of(analysis, taken->node);
	struct row *rest = row_add_row(root, "rest");
	row_set_u64(rest, "row_count", analysis->graph.n - selection->taken.n);
	row_set_u64(
		rest, "retained_bytes", analysis->live.weight + analysis->garbage.weight - shown);
}

struct error *answer_retained(
	struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	struct error *error = analysis_tree(analysis);
	if (error)
		return error;
	struct selection selection = {
		.analysis = analysis,
		.since = options->since,
		.first = UINT32_MAX,
		.last = UINT32_MAX,
	};
	struct paths paths = {0};
	uint64_t *wanted = calloc(words_of(analysis), sizeof(uint64_t));
	error = wanted ? select_nodes(&selection, rows_shown(options, SIZE_MAX)) : &error_no_memory;
	if (!error) {
		vec_foreach (&selection.taken, taken)
			bits_set(wanted, taken->node);
		error = paths_init(&paths, analysis, wanted, NULL);
	}
	if (!error)
		error = set_rows(&selection, &paths, root);
	if (!error)
		set_rest(&selection, root);
	paths_deinit(&paths);
	free(wanted);
	vec_deinit(&selection.taken);
	vec_deinit(&selection.open);
	return error;
}
