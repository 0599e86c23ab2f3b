/*
 * unclosed_files: descriptors that pile up: files that objects keep open, and
 * descriptors that no object accounts for.
 *
 * Evidence: open_count, of objects at this place, or without an object; limit,
 * how many the process may have open (null: not known); file_count,
 * socket_count, pipe_count, other_count, of the whole process.
 */
#include "findings/gather.h"
#include "findings/rules.h"

/* Fewer are what a program works with. Sockets are a server's trade. */
#define MANY_FILES 200
#define NEAR_LIMIT(n, limit) ((n) / 4 >= (limit) / 5)

static bool is_open(const struct inquiry *inquiry, obj_id object, void *arg)
{
	uint64_t fd;
	return snapshot_fact(inquiry->snapshot, object, *(const enum fact_id *)arg, &fd) &&
	       fd != UINT64_MAX && fd > 2;
}

static uint64_t count_descriptors(const struct snapshot *snapshot)
{
	static const char *const names[] = {
		"fd.file_count", "fd.socket_count", "fd.pipe_count", "fd.other_count"};
	uint64_t n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint64_t count = snapshot_figure(snapshot, names[i]);
		if (count == UINT64_MAX)
			return UINT64_MAX;
		n += count;
	}
	return n;
}

static struct error *suspect_open(const struct rule *rule, struct inquiry *inquiry,
	enum fact_id fact, uint64_t least, uint64_t *n_ret)
{
	struct group group = {.type = TYPE_NONE};
	struct error *error = gather_facts(inquiry, fact, is_open, &fact, &group);
	*n_ret = group.members.n;
	if (!error)
		error = raise_to_elements(inquiry, &group);
	if (!error && group.members.n >= least)
		return inquiry_suspect_group(inquiry, rule, &group, fact);
	group_deinit(&group);
	return error;
}

static struct error *find(const struct rule *rule, struct inquiry *inquiry)
{
	uint64_t n = count_descriptors(inquiry->snapshot), n_files, n_sockets;
	uint64_t limit = snapshot_figure(inquiry->snapshot, "fd.limit");
	if (n == UINT64_MAX || n < MANY_FILES)
		return NULL;
	bool is_near = limit != UINT64_MAX && NEAR_LIMIT(n, limit);
	struct error *error = suspect_open(rule, inquiry, FACT_FILE_FD, MANY_FILES, &n_files);
	if (!error)
		error = suspect_open(rule, inquiry, FACT_SOCKET_FD,
			is_near ? MANY_FILES : UINT64_MAX, &n_sockets);
	uint64_t n_orphans = error ? 0 : n - MIN(n, n_files + n_sockets);
	if (!error && n_orphans >= MANY_FILES && n_orphans > n / 2)
		error = inquiry_suspect_nobody(inquiry, rule, n_orphans);
	return error;
}

static void set_figures(const struct snapshot *snapshot, struct row *evidence)
{
	row_set_u64(evidence, "limit", snapshot_figure(snapshot, "fd.limit"));
	row_set_u64(evidence, "file_count", snapshot_figure(snapshot, "fd.file_count"));
	row_set_u64(evidence, "socket_count", snapshot_figure(snapshot, "fd.socket_count"));
	row_set_u64(evidence, "pipe_count", snapshot_figure(snapshot, "fd.pipe_count"));
	row_set_u64(evidence, "other_count", snapshot_figure(snapshot, "fd.other_count"));
}

static void describe_orphans(uint64_t n, struct finding *finding)
{
	finding_set_type(finding, "descriptors");
	finding_describe(finding,
		"%" PRIu64 " open descriptors that no Python file or socket accounts for", n);
	finding_advise(finding, "Close what os.open(), os.pipe(), os.dup() or a C library opens: "
				"see /proc/PID/fd for what they are.");
	row_set_text(finding->evidence, "part", "descriptors");
	row_set_u64(finding->evidence, "open_count", n);
}

static bool judge(
	const struct inquiry *inquiry, const struct suspicion *suspicion, struct finding *finding)
{
	const struct placement *placement = &suspicion->placement;
	if (finding->node == GRAPH_ROOT) {
		describe_orphans(suspicion->arg, finding);
		set_figures(inquiry->snapshot, finding->evidence);
		return true;
	}
	if (placement->count < MANY_FILES)
		return false;
	bool are_files = suspicion->arg == FACT_FILE_FD;
	finding_save_members(suspicion, finding);
	finding_describe(finding, "%" PRIu64 " %s that are open", placement->count,
		are_files ? "files" : "sockets");
	finding_advise(finding, are_files ? "Open files in a with statement, or close them when "
					    "they are read: f.close()."
					  : "Close connections that are idle: the process nears "
					    "its limit of open descriptors.");
	row_set_u64(finding->evidence, "open_count", placement->count);
	set_figures(inquiry->snapshot, finding->evidence);
	return true;
}

const struct rule rule_unclosed_files = {
	.id = "unclosed_files",
	.title = "files and sockets that stay open",
	.is_retention = true,
	.find = find,
	.judge = judge,
};
