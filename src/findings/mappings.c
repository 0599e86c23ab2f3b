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

static bool is_counted(const struct snapshot *snapshot, const struct snap_mapping *mapping,
	enum backing backing)
{
	const char *part = string_of(snapshot, mapping->part);
	if (backing == BACKED_BY_MEMORY)
		return !strcmp(part, "shared");
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

static bool is_told(const struct inquiry *inquiry, const struct mapped *mapped)
{
	return is_worth(inquiry, mapped->resident) &&
	       mapped->resident >= inquiry->snapshot->total_bytes / TOLD_SHARE;
}

/* ---- from mappings to objects ---- */

/* The mapping that an mmap object's memory lies in, or NULL: both rise by address. */
static const struct snap_mapping *mapping_at(const struct snapshot *snapshot, uint64_t address)
{
	size_t low = 0, high = snapshot->mappings.n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct snap_mapping *mapping = &snapshot->mappings.data[middle];
		if (mapping->address + mapping->n_bytes <= address)
			low = middle + 1;
		else
			high = middle;
	}
	bool is_found = low < snapshot->mappings.n &&
			snapshot->mappings.data[low].address <= address;
	return is_found ? &snapshot->mappings.data[low] : NULL;
}

static bool add_member(struct group *group, obj_id object, uint64_t weight, size_t n_max)
{
	obj_id *member = vec_add(&group->members);
	if (!member)
		return false;
	*member = object;
	if (!group->weights)
		group->weights = calloc(n_max, sizeof(*group->weights));
	if (!group->weights)
		return false;
	group->weights[group->members.n - 1] = weight;
	group->weight += weight;
	return true;
}

static struct error *collect_objects(const struct inquiry *inquiry, str_id file,
	enum backing backing, struct group *group)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	uint32_t begin, end;
	snapshot_fact_range(snapshot, FACT_MAPPED_AT, &begin, &end);
	for (uint32_t i = begin; i < end; i++) {
		obj_id object = snapshot->facts.object[i];
		const struct snap_mapping *mapping =
			mapping_at(snapshot, snapshot->facts.value[i]);
		if (!mapping || mapping->file != file || !is_object(snapshot, object) ||
			!is_counted(snapshot, mapping, backing))
			continue;
		if (!add_member(group, object, mapping->resident_bytes, end - begin)) {
			group_deinit(group);
			return &error_no_memory;
		}
	}
	return NULL;
}

/* One object is named itself, several by what holds them, none by the file alone. */
static struct error *suspect_file(
	const struct rule *rule, struct inquiry *inquiry, str_id file, enum backing backing)
{
	struct group group = {.type = TYPE_NONE};
	struct error *error = collect_objects(inquiry, file, backing, &group);
	if (error)
		return error;
	if (group.members.n > 1)
		return inquiry_suspect_group(inquiry, rule, &group, file);
	error = group.members.n ? inquiry_suspect(inquiry, rule, group.members.data[0], file)
				: inquiry_suspect_nobody(inquiry, rule, file);
	group_deinit(&group);
	return error;
}

static int compare_files(const void *a, const void *b)
{
	str_id left = *(const str_id *)a, right = *(const str_id *)b;
	return left < right ? -1 : left > right;
}

static struct error *find_backed(
	const struct rule *rule, struct inquiry *inquiry, enum backing backing)
{
	const struct snapshot *snapshot = inquiry->snapshot;
	str_id *files = calloc(snapshot->mappings.n + 1, sizeof(*files));
	struct error *error = files ? NULL : &error_no_memory;
	size_t n = 0;
	vec_foreach (&snapshot->mappings, mapping)
		if (files && mapping->file && is_counted(snapshot, mapping, backing) &&
			mapping->resident_bytes)
			files[n++] = mapping->file;
	if (n)
		qsort(files, n, sizeof(*files), compare_files);
	for (size_t i = 0; !error && i < n; i++) {
		if (i && files[i] == files[i - 1])
			continue;
		struct mapped mapped = sum_of(snapshot, files[i], backing);
		if (is_told(inquiry, &mapped))
			error = suspect_file(rule, inquiry, files[i], backing);
	}
	free(files);
	return error;
}

/* ---- judgement ---- */

/* Without the kernel's mark, and without folders. */
static void set_file(struct row *evidence, const char *file)
{
	static const char mark[] = " (deleted)";
	size_t n = strlen(file), n_mark = sizeof(mark) - 1;
	if (n > n_mark && !strcmp(file + n - n_mark, mark))
		n -= n_mark;
	row_set_format(evidence, "file", "%.*s", (int)n, file);
}

static const char *base_name(const char *file)
{
	const char *slash = strrchr(file, '/');
	return slash && slash[1] ? slash + 1 : file;
}

static int length_of_name(const char *name)
{
	const char *mark = strstr(name, " (deleted)");
	return mark ? (int)(mark - name) : (int)strlen(name);
}

/* Of several objects of one file each place has its share. */
static void share(struct mapped *mapped, const struct suspicion *suspicion)
{
	const struct placement *placement = &suspicion->placement;
	if (!suspicion->group.members.n || !suspicion->group.weight)
		return;
	double part = (double)placement->weight / (double)suspicion->group.weight;
	mapped->n = placement->count;
	mapped->n_bytes = (uint64_t)((double)mapped->n_bytes * part);
	mapped->resident = (uint64_t)((double)mapped->resident * part);
	mapped->anonymous = (uint64_t)((double)mapped->anonymous * part);
	mapped->dirty = (uint64_t)((double)mapped->dirty * part);
}

static void set_evidence(const struct inquiry *inquiry, const struct suspicion *suspicion,
	const struct mapped *mapped, enum backing backing, struct finding *finding)
{
	str_id file = (str_id)suspicion->arg;
	struct row *evidence = finding->evidence;
	row_set_text(evidence, "part", backing == BACKED_BY_MEMORY ? "shared" : "files");
	set_file(evidence, string_of(inquiry->snapshot, file));
	row_set_u64(evidence, "mapping_count", mapped->n);
	row_set_u64(evidence, "mapped_bytes", mapped->n_bytes);
	row_set_u64(evidence, "resident_bytes", mapped->resident);
	row_set_u64(evidence, "clean_bytes", mapped->resident - MIN(mapped->dirty, mapped->resident));
	row_set_u64(evidence, "dirty_bytes", MIN(mapped->dirty, mapped->resident));
	row_set_bool(evidence, "is_deleted",
		strstr(string_of(inquiry->snapshot, file), " (deleted)") != NULL);
	finding->retained_bytes = mapped->resident;
}

static bool sum_place(const struct inquiry *inquiry, const struct suspicion *suspicion,
	enum backing backing, struct finding *finding, struct mapped *ret)
{
	*ret = sum_of(inquiry->snapshot, (str_id)suspicion->arg, backing);
	share(ret, suspicion);
	if (!is_told(inquiry, ret))
		return false;
	set_evidence(inquiry, suspicion, ret, backing, finding);
	return true;
}

static bool judge_file(const struct inquiry *inquiry, const struct suspicion *suspicion,
	struct finding *finding)
{
	struct mapped mapped;
	if (!sum_place(inquiry, suspicion, BACKED_BY_FILE, finding, &mapped))
		return false;
	const char *name = base_name(string_of(inquiry->snapshot, (str_id)suspicion->arg));
	finding->saving_bytes = mapped.resident - mapped.anonymous;
	finding->saving_method = SAVING_COUNTED;
	finding_describe(finding,
		"%" PRIu64 " MiB of file %s in memory, page cache: not a leak, the kernel takes it "
		"back when it needs room",
		mapped.resident >> 20, name);
	finding_advise(finding, "Leave it, or call madvise(mmap.MADV_DONTNEED) on the mapping after "
				"a scan to give the pages back at once.");
	return true;
}

static bool judge_deleted(const struct inquiry *inquiry, const struct suspicion *suspicion,
	struct finding *finding)
{
	struct mapped mapped;
	if (!sum_place(inquiry, suspicion, BACKED_BY_DELETED, finding, &mapped))
		return false;
	const char *name = base_name(string_of(inquiry->snapshot, (str_id)suspicion->arg));
	finding->saving_bytes = mapped.resident;
	finding->saving_method = SAVING_COUNTED;
	finding_describe(finding,
		"%" PRIu64 " MiB of the removed file %.*s are still mapped, and its disk space is "
		"still in use",
		mapped.resident >> 20, length_of_name(name), name);
	finding_advise(finding, "Close the mapping: the file was removed, nobody else can read it.");
	return true;
}

static bool judge_shared(const struct inquiry *inquiry, const struct suspicion *suspicion,
	struct finding *finding)
{
	struct mapped mapped;
	if (!sum_place(inquiry, suspicion, BACKED_BY_MEMORY, finding, &mapped))
		return false;
	const char *name = base_name(string_of(inquiry->snapshot, (str_id)suspicion->arg));
	finding->saving_bytes = mapped.resident;
	finding->saving_method = SAVING_BOUND;
	finding_describe(finding,
		"%" PRIu64 " MiB of shared memory (%.*s), which no page cache gives back",
		mapped.resident >> 20, length_of_name(name), name);
	finding_advise(finding, "Close the shared memory when it is done with, and unlink() it once "
				"no process needs it: it lives until both are done.");
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
