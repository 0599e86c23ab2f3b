/*
 * Who holds the memory: accumulation points of the dominator tree.
 *
 * From each namespace (a module, a frame, a thread) the search goes down as long
 * as one object, or several that have names of their own, still account for what
 * hangs on the object above: so that a row is the deepest such object, and rows
 * do not contain each other. Elements of a container are not names: eight big
 * arrays of one list are the list's.
 */
#include "analysis/account.h"
#include "analysis/holders_int.h"

#include <stdlib.h>

/* An object below this share of everything live is no row. */
#define SIGNIFICANT 1000
#define SIGNIFICANT_MIN 1024
/* A group of small objects has to be this many times as large. */
#define GROUP_FACTOR 10

/* Does a part still account for the whole? */
#define ACCOUNTS_FOR(part, whole) ((part) / 3 >= (whole) / 4)

/* As often as this, a type on the way down is a chain or a tree of its own kind. */
#define CHAIN_LENGTH 4

struct place {
	uint32_t node;
	unsigned via; /* enum edge_kind of the edge from its dominator, EDGE_KIND_COUNT: none */
};

struct places {
	struct place *data;
	size_t n, capacity;
};

/* Objects that are asked for, summed up over the dominator tree. */
struct selection {
	const struct analysis *analysis;
	const uint64_t *set; /* a bit a node */
	struct graph_sums bytes, counts;
};

static uint64_t selected_weight(const void *arg, uint32_t node)
{
	const struct selection *selection = arg;
	return bits_get(selection->set, node) ? weight_of(selection->analysis, node) : 0;
}

static uint64_t selected_count(const void *arg, uint32_t node)
{
	const struct selection *selection = arg;
	return bits_get(selection->set, node);
}

struct survey {
	const struct analysis *analysis;
	const struct selection *selection; /* NULL: all objects count */
	uint64_t threshold;
	uint64_t *children; /* dominator << 32 | node of each significant node, sorted */
	size_t n_children;
	struct places pending, way; /* `way`: from the start of a descent to where it is */
	struct places rows;
	bool failed;
};

static void add_place(struct survey *survey, struct places *places, struct place place)
{
	struct place *slot = vec_add(places);
	if (slot)
		*slot = place;
	else
		survey->failed = true;
}

/* ---- significant nodes ---- */

/* What counts of all that hangs on a node. */
static uint64_t bytes_of(const struct survey *survey, uint32_t node)
{
	const struct selection *selection = survey->selection;
	return selection ? graph_sums_get(&selection->bytes, node, selected_weight(selection, node))
			 : retained_of(survey->analysis, node);
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return left < right ? -1 : left > right;
}

static bool is_significant(const struct survey *survey, uint32_t node)
{
	return bytes_of(survey, node) >= survey->threshold && !is_garbage(survey->analysis, node);
}

static struct error *find_significant(struct survey *survey)
{
	const struct analysis *analysis = survey->analysis;
	size_t n = 0;
	for (uint32_t i = 0; i < analysis->graph.n; i++)
		n += is_significant(survey, i);
	survey->children = malloc((n + 1) * sizeof(uint64_t));
	if (!survey->children)
		return &error_no_memory;
	for (uint32_t i = 0; i < analysis->graph.n; i++)
		if (is_significant(survey, i))
			survey->children[survey->n_children++] =
				(uint64_t)analysis->idom[i] << 32 | i;
	qsort(survey->children, n, sizeof(uint64_t), compare_u64);
	return NULL;
}

static size_t first_child(const struct survey *survey, uint64_t key)
{
	return partition_point(i, 0, survey->n_children, survey->children[i] < key);
}

struct range {
	size_t begin, end;
};

static struct range children_of(const struct survey *survey, uint32_t node)
{
	size_t begin = first_child(survey, (uint64_t)node << 32);
	size_t end = begin;
	while (end < survey->n_children && survey->children[end] >> 32 == node)
		end++;
	return (struct range){begin, end};
}

/* ---- children and what leads to them ---- */

/* Does an edge give its end a name? A key does only in an object's __dict__. */
static bool is_name(unsigned kind, bool in_dict)
{
	switch (kind) {
	case EDGE_KEY:
		return in_dict;
	case EDGE_INDEX:
	case EDGE_ITEM:
	case EDGE_KIND_COUNT:
		return false;
	default:
		return true;
	}
}

struct split {
	struct places children;
	uint64_t named_sum;
	size_t n_named;
	struct place best;
	uint64_t best_bytes;
};

/* The edge kinds of the significant children of `node`: a name wins over an element. */
static void find_edges(
	const struct survey *survey, struct place at, struct range range, struct split *split)
{
	const struct snapshot *snapshot = survey->analysis->snapshot;
	bool in_dict = at.via == EDGE_DICT;
	for (uint64_t e = snapshot->edge_start[at.node]; e < snapshot->edge_start[at.node + 1];
		e++) {
		uint32_t to = snapshot->edge_to[e];
		if (survey->analysis->idom[to] != at.node || !is_significant(survey, to))
			continue;
		size_t i = first_child(survey, (uint64_t)at.node << 32 | to) - range.begin;
		unsigned kind = snapshot->edge_kind[e], *via = &split->children.data[i].via;
		if (*via == EDGE_KIND_COUNT || (!is_name(*via, in_dict) && is_name(kind, in_dict)))
			*via = kind;
	}
}

static void split_init(struct split *split, struct survey *survey, struct place at)
{
	*split = (struct split){0};
	struct range range = children_of(survey, at.node);
	for (size_t i = range.begin; i < range.end; i++)
		add_place(survey, &split->children,
			(struct place){(uint32_t)survey->children[i], EDGE_KIND_COUNT});
	if (survey->failed || !split->children.n)
		return;
	find_edges(survey, at, range, split);
	vec_foreach (&split->children, child) {
		uint64_t n_bytes = bytes_of(survey, child->node);
		if (is_name(child->via, at.via == EDGE_DICT)) {
			split->named_sum += n_bytes;
			split->n_named++;
		}
		if (n_bytes > split->best_bytes) {
			split->best = *child;
			split->best_bytes = n_bytes;
		}
	}
}

/* ---- descent ---- */

/* How often a type stands on the way, and where first; instance dicts do not count. */
static size_t count_on_way(const struct survey *survey, uint32_t node, size_t *first_ret)
{
	const struct snapshot *snapshot = survey->analysis->snapshot;
	size_t n = 0;
	for (size_t i = survey->way.n; i-- > 0;) {
		const struct place *place = &survey->way.data[i];
		if (place->via == EDGE_DICT || snapshot->type[place->node] != snapshot->type[node])
			continue;
		*first_ret = i;
		n++;
	}
	return n;
}

/* The row is what a person would name: the owner of a __dict__ or of a C field. */
static void add_row(struct survey *survey, size_t at)
{
	while (at) {
		unsigned via = survey->way.data[at].via;
		if (via != EDGE_DICT && via != EDGE_FIELD && via != EDGE_SCAN)
			break;
		at--;
	}
	add_place(survey, &survey->rows, survey->way.data[at]);
}

/* Several named children account for `at` together: each is looked at by itself. */
static bool split_names(struct survey *survey, const struct split *split, struct place at)
{
	size_t first;
	vec_foreach (&split->children, child)
		if (is_name(child->via, at.via == EDGE_DICT) && child->via != EDGE_DICT &&
			count_on_way(survey, child->node, &first)) {
			add_row(survey, first);
			return false;
		}
	vec_foreach (&split->children, child)
		if (is_name(child->via, at.via == EDGE_DICT))
			add_place(survey, &survey->pending, *child);
	return true;
}

/* One step down; false when the descent is over. */
static bool descend_once(struct survey *survey, const struct split *split, uint64_t whole)
{
	struct place at = survey->way.data[survey->way.n - 1];
	if (split->n_named > 1 && ACCOUNTS_FOR(split->named_sum, whole)) {
		split_names(survey, split, at);
		return false;
	}
	size_t first = 0;
	if (!split->children.n || !ACCOUNTS_FOR(split->best_bytes, whole)) {
		add_row(survey, survey->way.n - 1);
		return false;
	}
	if (split->best.via != EDGE_DICT &&
		count_on_way(survey, split->best.node, &first) + 1 >= CHAIN_LENGTH) {
		add_row(survey, first);
		return false;
	}
	add_place(survey, &survey->way, split->best);
	return !survey->failed;
}

static void descend(struct survey *survey, struct place start)
{
	uint64_t whole = bytes_of(survey, start.node);
	survey->way.n = 0;
	add_place(survey, &survey->way, start);
	for (bool goes_on = !survey->failed; goes_on;) {
		struct split split;
		split_init(&split, survey, survey->way.data[survey->way.n - 1]);
		goes_on = !survey->failed && descend_once(survey, &split, whole);
		vec_deinit(&split.children);
	}
}

/* A namespace is a row only when nothing in it is large by itself. */
static void open_namespace(struct survey *survey, struct place place)
{
	struct split split;
	place.via = EDGE_DICT;
	split_init(&split, survey, place);
	vec_foreach (&split.children, child)
		add_place(survey, &survey->pending, *child);
	if (!split.children.n && is_object(survey->analysis->snapshot, place.node))
		add_place(survey, &survey->rows, place);
	vec_deinit(&split.children);
}

static struct error *run_survey(struct survey *survey)
{
	struct error *error = find_significant(survey);
	if (error)
		return error;
	struct range top = children_of(survey, GRAPH_ROOT);
	for (size_t i = top.begin; i < top.end; i++)
		add_place(survey, &survey->pending,
			(struct place){(uint32_t)survey->children[i], EDGE_KIND_COUNT});
	while (survey->pending.n && !survey->failed) {
		struct place place = survey->pending.data[--survey->pending.n];
		if (names_is_namespace(survey->analysis->names, place.node))
			open_namespace(survey, place);
		else
			descend(survey, place);
	}
	return survey->failed ? &error_no_memory : NULL;
}

static void survey_deinit(struct survey *survey)
{
	free(survey->children);
	vec_deinit(&survey->pending);
	vec_deinit(&survey->way);
	vec_deinit(&survey->rows);
}

/* ---- rows ---- */

static uint64_t count_edges(const struct snapshot *snapshot, uint32_t node)
{
	uint64_t n[EDGE_KIND_COUNT] = {0};
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++)
		n[snapshot->edge_kind[e]]++;
	uint64_t most = n[EDGE_KEY] ? n[EDGE_KEY] : n[EDGE_INDEX] ? n[EDGE_INDEX] : n[EDGE_ITEM];
	return most ? most : UINT64_MAX;
}

uint64_t item_count(const struct snapshot *snapshot, uint32_t node)
{
	uint64_t count;
	if (!is_object(snapshot, node))
		return UINT64_MAX;
	if (snapshot_fact(snapshot, node, FACT_LENGTH, &count))
		return count;
	count = count_edges(snapshot, node);
	if (count != UINT64_MAX)
		return count;
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++) {
		uint64_t inner;
		if (snapshot->edge_kind[e] != EDGE_FIELD ||
			!is_object(snapshot, snapshot->edge_to[e]))
			continue;
		if (!snapshot_fact(snapshot, snapshot->edge_to[e], FACT_LENGTH, &inner))
			inner = count_edges(snapshot, snapshot->edge_to[e]);
		if (inner != UINT64_MAX && (count == UINT64_MAX || inner > count))
			count = inner;
	}
	return count;
}

static struct error *render(struct holder *holder, const struct analysis *analysis)
{
	struct text text _cleanup_text_ = {0};
	names_render(analysis->names, &holder->path, &text);
	struct error *error = text_finish(&text);
	if (!error && !(holder->text = strdup(text_get(&text))))
		error = &error_no_memory;
	return error;
}

struct error *holder_path(
	const struct analysis *analysis, const struct paths *paths, uint32_t node, struct path *ret)
{
	struct error *error = paths_get(paths, analysis, node, ret);
	bool is_dict_of_module = !error && ret->n && names_is_namespace(analysis->names, node) &&
				 analysis->snapshot->edge_kind[ret->edge[ret->n - 1]] == EDGE_DICT;
	if (is_dict_of_module)
		path_shorten(ret, 1);
	return error;
}

static struct error *add_holder(struct holders *holders, const struct analysis *analysis,
	const struct paths *paths, uint32_t node)
{
	struct holder *holder = vec_add(holders);
	if (!holder)
		return &error_no_memory;
	*holder = (struct holder){
		.node = node,
		.retainer = node,
		.item_count = item_count(analysis->snapshot, node),
		.self_bytes = snapshot_self_bytes(analysis->snapshot, node),
		.retained_bytes = retained_of(analysis, node),
		.retained_resident_bytes = resident_retained(analysis, node),
	};
	struct error *error = holder_path(analysis, paths, node, &holder->path);
	if (!error)
		holder->node = path_end(&holder->path);
	return error;
}

static int compare_holders(const void *a, const void *b)
{
	const struct holder *left = a, *right = b;
	if (left->retained_bytes != right->retained_bytes)
		return left->retained_bytes > right->retained_bytes ? -1 : 1;
	int order = strcmp(left->text, right->text);
	if (order)
		return order;
	return left->node < right->node ? -1 : left->node > right->node;
}

static struct error *name_rows(
	struct holders *holders, struct analysis *analysis, const struct survey *survey)
{
	uint64_t *wanted = calloc(words_of(analysis), sizeof(uint64_t));
	if (!wanted)
		return &error_no_memory;
	vec_foreach (&survey->rows, row)
		bits_set(wanted, row->node);
	struct paths paths;
	struct error *error = paths_init_around(&paths, analysis, wanted);
	free(wanted);
	if (error)
		return error;
	for (size_t i = 0; !error && i < survey->rows.n; i++)
		error = add_holder(holders, analysis, &paths, survey->rows.data[i].node);
	paths_deinit(&paths);
	return error;
}

static struct error *name_holders(struct holders *holders, struct analysis *analysis,
	const struct survey *survey, const struct groups *groups)
{
	struct error *error = name_rows(holders, analysis, survey);
	if (!error)
		error = holders_name_groups(
			holders, analysis, groups, survey->threshold * GROUP_FACTOR);
	for (size_t i = 0; !error && i < holders->n; i++)
		error = render(&holders->data[i], analysis);
	return error;
}

static struct error *finish(struct holders *holders, struct error *error)
{
	if (error)
		holders_deinit(holders);
	else if (holders->n)
		qsort(holders->data, holders->n, sizeof(struct holder), compare_holders);
	return error;
}

static struct error *init(struct holders *holders, struct analysis *analysis, uint64_t group_factor)
{
	*holders = (struct holders){0};
	struct error *error = analysis_dominators(analysis);
	if (error)
		return error;
	struct survey survey = {
		.analysis = analysis,
		.threshold = MAX(analysis->live.weight / SIGNIFICANT, SIGNIFICANT_MIN),
	};
	struct groups groups = {0};
	error = run_survey(&survey);
	if (!error)
		error = groups_init(
			&groups, analysis, survey.threshold, survey.threshold * group_factor);
	if (!error)
		error = name_holders(holders, analysis, &survey, &groups);
	groups_deinit(&groups);
	survey_deinit(&survey);
	return finish(holders, error);
}

struct error *holders_init(struct holders *holders, struct analysis *analysis)
{
	return init(holders, analysis, GROUP_FACTOR);
}

struct error *holders_init_with_small_groups(struct holders *holders, struct analysis *analysis)
{
	return init(holders, analysis, 1);
}

/* ---- holders of a set ---- */

struct below {
	const struct analysis *analysis;
	uint64_t *known, *is_below; /* a bit a node: of those seen, whether a row dominates it */
	struct places way;
	bool failed;
};

/* Does a row dominate the node? Remembered along the way. */
static bool is_below_row(struct below *below, uint32_t node)
{
	below->way.n = 0;
	for (; node < GRAPH_UNREACHED && !bits_get(below->known, node);
		node = below->analysis->idom[node]) {
		struct place *place = vec_add(&below->way);
		if (!place) {
			below->failed = true;
			return false;
		}
		place->node = node;
	}
	bool answer = node < GRAPH_UNREACHED && bits_get(below->is_below, node);
	vec_foreach (&below->way, place) {
		bits_set(below->known, place->node);
		if (answer)
			bits_set(below->is_below, place->node);
	}
	return answer;
}

/* Objects of the set that no row dominates; what holds them is found by their paths. */
static struct error *find_rest(
	const struct survey *survey, const uint64_t *set, struct group *group)
{
	const struct analysis *analysis = survey->analysis;
	struct below below = {
		.analysis = analysis,
		.known = calloc(words_of(analysis), sizeof(uint64_t)),
		.is_below = calloc(words_of(analysis), sizeof(uint64_t)),
	};
	below.failed = !below.known || !below.is_below;
	if (!below.failed)
		vec_foreach (&survey->rows, row) {
			bits_set(below.known, row->node);
			bits_set(below.is_below, row->node);
		}
	for (obj_id i = 0; !below.failed && i < analysis->snapshot->n_objects; i++) {
		if (!bits_get(set, i) || is_garbage(analysis, i) || is_below_row(&below, i))
			continue;
		obj_id *member = vec_add(&group->members);
		if (member)
			*member = i;
		else
			below.failed = true;
	}
	free(below.known);
	free(below.is_below);
	vec_deinit(&below.way);
	return below.failed ? &error_no_memory : NULL;
}

/* A group's sums are of what its members retain: here they count by themselves. */
static struct error *weigh_rest(const struct analysis *analysis, struct group *group)
{
	group->weights = calloc(group->members.n + 1, sizeof(*group->weights));
	if (!group->weights)
		return &error_no_memory;
	group->type = TYPE_NONE;
	for (size_t i = 0; i < group->members.n; i++) {
		group->weights[i] = weight_of(analysis, group->members.data[i]);
		group->weight += group->weights[i];
	}
	return NULL;
}

static struct error *place_rest(
	struct holders *holders, struct analysis *analysis, const struct group *group)
{
	if (!group->members.n)
		return NULL;
	uint64_t *wanted = calloc(words_of(analysis), sizeof(uint64_t));
	if (!wanted)
		return &error_no_memory;
	vec_foreach (&group->members, member)
		bits_set(wanted, *member);
	struct paths paths;
	struct placements placements = {0};
	struct error *error = paths_init(&paths, analysis, wanted, NULL);
	free(wanted);
	if (error)
		return error;
	error = group_place(group, analysis, &paths, &placements);
	for (size_t i = 0; !error && i < placements.n; i++) {
		placements.data[i].retained_bytes = placements.data[i].weight;
		error = holders_add_placed(holders, &placements.data[i]);
	}
	placements_deinit(&placements);
	paths_deinit(&paths);
	return error;
}

static struct error *selection_init(struct selection *selection, uint64_t *total_ret)
{
	const struct analysis *analysis = selection->analysis;
	uint32_t n = analysis->graph.n;
	struct error *error =
		graph_sums_init(&selection->bytes, n, analysis->idom, selected_weight, selection);
	if (!error)
		error = graph_sums_init(
			&selection->counts, n, analysis->idom, selected_count, selection);
	*total_ret = 0;
	for (uint32_t i = 0; i < n; i++)
		*total_ret += selected_weight(selection, i);
	return error;
}

static struct error *name_selected(
	struct holders *holders, struct analysis *analysis, const struct survey *survey)
{
	const struct selection *selection = survey->selection;
	struct group rest = {0};
	struct error *error = name_rows(holders, analysis, survey);
	if (!error)
		vec_foreach (holders, holder) {
			uint32_t node = holder->retainer;
			holder->retained_bytes = bytes_of(survey, node);
			holder->item_count = graph_sums_get(
				&selection->counts, node, selected_count(selection, node));
		}
	if (!error)
		error = find_rest(survey, selection->set, &rest);
	if (!error)
		error = weigh_rest(analysis, &rest);
	if (!error)
		error = place_rest(holders, analysis, &rest);
	group_deinit(&rest);
	for (size_t i = 0; !error && i < holders->n; i++)
		error = render(&holders->data[i], analysis);
	return error;
}

struct error *holders_of_set(
	struct holders *holders, struct analysis *analysis, const uint64_t *set)
{
	*holders = (struct holders){0};
	struct error *error = analysis_dominators(analysis);
	if (error)
		return error;
	uint64_t total;
	struct selection selection = {.analysis = analysis, .set = set};
	struct survey survey = {.analysis = analysis, .selection = &selection};
	error = selection_init(&selection, &total);
	survey.threshold = MAX(total / SIGNIFICANT, 1);
	if (!error)
		error = run_survey(&survey);
	if (!error)
		error = name_selected(holders, analysis, &survey);
	survey_deinit(&survey);
	graph_sums_deinit(&selection.bytes);
	graph_sums_deinit(&selection.counts);
	return finish(holders, error);
}

void holders_deinit(struct holders *holders)
{
	vec_foreach (holders, holder) {
		path_deinit(&holder->path);
		free(holder->text);
	}
	vec_deinit(holders);
}
