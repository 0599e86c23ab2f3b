/*
 * Unreachable cycles that wait for a collection.
 *
 * garbage_frozen: most of it was frozen (gc.freeze), so that no collection looks at it.
 * garbage_gc_disabled: the collector is switched off.
 * garbage_cycles: the collector has not come so far.
 *
 * Evidence: part; types of the largest cycles; object_count; cycle_count; gc_enabled; threshold0 .. 2 and
 * count0 .. 2 of the collector (null: the version has none); frozen_count, objects
 * of the garbage that are frozen; finalizer_count, objects of it with __del__, and
 * finalizer_class, one of their classes.
 */
#include "analysis/islands.h"
#include "findings/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

static bool is_disabled(const struct inquiry *inquiry)
{
	return snapshot_figure(inquiry->snapshot, "gc.enabled") == 0;
}

#define FROZEN 3

/* Objects of the garbage that the collector knows of. */
struct tracked {
	uint64_t n, n_frozen;
};

static struct tracked count_tracked(const struct inquiry *inquiry)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct tracked tracked = {0};
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		if (!(snapshot->flags[i] & OBJECT_TRACKED) || !is_garbage(inquiry->analysis, i))
			continue;
		tracked.n++;
		tracked.n_frozen += (snapshot->flags[i] & OBJECT_GENERATION) == FROZEN;
	}
	return tracked;
}

enum cause { CAUSE_FROZEN, CAUSE_DISABLED, CAUSE_LATE };

static enum cause cause_of(const struct inquiry *inquiry)
{
	struct tracked tracked = count_tracked(inquiry);
	if (tracked.n_frozen > tracked.n / 2)
		return CAUSE_FROZEN;
	return is_disabled(inquiry) ? CAUSE_DISABLED : CAUSE_LATE;
}

static struct error *find_when(
	const struct rule *rule, struct inquiry *inquiry, enum cause cause)
{
	bool is_worthy = is_worth(inquiry, account_get(inquiry->account, "objects.garbage"));
	return is_worthy && cause_of(inquiry) == cause
		       ? inquiry_suspect_nobody(inquiry, rule, cause)
		       : NULL;
}

static struct error *find_frozen(const struct rule *rule, struct inquiry *inquiry)
{
	return find_when(rule, inquiry, CAUSE_FROZEN);
}

static struct error *find_disabled(const struct rule *rule, struct inquiry *inquiry)
{
	return find_when(rule, inquiry, CAUSE_DISABLED);
}

static struct error *find_late(const struct rule *rule, struct inquiry *inquiry)
{
	return find_when(rule, inquiry, CAUSE_LATE);
}

/* ---- evidence ---- */

/* Does the class, or one that it derives from, have a __del__? */
static bool has_finalizer(const struct snapshot *snapshot, const struct snap_type *type)
{
	uint32_t mro = type->object == OBJ_NONE || !(type->flags & SNAP_TYPE_PYTHON)
			       ? OBJ_NONE
			       : attribute_of(snapshot, type->object, "__mro__");
	if (mro == OBJ_NONE)
		return false;
	for (uint64_t e = snapshot->edge_start[mro]; e < snapshot->edge_start[mro + 1]; e++)
		if (attribute_of(snapshot, snapshot->edge_to[e], "__del__") != OBJ_NONE)
			return true;
	return false;
}

static void set_finalizers(const struct inquiry *inquiry, struct row *evidence)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	const char *class = NULL;
	uint64_t n = 0, *count = calloc(snapshot->types.n + 1, sizeof(*count));
	if (!count) {
		evidence->document->failed = true;
		return;
	}
	for (obj_id i = 0; i < snapshot->n_objects; i++)
		count[snapshot->type[i]] += is_garbage(inquiry->analysis, i);
	for (type_id t = 0; t < snapshot->types.n; t++) {
		const struct snap_type *type = &snapshot->types.data[t];
		if (!count[t] || !has_finalizer(snapshot, type))
			continue;
		n += count[t];
		class = class ? class : snapshot_string(snapshot, type->name);
	}
	free(count);
	row_set_u64(evidence, "finalizer_count", n);
	row_set_text(evidence, "finalizer_class", class);
}

static void set_collector(const struct inquiry *inquiry, struct row *evidence)
{
	static const char *const names[][2] = {
		{"threshold0", "gc.threshold0"},
		{"threshold1", "gc.threshold1"},
		{"threshold2", "gc.threshold2"},
		{"count0", "gc.count0"},
		{"count1", "gc.count1"},
		{"count2", "gc.count2"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		row_set_u64(evidence, names[i][0], snapshot_figure(inquiry->snapshot, names[i][1]));
	row_set_u64(evidence, "frozen_count", count_tracked(inquiry).n_frozen);
}

/* The same cycles in another run of the program. */
static void set_fingerprint(struct finding *finding)
{
	snprintf(finding->fingerprint, sizeof(finding->fingerprint), "%016llx",
		(unsigned long long)XXH3_64bits_withSeed(
			finding->type, strlen(finding->type), XXH3_64bits("garbage", 7)));
}

static void describe(const struct inquiry *inquiry, const struct islands *islands,
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
	finding_describe(finding, "%" PRIu64 " unreachable cycles of %s", islands->n_cycles,
		finding->type);
	finding->retained_bytes = inquiry->analysis->garbage.weight;
	finding->saving_bytes = MIN(resident, account_get(account, "objects.garbage") +
						      account_get(account, "native.owned"));
	finding->saving_method = SAVING_BOUND;
	row_set_text(finding->evidence, "part", "objects.garbage");
	row_set_text(finding->evidence, "types", finding->type);
	row_set_u64(finding->evidence, "object_count", inquiry->analysis->garbage.count);
	row_set_u64(finding->evidence, "cycle_count", islands->n_cycles);
	uint64_t enabled = snapshot_figure(inquiry->snapshot, "gc.enabled");
	if (enabled == UINT64_MAX)
		row_set_null(finding->evidence, "gc_enabled");
	else
		row_set_bool(finding->evidence, "gc_enabled", enabled != 0);
	set_collector(inquiry, finding->evidence);
	set_finalizers(inquiry, finding->evidence);
}

static const char *advice_of(enum cause cause)
{
	switch (cause) {
	case CAUSE_FROZEN:
		return "Call gc.collect() before gc.freeze(): what is frozen is never collected. "
		       "gc.unfreeze() lets it go.";
	case CAUSE_DISABLED:
		return "Break the cycles with a weak reference, or enable the garbage collector "
		       "again: gc.enable().";
	case CAUSE_LATE:
		break;
	}
	return "Break the cycles with a weak reference, or collect more often: "
	       "gc.set_threshold().";
}

static bool judge(const struct inquiry *inquiry, const struct suspicion *suspicion,
	struct finding *finding)
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
		describe(inquiry, &islands, finding);
	islands_deinit(&islands);
	finding_advise(finding, "%s", advice_of((enum cause)suspicion->arg));
	return is_any;
}

const struct rule rule_garbage_frozen = {
	.id = "garbage_frozen",
	.title = "unreachable cycles that gc.freeze() keeps from being collected",
	.find = find_frozen,
	.judge = judge,
};

const struct rule rule_garbage_gc_disabled = {
	.id = "garbage_gc_disabled",
	.title = "unreachable cycles pile up because the garbage collector is disabled",
	.find = find_disabled,
	.judge = judge,
};

const struct rule rule_garbage_cycles = {
	.id = "garbage_cycles",
	.title = "unreachable cycles that the garbage collector has not reached yet",
	.find = find_late,
	.judge = judge,
};
