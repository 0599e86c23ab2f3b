/*
 * Work that piles up because it comes faster than it is done.
 *
 * executor_backlog: calls submitted to a pool of threads or processes that wait.
 * unbounded_queue: a queue without maxsize that is long: queue, asyncio,
 * multiprocessing.
 *
 * Evidence: entry_count; max_count, null; entry_type, of most entries;
 * worker_count, of an executor.
 */
#include "findings/gather.h"
#include "findings/place.h"
#include "findings/rules.h"

/* A shorter one is no backlog. */
#define LONG_QUEUE 100

/* ---- executors ---- */

static bool is_long(const struct inquiry *inquiry, uint32_t node)
{
	uint64_t n = node == OBJ_NONE ? UINT64_MAX : item_count(inquiry->snapshot, node);
	return n != UINT64_MAX && n >= LONG_QUEUE &&
	       is_worth(inquiry, retained_of(inquiry->analysis, node));
}

static uint32_t backlog_of(const struct snapshot *snapshot, uint32_t executor)
{
	uint32_t pending = attribute_of(snapshot, executor, "_pending_work_items");
	return pending == OBJ_NONE ? attribute_of(snapshot, executor, "_work_queue") : pending;
}

/* Suspects what find_backlog() tells of each object; `arg` of the suspicion is that object. */
static struct error *suspect_each(const struct rule *rule, struct inquiry *inquiry,
	const struct type_name *types, size_t n_types,
	uint32_t (*find_backlog)(const struct inquiry *inquiry, uint32_t object))
{
	struct group group = {0};
	struct error *error = gather_types(inquiry, types, n_types, NULL, NULL, &group);
	vec_foreach (&group.members, object) {
		uint32_t backlog = error ? OBJ_NONE : find_backlog(inquiry, *object);
		if (backlog != OBJ_NONE)
			error = inquiry_suspect(inquiry, rule, backlog, *object);
	}
	group_deinit(&group);
	return error;
}

static uint32_t find_backlog(const struct inquiry *inquiry, uint32_t executor)
{
	uint32_t backlog = backlog_of(inquiry->snapshot, executor);
	return is_long(inquiry, backlog) ? backlog : OBJ_NONE;
}

static struct error *find_executors(const struct rule *rule, struct inquiry *inquiry)
{
	static const struct type_name executors[] = {
		{"concurrent.futures.thread", "ThreadPoolExecutor"},
		{"concurrent.futures.process", "ProcessPoolExecutor"},
	};
	return suspect_each(rule, inquiry, executors, ARRAY_SIZE(executors), find_backlog);
}

/* The container that holds the entries: the queue's own, or the queue. */
static uint32_t entries_of(const struct snapshot *snapshot, uint32_t queue)
{
	static const char *const names[] = {"queue", "_queue", "_buffer", "lst"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint32_t entries = attribute_of(snapshot, queue, names[i]);
		if (entries != OBJ_NONE && is_object(snapshot, entries))
			return entries;
	}
	return queue;
}

static uint64_t set_entries(
	const struct inquiry *inquiry, struct finding *finding, const char **type_ret)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint32_t entries = entries_of(snapshot, finding->node);
	uint64_t n = item_count(snapshot, entries);
	*type_ret = contents_of(snapshot, entries).value_type;
	finding->saving_bytes = resident_retained(inquiry->analysis, finding->node);
	finding->saving_method = SAVING_BOUND;
	row_set_u64(finding->evidence, "entry_count", n);
	row_set_null(finding->evidence, "max_count");
	row_set_text(finding->evidence, "entry_type", *type_ret);
	return n;
}

static bool judge_executor(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	const char *type;
	uint64_t n = set_entries(inquiry, finding, &type);
	uint32_t executor = (uint32_t)suspicion->arg;
	uint32_t limit = attribute_of(snapshot, executor, "_max_workers");
	int64_t n_workers;
	bool is_known = limit != OBJ_NONE && int_of(snapshot, limit, &n_workers);
	finding_describe(
		finding, "%" PRIu64 " calls wait for the %s", n, names_type(snapshot, executor));
	finding_advise(finding, "Limit what is submitted at once (a semaphore, or batches), or add "
				"workers: an executor queues without bound.");
	row_set_u64(finding->evidence, "worker_count", is_known ? (uint64_t)n_workers : UINT64_MAX);
	return true;
}

const struct rule rule_executor_backlog = {
	.id = "executor_backlog",
	.title = "calls pile up before a pool of threads or processes",
	.is_retention = true,
	.find = find_executors,
	.judge = judge_executor,
};

/* ---- queues ---- */

/* One of multiprocessing without bound has the largest value of a semaphore: no small int. */
static bool is_bounded(const struct snapshot *snapshot, uint32_t queue)
{
	static const char *const names[] = {"maxsize", "_maxsize"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int64_t most;
		uint32_t attribute = attribute_of(snapshot, queue, names[i]);
		if (attribute != OBJ_NONE && int_of(snapshot, attribute, &most))
			return most > 0;
	}
	return false;
}

static uint32_t find_long_queue(const struct inquiry *inquiry, uint32_t queue)
{
	bool is_suspect = is_worth(inquiry, retained_of(inquiry->analysis, queue)) &&
			  !is_bounded(inquiry->snapshot, queue);
	uint64_t n = is_suspect
			     ? item_count(inquiry->snapshot, entries_of(inquiry->snapshot, queue))
			     : UINT64_MAX;
	return n != UINT64_MAX && n >= LONG_QUEUE ? queue : OBJ_NONE;
}

static struct error *find_queues(const struct rule *rule, struct inquiry *inquiry)
{
	static const struct type_name queues[] = {
		{"queue", "Queue"},
		{"queue", "_PySimpleQueue"},
		{"_queue", "SimpleQueue"},
		{"asyncio.queues", "Queue"},
		{"multiprocessing.queues", "Queue"},
	};
	return suspect_each(rule, inquiry, queues, ARRAY_SIZE(queues), find_long_queue);
}

static bool judge_queue(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	(void)suspicion;
	const char *type;
	uint64_t n = set_entries(inquiry, finding, &type);
	finding_describe(finding, "%s without maxsize: %" PRIu64 " %s wait in it",
		names_type(inquiry->snapshot, finding->node), n, type ? type : "entries");
	finding_advise(finding, "Give the queue a maxsize, so that producers wait: "
				"Queue(maxsize=1000); or add consumers.");
	return true;
}

const struct rule rule_unbounded_queue = {
	.id = "unbounded_queue",
	.title = "a queue without maxsize in which entries pile up",
	.is_retention = true,
	.find = find_queues,
	.judge = judge_queue,
};
