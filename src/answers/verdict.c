/*
 * The verdict that one capture allows, in one sentence. Whether something grows
 * cannot be seen from one look: the strongest word is `unbounded`.
 */
#include "answers/verdict.h"
#include "analysis/bounds.h"
#include "analysis/owners.h"

/* A process whose largest possible cause is below this is small. */
#define SMALL_BYTES (16ull << 20)

/* A holder is the answer when it has this share of what live objects hold. */
#define DOMINATING(part, whole) ((part) / 3 >= (whole) / 10)

#define RULES_MAX 3

/* What the account may blame, the first of equals first. */
struct cause {
	const char *kind, *part, *more; /* `more`: a second part that belongs to it, or NULL */
	const char *text;               /* behind its share of the memory */
	const char *rules[RULES_MAX];   /* whose finding tells who is behind it */
	const char *before_who;
};

static const struct cause causes[] = {
	{.kind = "data", .part = "objects.live", .more = "native.owned"},
	{.kind = "garbage",
		.part = "objects.garbage",
		.text = "is garbage: unreachable cycles not collected yet"},
	{.kind = "allocator",
		.part = "free",
		.more = "overhead",
		.text = "is no leak but free memory that the allocators keep",
		.rules = {"pymalloc_pinned"},
		.before_who = ", pinned by "},
	{.kind = "native",
		.part = "native.unowned",
		.more = "native.foreign",
		.text = "is native memory that no Python object owns"},
	{.kind = "shared",
		.part = "shared",
		.text = "is shared memory",
		.rules = {"shared_memory"},
		.before_who = ": "},
	{.kind = "file_cache",
		.part = "files",
		.text = "is no leak but mapped files, whose clean pages the kernel can take back",
		.rules = {"mapped_files", "deleted_file_mapped"},
		.before_who = ": "},
	{.kind = "tracer", .part = "tracer", .text = "is tables of an allocation tracer"},
};

/* Percents, rounded; 0 of nothing. */
static unsigned percent(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned)((part * 100.0 + whole / 2.0) / (double)whole) : 0;
}

static uint64_t cause_bytes(const struct account *account, const struct cause *cause)
{
	uint64_t n_bytes = account_get(account, cause->part);
	return cause->more ? n_bytes + account_get(account, cause->more) : n_bytes;
}

static void set_small(struct verdict *verdict, uint64_t total)
{
	verdict->kind = "small";
	verdict->n_bytes = total;
	text_format(&verdict->text, "nothing stands out: no single cause holds more than %llu MiB",
		(unsigned long long)(SMALL_BYTES >> 20));
}

static void set_unknown(struct verdict *verdict, uint64_t total)
{
	verdict->kind = "data";
	verdict->n_bytes = total;
	text_add_string(&verdict->text, "none: only a part of the process could be read");
}

static void describe_container(struct verdict *verdict, const struct snapshot *snapshot,
	const struct holder *holder, const char *word, unsigned share)
{
	text_format(&verdict->text, "one %s%s%s holds %u %% of the memory: %s", word,
		*word ? " " : "", names_type(snapshot, holder->node), share, holder->text);
}

/* Containers of data that somebody laid out with care have no bound, and no finding. */
static bool is_unbounded(const struct snapshot *snapshot, const struct holder *holder,
	const struct findings *findings)
{
	uint32_t node = holder->is_group ? holder->container : holder->node;
	if (!is_object(snapshot, node) || container_bound(snapshot, node) != BOUND_UNBOUNDED)
		return false;
	vec_foreach (findings, finding)
		if (finding->node == node && rule_is_retention(finding->rule))
			return true;
	return false;
}

static void judge_holder(struct verdict *verdict, const struct snapshot *snapshot,
	const struct holder *holder, const struct findings *findings, uint64_t total)
{
	unsigned share = percent(holder->retained_resident_bytes, total);
	verdict->holder = holder;
	verdict->path = holder->text;
	verdict->n_bytes = holder->retained_bytes;
	bool unbounded = is_unbounded(snapshot, holder, findings);
	if (unbounded)
		verdict->kind = "unbounded";
	if (holder->is_group) {
		text_format(&verdict->text, "%llu objects of type %s hold %u %% of the memory: %s",
			(unsigned long long)holder->item_count, names_type(snapshot, holder->node),
			share, holder->text);
	} else if (container_bound(snapshot, holder->node) == BOUND_BOUNDED) {
		verdict->kind = "bounded_cache";
		describe_container(verdict, snapshot, holder, "bounded", share);
	} else {
		describe_container(verdict, snapshot, holder, unbounded ? "unbounded" : "", share);
		if (unbounded)
			text_format(&verdict->text, " (does it grow? whymem watch %llu)",
				(unsigned long long)snapshot->pid);
	}
}

static void judge_data(struct verdict *verdict, const struct analysis *analysis,
	const struct holders *holders, const struct findings *findings, uint64_t total)
{
	const struct holder *top = holders->n ? &holders->data[0] : NULL;
	verdict->kind = "data";
	if (top && DOMINATING(top->retained_bytes, analysis->live.weight)) {
		judge_holder(verdict, analysis->snapshot, top, findings, total);
		return;
	}
	text_format(&verdict->text,
		"live objects of many holders are %u %% of the memory; the largest is %s",
		percent(verdict->n_bytes, total), top ? top->text : "unnamed");
}

static bool is_by(const struct finding *finding, const struct cause *cause)
{
	for (size_t i = 0; i < RULES_MAX && cause->rules[i]; i++)
		if (!strcmp(rule_id(finding->rule), cause->rules[i]))
			return true;
	return false;
}

static void judge_part(struct verdict *verdict, const struct cause *cause,
	const struct findings *findings, uint64_t total)
{
	text_format(&verdict->text, "%u %% of the memory %s", percent(verdict->n_bytes, total),
		cause->text);
	vec_foreach (findings, finding) {
		if (!finding->text || !is_by(finding, cause))
			continue;
		verdict->path = finding->text;
		text_add_string(&verdict->text, cause->before_who);
		text_add_string(&verdict->text, finding->text);
		return;
	}
}

/* What stands behind the holder when it is mostly native memory. */
static struct error *add_native(struct verdict *verdict, const struct analysis *analysis)
{
	const struct holder *holder = verdict->holder;
	struct native_owners owners;
	uint32_t node = holder->is_group ? GRAPH_ROOT : holder->retainer;
	struct error *error = native_owners_init(&owners, analysis, node);
	if (error)
		return error;
	if (owners.n && owners.data[0].n_bytes > holder->retained_bytes / 2) {
		text_format(&verdict->text, " (native memory of %llu ",
			(unsigned long long)owners.data[0].count);
		names_type_render(analysis->snapshot, owners.data[0].type, &verdict->text);
		text_add_string(&verdict->text, ")");
	}
	native_owners_deinit(&owners);
	return NULL;
}

static const struct cause *find_cause(const struct account *account, uint64_t *n_bytes_ret)
{
	const struct cause *most = &causes[0];
	*n_bytes_ret = cause_bytes(account, most);
	for (size_t i = 1; i < ARRAY_SIZE(causes); i++) {
		uint64_t n_bytes = cause_bytes(account, &causes[i]);
		if (n_bytes <= *n_bytes_ret)
			continue;
		most = &causes[i];
		*n_bytes_ret = n_bytes;
	}
	return most;
}

struct error *verdict_init(struct verdict *verdict, const struct analysis *analysis,
	const struct account *account, const struct holders *holders,
	const struct findings *findings)
{
	uint64_t total = analysis->snapshot->total_bytes;
	struct error *error = NULL;
	*verdict = (struct verdict){0};
	if (!analysis->snapshot->complete) {
		set_unknown(verdict, total);
		return text_finish(&verdict->text);
	}
	const struct cause *cause = find_cause(account, &verdict->n_bytes);
	if (verdict->n_bytes < SMALL_BYTES) {
		set_small(verdict, total);
		return text_finish(&verdict->text);
	}
	verdict->kind = cause->kind;
	verdict->part = cause->part;
	if (cause->text)
		judge_part(verdict, cause, findings, total);
	else
		judge_data(verdict, analysis, holders, findings, total);
	if (verdict->holder)
		error = add_native(verdict, analysis);
	return error ? error : text_finish(&verdict->text);
}

void verdict_deinit(struct verdict *verdict)
{
	text_deinit(&verdict->text);
}
