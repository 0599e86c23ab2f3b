/*
 * A tree becomes rows: equal places are one.
 */
#include "base/keymap.h"
#include "trace/tree.h"

/* Which row a node belongs to, and how often that is on the way down to it. */
struct gatherer {
	const struct trace_tree *tree;
	struct trace_rows rows;
	struct keymap keys; /* (thread, place) of each row */
	uint32_t *row_of;
	uint32_t *n_open; /* by row */
};

/* The thread that tells rows apart: none unless threads are rows, or keep rows apart. */
static uint32_t thread_key(const struct gatherer *gatherer, uint32_t node)
{
	const struct trace_options *options = &gatherer->tree->options;
	bool is_kept = options->threads || options->by == TRACE_BY_THREAD;
	return is_kept ? gatherer->tree->nodes.data[node].thread : 0;
}

static bool choose_row(struct gatherer *gatherer, uint32_t node)
{
	const struct trace_tree_node *from = &gatherer->tree->nodes.data[node];
	uint32_t place = gatherer->tree->options.by == TRACE_BY_THREAD ? 0 : from->place;
	uint64_t key = (uint64_t)thread_key(gatherer, node) << 32 | place;
	uint32_t row = keymap_add(&gatherer->keys, key);
	if (row == KEYMAP_FULL)
		return false;
	gatherer->row_of[node] = row;
	if (row < gatherer->rows.n)
		return true;
	struct trace_row *added = vec_add(&gatherer->rows);
	if (!added)
		return false;
	*added = (struct trace_row){.place = from->place, .node = node, .thread = from->thread};
	return true;
}

static void add_own(struct gatherer *gatherer, uint32_t node)
{
	const struct trace_tree_node *nodes = gatherer->tree->nodes.data;
	struct trace_row *row = &gatherer->rows.data[gatherer->row_of[node]];
	if (trace_totals_is_empty(&nodes[node].own))
		return;
	if (trace_totals_is_empty(&row->own)) {
		row->node = node;
		row->thread = nodes[node].thread;
	} else if (row->thread != nodes[node].thread) {
		row->thread = TRACE_THREAD_SEVERAL;
	}
	trace_totals_add(&row->own, &nodes[node].own);
	if (trace_totals_compare(
		    &nodes[node].own, &nodes[row->node].own, gatherer->tree->options.key) < 0)
		row->node = node;
}

/* Depth first: what stands below a node of the same row is in that one's sum already. */
static void add_wholes(struct gatherer *gatherer)
{
	const struct trace_tree_node *nodes = gatherer->tree->nodes.data;
	uint32_t at = nodes[0].first_child;
	while (at) {
		uint32_t row = gatherer->row_of[at];
		if (!gatherer->n_open[row]++)
			trace_totals_add(&gatherer->rows.data[row].whole, &nodes[at].whole);
		if (nodes[at].first_child) {
			at = nodes[at].first_child;
			continue;
		}
		while (at && !nodes[at].next_sibling) {
			gatherer->n_open[gatherer->row_of[at]]--;
			at = nodes[at].parent;
		}
		if (at) {
			gatherer->n_open[gatherer->row_of[at]]--;
			at = nodes[at].next_sibling;
		}
	}
}

static int compare_rows(const void *a, const void *b, void *arg)
{
	const struct trace_row *left = a, *right = b;
	const struct trace_tree *tree = arg;
	int order = trace_totals_compare(&left->own, &right->own, tree->options.key);
	return order ? order : trace_tree_compare_places(tree, left->node, right->node);
}

/* Places that allocated nothing themselves are no rows, nor are stacks without a place. */
static bool is_shown(const struct gatherer *gatherer, const struct trace_row *row)
{
	const struct snap_trace_frame *frame = trace_tree_frame(gatherer->tree, row->node);
	bool is_known =
		gatherer->tree->options.by == TRACE_BY_THREAD ||
		(frame && frame->kind != TRACE_FRAME_LOST && frame->kind != TRACE_FRAME_OVERFLOW);
	return is_known && !trace_totals_is_empty(&row->own);
}

static void sort(struct gatherer *gatherer)
{
	size_t n = 0;
	for (size_t i = 0; i < gatherer->rows.n; i++)
		if (is_shown(gatherer, &gatherer->rows.data[i]))
			gatherer->rows.data[n++] = gatherer->rows.data[i];
	gatherer->rows.n = n;
	if (n)
		qsort_r(gatherer->rows.data, n, sizeof(*gatherer->rows.data), compare_rows,
			(void *)gatherer->tree);
}

struct error *trace_rows_read(const struct trace_tree *tree, struct trace_rows *ret)
{
	assert(!tree->options.inverted);
	struct gatherer gatherer = {
		.tree = tree,
		.row_of = calloc(tree->nodes.n + 1, sizeof(*gatherer.row_of)),
	};
	bool ok = gatherer.row_of;
	for (uint32_t i = 1; ok && i < tree->nodes.n; i++) {
		ok = choose_row(&gatherer, i);
		if (ok)
			add_own(&gatherer, i);
	}
	gatherer.n_open = calloc(gatherer.rows.n + 1, sizeof(*gatherer.n_open));
	ok = ok && gatherer.n_open;
	if (ok) {
		add_wholes(&gatherer);
		sort(&gatherer);
	}
	free(gatherer.row_of);
	free(gatherer.n_open);
	keymap_deinit(&gatherer.keys);
	if (!ok) {
		trace_rows_deinit(&gatherer.rows);
		return &error_no_memory;
	}
	*ret = gatherer.rows;
	return NULL;
}

void trace_rows_deinit(struct trace_rows *rows)
{
	vec_deinit(rows);
}
