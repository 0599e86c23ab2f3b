/*
 * `whymem dups`: what is there more than once, where it stands and what the
 * copies weigh. Values (str, bytes, int, float), structures (tuples, lists ...)
 * and dicts of one shape, that is with the same keys.
 *
 * Of very many copies an even sample is placed; counts are then estimates.
 */
#include "analysis/census.h"
#include "analysis/records.h"
#include "analysis/structures.h"
#include "answers/table.h"

#include <stdlib.h>

/* Copies of one kind that are placed. */
#define SAMPLE_MAX (1u << 18)

/* Places below this share of the copies of their kind go together. */
#define SPOT_SHARE 64
#define SPOT_BYTES 4096

/* Members of a place whose holders are asked. */
#define HOLDERS_SEEN 64

enum kind { KIND_VALUE, KIND_STRUCTURE, KIND_SHAPE };

static const char *const kind_names[] = {"value", "structure", "shape"};

struct dup {
	enum kind kind;
	uint32_t node;    /* where they stand; GRAPH_ROOT: elsewhere, in many places */
	uint32_t example; /* of those that weigh most together */
	uint64_t distinct, count, weight;
	char *path;
	const char *holder, *name;
};

struct dups {
	struct analysis *analysis;
	struct structures structures;
	struct repeats texts[RECORD_TEXTS];
	VEC(struct dup) rows;
	uint64_t *wanted; /* a bit a node: a path to it is asked for */
};

/* A crowd at one place. */
struct lot {
	enum kind kind;
	const struct crowd *crowd;
	const uint64_t *hashes; /* by member of the crowd */
	const uint32_t *index;
	size_t n;
};

struct counted {
	uint64_t hash;
	uint32_t node;
	uint64_t weight;
};

static int compare_counted(const void *a, const void *b)
{
	const struct counted *left = a, *right = b;
	if (left->hash != right->hash)
		return left->hash < right->hash ? -1 : 1;
	return (left->node > right->node) - (left->node < right->node);
}

/* How many different ones, and which of them weighs most. */
static bool count_distinct(const struct lot *lot, struct dup *dup)
{
	struct counted *counted = malloc(lot->n * sizeof(*counted));
	uint64_t *hashes = malloc(lot->n * sizeof(*hashes));
	uint64_t most = 0, weight = 0;
	for (size_t i = 0; counted && hashes && i < lot->n; i++) {
		uint32_t member = lot->index[i];
		hashes[i] = lot->hashes[member];
		counted[i] = (struct counted){lot->hashes[member], lot->crowd->nodes.data[member],
			lot->crowd->weights.data[member]};
	}
	bool ok = counted && hashes;
	if (ok) {
		qsort(counted, lot->n, sizeof(*counted), compare_counted);
		dup->distinct = estimate_distinct(hashes, lot->n, lot->crowd->stride);
	}
	for (size_t i = 0, first = 0; ok && i < lot->n; i++) {
		if (counted[i].hash != counted[first].hash) {
			first = i;
			weight = 0;
		}
		weight += counted[i].weight;
		if (weight > most || !i) {
			most = weight;
			dup->example = counted[first].node;
		}
	}
	free(counted);
	free(hashes);
	return ok;
}

/* The holder of most: pairs of different ones cancel out. */
static void vote_holder(const struct analysis *analysis, const struct lot *lot, struct dup *dup)
{
	unsigned count = 0;
	for (size_t i = 0; i < lot->n; i += lot->n / HOLDERS_SEEN + 1) {
		const char *holder, *name;
		find_holder(analysis, lot->crowd->nodes.data[lot->index[i]], &holder, &name);
		bool is_same = dup->holder == holder && dup->name == name;
		if (!count) {
			dup->holder = holder;
			dup->name = name;
		}
		count = is_same || !count ? count + 1 : count - 1;
	}
}

static struct error *add_lot(struct dups *dups, const struct lot *lot, uint32_t node)
{
	struct dup dup = {.kind = lot->kind, .node = node, .count = lot->n * lot->crowd->stride};
	for (size_t i = 0; i < lot->n; i++)
		dup.weight += lot->crowd->weights.data[lot->index[i]] * lot->crowd->stride;
	if (!lot->n || !dup.weight)
		return NULL;
	if (!count_distinct(lot, &dup))
		return &error_no_memory;
	if (node != GRAPH_ROOT) {
		vote_holder(dups->analysis, lot, &dup);
		bits_set(dups->wanted, node);
	}
	struct dup *slot = vec_add(&dups->rows);
	if (!slot)
		return &error_no_memory;
	*slot = dup;
	return NULL;
}

struct member {
	uint32_t index, node;
};

static int compare_members(const void *a, const void *b)
{
	const struct member *left = a, *right = b;
	if (left->node != right->node)
		return left->node < right->node ? -1 : 1;
	return (left->index > right->index) - (left->index < right->index);
}

/* By place: a spot, else what alone holds several, else elsewhere. */
static struct error *add_lots(struct dups *dups, enum kind kind, const struct crowd *crowd,
	const uint64_t *hashes, const struct spots *spots)
{
	size_t n = crowd->nodes.n;
	struct member *members = malloc((n + 1) * sizeof(*members));
	uint32_t *index = malloc((n + 1) * sizeof(*index));
	struct error *error = members && index ? NULL : &error_no_memory;
	for (size_t i = 0; !error && i < n; i++) {
		uint32_t spot = spots->of[i];
		members[i] = (struct member){
			(uint32_t)i, spot == SPOT_NONE ? GRAPH_ROOT : spots->data[spot].node};
	}
	if (!error && n)
		qsort(members, n, sizeof(*members), compare_members);
	for (size_t i = 0; !error && i < n; i++)
		index[i] = members[i].index;
	for (size_t i = 0, end; !error && i < n; i = end) {
		for (end = i + 1; end < n && members[end].node == members[i].node;)
			end++;
		struct lot lot = {kind, crowd, hashes, index + i, end - i};
		error = add_lot(dups, &lot, members[i].node);
	}
	free(members);
	free(index);
	return error;
}

/* Takes the crowd and the hashes of its members over. */
static struct error *add_crowd(
	struct dups *dups, enum kind kind, struct crowd *crowd, uint64_t *hashes)
{
	struct spots spots;
	uint64_t weight = 0;
	vec_foreach (&crowd->weights, own)
		weight += *own * crowd->stride;
	struct error *error = hashes ? spots_init(&spots, dups->analysis, crowd,
					       MAX(weight / SPOT_SHARE, SPOT_BYTES))
				     : &error_no_memory;
	if (!error) {
		error = add_lots(dups, kind, crowd, hashes, &spots);
		spots_deinit(&spots);
	}
	free(hashes);
	crowd_deinit(crowd);
	return error;
}

/* ---- the kinds ---- */

/* Copies of this share of the memory are all looked at. */
#define HEAVY_SHARE 4096

static struct error *sample_copies(
	const struct dups *dups, const struct repeats *repeats, struct copies *ret)
{
	return repeats_sample(repeats, dups->analysis, SAMPLE_MAX,
		dups->analysis->snapshot->total_bytes / HEAVY_SHARE + 1, ret);
}

static struct error *add_value_crowd(struct dups *dups, struct crowd *crowd)
{
	uint64_t *hashes = malloc((crowd->nodes.n + 1) * sizeof(*hashes));
	for (size_t i = 0; hashes && i < crowd->nodes.n; i++)
		hashes[i] = leaf_hash(dups->analysis->snapshot, crowd->nodes.data[i]);
	return add_crowd(dups, KIND_VALUE, crowd, hashes);
}

static struct error *add_values(struct dups *dups, const struct repeats *repeats)
{
	struct copies copies;
	struct error *error = sample_copies(dups, repeats, &copies);
	if (!error)
		error = add_value_crowd(dups, &copies.light);
	if (!error)
		error = add_value_crowd(dups, &copies.heavy);
	copies_deinit(&copies);
	return error;
}

static struct error *find_values(struct dups *dups)
{
	static const char *const names[] = {"str", "bytes", "int", "float"};
	struct error *error = NULL;
	for (size_t i = 0; !error && i < ARRAY_SIZE(names); i++) {
		struct repeats numbers = {0};
		struct repeats *repeats = i < RECORD_TEXTS ? &dups->texts[i] : &numbers;
		type_id type = census_find(dups->analysis->snapshot, "builtins", names[i]);
		if (type == TYPE_NONE)
			continue;
		error = repeats_of_type(repeats, dups->analysis, type);
		if (!error)
			error = add_values(dups, repeats);
		repeats_deinit(&numbers);
	}
	return error;
}

/* Of some copies those of one type. */
static struct error *add_structure_crowd(
	struct dups *dups, const struct repeats *repeats, const struct crowd *all, type_id type)
{
	struct crowd crowd = {.stride = all->stride};
	bool ok = true;
	for (size_t i = 0; ok && i < all->nodes.n; i++) {
		uint32_t node = all->nodes.data[i];
		if (dups->analysis->snapshot->type[node] == type &&
			structures_is_whole(&dups->structures, repeats, node))
			ok = crowd_add(&crowd, node, all->weights.data[i]);
	}
	uint64_t *hashes = ok ? malloc((crowd.nodes.n + 1) * sizeof(*hashes)) : NULL;
	for (size_t i = 0; hashes && i < crowd.nodes.n; i++)
		hashes[i] = dups->structures.hash[crowd.nodes.data[i]];
	return add_crowd(dups, KIND_STRUCTURE, &crowd, hashes);
}

static struct error *add_structures(struct dups *dups, const struct repeats *repeats)
{
#define X(name) name,
	static const char *const names[] = {STRUCTURES(X)};
#undef X
	struct copies copies;
	struct error *error = sample_copies(dups, repeats, &copies);
	for (size_t i = 0; !error && i < ARRAY_SIZE(names); i++) {
		type_id type = census_find(dups->analysis->snapshot, "builtins", names[i]);
		error = add_structure_crowd(dups, repeats, &copies.light, type);
		if (!error)
			error = add_structure_crowd(dups, repeats, &copies.heavy, type);
	}
	copies_deinit(&copies);
	return error;
}

static struct error *find_structures(struct dups *dups)
{
	struct repeats repeats = {0};
	struct error *error = structures_init(&dups->structures, dups->analysis);
	if (!error)
		error = structures_repeats(&dups->structures, &repeats);
	if (!error)
		error = add_structures(dups, &repeats);
	repeats_deinit(&repeats);
	return error;
}

static struct error *find_shapes(struct dups *dups)
{
	struct census census;
	const struct snapshot *snapshot = dups->analysis->snapshot;
	type_id type = census_find(snapshot, "builtins", "dict");
	struct error *error =
		type == TYPE_NONE ? NULL : census_init(&census, dups->analysis, 1, SAMPLE_MAX);
	if (error || type == TYPE_NONE)
		return error;
	const struct census_type *dicts = &census.types[type];
	struct crowd crowd = {.stride = MAX(dicts->stride, 1)};
	uint64_t *hashes = malloc((dicts->sample.n + 1) * sizeof(*hashes));
	bool ok = hashes != NULL;
	for (size_t i = 0; ok && i < dicts->sample.n; i++) {
		struct record record;
		uint32_t dict = dicts->sample.data[i];
		if (!record_read(dups->analysis, dups->texts, dict, &record))
			continue;
		hashes[crowd.nodes.n] = record.shape;
		ok = crowd_add(
			&crowd, dict, record.dict_bytes + record.key_bytes + record.value_bytes);
	}
	census_deinit(&census);
	if (ok)
		return add_crowd(dups, KIND_SHAPE, &crowd, hashes);
	free(hashes);
	crowd_deinit(&crowd);
	return &error_no_memory;
}

/* ---- rows ---- */

static struct error *render(const struct dups *dups, const struct paths *paths, struct dup *dup)
{
	struct path path = {0};
	struct text text _cleanup_text_ = {0};
	struct error *error = paths_get(paths, dups->analysis, dup->node, &path);
	if (error)
		return error;
	names_render(dups->analysis->names, &path, &text);
	path_deinit(&path);
	error = text_finish(&text);
	if (!error && !(dup->path = strdup(text_get(&text))))
		error = &error_no_memory;
	return error;
}

static struct error *name_rows(struct dups *dups)
{
	struct paths paths = {0};
	bool any = false;
	vec_foreach (&dups->rows, dup)
		any = any || dup->node != GRAPH_ROOT;
	struct error *error = any ? paths_init(&paths, dups->analysis, dups->wanted, NULL) : NULL;
	vec_foreach (&dups->rows, dup)
		if (!error && dup->node != GRAPH_ROOT)
			error = render(dups, &paths, dup);
	paths_deinit(&paths);
	return error;
}

static int compare_dups(const void *a, const void *b)
{
	const struct dup *left = a, *right = b;
	if (left->weight != right->weight)
		return left->weight > right->weight ? -1 : 1;
	int order = strcmp(left->path ? left->path : "", right->path ? right->path : "");
	if (order)
		return order;
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	return (left->example > right->example) - (left->example < right->example);
}

static void set_row(const struct dups *dups, const struct dup *dup, struct row *row)
{
	const struct snapshot *snapshot = dups->analysis->snapshot;
	row_set_text(row, "kind", kind_names[dup->kind]);
	row_set_text(row, "type", names_type(snapshot, dup->example));
	row_set_u64(row, "distinct_count", dup->distinct);
	row_set_u64(row, "copy_count", dup->count);
	row_set_u64(row, "waste_bytes", dup->weight);
	row_set_text(row, "path", dup->path);
	if (dup->holder && dup->name)
		row_set_format(row, "held_as", "%s.%s", dup->holder, dup->name);
	else
		row_set_text(row, "held_as", dup->holder);
	row_set_u64(row, "length_bytes", size_of(snapshot, dup->example));
	row_set_address(row, snapshot, dup->example);
}

static void set_rows(
	const struct dups *dups, const struct answer_options *options, struct row *root)
{
	struct table *table = row_add_table(root, "rows");
	size_t n_shown = rows_shown(options, dups->rows.n);
	uint64_t n_copies = 0, n_bytes = 0;
	for (size_t i = 0; i < dups->rows.n; i++) {
		const struct dup *dup = &dups->rows.data[i];
		if (i < n_shown) {
			set_row(dups, dup, table_add(table));
			continue;
		}
		n_copies += dup->count;
		n_bytes += dup->weight;
	}
	struct row *rest = row_add_row(root, "rest");
	row_set_u64(rest, "row_count", dups->rows.n - n_shown);
	row_set_u64(rest, "copy_count", n_copies);
	row_set_u64(rest, "waste_bytes", n_bytes);
}

static void dups_deinit(struct dups *dups)
{
	structures_deinit(&dups->structures);
	for (size_t i = 0; i < RECORD_TEXTS; i++)
		repeats_deinit(&dups->texts[i]);
	vec_foreach (&dups->rows, dup)
		free(dup->path);
	vec_deinit(&dups->rows);
	free(dups->wanted);
}

struct error *answer_dups(
	struct analysis *analysis, const struct answer_options *options, struct row *root)
{
	struct error *error = analysis_dominators(analysis);
	if (error)
		return error;
	struct dups dups = {
		.analysis = analysis,
		.wanted = calloc(words_of(analysis), sizeof(uint64_t)),
	};
	error = dups.wanted ? find_values(&dups) : &error_no_memory;
	if (!error)
		error = find_structures(&dups);
	if (!error)
		error = find_shapes(&dups);
	if (!error)
		error = name_rows(&dups);
	if (!error) {
		if (dups.rows.n)
			qsort(dups.rows.data, dups.rows.n, sizeof(*dups.rows.data), compare_dups);
		set_rows(&dups, options, root);
	}
	dups_deinit(&dups);
	return error;
}
