/*
 * suspended_generators: generators and coroutines that were begun and never
 * finished, or made and never run, with the variables of their functions.
 * pending_tasks: coroutines of unfinished tasks that hold a large share.
 *
 * Evidence: object_count; function, file and line of one; state of it (created
 * or suspended); local, local_type and local_bytes, its variable that holds most.
 */
#include "findings/gather.h"
#include "findings/rules.h"

enum state { STATE_CREATED, STATE_SUSPENDED };

/* What waits is in the nature of a server: only a large share is worth a word. */
#define PENDING_SHARE(part, whole) ((part) / 2 >= (whole) / 5)
#define PENDING_MIN 1000

static bool state_of(const struct snapshot *snapshot, uint32_t node, uint64_t *ret)
{
	return is_object(snapshot, node) &&
	       snapshot_fact(snapshot, node, FACT_GENERATOR_STATE, ret);
}

static bool is_task(const struct snapshot *snapshot, uint32_t node)
{
	uint64_t state;
	return is_object(snapshot, node) && snapshot_fact(snapshot, node, FACT_TASK_STATE, &state);
}

static bool is_coroutine(const struct snapshot *snapshot, uint32_t node)
{
	return is_of(snapshot, node, "builtins", "coroutine");
}

/* Unfinished, and not a part of what another one runs. `arg`: whether a task drives it. */
static bool is_unfinished(const struct inquiry *inquiry, obj_id object, void *arg)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint32_t above = inquiry->analysis->idom[object];
	uint64_t state, state_above;
	if (!state_of(snapshot, object, &state) || state > STATE_SUSPENDED ||
		state_of(snapshot, above, &state_above))
		return false;
	bool is_driven = is_coroutine(snapshot, object) && state == STATE_SUSPENDED;
	return *(const bool *)arg ? is_task(snapshot, above)
				  : !is_driven && !is_task(snapshot, above);
}

static struct error *find_when(const struct rule *rule, struct inquiry *inquiry, bool is_driven)
{
	struct group group = {0};
	struct error *error =
		gather_facts(inquiry, FACT_GENERATOR_STATE, is_unfinished, &is_driven, &group);
	return suspect_gathered(inquiry, rule, &group, error);
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	return find_when(rule, inquiry, false);
}

static struct error *find_pending(const struct rule *rule, struct inquiry *inquiry)
{
	return find_when(rule, inquiry, true);
}

static void describe(const struct inquiry *inquiry, const struct suspicion *suspicion,
	const char *what, struct finding *finding)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint32_t first = suspicion->placement.first;
	struct local local = largest_local(inquiry->analysis, first);
	uint32_t code = code_of(snapshot, first);
	const char *function = code_name(snapshot, code);
	uint64_t state = STATE_SUSPENDED;
	state_of(snapshot, first, &state);
	finding_describe(finding, "%" PRIu64 " %s%s%s, with their variables%s%s",
		suspicion->placement.count, what, function ? " of " : "", function ? function : "",
		local.name ? ", most in " : "", local.name ? local.name : "");
	row_set_u64(finding->evidence, "object_count", suspicion->placement.count);
	row_set_text(finding->evidence, "state", state == STATE_CREATED ? "created" : "suspended");
	row_set_text(finding->evidence, "function", function);
	set_code_evidence(snapshot, code, finding);
	set_local_evidence(snapshot, &local, finding);
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	uint32_t first = suspicion->placement.first;
	if (suspicion->placement.count < MANY_OBJECTS || !is_kept(inquiry, suspicion, finding))
		return false;
	finding_save_members(suspicion, finding);
	if (is_coroutine(inquiry->snapshot, first)) {
		describe(inquiry, suspicion, "coroutines that were never awaited", finding);
		finding_advise(finding, "Await each coroutine, or close it: coroutine.close().");
	} else {
		describe(inquiry, suspicion, "unfinished generators", finding);
		finding_advise(finding, "Close each generator that is not run to its end: "
					"generator.close().");
	}
	return true;
}

static bool judge_pending(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	if (suspicion->placement.count < PENDING_MIN ||
		!PENDING_SHARE(finding->retained_bytes, inquiry->snapshot->total_bytes))
		return false;
	finding->saving_bytes = suspicion->placement.resident_bytes;
	finding->saving_method = SAVING_BOUND;
	describe(inquiry, suspicion, "unfinished tasks", finding);
	finding_advise(finding, "Limit how many run at once (asyncio.Semaphore), give them a "
				"timeout, and drop large variables before an await.");
	return true;
}

const struct rule rule_suspended_generators = {
	.id = "suspended_generators",
	.title = "generators and coroutines that are never finished, with their variables",
	.is_retention = true,
	.find = find,
	.judge = judge,
};

const struct rule rule_pending_tasks = {
	.id = "pending_tasks",
	.title = "unfinished tasks that wait with much memory in their variables",
	.is_retention = true,
	.find = find_pending,
	.judge = judge_pending,
};
