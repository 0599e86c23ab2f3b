#include "analysis/origins.h"

#include "trace/places.h"

#include <stdlib.h>

/* ---- lines ---- */

/* line_ret[i]: the first frame with the file and line of frame i. */
static bool find_lines(const struct snapshot *snapshot, uint32_t *line_ret)
{
	struct keymap map = {0};
	VEC(uint32_t) first = {0};
	bool ok = true;
	for (uint32_t i = 0; ok && i < snapshot->trace_frames.n; i++) {
		const struct snap_trace_frame *frame = &snapshot->trace_frames.data[i];
		line_ret[i] = ORIGIN_UNKNOWN;
		if (frame->kind != TRACE_FRAME_LINE)
			continue;
		uint32_t known = keymap_add(&map, (uint64_t)frame->file << 32 | frame->line);
		bool is_new = known == first.n;
		uint32_t *slot = is_new            ? vec_add(&first)
				 : known < first.n ? &first.data[known]
						   : NULL;
		if (slot && is_new)
			*slot = i;
		ok = slot != NULL;
		line_ret[i] = slot ? *slot : ORIGIN_UNKNOWN;
	}
	keymap_deinit(&map);
	vec_deinit(&first);
	return ok;
}

static uint8_t owner_of(const struct snapshot *snapshot, uint32_t frame)
{
	const struct snap_trace_frame *row = &snapshot->trace_frames.data[frame];
	return (uint8_t)trace_owner_of(row, snapshot_string(snapshot, row->file));
}

/* A stack is told by its own frame, unless one further out is more the user's. */
static bool fill_origins(const struct snapshot *snapshot, struct origins *origins)
{
	size_t n = snapshot->trace_nodes.n;
	uint32_t *lines = calloc(snapshot->trace_frames.n + 1, sizeof(*lines));
	uint8_t *owner = malloc(n + 1); /* by site: of `call` */
	bool ok = lines && owner && find_lines(snapshot, lines);
	for (size_t i = 0; ok && i < n; i++) {
		const struct snap_trace_node *node = &snapshot->trace_nodes.data[i];
		uint8_t own = owner_of(snapshot, node->frame);
		bool is_below = node->parent && owner[node->parent] < own;
		origins->line[i] = lines[node->frame];
		origins->call[i] = is_below ? origins->call[node->parent] : origins->line[i];
		owner[i] = is_below ? owner[node->parent] : own;
	}
	free(lines);
	free(owner);
	return ok;
}

struct error *analysis_origins(struct analysis *analysis)
{
	const struct snapshot *snapshot = analysis->snapshot;
	if (analysis->origins || !is_traced(snapshot))
		return NULL;
	struct origins *origins = calloc(1, sizeof(*origins));
	if (!origins)
		return &error_no_memory;
	size_t n = snapshot->trace_nodes.n + 1;
	origins->line = calloc(n, sizeof(*origins->line));
	origins->call = calloc(n, sizeof(*origins->call));
	if (!origins->line || !origins->call || !fill_origins(snapshot, origins)) {
		origins_destroy(origins);
		return &error_no_memory;
	}
	origins->line[0] = origins->call[0] = ORIGIN_UNKNOWN;
	analysis->origins = origins;
	return NULL;
}

void origins_destroy(struct origins *origins)
{
	if (!origins)
		return;
	free(origins->line);
	free(origins->call);
	free(origins);
}

/* ---- pieces of objects ---- */

/* The first row of an object not below `object`, from `low` on. */
static uint32_t find_row(const struct part_sites *parts, uint32_t low, obj_id object)
{
	if (low == parts->n || parts->object[low] >= object)
		return low;
	return (uint32_t)partition_point(i, low, parts->n, parts->object[i] < object);
}

void origin_cursor_open(struct origin_cursor *cursor, obj_id object)
{
	const struct snapshot *snapshot = cursor->analysis->snapshot;
	if (object <= cursor->object)
		cursor->row = 0;
	cursor->object = object;
	cursor->row = find_row(&snapshot->part_sites, cursor->row, object);
	cursor->own_left = snapshot_self_bytes(snapshot, object);
	cursor->native_left = weight_of(cursor->analysis, object) - cursor->own_left;
}

bool origin_next(struct origin_cursor *cursor, struct origin_piece *ret)
{
	const struct snapshot *snapshot = cursor->analysis->snapshot;
	const struct part_sites *parts = &snapshot->part_sites;
	uint32_t row = cursor->row;
	uint64_t *left;
	struct origin_piece piece = {.site = snapshot->site[cursor->object]};
	if (row < parts->n && parts->object[row] == cursor->object) {
		piece.is_native = parts->is_native[row];
		left = piece.is_native ? &cursor->native_left : &cursor->own_left;
		piece.site = parts->site[row];
		piece.n_bytes = MIN(parts->n_bytes[row], *left);
		cursor->row++;
	} else {
		piece.is_native = !cursor->own_left;
		left = piece.is_native ? &cursor->native_left : &cursor->own_left;
		piece.n_bytes = *left;
		if (!piece.n_bytes)
			return false;
	}
	*left -= piece.n_bytes;
	*ret = piece;
	return true;
}

/* ---- sums ---- */

/* The row of a line in a set, added when new; NULL without memory. */
static struct origin_sum *find_sum(struct origin_sums *sums, uint32_t of, uint32_t line)
{
	uint32_t i = keymap_add(&sums->map, (uint64_t)of << 32 | line);
	if (i == sums->rows.n) {
		struct origin_sum *row = vec_add(&sums->rows);
		if (row)
			*row = (struct origin_sum){.of = of, .line = line};
		return row;
	}
	return i == KEYMAP_FULL ? NULL : &sums->rows.data[i];
}

bool origin_sums_add(struct origin_sums *sums, uint32_t of, uint32_t line, uint64_t n_bytes)
{
	struct origin_sum *row = find_sum(sums, of, line);
	if (row)
		row->n_bytes += n_bytes;
	return row;
}

bool origin_sums_add_object(
	struct origin_sums *sums, uint32_t of, struct origin_cursor *cursor, obj_id object)
{
	const uint32_t *call = cursor->analysis->origins->call;
	struct origin_piece piece;
	bool ok = true;
	origin_cursor_open(cursor, object);
	while (ok && origin_next(cursor, &piece))
		if (call[piece.site] != ORIGIN_UNKNOWN)
			ok = origin_sums_add(sums, of, call[piece.site], piece.n_bytes);
	return ok;
}

static void take_larger(struct origin *largest, const struct origin_sum *row)
{
	bool is_more = row->n_bytes > largest->n_bytes ||
		       (row->n_bytes == largest->n_bytes && row->line < largest->line);
	if (is_more)
		*largest = (struct origin){row->line, row->n_bytes};
}

void origin_sums_largest(const struct origin_sums *sums, size_t n, struct origin *ret)
{
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct origin){.line = ORIGIN_UNKNOWN};
	vec_foreach (&sums->rows, row)
		take_larger(&ret[row->of], row);
}

void origin_sums_deinit(struct origin_sums *sums)
{
	keymap_deinit(&sums->map);
	vec_deinit(&sums->rows);
}

/* Of nothing, where nothing is known. */
static struct error *begin(struct analysis *analysis, size_t n, struct origin *ret)
{
	const struct origin_sums none = {0};
	origin_sums_largest(&none, n, ret);
	struct error *error = analysis_dominators(analysis);
	return error ? error : analysis_origins(analysis);
}

/* ---- of what nodes retain ---- */

/* Which of some nodes is the nearest above a node, itself included. */
struct above {
	const struct analysis *analysis;
	uint32_t *known; /* by node: number + 1, 0: not known yet, ABOVE_NONE */
	uint32_t *chain;
};

#define ABOVE_NONE UINT32_MAX

static uint32_t nearest(struct above *above, uint32_t node)
{
	size_t n = 0;
	uint32_t answer = ABOVE_NONE;
	for (; node < GRAPH_UNREACHED; node = above->analysis->idom[node]) {
		if (above->known[node]) {
			answer = above->known[node];
			break;
		}
		above->chain[n++] = node;
	}
	while (n)
		above->known[above->chain[--n]] = answer;
	return answer;
}

/*
 * What is within a node is within those above it, too: the innermost nodes come
 * first, and of two sums that meet the one with fewer lines is added to the other.
 * No sum shrinks, so the largest line of each is known all the time.
 */
struct inner {
	uint32_t outer;   /* number of the node above; ABOVE_NONE */
	uint32_t n_inner; /* nodes below it that are not done */
	uint32_t set;     /* whose sums are those of this node */
	/* Of the set with this number: */
	uint32_t first, n_lines; /* row of the sums + 1 */
	struct origin largest;
};

struct nesting {
	struct origin_sums *sums;
	struct inner *nodes;
	VEC(uint32_t) next; /* by row of the sums: the next one of its set + 1 */
	VEC(uint32_t) open; /* numbers of nodes with nothing left below them */
};

static bool nesting_add(struct nesting *nesting, uint32_t of, uint32_t line, uint64_t n_bytes)
{
	struct inner *set = &nesting->nodes[of];
	struct origin_sum *row = find_sum(nesting->sums, of, line);
	if (!row)
		return false;
	row->n_bytes += n_bytes;
	take_larger(&set->largest, row);
	if (nesting->next.n == nesting->sums->rows.n)
		return true;
	uint32_t *next = vec_add(&nesting->next);
	if (!next)
		return false;
	*next = set->first;
	set->first = (uint32_t)nesting->next.n;
	set->n_lines++;
	return true;
}

static bool nesting_merge(struct nesting *nesting, uint32_t inner, uint32_t outer)
{
	struct inner *nodes = nesting->nodes;
	uint32_t from = nodes[inner].set, to = nodes[outer].set;
	bool ok = true;
	if (nodes[from].n_lines > nodes[to].n_lines) {
		nodes[outer].set = from;
		from = to;
		to = nodes[outer].set;
	}
	for (uint32_t row = nodes[from].first; ok && row; row = nesting->next.data[row - 1]) {
		struct origin_sum sum = nesting->sums->rows.data[row - 1];
		ok = nesting_add(nesting, to, sum.line, sum.n_bytes);
	}
	return ok;
}

static bool nesting_open(struct nesting *nesting, uint32_t number)
{
	uint32_t *slot = vec_add(&nesting->open);
	if (slot)
		*slot = number;
	return slot;
}

/* Which node stands in which; those in which none does are open. */
static bool nesting_begin(
	struct nesting *nesting, struct above *above, const uint32_t *nodes, size_t n)
{
	const struct analysis *analysis = above->analysis;
	bool ok = true;
	for (uint32_t i = 0; i < n; i++) {
		struct inner *inner = &nesting->nodes[i];
		bool is_node =
			nodes[i] < analysis->snapshot->n_nodes && above->known[nodes[i]] == i + 1;
		inner->set = i;
		inner->outer = is_node ? nearest(above, analysis->idom[nodes[i]]) : ABOVE_NONE;
		inner->largest = (struct origin){.line = ORIGIN_UNKNOWN};
		if (inner->outer != ABOVE_NONE)
			nesting->nodes[--inner->outer].n_inner++;
	}
	for (uint32_t i = 0; ok && i < n; i++)
		ok = nesting->nodes[i].n_inner || nesting_open(nesting, i);
	return ok;
}

/* Finds the largest line of each node, out of the sums without what is in inner ones. */
static bool nesting_run(struct nesting *nesting, struct origin *ret)
{
	size_t n = nesting->sums->rows.n;
	bool ok = true;
	for (size_t i = 0; ok && i < n; i++) {
		struct origin_sum row = nesting->sums->rows.data[i];
		nesting->sums->rows.data[i].n_bytes = 0;
		ok = nesting_add(nesting, row.of, row.line, row.n_bytes);
	}
	while (ok && nesting->open.n) {
		uint32_t number = nesting->open.data[--nesting->open.n];
		const struct inner *inner = &nesting->nodes[number];
		ret[number] = nesting->nodes[inner->set].largest;
		if (inner->outer == ABOVE_NONE)
			continue;
		ok = nesting_merge(nesting, number, inner->outer);
		if (ok && !--nesting->nodes[inner->outer].n_inner)
			ok = nesting_open(nesting, inner->outer);
	}
	return ok;
}

static bool find_largest(struct above *above, const uint32_t *nodes, size_t n,
	struct origin_sums *sums, struct origin *ret)
{
	struct nesting nesting = {.sums = sums, .nodes = calloc(n, sizeof(*nesting.nodes))};
	bool ok = nesting.nodes && nesting_begin(&nesting, above, nodes, n) &&
		  nesting_run(&nesting, ret);
	free(nesting.nodes);
	vec_deinit(&nesting.next);
	vec_deinit(&nesting.open);
	return ok;
}

static bool sum_retained(struct above *above, const uint32_t *nodes, size_t n, const uint64_t *set,
	struct origin_sums *sums, struct origin *ret)
{
	const struct analysis *analysis = above->analysis;
	struct origin_cursor cursor = {.analysis = analysis};
	bool ok = true;
	for (size_t i = 0; i < n; i++)
		if (nodes[i] < analysis->snapshot->n_nodes && !above->known[nodes[i]])
			above->known[nodes[i]] = (uint32_t)i + 1;
	for (obj_id i = 0; ok && i < analysis->snapshot->n_objects; i++) {
		uint32_t of = set && !bits_get(set, i) ? ABOVE_NONE : nearest(above, i);
		if (of != ABOVE_NONE)
			ok = origin_sums_add_object(sums, of - 1, &cursor, i);
	}
	if (!ok || !find_largest(above, nodes, n, sums, ret))
		return false;
	for (size_t i = 0; i < n; i++)
		if (nodes[i] < analysis->snapshot->n_nodes)
			ret[i] = ret[above->known[nodes[i]] - 1];
	return true;
}

struct error *origins_of_retained(struct analysis *analysis, const uint32_t *nodes, size_t n,
	const uint64_t *set, struct origin *ret)
{
	struct origin_sums sums = {0};
	struct error *error = begin(analysis, n, ret);
	if (error || !n || !is_traced(analysis->snapshot))
		return error;
	struct above above = {
		.analysis = analysis,
		.known = analysis_alloc(analysis, sizeof(uint32_t)),
		.chain = analysis_alloc(analysis, sizeof(uint32_t)),
	};
	if (!above.known || !above.chain || !sum_retained(&above, nodes, n, set, &sums, ret))
		error = &error_no_memory;
	analysis_free(analysis, above.known, sizeof(uint32_t));
	analysis_free(analysis, above.chain, sizeof(uint32_t));
	origin_sums_deinit(&sums);
	return error;
}

/* ---- of objects ---- */

struct error *origins_of_objects(
	struct analysis *analysis, const struct obj_ids *objects, struct origin *ret)
{
	struct origin_sums sums = {0};
	struct error *error = begin(analysis, 1, ret);
	if (error || !is_traced(analysis->snapshot))
		return error;
	struct origin_cursor cursor = {.analysis = analysis};
	bool ok = true;
	for (size_t i = 0; ok && i < objects->n; i++)
		ok = origin_sums_add_object(&sums, 0, &cursor, objects->data[i]);
	if (ok)
		origin_sums_largest(&sums, 1, ret);
	origin_sums_deinit(&sums);
	return ok ? NULL : &error_no_memory;
}

struct error *origins_of_set(struct analysis *analysis, const uint64_t *set, struct origin *ret)
{
	struct origin_sums sums = {0};
	struct error *error = begin(analysis, 1, ret);
	if (error || !is_traced(analysis->snapshot))
		return error;
	struct origin_cursor cursor = {.analysis = analysis};
	bool ok = true;
	for (obj_id i = 0; ok && i < analysis->snapshot->n_objects; i++)
		if (bits_get(set, i))
			ok = origin_sums_add_object(&sums, 0, &cursor, i);
	if (ok)
		origin_sums_largest(&sums, 1, ret);
	origin_sums_deinit(&sums);
	return ok ? NULL : &error_no_memory;
}

/* The objects of the type of its members that the container of a group refers to itself. */
static struct error *origin_of_group(struct analysis *analysis, const struct holder *group,
	const uint64_t *set, struct origin *ret)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct obj_ids members = {0};
	struct error *error = NULL;
	uint64_t end = snapshot->edge_start[group->container + 1];
	for (uint64_t e = snapshot->edge_start[group->container]; !error && e < end; e++) {
		uint32_t to = snapshot->edge_to[e];
		if (!is_object(snapshot, to) || snapshot->type[to] != snapshot->type[group->node] ||
			(set && !bits_get(set, to)))
			continue;
		obj_id *slot = vec_add(&members);
		if (slot)
			*slot = to;
		else
			error = &error_no_memory;
	}
	if (!error)
		error = origins_of_objects(analysis, &members, ret);
	vec_deinit(&members);
	return error;
}

struct error *origins_of_holders(struct analysis *analysis, const struct holders *holders, size_t n,
	const uint64_t *set, struct origin *ret)
{
	uint32_t *nodes = calloc(n + 1, sizeof(*nodes));
	struct error *error = nodes ? NULL : &error_no_memory;
	for (size_t i = 0; !error && i < n; i++)
		nodes[i] = holders->data[i].is_group ? GRAPH_ROOT : holders->data[i].retainer;
	if (!error)
		error = origins_of_retained(analysis, nodes, n, set, ret);
	for (size_t i = 0; !error && is_traced(analysis->snapshot) && i < n; i++)
		if (holders->data[i].is_group)
			error = origin_of_group(analysis, &holders->data[i], set, &ret[i]);
	free(nodes);
	return error;
}

struct error *origins_of_room(struct analysis *analysis, uint32_t node, struct origin *ret)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct origin_piece piece;
	struct error *error = begin(analysis, 1, ret);
	if (error || !is_traced(snapshot) || !is_object(snapshot, node))
		return error;
	struct origin_cursor cursor = {.analysis = analysis};
	origin_cursor_open(&cursor, node);
	while (origin_next(&cursor, &piece)) {
		uint32_t line = analysis->origins->call[piece.site];
		if (!piece.is_native && line != ORIGIN_UNKNOWN && piece.n_bytes > ret->n_bytes)
			*ret = (struct origin){line, piece.n_bytes};
	}
	return NULL;
}
