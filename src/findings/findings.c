/*
 * Runs the rules: suspicions, one search for all paths, judgement, order.
 */
#include "findings/findings.h"

#include "findings/waste.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define WORTH_BYTES (1ull << 20)
#define WORTH_SHARE 100

/* Two findings speak of the same memory when one holds this share of the other. */
#define SAME_MEMORY(part, whole) ((part) / 2 >= (whole) / 3)

const char *saving_method_name(enum saving_method method)
{
	static const char *const names[] = {
		[SAVING_COUNTED] = "counted",
		[SAVING_MODELLED] = "modelled",
		[SAVING_BOUND] = "bound",
	};
	return names[method];
}

const char *rule_id(const struct rule *rule)
{
	return rule->id;
}

const char *rule_title(const struct rule *rule)
{
	return rule->title;
}

bool rule_is_retention(const struct rule *rule)
{
	return rule->is_retention;
}

bool is_worth(const struct inquiry *inquiry, uint64_t n_bytes)
{
	return n_bytes >= WORTH_BYTES && n_bytes >= inquiry->snapshot->total_bytes / WORTH_SHARE;
}

/* ---- suspicions ---- */

static struct error *add_suspicion(struct inquiry *inquiry, struct suspicion suspicion)
{
	struct suspicion *slot = vec_add(&inquiry->suspicions);
	if (!slot)
		return &error_no_memory;
	*slot = suspicion;
	return NULL;
}

struct error *inquiry_suspect(
	struct inquiry *inquiry, const struct rule *rule, uint32_t node, uint64_t arg)
{
	return add_suspicion(inquiry, (struct suspicion){.rule = rule, .node = node, .arg = arg});
}

struct error *inquiry_suspect_spot(struct inquiry *inquiry, const struct rule *rule, uint32_t node,
	uint64_t count, uint64_t weight, uint64_t arg)
{
	struct suspicion suspicion = {
		.rule = rule,
		.node = node,
		.arg = arg,
		.placement = {.container = node, .first = node, .count = count, .weight = weight},
	};
	return add_suspicion(inquiry, suspicion);
}

struct error *inquiry_suspect_nobody(struct inquiry *inquiry, const struct rule *rule, uint64_t arg)
{
	return inquiry_suspect(inquiry, rule, GRAPH_ROOT, arg);
}

struct error *inquiry_suspect_group(
	struct inquiry *inquiry, const struct rule *rule, struct group *group, uint64_t arg)
{
	struct error *error = NULL;
	struct suspicion suspicion = {
		.rule = rule, .node = GRAPH_ROOT, .group = *group, .arg = arg};
	if (group->members.n)
		error = add_suspicion(inquiry, suspicion);
	if (error || !group->members.n)
		group_deinit(group);
	*group = (struct group){0};
	return error;
}

static struct error *raise_suspicions(struct inquiry *inquiry)
{
	size_t n;
	const struct rule *const *rules = rules_all(&n);
	struct error *error = NULL;
	for (size_t i = 0; !error && i < n; i++)
		if (rules[i]->find)
			error = rules[i]->find(rules[i], inquiry);
	return error;
}

/* ---- paths ---- */

static bool want(const struct inquiry *inquiry, uint64_t *wanted)
{
	bool any = false;
	vec_foreach (&inquiry->suspicions, suspicion) {
		if (suspicion->node != GRAPH_ROOT)
			bits_set(wanted, suspicion->node);
		vec_foreach (&suspicion->group.members, member)
			bits_set(wanted, *member);
		any = any || suspicion->node != GRAPH_ROOT || suspicion->group.members.n;
	}
	return any;
}

static struct error *search_paths(struct inquiry *inquiry, struct paths *ret)
{
	uint64_t *wanted = calloc(words_of(inquiry->analysis), sizeof(uint64_t));
	if (!wanted)
		return &error_no_memory;
	struct error *error = NULL;
	*ret = (struct paths){0};
	if (want(inquiry, wanted))
		error = paths_init_around(ret, inquiry->analysis, wanted);
	free(wanted);
	return error;
}

/* ---- findings ---- */

static void finding_deinit(struct finding *finding)
{
	path_deinit(&finding->path);
	free(finding->text);
	free(finding->type);
	free(finding->summary);
	free(finding->advice);
}

static void set_text(const struct finding *finding, char **text, const char *format, va_list args)
{
	char *made = NULL;
	free(*text);
	*text = vasprintf(&made, format, args) < 0 ? NULL : made;
	if (!*text)
		finding->evidence->document->failed = true;
}

void finding_describe(struct finding *finding, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set_text(finding, &finding->summary, format, args);
	va_end(args);
}

void finding_advise(struct finding *finding, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set_text(finding, &finding->advice, format, args);
	va_end(args);
}

void finding_set_type(struct finding *finding, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set_text(finding, &finding->type, format, args);
	va_end(args);
}

static struct error *name_finding(const struct inquiry *inquiry, struct finding *finding)
{
	const struct names *names = inquiry->analysis->names;
	struct text text _cleanup_text_ = {0};
	if (finding->node == GRAPH_ROOT)
		return NULL;
	names_render(names, &finding->path, &text);
	struct error *error = text_finish(&text);
	if (!error && !(finding->text = strdup(text_get(&text))))
		error = &error_no_memory;
	if (error)
		return error;
	finding->location = names_location(names, &finding->path);
	if (!finding->type)
		finding_set_type(finding, "%s", names_type(inquiry->snapshot, finding->node));
	return names_fingerprint(names, &finding->path, finding->fingerprint);
}

/* Judges what `finding` says so far; takes the finding over. */
static struct error *judge(
	struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	struct findings *findings = inquiry->findings;
	struct error *error = NULL;
	finding->rule = suspicion->rule;
	finding->saving_bytes = UINT64_MAX;
	finding->evidence = row_add_row(findings->document.root, "evidence");
	finding->origin.line = ORIGIN_UNKNOWN;
	bool is_kept = finding->evidence && suspicion->rule->judge(inquiry, suspicion, finding);
	if (is_kept)
		error = name_finding(inquiry, finding);
	if (is_kept && !error && suspicion->group.members.n)
		error = origins_of_objects(
			inquiry->analysis, &suspicion->group.members, &finding->origin);
	struct finding *slot = is_kept && !error ? vec_add(findings) : NULL;
	if (slot)
		*slot = *finding;
	else
		finding_deinit(finding);
	return error ? error : is_kept && !slot ? &error_no_memory : NULL;
}

static struct error *judge_object(
	struct inquiry *inquiry, const struct paths *paths, const struct suspicion *suspicion)
{
	struct finding finding = {.node = suspicion->node};
	if (finding.node != GRAPH_ROOT) {
		struct error *error =
			paths_get(paths, inquiry->analysis, finding.node, &finding.path);
		if (error)
			return error;
		finding.retained_bytes = retained_of(inquiry->analysis, finding.node);
	}
	return judge(inquiry, suspicion, &finding);
}

/* The container as a person names it: the owner of a __dict__ or of a C field. */
static void name_container(
	const struct inquiry *inquiry, const struct placement *placement, struct finding *finding)
{
	uint32_t depth = placement->depth;
	while (depth) {
		unsigned kind = inquiry->snapshot->edge_kind[finding->path.edge[depth - 1]];
		if (kind != EDGE_DICT && kind != EDGE_FIELD && kind != EDGE_SCAN)
			break;
		depth--;
	}
	bool is_nameable = is_object(inquiry->snapshot, finding->path.node[depth]) &&
			   !names_is_namespace(inquiry->analysis->names, finding->path.node[depth]);
	if (is_nameable)
		path_shorten(&finding->path, finding->path.n - depth);
	finding->node = path_end(&finding->path);
}

static struct error *judge_group(
	struct inquiry *inquiry, const struct paths *paths, struct suspicion *suspicion)
{
	struct placements placements = {0};
	struct error *error = group_place(&suspicion->group, inquiry->analysis, paths, &placements);
	for (size_t i = 0; !error && i < placements.n; i++) {
		struct placement *placement = &placements.data[i];
		struct finding finding = {
			.path = placement->path,
			.node = placement->first,
			.retained_bytes = placement->retained_bytes,
		};
		placement->path = (struct path){0};
		if (!suspicion->rule->names_members)
			name_container(inquiry, placement, &finding);
		suspicion->placement = *placement;
		error = judge(inquiry, suspicion, &finding);
	}
	placements_deinit(&placements);
	return error;
}

static struct error *judge_all(struct inquiry *inquiry, const struct paths *paths)
{
	struct error *error = NULL;
	vec_foreach (&inquiry->suspicions, suspicion) {
		error = suspicion->group.members.n ? judge_group(inquiry, paths, suspicion)
						   : judge_object(inquiry, paths, suspicion);
		if (error)
			break;
	}
	return error ? error : document_finish(&inquiry->findings->document);
}

/* ---- order ---- */

static bool dominates(const struct analysis *analysis, uint32_t above, uint32_t node)
{
	while (node < GRAPH_UNREACHED && node != above)
		node = analysis->idom[node];
	return node == above;
}

static bool same_memory(
	const struct analysis *analysis, const struct finding *earlier, const struct finding *later)
{
	if (!earlier->rule->is_retention || !later->rule->is_retention ||
		earlier->node == GRAPH_ROOT || later->node == GRAPH_ROOT)
		return false;
	if (earlier->node == later->node)
		return true;
	return (dominates(analysis, earlier->node, later->node) ||
		       dominates(analysis, later->node, earlier->node)) &&
	       SAME_MEMORY(earlier->retained_bytes, later->retained_bytes);
}

/* Does less than half as much to memory that goes as a whole when the earlier one is heeded. */
static bool is_minor(
	const struct analysis *analysis, const struct finding *earlier, const struct finding *later)
{
	if (!earlier->rule->is_retention || later->rule->is_retention ||
		earlier->node == GRAPH_ROOT || later->node == GRAPH_ROOT ||
		earlier->saving_bytes == UINT64_MAX || earlier->saving_method == SAVING_BOUND ||
		later->saving_bytes == UINT64_MAX)
		return false;
	return later->saving_bytes < earlier->saving_bytes / 2 &&
	       dominates(analysis, earlier->node, later->node);
}

/* Findings stand in the order of rules. */
static void drop_repetitions(struct findings *findings, const struct analysis *analysis)
{
	size_t n = 0;
	for (size_t i = 0; i < findings->n; i++) {
		bool is_dropped = false;
		for (size_t j = 0; j < n && !is_dropped; j++)
			is_dropped =
				same_memory(analysis, &findings->data[j], &findings->data[i]) ||
				is_minor(analysis, &findings->data[j], &findings->data[i]);
		if (is_dropped)
			finding_deinit(&findings->data[i]);
		else
			findings->data[n++] = findings->data[i];
	}
	findings->n = n;
}

static int compare_amounts(uint64_t left, uint64_t right)
{
	return left > right ? -1 : left < right;
}

static int compare_findings(const void *a, const void *b)
{
	const struct finding *left = a, *right = b;
	/* UINT64_MAX, not known, becomes 0: last. */
	int order = compare_amounts(left->saving_bytes + 1, right->saving_bytes + 1);
	if (!order)
		order = compare_amounts(left->retained_bytes, right->retained_bytes);
	if (!order)
		order = strcmp(left->rule->id, right->rule->id);
	if (!order)
		order = strcmp(left->text ? left->text : "", right->text ? right->text : "");
	return order ? order : (left->node > right->node) - (left->node < right->node);
}

/* What findings about one object retain, all together; groups know theirs already. */
static struct error *find_origins(struct findings *findings, struct analysis *analysis)
{
	uint32_t *nodes = calloc(findings->n + 1, sizeof(*nodes));
	struct origin *origins = calloc(findings->n + 1, sizeof(*origins));
	struct error *error = nodes && origins ? NULL : &error_no_memory;
	for (size_t i = 0; !error && i < findings->n; i++) {
		bool is_known = findings->data[i].origin.line != ORIGIN_UNKNOWN;
		nodes[i] = is_known ? GRAPH_ROOT : findings->data[i].node;
	}
	if (!error)
		error = origins_of_retained(analysis, nodes, findings->n, NULL, origins);
	for (size_t i = 0; !error && i < findings->n; i++)
		if (nodes[i] != GRAPH_ROOT)
			findings->data[i].origin = origins[i];
	free(nodes);
	free(origins);
	return error;
}

static void inquiry_deinit(struct inquiry *inquiry)
{
	vec_foreach (&inquiry->suspicions, suspicion)
		group_deinit(&suspicion->group);
	vec_deinit(&inquiry->suspicions);
	waste_destroy(inquiry->waste);
}

struct error *findings_init(struct findings *findings, struct analysis *analysis,
	const struct account *account, const struct holders *holders)
{
	*findings = (struct findings){0};
	struct inquiry inquiry = {
		.analysis = analysis,
		.snapshot = analysis->snapshot,
		.account = account,
		.holders = holders,
		.findings = findings,
	};
	struct paths paths = {0};
	struct error *error = document_init(&findings->document);
	if (!error && analysis->snapshot->complete)
		error = raise_suspicions(&inquiry);
	if (!error)
		error = search_paths(&inquiry, &paths);
	if (!error)
		error = judge_all(&inquiry, &paths);
	paths_deinit(&paths);
	inquiry_deinit(&inquiry);
	if (error) {
		findings_deinit(findings);
		return error;
	}
	drop_repetitions(findings, analysis);
	error = find_origins(findings, analysis);
	if (error) {
		findings_deinit(findings);
		return error;
	}
	if (findings->n)
		qsort(findings->data, findings->n, sizeof(*findings->data), compare_findings);
	return NULL;
}

void findings_deinit(struct findings *findings)
{
	vec_foreach (findings, finding)
		finding_deinit(finding);
	vec_deinit(findings);
	document_deinit(&findings->document);
}
