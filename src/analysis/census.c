#include "analysis/census.h"

#include "base/workers.h"

#include <stdlib.h>

struct count {
	uint64_t count, bytes;
};

struct counting {
	const struct analysis *analysis;
	struct count *counts; /* a row of types a worker */
};

static struct error *count_range(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	const struct counting *counting = arg;
	const struct snapshot *snapshot = counting->analysis->snapshot;
	struct count *counts = counting->counts + worker * snapshot->types.n;
	for (uint64_t i = begin; i < end; i++) {
		if (is_garbage(counting->analysis, (uint32_t)i))
			continue;
		struct count *count = &counts[snapshot->type[i]];
		count->count++;
		count->bytes += (uint64_t)snapshot->block_units[i] * 16;
	}
	return NULL;
}

static struct error *count_types(struct census *census, const struct analysis *analysis)
{
	const struct snapshot *snapshot = analysis->snapshot;
	unsigned n_workers = workers_count();
	struct counting counting = {
		.analysis = analysis,
		.counts = calloc(census->n * n_workers + 1, sizeof(*counting.counts)),
	};
	if (!counting.counts)
		return &error_no_memory;
	struct error *error = workers_run(n_workers, snapshot->n_objects, count_range, &counting);
	for (unsigned worker = 0; worker < n_workers; worker++)
		for (size_t t = 0; t < census->n; t++) {
			const struct count *count = &counting.counts[worker * census->n + t];
			census->types[t].count += count->count;
			census->types[t].bytes += count->bytes;
		}
	free(counting.counts);
	return error;
}

struct turn {
	uint64_t seen, next, run;
};

static bool take(struct census_type *type, struct turn *turn, obj_id object)
{
	if (turn->seen++ != turn->next)
		return true;
	obj_id *slot = vec_add(&type->sample);
	if (slot)
		*slot = object;
	turn->next = census_pick(++turn->run, type->stride);
	return slot != NULL;
}

static struct error *sample_types(
	struct census *census, const struct analysis *analysis, uint64_t least, uint64_t most)
{
	const struct snapshot *snapshot = analysis->snapshot;
	struct turn *turns = calloc(census->n + 1, sizeof(*turns));
	bool ok = turns != NULL, any = false;
	for (size_t t = 0; ok && t < census->n; t++) {
		struct census_type *type = &census->types[t];
		bool is_wanted = type->count && type->bytes >= least;
		type->stride = is_wanted ? (type->count + most - 1) / most : 0;
		any = any || is_wanted;
		if (is_wanted)
			turns[t].next = census_pick(0, type->stride);
	}
	for (obj_id i = 0; ok && any && i < snapshot->n_objects; i++) {
		type_id t = snapshot->type[i];
		if (census->types[t].stride && !is_garbage(analysis, i))
			ok = take(&census->types[t], &turns[t], i);
	}
	free(turns);
	return ok ? NULL : &error_no_memory;
}

struct error *census_init(
	struct census *census, const struct analysis *analysis, uint64_t least, uint64_t most)
{
	size_t n = analysis->snapshot->types.n;
	*census = (struct census){.n = n, .types = calloc(n + 1, sizeof(*census->types))};
	struct error *error = census->types ? count_types(census, analysis) : &error_no_memory;
	if (!error)
		error = sample_types(census, analysis, least, most);
	if (error)
		census_deinit(census);
	return error;
}

void census_deinit(struct census *census)
{
	for (size_t t = 0; t < census->n && census->types; t++)
		vec_deinit(&census->types[t].sample);
	free(census->types);
	*census = (struct census){0};
}

type_id census_find(const struct snapshot *snapshot, const char *module, const char *name)
{
	for (type_id t = 0; t < snapshot->types.n; t++) {
		const struct snap_type *type = &snapshot->types.data[t];
		const char *of =
			type->module ? snapshot_string(snapshot, type->module) : "builtins";
		if (!strcmp(snapshot_string(snapshot, type->name), name) && !strcmp(of, module))
			return t;
	}
	return TYPE_NONE;
}
