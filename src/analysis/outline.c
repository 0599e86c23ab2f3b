#include "analysis/outline.h"

#include "analysis/account.h"

#include <stdlib.h>
#include <xxhash.h>

/* Entries at most; what retains least gives way. */
#define ENTRIES_MAX 32768
#define LEAST_BYTES_MIN 512

/* Deeper in the dominator tree there are only links of chains. */
#define DEPTH_MAX 48
#define DEPTH_UNKNOWN 0

uint32_t outline_type(const struct snapshot *snapshot, uint32_t node)
{
	if (!is_object(snapshot, node))
		return holder_get(snapshot, node)->kind;
	const struct snap_type *type = &snapshot->types.data[snapshot->type[node]];
	const char *module = snapshot_string(snapshot, type->module);
	const char *name = snapshot_string(snapshot, type->name);
	uint64_t seed = XXH3_64bits(module, strlen(module));
	return (uint32_t)XXH3_64bits_withSeed(name, strlen(name), seed);
}

/* ---- which nodes ---- */

struct choice {
	const struct analysis *analysis;
	uint8_t *depth; /* by node: 1 at the top, DEPTH_MAX + 1 at the most */
	VEC(uint32_t) way;
	bool failed;
};

static uint8_t depth_of(struct choice *choice, uint32_t node)
{
	choice->way.n = 0;
	uint8_t depth = 0;
	for (; node < GRAPH_UNREACHED; node = choice->analysis->idom[node]) {
		depth = choice->depth[node];
		if (depth != DEPTH_UNKNOWN)
			break;
		uint32_t *slot = vec_add(&choice->way);
		if (!slot) {
			choice->failed = true;
			return DEPTH_MAX + 1;
		}
		*slot = node;
	}
	for (size_t i = choice->way.n; i-- > 0;) {
		depth = (uint8_t)MIN(depth + 1, DEPTH_MAX + 1);
		choice->depth[choice->way.data[i]] = depth;
	}
	return depth;
}

static bool is_in(struct choice *choice, uint32_t node, uint64_t least)
{
	return retained_of(choice->analysis, node) >= least && depth_of(choice, node) <= DEPTH_MAX;
}

/* Nodes by the logarithm of what they retain. */
static uint64_t choose_least(struct choice *choice)
{
	uint64_t n_of_size[64] = {0}, n = 0;
	for (uint32_t i = 0; !choice->failed && i < choice->analysis->graph.n; i++)
		if (is_in(choice, i, LEAST_BYTES_MIN))
			n_of_size[63 - __builtin_clzll(retained_of(choice->analysis, i))]++;
	for (unsigned size = 63; size > 0; size--) {
		n += n_of_size[size];
		if (n > ENTRIES_MAX)
			return 2ull << size;
	}
	return LEAST_BYTES_MIN;
}

static struct error *choose(struct outline *outline, const struct analysis *analysis)
{
	struct choice choice = {
		.analysis = analysis, .depth = analysis_alloc(analysis, sizeof(uint8_t))};
	if (!choice.depth)
		return &error_no_memory;
	outline->least_bytes = choose_least(&choice);
	for (uint32_t i = 0; !choice.failed && i < analysis->graph.n; i++) {
		if (!is_in(&choice, i, outline->least_bytes))
			continue;
		struct outline_entry *entry = vec_add(outline);
		if (entry)
			entry->node = i;
		else
			choice.failed = true;
	}
	analysis_free(analysis, choice.depth, sizeof(uint8_t));
	vec_deinit(&choice.way);
	return choice.failed ? &error_no_memory : NULL;
}

/* ---- what is told of them ---- */

static struct error *fill_entry(struct outline *outline, const struct analysis *analysis,
	const struct paths *paths, struct outline_entry *entry)
{
	const struct snapshot *snapshot = analysis->snapshot;
	char fingerprint[FINGERPRINT_SIZE];
	struct path path = {0};
	struct error *error = holder_path(analysis, paths, entry->node, &path);
	if (!error)
		error = names_fingerprint(analysis->names, &path, fingerprint);
	path_deinit(&path);
	if (error)
		return error;
	entry->fingerprint = strtoull(fingerprint, NULL, 16);
	entry->address = is_object(snapshot, entry->node) ? snapshot->address[entry->node] : 0;
	entry->n_bytes = retained_of(analysis, entry->node);
	entry->item_count = item_count(snapshot, entry->node);
	entry->type = outline_type(snapshot, entry->node);
	uint32_t above = analysis->idom[entry->node];
	entry->parent = above < GRAPH_UNREACHED ? outline_of_node(outline, above) : OUTLINE_NONE;
	return NULL;
}

static struct error *fill(struct outline *outline, struct analysis *analysis)
{
	uint64_t *wanted = calloc(words_of(analysis), sizeof(uint64_t));
	if (!wanted)
		return &error_no_memory;
	vec_foreach (outline, entry)
		bits_set(wanted, entry->node);
	struct paths paths;
	struct error *error = paths_init_around(&paths, analysis, wanted);
	free(wanted);
	if (error)
		return error;
	for (size_t i = 0; !error && i < outline->n; i++)
		error = fill_entry(outline, analysis, &paths, &outline->data[i]);
	paths_deinit(&paths);
	return error;
}

static int compare_fingerprints(const void *a, const void *b, void *arg)
{
	const struct outline_entry *entries = arg;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	if (entries[left].fingerprint != entries[right].fingerprint)
		return entries[left].fingerprint < entries[right].fingerprint ? -1 : 1;
	return left < right ? -1 : left > right;
}

struct error *outline_init(struct outline *outline, struct analysis *analysis)
{
	*outline = (struct outline){0};
	struct error *error = analysis_dominators(analysis);
	if (!error)
		error = choose(outline, analysis);
	if (!error)
		error = fill(outline, analysis);
	outline->by_fingerprint = malloc((outline->n + 1) * sizeof(uint32_t));
	if (!error && !outline->by_fingerprint)
		error = &error_no_memory;
	if (error) {
		outline_deinit(outline);
		return error;
	}
	for (size_t i = 0; i < outline->n; i++)
		outline->by_fingerprint[i] = (uint32_t)i;
	qsort_r(outline->by_fingerprint, outline->n, sizeof(uint32_t), compare_fingerprints,
		outline->data);
	return NULL;
}

void outline_deinit(struct outline *outline)
{
	free(outline->by_fingerprint);
	vec_deinit(outline);
	*outline = (struct outline){0};
}

/* ---- look-ups ---- */

uint32_t outline_of_node(const struct outline *outline, uint32_t node)
{
	size_t low = partition_point(i, 0, outline->n, outline->data[i].node < node);
	return low < outline->n && outline->data[low].node == node ? (uint32_t)low : OUTLINE_NONE;
}

/* Holders stand behind all objects; these are in the order of their addresses. */
uint32_t outline_of_address(const struct outline *outline, uint64_t address, uint32_t type)
{
	size_t low = partition_point(
		i, 0, outline->n, outline->data[i].address && outline->data[i].address < address);
	bool is_found = address && low < outline->n && outline->data[low].address == address &&
			outline->data[low].type == type;
	return is_found ? (uint32_t)low : OUTLINE_NONE;
}

static uint32_t first_not_below(const struct outline *outline, uint64_t fingerprint)
{
	return (uint32_t)partition_point(i, 0, outline->n,
		outline->data[outline->by_fingerprint[i]].fingerprint < fingerprint);
}

struct outline_range outline_of_fingerprint(const struct outline *outline, uint64_t fingerprint)
{
	struct outline_range range = {.begin = first_not_below(outline, fingerprint)};
	range.end = range.begin;
	while (range.end < outline->n &&
		outline->data[outline->by_fingerprint[range.end]].fingerprint == fingerprint)
		range.end++;
	return range;
}

static bool is_within_its_like(const struct outline *outline, const struct outline_entry *entry)
{
	for (uint32_t up = entry->parent; up != OUTLINE_NONE; up = outline->data[up].parent)
		if (outline->data[up].fingerprint == entry->fingerprint)
			return true;
	return false;
}

struct outline_sum outline_sum(const struct outline *outline, uint64_t fingerprint)
{
	struct outline_range range = outline_of_fingerprint(outline, fingerprint);
	struct outline_sum sum = {.item_count = UINT64_MAX};
	for (uint32_t i = range.begin; i < range.end; i++) {
		const struct outline_entry *entry = &outline->data[outline->by_fingerprint[i]];
		if (is_within_its_like(outline, entry))
			continue;
		sum.n++;
		sum.n_bytes += entry->n_bytes;
		if (entry->item_count != UINT64_MAX)
			sum.item_count = entry->item_count +
					 (sum.item_count == UINT64_MAX ? 0 : sum.item_count);
	}
	return sum;
}
