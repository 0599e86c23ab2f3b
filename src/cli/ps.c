/*
 * whymem ps: the Python processes of this host; with --tree one parent and its
 * workers, and how each differs from the leanest of them.
 */
#include "cli/output.h"
#include "cli/process.h"
#include "cli/progress.h"
#include "cli/workers.h"

#include <errno.h>

#define DEPTH_MAX 64

static void fill_row(struct row *row, const struct process *process)
{
	row_set_int(row, "pid", process->pid);
	row_set_int(row, "parent_pid", process->parent);
	row_set_text(row, "program", process->program);
	row_set_text(row, "python", *process->python ? process->python : NULL);
	row_set_u64(row, "rss_bytes", process->rss_bytes);
	row_set_u64(row, "pss_bytes", process->pss_bytes);
	row_set_u64(row, "uss_bytes", process->uss_bytes);
	row_set_u64(row, "swap_bytes", process->swap_bytes);
	row_set_text(row, "container", *process->container ? process->container : NULL);
}

/* Rows beyond `top` (0: none) are summed in `rest`. */
static void fill_rest(const struct process_list *list, size_t shown, struct row *root)
{
	uint64_t rss_bytes = 0;
	for (size_t i = shown; i < list->processes.n; i++) {
		uint64_t bytes = list->processes.data[i].rss_bytes;
		rss_bytes += bytes == SIZE_UNKNOWN ? 0 : bytes;
	}
	struct row *rest = row_add_row(root, "rest");
	row_set_int(rest, "row_count", (int64_t)(list->processes.n - shown));
	row_set_int(rest, "rss_bytes", (int64_t)rss_bytes);
}

static void fill_all(const struct process_list *list, uint32_t top, struct row *root)
{
	size_t shown = top ? MIN(list->processes.n, (size_t)top) : list->processes.n;
	struct table *rows = row_add_table(root, "rows");
	for (size_t i = 0; i < shown; i++)
		fill_row(table_add(rows), &list->processes.data[i]);
	fill_rest(list, shown, root);
}

/* ---- one parent and its workers ---- */

struct worker {
	const struct process *process;
	bool is_known;
	uint64_t private_bytes[KIND_COUNT];
};

struct team {
	VEC(struct worker) workers;   /* the parent first */
	const struct worker *leanest; /* NULL: fewer than two workers can be compared */
};

static bool is_descendant(pid_t pid, pid_t ancestor)
{
	for (int depth = 0; pid > 1 && depth < DEPTH_MAX; depth++) {
		pid = process_parent(pid);
		if (pid == ancestor)
			return true;
	}
	return false;
}

static bool add_worker(struct team *team, const struct process *process)
{
	struct worker *worker = vec_add(&team->workers);
	if (!worker)
		return false;
	worker->process = process;
	worker->is_known = private_bytes_read(process->pid, worker->private_bytes);
	return true;
}

static uint64_t total_private(const struct worker *worker)
{
	uint64_t total = 0;
	for (int i = 0; i < KIND_COUNT; i++)
		total += worker->private_bytes[i];
	return total;
}

static void find_leanest(struct team *team)
{
	size_t n_known = 0;
	for (size_t i = 1; i < team->workers.n; i++) {
		const struct worker *worker = &team->workers.data[i];
		if (!worker->is_known)
			continue;
		n_known++;
		if (!team->leanest || total_private(worker) < total_private(team->leanest))
			team->leanest = worker;
	}
	if (n_known < 2)
		team->leanest = NULL;
}

static struct error *team_read(const struct process_list *list, pid_t parent, struct team *team)
{
	const struct process *leader = process_list_find(list, parent);
	if (leader && !add_worker(team, leader))
		return &error_no_memory;
	vec_foreach (&list->processes, process) {
		if (is_descendant(process->pid, parent) && !add_worker(team, process))
			return &error_no_memory;
	}
	if (leader)
		find_leanest(team);
	return NULL;
}

/* The kind of memory in which `worker` is furthest above the leanest one. */
static void fill_difference(struct row *row, const struct team *team, const struct worker *worker)
{
	int64_t most = 0;
	enum memory_kind kind = KIND_COUNT;
	bool is_compared = team->leanest && worker->is_known && worker != team->workers.data;
	for (int i = 0; is_compared && i < KIND_COUNT; i++) {
		int64_t above =
			(int64_t)(worker->private_bytes[i] - team->leanest->private_bytes[i]);
		if (above > most) {
			most = above;
			kind = (enum memory_kind)i;
		}
	}
	row_set_text(row, "differs_in", kind < KIND_COUNT ? memory_kind_names[kind] : NULL);
	row_set_u64(row, "differs_bytes", is_compared ? (uint64_t)most : SIZE_UNKNOWN);
}

static void fill_worker(struct row *row, const struct team *team, const struct worker *worker)
{
	bool is_leader = worker == team->workers.data;
	const struct process *process = worker->process;
	fill_row(row, process);
	row_set_u64(row, "copied_bytes",
		is_leader ? SIZE_UNKNOWN : copied_bytes_read(process->parent, process->pid));
	static const char *const keys[KIND_COUNT] = {
		[KIND_HEAP] = "heap_private_bytes",
		[KIND_ANONYMOUS] = "anonymous_private_bytes",
		[KIND_FILES] = "files_private_bytes",
		[KIND_STACKS] = "stack_private_bytes",
		[KIND_SHARED] = "shared_private_bytes",
	};
	for (int i = 0; i < KIND_COUNT; i++)
		row_set_u64(
			row, keys[i], worker->is_known ? worker->private_bytes[i] : SIZE_UNKNOWN);
	fill_difference(row, team, worker);
}

static struct error *fill_tree(const struct process_list *list, pid_t parent, struct row *root)
{
	struct team team = {0};
	struct error *error = team_read(list, parent, &team);
	if (!error && !team.workers.n)
		error = error_create(ERROR_NOT_PYTHON, 0,
			"whymem ps lists the Python processes of this host",
			"neither process %d nor its children are Python programs", parent);
	if (!error) {
		struct table *rows = row_add_table(root, "rows");
		vec_foreach (&team.workers, worker)
			fill_worker(table_add(rows), &team, worker);
	}
	vec_deinit(&team.workers);
	return error;
}

/* ---- */

static struct error *check_exists(pid_t pid)
{
	if (process_parent(pid) || pid == 1)
		return NULL;
	return error_create(ERROR_NO_SUCH_PROCESS, ESRCH,
		"whymem ps lists the Python processes of this host", "there is no process %d", pid);
}

static struct error *fill_document(
	const struct request *request, const struct process_list *list, struct row *root)
{
	row_set_null(root, "target");
	row_set_null(root, "capture");
	if (request->tree)
		return fill_tree(list, request->tree, root);
	fill_all(list, request->top, root);
	return NULL;
}

struct error *run_ps(const struct request *request, int *status_ret)
{
	struct process_list list = {0};
	struct document document;
	progress_phase("looking for Python processes");
	struct error *error = document_begin(&document, request->command);
	if (!error && request->tree)
		error = check_exists(request->tree);
	if (!error)
		error = process_list_read(&list);
	if (!error)
		error = fill_document(request, &list, document.root);
	if (!error)
		error = output_document(request, &document);
	process_list_deinit(&list);
	document_deinit(&document);
	*status_ret = EXIT_DONE;
	return error;
}
