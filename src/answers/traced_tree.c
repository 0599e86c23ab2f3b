/*
 * The stacks of a traced program as rows: as many nodes of the tree as asked
 * for, the largest ones. No node is larger than the one above it, so what is
 * left out are whole branches.
 *
 * A call that passes nearly all on to one other is taken for nothing; of a long
 * run of such calls only the ends are told, and how many stand between them.
 */
#include "answers/traced.h"

#include <stdlib.h>

#define CHAIN_PERCENT 99 /* passed on to one call */

struct picking {
	const struct trace_tree *tree;
	uint32_t *order; /* nodes, the largest first */
	bool *is_taken;
	uint32_t *id; /* by node, in the document */
	size_t n_taken;
};

static uint64_t value_of(const struct picking *picking, uint32_t node)
{
	const struct trace_tree *tree = picking->tree;
	return trace_totals_get(&tree->nodes.data[node].whole, tree->options.key);
}

static bool is_mere_call(const struct picking *picking, uint32_t caller, uint32_t call)
{
	__int128 passed = (__int128)value_of(picking, call) * 100;
	return caller && passed >= (__int128)value_of(picking, caller) * CHAIN_PERCENT;
}

/* Does it pass all on to one call, the only one that is taken? */
static bool is_chain(const struct picking *picking, uint32_t node)
{
	const struct trace_tree_node *nodes = picking->tree->nodes.data;
	uint32_t child = nodes[node].first_child;
	if (!node || !child || !picking->is_taken[child])
		return false;
	uint32_t other = nodes[child].next_sibling;
	return is_mere_call(picking, node, child) && !(other && picking->is_taken[other]);
}

/* Between the first two calls of a run and its last one. */
static bool is_hidden(const struct picking *picking, uint32_t node)
{
	const struct trace_tree_node *nodes = picking->tree->nodes.data;
	uint32_t parent = nodes[node].parent;
	return is_chain(picking, node) && is_chain(picking, parent) &&
	       is_chain(picking, nodes[parent].parent) &&
	       is_chain(picking, nodes[node].first_child);
}

static int compare_values(const void *a, const void *b, void *arg)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	uint64_t left_value = value_of(arg, left), right_value = value_of(arg, right);
	if (left_value != right_value)
		return left_value > right_value ? -1 : 1;
	return (left > right) - (left < right);
}

static void pick(struct picking *picking, uint32_t top)
{
	const struct trace_tree *tree = picking->tree;
	uint32_t n_counted = 0;
	for (size_t i = 0; i < tree->nodes.n; i++)
		picking->order[i] = (uint32_t)i;
	qsort_r(picking->order, tree->nodes.n, sizeof(uint32_t), compare_values, picking);
	for (size_t i = 0; i < tree->nodes.n; i++) {
		uint32_t node = picking->order[i];
		if (!node)
			continue;
		bool is_free = is_mere_call(picking, tree->nodes.data[node].parent, node);
		if (!value_of(picking, node) || (top && !is_free && n_counted == top))
			break;
		n_counted += !is_free;
		picking->is_taken[node] = true;
		picking->n_taken++;
	}
}

static const char *const frame_kinds[TRACE_FRAME_KIND_COUNT] = {
	[TRACE_FRAME_LOST] = "lost",
	[TRACE_FRAME_LINE] = "line",
	[TRACE_FRAME_THREAD] = "thread",
	[TRACE_FRAME_NATIVE] = "native",
	[TRACE_FRAME_OVERFLOW] = "overflow",
};

struct place {
	uint32_t parent; /* id, UINT32_MAX at the top */
	uint32_t depth, n_hidden;
};

static void fill_row(
	const struct picking *picking, uint32_t node, const struct place *place, struct row *row)
{
	const struct trace_tree_node *from = &picking->tree->nodes.data[node];
	const struct snap_trace_frame *frame = trace_tree_frame(picking->tree, node);
	row_set_u64(row, "id", picking->id[node]);
	row_set_u64(row, "parent", place->parent == UINT32_MAX ? UINT64_MAX : place->parent);
	row_set_u64(row, "depth", place->depth);
	row_set_u64(row, "hidden_count", place->n_hidden);
	row_set_text(row, "kind", frame_kinds[frame->kind]);
	traced_fill_place(row, picking->tree, node);
	traced_fill_thread_root(row, picking->tree->snapshot, frame);
	traced_fill_counts(row, &from->own);
	traced_fill_wholes(row, &from->whole);
}

/* The next node in preorder among those that are taken; 0 at the end. */
static uint32_t next_taken(const struct picking *picking, uint32_t node)
{
	const struct trace_tree_node *nodes = picking->tree->nodes.data;
	uint32_t child = nodes[node].first_child;
	if (child && picking->is_taken[child])
		return child;
	for (; node; node = nodes[node].parent) {
		uint32_t sibling = nodes[node].next_sibling;
		if (sibling && picking->is_taken[sibling])
			return sibling;
	}
	return 0;
}

static bool fill_rows(struct picking *picking, struct table *table)
{
	const struct trace_tree_node *nodes = picking->tree->nodes.data;
	struct place *places = calloc(picking->tree->nodes.n, sizeof(*places));
	uint32_t n = 0;
	if (!places)
		return false;
	picking->id[0] = UINT32_MAX;
	for (uint32_t node = 0; (node = next_taken(picking, node));) {
		uint32_t parent = nodes[node].parent;
		places[node] = (struct place){
			.parent = picking->id[parent],
			.depth = parent ? places[parent].depth + 1 : 0,
		};
		if (parent && is_hidden(picking, parent)) {
			places[node] = places[parent];
			places[node].n_hidden++;
		}
		if (is_hidden(picking, node))
			continue;
		picking->id[node] = n++;
		fill_row(picking, node, &places[node], table_add(table));
	}
	free(places);
	return true;
}

static struct error *fill_tree(const struct trace_tree *tree, uint32_t top, struct row *root)
{
	struct picking picking = {
		.tree = tree,
		.order = calloc(tree->nodes.n, sizeof(*picking.order)),
		.is_taken = calloc(tree->nodes.n, sizeof(*picking.is_taken)),
		.id = calloc(tree->nodes.n, sizeof(*picking.id)),
	};
	bool ok = picking.order && picking.is_taken && picking.id;
	if (ok) {
		pick(&picking, top);
		row_set_bool(root, "is_inverted", tree->options.inverted);
		ok = fill_rows(&picking, row_add_table(root, "tree"));
		struct row *rest = row_add_row(root, "tree_rest");
		row_set_u64(rest, "row_count", tree->nodes.n - 1 - picking.n_taken);
	}
	free(picking.order);
	free(picking.is_taken);
	free(picking.id);
	return ok ? NULL : &error_no_memory;
}

struct error *traced_fill_tree(const struct snapshot *snapshot, const struct snap_trace *trace,
	const struct traced_options *options, struct row *root)
{
	struct trace_tree tree;
	struct trace_options quiet = options->trace;
	quiet.hide_imports = true;
	struct error *error = trace_tree_create(snapshot, trace, &quiet, &tree);
	if (error)
		return error;
	error = fill_tree(&tree, options->top, root);
	trace_tree_deinit(&tree);
	return error;
}
