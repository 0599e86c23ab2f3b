/*
 * Caches of functools.lru_cache and functools.cache.
 *
 * lru_cache_on_method: the keys hold `self`, so that no instance of the class
 * dies as long as its entry stands there. Instances that live anyway are no harm.
 * unbounded_lru_cache: maxsize is None; nothing is ever dropped.
 *
 * Evidence: entry_count; max_count (null: None); hit_count; miss_count;
 * instance_class and instance_count, the objects that keys begin with.
 */
#include "findings/gather.h"
#include "findings/rules.h"

#include <stdlib.h>

struct keys {
	/* Keys that begin with one that lives through the cache alone; distinct ones. */
	uint64_t n, n_instances;
	type_id type; /* of the first instance; TYPE_NONE: none */
};

struct cache {
	uint64_t n_entries, n_max, n_hits, n_misses;
};

static uint64_t fact(const struct snapshot *snapshot, uint32_t node, enum fact_id id)
{
	uint64_t value;
	return snapshot_fact(snapshot, node, id, &value) ? value : UINT64_MAX;
}

static struct cache cache_of(const struct snapshot *snapshot, uint32_t node)
{
	return (struct cache){
		.n_entries = item_count(snapshot, node),
		.n_max = fact(snapshot, node, FACT_LRU_MAXSIZE),
		.n_hits = fact(snapshot, node, FACT_LRU_HITS),
		.n_misses = fact(snapshot, node, FACT_LRU_MISSES),
	};
}

/* ---- keys ---- */

/* Is the wrapper an attribute of a class that `type` derives from? */
static bool is_method_of(const struct snapshot *snapshot, type_id type, uint32_t wrapper)
{
	obj_id object = snapshot->types.data[type].object;
	uint32_t mro = object == OBJ_NONE ? OBJ_NONE : attribute_of(snapshot, object, "__mro__");
	if (mro == OBJ_NONE)
		return false;
	for (uint64_t e = snapshot->edge_start[mro]; e < snapshot->edge_start[mro + 1]; e++) {
		uint32_t namespace = namespace_of(snapshot, snapshot->edge_to[e]);
		for (uint64_t a = snapshot->edge_start[namespace];
			a < snapshot->edge_start[namespace + 1]; a++)
			if (snapshot->edge_to[a] == wrapper)
				return true;
	}
	return false;
}

/* What a key begins with: keys of one plain argument are that argument. */
static uint32_t first_argument(const struct snapshot *snapshot, uint32_t key)
{
	uint32_t first = first_edge(snapshot, key, EDGE_INDEX);
	return first == OBJ_NONE ? key : first;
}

struct survey {
	const struct analysis *analysis;
	const struct snapshot *snapshot;
	uint32_t wrapper;
	uint64_t *seen;  /* a bit an object */
	uint64_t *known; /* a bit a type: was asked, and in the next word: is a class of it */
	struct keys keys;
};

static bool is_self(struct survey *survey, uint32_t node)
{
	if (!is_object(survey->snapshot, node))
		return false;
	type_id type = survey->snapshot->type[node];
	if (!(survey->snapshot->types.data[type].flags & SNAP_TYPE_PYTHON))
		return false;
	if (!bits_get(survey->known, 2ull * type)) {
		bits_set(survey->known, 2ull * type);
		if (is_method_of(survey->snapshot, type, survey->wrapper))
			bits_set(survey->known, 2ull * type + 1);
	}
	return bits_get(survey->known, 2ull * type + 1);
}

static void survey_key(struct survey *survey, uint32_t key)
{
	uint32_t first = first_argument(survey->snapshot, key);
	if (!is_self(survey, first) || !is_below(survey->analysis, first, survey->wrapper))
		return;
	survey->keys.n++;
	if (bits_get(survey->seen, first))
		return;
	bits_set(survey->seen, first);
	survey->keys.n_instances++;
	if (survey->keys.type == TYPE_NONE)
		survey->keys.type = survey->snapshot->type[first];
}

static struct error *survey_keys(
	const struct analysis *analysis, uint32_t wrapper, struct keys *ret)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct survey survey = {
		.analysis = analysis,
		.snapshot = snapshot,
		.wrapper = wrapper,
		.seen = calloc(bits_words(snapshot->n_objects) + 1, sizeof(uint64_t)),
		.known = calloc(bits_words(2 * snapshot->types.n) + 1, sizeof(uint64_t)),
		.keys = {.type = TYPE_NONE},
	};
	uint32_t dict = attribute_of(snapshot, wrapper, "cache");
	bool ok = survey.seen && survey.known;
	uint64_t begin = dict == OBJ_NONE ? 0 : snapshot->edge_start[dict];
	uint64_t end = dict == OBJ_NONE ? 0 : snapshot->edge_start[dict + 1];
	for (uint64_t e = begin; ok && e < end; e++)
		if (snapshot->edge_kind[e] == EDGE_ITEM)
			survey_key(&survey, snapshot->edge_to[e]);
	free(survey.seen);
	free(survey.known);
	*ret = survey.keys;
	return ok ? NULL : &error_no_memory;
}

/* Does `self` stand in most keys? */
static bool holds_instances(const struct keys *keys, const struct cache *cache)
{
	return keys->n && keys->n >= cache->n_entries / 2;
}

/* ---- the rules ---- */

static struct error *find_caches(const struct rule *rule, struct inquiry *inquiry, bool of_methods)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct error *error = NULL;
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_LRU_MAXSIZE, &begin, &end);
	for (uint32_t i = begin; !error && i < end; i++) {
		obj_id wrapper = snapshot->facts.object[i];
		if (is_garbage(inquiry->analysis, wrapper) ||
			!is_worth(inquiry, retained_of(inquiry->analysis, wrapper)))
			continue;
		struct cache cache = cache_of(snapshot, wrapper);
		struct keys keys;
		error = survey_keys(inquiry->analysis, wrapper, &keys);
		bool is_suspect =
			of_methods ? holds_instances(&keys, &cache) : cache.n_max == UINT64_MAX;
		if (!error && is_suspect)
			error = inquiry_suspect(inquiry, rule, wrapper,
				of_methods ? (uint64_t)keys.type << 32 | keys.n_instances : 0);
	}
	return error;
}

static struct error *find_methods(const struct rule *rule, struct inquiry *inquiry)
{
	return find_caches(rule, inquiry, true);
}

static struct error *find_unbounded(const struct rule *rule, struct inquiry *inquiry)
{
	return find_caches(rule, inquiry, false);
}

static struct cache describe(const struct inquiry *inquiry, struct finding *finding)
{
	struct cache cache = cache_of(inquiry->snapshot, finding->node);
	finding->saving_bytes = resident_retained(inquiry->analysis, finding->node);
	row_set_u64(finding->evidence, "entry_count", cache.n_entries);
	row_set_u64(finding->evidence, "max_count", cache.n_max);
	row_set_u64(finding->evidence, "hit_count", cache.n_hits);
	row_set_u64(finding->evidence, "miss_count", cache.n_misses);
	return cache;
}

static bool judge_method(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	const struct snap_type *type = &snapshot->types.data[suspicion->arg >> 32];
	const char *name = snapshot_string(snapshot, type->name);
	uint64_t n_instances = (uint32_t)suspicion->arg;
	struct cache cache = describe(inquiry, finding);
	finding->saving_method = SAVING_COUNTED;
	finding_describe(finding,
		"lru_cache on a method: its %" PRIu64 " keys hold self and keep %" PRIu64
		" %s alive, %" PRIu64 " hits",
		cache.n_entries, n_instances, name, cache.n_hits);
	finding_advise(finding, "Keep results on the instance (functools.cached_property) or cache "
				"a function of plain values, so that no key holds self.");
	row_set_text(finding->evidence, "instance_class", name);
	row_set_u64(finding->evidence, "instance_count", n_instances);
	return true;
}

static bool judge_unbounded(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	(void)suspicion;
	struct cache cache = describe(inquiry, finding);
	finding->saving_method = SAVING_BOUND;
	finding_describe(finding,
		"lru_cache with maxsize None: %" PRIu64 " entries, %" PRIu64 " hits, %" PRIu64
		" misses",
		cache.n_entries, cache.n_hits, cache.n_misses);
	if (cache.n_hits < cache.n_entries / 10)
		finding_advise(finding, "Remove the cache, or give it a maxsize: most results are "
					"never asked for again.");
	else
		finding_advise(finding, "Give it a maxsize: @lru_cache(maxsize=1024).");
	return true;
}

const struct rule rule_lru_cache_on_method = {
	.id = "lru_cache_on_method",
	.title = "functools.lru_cache on a method: its keys keep the instances alive",
	.is_retention = true,
	.find = find_methods,
	.judge = judge_method,
};

const struct rule rule_unbounded_lru_cache = {
	.id = "unbounded_lru_cache",
	.title = "functools.lru_cache without maxsize",
	.is_retention = true,
	.find = find_unbounded,
	.judge = judge_unbounded,
};
