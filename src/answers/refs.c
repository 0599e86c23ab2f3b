/*
 * `whymem refs`: a picture of references, onwards or back, and the shortest
 * chain between two sets. Rows are nodes and edges; each view draws them.
 */
#include "analysis/refgraph.h"
#include "analysis/selection.h"
#include "answers/table.h"

#include <assert.h>
#include <stdlib.h>

/* A picture has a node at the least to begin with and one to lead to. */
#define NODES_MIN 2

struct asked {
	uint64_t *targets, *to, *avoid; /* a bit a node; `to`, `avoid`: NULL when not given */
	struct set_retained retained;
};

static void asked_deinit(struct asked *asked)
{
	free(asked->targets);
	free(asked->to);
	free(asked->avoid);
}

static struct error *asked_init(
	struct asked *asked, struct analysis *analysis, const struct answer_options *options)
{
	if (!options->query || !*options->query)
		return error_create(ERROR_USAGE, 0, "name an address, a type or an expression",
			"there is nothing to show references of");
	struct error *error = selection_find(analysis, options->query, &asked->targets);
	if (!error)
		error = find_only(analysis, options->to, &asked->to);
	if (!error)
		error = find_only(analysis, options->avoid, &asked->avoid);
	if (!error)
		error = analysis_set_retained(analysis, asked->targets, &asked->retained);
	return error;
}

static void row_set_label(struct row *row, const char *name, const struct label *label)
{
	struct text text _cleanup_text_ = {0};
	label_render(label, &text);
	row_set_text(row, name, text_get(&text));
	if (text.failed)
		row->document->failed = true;
}

static void set_type(struct row *row, const struct analysis *analysis, uint32_t node)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct text text _cleanup_text_ = {0};
	if (is_object(snapshot, node))
		names_type_render(snapshot, snapshot->type[node], &text);
	else
		text_add_string(&text, names_type(snapshot, node));
	row_set_text(row, "type", text_get(&text));
	if (text.failed)
		row->document->failed = true;
}

/* What one object calls itself, and how many items it has. */
static void set_single(struct row *row, const struct analysis *analysis, uint32_t node)
{
	struct text text _cleanup_text_ = {0};
	uint64_t length;
	bool is_named = names_own_render(analysis->names, node, &text);
	row_set_text(row, "name", is_named ? text_get(&text) : NULL);
	row_set_address(row, analysis->snapshot, node);
	row_set_u64(row, "item_count",
		is_object(analysis->snapshot, node) &&
				snapshot_fact(analysis->snapshot, node, FACT_LENGTH, &length)
			? length
			: UINT64_MAX);
	if (text.failed)
		row->document->failed = true;
}

static const char *kind_of_node(bool is_target, bool is_end)
{
	return is_target ? "target" : is_end ? "root" : "object";
}

/* ---- graphs ---- */

static void set_node(
	struct row *row, const struct analysis *analysis, uint32_t id, const struct ref_node *node)
{
	uint32_t first = node->members.data[0];
	uint64_t self_bytes = 0, n_objects = 0;
	vec_foreach (&node->members, member) {
		self_bytes += snapshot_self_bytes(analysis->snapshot, *member);
		n_objects += is_object(analysis->snapshot, *member);
	}
	bool is_single = node->members.n == 1;
	row_set_u64(row, "id", id);
	row_set_u64(row, "parent", node->parent == REF_NONE ? UINT64_MAX : node->parent);
	row_set_u64(row, "depth", node->depth);
	row_set_text(row, "kind", kind_of_node(!node->depth, node->is_end));
	set_type(row, analysis, first);
	if (is_single) {
		set_single(row, analysis, first);
	} else {
		row_set_null(row, "name");
		row_set_null(row, "address");
		row_set_null(row, "item_count");
	}
	row_set_u64(row, "object_count", n_objects);
	row_set_u64(row, "self_bytes", self_bytes);
	row_set_u64(row, "retained_bytes", node->retained_bytes);
	row_set_u64(row, "hidden_ref_count", node->n_hidden);
}

static void set_edges(const struct refgraph *graph, struct row *root)
{
	struct table *table = row_add_table(root, "edges");
	vec_foreach (&graph->edges, edge) {
		struct row *row = table_add(table);
		row_set_u64(row, "from", edge->from);
		row_set_u64(row, "to", edge->to);
		if (edge->n_labels > 1)
			row_set_null(row, "label");
		else
			row_set_label(row, "label", &edge->label);
		row_set_u64(row, "label_count", edge->n_labels);
		row_set_u64(row, "ref_count", edge->count);
		row_set_bool(row, "is_tree", edge->is_tree);
	}
}

static struct error *show_graph(struct analysis *analysis, const struct answer_options *options,
	const struct asked *asked, struct row *root)
{
	const struct refgraph_options wanted = {
		.targets = asked->targets,
		.avoid = asked->avoid,
		.back = options->back,
		.depth = options->depth ? options->depth : UINT32_MAX,
		.nodes_max = options->top ? MAX(options->top, NODES_MIN) : UINT32_MAX / 2,
	};
	struct refgraph graph;
	struct error *error = refgraph_init(&graph, analysis, &wanted);
	if (error)
		return error;
	uint64_t n_hidden = 0;
	struct table *table = row_add_table(root, "nodes");
	for (uint32_t i = 0; i < graph.nodes.n; i++) {
		set_node(table_add(table), analysis, i, &graph.nodes.data[i]);
		n_hidden += graph.nodes.data[i].n_hidden;
	}
	set_edges(&graph, root);
	struct row *rest = row_add_row(root, "rest");
	row_set_u64(rest, "row_count", graph.n_cut);
	row_set_u64(rest, "ref_count", n_hidden);
	refgraph_deinit(&graph);
	return NULL;
}

/* ---- chains ---- */

/* A step as a person sees it: the content of a variable stands for its cell. */
struct link {
	uint32_t node;
	struct label label; /* of the edge to it */
	uint64_t index;     /* of LABEL_ELEMENT; UINT64_MAX: none */
};

struct links {
	struct link *data;
	size_t n, capacity;
};

static struct error *make_links(
	const struct analysis *analysis, const struct path *path, struct links *ret)
{
	const struct snapshot *snapshot = analysis->snapshot;
	for (uint32_t i = 0; i <= path->n; i++) {
		struct step step = {.index = UINT64_MAX};
		if (i && !names_step(analysis->names, path, i - 1, &step)) {
			if (snapshot->edge_kind[path->edge[i - 1]] == EDGE_CELL_CONTENT)
				ret->data[ret->n - 1].node = path->node[i];
			continue;
		}
		struct link *link = vec_add(ret);
		if (!link)
			return &error_no_memory;
		*link = (struct link){.node = path->node[i], .index = step.index};
		if (!i)
			continue;
		bool is_dict = i > 1 && snapshot->edge_kind[path->edge[i - 2]] == EDGE_DICT;
		link->label = label_of(snapshot, path->node[i - 1], path->edge[i - 1], is_dict);
	}
	return NULL;
}

static void set_link_label(struct row *row, const struct link *link)
{
	if (link->label.kind == LABEL_ELEMENT && link->index != UINT64_MAX)
		row_set_format(row, "label", "[%llu]", (unsigned long long)link->index);
	else
		row_set_label(row, "label", &link->label);
}

static void set_link(const struct analysis *analysis, const struct links *links, size_t i,
	uint32_t id, const uint64_t *targets, struct table *nodes)
{
	uint32_t node = links->data[i].node;
	struct row *row = table_add(nodes);
	bool is_end = names_is_namespace(analysis->names, node);
	row_set_u64(row, "id", id);
	row_set_u64(row, "parent", id ? id - 1 : UINT64_MAX);
	row_set_u64(row, "depth", id);
	row_set_text(row, "kind", kind_of_node(bits_get(targets, node), is_end));
	set_type(row, analysis, node);
	set_single(row, analysis, node);
	row_set_u64(row, "object_count", is_object(analysis->snapshot, node));
	row_set_u64(row, "self_bytes", snapshot_self_bytes(analysis->snapshot, node));
	row_set_u64(row, "retained_bytes", retained_of(analysis, node));
	row_set_u64(row, "hidden_ref_count", 0);
}

/* Of a chain longer than `n_max` its two ends are shown. */
static void set_links(const struct analysis *analysis, const struct links *links, size_t n_max,
	const uint64_t *targets, struct row *root)
{
	struct table *nodes = row_add_table(root, "nodes"), *edges = row_add_table(root, "edges");
	size_t n_cut = links->n > n_max ? links->n - n_max : 0;
	size_t cut_at = n_max / 2;
	uint32_t id = 0;
	for (size_t i = 0; i < links->n; i++) {
		bool is_after_cut = n_cut && i == cut_at;
		if (is_after_cut)
			i += n_cut;
		set_link(analysis, links, i, id, targets, nodes);
		if (id) {
			struct row *edge = table_add(edges);
			row_set_u64(edge, "from", id - 1);
			row_set_u64(edge, "to", id);
			if (is_after_cut)
				row_set_null(edge, "label");
			else
				set_link_label(edge, &links->data[i]);
			row_set_u64(edge, "label_count", is_after_cut ? n_cut + 1 : 1);
			row_set_u64(edge, "ref_count", is_after_cut ? n_cut + 1 : 1);
			row_set_bool(edge, "is_tree", true);
		}
		id++;
	}
	struct row *rest = row_add_row(root, "rest");
	row_set_u64(rest, "row_count", n_cut);
	row_set_u64(rest, "ref_count", n_cut);
}

/* Edges of the path to a node + 1; `known` keeps the answers, `chain` has room for all nodes. */
static uint32_t path_length(const struct paths *paths, const struct analysis *analysis,
	uint32_t node, uint32_t *known, uint32_t *chain)
{
	size_t n = 0;
	uint32_t length = 0;
	for (uint32_t i = node; i < GRAPH_UNREACHED; i = paths_parent(paths, analysis, i)) {
		length = known[i];
		if (length)
			break;
		chain[n++] = i;
	}
	while (n)
		known[chain[--n]] = ++length;
	return length;
}

/* The target whose path is the shortest, or OBJ_NONE. */
static struct error *find_nearest(const struct paths *paths, const struct analysis *analysis,
	const uint64_t *targets, uint32_t *ret)
{
	uint32_t *known = analysis_alloc(analysis, sizeof(uint32_t));
	uint32_t *chain = analysis_alloc(analysis, sizeof(uint32_t));
	bool ok = known && chain;
	uint32_t best = OBJ_NONE, least = UINT32_MAX;
	for (obj_id i = 0; ok && i < analysis->snapshot->n_objects; i++) {
		if (!bits_get(targets, i) || paths_parent(paths, analysis, i) == GRAPH_UNREACHED)
			continue;
		uint32_t length = path_length(paths, analysis, i, known, chain);
		if (length < least) {
			least = length;
			best = i;
		}
	}
	analysis_free(analysis, known, sizeof(uint32_t));
	analysis_free(analysis, chain, sizeof(uint32_t));
	*ret = best;
	return ok ? NULL : &error_no_memory;
}

/* From a root to the nearest target. */
static struct error *find_from_root(
	struct analysis *analysis, const struct asked *asked, struct path *ret)
{
	uint32_t nearest = OBJ_NONE;
	struct paths paths;
	struct around around = {.set = asked->targets, .avoid = asked->avoid};
	struct error *error = paths_init(&paths, analysis, asked->targets, &around);
	if (error)
		return error;
	error = find_nearest(&paths, analysis, asked->targets, &nearest);
	if (!error && nearest != OBJ_NONE)
		error = paths_get(&paths, analysis, nearest, ret);
	paths_deinit(&paths);
	return error;
}

static struct error *show_chain(struct analysis *analysis, const struct answer_options *options,
	const struct asked *asked, struct row *root)
{
	struct path path = {0};
	struct links links = {0};
	struct error *error;
	if (!asked->to)
		error = find_from_root(analysis, asked, &path);
	else if (options->back)
		error = refchain_find(analysis, asked->to, asked->targets, asked->avoid, &path);
	else
		error = refchain_find(analysis, asked->targets, asked->to, asked->avoid, &path);
	if (!error && path.node)
		error = make_links(analysis, &path, &links);
	if (!error)
		set_links(analysis, &links, MAX(rows_shown(options, links.n), NODES_MIN),
			asked->targets, root);
	vec_deinit(&links);
	path_deinit(&path);
	return error;
}

struct error *answer_refs(
	struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	struct asked asked = {0};
	bool is_chain = options->chain || options->to;
	struct error *error = asked_init(&asked, analysis, options);
	if (!error) {
		assert(asked.targets);
		row_set_text(root, "query", options->query);
		row_set_text(root, "direction",
			is_chain        ? "chain"
			: options->back ? "back"
					: "onwards");
		row_set_text(root, "to", options->to);
		row_set_text(root, "avoid", options->avoid);
		row_set_u64(root, "depth", is_chain ? UINT64_MAX : options->depth);
		row_set_population(root, "matched", analysis, asked.targets, &asked.retained);
		error = is_chain ? show_chain(analysis, options, &asked, root)
				 : show_graph(analysis, options, &asked, root);
	}
	asked_deinit(&asked);
	return error;
}
