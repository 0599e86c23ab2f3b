/*
 * The objects that targets, flags and values of a selection stand for.
 */
#include "analysis/ages.h"
#include "analysis/classes.h"
#include "analysis/identity.h"
#include "analysis/origins.h"
#include "analysis/selection_eval.h"
#include "snap/file.h"

#include <errno.h>
#include <stdlib.h>

/* ---- names ---- */

/* Does `text` fit `pattern`, in which a star stands for any characters? */
static bool fits(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;
	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* Is the type called `name`, with its module or without? */
static bool is_called(
	const struct snapshot *snapshot, const struct snap_type *type, const char *name)
{
	const char *qualname = snapshot_string(snapshot, type->name);
	const char *module = type->module ? snapshot_string(snapshot, type->module) : "builtins";
	size_t n = strlen(module);
	if (!strcmp(qualname, name))
		return true;
	if (!strncmp(name, module, n) && name[n] == '.' && !strcmp(name + n + 1, qualname))
		return true;
	if (!strchr(name, '*'))
		return false;
	struct text full _cleanup_text_ = {0};
	text_format(&full, "%s.%s", module, qualname);
	return fits(name, qualname) || fits(name, text_get(&full));
}

static void add_of_types(const struct snapshot *snapshot, const bool *is_wanted, uint64_t *set)
{
	for (obj_id i = 0; i < snapshot->n_objects; i++)
		if (is_wanted[snapshot->type[i]])
			bits_set(set, i);
}

/* Marks the types of that name; false when there is none. */
static bool mark_types(const struct snapshot *snapshot, const char *name, bool *is_wanted)
{
	bool is_any = false;
	for (size_t i = 0; i < snapshot->types.n; i++) {
		is_wanted[i] = is_called(snapshot, &snapshot->types.data[i], name);
		is_any = is_any || is_wanted[i];
	}
	return is_any;
}

static bool is_edge_named(const struct snapshot *snapshot, uint64_t edge, const char *name)
{
	unsigned kind = snapshot->edge_kind[edge];
	return kind == EDGE_ATTR_STATIC &&
	       !strcmp(snapshot_string(snapshot, snapshot->edge_operand[edge]), name);
}

/* The tuple of a type's bases, itself first, or OBJ_NONE. */
static obj_id find_mro(const struct snapshot *snapshot, obj_id type)
{
	if (type >= snapshot->n_objects)
		return OBJ_NONE;
	for (uint64_t e = snapshot->edge_start[type]; e < snapshot->edge_start[type + 1]; e++)
		if (is_edge_named(snapshot, e, "__mro__"))
			return snapshot->edge_to[e];
	return OBJ_NONE;
}

/* Types whose bases have one of `bases` (a bit a node) among them. */
static void mark_subtypes(const struct snapshot *snapshot, const uint64_t *bases, bool *is_wanted)
{
	for (size_t i = 0; i < snapshot->types.n; i++) {
		obj_id mro = find_mro(snapshot, snapshot->types.data[i].object);
		if (mro >= snapshot->n_objects)
			continue;
		uint64_t end = snapshot->edge_start[mro + 1];
		for (uint64_t e = snapshot->edge_start[mro]; e < end; e++)
			if (bits_get(bases, snapshot->edge_to[e]))
				is_wanted[i] = true;
	}
}

/* `with_subtypes`: also objects of the classes that inherit from those of that name. */
static struct error *add_by_type(struct analysis *analysis, const char *name, bool with_subtypes,
	bool *is_any_ret, uint64_t *set)
{
	const struct snapshot *snapshot = analysis->snapshot;
	bool *is_wanted = calloc(snapshot->types.n + 1, sizeof(*is_wanted));
	uint64_t *bases = selection_set(analysis);
	bool ok = is_wanted && bases;
	if (ok) {
		*is_any_ret = mark_types(snapshot, name, is_wanted);
		for (size_t i = 0; i < snapshot->types.n; i++) {
			obj_id object = snapshot->types.data[i].object;
			if (is_wanted[i] && object < snapshot->n_objects)
				bits_set(bases, object);
		}
		if (with_subtypes)
			mark_subtypes(snapshot, bases, is_wanted);
		if (*is_any_ret)
			add_of_types(snapshot, is_wanted, set);
	}
	free(is_wanted);
	free(bases);
	return ok ? NULL : &error_no_memory;
}

static void add_by_module(const struct snapshot *snapshot, const char *name, uint64_t *set)
{
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		str_id module = snapshot->types.data[snapshot->type[i]].module;
		const char *text = module ? snapshot_string(snapshot, module) : "builtins";
		if (fits(name, text))
			bits_set(set, i);
	}
}

struct keys {
	uint64_t *data;
	size_t n, capacity;
};

static int compare_keys(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return left < right ? -1 : left > right;
}

/* The keys of the rows of that name, else of those that it fits, in order. */
static struct error *find_keys(const struct classes *classes, const char *name, struct keys *ret)
{
	bool is_exact = false;
	vec_foreach (&classes->rows, row)
		is_exact = is_exact || population_is_called(row, name);
	vec_foreach (&classes->rows, row) {
		bool is_wanted = is_exact ? population_is_called(row, name)
					  : row->name && fits(name, row->name);
		uint64_t *slot = is_wanted ? vec_add(ret) : NULL;
		if (slot)
			*slot = row->key;
		else if (is_wanted)
			return &error_no_memory;
	}
	if (ret->n)
		qsort(ret->data, ret->n, sizeof(uint64_t), compare_keys);
	return NULL;
}

/* Objects of the rows of `types --by` whose name is `name`, else fits it. */
static struct error *add_by_class(
	struct analysis *analysis, enum by by, const char *name, uint64_t *set)
{
	struct classes classes;
	struct error *error = classes_init(&classes, analysis, by, NULL);
	if (error)
		return error;
	struct keys keys = {0};
	error = find_keys(&classes, name, &keys);
	for (obj_id i = 0; !error && keys.n && i < analysis->snapshot->n_objects; i++)
		if (bsearch(&classes.key[i], keys.data, keys.n, sizeof(uint64_t), compare_keys))
			bits_set(set, i);
	vec_deinit(&keys);
	classes_deinit(&classes, analysis);
	return error;
}

/* ---- numbers ---- */

struct comparison {
	bool less, equal, greater;
	uint64_t value;
};

static bool is_satisfied(const struct comparison *comparison, uint64_t value)
{
	return value < comparison->value   ? comparison->less
	       : value > comparison->value ? comparison->greater
					   : comparison->equal;
}

static unsigned unit_shift(char unit)
{
	switch (unit) {
	case 'k':
	case 'K':
		return 10;
	case 'm':
	case 'M':
		return 20;
	case 'g':
	case 'G':
		return 30;
	default:
		return 0;
	}
}

/* ">1M", "<= 64", "100": a comparison and a number with a unit of 1024. */
static struct error *read_comparison(enum word word, const char *text, struct comparison *ret)
{
	const char *at = text;
	struct comparison comparison = {0};
	comparison.less = *at == '<';
	comparison.greater = *at == '>';
	at += comparison.less || comparison.greater;
	comparison.equal = *at == '=' || at == text;
	at += *at == '=';
	at += strspn(at, " ");
	char *end;
	errno = 0;
	comparison.value = strtoull(at, &end, 10);
	unsigned shift = unit_shift(*end);
	bool is_number = *at >= '0' && *at <= '9' && !errno &&
			 comparison.value << shift >> shift == comparison.value;
	end += shift != 0;
	if (!is_number || *end)
		return error_create(ERROR_USAGE, 0,
			"write a number as in >1M, <=64 or 100; k, M and G are units",
			"'%s:' cannot be compared with '%s'", selection_word(word), text);
	comparison.value <<= shift;
	*ret = comparison;
	return NULL;
}

static void add_by_length(
	const struct snapshot *snapshot, const struct comparison *comparison, uint64_t *set)
{
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_LENGTH, &begin, &end);
	for (uint32_t i = begin; i < end; i++) {
		obj_id object = snapshot->facts.object[i];
		if (is_object(snapshot, object) &&
			is_satisfied(comparison, snapshot->facts.value[i]))
			bits_set(set, object);
	}
}

static struct error *add_by_number(
	const struct analysis *analysis, enum word word, const char *text, uint64_t *set)
{
	struct comparison comparison = {0};
	struct error *error = read_comparison(word, text, &comparison);
	if (error)
		return error;
	if (word == WORD_LENGTH) {
		add_by_length(analysis->snapshot, &comparison, set);
		return NULL;
	}
	for (obj_id i = 0; i < analysis->snapshot->n_objects; i++) {
		uint64_t value = word == WORD_SIZE ? snapshot_self_bytes(analysis->snapshot, i)
						   : retained_of(analysis, i);
		if (is_satisfied(&comparison, value))
			bits_set(set, i);
	}
	return NULL;
}

static struct error *add_by_address(
	const struct snapshot *snapshot, const char *text, uint64_t *set)
{
	char *end;
	errno = 0;
	addr_t address = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || errno)
		return error_create(ERROR_USAGE, 0, "write an address as in 0x7f12a4c01040",
			"'%s' is no address", text);
	obj_id object = snapshot_find(snapshot, address);
	if (object != OBJ_NONE)
		bits_set(set, object);
	return NULL;
}

/* A path that begins nowhere may begin in the program itself. */
static struct error *resolve_in_main(
	const struct analysis *analysis, const char *expression, struct obj_ids *ret)
{
	struct text text _cleanup_text_ = {0};
	text_format(&text, "__main__.%s", expression);
	struct error *error = text_finish(&text);
	return error ? error : names_resolve(analysis->names, text_get(&text), ret);
}

static struct error *add_by_path(
	const struct analysis *analysis, const char *expression, uint64_t *set)
{
	struct obj_ids ids = {0};
	struct error *error = names_resolve(analysis->names, expression, &ids);
	if (!error && !ids.n)
		error = resolve_in_main(analysis, expression, &ids);
	vec_foreach (&ids, id)
		bits_set(set, *id);
	vec_deinit(&ids);
	return error;
}

static struct error *add_by_generation(struct analysis *analysis, const char *name, uint64_t *set)
{
	static const char *const names[] = {"0", "1", "2", "permanent", "untracked"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return add_by_class(analysis, BY_GENERATION, name, set);
	return error_create(ERROR_USAGE, 0, "use 0, 1, 2, permanent or untracked",
		"there is no generation '%s'", name);
}

/* ---- where and when they were allocated ---- */

/* Is the file called `name`, which may begin with any of its folders? */
static bool is_file(const char *file, const char *name, size_t n)
{
	size_t n_file = strlen(file);
	if (n_file < n || strncmp(file + n_file - n, name, n) != 0)
		return false;
	return n_file == n || *name == '/' || file[n_file - n - 1] == '/';
}

/* "app.py:12", "app.py", "load_rows": a line, a file or a function. */
static bool is_line(
	const struct snapshot *snapshot, const struct snap_trace_frame *frame, const char *text)
{
	const char *colon = strrchr(text, ':');
	bool has_line = colon && colon[1] && !colon[1 + strspn(colon + 1, "0123456789")];
	const char *file = snapshot_string(snapshot, frame->file);
	if (frame->kind != TRACE_FRAME_LINE)
		return false;
	if (has_line)
		return frame->line == strtoul(colon + 1, NULL, 10) &&
		       is_file(file, text, (size_t)(colon - text));
	return is_file(file, text, strlen(text)) ||
	       !strcmp(snapshot_string(snapshot, frame->function), text);
}

/*
 * Sites by the lines of their stack: from the innermost frame to that of the
 * application (origins.h), which called the library that allocated.
 */
static void mark_sites(const struct analysis *analysis, const char *text, bool *is_wanted)
{
	const struct snapshot *snapshot = analysis->snapshot;
	bool is_unknown = !strcmp(text, LINE_UNKNOWN);
	is_wanted[0] = is_unknown;
	for (uint32_t i = 1; i < snapshot->trace_nodes.n; i++) {
		const struct snap_trace_node *node = &snapshot->trace_nodes.data[i];
		bool is_library = analysis->origins->call[i] != analysis->origins->line[i];
		is_wanted[i] = (is_unknown && analysis->origins->line[i] == ORIGIN_UNKNOWN) ||
			       is_line(snapshot, &snapshot->trace_frames.data[node->frame], text) ||
			       (is_library && is_wanted[node->parent]);
	}
}

static struct error *add_by_line(struct analysis *analysis, const char *text, uint64_t *set)
{
	const struct snapshot *snapshot = analysis->snapshot;
	if (!is_traced(snapshot))
		return error_create(ERROR_USAGE, 0,
			"start the program with whymem run, or leave line: out",
			"nobody knows which line allocated the objects: the process is not traced");
	struct error *error = analysis_origins(analysis);
	bool *is_wanted = calloc(snapshot->trace_nodes.n + 1, sizeof(*is_wanted));
	if (!error && !is_wanted)
		error = &error_no_memory;
	if (!error)
		mark_sites(analysis, text, is_wanted);
	for (obj_id i = 0; !error && i < snapshot->n_objects; i++)
		if (is_wanted[snapshot->site[i]])
			bits_set(set, i);
	free(is_wanted);
	return error;
}

static struct error *add_by_age(const struct snapshot *snapshot, const char *text, uint64_t *set)
{
	struct age_range range;
	if (!is_traced(snapshot))
		return error_create(ERROR_USAGE, 0,
			"start the program with whymem run, or leave age: out",
			"nobody knows how old the objects are: the process is not traced");
	if (!age_range_read(text, &range))
		return error_create(ERROR_USAGE, 0,
			"write an age as in >1h, <=500ms or 1min-10min; units are ms, s, min, h, d",
			"'age:' cannot be compared with '%s'", text);
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		uint32_t age = age_of(snapshot, i);
		if (age >= range.first && age <= range.last)
			bits_set(set, i);
	}
	return NULL;
}

/* ---- other captures ---- */

static bool is_same_process(const struct snapshot *a, const struct snapshot *b)
{
	return a->pid == b->pid && a->started_unix_ns == b->started_unix_ns;
}

static struct error *add_new_since(const struct analysis *analysis, const char *path, uint64_t *set)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct snapshot *before;
	struct identities identities = {0};
	uint64_t *known = selection_set(analysis);
	if (!known)
		return &error_no_memory;
	struct error *error = snapshot_read(path, &before);
	if (error) {
		free(known);
		return error;
	}
	if (!is_same_process(before, snapshot))
		error = error_create(ERROR_USAGE, 0,
			"whymem diff compares snapshots of different processes",
			"new-since: %s is of another process", path);
	if (!error)
		error = identities_init(&identities, before, NULL);
	snapshot_destroy(before);
	if (!error)
		error = identities_find(&identities, snapshot, known);
	for (obj_id i = 0; !error && i < snapshot->n_objects; i++)
		if (!bits_get(known, i))
			bits_set(set, i);
	identities_deinit(&identities);
	free(known);
	return error;
}

/* ---- flags ---- */

static void add_by_flag(const struct snapshot *snapshot, uint8_t flag, uint64_t *set)
{
	for (obj_id i = 0; i < snapshot->n_objects; i++)
		if (snapshot->flags[i] & flag)
			bits_set(set, i);
}

static void add_by_life(const struct analysis *analysis, bool garbage, bool live, uint64_t *set)
{
	for (obj_id i = 0; i < analysis->snapshot->n_objects; i++)
		if (is_garbage(analysis, i) ? garbage : live)
			bits_set(set, i);
}

/* Live objects that no root but references of unknown C code leads to. */
static struct error *add_c_held(const struct analysis *analysis, uint64_t *set)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct name_roots roots = names_roots(analysis->names);
	uint32_t *others = calloc(roots.n + 1, sizeof(*others));
	uint64_t *reached = selection_set(analysis);
	struct error *error = others && reached ? NULL : &error_no_memory;
	uint32_t n = 0;
	for (uint32_t i = 0; !error && i < roots.n; i++) {
		bool is_c = !is_object(snapshot, roots.node[i]) &&
			    holder_get(snapshot, roots.node[i])->kind == NODE_C_HELD;
		if (!is_c)
			others[n++] = roots.node[i];
	}
	if (!error)
		error = graph_reach(&analysis->graph, others, n, reached);
	for (obj_id i = 0; !error && i < snapshot->n_objects; i++)
		if (!bits_get(reached, i) && !is_garbage(analysis, i))
			bits_set(set, i);
	free(others);
	free(reached);
	return error;
}

/* Objects that no other object refers to. */
static struct error *add_unreferred(const struct analysis *analysis, uint64_t *set)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint64_t *referred = selection_set(analysis);
	if (!referred)
		return &error_no_memory;
	for (obj_id from = 0; from < snapshot->n_objects; from++) {
		uint64_t end = snapshot->edge_start[from + 1];
		for (uint64_t e = snapshot->edge_start[from]; e < end; e++)
			if (snapshot->edge_to[e] != from)
				bits_set(referred, snapshot->edge_to[e]);
	}
	for (obj_id i = 0; i < snapshot->n_objects; i++)
		if (!bits_get(referred, i))
			bits_set(set, i);
	free(referred);
	return NULL;
}

/* ---- all of them ---- */

static bool is_address(const char *text)
{
	char *end;
	strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && !*end;
}

struct error *select_target(struct analysis *analysis, const char *target, uint64_t *set)
{
	bool is_type = false;
	if (is_address(target))
		return add_by_address(analysis->snapshot, target, set);
	struct error *error = add_by_type(analysis, target, false, &is_type, set);
	return error || is_type ? error : add_by_path(analysis, target, set);
}

static struct error *select_flag(struct analysis *analysis, enum word word, uint64_t *set)
{
	switch (word) {
	case WORD_ALL:
	case WORD_LIVE:
	case WORD_GARBAGE:
		add_by_life(analysis, word != WORD_LIVE, word != WORD_GARBAGE, set);
		return NULL;
	case WORD_TRACKED:
		add_by_flag(analysis->snapshot, OBJECT_TRACKED, set);
		return NULL;
	case WORD_STATIC:
		add_by_flag(analysis->snapshot, OBJECT_STATIC, set);
		return NULL;
	case WORD_IMMORTAL:
		add_by_flag(analysis->snapshot, OBJECT_IMMORTAL, set);
		return NULL;
	case WORD_FINALIZED:
		add_by_flag(analysis->snapshot, OBJECT_FINALIZED, set);
		return NULL;
	case WORD_C_HELD:
		return add_c_held(analysis, set);
	default:
		assert(word == WORD_UNREFERRED);
		return add_unreferred(analysis, set);
	}
}

struct error *select_word(
	struct analysis *analysis, enum word word, const char *value, uint64_t *set)
{
	bool is_any;
	switch (word) {
	case WORD_TYPE:
	case WORD_INSTANCE:
		return add_by_type(analysis, value, word == WORD_INSTANCE, &is_any, set);
	case WORD_MODULE:
		add_by_module(analysis->snapshot, value, set);
		return NULL;
	case WORD_CLASS:
		return add_by_class(analysis, BY_CLASS, value, set);
	case WORD_OWNER:
		return add_by_class(analysis, BY_OWNER, value, set);
	case WORD_REFERRERS:
		return add_by_class(analysis, BY_REFERRERS, value, set);
	case WORD_VIA:
		return add_by_class(analysis, BY_VIA, value, set);
	case WORD_GENERATION:
		return add_by_generation(analysis, value, set);
	case WORD_SIZE:
	case WORD_RETAINED:
	case WORD_LENGTH:
		return add_by_number(analysis, word, value, set);
	case WORD_ADDRESS:
		return add_by_address(analysis->snapshot, value, set);
	case WORD_PATH:
		return add_by_path(analysis, value, set);
	case WORD_AGE:
		return add_by_age(analysis->snapshot, value, set);
	case WORD_LINE:
		return add_by_line(analysis, value, set);
	case WORD_NEW_SINCE:
		return add_new_since(analysis, value, set);
	default:
		return select_flag(analysis, word, set);
	}
}
