#include "trace/tree.h"

#include "base/keymap.h"

/* ---- nodes ---- */

struct builder {
	struct trace_tree *tree;
	const struct snap_trace_node *stacks;
	struct keymap children; /* (parent, place): number of the node, less one */
	uint32_t *node_of;      /* of each stack */
	uint32_t *bottom_of;    /* the node below its outermost frame: of its thread, or 0 */
	str_id *thread_of;
	uint8_t *owner_of; /* the first owner in the stack */
};

static const struct snap_trace_frame *frame_of(const struct builder *builder, uint32_t stack)
{
	return &builder->tree->snapshot->trace_frames.data[builder->stacks[stack].frame];
}

/* The child of `parent` at `place`; 0 without memory. */
static uint32_t child(struct builder *builder, uint32_t parent, uint32_t place)
{
	struct trace_tree *tree = builder->tree;
	uint32_t number = keymap_add(&builder->children, (uint64_t)parent << 32 | place);
	if (number == KEYMAP_FULL)
		return 0;
	if (number + 1 < tree->nodes.n)
		return number + 1;
	struct trace_tree_node *node = vec_add(&tree->nodes);
	if (!node)
		return 0;
	node->parent = parent;
	node->place = place;
	return number + 1;
}

static void count(struct builder *builder, uint32_t node, uint32_t stack)
{
	const struct snap_trace_node *from = &builder->stacks[stack];
	struct trace_tree_node *to = &builder->tree->nodes.data[node];
	struct trace_totals totals = trace_totals_of(from);
	if (trace_totals_is_empty(&totals))
		return;
	bool is_first = trace_totals_is_empty(&to->own);
	trace_totals_add(&to->own, &totals);
	str_id thread = builder->thread_of[stack];
	if (is_first)
		to->thread = thread;
	else if (to->thread != thread)
		to->thread = TRACE_THREAD_SEVERAL;
	if (frame_of(builder, stack)->kind == TRACE_FRAME_OVERFLOW)
		trace_totals_add(&builder->tree->overflow, &totals);
}

/* Runs of one module or file are one call. */
static bool is_same_call(const struct builder *builder, uint32_t node, uint32_t place)
{
	enum trace_by by = builder->tree->options.by;
	return (by == TRACE_BY_MODULE || by == TRACE_BY_FILE) && node &&
	       builder->tree->nodes.data[node].place == place;
}

/* The node of a stack whose parent has one already; 0 without memory. */
static uint32_t place_stack(struct builder *builder, uint32_t stack)
{
	const struct trace_options *options = &builder->tree->options;
	const struct trace_places *places = &builder->tree->places;
	const struct snap_trace_node *from = &builder->stacks[stack];
	uint32_t place = places->of_frame[from->frame], parent = builder->node_of[from->parent];
	uint8_t owner = places->owner[from->frame];
	uint8_t before = from->parent ? builder->owner_of[from->parent] : TRACE_OWNER_NONE;
	bool is_folded = options->fold && owner > before;
	builder->owner_of[stack] = MIN(owner, before);
	if (options->fold && owner < before)
		parent = builder->bottom_of[stack];
	bool is_hidden = options->hide_imports && places->is_import[from->frame] &&
			 parent != builder->bottom_of[stack];
	if (is_folded || is_hidden || is_same_call(builder, parent, place))
		return parent;
	return child(builder, parent, place);
}

static bool add_thread(struct builder *builder, uint32_t stack)
{
	const struct snap_trace_node *from = &builder->stacks[stack];
	uint32_t node = 0;
	builder->thread_of[stack] = frame_of(builder, stack)->function;
	builder->owner_of[stack] = TRACE_OWNER_NONE;
	if (builder->tree->options.threads) {
		node = child(builder, 0, builder->tree->places.of_frame[from->frame]);
		if (!node)
			return false;
		builder->tree->nodes.data[node].thread = builder->thread_of[stack];
	}
	builder->node_of[stack] = builder->bottom_of[stack] = node;
	return true;
}

static bool add_stack(struct builder *builder, uint32_t stack)
{
	uint32_t parent = builder->stacks[stack].parent;
	if (frame_of(builder, stack)->kind == TRACE_FRAME_THREAD)
		return add_thread(builder, stack);
	builder->bottom_of[stack] = builder->bottom_of[parent];
	builder->thread_of[stack] = builder->thread_of[parent];
	uint32_t node = place_stack(builder, stack);
	builder->node_of[stack] = node;
	if (builder->tree->options.threads)
		builder->tree->nodes.data[node].thread = builder->thread_of[stack];
	return node;
}

/* ---- inverted ---- */

/* A stack from its innermost frame outwards, as far as the levels go. */
static bool add_callers(struct builder *builder, const struct trace_tree *tree, uint32_t from)
{
	uint32_t n_levels = builder->tree->options.n_levels, node = 0;
	const struct trace_tree_node *nodes = tree->nodes.data;
	for (uint32_t at = from, n = 0; at && n < n_levels; at = nodes[at].parent, n++) {
		node = child(builder, node, nodes[at].place);
		if (!node)
			return false;
		trace_totals_add(&builder->tree->nodes.data[node].whole, &nodes[from].own);
		if (!n)
			trace_totals_add(&builder->tree->nodes.data[node].own, &nodes[from].own);
	}
	trace_totals_add(&builder->tree->nodes.data[0].whole, &nodes[from].own);
	return true;
}

/* Replaces the tree by what it is from inside. */
static struct error *invert(struct trace_tree *tree)
{
	struct trace_tree inverted = *tree;
	struct builder builder = {.tree = &inverted};
	inverted.nodes.data = NULL;
	inverted.nodes.n = inverted.nodes.capacity = 0;
	struct trace_tree_node *root = vec_add(&inverted.nodes);
	bool ok = root;
	if (ok)
		root->place = TRACE_PLACE_ROOT;
	for (uint32_t i = 1; ok && i < tree->nodes.n; i++)
		if (!trace_totals_is_empty(&tree->nodes.data[i].own))
			ok = add_callers(&builder, tree, i);
	keymap_deinit(&builder.children);
	if (!ok) {
		vec_deinit(&inverted.nodes);
		return &error_no_memory;
	}
	vec_deinit(&tree->nodes);
	*tree = inverted;
	return NULL;
}

/* ---- the tree ---- */

int trace_tree_compare_places(const struct trace_tree *tree, uint32_t left, uint32_t right)
{
	const struct snap_trace_frame *a = trace_tree_frame(tree, left),
				      *b = trace_tree_frame(tree, right);
	if (!a || !b || a == b)
		return (left > right) - (left < right);
	int order = strcmp(
		snapshot_string(tree->snapshot, a->file), snapshot_string(tree->snapshot, b->file));
	if (!order)
		order = (a->line > b->line) - (a->line < b->line);
	if (!order)
		order = strcmp(snapshot_string(tree->snapshot, a->function),
			snapshot_string(tree->snapshot, b->function));
	return order ? order : (left > right) - (left < right);
}

static void add_up(struct trace_tree *tree)
{
	struct trace_tree_node *nodes = tree->nodes.data;
	for (size_t i = 0; i < tree->nodes.n; i++)
		nodes[i].whole = nodes[i].own;
	for (size_t i = tree->nodes.n; i-- > 1;)
		trace_totals_add(&nodes[nodes[i].parent].whole, &nodes[i].whole);
}

static int compare_sizes(const void *a, const void *b, void *arg)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	const struct trace_tree *tree = arg;
	const struct trace_tree_node *nodes = tree->nodes.data;
	int order =
		trace_totals_compare(&nodes[left].whole, &nodes[right].whole, tree->options.key);
	return order ? order : trace_tree_compare_places(tree, left, right);
}

/* Links children: the last in the order becomes the head of its list first. */
static struct error *link_children(struct trace_tree *tree)
{
	size_t n = tree->nodes.n;
	struct trace_tree_node *nodes = tree->nodes.data;
	uint32_t *order = malloc(n * sizeof(*order));
	if (!order)
		return &error_no_memory;
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(*order), compare_sizes, tree);
	for (size_t i = n; i-- > 0;) {
		uint32_t node = order[i];
		if (!node)
			continue;
		nodes[node].next_sibling = nodes[nodes[node].parent].first_child;
		nodes[nodes[node].parent].first_child = node;
	}
	free(order);
	return NULL;
}

static struct error *build(struct trace_tree *tree)
{
	size_t n = tree->trace->n_nodes;
	struct builder builder = {
		.tree = tree,
		.stacks = tree->snapshot->trace_nodes.data + tree->trace->first_node,
		.node_of = calloc(n + 1, sizeof(uint32_t)),
		.bottom_of = calloc(n + 1, sizeof(uint32_t)),
		.thread_of = calloc(n + 1, sizeof(str_id)),
		.owner_of = calloc(n + 1, 1),
	};
	struct trace_tree_node *root = vec_add(&tree->nodes);
	bool ok = builder.node_of && builder.bottom_of && builder.thread_of && builder.owner_of;
	ok = ok && root;
	if (ok)
		root->place = TRACE_PLACE_ROOT;
	for (uint32_t i = 1; ok && i < n; i++) {
		ok = add_stack(&builder, i);
		if (ok)
			count(&builder, builder.node_of[i], i);
	}
	free(builder.node_of);
	free(builder.bottom_of);
	free(builder.thread_of);
	free(builder.owner_of);
	keymap_deinit(&builder.children);
	return ok ? NULL : &error_no_memory;
}

struct error *trace_tree_create(const struct snapshot *snapshot, const struct snap_trace *trace,
	const struct trace_options *options, struct trace_tree *ret)
{
	struct trace_tree tree = {.snapshot = snapshot, .trace = trace, .options = *options};
	if (!tree.options.n_levels || tree.options.n_levels > TRACE_LEVELS_MAX)
		tree.options.n_levels = TRACE_LEVELS_MAX;
	tree.options.threads |= options->by == TRACE_BY_THREAD;
	struct error *error = trace_places_init(&tree.places, snapshot, options->by);
	if (!error)
		error = build(&tree);
	if (!error && options->inverted)
		error = invert(&tree);
	else if (!error)
		add_up(&tree);
	if (!error)
		error = link_children(&tree);
	if (error)
		trace_tree_deinit(&tree);
	else
		*ret = tree;
	return error;
}

void trace_tree_deinit(struct trace_tree *tree)
{
	trace_places_deinit(&tree->places);
	vec_deinit(&tree->nodes);
}

const struct snap_trace_frame *trace_tree_frame(const struct trace_tree *tree, uint32_t node)
{
	uint32_t place = tree->nodes.data[node].place;
	return place == TRACE_PLACE_ROOT
		       ? NULL
		       : &tree->snapshot->trace_frames.data[tree->places.frames.data[place]];
}
