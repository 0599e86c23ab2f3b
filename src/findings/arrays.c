/*
 * object_columns, wide_dtype: numpy arrays (columns of pandas among them) whose
 * elements are Python objects, and integers that take more bytes than they need.
 *
 * Evidence of object_columns: element_count; distinct_count (texts); content,
 * float, int or str; better, the dtype that would hold it. Of wide_dtype:
 * element_count; item_bytes now; needed_bytes; least_value and most_value of
 * those that were looked at, at both ends of the array.
 */
#include "findings/rules.h"
#include "findings/waste.h"

#include <stdlib.h>

#define ELEMENTS_MIN 1000
#define SAMPLE_MAX 8192
#define STR_HEAD_BYTES 49

enum content { CONTENT_OTHER, CONTENT_INT, CONTENT_FLOAT, CONTENT_STR };

static const char *const content_names[] = {"", "int", "float", "str"};

static bool has_kind(const struct snapshot *snapshot, uint32_t node, char kind)
{
	uint64_t value;
	return snapshot_fact(snapshot, node, FACT_ARRAY_KIND, &value) && value == (uint64_t)kind &&
	       is_of(snapshot, node, "numpy", "ndarray");
}

static bool has_pandas(const struct snapshot *snapshot)
{
	vec_foreach (&snapshot->nodes, node)
		if (node->kind == NODE_MODULE && node->name &&
			!strcmp(snapshot_string(snapshot, node->name), "pandas"))
			return true;
	return false;
}

static enum content content_of(const struct snapshot *snapshot, uint32_t node)
{
	for (size_t i = 1; i < ARRAY_SIZE(content_names); i++)
		if (is_of(snapshot, node, "builtins", content_names[i]))
			return (enum content)i;
	return CONTENT_OTHER;
}

/* ---- object_columns ---- */

struct column_sample {
	size_t counts[4]; /* by content */
	size_t n, n_texts;
	uint64_t n_elements, text_bytes;
	uint64_t hashes[SAMPLE_MAX]; /* of texts */
};

static void sample_column(const struct snapshot *snapshot, uint32_t node, struct column_sample *ret)
{
	uint64_t begin = snapshot->edge_start[node], end = snapshot->edge_start[node + 1];
	uint64_t stride = (end - begin) / SAMPLE_MAX + 1;
	for (uint64_t run = 0, e = begin; e < end; e = begin + census_pick(++run, stride)) {
		uint32_t to = snapshot->edge_to[e];
		if (snapshot->edge_kind[e] != EDGE_INDEX)
			continue;
		enum content content = content_of(snapshot, to);
		ret->counts[content]++;
		ret->n++;
		if (content != CONTENT_STR || ret->n_texts == SAMPLE_MAX)
			continue;
		ret->hashes[ret->n_texts++] = leaf_hash(snapshot, to);
		ret->text_bytes += snapshot->size[to] - MIN(snapshot->size[to], STR_HEAD_BYTES);
	}
}

static uint64_t code_bytes(uint64_t n_distinct)
{
	return n_distinct < INT8_MAX ? 1 : n_distinct < INT16_MAX ? 2 : 4;
}

/* Bytes of texts packed one behind the other, or as codes of the different ones. */
static uint64_t packed_texts(struct column_sample *column, uint64_t stride, struct clue *clue)
{
	uint64_t mean = column->text_bytes / MAX(column->n_texts, 1);
	clue->distinct = estimate_distinct(column->hashes, column->n_texts, stride);
	if (clue->distinct > column->n_elements / 2) {
		clue->name = "string[pyarrow]";
		return column->n_elements * (mean + 8);
	}
	clue->name = "category";
	return column->n_elements * code_bytes(clue->distinct) +
	       clue->distinct * (8 + block_bytes(STR_HEAD_BYTES + mean));
}

static bool judge_column(const struct inquiry *inquiry, uint32_t node, struct column_sample *column,
	struct clue *clue)
{
	uint64_t packed, now = resident_retained(inquiry->analysis, node);
	snapshot_fact(inquiry->snapshot, node, FACT_LENGTH, &column->n_elements);
	uint64_t stride = column->n_elements / SAMPLE_MAX + 1;
	size_t enough = column->n - column->n / 10;
	if (column->n_elements < ELEMENTS_MIN || !column->n)
		return false;
	if (column->counts[CONTENT_INT] == column->n ||
		column->counts[CONTENT_FLOAT] == column->n) {
		bool is_int = column->counts[CONTENT_INT] != 0;
		clue->holder = content_names[is_int ? CONTENT_INT : CONTENT_FLOAT];
		clue->name = is_int ? "int64" : "float64";
		packed = column->n_elements * 8;
	} else if (column->counts[CONTENT_STR] >= enough && has_pandas(inquiry->snapshot)) {
		clue->holder = content_names[CONTENT_STR];
		packed = packed_texts(column, stride, clue);
	} else {
		return false;
	}
	clue->count = clue->n_items = column->n_elements;
	clue->weight = now - MIN(now, packed);
	return clue->weight >= waste_least(inquiry);
}

static struct error *suspect_array(
	const struct rule *rule, struct inquiry *inquiry, uint32_t node, const struct clue *clue)
{
	struct clue *slot = vec_add(&inquiry->waste->clues);
	if (!slot)
		return &error_no_memory;
	*slot = *clue;
	return inquiry_suspect_spot(
		inquiry, rule, node, clue->count, clue->weight, inquiry->waste->clues.n - 1);
}

static struct error *find_columns(const struct rule *rule, struct inquiry *inquiry)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct waste *waste;
	uint32_t begin, end;
	struct error *error = waste_get(inquiry, &waste);
	struct column_sample *column = malloc(sizeof(*column));
	if (!error && !column)
		error = &error_no_memory;
	snapshot_fact_range(snapshot, FACT_ARRAY_KIND, &begin, &end);
	for (uint32_t i = begin; !error && i < end; i++) {
		uint32_t node = snapshot->facts.object[i];
		struct clue clue = {.node = node};
		if (snapshot->facts.value[i] != 'O' || is_garbage(inquiry->analysis, node) ||
			!has_kind(snapshot, node, 'O') ||
			retained_of(inquiry->analysis, node) < waste_least(inquiry))
			continue;
		memset(column, 0, offsetof(struct column_sample, hashes));
		sample_column(snapshot, node, column);
		if (judge_column(inquiry, node, column, &clue))
			error = suspect_array(rule, inquiry, node, &clue);
	}
	free(column);
	return error;
}

static bool judge_columns(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct clue *clue = waste_clue(inquiry, suspicion, finding);
	if (!clue)
		return false;
	if (clue->distinct)
		finding_describe(finding,
			"%" PRIu64 " elements are str objects, %" PRIu64 " different",
			clue->n_items, clue->distinct);
	else
		finding_describe(finding, "%" PRIu64 " elements are %s objects", clue->n_items,
			clue->holder);
	finding_advise(finding, "Use the dtype '%s' instead of object.", clue->name);
	row_set_u64(finding->evidence, "element_count", clue->n_items);
	row_set_u64(
		finding->evidence, "distinct_count", clue->distinct ? clue->distinct : UINT64_MAX);
	row_set_text(finding->evidence, "content", clue->holder);
	row_set_text(finding->evidence, "better", clue->name);
	return true;
}

const struct rule rule_object_columns = {
	.id = "object_columns",
	.title = "numpy arrays and pandas columns whose elements are Python objects",
	.find = find_columns,
	.judge = judge_columns,
};

/* ---- wide_dtype ---- */

static uint64_t needed_bytes(int64_t least, int64_t most)
{
	if (least >= INT8_MIN && most <= INT8_MAX)
		return 1;
	if (least >= INT16_MIN && most <= INT16_MAX)
		return 2;
	return least >= INT32_MIN && most <= INT32_MAX ? 4 : 8;
}

static bool is_wide(const struct inquiry *inquiry, uint32_t node, int64_t least, struct clue *ret)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint64_t most, item_bytes, n;
	if (!snapshot_fact(snapshot, node, FACT_ARRAY_MAX, &most) ||
		!snapshot_fact(snapshot, node, FACT_ARRAY_ITEMSIZE, &item_bytes) ||
		!snapshot_fact(snapshot, node, FACT_LENGTH, &n) || least >= (int64_t)most)
		return false;
	uint64_t needed = needed_bytes(least, (int64_t)most);
	uint64_t now = weight_of(inquiry->analysis, node);
	now -= MIN(now, missing_of(inquiry->analysis, node));
	if (needed >= item_bytes)
		return false;
	*ret = (struct clue){
		.count = n,
		.n_items = n,
		.node = node,
		.bytes = {item_bytes, needed},
		.weight = now / item_bytes * (item_bytes - needed),
	};
	return ret->weight >= waste_least(inquiry);
}

static struct error *find_wide(const struct rule *rule, struct inquiry *inquiry)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct waste *waste;
	uint32_t begin, end;
	struct error *error = waste_get(inquiry, &waste);
	snapshot_fact_range(snapshot, FACT_ARRAY_MIN, &begin, &end);
	for (uint32_t i = begin; !error && i < end; i++) {
		uint32_t node = snapshot->facts.object[i];
		struct clue clue;
		if (!is_garbage(inquiry->analysis, node) &&
			is_wide(inquiry, node, (int64_t)snapshot->facts.value[i], &clue))
			error = suspect_array(rule, inquiry, node, &clue);
	}
	return error;
}

static bool judge_wide(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct clue *clue = waste_clue(inquiry, suspicion, finding);
	uint64_t least = 0, most = 0;
	if (!clue)
		return false;
	snapshot_fact(inquiry->snapshot, clue->node, FACT_ARRAY_MIN, &least);
	snapshot_fact(inquiry->snapshot, clue->node, FACT_ARRAY_MAX, &most);
	finding->saving_method = SAVING_BOUND;
	finding_describe(finding,
		"%" PRIu64 " integers of %" PRIu64 " bytes that fit into %" PRIu64, clue->n_items,
		clue->bytes[0], clue->bytes[1]);
	finding_advise(finding,
		"Use the dtype int%" PRIu64 ", if no other values than those at both "
		"ends come.",
		clue->bytes[1] * 8);
	row_set_u64(finding->evidence, "element_count", clue->n_items);
	row_set_u64(finding->evidence, "item_bytes", clue->bytes[0]);
	row_set_u64(finding->evidence, "needed_bytes", clue->bytes[1]);
	row_set_int(finding->evidence, "least_value", (int64_t)least);
	row_set_int(finding->evidence, "most_value", (int64_t)most);
	return true;
}

const struct rule rule_wide_dtype = {
	.id = "wide_dtype",
	.title = "numpy arrays of integers that would fit a smaller dtype",
	.find = find_wide,
	.judge = judge_wide,
};
