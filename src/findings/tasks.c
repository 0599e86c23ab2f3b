/*
 * finished_tasks: tasks and futures that are done and still held, with their
 * results: of asyncio and of concurrent.futures.
 *
 * The saving is what goes with the tasks. Where results are nearly all of it, only
 * those count: tasks to come use the room of the tasks themselves.
 *
 * Evidence: task_count; coroutine, the function that most of a sample ran, with
 * its file and line; result_bytes, what the results hold.
 */
#include "findings/gather.h"
#include "findings/rules.h"

static bool is_done_state(const struct inquiry *inquiry, obj_id object, void *arg)
{
	(void)arg;
	uint64_t state;
	return snapshot_fact(inquiry->snapshot, object, FACT_TASK_STATE, &state) && state;
}

/* Futures written in Python say so by a word. */
static bool is_done_word(const struct inquiry *inquiry, obj_id object, void *arg)
{
	uint64_t state;
	if (snapshot_fact(inquiry->snapshot, object, FACT_TASK_STATE, &state))
		return false;
	(void)arg;
	const char *word = text_attribute(inquiry->snapshot, object, "_state");
	return word && (!strncmp(word, "FINISHED", 8) || !strncmp(word, "CANCELLED", 9));
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	static const struct type_name futures[] = {
		{"concurrent.futures._base", "Future"},
		{"asyncio.futures", "Future"},
	};
	struct group group = {0};
	struct error *error = gather_facts(inquiry, FACT_TASK_STATE, is_done_state, NULL, &group);
	if (!error)
		error = gather_types(
			inquiry, futures, ARRAY_SIZE(futures), is_done_word, NULL, &group);
	return suspect_gathered(inquiry, rule, &group, error);
}

/* What the results of the members below the container hold. */
static uint64_t result_bytes(const struct inquiry *inquiry, const struct suspicion *suspicion)
{
	uint64_t n_bytes = 0;
	vec_foreach (&suspicion->group.members, member) {
		if (!is_below(inquiry->analysis, *member, suspicion->placement.container))
			continue;
		uint32_t result = attribute_of(inquiry->snapshot, *member, "_result");
		if (result != OBJ_NONE && is_below(inquiry->analysis, result, *member))
			n_bytes += retained_of(inquiry->analysis, result);
	}
	return n_bytes;
}

static void set_saving(
	const struct suspicion *suspicion, struct finding *finding, uint64_t n_result_bytes)
{
	uint64_t resident = suspicion->placement.resident_bytes;
	bool are_most = n_result_bytes / 17 >= resident / 20;
	finding->saving_bytes = are_most ? MIN(n_result_bytes, resident) : resident;
	finding->saving_method = are_most ? SAVING_MODELLED : SAVING_COUNTED;
	row_set_u64(finding->evidence, "result_bytes", n_result_bytes);
}

static uint32_t code_of_task(const struct snapshot *snapshot, uint32_t task)
{
	uint32_t coroutine = attribute_of(snapshot, task, "_coro");
	return coroutine == OBJ_NONE ? OBJ_NONE : code_of(snapshot, coroutine);
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	const struct placement *placement = &suspicion->placement;
	if (placement->count < MANY_OBJECTS || !is_kept(inquiry, suspicion, finding))
		return false;
	uint32_t code = code_of_task(snapshot, placement->first);
	const char *name = code_name(snapshot, code);
	set_saving(suspicion, finding, result_bytes(inquiry, suspicion));
	finding_describe(finding, "%" PRIu64 " finished %ss%s%s, with their results",
		placement->count, names_type(snapshot, placement->first), name ? " of " : "",
		name ? name : "");
	if (code != OBJ_NONE)
		finding_advise(finding, "Drop each task when it is done: "
					"task.add_done_callback(tasks.discard).");
	else
		finding_advise(finding, "Drop each future once its result is taken.");
	row_set_u64(finding->evidence, "task_count", placement->count);
	row_set_text(finding->evidence, "coroutine", name);
	set_code_evidence(snapshot, code, finding);
	return true;
}

const struct rule rule_finished_tasks = {
	.id = "finished_tasks",
	.title = "tasks and futures that are done and still held, with their results",
	.is_retention = true,
	.find = find,
	.judge = judge,
};
