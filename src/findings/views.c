/*
 * views_pin_bases: memoryviews and numpy arrays that show a small part of a
 * large object, which lives through them alone.
 *
 * Evidence: view_count; base_count, objects that they keep; base_bytes, what
 * these weigh; view_bytes, what the views show of it.
 */
#include "findings/rules.h"
#include "findings/waste.h"

#include <stdlib.h>

/* Views of views end somewhere. */
#define CHAIN_MAX 16

/* Smaller bases are not worth a copy. */
#define BASE_BYTES 4096

struct view {
	uint32_t base, node;
	uint64_t n_bytes;
};

struct viewing {
	struct inquiry *inquiry;
	VEC(struct view) views; /* by base */
	uint64_t *bases;        /* a bit a node */
	uint64_t *others;       /* a bit a node: something that is no view holds it */
};

static bool is_view(const struct snapshot *snapshot, uint32_t node)
{
	uint64_t n_bytes;
	return is_object(snapshot, node) &&
	       snapshot_fact(snapshot, node, FACT_VIEW_BYTES, &n_bytes);
}

/* What owns the memory that a view shows, or OBJ_NONE. */
static uint32_t base_of(const struct snapshot *snapshot, uint32_t view)
{
	uint32_t node = view;
	for (unsigned i = 0; i < CHAIN_MAX && is_view(snapshot, node); i++) {
		uint32_t base = attribute_of(snapshot, node, "base");
		if (base == OBJ_NONE)
			base = attribute_of(snapshot, node, "obj");
		if (base == OBJ_NONE || !is_object(snapshot, base))
			return OBJ_NONE;
		node = base;
	}
	return is_view(snapshot, node) ? OBJ_NONE : node;
}

/* Files are pages of the kernel. */
static bool is_base(const struct inquiry *inquiry, uint32_t base)
{
	return base != OBJ_NONE && weight_of(inquiry->analysis, base) >= BASE_BYTES &&
	       !is_of(inquiry->snapshot, base, "mmap", "mmap");
}

static int compare_views(const void *a, const void *b)
{
	const struct view *left = a, *right = b;
	if (left->base != right->base)
		return left->base < right->base ? -1 : 1;
	return (left->node > right->node) - (left->node < right->node);
}

static struct error *collect_views(struct viewing *viewing)
{
	const struct snapshot *snapshot = viewing->inquiry->snapshot;
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_VIEW_BYTES, &begin, &end);
	for (uint32_t i = begin; i < end; i++) {
		uint32_t node = snapshot->facts.object[i];
		if (is_garbage(viewing->inquiry->analysis, node))
			continue;
		uint32_t base = base_of(snapshot, node);
		struct view *view =
			is_base(viewing->inquiry, base) ? vec_add(&viewing->views) : NULL;
		if (view)
			*view = (struct view){base, node, snapshot->facts.value[i]};
		else if (is_base(viewing->inquiry, base))
			return &error_no_memory;
	}
	if (viewing->views.data)
		qsort(viewing->views.data, viewing->views.n, sizeof(struct view), compare_views);
	return NULL;
}

/* Resident bytes that copies of the views would not need; views [begin, end) are of one base. */
static uint64_t waste_of(const struct viewing *viewing, size_t begin, size_t end)
{
	const struct analysis *analysis = viewing->inquiry->analysis;
	uint32_t base = viewing->views.data[begin].base;
	uint64_t n_shown = 0, weight = weight_of(analysis, base);
	weight -= MIN(weight, missing_of(analysis, base));
	for (size_t i = begin; i < end; i++)
		n_shown += MIN(viewing->views.data[i].n_bytes, weight);
	return n_shown <= weight / 2 ? weight - n_shown : 0;
}

static size_t end_of_base(const struct viewing *viewing, size_t begin)
{
	size_t end = begin;
	while (end < viewing->views.n &&
		viewing->views.data[end].base == viewing->views.data[begin].base)
		end++;
	return end;
}

/* The buffer protocol holds a base through an object of its own. */
static bool is_go_between(const struct snapshot *snapshot, uint32_t node)
{
	return is_view(snapshot, node) || is_of(snapshot, node, "builtins", "managedbuffer");
}

/* One pass over all edges. */
static void find_others(struct viewing *viewing)
{
	const struct snapshot *snapshot = viewing->inquiry->snapshot;
	for (uint32_t node = 0; node < snapshot->n_nodes; node++)
		for (uint64_t e = snapshot->edge_start[node]; e < snapshot->edge_start[node + 1];
			e++)
			if (bits_get(viewing->bases, snapshot->edge_to[e]) &&
				!is_go_between(snapshot, node))
				bits_set(viewing->others, snapshot->edge_to[e]);
}

static uint64_t mark_bases(struct viewing *viewing)
{
	uint64_t sum = 0;
	for (size_t i = 0, end; i < viewing->views.n; i = end) {
		end = end_of_base(viewing, i);
		uint64_t waste = waste_of(viewing, i, end);
		if (waste)
			bits_set(viewing->bases, viewing->views.data[i].base);
		sum += waste;
	}
	return sum;
}

static struct error *look(struct inquiry *inquiry, const struct members *members, struct clue *clue)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint32_t last = OBJ_NONE;
	for (size_t i = 0; i < members->n; i++) {
		uint32_t view = members->crowd->nodes.data[members->index[i]];
		uint64_t n_bytes = 0;
		uint32_t base = base_of(snapshot, view);
		snapshot_fact(snapshot, view, FACT_VIEW_BYTES, &n_bytes);
		clue->bytes[1] += n_bytes;
		/* Views of one base follow each other. */
		if (base != last) {
			clue->n_items++;
			clue->bytes[0] += weight_of(inquiry->analysis, base);
		}
		last = base;
	}
	return NULL;
}

static struct error *place_views(const struct rule *rule, struct viewing *viewing)
{
	struct crowd crowd = {.stride = 1};
	bool ok = true;
	for (size_t i = 0, end; ok && i < viewing->views.n; i = end) {
		end = end_of_base(viewing, i);
		uint32_t base = viewing->views.data[i].base;
		uint64_t waste = waste_of(viewing, i, end);
		bool is_pinned = bits_get(viewing->bases, base) && !bits_get(viewing->others, base);
		for (size_t j = i; ok && is_pinned && j < end; j++)
			ok = crowd_add(&crowd, viewing->views.data[j].node, waste / (end - i));
	}
	if (ok)
		return waste_place(viewing->inquiry, rule, &crowd, look);
	crowd_deinit(&crowd);
	return &error_no_memory;
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	struct waste *waste;
	struct viewing viewing = {.inquiry = inquiry};
	struct error *error = waste_get(inquiry, &waste);
	if (!error)
		error = collect_views(&viewing);
	if (!error && viewing.views.n) {
		viewing.bases = calloc(words_of(inquiry->analysis), sizeof(uint64_t));
		viewing.others = calloc(words_of(inquiry->analysis), sizeof(uint64_t));
		if (!viewing.bases || !viewing.others) {
			error = &error_no_memory;
		} else if (mark_bases(&viewing) >= waste_least(inquiry)) {
			find_others(&viewing);
			error = place_views(rule, &viewing);
		}
	}
	vec_deinit(&viewing.views);
	free(viewing.bases);
	free(viewing.others);
	return error;
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct clue *clue = waste_clue(inquiry, suspicion, finding);
	if (!clue)
		return false;
	uint64_t n_views = clue_share(clue, suspicion, clue->count);
	bool is_array = is_of(inquiry->snapshot, clue->node, "numpy", "ndarray");
	finding->saving_method = SAVING_COUNTED;
	finding_describe(finding, "%" PRIu64 " small %s keep%s %" PRIu64 " large object%s alive",
		n_views, is_array ? "array views" : "memoryviews", n_views == 1 ? "s" : "",
		clue->n_items, clue->n_items == 1 ? "" : "s");
	finding_advise(finding, is_array ? "Store a copy of the part that you need: part.copy()."
					 : "Store a copy of the part that you need: bytes(part).");
	row_set_u64(finding->evidence, "view_count", n_views);
	row_set_u64(finding->evidence, "base_count", clue_share(clue, suspicion, clue->n_items));
	row_set_u64(finding->evidence, "base_bytes", clue_share(clue, suspicion, clue->bytes[0]));
	row_set_u64(finding->evidence, "view_bytes", clue_share(clue, suspicion, clue->bytes[1]));
	return true;
}

const struct rule rule_views_pin_bases = {
	.id = "views_pin_bases",
	.title = "small views that keep large buffers and arrays alive",
	.find = find,
	.judge = judge,
};
