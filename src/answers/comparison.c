#include "answers/comparison.h"

#include "analysis/identity.h"
#include "analysis/origins.h"
#include "answers/growth.h"
#include "answers/survivors.h"

#include <stdlib.h>

enum { FIRST, MIDDLE, LAST, N_MOMENTS };

struct comparison {
	struct comparison_options options;
	struct moment_options moment_options;
	struct moment moments[N_MOMENTS];
	bool has[N_MOMENTS];
	uint32_t n_added, middle; /* `middle`: number of the second of three, UINT32_MAX: none */
	struct readings readings;
	struct identities identities; /* of all objects at first, then of those made since */
	struct survivors survivors;   /* of the last capture, once has_survivors */
	bool has_identities, has_made, has_survivors;
	uint64_t n_made, made_bytes;
};

static struct error *choose_classes(struct moment_options *options, const char *by)
{
	static const char *const choices[] = {"type", "class", "module", "line"};
	if (!by || !strcmp(by, "holder"))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		if (strcmp(by, choices[i]) != 0)
			continue;
		options->has_classes = true;
		by_find(by, &options->by);
		return NULL;
	}
	return error_create(ERROR_USAGE, 0, "use holder, type, class, module or line",
		"growth cannot be told apart by %s", by);
}

struct error *comparison_create(const struct comparison_options *options, struct comparison **ret)
{
	struct moment_options moment_options = {
		.expectations = options->expectations,
		.n_expectations = options->n_expectations,
	};
	struct error *error = choose_classes(&moment_options, options->by);
	if (error)
		return error;
	struct comparison *comparison = calloc(1, sizeof(*comparison));
	if (!comparison)
		return &error_no_memory;
	comparison->options = *options;
	comparison->moment_options = moment_options;
	comparison->middle = options->n_planned >= 3 ? options->n_planned / 2 : UINT32_MAX;
	*ret = comparison;
	return NULL;
}

void comparison_destroy(struct comparison *comparison)
{
	if (!comparison)
		return;
	for (unsigned i = 0; i < N_MOMENTS; i++)
		moment_deinit(&comparison->moments[i]);
	readings_deinit(&comparison->readings);
	identities_deinit(&comparison->identities);
	survivors_deinit(&comparison->survivors);
	free(comparison);
}

uint32_t comparison_count(const struct comparison *comparison)
{
	return comparison->n_added;
}

bool comparison_is_other(const struct comparison *comparison, const struct snapshot *snapshot)
{
	const struct moment *first = &comparison->moments[FIRST];
	return comparison->has[FIRST] &&
	       (first->pid != snapshot->pid || first->started_unix_ns != snapshot->started_unix_ns);
}

/* ---- captures ---- */

/* The objects that are not among the identities take their place. */
static struct error *find_made(struct comparison *comparison, const struct analysis *analysis)
{
	const struct snapshot *snapshot = analysis->snapshot;
	uint64_t *set = calloc(words_of(analysis), sizeof(uint64_t));
	struct identities made = {0};
	struct error *error =
		set ? identities_find(&comparison->identities, snapshot, set) : &error_no_memory;
	identities_deinit(&comparison->identities);
	if (!error) {
		for (size_t i = 0; i < words_of(analysis); i++)
			set[i] = ~set[i];
		for (obj_id i = 0; i < snapshot->n_objects; i++)
			if (bits_get(set, i))
				comparison->made_bytes += weight_of(analysis, i);
		error = identities_init(&made, snapshot, set);
	}
	free(set);
	if (error)
		return error;
	comparison->n_made = made.n;
	comparison->identities = made;
	comparison->has_made = true;
	return NULL;
}

static struct error *find_survivors(struct comparison *comparison, struct analysis *analysis)
{
	uint64_t *set = calloc(words_of(analysis), sizeof(uint64_t));
	struct error *error =
		set ? identities_find(&comparison->identities, analysis->snapshot, set)
		    : &error_no_memory;
	survivors_deinit(&comparison->survivors);
	comparison->has_survivors = false;
	if (!error)
		error = survivors_init(&comparison->survivors, analysis, set,
			comparison->moment_options.has_classes, comparison->moment_options.by);
	free(set);
	comparison->has_survivors = !error;
	return error;
}

/* Objects are followed within one process only. */
static struct error *follow_objects(
	struct comparison *comparison, struct analysis *analysis, uint32_t number)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct error *error = NULL;
	if (number == 0 && comparison->middle != UINT32_MAX) {
		error = identities_init(&comparison->identities, snapshot, NULL);
		comparison->has_identities = !error;
		return error;
	}
	if (!comparison->has_identities)
		return NULL;
	if (comparison_is_other(comparison, snapshot)) {
		identities_deinit(&comparison->identities);
		comparison->has_identities = comparison->has_survivors = false;
		return NULL;
	}
	if (number == comparison->middle)
		return find_made(comparison, analysis);
	return number > comparison->middle ? find_survivors(comparison, analysis) : NULL;
}

struct error *comparison_add(struct comparison *comparison, struct analysis *analysis)
{
	uint32_t number = comparison->n_added;
	struct moment moment;
	if (comparison->moment_options.by == BY_LINE && !is_traced(analysis->snapshot))
		return error_create(ERROR_USAGE, 0,
			"start the program with whymem run, or use --by holder",
			"nobody knows which lines allocated: the process was not traced");
	struct error *error = moment_init(&moment, analysis, &comparison->moment_options);
	if (error)
		return error;
	error = readings_add(&comparison->readings, &moment);
	if (!error)
		error = follow_objects(comparison, analysis, number);
	if (error) {
		moment_deinit(&moment);
		return error;
	}
	unsigned slot = number == 0 ? FIRST : number == comparison->middle ? MIDDLE : LAST;
	moment_deinit(&comparison->moments[slot]);
	comparison->moments[slot] = moment;
	comparison->has[slot] = true;
	comparison->n_added++;
	return NULL;
}

/* ---- the document ---- */

static const struct moment *last_of(const struct comparison *comparison)
{
	return &comparison->moments[comparison->n_added - 1 == comparison->middle ? MIDDLE : LAST];
}

static void add_capture(struct table *table, const struct moment *moment)
{
	struct row *row = table_add(table);
	row_set_u64(row, "captured_unix_ns", moment->captured_unix_ns);
	row_set_u64(row, "rss_bytes", moment->rss_bytes);
	row_set_u64(row, "object_count", moment->n_objects);
	row_set_u64(row, "total_bytes", moment->total_bytes);
	row_set_u64(row, "pid", moment->pid);
}

static void set_captures(const struct comparison *comparison, struct row *root)
{
	const struct moment *first = &comparison->moments[FIRST], *last = last_of(comparison);
	const struct moment *middle = &comparison->moments[MIDDLE];
	struct table *table = row_add_table(root, "captures");
	add_capture(table, first);
	if (comparison->has[MIDDLE] && middle != last)
		add_capture(table, middle);
	add_capture(table, last);
	row_set_u64(root, "capture_count", comparison->n_added);
	row_set_bool(root, "same_process", moment_is_same_process(first, last));
}

static void set_account(const struct moment *first, const struct moment *last, struct row *root)
{
	struct table *table = row_add_table(root, "account");
	for (size_t i = 0; i < last->account.n; i++) {
		const struct account_part *part = &last->account.parts[i];
		uint64_t before = account_get(&first->account, part->name);
		struct row *row = table_add(table);
		row_set_text(row, "part", part->name);
		row_set_u64(row, "before_bytes", before);
		row_set_u64(row, "after_bytes", part->n_bytes);
		row_set_int(row, "delta_bytes", (int64_t)(part->n_bytes - before));
	}
}

static void set_delta(struct row *row, uint64_t before, uint64_t after)
{
	if (before == UINT64_MAX || after == UINT64_MAX)
		row_set_null(row, "delta_count");
	else
		row_set_int(row, "delta_count", (int64_t)(after - before));
}

static void set_change(const struct change *change, struct row *row)
{
	const struct moment_row *from = change->row;
	row_set_text(row, "path", change->path);
	row_set_text(row, "type", from->type);
	if (from->key && from->file)
		row_set_text(row, "file", from->file);
	else
		row_set_null(row, "file");
	row_set_u64(row, "line", from->line ? from->line : UINT64_MAX);
	row_set_text(row, "module", from->module);
	row_set_format(row, "fingerprint", "%016llx", (unsigned long long)from->key);
	row_set_u64(row, "before_count", change->before_count);
	row_set_u64(row, "after_count", change->after_count);
	set_delta(row, change->before_count, change->after_count);
	row_set_u64(row, "before_bytes", change->before_bytes);
	row_set_u64(row, "after_bytes", change->after_bytes);
	row_set_int(row, "delta_bytes", change_bytes(change));
	row_set_u64(row, "bound_count", from->is_bounded ? from->bound : UINT64_MAX);
}

static void set_changes(const struct comparison *comparison, const struct changes *changes,
	const char *name, const char *rest_name, int64_t unplaced, struct row *root)
{
	struct table *table = row_add_table(root, name);
	uint32_t top = comparison->options.top;
	size_t n = top ? MIN(changes->n, top) : changes->n;
	assert(changes->data || !n);
	for (size_t i = 0; i < n; i++)
		set_change(&changes->data[i], table_add(table));
	int64_t cut = unplaced;
	for (size_t i = n; i < changes->n; i++)
		cut += change_bytes(&changes->data[i]);
	struct row *rest = row_add_row(root, rest_name);
	row_set_u64(rest, "row_count", changes->n - n);
	row_set_int(rest, "delta_bytes", cut);
}

/* Rows of survivors: there were none before. */
static struct error *set_survivors(const struct comparison *comparison, struct row *root)
{
	const struct survivors *survivors = &comparison->survivors;
	struct changes changes = {0};
	uint64_t placed = 0;
	struct row *made = row_add_row(root, "made");
	row_set_u64(made, "count", comparison->n_made);
	row_set_u64(made, "bytes", comparison->made_bytes);
	row_set_u64(made, "alive_count", survivors->count);
	row_set_u64(made, "alive_bytes", survivors->n_bytes);
	for (size_t i = 0; i < survivors->rows.n; i++) {
		const struct moment_row *row = &survivors->rows.data[i];
		struct change *change = vec_add(&changes);
		if (!change)
			break;
		*change = (struct change){
			.row = row,
			.path = row->path,
			.after_bytes = row->n_bytes,
			.after_count = row->count,
		};
		placed += row->n_bytes;
	}
	bool ok = changes.n == survivors->rows.n;
	if (ok)
		set_changes(comparison, &changes, "rows", "rest",
			(int64_t)(survivors->n_bytes - MIN(placed, survivors->n_bytes)), root);
	vec_deinit(&changes);
	return ok ? NULL : &error_no_memory;
}

static void set_verdict(const struct trend *trend, struct row *root)
{
	struct row *row = row_add_row(root, "verdict");
	row_set_text(row, "kind", trend->kind);
	row_set_text(row, "basis", "growth");
	row_set_text(row, "part", trend->part);
	row_set_text(row, "path", trend->path);
	row_set_u64(row, "bytes", trend->n_bytes);
	row_set_text(row, "text", text_get(&trend->text));
	if (trend->has_rate)
		row_set_int(row, "rate_bytes_per_hour", trend->rate_bytes_per_hour);
	else
		row_set_null(row, "rate_bytes_per_hour");
	row_set_u64(row, "limit_seconds_left", trend->limit_seconds_left);
}

static void set_expectations(const struct comparison *comparison, struct row *root, bool *ok_ret)
{
	const struct moment *first = &comparison->moments[FIRST], *last = last_of(comparison);
	struct table *table = row_add_table(root, "expect");
	for (size_t i = 0; i < comparison->options.n_expectations; i++)
		*ok_ret &= expectation_fill(&comparison->options.expectations[i], &first->values[i],
			&last->values[i], table_add(table));
}

static struct error *set_rows(
	const struct comparison *comparison, const struct changes *holders, struct row *root)
{
	const struct moment *first = &comparison->moments[FIRST], *last = last_of(comparison);
	bool has_classes = comparison->moment_options.has_classes;
	struct changes classes = {0};
	struct error *error = NULL;
	row_set_text(root, "by", has_classes ? by_name(comparison->moment_options.by) : "holder");
	if (has_classes)
		error = changes_of_classes(&classes, first, last);
	if (error)
		return error;
	const struct changes *changes = has_classes ? &classes : holders;
	if (comparison->has_survivors) {
		set_changes(comparison, changes, "growth", "growth_rest", 0, root);
		error = set_survivors(comparison, root);
	} else {
		set_changes(comparison, changes, "rows", "rest", 0, root);
	}
	vec_deinit(&classes);
	return error;
}

struct error *comparison_answer(struct comparison *comparison, struct row *root, bool *ok_ret)
{
	assert(comparison->n_added >= 2);
	const struct moment *first = &comparison->moments[FIRST], *last = last_of(comparison);
	struct changes holders;
	struct trend trend = {0};
	*ok_ret = true;
	struct error *error = changes_of_holders(&holders, first, last);
	if (error)
		return error;
	set_captures(comparison, root);
	set_account(first, last, root);
	error = set_rows(comparison, &holders, root);
	if (!error)
		error = trend_init(&trend, &comparison->readings, &holders, first, last);
	if (!error)
		set_verdict(&trend, root);
	set_expectations(comparison, root, ok_ret);
	trend_deinit(&trend);
	vec_deinit(&holders);
	return error;
}
