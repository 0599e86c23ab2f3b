/*
 * Divides the objects of a snapshot into classes, and sums each up.
 */
#include "analysis/classes.h"
#include "analysis/origins.h"

#include "base/keymap.h"

#include <stdlib.h>

static const char *const by_names[] = {
	[BY_TYPE] = "type",
	[BY_CLASS] = "class",
	[BY_MODULE] = "module",
	[BY_SIZE] = "size",
	[BY_REFERRERS] = "referrers",
	[BY_VIA] = "via",
	[BY_OWNER] = "owner",
	[BY_GENERATION] = "generation",
	[BY_AGE] = "age",
	[BY_LINE] = "line",
};

bool by_find(const char *name, enum by *ret)
{
	for (unsigned by = 0; name && by < ARRAY_SIZE(by_names); by++) {
		if (strcmp(name, by_names[by]) != 0)
			continue;
		*ret = by;
		return true;
	}
	*ret = BY_TYPE;
	return !name;
}

const char *by_name(enum by by)
{
	return by_names[by];
}

/* ---- keys ---- */

enum { GENERATION_PERMANENT = 3, GENERATION_UNTRACKED = 4 };

/* The type of the object that a node is the __dict__ of. */
static void find_owners(struct classes *classes, const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->n_nodes; i++)
		classes->owner[i] = TYPE_NONE;
	for (obj_id i = 0; i < snapshot->n_objects; i++)
		for (uint64_t e = snapshot->edge_start[i]; e < snapshot->edge_start[i + 1]; e++) {
			uint32_t to = snapshot->edge_to[e];
			if (snapshot->edge_kind[e] == EDGE_DICT && classes->owner[to] == TYPE_NONE)
				classes->owner[to] = snapshot->type[i];
		}
}

static uint64_t key_of(
	const struct classes *classes, const struct snapshot *snapshot, enum by by, obj_id object)
{
	type_id type = snapshot->type[object];
	uint8_t flags = snapshot->flags[object];
	switch (by) {
	case BY_MODULE:
		return snapshot->types.data[type].module;
	case BY_SIZE:
		return snapshot_self_bytes(snapshot, object) / 16;
	case BY_OWNER:
		return (uint64_t)(classes->owner[object] + 1) << 32 | type;
	case BY_GENERATION:
		return flags & OBJECT_TRACKED ? flags & OBJECT_GENERATION : GENERATION_UNTRACKED;
	case BY_AGE:
		return age_class(age_of(snapshot, object));
	case BY_CLASS:
		return classes->owner[object] == TYPE_NONE ? type : classes->owner[object];
	case BY_TYPE:
	case BY_REFERRERS:
	case BY_VIA:
	case BY_LINE:
		break;
	}
	return type;
}

/* ---- names ---- */

static void owner_render(const struct snapshot *snapshot, uint64_t key, struct text *text)
{
	type_id owner = (type_id)(key >> 32) - 1;
	names_type_render(snapshot, (type_id)key, text);
	if (owner != TYPE_NONE) {
		text_add_string(text, " of ");
		names_type_render(snapshot, owner, text);
	}
}

static void line_render(
	const struct snapshot *snapshot, const struct population *row, struct text *text)
{
	if (!row->file)
		text_add_string(text, is_traced(snapshot) ? LINE_UNKNOWN : "not traced");
	else if (row->line)
		text_format(text, "%s:%u", row->file, row->line);
	else
		text_add_string(text, row->file);
}

/* The key is a line (origins.h). */
static void set_line(const struct snapshot *snapshot, struct population *row)
{
	if (row->key == ORIGIN_UNKNOWN)
		return;
	const struct snap_trace_frame *frame = &snapshot->trace_frames.data[row->key];
	row->file = names_string(snapshot, frame->file);
	row->function = names_string(snapshot, frame->function);
	row->line = frame->line;
}

static void name_render(const struct classes *classes, const struct snapshot *snapshot, enum by by,
	const struct population *row, struct text *text)
{
	static const char *const generations[] = {"0", "1", "2", "permanent", "untracked"};
	switch (by) {
	case BY_TYPE:
	case BY_CLASS:
		text_add_string(
			text, snapshot_string(snapshot, snapshot->types.data[row->key].name));
		break;
	case BY_MODULE:
		text_add_string(text, snapshot_string(snapshot, (str_id)row->key));
		break;
	case BY_SIZE:
		text_format(text, "%llu", (unsigned long long)row->key * 16);
		break;
	case BY_OWNER:
		owner_render(snapshot, row->key, text);
		break;
	case BY_GENERATION:
		text_add_string(text, generations[row->key]);
		break;
	case BY_AGE:
		text_add_string(text,
			is_traced(snapshot) ? age_class_name((unsigned)row->key) : "not traced");
		break;
	case BY_REFERRERS:
	case BY_VIA:
		referrers_render(classes, snapshot, row->key, text);
		break;
	case BY_LINE:
		line_render(snapshot, row, text);
		break;
	}
}

static const char *module_of(
	const struct snapshot *snapshot, enum by by, const struct population *row)
{
	switch (by) {
	case BY_TYPE:
	case BY_CLASS:
		return names_string(snapshot, snapshot->types.data[row->key].module);
	case BY_MODULE:
		return names_string(snapshot, (str_id)row->key);
	case BY_OWNER: {
		type_id owner = (type_id)(row->key >> 32) - 1;
		type_id type = owner == TYPE_NONE ? (type_id)row->key : owner;
		return names_string(snapshot, snapshot->types.data[type].module);
	}
	default:
		return NULL;
	}
}

static struct error *name_rows(struct classes *classes, const struct snapshot *snapshot, enum by by)
{
	struct text text _cleanup_text_ = {0};
	vec_foreach (&classes->rows, row) {
		text_cut(&text, 0);
		if (by == BY_LINE)
			set_line(snapshot, row);
		name_render(classes, snapshot, by, row, &text);
		row->module = module_of(snapshot, by, row);
		bool is_unknown = by == BY_MODULE && !row->module;
		row->name = is_unknown || text.failed ? NULL : strdup(text_get(&text));
		if (!is_unknown && !row->name)
			return &error_no_memory;
	}
	return NULL;
}

static struct error *classify_by_line(struct classes *classes, struct analysis *analysis)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct error *error = analysis_dominators(analysis);
	if (!error)
		error = analysis_origins(analysis);
	for (obj_id i = 0; !error && i < snapshot->n_objects; i++)
		classes->key[i] = is_traced(snapshot) ? analysis->origins->line[snapshot->site[i]]
						      : ORIGIN_UNKNOWN;
	return error;
}

/* ---- rows ---- */

static struct population *row_of(
	struct classes *classes, struct keymap *map, uint64_t key, obj_id object)
{
	uint32_t i = keymap_add(map, key);
	if (i == classes->rows.n) {
		struct population *row = vec_add(&classes->rows);
		if (!row)
			return NULL;
		*row = (struct population){.key = key, .first = object};
	}
	return i == KEYMAP_FULL ? NULL : &classes->rows.data[i];
}

static void count_object(struct population *row, const struct snapshot *snapshot, obj_id object)
{
	row->count++;
	age_sum_add(&row->ages, age_of(snapshot, object));
}

/* A class counts its instances, not the dicts that they bring: these count as dicts. */
static struct error *count_rows(
	struct classes *classes, const struct snapshot *snapshot, const uint64_t *only)
{
	struct keymap map = {0};
	struct error *error = NULL;
	for (obj_id i = 0; !error && i < snapshot->n_objects; i++) {
		if (only && !bits_get(only, i))
			continue;
		uint64_t counted = classes->by == BY_CLASS ? snapshot->type[i] : classes->key[i];
		struct population *row = row_of(classes, &map, counted, i);
		if (row)
			count_object(row, snapshot, i);
		if (row && counted != classes->key[i])
			row = row_of(classes, &map, classes->key[i], i);
		if (!row) {
			error = &error_no_memory;
			break;
		}
		row->self_bytes += snapshot_self_bytes(snapshot, i);
		row->size_bytes += snapshot_size(snapshot, i);
	}
	keymap_deinit(&map);
	return error;
}

/* An object counts at the line that allocated it, each of its blocks at the line of its own. */
static struct error *count_lines(
	struct classes *classes, const struct analysis *analysis, const uint64_t *only)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct origin_cursor cursor = {.analysis = analysis};
	struct keymap map = {0};
	bool ok = true;
	for (obj_id i = 0; ok && i < snapshot->n_objects; i++) {
		struct origin_piece piece;
		if (only && !bits_get(only, i))
			continue;
		struct population *row = row_of(classes, &map, classes->key[i], i);
		ok = row != NULL;
		if (ok) {
			count_object(row, snapshot, i);
			row->size_bytes += snapshot_size(snapshot, i);
		}
		origin_cursor_open(&cursor, i);
		while (ok && origin_next(&cursor, &piece)) {
			if (piece.is_native)
				continue;
			row = row_of(classes, &map, analysis->origins->line[piece.site], i);
			ok = row != NULL;
			if (ok)
				row->self_bytes += piece.n_bytes;
		}
	}
	keymap_deinit(&map);
	return ok ? NULL : &error_no_memory;
}

static int compare_texts(const char *left, const char *right)
{
	if (!left || !right)
		return (left != NULL) - (right != NULL);
	return strcmp(left, right);
}

static int compare_rows(const void *a, const void *b)
{
	const struct population *left = a, *right = b;
	if (left->self_bytes != right->self_bytes)
		return left->self_bytes > right->self_bytes ? -1 : 1;
	int order = compare_texts(left->name, right->name);
	if (!order)
		order = compare_texts(left->module, right->module);
	if (!order)
		order = left->first < right->first ? -1 : left->first > right->first;
	return order;
}

bool population_is_called(const struct population *row, const char *name)
{
	if (!row->name)
		return false;
	if (!strcmp(row->name, name))
		return true;
	size_t n = row->module ? strlen(row->module) : 0;
	return n && !strncmp(name, row->module, n) && name[n] == '.' &&
	       !strcmp(name + n + 1, row->name);
}

struct error *classes_init(
	struct classes *classes, struct analysis *analysis, enum by by, const uint64_t *only)
{
	const struct snapshot *snapshot = analysis->snapshot;
	*classes = (struct classes){
		.by = by,
		.key = analysis_alloc(analysis, sizeof(uint64_t)),
		.owner = analysis_alloc(analysis, sizeof(type_id)),
	};
	struct error *error = NULL;
	if (!classes->key || !classes->owner)
		error = &error_no_memory;
	if (!error) {
		find_owners(classes, snapshot);
		for (obj_id i = 0; i < snapshot->n_objects; i++)
			classes->key[i] = key_of(classes, snapshot, by, i);
		if (by == BY_REFERRERS || by == BY_VIA)
			error = referrers_classify(classes, analysis, by);
		else if (by == BY_LINE)
			error = classify_by_line(classes, analysis);
	}
	if (!error && by == BY_LINE && is_traced(snapshot))
		error = count_lines(classes, analysis, only);
	else if (!error)
		error = count_rows(classes, snapshot, only);
	if (!error)
		error = name_rows(classes, snapshot, by);
	if (error)
		classes_deinit(classes, analysis);
	else if (classes->rows.n)
		qsort(classes->rows.data, classes->rows.n, sizeof(struct population), compare_rows);
	return error;
}

void classes_deinit(struct classes *classes, const struct analysis *analysis)
{
	analysis_free(analysis, classes->key, sizeof(uint64_t));
	analysis_free(analysis, classes->owner, sizeof(type_id));
	vec_foreach (&classes->rows, row)
		free(row->name);
	vec_deinit(&classes->rows);
	vec_deinit(&classes->label_sets);
	vec_deinit(&classes->labels);
	vec_deinit(&classes->names);
	*classes = (struct classes){0};
}
