/*
 * native_behind_objects: small Python objects that each own much native memory,
 * which sys.getsizeof() and tracemalloc do not see.
 *
 * Buffers that an object counts as its own size (arrays, bytearrays) are data,
 * not hidden.
 *
 * Evidence: `type` of the owners, `object_count`, `native_bytes` of all,
 * `native_bytes_each`, `size_bytes_each` (as sys.getsizeof() tells).
 */
#include "analysis/owners.h"
#include "findings/rules.h"

#include <stdlib.h>

/* Fewer objects are nothing to share or to pool. */
#define FEWEST 4

/* Native memory is hidden when it is this much more than the object admits. */
#define HIDDEN_FACTOR 8
#define HIDDEN_BYTES 1024

/* What to do about objects of a type that is known to own much. */
static const struct remedy {
	const char *module, *name; /* `module` NULL: any */
	bool is_sharable;          /* one can stand for all */
	const char *advice;
} remedies[] = {
	{NULL, "SSLContext", true,
		"Make one SSLContext and pass it to every client, instead of one for each."},
	{NULL, "_SSLContext", true,
		"Make one SSLContext and pass it to every client, instead of one for each."},
	{NULL, "_SSLSocket", false, "Close each TLS connection when it is done with."},
	{"sqlite3", "Connection", true,
		"Close each connection when it is done with, or share one of them."},
	{"zlib", "Compress", false,
		"Call flush() when a stream ends, and drop the compressor with it."},
	{"zlib", "Decompress", false, "Drop the decompressor when its stream ends."},
	{"_bz2", NULL, false, "Drop the (de)compressor when its stream ends."},
	{"_lzma", NULL, false, "Drop the (de)compressor when its stream ends."},
	{"_hashlib", NULL, false, "Keep digest() instead of the hash object."},
	{"pyexpat", "xmlparser", false, "Drop the parser when its document ends."},
	{"lxml.etree", NULL, false,
		"Copy the texts out of the tree and drop it: one element keeps its whole "
		"document."},
	{"mmap", "mmap", false, "Close each mapping when it is done with."},
};

static bool is_meant(const struct remedy *remedy, const char *module, const char *name)
{
	return (!remedy->module || !strcmp(remedy->module, module)) &&
	       (!remedy->name || !strcmp(remedy->name, name));
}

static const struct remedy *find_remedy(const struct snapshot *snapshot, uint32_t node)
{
	const struct snap_type *type = &snapshot->types.data[snapshot->type[node]];
	const char *module = type->module ? snapshot_string(snapshot, type->module) : "";
	const char *name = snapshot_string(snapshot, type->name);
	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++)
		if (is_meant(&remedies[i], module, name))
			return &remedies[i];
	return NULL;
}

static bool is_hiding(const struct inquiry *inquiry, obj_id object, uint64_t native)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	return is_object(snapshot, object) && !is_garbage(inquiry->analysis, object) &&
	       native >= HIDDEN_BYTES && native / HIDDEN_FACTOR >= snapshot_size(snapshot, object);
}

static struct error *suspect_type(
	const struct rule *rule, struct inquiry *inquiry, type_id type, uint64_t weight)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct group group = {.type = type, .weight = weight};
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_NATIVE_BYTES, &begin, &end);
	for (uint32_t i = begin; i < end; i++) {
		obj_id object = snapshot->facts.object[i];
		if (!is_hiding(inquiry, object, snapshot->facts.value[i]) ||
			snapshot->type[object] != type)
			continue;
		obj_id *member = vec_add(&group.members);
		if (!member) {
			group_deinit(&group);
			return &error_no_memory;
		}
		*member = object;
	}
	return inquiry_suspect_group(inquiry, rule, &group, 0);
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct native_owner *by_type = calloc(snapshot->types.n + 1, sizeof(*by_type));
	if (!by_type)
		return &error_no_memory;
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_NATIVE_BYTES, &begin, &end);
	for (uint32_t i = begin; i < end; i++) {
		obj_id object = snapshot->facts.object[i];
		if (!is_hiding(inquiry, object, snapshot->facts.value[i]))
			continue;
		by_type[snapshot->type[object]].count++;
		by_type[snapshot->type[object]].n_bytes += snapshot->facts.value[i];
	}
	struct error *error = NULL;
	for (type_id t = 0; !error && t < snapshot->types.n; t++)
		if (by_type[t].count >= FEWEST && is_worth(inquiry, by_type[t].n_bytes))
			error = suspect_type(rule, inquiry, t, by_type[t].n_bytes);
	free(by_type);
	return error;
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct placement *placement = &suspicion->placement;
	const struct remedy *remedy = find_remedy(inquiry->snapshot, placement->first);
	uint64_t n = placement->count, native = placement->retained_bytes - placement->self_bytes;
	if (n < FEWEST || !is_worth(inquiry, MIN(native, placement->resident_bytes)))
		return false;
	finding->saving_bytes = placement->resident_bytes;
	if (remedy && remedy->is_sharable)
		finding->saving_bytes -= placement->resident_bytes / n;
	finding->saving_method = remedy && remedy->is_sharable ? SAVING_COUNTED : SAVING_BOUND;
	finding_describe(finding, "%" PRIu64 " %s, each with %" PRIu64 " KiB of native memory", n,
		names_type(inquiry->snapshot, placement->first), native / n >> 10);
	finding_advise(finding, "%s",
		remedy ? remedy->advice
		       : "Drop each object when it is done with, or share one of them: the memory "
			 "stands in C code behind it.");
	row_set_text(finding->evidence, "type", names_type(inquiry->snapshot, placement->first));
	row_set_u64(finding->evidence, "object_count", n);
	row_set_u64(finding->evidence, "native_bytes", native);
	row_set_u64(finding->evidence, "native_bytes_each", native / n);
	row_set_u64(finding->evidence, "size_bytes_each",
		snapshot_size(inquiry->snapshot, placement->first));
	return true;
}

const struct rule rule_native_behind_objects = {
	.id = "native_behind_objects",
	.title = "small objects that each own much native memory",
	.is_retention = true,
	.names_members = true,
	.find = find,
	.judge = judge,
};
