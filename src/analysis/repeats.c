/*
 * Hashes are dealt into shards by their upper bits, so that the table of a shard
 * fits into a cache; shards are independent and spread over the workers. Within
 * a shard the lower half tells them apart.
 */
#include "analysis/repeats.h"

#include "analysis/census.h"
#include "base/workers.h"

#include <stdlib.h>

#define SHARD_BITS 10
#define SHARDS (1 << SHARD_BITS)
#define SHARD_OF(hash) ((hash) >> (64 - SHARD_BITS))

struct hashed {
	uint32_t hash;
	obj_id object;
};

struct dealing {
	const struct analysis *analysis;
	repeats_hash_fn hash;
	const void *arg;
	struct hashed *dealt;
	uint64_t n, *starts; /* of each shard and worker: shard * n_workers + worker */
	unsigned n_workers;
};

static uint64_t hash_of(const struct dealing *dealing, uint64_t object)
{
	uint64_t hash = dealing->hash(dealing->arg, (obj_id)object);
	return hash && !is_garbage(dealing->analysis, (uint32_t)object) ? hash : 0;
}

static struct error *count_shards(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	struct dealing *dealing = arg;
	uint64_t counts[SHARDS] = {0};
	for (uint64_t i = begin; i < end; i++) {
		uint64_t hash = hash_of(dealing, i);
		counts[SHARD_OF(hash)] += hash != 0;
	}
	for (size_t shard = 0; shard < SHARDS; shard++)
		dealing->starts[shard * dealing->n_workers + worker] = counts[shard];
	return NULL;
}

static struct error *deal(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	struct dealing *dealing = arg;
	uint64_t next[SHARDS];
	for (size_t shard = 0; shard < SHARDS; shard++)
		next[shard] = dealing->starts[shard * dealing->n_workers + worker];
	for (uint64_t i = begin; i < end; i++) {
		uint64_t hash = hash_of(dealing, i);
		if (hash)
			dealing->dealt[next[SHARD_OF(hash)]++] =
				(struct hashed){.hash = (uint32_t)hash | 1, .object = (obj_id)i};
	}
	return NULL;
}

/* Counts become places. */
static uint64_t sum_up(uint64_t *starts, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t count = starts[i];
		starts[i] = sum;
		sum += count;
	}
	return sum;
}

/* ---- the shards ---- */

struct marking {
	const struct snapshot *snapshot;
	const struct hashed *hashed;
	const uint64_t *starts; /* SHARDS + 1 */
	struct repeats *repeats;
};

/* Immortal objects stay in any case. */
static bool is_kept(const struct snapshot *snapshot, obj_id object)
{
	return snapshot->flags[object] & (OBJECT_STATIC | OBJECT_IMMORTAL);
}

static void mark(struct repeats *sum, const struct marking *marking, obj_id copy)
{
	__atomic_fetch_or(
		&marking->repeats->copies[copy / 64], 1ull << copy % 64, __ATOMIC_RELAXED);
	sum->count++;
	sum->bytes += snapshot_self_bytes(marking->snapshot, copy);
}

static void mark_shard(const struct marking *marking, size_t shard, struct hashed *table,
	uint64_t mask, struct repeats *sum)
{
	for (uint64_t i = marking->starts[shard]; i < marking->starts[shard + 1]; i++) {
		struct hashed new = marking->hashed[i];
		uint64_t at = new.hash >> 1 & mask;
		while (table[at].hash && table[at].hash != new.hash)
			at = (at + 1) & mask;
		bool is_first = !table[at].hash;
		if (is_first) {
			table[at] = new;
		} else if (is_kept(marking->snapshot, new.object)) {
			if (!is_kept(marking->snapshot, table[at].object))
				mark(sum, marking, table[at].object);
			table[at] = new;
		} else {
			mark(sum, marking, new.object);
		}
	}
}

static uint64_t table_size(uint64_t n)
{
	uint64_t size = 16;
	while (size < n * 2)
		size *= 2;
	return size;
}

static struct error *mark_shards(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	const struct marking *marking = arg;
	uint64_t most = 0;
	for (uint64_t shard = begin; shard < end; shard++)
		most = MAX(most, marking->starts[shard + 1] - marking->starts[shard]);
	struct hashed *table = malloc(table_size(most) * sizeof(*table));
	if (!table)
		return &error_no_memory;
	struct repeats sum = {0};
	for (uint64_t shard = begin; shard < end; shard++) {
		uint64_t size = table_size(marking->starts[shard + 1] - marking->starts[shard]);
		memset(table, 0, size * sizeof(*table));
		mark_shard(marking, shard, table, size - 1, &sum);
	}
	free(table);
	__atomic_fetch_add(&marking->repeats->count, sum.count, __ATOMIC_RELAXED);
	__atomic_fetch_add(&marking->repeats->bytes, sum.bytes, __ATOMIC_RELAXED);
	return NULL;
}

static struct error *mark_copies(struct repeats *repeats, const struct analysis *analysis,
	const struct hashed *hashed, const uint64_t *starts)
{
	struct marking marking = {
		.snapshot = analysis->snapshot,
		.hashed = hashed,
		.starts = starts,
		.repeats = repeats,
	};
	repeats->copies = calloc(words_of(analysis), sizeof(uint64_t));
	if (!repeats->copies)
		return &error_no_memory;
	return workers_run(workers_count(), SHARDS, mark_shards, &marking);
}

struct error *repeats_init(struct repeats *repeats, const struct analysis *analysis,
	repeats_hash_fn hash, const void *arg)
{
	unsigned n_workers = workers_count();
	struct dealing dealing = {
		.analysis = analysis,
		.hash = hash,
		.arg = arg,
		.n_workers = n_workers,
		.starts = calloc((size_t)SHARDS * n_workers, sizeof(uint64_t)),
	};
	uint64_t starts[SHARDS + 1], n_objects = analysis->snapshot->n_objects;
	*repeats = (struct repeats){0};
	struct error *error = dealing.starts
				      ? workers_run(n_workers, n_objects, count_shards, &dealing)
				      : &error_no_memory;
	if (!error) {
		dealing.n = sum_up(dealing.starts, (size_t)SHARDS * n_workers);
		dealing.dealt = malloc((dealing.n + 1) * sizeof(*dealing.dealt));
		error = dealing.dealt ? workers_run(n_workers, n_objects, deal, &dealing)
				      : &error_no_memory;
	}
	for (size_t shard = 0; !error && shard < SHARDS; shard++)
		starts[shard] = dealing.starts[shard * n_workers];
	starts[SHARDS] = dealing.n;
	if (!error)
		error = mark_copies(repeats, analysis, dealing.dealt, starts);
	free(dealing.dealt);
	free(dealing.starts);
	if (error)
		repeats_deinit(repeats);
	return error;
}

void repeats_deinit(struct repeats *repeats)
{
	free(repeats->copies);
	*repeats = (struct repeats){0};
}

struct of_type {
	const struct snapshot *snapshot;
	type_id type;
};

static uint64_t hash_content(const void *arg, obj_id object)
{
	const struct of_type *of = arg;
	if (of->snapshot->type[object] != of->type || !of->snapshot->content[object])
		return 0;
	return leaf_hash(of->snapshot, object);
}

struct error *repeats_of_type(
	struct repeats *repeats, const struct analysis *analysis, type_id type)
{
	struct of_type of = {analysis->snapshot, type};
	return repeats_init(repeats, analysis, hash_content, &of);
}

struct error *repeats_sample(const struct repeats *repeats, const struct analysis *analysis,
	uint64_t most, uint64_t heavy, struct copies *ret)
{
	uint64_t seen = 0, run = 0, stride = repeats->count / most + 1;
	uint64_t next = census_pick(0, stride);
	bool ok = true;
	*ret = (struct copies){.light.stride = stride, .heavy.stride = 1};
	for (size_t word = 0; ok && word < bits_words(analysis->snapshot->n_objects); word++) {
		for (uint64_t bits = repeats->copies[word]; ok && bits; bits &= bits - 1) {
			uint32_t node = (uint32_t)(word * 64 + (unsigned)__builtin_ctzll(bits));
			uint64_t weight = retained_of(analysis, node);
			if (weight >= heavy) {
				ok = crowd_add(&ret->heavy, node, weight);
			} else if (seen++ == next) {
				next = census_pick(++run, stride);
				ok = crowd_add(&ret->light, node, weight);
			}
		}
	}
	if (!ok)
		copies_deinit(ret);
	return ok ? NULL : &error_no_memory;
}

void copies_deinit(struct copies *copies)
{
	crowd_deinit(&copies->light);
	crowd_deinit(&copies->heavy);
}

static int compare_hashes(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

/* Chao's estimate: what is seen, and as much more as singles among pairs let expect. */
uint64_t estimate_distinct(uint64_t *hashes, size_t n, uint64_t stride)
{
	uint64_t n_seen = 0, n_once = 0, n_twice = 0;
	if (n)
		qsort(hashes, n, sizeof(*hashes), compare_hashes);
	for (size_t i = 0, end; i < n; i = end, n_seen++) {
		for (end = i + 1; end < n && hashes[end] == hashes[i];)
			end++;
		n_once += end - i == 1;
		n_twice += end - i == 2;
	}
	if (stride < 2)
		return n_seen;
	return MIN(n_seen + n_once * n_once / (2 * MAX(n_twice, 1)), n * stride);
}
