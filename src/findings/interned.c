/*
 * immortal_interned_strings: interned texts that nothing refers to any more and
 * that this CPython never frees (3.12 makes interned strings immortal).
 *
 * Evidence: string_count; string_bytes; table_bytes, their share of the table
 * of interned strings.
 */
#include "findings/rules.h"
#include "findings/waste.h"

#include <stdlib.h>

struct interned {
	struct inquiry *inquiry;
	uint64_t *strings; /* a bit a node */
	uint64_t count, n_bytes;
};

static bool is_immortal_string(const struct snapshot *snapshot, obj_id object, type_id str)
{
	return snapshot->type[object] == str && snapshot->block_units[object] &&
	       snapshot->flags[object] & OBJECT_IMMORTAL;
}

static uint64_t mark_strings(struct interned *interned)
{
	const struct snapshot *snapshot = interned->inquiry->snapshot;
	type_id str = census_find(snapshot, "builtins", "str");
	uint64_t n_bytes = 0;
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		if (!is_immortal_string(snapshot, i, str))
			continue;
		bits_set(interned->strings, i);
		n_bytes += snapshot_self_bytes(snapshot, i);
	}
	return n_bytes;
}

static void drop(struct interned *interned, uint32_t node)
{
	if (is_object(interned->inquiry->snapshot, node))
		interned->strings[node / 64] &= ~(1ull << node % 64);
}

/* What only C code could hold, or the interpreter itself, is held by nobody who uses it. */
static bool is_user(const struct snapshot *snapshot, uint32_t node)
{
	if (is_object(snapshot, node))
		return true;
	enum node_kind kind = holder_get(snapshot, node)->kind;
	return kind != NODE_C_HELD && kind != NODE_INTERPRETER;
}

/* Leaves those that nothing refers to. */
static void drop_used(struct interned *interned)
{
	const struct snapshot *snapshot = interned->inquiry->snapshot;
	for (uint32_t node = 0; node < snapshot->n_nodes; node++) {
		if (!is_user(snapshot, node))
			continue;
		for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1];
			e++) {
			drop(interned, snapshot->edge_to[e]);
			if (snapshot->edge_kind[e] == EDGE_ATTR)
				drop(interned, snapshot->edge_operand[e]);
		}
	}
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		if (!bits_get(interned->strings, i))
			continue;
		interned->count++;
		interned->n_bytes += snapshot_self_bytes(snapshot, i);
	}
}

/* The table of interned strings, or OBJ_NONE. */
static uint32_t find_table(const struct snapshot *snapshot)
{
	for (uint32_t node = snapshot->n_objects; node < snapshot->n_nodes; node++) {
		if (holder_get(snapshot, node)->kind != NODE_INTERPRETER)
			continue;
		for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1];
			e++) {
			const char *name = names_edge_text(snapshot, e);
			if (name && !strcmp(name, "interned"))
				return snapshot->edge_to[e];
		}
	}
	return OBJ_NONE;
}

/* What `n` of the strings in the table take of it. */
static uint64_t table_bytes(const struct snapshot *snapshot, uint32_t table, uint64_t n)
{
	uint64_t length;
	if (table == OBJ_NONE || !snapshot_fact(snapshot, table, FACT_LENGTH, &length))
		return 0;
	return snapshot_self_bytes(snapshot, table) / MAX(length, 1) * MIN(n, length);
}

static struct error *find_interned(const struct rule *rule, struct inquiry *inquiry)
{
	struct waste *waste;
	struct interned interned = {
		.inquiry = inquiry,
		.strings = calloc(words_of(inquiry->analysis), sizeof(uint64_t)),
	};
	struct error *error = interned.strings ? waste_get(inquiry, &waste) : &error_no_memory;
	if (!error && mark_strings(&interned) >= waste_least(inquiry) / 2)
		drop_used(&interned);
	free(interned.strings);
	uint32_t table = find_table(inquiry->snapshot);
	uint64_t in_table = table_bytes(inquiry->snapshot, table, interned.count);
	if (error || interned.n_bytes + in_table < waste_least(inquiry))
		return error;
	struct clue *clue = vec_add(&waste->clues);
	if (!clue)
		return &error_no_memory;
	*clue = (struct clue){
		.count = interned.count,
		.weight = interned.n_bytes + in_table,
		.bytes = {interned.n_bytes, in_table},
	};
	return inquiry_suspect(
		inquiry, rule, table == OBJ_NONE ? GRAPH_ROOT : table, waste->clues.n - 1);
}

static bool judge_interned(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct clue *clue = &inquiry->waste->clues.data[suspicion->arg];
	finding->retained_bytes = finding->saving_bytes = clue->weight;
	finding->saving_method = SAVING_COUNTED;
	finding_describe(finding,
		"%" PRIu64 " interned strings that nothing uses and CPython never "
		"frees",
		clue->count);
	finding_advise(finding,
		"Do not pass texts that come with the data to sys.intern(), setattr() "
		"or getattr(); keep equal ones in a dict of your own, or use CPython "
		"3.13, which frees them.");
	row_set_u64(finding->evidence, "string_count", clue->count);
	row_set_u64(finding->evidence, "string_bytes", clue->bytes[0]);
	row_set_u64(finding->evidence, "table_bytes", clue->bytes[1]);
	return true;
}

const struct rule rule_immortal_interned_strings = {
	.id = "immortal_interned_strings",
	.is_retention = true,
	.title = "interned strings that nothing uses and that CPython never frees",
	.find = find_interned,
	.judge = judge_interned,
};
