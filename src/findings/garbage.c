/*
 * garbage_gc_disabled, garbage_frozen, garbage_cycles: unreachable cycles that
 * wait for a collection.
 *
 * Evidence: `part`, `object_count`, `cycle_count`, `gc_enabled`, `thresholds`
 * and `counts` of the generations, `frozen_count` (objects set aside by
 * gc.freeze()), `frozen_garbage_bytes`, `links`: attributes that close the
 * largest kind of cycle.
 */
#include "analysis/islands.h"
#include "findings/rules.h"

#include <stdio.h>
#include <xxhash.h>

/* How much of a cycle is looked at for its links, and how many are told. */
#define LINK_NODES 64
#define LINKS_MAX 4

#define FROZEN 3

/* Some garbage is always waiting where the collector runs; from this share of the memory on it is
 * worth a word. */
#define LATE_SHARE 10

enum state { STATE_DISABLED = 1, STATE_FROZEN, STATE_LATE };

/* ---- frozen objects ---- */

struct frozen {
	uint64_t count, garbage_bytes;
};

static struct frozen count_frozen(const struct inquiry *inquiry)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct frozen frozen = {0};
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		bool is_frozen = snapshot->flags[i] & OBJECT_TRACKED &&
				 (snapshot->flags[i] & OBJECT_GENERATION) == FROZEN;
		frozen.count += is_frozen;
		if (is_frozen && is_garbage(inquiry->analysis, i))
			frozen.garbage_bytes += retained_of(inquiry->analysis, i);
	}
	return frozen;
}

/* What the objects retain may be told several times: a bound. */
static bool is_frozen_garbage(const struct inquiry *inquiry, const struct frozen *frozen)
{
	return frozen->garbage_bytes >= inquiry->analysis->garbage.weight / 2;
}

static enum state state_of(const struct inquiry *inquiry)
{
	struct frozen frozen = count_frozen(inquiry);
	if (is_frozen_garbage(inquiry, &frozen))
		return STATE_FROZEN;
	return snapshot_figure(inquiry->snapshot, "gc.enabled") == 0 ? STATE_DISABLED : STATE_LATE;
}

static struct error *find_when(const struct rule *rule, struct inquiry *inquiry, enum state state)
{
	uint64_t n_bytes = account_get(inquiry->account, "objects.garbage");
	bool is_worthy =
		is_worth(inquiry, n_bytes) &&
		(state != STATE_LATE || n_bytes >= inquiry->snapshot->total_bytes / LATE_SHARE);
	return is_worthy && state_of(inquiry) == state
		       ? inquiry_suspect_nobody(inquiry, rule, state)
		       : NULL;
}

static struct error *find_disabled(const struct rule *rule, struct inquiry *inquiry)
{
	return find_when(rule, inquiry, STATE_DISABLED);
}

static struct error *find_frozen(const struct rule *rule, struct inquiry *inquiry)
{
	return find_when(rule, inquiry, STATE_FROZEN);
}

static struct error *find_late(const struct rule *rule, struct inquiry *inquiry)
{
	return find_when(rule, inquiry, STATE_LATE);
}

/* ---- the links of a cycle ---- */

struct cycle {
	const struct inquiry *inquiry;
	uint32_t nodes[LINK_NODES];
	size_t n;
	struct text links;
	size_t n_links;
};

static bool is_in_cycle(const struct cycle *cycle, uint32_t node)
{
	const uint32_t *component = cycle->inquiry->analysis->component;
	return is_object(cycle->inquiry->snapshot, node) &&
	       component[node] == component[cycle->nodes[0]];
}

static void add_node(struct cycle *cycle, uint32_t node)
{
	for (size_t i = 0; i < cycle->n; i++)
		if (cycle->nodes[i] == node)
			return;
	if (cycle->n < LINK_NODES)
		cycle->nodes[cycle->n++] = node;
}

static void add_link(struct cycle *cycle, uint32_t owner, obj_id name_object)
{
	const struct snapshot *snapshot = cycle->inquiry->snapshot;
	const char *name =
		is_object(snapshot, name_object) ? snapshot_text(snapshot, name_object) : NULL;
	char link[256];
	if (!name || cycle->n_links >= LINKS_MAX)
		return;
	snprintf(link, sizeof(link), "%s.%s", names_type(snapshot, owner), name);
	if (cycle->n_links && strstr(text_get(&cycle->links), link))
		return;
	text_format(&cycle->links, "%s%s", cycle->n_links++ ? ", " : "", link);
}

/* Attributes of `owner` that `node`, its dict or itself, leads on with. */
static void add_links(struct cycle *cycle, uint32_t owner, uint32_t node)
{
	const struct snapshot *snapshot = cycle->inquiry->snapshot;
	for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1]; e++) {
		unsigned kind = snapshot->edge_kind[e];
		uint32_t to = snapshot->edge_to[e];
		if (kind == EDGE_TYPE || !is_in_cycle(cycle, to))
			continue;
		bool is_dict = kind == EDGE_DICT && owner == node;
		if (is_dict)
			add_links(cycle, owner, to);
		else
			add_node(cycle, to);
		if (kind == EDGE_ATTR || (kind == EDGE_KEY && owner != node))
			add_link(cycle, owner, snapshot->edge_operand[e]);
	}
}

/* What to break: the attributes, where they are known. */
static void advise(const char *links, enum state state, struct finding *finding)
{
	static const char *const instead[] = {
		[STATE_DISABLED] = "enable the garbage collector again: gc.enable()",
		[STATE_LATE] = "collect more often: gc.set_threshold()",
	};
	if (state == STATE_FROZEN)
		finding_advise(finding,
			"Call gc.unfreeze() and gc.collect(): gc.freeze() has put these objects "
			"where no collection looks; collect before you freeze.");
	else if (*links)
		finding_advise(finding, "Make a link of the cycle a weak reference (%s), or %s.",
			links, instead[state]);
	else
		finding_advise(
			finding, "Break the cycles with a weak reference, or %s.", instead[state]);
}

static void set_links(const struct inquiry *inquiry, const struct island *island, enum state state,
	struct finding *finding)
{
	struct cycle cycle = {.inquiry = inquiry, .nodes = {island->seed}, .n = 1};
	for (size_t i = 0; i < cycle.n; i++)
		add_links(&cycle, cycle.nodes[i], cycle.nodes[i]);
	const char *links = cycle.n_links ? text_get(&cycle.links) : "";
	row_set_text(finding->evidence, "links", *links ? links : NULL);
	advise(links, state, finding);
	if (cycle.links.failed)
		finding->evidence->document->failed = true;
	text_deinit(&cycle.links);
}

/* ---- judgement ---- */

/* The same cycles in another run of the program. */
static void set_fingerprint(struct finding *finding)
{
	snprintf(finding->fingerprint, sizeof(finding->fingerprint), "%016llx",
		(unsigned long long)XXH3_64bits_withSeed(
			finding->type, strlen(finding->type), XXH3_64bits("garbage", 7)));
}

/* "700, 10, 10" */
static void set_figures(
	const struct inquiry *inquiry, const char *name, const char *figure, struct row *evidence)
{
	struct text text _cleanup_text_ = {0};
	for (unsigned i = 0; i < 3; i++) {
		char key[32];
		snprintf(key, sizeof(key), "%s%u", figure, i);
		uint64_t value = snapshot_figure(inquiry->snapshot, key);
		if (value != UINT64_MAX)
			text_format(&text, "%s%" PRIu64, i ? ", " : "", value);
	}
	const char *made = text_get(&text);
	row_set_text(evidence, name, *made ? made : NULL);
	if (text.failed)
		evidence->document->failed = true;
}

static void set_collector(const struct inquiry *inquiry, struct row *evidence)
{
	struct frozen frozen = count_frozen(inquiry);
	uint64_t enabled = snapshot_figure(inquiry->snapshot, "gc.enabled");
	if (enabled == UINT64_MAX)
		row_set_null(evidence, "gc_enabled");
	else
		row_set_bool(evidence, "gc_enabled", enabled != 0);
	set_figures(inquiry, "thresholds", "gc.threshold", evidence);
	set_figures(inquiry, "counts", "gc.count", evidence);
	row_set_u64(evidence, "frozen_count", frozen.count);
	row_set_u64(evidence, "frozen_garbage_bytes",
		MIN(frozen.garbage_bytes, inquiry->analysis->garbage.weight));
}

static void describe(const struct inquiry *inquiry, const struct islands *islands, enum state state,
	struct finding *finding)
{
	const struct account *account = inquiry->account;
	struct text types _cleanup_text_ = {0};
	uint64_t resident = 0;
	vec_foreach (islands, island)
		resident += island->resident_bytes;
	island_render_types(islands, inquiry->snapshot, &islands->data[0], &types);
	finding_set_type(finding, "%s", text_get(&types));
	set_fingerprint(finding);
	finding_describe(
		finding, "%" PRIu64 " unreachable cycles of %s", islands->n_cycles, finding->type);
	finding->retained_bytes = inquiry->analysis->garbage.weight;
	finding->saving_bytes = MIN(resident,
		account_get(account, "objects.garbage") + account_get(account, "native.owned"));
	finding->saving_method = SAVING_BOUND;
	row_set_text(finding->evidence, "part", "objects.garbage");
	row_set_u64(finding->evidence, "object_count", inquiry->analysis->garbage.count);
	row_set_u64(finding->evidence, "cycle_count", islands->n_cycles);
	set_collector(inquiry, finding->evidence);
	set_links(inquiry, &islands->data[0], state, finding);
	struct error *error =
		origins_of_set(inquiry->analysis, inquiry->analysis->second, &finding->origin);
	if (error)
		finding->evidence->document->failed = true;
	error_destroy(error);
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	struct islands islands;
	struct error *error = islands_init(&islands, inquiry->analysis);
	bool is_any = !error && islands.n;
	if (error) {
		finding->evidence->document->failed = true;
		error_destroy(error);
		return false;
	}
	if (is_any)
		describe(inquiry, &islands, (enum state)suspicion->arg, finding);
	islands_deinit(&islands);
	return is_any;
}

const struct rule rule_garbage_gc_disabled = {
	.id = "garbage_gc_disabled",
	.title = "unreachable cycles pile up because the garbage collector is disabled",
	.find = find_disabled,
	.judge = judge,
};

const struct rule rule_garbage_frozen = {
	.id = "garbage_frozen",
	.title = "unreachable cycles that gc.freeze() has put where no collection looks",
	.find = find_frozen,
	.judge = judge,
};

const struct rule rule_garbage_cycles = {
	.id = "garbage_cycles",
	.title = "unreachable cycles that the garbage collector has not reached yet",
	.find = find_late,
	.judge = judge,
};
