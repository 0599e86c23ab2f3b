#include "answers/moment.h"

#include "answers/verdict.h"

#include <assert.h>
#include <stdlib.h>
#include <xxhash.h>

/* ---- rows ---- */

static struct error *copy_text(char **to, const char *text)
{
	*to = text ? strdup(text) : NULL;
	return text && !*to ? &error_no_memory : NULL;
}

/* The path with [*] for each index, when that is another. */
static struct error *merge_path(
	struct moment_row *row, const struct analysis *analysis, const struct holder *holder)
{
	struct text text _cleanup_text_ = {0};
	struct path path = holder->path;
	bool *merged = malloc((size_t)path.n + 1);
	if (!merged)
		return &error_no_memory;
	for (uint32_t i = 0; i < path.n; i++)
		merged[i] =
			path.merged[i] || analysis->snapshot->edge_kind[path.edge[i]] == EDGE_INDEX;
	path.merged = merged;
	names_render(analysis->names, &path, &text);
	free(merged);
	struct error *error = text_finish(&text);
	assert(row->path);
	if (!error && strcmp(text_get(&text), row->path) != 0)
		error = copy_text(&row->merged, text_get(&text));
	return error;
}

static void set_bound(struct moment_row *row, const struct snapshot *snapshot, uint32_t node)
{
	row->bound = UINT64_MAX;
	if (row->is_group || !is_object(snapshot, node))
		return;
	uint64_t most;
	bool has_maxsize = snapshot_fact(snapshot, node, FACT_LRU_MAXSIZE, &most);
	row->is_bounded = (has_maxsize && most != UINT64_MAX) ||
			  snapshot_fact(snapshot, node, FACT_MAXLEN, &most);
	if (row->is_bounded)
		row->bound = most;
}

static struct error *row_init(struct moment_row *row, const struct analysis *analysis,
	const struct outline *outline, const struct holder *holder)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct location location = names_location(analysis->names, &holder->path);
	char fingerprint[FINGERPRINT_SIZE];
	struct error *error = names_fingerprint(analysis->names, &holder->path, fingerprint);
	if (error)
		return error;
	row->key = strtoull(fingerprint, NULL, 16);
	row->is_group = holder->is_group;
	row->address = !holder->is_group && is_object(snapshot, holder->retainer)
			       ? snapshot->address[holder->retainer]
			       : 0;
	row->type_hash = outline_type(snapshot, holder->retainer);
	row->entry = holder->is_group || !outline ? OUTLINE_NONE
						  : outline_of_node(outline, holder->retainer);
	row->line = location.line;
	row->count = holder->item_count;
	row->n_bytes = holder->retained_bytes;
	set_bound(row, snapshot, holder->node);
	error = copy_text(&row->path, holder->text);
	if (!error)
		error = merge_path(row, analysis, holder);
	if (!error)
		error = copy_text(&row->type, names_type(snapshot, holder->node));
	if (!error)
		error = copy_text(&row->module, names_module(analysis->names, &holder->path));
	return error ? error : copy_text(&row->file, location.file);
}

static struct error *set_origin(
	struct moment_row *row, const struct snapshot *snapshot, const struct origin *origin)
{
	if (origin->line == ORIGIN_UNKNOWN)
		return NULL;
	const struct snap_trace_frame *frame = &snapshot->trace_frames.data[origin->line];
	row->origin.line = frame->line;
	row->origin.n_bytes = origin->n_bytes;
	struct error *error = copy_text(&row->origin.file, names_string(snapshot, frame->file));
	return error ? error
		     : copy_text(&row->origin.function, names_string(snapshot, frame->function));
}

struct error *moment_rows_add(struct moment_rows *rows, struct analysis *analysis,
	const struct outline *outline, const struct holders *holders, const uint64_t *set)
{
	struct origin *origins = calloc(holders->n + 1, sizeof(*origins));
	struct error *error =
		origins ? origins_of_holders(analysis, holders, holders->n, set, origins)
			: &error_no_memory;
	for (size_t i = 0; !error && i < holders->n; i++) {
		struct moment_row *row = vec_add(rows);
		error = row ? row_init(row, analysis, outline, &holders->data[i])
			    : &error_no_memory;
		if (!error)
			error = set_origin(row, analysis->snapshot, &origins[i]);
	}
	free(origins);
	return error;
}

void moment_row_deinit(struct moment_row *row)
{
	free(row->path);
	free(row->merged);
	free(row->type);
	free(row->module);
	free(row->file);
	free(row->origin.file);
	free(row->origin.function);
}

void moment_rows_deinit(struct moment_rows *rows)
{
	vec_foreach (rows, row)
		moment_row_deinit(row);
	vec_deinit(rows);
}

static int compare_keys(const void *a, const void *b)
{
	const struct moment_row *left = a, *right = b;
	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	if (left->n_bytes != right->n_bytes)
		return left->n_bytes > right->n_bytes ? -1 : 1;
	return strcmp(left->path, right->path);
}

static void sort_rows(struct moment_rows *rows)
{
	if (rows->n)
		qsort(rows->data, rows->n, sizeof(struct moment_row), compare_keys);
}

static size_t first_of(const struct moment_rows *rows, uint64_t key)
{
	return partition_point(i, 0, rows->n, rows->data[i].key < key);
}

/* ---- holders ---- */

/* A group of fewer bytes than this share of everything live is no row. */
#define SMALL_GROUP 100

static struct error *add_holders(
	struct moment *moment, struct analysis *analysis, const struct holders *holders)
{
	struct error *error =
		moment_rows_add(&moment->holders, analysis, &moment->outline, holders, NULL);
	if (error)
		return error;
	vec_foreach (&moment->holders, row)
		row->is_small = row->is_group && row->n_bytes < analysis->live.weight / SMALL_GROUP;
	sort_rows(&moment->holders);
	return NULL;
}

static struct error *judge(
	struct moment *moment, const struct analysis *analysis, const struct holders *holders)
{
	static const struct findings none;
	struct verdict verdict;
	struct error *error = verdict_init(&verdict, analysis, &moment->account, holders, &none);
	if (!error) {
		moment->verdict_kind = verdict.kind;
		moment->verdict_part = verdict.part;
		moment->verdict_bytes = verdict.n_bytes;
		error = copy_text(&moment->verdict_text, text_get(&verdict.text));
	}
	if (!error && verdict.holder)
		error = copy_text(&moment->verdict_path, verdict.holder->text);
	verdict_deinit(&verdict);
	return error;
}

static struct error *find_holders(struct moment *moment, struct analysis *analysis)
{
	struct holders holders;
	struct error *error = outline_init(&moment->outline, analysis);
	if (!error)
		error = holders_init_with_small_groups(&holders, analysis);
	if (error)
		return error;
	error = add_holders(moment, analysis, &holders);
	if (!error)
		error = judge(moment, analysis, &holders);
	holders_deinit(&holders);
	return error;
}

/* ---- classes ---- */

uint64_t class_key(const char *module, const char *name)
{
	uint64_t seed = module ? XXH3_64bits(module, strlen(module)) : 1;
	return name ? XXH3_64bits_withSeed(name, strlen(name), seed) : seed;
}

struct error *class_row_name(
	struct moment_row *row, const struct population *population, enum by by)
{
	struct text text _cleanup_text_ = {0};
	const char *module = population->module;
	bool is_qualified = module && by != BY_MODULE && strcmp(module, "builtins") != 0;
	if (is_qualified)
		text_format(&text, "%s.", module);
	text_add_string(&text, population->name ? population->name : "unknown");
	struct error *error = text_finish(&text);
	if (!error)
		error = copy_text(&row->path, text_get(&text));
	row->line = population->line;
	if (!error)
		error = copy_text(&row->file, population->file);
	if (!error && by == BY_LINE)
		error = copy_text(&row->type, population->function);
	else if (!error && by != BY_MODULE)
		error = copy_text(&row->type, population->name);
	return error ? error : copy_text(&row->module, module);
}

static struct error *find_classes(struct moment *moment, struct analysis *analysis, enum by by)
{
	struct classes classes;
	struct error *error = classes_init(&classes, analysis, by, NULL);
	if (error)
		return error;
	for (size_t i = 0; !error && i < classes.rows.n; i++) {
		const struct population *population = &classes.rows.data[i];
		struct moment_row *row = vec_add(&moment->classes);
		if (!row) {
			error = &error_no_memory;
			break;
		}
		row->key = class_key(population->module, population->name);
		row->entry = OUTLINE_NONE;
		row->count = population->count;
		row->n_bytes = population->self_bytes;
		error = class_row_name(row, population, by);
	}
	classes_deinit(&classes, analysis);
	if (!error)
		sort_rows(&moment->classes);
	return error;
}

/* ---- the whole ---- */

static struct error *measure(
	struct moment *moment, struct analysis *analysis, const struct moment_options *options)
{
	struct error *error = NULL;
	for (size_t i = 0; !error && i < options->n_expectations; i++)
		error = expectation_measure(
			&options->expectations[i], analysis, &moment->values[i]);
	return error;
}

struct error *moment_init(
	struct moment *moment, struct analysis *analysis, const struct moment_options *options)
{
	const struct snapshot *snapshot = analysis->snapshot;
	*moment = (struct moment){
		.pid = snapshot->pid,
		.started_unix_ns = snapshot->started_unix_ns,
		.captured_unix_ns = snapshot->captured_unix_ns,
		.rss_bytes = snapshot->rss_bytes,
		.total_bytes = snapshot->total_bytes,
		.limit_bytes = snapshot->cgroup_limit_bytes,
		.used_bytes = snapshot->cgroup_used_bytes,
		.n_objects = snapshot->n_objects,
	};
	struct error *error = analysis_dominators(analysis);
	if (!error) {
		account_init(&moment->account, analysis);
		error = find_holders(moment, analysis);
	}
	if (!error && options->has_classes)
		error = find_classes(moment, analysis, options->by);
	if (!error)
		error = measure(moment, analysis, options);
	if (error)
		moment_deinit(moment);
	return error;
}

void moment_deinit(struct moment *moment)
{
	outline_deinit(&moment->outline);
	moment_rows_deinit(&moment->holders);
	moment_rows_deinit(&moment->classes);
	free(moment->verdict_path);
	free(moment->verdict_text);
	*moment = (struct moment){0};
}

bool moment_is_same_process(const struct moment *a, const struct moment *b)
{
	return a->pid == b->pid && a->started_unix_ns == b->started_unix_ns;
}

/* ---- look-ups ---- */

static void add_standing(struct standing *standing, uint64_t n_bytes, uint64_t count)
{
	standing->n++;
	standing->n_bytes += n_bytes;
	if (count != UINT64_MAX)
		standing->count = count + (standing->count == UINT64_MAX ? 0 : standing->count);
}

/* Rows of the same place add up. */
static struct standing sum_rows(const struct moment_rows *rows, uint64_t key, bool is_group)
{
	struct standing standing = {.count = UINT64_MAX, .entry = OUTLINE_NONE};
	for (size_t i = first_of(rows, key); i < rows->n && rows->data[i].key == key; i++) {
		const struct moment_row *row = &rows->data[i];
		if (row->is_group != is_group)
			continue;
		standing.entry = row->entry;
		add_standing(&standing, row->n_bytes, row->count);
	}
	return standing;
}

static struct standing sum_outline(const struct outline *outline, const struct moment_row *row)
{
	struct outline_sum sum = outline_sum(outline, row->key);
	struct standing standing = {sum.n_bytes, sum.item_count, sum.n, OUTLINE_NONE};
	if (!sum.n)
		return standing;
	struct outline_range range = outline_of_fingerprint(outline, row->key);
	standing.entry = outline->by_fingerprint[range.begin];
	if (row->is_group)
		standing.count = sum.n;
	return standing;
}

struct standing moment_standing(
	const struct moment *moment, const struct moment_row *row, bool is_same_process)
{
	const struct outline *outline = &moment->outline;
	struct standing standing = {0};
	if (row->is_group)
		standing = sum_rows(&moment->holders, row->key, true);
	if (!standing.n)
		standing = sum_outline(outline, row);
	if (!standing.n)
		standing = sum_rows(&moment->holders, row->key, row->is_group);
	if (standing.n || !is_same_process)
		return standing;
	uint32_t entry = outline_of_address(outline, row->address, row->type_hash);
	if (entry == OUTLINE_NONE)
		return standing;
	standing.entry = entry;
	add_standing(&standing, outline->data[entry].n_bytes, outline->data[entry].item_count);
	return standing;
}

struct standing moment_class(const struct moment *moment, uint64_t key)
{
	return sum_rows(&moment->classes, key, false);
}
