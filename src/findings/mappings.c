/*
 * mapped_files, deleted_file_mapped, shared_memory: memory that files and other
 * processes stand behind. File pages are page cache: no leak, and given back
 * when the kernel needs them.
 *
 * Mappings count by file; a mapping leads to the mmap object that made it.
 *
 * Evidence: `part`, `file`, `mapping_count`, `mapped_bytes`, `resident_bytes`,
 * `clean_bytes` (may go at any time), `dirty_bytes` (must be written first),
 * `is_deleted`.
 */
#include "findings/rules.h"

#include <stdlib.h>

/* Page cache is normal: it is told from this share of the memory on. */
#define TOLD_SHARE 20

enum backing { BACKED_BY_FILE, BACKED_BY_DELETED, BACKED_BY_MEMORY };

static const char *string_of(const struct snapshot *snapshot, str_id id)
{
	return snapshot_string(snapshot, id);
}

#define OWN_TABLE "memfd:whymem trace" /* of whymem run: nothing that the program could close */

static bool is_counted(
	const struct snapshot *snapshot, const struct snap_mapping *mapping, enum backing backing)
{
	const char *part = string_of(snapshot, mapping->part);
	if (backing == BACKED_BY_MEMORY)
		return !strcmp(part, "shared") &&
		       !strstr(string_of(snapshot, mapping->file), OWN_TABLE);
	bool is_deleted = mapping->flags & MAPPING_DELETED;
	return !strcmp(part, "files") && is_deleted == (backing == BACKED_BY_DELETED);
}

/* What is mapped of one file. */
struct mapped {
	uint64_t n, n_bytes, resident, anonymous, dirty;
};

static void add_mapping(struct mapped *mapped, const struct snap_mapping *mapping)
{
	mapped->n++;
	mapped->n_bytes += mapping->n_bytes;
	mapped->resident += mapping->resident_bytes;
	mapped->anonymous += MIN(mapping->anonymous_bytes, mapping->resident_bytes);
	mapped->dirty += mapping->private_dirty_bytes + mapping->shared_dirty_bytes;
}

static struct mapped sum_of(const struct snapshot *snapshot, str_id file, enum backing backing)
{
	struct mapped mapped = {0};
	vec_foreach (&snapshot->mappings, mapping)
		if (mapping->file == file && is_counted(snapshot, mapping, backing))
			add_mapping(&mapped, mapping);
	return mapped;
}

static bool is_much(const struct inquiry *inquiry, uint64_t resident)
{
	return is_worth(inquiry, resident) &&
	       resident >= inquiry->snapshot->total_bytes / TOLD_SHARE;
}

/* ---- from mappings to objects ---- */

/* The mapping that an mmap object's memory lies in, or NULL: both rise by address. */
static const struct snap_mapping *mapping_at(const struct snapshot *snapshot, uint64_t address)
{
	const struct snap_mapping *mappings = snapshot->mappings.data;
	size_t n = snapshot->mappings.n;
	size_t at = partition_point(i, 0, n, mappings[i].address + mappings[i].n_bytes <= address);
	return at < n && mappings[at].address <= address ? &mappings[at] : NULL;
}

/* What stands under a name of its own is told by it, and not by its module. */
static bool is_named_itself(const struct inquiry *inquiry, obj_id object)
{
	uint32_t idom = inquiry->analysis->idom[object];
	return idom < GRAPH_UNREACHED && names_is_namespace(inquiry->analysis->names, idom);
}

/* Objects with names of their own; all others as a group, which those that hold them split. */
static struct error *suspect_objects(
	const struct rule *rule, struct inquiry *inquiry, enum backing backing)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct group group = {.type = TYPE_NONE};
	struct error *error = NULL;
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_MAPPED_AT, &begin, &end);
	for (uint32_t i = begin; !error && i < end; i++) {
		obj_id object = snapshot->facts.object[i];
		const struct snap_mapping *mapping = mapping_at(snapshot, snapshot->facts.value[i]);
		if (!mapping || !is_object(snapshot, object) ||
			!is_counted(snapshot, mapping, backing))
			continue;
		if (is_named_itself(inquiry, object))
			error = inquiry_suspect(inquiry, rule, object, 0);
		else if (!group_add_weighted(&group, object, mapping->resident_bytes))
			error = &error_no_memory;
	}
	if (!error && group.members.n == 1)
		error = inquiry_suspect(inquiry, rule, group.members.data[0], 0);
	else if (!error)
		return inquiry_suspect_group(inquiry, rule, &group, 0);
	group_deinit(&group);
	return error;
}

/* Is the memory of an object in a mapping of that file? */
static bool has_object(const struct snapshot *snapshot, str_id file)
{
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_MAPPED_AT, &begin, &end);
	for (uint32_t i = begin; i < end; i++) {
		const struct snap_mapping *mapping = mapping_at(snapshot, snapshot->facts.value[i]);
		if (mapping && mapping->file == file)
			return true;
	}
	return false;
}

struct file_share {
	str_id file;
	uint64_t resident;
};

static int compare_files(const void *a, const void *b)
{
	str_id left = ((const struct file_share *)a)->file;
	str_id right = ((const struct file_share *)b)->file;
	return left < right ? -1 : left > right;
}

/* Mappings by file, each file once; their number. */
static size_t sum_by_file(
	const struct snapshot *snapshot, enum backing backing, struct file_share *files)
{
	size_t n = 0, n_files = 0;
	vec_foreach (&snapshot->mappings, mapping)
		if (mapping->file && is_counted(snapshot, mapping, backing))
			files[n++] = (struct file_share){mapping->file, mapping->resident_bytes};
	if (n)
		qsort(files, n, sizeof(*files), compare_files);
	for (size_t i = 0; i < n; i++) {
		if (n_files && files[n_files - 1].file == files[i].file)
			files[n_files - 1].resident += files[i].resident;
		else
			files[n_files++] = files[i];
	}
	return n_files;
}

/* Files that C code has mapped. */
static struct error *suspect_files(
	const struct rule *rule, struct inquiry *inquiry, enum backing backing)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	struct file_share *files = calloc(snapshot->mappings.n + 1, sizeof(*files));
	if (!files)
		return &error_no_memory;
	struct error *error = NULL;
	size_t n = sum_by_file(snapshot, backing, files);
	for (size_t i = 0; !error && i < n; i++)
		if (is_much(inquiry, files[i].resident) && !has_object(snapshot, files[i].file))
			error = inquiry_suspect_nobody(inquiry, rule, files[i].file);
	free(files);
	return error;
}

static struct error *find_backed(
	const struct rule *rule, struct inquiry *inquiry, enum backing backing)
{
	struct error *error = suspect_objects(rule, inquiry, backing);
	return error ? error : suspect_files(rule, inquiry, backing);
}

/* ---- judgement ---- */

/* The file, without the kernel's mark. */
static int length_of_name(const char *name)
{
	static const char mark[] = " (deleted)";
	size_t n = strlen(name), n_mark = sizeof(mark) - 1;
	return (int)(n > n_mark && !strcmp(name + n - n_mark, mark) ? n - n_mark : n);
}

static const char *base_name(const char *file)
{
	if (!strncmp(file, "/dev/zero", 9))
		return "anonymous";
	const char *slash = strrchr(file, '/');
	return slash && slash[1] ? slash + 1 : file;
}

static struct mapped sum_of_group(const struct snapshot *snapshot, const struct group *group)
{
	struct mapped mapped = {0};
	vec_foreach (&group->members, member) {
		uint64_t address = 0;
		const struct snap_mapping *mapping =
			snapshot_fact(snapshot, *member, FACT_MAPPED_AT, &address)
				? mapping_at(snapshot, address)
				: NULL;
		if (mapping)
			add_mapping(&mapped, mapping);
	}
	return mapped;
}

/* Of a group each place has its share. */
static void share(struct mapped *mapped, const struct suspicion *suspicion)
{
	double part = suspicion->group.weight ? (double)suspicion->placement.weight /
							(double)suspicion->group.weight
					      : 0;
	mapped->n = suspicion->placement.count;
	mapped->n_bytes = (uint64_t)((double)mapped->n_bytes * part);
	mapped->resident = suspicion->placement.weight;
	mapped->anonymous = (uint64_t)((double)mapped->anonymous * part);
	mapped->dirty = (uint64_t)((double)mapped->dirty * part);
}

/* What a finding is about. */
struct place {
	struct mapped mapped;
	const char *file; /* one of them */
	struct text name; /* for people: of the file, or how many there are */
};

/* The mapping that the (first) object made; NULL without an object. */
static const struct snap_mapping *mapping_of(
	const struct inquiry *inquiry, const struct finding *finding)
{
	uint64_t address;
	return finding->node != GRAPH_ROOT && snapshot_fact(inquiry->snapshot, finding->node,
						      FACT_MAPPED_AT, &address)
		       ? mapping_at(inquiry->snapshot, address)
		       : NULL;
}

static bool measure(const struct inquiry *inquiry, const struct suspicion *suspicion,
	enum backing backing, const struct finding *finding, struct place *ret)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	const struct snap_mapping *mapping = mapping_of(inquiry, finding);
	str_id file = mapping ? mapping->file : (str_id)suspicion->arg;
	if (suspicion->group.members.n) {
		ret->mapped = sum_of_group(snapshot, &suspicion->group);
		share(&ret->mapped, suspicion);
	} else if (mapping) {
		add_mapping(&ret->mapped, mapping);
	} else {
		ret->mapped = sum_of(snapshot, file, backing);
	}
	ret->file = string_of(snapshot, file);
	const char *name = base_name(ret->file);
	text_format(&ret->name, "%.*s", length_of_name(name), name);
	if (mapping && ret->mapped.n > 1)
		text_format(&ret->name, " and %" PRIu64 " more", ret->mapped.n - 1);
	return is_much(inquiry, ret->mapped.resident);
}

/* False when it is too little to tell. */
static bool open_place(const struct inquiry *inquiry, const struct suspicion *suspicion,
	enum backing backing, struct finding *finding, struct place *ret)
{
	struct row *evidence = finding->evidence;
	*ret = (struct place){0};
	if (!measure(inquiry, suspicion, backing, finding, ret)) {
		text_deinit(&ret->name);
		return false;
	}
	const struct mapped *mapped = &ret->mapped;
	uint64_t dirty = MIN(mapped->dirty, mapped->resident);
	row_set_text(evidence, "part", backing == BACKED_BY_MEMORY ? "shared" : "files");
	row_set_format(evidence, "file", "%.*s", length_of_name(ret->file), ret->file);
	row_set_u64(evidence, "mapping_count", mapped->n);
	row_set_u64(evidence, "mapped_bytes", mapped->n_bytes);
	row_set_u64(evidence, "resident_bytes", mapped->resident);
	row_set_u64(evidence, "clean_bytes", mapped->resident - dirty);
	row_set_u64(evidence, "dirty_bytes", dirty);
	row_set_bool(evidence, "is_deleted", length_of_name(ret->file) < (int)strlen(ret->file));
	finding->retained_bytes = mapped->resident;
	if (finding->node == GRAPH_ROOT)
		finding_set_type(finding, "%s", text_get(&ret->name));
	return true;
}

static void close_place(struct place *place, struct finding *finding)
{
	if (place->name.failed)
		finding->evidence->document->failed = true;
	text_deinit(&place->name);
}

static bool judge_file(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	struct place place;
	if (!open_place(inquiry, suspicion, BACKED_BY_FILE, finding, &place))
		return false;
	finding->saving_bytes = place.mapped.resident - place.mapped.anonymous;
	finding->saving_method = SAVING_COUNTED;
	finding_describe(finding,
		"%" PRIu64 " MiB of mapped file %s: page cache, not a leak; the kernel takes it "
		"back when it needs room",
		place.mapped.resident >> 20, text_get(&place.name));
	finding_advise(finding, "Leave it, or give it back at once after a scan: "
				"madvise(mmap.MADV_DONTNEED) on the mapping, or close it.");
	close_place(&place, finding);
	return true;
}

static bool judge_deleted(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	struct place place;
	if (!open_place(inquiry, suspicion, BACKED_BY_DELETED, finding, &place))
		return false;
	finding->saving_bytes = place.mapped.resident;
	finding->saving_method = SAVING_COUNTED;
	finding_describe(finding,
		"%" PRIu64 " MiB of removed file %s still mapped, and its disk space still in use",
		place.mapped.resident >> 20, text_get(&place.name));
	finding_advise(finding, "Close the mapping when it is done with: the file was removed, and "
				"nobody else can read it.");
	close_place(&place, finding);
	return true;
}

static bool judge_shared(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	struct place place;
	if (!open_place(inquiry, suspicion, BACKED_BY_MEMORY, finding, &place))
		return false;
	finding->saving_bytes = place.mapped.resident;
	finding->saving_method = SAVING_BOUND;
	finding_describe(finding,
		"%" PRIu64 " MiB of shared memory (%s): no page cache, it stays until it is closed",
		place.mapped.resident >> 20, text_get(&place.name));
	finding_advise(finding,
		"Close the shared memory when it is done with, and unlink() it once "
		"no process needs it.");
	close_place(&place, finding);
	return true;
}

static struct error *find_files(const struct rule *rule, struct inquiry *inquiry)
{
	return find_backed(rule, inquiry, BACKED_BY_FILE);
}

static struct error *find_deleted(const struct rule *rule, struct inquiry *inquiry)
{
	return find_backed(rule, inquiry, BACKED_BY_DELETED);
}

static struct error *find_shared(const struct rule *rule, struct inquiry *inquiry)
{
	return find_backed(rule, inquiry, BACKED_BY_MEMORY);
}

const struct rule rule_mapped_files = {
	.id = "mapped_files",
	.title = "mapped files: page cache that counts as memory of the process",
	.names_members = true,
	.find = find_files,
	.judge = judge_file,
};

const struct rule rule_deleted_file_mapped = {
	.id = "deleted_file_mapped",
	.title = "mappings of files that were removed",
	.names_members = true,
	.find = find_deleted,
	.judge = judge_deleted,
};

const struct rule rule_shared_memory = {
	.id = "shared_memory",
	.title = "shared memory that is still mapped",
	.names_members = true,
	.find = find_shared,
	.judge = judge_shared,
};
