/*
 * garbage_gc_disabled, garbage_cycles: unreachable cycles that wait for a collection.
 */
#include "analysis/islands.h"
#include "findings/rules.h"

#include <stdio.h>
#include <xxhash.h>

static bool is_disabled(const struct inquiry *inquiry)
{
	return snapshot_figure(inquiry->snapshot, "gc.enabled") == 0;
}

static struct error *find_when(
	const struct rule *rule, struct inquiry *inquiry, bool when_disabled)
{
	bool is_worthy = is_worth(inquiry, account_get(inquiry->account, "objects.garbage"));
	return is_worthy && is_disabled(inquiry) == when_disabled
		       ? inquiry_suspect_nobody(inquiry, rule, 0)
		       : NULL;
}

static struct error *find_disabled(const struct rule *rule, struct inquiry *inquiry)
{
	return find_when(rule, inquiry, true);
}

static struct error *find_late(const struct rule *rule, struct inquiry *inquiry)
{
	return find_when(rule, inquiry, false);
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
	row_set_u64(finding->evidence, "object_count", inquiry->analysis->garbage.count);
	row_set_u64(finding->evidence, "cycle_count", islands->n_cycles);
	uint64_t enabled = snapshot_figure(inquiry->snapshot, "gc.enabled");
	if (enabled == UINT64_MAX)
		row_set_null(finding->evidence, "gc_enabled");
	else
		row_set_bool(finding->evidence, "gc_enabled", enabled != 0);
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
	finding_advise(finding, is_disabled(inquiry)
					? "Break the cycles with a weak reference, or enable the "
					  "garbage collector again: gc.enable()."
					: "Break the cycles with a weak reference, or collect "
					  "more often: gc.set_threshold().");
	return is_any;
}

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
