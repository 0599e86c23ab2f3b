/*
 * debug_allocator, tracer_tables, thread_stacks, huge_pages: memory that a
 * setting costs, not what the program keeps.
 *
 * Evidence: `part`; of debug_allocator `setting`, `block_count`,
 * `overhead_bytes`; of tracer_tables `tracer_bytes`; of thread_stacks `thread_count`,
 * `stack_bytes`, `largest_stack_bytes`; of huge_pages `huge_bytes`, `free_bytes`.
 */
#include "findings/rules.h"

/* From this share of the memory on. */
#define TOLD_SHARE 10

/* What debug hooks add to a block: its length, fences, its number. */
#define DEBUG_BYTES 24

/* A stack that did little. */
#define STACK_NORMAL_BYTES (32ull << 10)
#define STACKS_TOLD_BYTES (16ull << 20)

#define HUGE_TOLD_BYTES (32ull << 20)

static uint64_t figure(const struct inquiry *inquiry, const char *name)
{
	uint64_t value = snapshot_figure(inquiry->snapshot, name);
	return value == UINT64_MAX ? 0 : value;
}

static bool is_much(const struct inquiry *inquiry, uint64_t n_bytes, uint64_t least)
{
	return n_bytes >= least && n_bytes >= inquiry->snapshot->total_bytes / TOLD_SHARE;
}

/* ---- debug hooks of the allocators ---- */

static uint64_t hooked_blocks(const struct inquiry *inquiry)
{
	return figure(inquiry, "debug.header_bytes") ? figure(inquiry, "pymalloc.used_count") +
							       figure(inquiry, "malloc.used_count")
						     : 0;
}

/* Objects by their sizes, which pymalloc rounds; blocks of items and tables by the average. */
static uint64_t hook_bytes(const struct inquiry *inquiry)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint64_t n_bytes = 0, n_objects = 0;
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		uint64_t size = snapshot->size[i];
		if (!snapshot->block_units[i])
			continue;
		n_objects++;
		n_bytes += align_up(size + DEBUG_BYTES, 16) - align_up(size, 16);
	}
	uint64_t n_blocks = hooked_blocks(inquiry);
	return n_bytes + (n_blocks - MIN(n_blocks, n_objects)) * DEBUG_BYTES;
}

static struct error *find_debug(const struct rule *rule, struct inquiry *inquiry)
{
	bool is_told = is_worth(inquiry, hooked_blocks(inquiry) * DEBUG_BYTES);
	return is_told ? inquiry_suspect_nobody(inquiry, rule, 0) : NULL;
}

static bool judge_debug(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	bool is_build =
		!strcmp(snapshot_string(inquiry->snapshot, inquiry->snapshot->build), "debug");
	uint64_t n = hooked_blocks(inquiry);
	finding->saving_bytes = hook_bytes(inquiry);
	finding->saving_method = SAVING_MODELLED;
	finding_set_type(finding, "debug allocator");
	finding_describe(finding, "debug hooks surround each of %" PRIu64 " blocks of memory", n);
	finding_advise(finding, "%s",
		is_build ? "Run it with a release build of Python, not a debug build."
			 : "Unset PYTHONMALLOC=debug (or PYTHONDEVMODE, -X dev): it is meant for "
			   "tests.");
	row_set_text(finding->evidence, "part", "objects.live");
	row_set_text(finding->evidence, "setting", is_build ? "debug build" : "PYTHONMALLOC=debug");
	row_set_u64(finding->evidence, "block_count", n);
	row_set_u64(finding->evidence, "overhead_bytes", finding->saving_bytes);
	return true;
}

const struct rule rule_debug_allocator = {
	.id = "debug_allocator",
	.title = "debug hooks of Python's allocators make every block larger",
	.find = find_debug,
	.judge = judge_debug,
};

/* ---- tracers ---- */

/* What the agent of `whymem run` needs goes with it: nobody is told to change that. */
static uint64_t tracemalloc_bytes(const struct inquiry *inquiry)
{
	uint64_t n_bytes = account_get(inquiry->account, "tracer");
	return n_bytes - MIN(n_bytes, figure(inquiry, "tracer.agent_bytes"));
}

static struct error *find_tracer(const struct rule *rule, struct inquiry *inquiry)
{
	return is_worth(inquiry, tracemalloc_bytes(inquiry))
		       ? inquiry_suspect_nobody(inquiry, rule, 0)
		       : NULL;
}

static bool judge_tracer(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	uint64_t n_bytes = tracemalloc_bytes(inquiry);
	uint64_t used = figure(inquiry, "malloc.used_bytes");
	uint64_t headers = account_get(inquiry->account, "overhead.malloc");
	/* With the headers of its blocks. */
	finding->saving_bytes = n_bytes;
	if (used)
		finding->saving_bytes +=
			(uint64_t)((double)headers * (double)MIN(n_bytes, used) / (double)used);
	finding->saving_method = SAVING_MODELLED;
	finding_set_type(finding, "tracemalloc");
	finding_describe(
		finding, "%" PRIu64 " MiB are tables of tracemalloc itself", n_bytes >> 20);
	finding_advise(finding, "Stop it when it is not read: tracemalloc.stop(), and unset "
				"PYTHONTRACEMALLOC; fewer frames make the tables smaller.");
	row_set_text(finding->evidence, "part", "tracer");
	row_set_u64(finding->evidence, "tracer_bytes", n_bytes);
	return true;
}

const struct rule rule_tracer_tables = {
	.id = "tracer_tables",
	.title = "tables of a running allocation tracer",
	.find = find_tracer,
	.judge = judge_tracer,
};

/* ---- stacks ---- */

struct stacks {
	uint64_t n_bytes, surplus, largest, n;
};

static struct stacks measure_stacks(const struct snapshot *snapshot)
{
	struct stacks stacks = {0};
	vec_foreach (&snapshot->mappings, mapping) {
		uint64_t n_bytes = mapping->resident_bytes;
		if (strcmp(snapshot_string(snapshot, mapping->part), "stacks") != 0)
			continue;
		stacks.n++;
		stacks.n_bytes += n_bytes;
		stacks.surplus += n_bytes - MIN(n_bytes, STACK_NORMAL_BYTES);
		stacks.largest = MAX(stacks.largest, n_bytes);
	}
	return stacks;
}

static struct error *find_stacks(const struct rule *rule, struct inquiry *inquiry)
{
	struct stacks stacks = measure_stacks(inquiry->snapshot);
	bool is_told = is_much(inquiry, stacks.surplus, STACKS_TOLD_BYTES);
	return is_told ? inquiry_suspect_nobody(inquiry, rule, 0) : NULL;
}

static bool judge_stacks(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	struct stacks stacks = measure_stacks(inquiry->snapshot);
	finding->saving_bytes = stacks.surplus;
	finding->saving_method = SAVING_BOUND;
	finding_set_type(finding, "%" PRIu64 " stacks", stacks.n);
	finding_describe(finding,
		"the stacks of %" PRIu64 " threads have grown to %" PRIu64 " MiB and do not shrink",
		inquiry->snapshot->thread_count, stacks.n_bytes >> 20);
	finding_advise(finding, "Let threads that recursed deeply end and start new ones, recurse "
				"less, or run fewer threads.");
	row_set_text(finding->evidence, "part", "stacks");
	row_set_u64(finding->evidence, "thread_count", inquiry->snapshot->thread_count);
	row_set_u64(finding->evidence, "stack_bytes", stacks.n_bytes);
	row_set_u64(finding->evidence, "largest_stack_bytes", stacks.largest);
	return true;
}

const struct rule rule_thread_stacks = {
	.id = "thread_stacks",
	.title = "stacks of threads that once went deep",
	.find = find_stacks,
	.judge = judge_stacks,
};

/* ---- huge pages ---- */

static uint64_t huge_bytes(const struct snapshot *snapshot)
{
	uint64_t sum = 0;
	vec_foreach (&snapshot->mappings, mapping)
		sum += MIN(mapping->huge_bytes, mapping->resident_bytes);
	return sum;
}

/* Free memory is what huge pages make resident for nothing. */
static struct error *find_huge(const struct rule *rule, struct inquiry *inquiry)
{
	bool is_told = is_much(inquiry, huge_bytes(inquiry->snapshot), HUGE_TOLD_BYTES) &&
		       is_much(inquiry, account_get(inquiry->account, "free"), HUGE_TOLD_BYTES);
	return is_told ? inquiry_suspect_nobody(inquiry, rule, 0) : NULL;
}

static bool judge_huge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	uint64_t n_huge = huge_bytes(inquiry->snapshot);
	uint64_t n_free = account_get(inquiry->account, "free");
	finding_set_type(finding, "huge pages");
	finding_describe(finding,
		"%" PRIu64 " MiB stand in huge pages, which count 2 MiB where one byte is used",
		n_huge >> 20);
	finding_advise(finding, "Try it with transparent huge pages on request only: madvise in "
				"/sys/kernel/mm/transparent_hugepage/enabled.");
	row_set_text(finding->evidence, "part", "free");
	row_set_u64(finding->evidence, "huge_bytes", n_huge);
	row_set_u64(finding->evidence, "free_bytes", n_free);
	return true;
}

const struct rule rule_huge_pages = {
	.id = "huge_pages",
	.title = "huge pages make free memory resident",
	.find = find_huge,
	.judge = judge_huge,
};
