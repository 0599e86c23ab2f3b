/*
 * snapshot_check(): every number of a snapshot that a later room uses as an
 * index, a range or a sorted key is what it must be. A snapshot that passes can
 * be used without further bounds checks, wherever it came from.
 */
#include "snap/snapshot.h"

#include "base/workers.h"

/* Work per thread below which another thread is not worth its start. */
#define CHECKS_PER_WORKER (1u << 20)

static struct error *broken(const char *what, uint64_t index)
{
	return error_create(ERROR_CORRUPT_FILE, 0, "take a new snapshot",
		"the snapshot contradicts itself: %s (entry %llu)", what,
		(unsigned long long)index);
}

static struct error *over_range(const struct snapshot *snapshot, uint64_t n, worker_fn fn)
{
	unsigned n_workers = (unsigned)MIN(workers_count(), n / CHECKS_PER_WORKER + 1);
	return workers_run(n_workers, n, fn, (void *)snapshot);
}

static bool is_string(const struct snapshot *snapshot, str_id id)
{
	return id < snapshot->strings.offset.n;
}

static bool is_object_or_none(const struct snapshot *snapshot, obj_id id)
{
	return id < snapshot->n_objects || id == OBJ_NONE;
}

static bool is_site(const struct snapshot *snapshot, uint32_t site)
{
	return !site || (snapshot->n_sites && site < snapshot->trace_nodes.n);
}

static struct error *check_objects(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	const struct snapshot *snapshot = arg;
	const unsigned known_flags = OBJECT_GENERATION | OBJECT_TRACKED | OBJECT_STATIC |
				     OBJECT_IMMORTAL | OBJECT_FINALIZED;
	for (uint64_t i = begin; i < end; i++) {
		if (i && snapshot->address[i - 1] >= snapshot->address[i])
			return broken("objects are not in address order", i);
		if (snapshot->type[i] >= snapshot->types.n)
			return broken("an object has no such type", i);
		if (snapshot->flags[i] & ~known_flags)
			return broken("an object has unknown flags", i);
	}
	return NULL;
}

static struct error *check_large(const struct snapshot *snapshot)
{
	size_t n = 0;
	for (obj_id i = 0; i < snapshot->n_objects; i++) {
		bool is_large = snapshot->size[i] == SNAP_LARGE;
		if (is_large != (snapshot->block_units[i] == SNAP_LARGE))
			return broken("an object has one large size only", i);
		if (!is_large)
			continue;
		if (n == snapshot->large.n || snapshot->large.data[n].object != i)
			return broken("a large object has no sizes", i);
		n++;
	}
	return n == snapshot->large.n ? NULL : broken("sizes of no large object", n);
}

static struct error *check_edge_starts(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	const struct snapshot *snapshot = arg;
	for (uint64_t i = begin; i < end; i++)
		if (snapshot->edge_start[i] > snapshot->edge_start[i + 1])
			return broken("edges are not in the order of their nodes", i);
	return NULL;
}

static bool is_operand(const struct snapshot *snapshot, unsigned kind, uint32_t operand)
{
	switch (kind) {
	case EDGE_ATTR:
	case EDGE_KEY:
	case EDGE_LOCAL:
	case EDGE_CELL:
		return is_object_or_none(snapshot, operand);
	case EDGE_ATTR_STATIC:
	case EDGE_FIELD:
	case EDGE_MEMBER:
		return is_string(snapshot, operand);
	default:
		return true;
	}
}

static struct error *check_edges(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	const struct snapshot *snapshot = arg;
	for (uint64_t i = begin; i < end; i++) {
		if (snapshot->edge_to[i] >= snapshot->n_nodes)
			return broken("an edge leads nowhere", i);
		if (snapshot->edge_kind[i] >= EDGE_KIND_COUNT)
			return broken("an edge is of an unknown kind", i);
		if (!is_operand(snapshot, snapshot->edge_kind[i], snapshot->edge_operand[i]))
			return broken("an edge has an impossible operand", i);
	}
	return NULL;
}

static struct error *check_texts(const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->n_texts; i++) {
		if (snapshot->text_object[i] >= snapshot->n_objects)
			return broken("a text has no object", i);
		if (i && snapshot->text_object[i - 1] >= snapshot->text_object[i])
			return broken("texts are not in the order of their objects", i);
		if (!is_string(snapshot, snapshot->text[i]))
			return broken("a text has no string", i);
	}
	return NULL;
}

static struct error *check_facts(const struct snapshot *snapshot)
{
	const struct facts *facts = &snapshot->facts;
	for (uint32_t i = 0; i < facts->n; i++) {
		if (facts->id[i] >= FACT_COUNT)
			return broken("a fact is unknown", i);
		if (facts->object[i] >= snapshot->n_nodes)
			return broken("a fact has no object", i);
		if (i && (facts->id[i - 1] > facts->id[i] ||
				 (facts->id[i - 1] == facts->id[i] &&
					 facts->object[i - 1] >= facts->object[i])))
			return broken("facts are not sorted", i);
		if (facts->id[i] == FACT_DEFINED_AT &&
			!is_string(snapshot, (str_id)(facts->value[i] >> 32)))
			return broken("a definition has no file", i);
	}
	return NULL;
}

/* Is row i where it belongs behind the one before? */
static bool are_sites_in_order(const struct part_sites *parts, uint32_t i)
{
	if (parts->object[i - 1] != parts->object[i])
		return parts->object[i - 1] < parts->object[i];
	if (parts->is_native[i - 1] != parts->is_native[i])
		return parts->is_native[i - 1] < parts->is_native[i];
	return parts->site[i - 1] <= parts->site[i];
}

static struct error *check_sites(const struct snapshot *snapshot)
{
	const struct part_sites *parts = &snapshot->part_sites;
	if (snapshot->n_sites && snapshot->n_sites != snapshot->n_objects)
		return broken("some objects have sites, others none", snapshot->n_sites);
	if (snapshot->n_ages && snapshot->n_ages != snapshot->n_sites)
		return broken("some objects have ages, others none", snapshot->n_ages);
	for (uint32_t i = 0; i < snapshot->n_sites; i++)
		if (!is_site(snapshot, snapshot->site[i]))
			return broken("an object was allocated nowhere", i);
	for (uint32_t i = 0; i < parts->n; i++) {
		if (!is_site(snapshot, parts->site[i]))
			return broken("a part was allocated nowhere", i);
		if (parts->object[i] >= snapshot->n_sites)
			return broken("a part was allocated for no object", i);
		if (parts->is_native[i] > 1 || (i && !are_sites_in_order(parts, i)))
			return broken("sites of parts are not in order", i);
	}
	return NULL;
}

static struct error *check_nodes(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->nodes.n; i++) {
		const struct snap_node *node = &snapshot->nodes.data[i];
		if (node->kind > NODE_C_HELD)
			return broken("a holder is of an unknown kind", i);
		if (!is_string(snapshot, node->name) || !is_string(snapshot, node->file))
			return broken("a holder has no name", i);
	}
	for (size_t i = 0; i < snapshot->roots.n; i++)
		if (snapshot->roots.data[i].node >= snapshot->n_nodes)
			return broken("a root is no node", i);
	for (size_t i = 0; i < snapshot->types.n; i++) {
		const struct snap_type *type = &snapshot->types.data[i];
		if (!is_string(snapshot, type->name) || !is_string(snapshot, type->module))
			return broken("a type has no name", i);
		if (!is_object_or_none(snapshot, type->object))
			return broken("a type is no object", i);
	}
	return NULL;
}

static struct error *check_tables(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->arenas.n; i++)
		if (!is_string(snapshot, snapshot->arenas.data[i].allocator))
			return broken("an arena has no allocator", i);
	for (size_t i = 0; i < snapshot->mappings.n; i++)
		if (!is_string(snapshot, snapshot->mappings.data[i].part) ||
			!is_string(snapshot, snapshot->mappings.data[i].file))
			return broken("a mapping has no name", i);
	for (size_t i = 0; i < snapshot->pins.n; i++)
		if (snapshot->pins.data[i].object >= snapshot->n_objects)
			return broken("a pin is no object", i);
	for (size_t i = 0; i < snapshot->copies.n; i++) {
		const struct snap_copy *copy = &snapshot->copies.data[i];
		uint64_t end;
		if (__builtin_add_overflow(copy->address, copy->n_bytes, &end) ||
			(i && copy[-1].address + copy[-1].n_bytes > copy->address))
			return broken("copied pages are not in the order of their addresses", i);
	}
	for (size_t i = 0; i < snapshot->unowned.n; i++)
		if (snapshot->unowned.data[i].content >= CONTENT_COUNT ||
			!is_string(snapshot, snapshot->unowned.data[i].file))
			return broken("native blocks have no content", i);
	for (size_t i = 0; i < snapshot->unowned.n; i++)
		if (!is_site(snapshot, snapshot->unowned.data[i].site))
			return broken("native blocks were allocated nowhere", i);
	for (size_t i = 0; i < snapshot->unowned_sites.n; i++)
		if (!is_site(snapshot, snapshot->unowned_sites.data[i].site))
			return broken("native blocks were allocated nowhere", i);
	for (size_t i = 0; i < snapshot->figures.n; i++)
		if (!is_string(snapshot, snapshot->figures.data[i].name))
			return broken("a figure has no name", i);
	for (size_t i = 0; i < snapshot->warnings.n; i++)
		if (!is_string(snapshot, snapshot->warnings.data[i].id) ||
			!is_string(snapshot, snapshot->warnings.data[i].text))
			return broken("a warning has no text", i);
	return NULL;
}

static struct error *check_trace_holders(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->trace_holders.n; i++) {
		const struct snap_trace_holder *holder = &snapshot->trace_holders.data[i];
		if (holder->trace >= snapshot->traces.n)
			return broken("a holder is of no trace", i);
		if (!is_string(snapshot, holder->path) || !is_string(snapshot, holder->type) ||
			!is_string(snapshot, holder->file))
			return broken("a holder has no name", i);
	}
	return NULL;
}

/* The nodes of the traces follow each other without gaps. */
static struct error *check_traces(const struct snapshot *snapshot)
{
	uint64_t n_nodes = 0;
	for (size_t i = 0; i < snapshot->traces.n; i++) {
		const struct snap_trace *trace = &snapshot->traces.data[i];
		if (trace->first_node != n_nodes ||
			trace->n_nodes > snapshot->trace_nodes.n - n_nodes)
			return broken("the stacks are not those of the traces", i);
		if (!is_string(snapshot, trace->command) ||
			!is_string(snapshot, trace->python_version))
			return broken("a trace has no name", i);
		if (trace->failed_frame != UINT32_MAX &&
			trace->failed_frame >= snapshot->trace_frames.n)
			return broken("an allocation failed nowhere", i);
		for (uint64_t node = 0; node < trace->n_nodes; node++) {
			const struct snap_trace_node *row = snapshot->trace_nodes.data + n_nodes;
			if (row[node].frame >= snapshot->trace_frames.n)
				return broken("a stack has no frame", n_nodes + node);
			if (row[node].parent && row[node].parent >= node)
				return broken("a stack stands before its parent", n_nodes + node);
		}
		n_nodes += trace->n_nodes;
	}
	for (size_t i = 0; i < snapshot->trace_frames.n; i++) {
		const struct snap_trace_frame *frame = &snapshot->trace_frames.data[i];
		if (frame->kind >= TRACE_FRAME_KIND_COUNT || !is_string(snapshot, frame->file) ||
			!is_string(snapshot, frame->function))
			return broken("a frame is no place", i);
	}
	return n_nodes == snapshot->trace_nodes.n ? NULL : broken("stacks of no trace", n_nodes);
}

static struct error *check_trace_times(const struct snapshot *snapshot)
{
	const struct snap_trace_moment *moments = snapshot->trace_moments.data;
	for (size_t i = 0; i < snapshot->trace_moments.n; i++) {
		if (moments[i].trace >= snapshot->traces.n)
			return broken("a moment has no trace", i);
		if (i && (moments[i - 1].trace > moments[i].trace ||
				 (moments[i - 1].trace == moments[i].trace &&
					 moments[i - 1].time_ns > moments[i].time_ns)))
			return broken("moments are not in order", i);
	}
	const struct snap_trace_level *levels = snapshot->trace_levels.data;
	for (size_t i = 0; i < snapshot->trace_levels.n; i++) {
		if (levels[i].moment >= snapshot->trace_moments.n ||
			levels[i].frame >= snapshot->trace_frames.n)
			return broken("live bytes of no moment", i);
		if (i && (levels[i - 1].moment > levels[i].moment ||
				 (levels[i - 1].moment == levels[i].moment &&
					 levels[i - 1].frame >= levels[i].frame)))
			return broken("live bytes are not in order", i);
	}
	return NULL;
}

static struct error *check_identity(const struct snapshot *snapshot)
{
	const str_id names[] = {snapshot->program, snapshot->python_version, snapshot->build,
		snapshot->arch, snapshot->libc, snapshot->method};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!is_string(snapshot, names[i]))
			return broken("the identity lacks a string", i);
	uint64_t sum = 0;
	for (size_t i = 0; i < PART_COUNT; i++)
		if (__builtin_add_overflow(sum, snapshot->part_bytes[i], &sum))
			return broken("the parts of the account overflow", i);
	if (sum != snapshot->total_bytes)
		return broken("the parts of the account do not add up", PART_COUNT);
	return NULL;
}

static struct error *check_counts(const struct snapshot *snapshot)
{
	if (snapshot->n_nodes >= OBJ_NONE - 1 ||
		snapshot->n_objects + (uint64_t)snapshot->nodes.n != snapshot->n_nodes)
		return broken("objects and holders do not add up to the nodes", snapshot->n_nodes);
	if (!snapshot->edge_start || snapshot->edge_start[0] != 0 ||
		snapshot->edge_start[snapshot->n_nodes] != snapshot->n_edges)
		return broken("the edges are not those of the nodes", snapshot->n_nodes);
	return NULL;
}

struct error *snapshot_check(const struct snapshot *snapshot)
{
	struct error *error = check_counts(snapshot);
	if (!error)
		error = check_identity(snapshot);
	if (!error)
		error = over_range(snapshot, snapshot->n_objects, check_objects);
	if (!error)
		error = check_large(snapshot);
	if (!error)
		error = over_range(snapshot, snapshot->n_nodes, check_edge_starts);
	if (!error)
		error = over_range(snapshot, snapshot->n_edges, check_edges);
	if (!error)
		error = check_texts(snapshot);
	if (!error)
		error = check_facts(snapshot);
	if (!error)
		error = check_sites(snapshot);
	if (!error)
		error = check_nodes(snapshot);
	if (!error)
		error = check_tables(snapshot);
	if (!error)
		error = check_traces(snapshot);
	if (!error)
		error = check_trace_times(snapshot);
	if (!error)
		error = check_trace_holders(snapshot);
	return error;
}
