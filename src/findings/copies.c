/*
 * copy_on_write_loss: a forked child had the pages of its parent for nothing,
 * until reading the objects on them wrote their reference counts.
 *
 * Copied pages are shared out among the holders of the objects on them.
 *
 * Evidence: `part`, `parent_pid`, `copied_bytes` of the whole process,
 * `shared_bytes` that it still has in common with the parent, `object_type`
 * of most objects on the copied pages at this place, `count_only_percent`: of
 * the copied pages that were compared, those that differ from the parent's in
 * nothing but counts.
 */
#include "findings/rules.h"

#include <stdlib.h>

/* Holders that are told apart; what others hold is told together. */
#define HOLDERS_MAX 100

/* A place is named from this share of what was copied on. */
#define SHARE 10

#define PAGE_BYTES 4096
#define TOLD_BYTES (4ull << 20)

enum { UNKNOWN, NOBODY, FIRST_HOLDER };

/* Objects on copied pages at a place. */
struct place {
	uint64_t count, weight;
	type_id type; /* that most of them are of */
};

struct sharing {
	const struct inquiry *inquiry;
	uint8_t *place_of; /* by node */
	struct {
		uint32_t *data;
		size_t n, capacity;
	} chain;
	struct place places[FIRST_HOLDER + HOLDERS_MAX];
	uint64_t *of_type; /* by place, then by type: objects */
	uint64_t weight;
};

/* ---- who holds it ---- */

static bool init(struct sharing *sharing, const struct inquiry *inquiry)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	sharing->inquiry = inquiry;
	sharing->place_of = analysis_alloc(inquiry->analysis, sizeof(uint8_t));
	sharing->of_type = calloc(
		(size_t)snapshot->types.n * ARRAY_SIZE(sharing->places) + 1, sizeof(uint64_t));
	for (size_t i = 0; sharing->place_of && i < MIN(inquiry->holders->n, HOLDERS_MAX); i++)
		sharing->place_of[inquiry->holders->data[i].retainer] = (uint8_t)(FIRST_HOLDER + i);
	return sharing->place_of && sharing->of_type;
}

static void deinit(struct sharing *sharing)
{
	analysis_free(sharing->inquiry->analysis, sharing->place_of, sizeof(uint8_t));
	vec_deinit(&sharing->chain);
	free(sharing->of_type);
}

/* The holder above `node` in the tree of dominators, remembered along the way. */
static bool find_place(struct sharing *sharing, uint32_t node, uint8_t *ret)
{
	uint8_t place = NOBODY;
	sharing->chain.n = 0;
	for (; node < GRAPH_UNREACHED && node != GRAPH_ROOT;
		node = sharing->inquiry->analysis->idom[node]) {
		if (sharing->place_of[node]) {
			place = sharing->place_of[node];
			break;
		}
		uint32_t *slot = vec_add(&sharing->chain);
		if (!slot)
			return false;
		*slot = node;
	}
	vec_foreach (&sharing->chain, above)
		sharing->place_of[*above] = place;
	*ret = place;
	return true;
}

static bool add_object(struct sharing *sharing, obj_id object)
{
	const struct snapshot *snapshot = sharing->inquiry->snapshot;
	uint8_t number;
	if (!find_place(sharing, object, &number))
		return false;
	/* Of a large object only the page that its header is on is written. */
	uint64_t weight = MIN(snapshot_self_bytes(snapshot, object), PAGE_BYTES);
	struct place *place = &sharing->places[number];
	uint64_t *count =
		&sharing->of_type[(size_t)number * snapshot->types.n + snapshot->type[object]];
	place->count++;
	place->weight += weight;
	sharing->weight += weight;
	if (++*count == 1 && place->count == 1)
		place->type = snapshot->type[object];
	if (*count > sharing->of_type[(size_t)number * snapshot->types.n + place->type])
		place->type = snapshot->type[object];
	return true;
}

/* Objects and copied pages both stand by address. */
static bool add_objects(struct sharing *sharing)
{
	const struct snapshot *snapshot = sharing->inquiry->snapshot;
	size_t next = 0;
	for (obj_id i = 0; i < snapshot->n_objects && next < snapshot->copies.n; i++) {
		uint64_t address = snapshot->address[i];
		const struct snap_copy *copies = snapshot->copies.data;
		while (next < snapshot->copies.n &&
			copies[next].address + copies[next].n_bytes <= address)
			next++;
		if (next < snapshot->copies.n && address >= copies[next].address &&
			!add_object(sharing, i))
			return false;
	}
	return true;
}

/* ---- suspicions ---- */

static uint64_t copied_bytes(const struct snapshot *snapshot)
{
	uint64_t sum = 0;
	vec_foreach (&snapshot->copies, copy)
		sum += copy->n_bytes;
	return sum;
}

/* What judge() is told of a place: pages, its type, in one number. */
static uint64_t pack(uint64_t n_bytes, type_id type)
{
	return MIN(n_bytes / PAGE_BYTES, (uint64_t)UINT32_MAX) << 32 | type;
}

static struct error *suspect_places(
	const struct rule *rule, struct inquiry *inquiry, const struct sharing *sharing)
{
	uint64_t copied = copied_bytes(inquiry->snapshot), rest = copied;
	struct error *error = NULL;
	for (size_t i = FIRST_HOLDER; !error && i < ARRAY_SIZE(sharing->places); i++) {
		const struct place *place = &sharing->places[i];
		uint64_t n_bytes = (uint64_t)((double)copied * (double)place->weight /
					      (double)sharing->weight);
		if (!place->count || n_bytes < copied / SHARE || n_bytes < TOLD_BYTES ||
			!is_worth(inquiry, n_bytes))
			continue;
		rest -= MIN(rest, n_bytes);
		const struct holder *holder = &inquiry->holders->data[i - FIRST_HOLDER];
		error = inquiry_suspect(inquiry, rule,
			holder->is_group ? holder->container : holder->node,
			pack(n_bytes, place->type));
	}
	bool is_rest_told = rest >= copied / 2 && rest >= TOLD_BYTES && is_worth(inquiry, rest);
	if (!error && is_rest_told)
		error = inquiry_suspect_nobody(
			inquiry, rule, pack(rest, sharing->places[NOBODY].type));
	return error;
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	uint64_t copied = copied_bytes(inquiry->snapshot);
	if (copied < TOLD_BYTES || !is_worth(inquiry, copied))
		return NULL;
	struct sharing *sharing = calloc(1, sizeof(*sharing));
	if (!sharing)
		return &error_no_memory;
	bool ok = init(sharing, inquiry) && add_objects(sharing);
	struct error *error = ok ? NULL : &error_no_memory;
	if (!error && sharing->weight)
		error = suspect_places(rule, inquiry, sharing);
	deinit(sharing);
	free(sharing);
	return error;
}

/* ---- judgement ---- */

static uint64_t figure(const struct inquiry *inquiry, const char *name)
{
	uint64_t value = snapshot_figure(inquiry->snapshot, name);
	return value == UINT64_MAX ? 0 : value;
}

static void set_evidence(
	const struct inquiry *inquiry, uint64_t percent, const char *type, struct finding *finding)
{
	struct row *evidence = finding->evidence;
	row_set_text(evidence, "part", "objects.live");
	row_set_u64(evidence, "parent_pid", figure(inquiry, "fork.parent"));
	row_set_u64(evidence, "copied_bytes", copied_bytes(inquiry->snapshot));
	row_set_u64(evidence, "shared_bytes", figure(inquiry, "fork.shared_bytes"));
	row_set_text(evidence, "object_type", type);
	row_set_u64(evidence, "count_only_percent", percent);
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	uint64_t n_pages = figure(inquiry, "fork.compared_pages");
	uint64_t percent = n_pages ? figure(inquiry, "fork.unchanged_pages") * 100 / n_pages : 0;
	bool is_counted = percent >= 50;
	uint64_t n_bytes = (suspicion->arg >> 32) * PAGE_BYTES;
	struct text type _cleanup_text_ = {0};
	names_type_render(inquiry->snapshot, (type_id)suspicion->arg, &type);
	set_evidence(inquiry, percent, text_get(&type), finding);
	finding->saving_bytes = n_bytes;
	finding->saving_method = SAVING_MODELLED;
	if (finding->node == GRAPH_ROOT)
		finding_set_type(finding, "%s", text_get(&type));
	finding_describe(finding,
		"%" PRIu64 " MiB once shared with the parent process %" PRIu64
		" were copied%s (mostly %s)",
		n_bytes >> 20, figure(inquiry, "fork.parent"),
		is_counted ? ", only because reading an object writes its reference count" : "",
		text_get(&type));
	finding_advise(finding,
		is_counted ? "Keep it as one bytes, array or NumPy object, or in shared_memory: "
			     "elements without reference counts stay shared."
			   : "Call gc.freeze() in the parent before the fork, and keep what "
			     "children write apart from what they only read.");
	return true;
}

const struct rule rule_copy_on_write_loss = {
	.id = "copy_on_write_loss",
	.title = "memory shared with the parent process that reading has copied",
	.find = find,
	.judge = judge,
};
