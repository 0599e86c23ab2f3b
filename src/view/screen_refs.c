/*
 * References as an indented tree: what each node is, and over which reference
 * it was found. References between nodes that stand elsewhere name their number.
 */
#include "view/picture.h"
#include "view/screens.h"

#include <stdio.h>
#include <stdlib.h>

#define INDENT_MAX 24 /* columns; deeper lines stand as far to the right */

static const struct grid_column columns[] = {
	{.title = "retained MiB", .ink = INK_BOLD, .right = true},
	{.title = "objects", .right = true, .drop = 1},
	{.ink = INK_DIM, .right = true},
	{.shrink = SHRINK_MIDDLE, .min_width = 16},
};

struct tree {
	const struct table *nodes, *edges;
	struct grid *grid;
	uint32_t *first, *next; /* by node: first child, next sibling */
	bool *is_named;         /* by node: other lines refer to it */
	bool is_back, is_chain;
	unsigned digits;
};

static int64_t far_end(const struct tree *tree, const struct row *edge)
{
	return row_int(edge, tree->is_back ? "from" : "to", -1);
}

static int64_t near_end(const struct tree *tree, const struct row *edge)
{
	return row_int(edge, tree->is_back ? "to" : "from", -1);
}

static int indent_of(const struct tree *tree, const struct row *node, int64_t more)
{
	int64_t depth = row_int(node, "depth", 0) + more;
	return tree->is_chain ? 0 : (int)MIN(depth * 2, INDENT_MAX);
}

/* ".user  str", back "Session.user"; `number` of a node that stands elsewhere, or "". */
static void add_text(const struct tree *tree, int indent, const struct row *edge,
	const struct row *node, const char *number)
{
	char *label = edge ? picture_label(edge) : strdup("");
	char *title = node_title(node, !tree->is_back || !edge);
	const char *gap = *number ? "  " : "";
	if (!label || !title)
		tree->grid->failed = true;
	else if (tree->is_back)
		grid_format(tree->grid, "%*s%s%s%s%s", indent, "", title, label, gap, number);
	else
		grid_format(tree->grid, "%*s%s%s%s%s%s", indent, "", label, edge ? "  " : "", title,
			gap, number);
	free(label);
	free(title);
}

/* The reference over which a node was found, or NULL. */
static const struct row *edge_to(const struct tree *tree, int64_t id)
{
	vec_foreach (&tree->edges->rows, edge)
		if (far_end(tree, *edge) == id && row_int(*edge, "is_tree", 0))
			return *edge;
	return NULL;
}

static void add_line(
	const struct tree *tree, const struct row *node, int indent, const struct row *edge)
{
	grid_add_mib(tree->grid, node, "retained_bytes", tree->digits);
	grid_add_count(tree->grid, node, "object_count");
	if (tree->is_named[row_int(node, "id", 0)])
		grid_format(tree->grid, "#%lld", (long long)row_int(node, "id", 0));
	else
		grid_add(tree->grid, NULL);
	add_text(tree, indent, edge, node, "");
}

/* References to nodes that stand elsewhere, and how many are not shown. */
static void add_others(const struct tree *tree, const struct row *node)
{
	int indent = indent_of(tree, node, 1);
	int64_t id = row_int(node, "id", 0), n_hidden = row_int(node, "hidden_ref_count", 0);
	vec_foreach (&tree->edges->rows, edge) {
		if (near_end(tree, *edge) != id || row_int(*edge, "is_tree", 0))
			continue;
		int64_t other = far_end(tree, *edge);
		if (other < 0 || (size_t)other >= table_rows(tree->nodes))
			continue;
		char number[32];
		snprintf(number, sizeof(number), "#%lld", (long long)other);
		for (int i = 0; i < 3; i++)
			grid_add(tree->grid, NULL);
		add_text(tree, indent, *edge, tree->nodes->rows.data[other], number);
	}
	if (!n_hidden)
		return;
	for (int i = 0; i < 3; i++)
		grid_add(tree->grid, NULL);
	grid_format(tree->grid, "%*s%s more %s", indent, "", number_count(n_hidden).text,
		n_hidden == 1 ? "reference" : "references");
}

static bool tree_init(struct tree *tree)
{
	size_t n = table_rows(tree->nodes);
	tree->first = calloc(n + 1, sizeof(uint32_t));
	tree->next = calloc(n + 1, sizeof(uint32_t));
	tree->is_named = calloc(n + 1, sizeof(bool));
	if (!tree->first || !tree->next || !tree->is_named)
		return false;
	for (size_t i = n; i--;) {
		int64_t parent = row_int(tree->nodes->rows.data[i], "parent", -1);
		if (parent < 0 || (size_t)parent >= i)
			continue;
		tree->next[i] = tree->first[parent];
		tree->first[parent] = (uint32_t)i;
	}
	vec_foreach (&tree->edges->rows, edge) {
		int64_t end = far_end(tree, *edge);
		if (!row_int(*edge, "is_tree", 0) && end >= 0 && (size_t)end < n)
			tree->is_named[end] = true;
	}
	return true;
}

/* Children before siblings; what is not in the tree comes when a node is left. */
static void add_tree(const struct tree *tree, uint32_t top)
{
	for (uint32_t at = top;;) {
		const struct row *node = tree->nodes->rows.data[at];
		const struct row *edge = edge_to(tree, at);
		int indent = indent_of(tree, node, 0);
		add_line(tree, node, indent, at == top ? NULL : edge);
		if (tree->first[at]) {
			at = tree->first[at];
			continue;
		}
		add_others(tree, node);
		while (at != top && !tree->next[at]) {
			at = (uint32_t)row_int(tree->nodes->rows.data[at], "parent", 0);
			add_others(tree, tree->nodes->rows.data[at]);
		}
		if (at == top)
			return;
		at = tree->next[at];
	}
}

static void show_question(const struct row *root, struct page *page)
{
	const char *direction = row_text(root, "direction", ""),
		   *query = row_text(root, "query", "?");
	const char *to = row_text(root, "to", NULL);
	int64_t count = row_int(row_row(root, "matched"), "count", 0);
	struct number n = number_count(count);
	const char *objects = count == 1 ? "object" : "objects";
	if (!count)
		page_format(page, INK_BOLD, 2, "%s: nothing matches", query);
	else if (!strcmp(direction, "back"))
		page_format(page, INK_BOLD, 2, "What refers to %s (%s %s)", query, n.text, objects);
	else if (!strcmp(direction, "onwards"))
		page_format(page, INK_BOLD, 2, "What %s (%s %s) refers to", query, n.text, objects);
	else if (to)
		page_format(page, INK_BOLD, 2, "The shortest way between %s and %s", query, to);
	else
		page_format(page, INK_BOLD, 2, "The best way from a root to %s", query);
	if (count && !table_rows(row_table(root, "nodes")))
		page_text(page, INK_PLAIN, "There is no such way.", 2);
}

void screen_refs(const struct row *root, struct page *page)
{
	const char *direction = row_text(root, "direction", "");
	struct grid grid = grid_make(columns, ARRAY_SIZE(columns), 0);
	struct tree tree = {
		.nodes = row_table(root, "nodes"),
		.edges = row_table(root, "edges"),
		.grid = &grid,
		.is_back = !strcmp(direction, "back"),
		.is_chain = !strcmp(direction, "chain"),
	};
	show_identity(root, page);
	show_question(root, page);
	if (!table_rows(tree.nodes))
		return;
	tree.digits = mib_digits(table_largest(tree.nodes, "retained_bytes"));
	if (tree_init(&tree))
		for (size_t i = 0; i < table_rows(tree.nodes); i++) {
			if (!row_has(tree.nodes->rows.data[i], "parent"))
				add_tree(&tree, (uint32_t)i);
		}
	else
		grid.failed = true;
	grid_print(&grid, page);
	int64_t n_cut = row_int(row_row(root, "rest"), "row_count", 0);
	if (n_cut > 0)
		page_format(page, INK_DIM, 2,
			"  %s and %s more kinds of objects (--top 0 shows all)",
			page_ellipsis(page), number_count(n_cut).text);
	show_warnings(root, page);
	free(tree.first);
	free(tree.next);
	free(tree.is_named);
}
