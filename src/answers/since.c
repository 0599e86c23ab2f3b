#include "answers/since.h"

#include <stdlib.h>

struct error *since_create(struct analysis *analysis, const char *by, struct moment **ret)
{
	struct moment_options options = {.has_classes = true};
	by_find(by, &options.by);
	struct moment *moment = calloc(1, sizeof(*moment));
	struct error *error = moment ? moment_init(moment, analysis, &options) : &error_no_memory;
	if (error)
		free(moment);
	else
		*ret = moment;
	return error;
}

void since_destroy(struct moment *since)
{
	if (!since)
		return;
	moment_deinit(since);
	free(since);
}

static void set_delta(struct row *row, const char *name, uint64_t before, uint64_t after)
{
	if (before == UINT64_MAX || after == UINT64_MAX)
		row_set_null(row, name);
	else
		row_set_int(row, name, (int64_t)(after - before));
}

/* Of several objects with one path, the address says which it was. */
static struct standing standing_of(
	const struct moment *since, const struct moment_row *place, bool is_same_process)
{
	struct standing standing = moment_standing(since, place, is_same_process);
	if (standing.n <= 1 || place->is_group)
		return standing;
	const struct outline *outline = &since->outline;
	uint32_t entry = is_same_process
				 ? outline_of_address(outline, place->address, place->type_hash)
				 : OUTLINE_NONE;
	if (entry == OUTLINE_NONE)
		return standing;
	const struct outline_entry *found = &outline->data[entry];
	return (struct standing){found->n_bytes, found->item_count, 1, entry};
}

struct error *since_set_holder(const struct moment *since, const struct analysis *analysis,
	const struct holder *holder, struct row *row)
{
	const struct snapshot *snapshot = analysis->snapshot;
	char fingerprint[FINGERPRINT_SIZE];
	struct error *error = names_fingerprint(analysis->names, &holder->path, fingerprint);
	if (error)
		return error;
	struct moment_row place = {
		.key = strtoull(fingerprint, NULL, 16),
		.is_group = holder->is_group,
		.type_hash = outline_type(snapshot, holder->retainer),
	};
	if (!holder->is_group && is_object(snapshot, holder->retainer))
		place.address = snapshot->address[holder->retainer];
	bool is_same =
		since->pid == snapshot->pid && since->started_unix_ns == snapshot->started_unix_ns;
	struct standing before = standing_of(since, &place, is_same);
	bool is_ambiguous = before.n > 1 && !holder->is_group;
	uint64_t count = before.n ? before.count : 0;
	set_delta(row, "delta_bytes", is_ambiguous ? UINT64_MAX : before.n_bytes,
		holder->retained_bytes);
	set_delta(row, "delta_count", is_ambiguous ? UINT64_MAX : count, holder->item_count);
	return NULL;
}

void since_set_class(
	const struct moment *since, const struct population *population, struct row *row)
{
	struct standing before =
		moment_class(since, class_key(population->module, population->name));
	set_delta(row, "delta_bytes", before.n_bytes, population->self_bytes);
	set_delta(row, "delta_count", before.n ? before.count : 0, population->count);
}
