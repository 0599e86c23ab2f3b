#include "trace/match.h"

#include "base/keymap.h"

#include <stdlib.h>

#define CELLS_MAX                                                                                  \
	(1u << 22) /* of the table of a function's lines; more are matched by distance             \
		    */

enum { BEFORE, AFTER, N_SIDES };

/* A row among those of its function. */
struct member {
	uint32_t row, function;
	uint32_t line, distance, hash; /* distance from the function's first line */
};

struct matcher {
	const struct trace_side *sides[N_SIDES];
	struct strpool names;    /* of files, modules and functions of both */
	bool *has_path[N_SIDES]; /* by name: a file of that side */
	struct keymap functions;
	VEC(struct member) members[N_SIDES]; /* by function, then by line */
	struct trace_pairs pairs;
};

/* ---- functions ---- */

static const struct snap_trace_frame *frame_of(const struct trace_side *side, uint32_t row)
{
	return trace_tree_frame(side->tree, side->rows->data[row].node);
}

static struct error *name_of(struct matcher *matcher, const char *text, str_id *ret)
{
	return strpool_add(&matcher->names, text, strlen(text), ret);
}

/* Notes which paths both sides know. */
static struct error *find_paths(struct matcher *matcher)
{
	size_t most = matcher->sides[BEFORE]->rows->n + matcher->sides[AFTER]->rows->n + 1;
	for (unsigned i = 0; i < N_SIDES; i++) {
		matcher->has_path[i] = calloc(most, sizeof(bool));
		if (!matcher->has_path[i])
			return &error_no_memory;
	}
	for (unsigned i = 0; i < N_SIDES; i++) {
		const struct trace_side *side = matcher->sides[i];
		for (uint32_t row = 0; row < side->rows->n; row++) {
			str_id id;
			struct error *error = name_of(matcher,
				snapshot_string(side->tree->snapshot, frame_of(side, row)->file),
				&id);
			if (error)
				return error;
			matcher->has_path[i][id] = true;
		}
	}
	return NULL;
}

static struct error *find_function(
	struct matcher *matcher, unsigned number, uint32_t row, uint32_t *ret)
{
	const struct trace_side *side = matcher->sides[number];
	const struct snapshot *snapshot = side->tree->snapshot;
	const struct snap_trace_frame *frame = frame_of(side, row);
	str_id file, function;
	struct error *error = name_of(matcher, snapshot_string(snapshot, frame->file), &file);
	bool is_shared =
		!error && matcher->has_path[BEFORE][file] && matcher->has_path[AFTER][file];
	if (!error && !is_shared)
		error = name_of(matcher,
			trace_module(&side->tree->places,
				(uint32_t)(frame - snapshot->trace_frames.data)),
			&file);
	if (!error)
		error = name_of(matcher, snapshot_string(snapshot, frame->function), &function);
	if (error)
		return error;
	uint64_t key = frame->kind == TRACE_FRAME_LINE ? (uint64_t)file << 32 | function
						       : (uint64_t)1 << 63 | frame->kind;
	*ret = keymap_add(&matcher->functions, key);
	return *ret == KEYMAP_FULL ? &error_no_memory : NULL;
}

static int compare_members(const void *a, const void *b)
{
	const struct member *left = a, *right = b;
	if (left->function != right->function)
		return left->function < right->function ? -1 : 1;
	if (left->line != right->line)
		return left->line < right->line ? -1 : 1;
	return (left->row > right->row) - (left->row < right->row);
}

static struct error *find_members(struct matcher *matcher, unsigned number)
{
	const struct trace_side *side = matcher->sides[number];
	for (uint32_t row = 0; row < side->rows->n; row++) {
		const struct snap_trace_frame *frame = frame_of(side, row);
		uint32_t function;
		struct error *error = find_function(matcher, number, row, &function);
		struct member *member = error ? NULL : vec_add(&matcher->members[number]);
		if (!member)
			return error ? error : &error_no_memory;
		bool is_by_line = side->tree->options.by == TRACE_BY_LINE;
		*member = (struct member){
			.row = row,
			.function = function,
			.line = is_by_line ? frame->line : 0,
			.distance = is_by_line ? frame->line - frame->first_line : 0,
			.hash = is_by_line ? frame->source_hash : 0,
		};
	}
	if (side->rows->n)
		qsort(matcher->members[number].data, matcher->members[number].n,
			sizeof(struct member), compare_members);
	return NULL;
}

/* ---- lines ---- */

/* The members of one function on both sides. */
struct lines {
	const struct member *of[N_SIDES];
	size_t n[N_SIDES];
};

static bool add_pair(struct matcher *matcher, uint32_t before, uint32_t after)
{
	struct trace_pair *pair = vec_add(&matcher->pairs);
	if (pair)
		*pair = (struct trace_pair){before, after};
	return pair;
}

static bool is_same(const struct member *before, const struct member *after)
{
	if (before->hash && after->hash)
		return before->hash == after->hash;
	return before->distance == after->distance;
}

/* Lines between two that are the same on both sides. */
static bool add_gap(struct matcher *matcher, const struct lines *lines, const size_t begin[N_SIDES],
	const size_t end[N_SIDES])
{
	size_t n_before = end[BEFORE] - begin[BEFORE], n_after = end[AFTER] - begin[AFTER];
	const struct member *before = lines->of[BEFORE] + begin[BEFORE];
	const struct member *after = lines->of[AFTER] + begin[AFTER];
	bool ok = true, is_changed = n_before == n_after;
	for (size_t i = 0; ok && i < n_before; i++)
		ok = add_pair(matcher, before[i].row, is_changed ? after[i].row : TRACE_ROW_NONE);
	for (size_t i = 0; ok && !is_changed && i < n_after; i++)
		ok = add_pair(matcher, TRACE_ROW_NONE, after[i].row);
	return ok;
}

/* lengths[i][j]: of the longest common sequence of the lines behind i and j. */
static uint16_t *common_lengths(const struct lines *lines)
{
	size_t n = lines->n[BEFORE], width = lines->n[AFTER] + 1;
	uint16_t *lengths = calloc((n + 1) * width, sizeof(*lengths));
	for (size_t i = n; lengths && i-- > 0;) {
		for (size_t j = width - 1; j-- > 0;) {
			uint16_t *at = &lengths[i * width + j];
			uint16_t without = MAX(at[width], at[1]);
			bool same = is_same(&lines->of[BEFORE][i], &lines->of[AFTER][j]);
			*at = same ? MAX(without, (uint16_t)(at[width + 1] + 1)) : without;
		}
	}
	return lengths;
}

/* Follows a longest common sequence: its lines are pairs, what is between them are gaps. */
static bool match_in_order(struct matcher *matcher, const struct lines *lines)
{
	size_t width = lines->n[AFTER] + 1, begin[N_SIDES] = {0}, at[N_SIDES] = {0};
	uint16_t *lengths = common_lengths(lines);
	bool ok = lengths;
	while (ok && at[BEFORE] < lines->n[BEFORE] && at[AFTER] < lines->n[AFTER]) {
		const uint16_t *here = &lengths[at[BEFORE] * width + at[AFTER]];
		const struct member *before = &lines->of[BEFORE][at[BEFORE]];
		const struct member *after = &lines->of[AFTER][at[AFTER]];
		if (is_same(before, after) && *here == here[width + 1] + 1) {
			ok = add_gap(matcher, lines, begin, at) &&
			     add_pair(matcher, before->row, after->row);
			begin[BEFORE] = ++at[BEFORE];
			begin[AFTER] = ++at[AFTER];
		} else if (here[width] >= here[1]) {
			at[BEFORE]++;
		} else {
			at[AFTER]++;
		}
	}
	free(lengths);
	return ok && add_gap(matcher, lines, begin, lines->n);
}

/* Of a function with too many lines to compare each with each. */
static bool match_by_distance(struct matcher *matcher, const struct lines *lines)
{
	size_t i = 0, j = 0;
	bool ok = true;
	while (ok && (i < lines->n[BEFORE] || j < lines->n[AFTER])) {
		const struct member *before = i < lines->n[BEFORE] ? &lines->of[BEFORE][i] : NULL;
		const struct member *after = j < lines->n[AFTER] ? &lines->of[AFTER][j] : NULL;
		bool is_before = before && (!after || before->distance <= after->distance);
		bool is_after = after && (!before || after->distance <= before->distance);
		ok = add_pair(matcher, is_before ? before->row : TRACE_ROW_NONE,
			is_after ? after->row : TRACE_ROW_NONE);
		i += is_before;
		j += is_after;
	}
	return ok;
}

static bool match_lines(struct matcher *matcher, const struct lines *lines)
{
	bool is_small = (lines->n[BEFORE] + 1) * (lines->n[AFTER] + 1) <= CELLS_MAX &&
			MAX(lines->n[BEFORE], lines->n[AFTER]) < UINT16_MAX;
	return is_small ? match_in_order(matcher, lines) : match_by_distance(matcher, lines);
}

static struct error *match_functions(struct matcher *matcher)
{
	size_t at[N_SIDES] = {0};
	for (uint32_t function = 0; function < matcher->functions.keys.n; function++) {
		struct lines lines = {0};
		for (unsigned i = 0; i < N_SIDES; i++) {
			size_t begin = at[i];
			while (at[i] < matcher->members[i].n &&
				matcher->members[i].data[at[i]].function == function)
				at[i]++;
			lines.of[i] = matcher->members[i].data + begin;
			lines.n[i] = at[i] - begin;
		}
		if (!match_lines(matcher, &lines))
			return &error_no_memory;
	}
	return NULL;
}

struct error *trace_match(
	const struct trace_side *before, const struct trace_side *after, struct trace_pairs *ret)
{
	struct matcher matcher = {.sides = {before, after}};
	struct error *error = strpool_init(&matcher.names);
	if (!error)
		error = find_paths(&matcher);
	for (unsigned i = 0; !error && i < N_SIDES; i++)
		error = find_members(&matcher, i);
	if (!error)
		error = match_functions(&matcher);
	for (unsigned i = 0; i < N_SIDES; i++) {
		free(matcher.has_path[i]);
		vec_deinit(&matcher.members[i]);
	}
	keymap_deinit(&matcher.functions);
	strpool_deinit(&matcher.names);
	if (error)
		vec_deinit(&matcher.pairs);
	else
		*ret = matcher.pairs;
	return error;
}
