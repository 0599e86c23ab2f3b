/*
 * pymalloc_pinned, malloc_arenas, malloc_free: memory that the program freed
 * and that an allocator keeps.
 *
 * Evidence of pymalloc_pinned: `part`, `arena_count` and `arena_bytes` of
 * pymalloc, `used_bytes` and `free_bytes` in them, `pinning_object_count` and
 * `pinned_bytes` at this place, `pinning_types` of all that pins, most first.
 *
 * Evidence of the malloc rules: `part`, `allocator`, `arena_count`, `thread_arena_count`,
 * `free_bytes` in all arenas, `trim_bytes` that malloc_trim(0) returns,
 * `largest_arena_free_bytes`, `arena_max_saving_bytes` with MALLOC_ARENA_MAX=1,
 * `arena_max_2_saving_bytes` with 2.
 */
#include "findings/rules.h"

#include <stdlib.h>

/* Free memory is normal; it is told from this share and this much on. */
#define TOLD_SHARE 10
#define TOLD_BYTES (8ull << 20)
#define TOLD_MAIN_BYTES (32ull << 20)

#define FEWEST_THREAD_ARENAS 2

/* A second type is named when it pins this share. */
#define MUCH_SHARE 5

static uint64_t figure(const struct inquiry *inquiry, const char *name)
{
	uint64_t value = snapshot_figure(inquiry->snapshot, name);
	return value == UINT64_MAX ? 0 : value;
}

static bool is_much(const struct inquiry *inquiry, uint64_t n_bytes, uint64_t least)
{
	return n_bytes >= least && n_bytes >= inquiry->snapshot->total_bytes / TOLD_SHARE;
}

/* ---- pymalloc ---- */

static uint64_t pinned_bytes(const struct snapshot *snapshot)
{
	uint64_t sum = 0;
	vec_foreach (&snapshot->pins, pin)
		sum += pin->pinned_bytes;
	return sum;
}

static struct error *find_pinned(const struct rule *rule, struct inquiry *inquiry)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct group group = {.type = TYPE_NONE};
	if (!is_much(inquiry, pinned_bytes(snapshot), TOLD_BYTES))
		return NULL;
	vec_foreach (&snapshot->pins, pin) {
		if (is_garbage(inquiry->analysis, pin->object))
			continue;
		if (!group_add_weighted(&group, pin->object, pin->pinned_bytes)) {
			group_deinit(&group);
			return &error_no_memory;
		}
	}
	return inquiry_suspect_group(inquiry, rule, &group, 0);
}

struct pin_type {
	type_id type;
	uint64_t n_bytes;
};

/* Of the two types that pin most, those that pin much of it. */
static void render_types(const struct snapshot *snapshot, struct text *text)
{
	uint64_t *by_type = calloc(snapshot->types.n + 1, sizeof(*by_type)), sum = 0;
	struct pin_type first = {0}, second = {0};
	if (!by_type) {
		text->failed = true;
		return;
	}
	vec_foreach (&snapshot->pins, pin) {
		by_type[snapshot->type[pin->object]] += pin->pinned_bytes;
		sum += pin->pinned_bytes;
	}
	for (type_id t = 0; t < snapshot->types.n; t++) {
		if (by_type[t] > first.n_bytes) {
			second = first;
			first = (struct pin_type){t, by_type[t]};
		} else if (by_type[t] > second.n_bytes) {
			second = (struct pin_type){t, by_type[t]};
		}
	}
	text_add_string(text, snapshot_string(snapshot, snapshot->types.data[first.type].name));
	if (second.n_bytes > sum / MUCH_SHARE)
		text_format(text, ", %s",
			snapshot_string(snapshot, snapshot->types.data[second.type].name));
	free(by_type);
}

static void set_pymalloc_evidence(const struct inquiry *inquiry, struct finding *finding)
{
	uint64_t used = figure(inquiry, "pymalloc.used_bytes");
	row_set_text(finding->evidence, "part", "free.pymalloc");
	row_set_u64(finding->evidence, "arena_count", figure(inquiry, "pymalloc.arena_count"));
	row_set_u64(finding->evidence, "arena_bytes", figure(inquiry, "pymalloc.arena_bytes"));
	row_set_u64(finding->evidence, "used_bytes", used);
	row_set_u64(
		finding->evidence, "free_bytes", account_get(inquiry->account, "free.pymalloc"));
}

static bool judge_pinned(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct placement *placement = &suspicion->placement;
	struct text types _cleanup_text_ = {0};
	if (!is_much(inquiry, placement->weight, TOLD_BYTES))
		return false;
	set_pymalloc_evidence(inquiry, finding);
	render_types(inquiry->snapshot, &types);
	if (types.failed)
		finding->evidence->document->failed = true;
	finding->retained_bytes = placement->retained_bytes;
	finding->saving_bytes = placement->weight;
	finding->saving_method = SAVING_COUNTED;
	finding_describe(finding,
		"%" PRIu64 " objects (%s) keep %" PRIu64
		" MiB of nearly empty pymalloc arenas from being given back",
		placement->count, text_get(&types), placement->weight >> 20);
	finding_advise(finding, "Rebuild what survives the peak as new objects once it is over "
				"(copy it, drop the old), or do the peak in a subprocess.");
	row_set_u64(finding->evidence, "pinning_object_count", placement->count);
	row_set_text(finding->evidence, "pinning_types", text_get(&types));
	row_set_u64(finding->evidence, "pinned_bytes", placement->weight);
	return true;
}

const struct rule rule_pymalloc_pinned = {
	.id = "pymalloc_pinned",
	.title = "objects that survived a peak keep nearly empty arenas of pymalloc",
	.find = find_pinned,
	.judge = judge_pinned,
};

/* ---- malloc ---- */

struct arenas {
	uint64_t n, n_of_threads, free_bytes;
	uint64_t largest, second; /* resident free memory of the two that have most */
};

static struct arenas count_arenas(const struct snapshot *snapshot)
{
	struct arenas arenas = {0};
	vec_foreach (&snapshot->arenas, arena) {
		const char *name = snapshot_string(snapshot, arena->allocator);
		bool is_thread = !strcmp(name, "malloc thread arena");
		if (!is_thread && strcmp(name, "malloc") != 0)
			continue;
		uint64_t n_free = MIN(arena->free_bytes, arena->resident_bytes);
		arenas.n++;
		arenas.n_of_threads += is_thread;
		arenas.free_bytes += n_free;
		if (n_free > arenas.largest) {
			arenas.second = arenas.largest;
			arenas.largest = n_free;
		} else if (n_free > arenas.second) {
			arenas.second = n_free;
		}
	}
	return arenas;
}

static uint64_t less(uint64_t from, uint64_t n_bytes)
{
	return from - MIN(from, n_bytes);
}

/* One arena serves all: it needs as much room as the one that has most now, and half of the
 * next where the peaks of two threads coincide. */
static uint64_t arena_saving(const struct snapshot *snapshot, const struct arenas *arenas)
{
	return less(snapshot->trim_bytes, arenas->largest + arenas->second / 2);
}

static bool is_many_arenas(const struct inquiry *inquiry, const struct arenas *arenas)
{
	return arenas->n_of_threads >= FEWEST_THREAD_ARENAS &&
	       is_much(inquiry, arena_saving(inquiry->snapshot, arenas), TOLD_BYTES);
}

static struct error *find_arenas(const struct rule *rule, struct inquiry *inquiry)
{
	struct arenas arenas = count_arenas(inquiry->snapshot);
	return is_many_arenas(inquiry, &arenas) ? inquiry_suspect_nobody(inquiry, rule, 0) : NULL;
}

static void set_malloc_evidence(
	const struct inquiry *inquiry, const struct arenas *arenas, struct finding *finding)
{
	uint64_t trim = inquiry->snapshot->trim_bytes;
	row_set_text(finding->evidence, "part", "free.malloc");
	row_set_format(finding->evidence, "allocator", "malloc of glibc, %" PRIu64 " thread arenas",
		arenas->n_of_threads);
	row_set_u64(finding->evidence, "arena_count", arenas->n);
	row_set_u64(finding->evidence, "thread_arena_count", arenas->n_of_threads);
	row_set_u64(finding->evidence, "free_bytes", account_get(inquiry->account, "free.malloc"));
	row_set_u64(finding->evidence, "trim_bytes", trim);
	row_set_u64(finding->evidence, "largest_arena_free_bytes", arenas->largest);
	row_set_u64(finding->evidence, "arena_max_saving_bytes",
		arena_saving(inquiry->snapshot, arenas));
	row_set_u64(finding->evidence, "arena_max_2_saving_bytes",
		less(trim, arenas->largest + arenas->second));
}

static bool judge_arenas(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	struct arenas arenas = count_arenas(inquiry->snapshot);
	set_malloc_evidence(inquiry, &arenas, finding);
	finding->saving_bytes = arena_saving(inquiry->snapshot, &arenas);
	finding->saving_method = SAVING_MODELLED;
	finding_set_type(finding, "%" PRIu64 " malloc arenas", arenas.n);
	finding_describe(finding,
		"%" PRIu64 " MiB that the program freed stay in %" PRIu64 " malloc arenas",
		account_get(inquiry->account, "free.malloc") >> 20, arenas.n);
	finding_advise(finding,
		"Start it with MALLOC_ARENA_MAX=1 (or 2) and MALLOC_TRIM_THRESHOLD_=65536, or "
		"call malloc_trim(0) after a peak, which would return %" PRIu64 " MiB now.",
		inquiry->snapshot->trim_bytes >> 20);
	return true;
}

const struct rule rule_malloc_arenas = {
	.id = "malloc_arenas",
	.title = "freed memory stays in the malloc arenas of many threads",
	.find = find_arenas,
	.judge = judge_arenas,
};

static struct error *find_free(const struct rule *rule, struct inquiry *inquiry)
{
	struct arenas arenas = count_arenas(inquiry->snapshot);
	bool is_told = !is_many_arenas(inquiry, &arenas) &&
		       is_much(inquiry, inquiry->snapshot->trim_bytes, TOLD_MAIN_BYTES);
	return is_told ? inquiry_suspect_nobody(inquiry, rule, 0) : NULL;
}

static bool judge_free(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	struct arenas arenas = count_arenas(inquiry->snapshot);
	set_malloc_evidence(inquiry, &arenas, finding);
	finding->saving_bytes = inquiry->snapshot->trim_bytes;
	finding->saving_method = SAVING_COUNTED;
	finding_set_type(finding, "malloc heap");
	finding_describe(finding, "%" PRIu64 " MiB that the program freed stay in the malloc heap",
		account_get(inquiry->account, "free.malloc") >> 20);
	finding_advise(finding, "Call malloc_trim(0) after a peak, which gives back whole pages: "
				"ctypes.CDLL(None).malloc_trim(0).");
	return true;
}

const struct rule rule_malloc_free = {
	.id = "malloc_free",
	.title = "freed memory stays in the heap of malloc",
	.find = find_free,
	.judge = judge_free,
};
