#include "target/capture.h"

#include "base/cleanup.h"
#include "target/access.h"
#include "target/figures.h"
#include "target/image.h"
#include "target/kinship.h"
#include "target/pagemap.h"
#include "target/proc.h"
#include "target/program.h"
#include "target/residency.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

/* Shared pages that are looked up while the target stands still; for more than this it would wait.
 */
#define LIVE_PAUSE_BYTES (16ull << 20)
#define LIVE_PAUSE_SHARE 32 /* or this part of what is private */

/* A thread that shows the guardian that we run while nothing is read of a copy that is kept. */
struct ticker {
	struct freezer *freezer;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t stop;
	bool is_started, is_over;
};

/* What is only needed while the capture is made, or a copy is kept. */
struct making {
	struct capture *capture;
	int pidfd, pagemap_fd;
	struct map_list before, now;
	struct image_plan before_plan, plan;
	struct freeze_range *ranges;
	size_t n_ranges;
	bool want_clone, has_filter, postpones;
	size_t n_threads;
	uint64_t private_bytes; /* that must be copied */
	struct freezer freezer;
	struct image_source source; /* while the copy is kept */
	struct ticker ticker;       /* likewise */
	char *oom_score;            /* ours, to be restored */
};

/* An error met half-way may have a better name: the process ended, or some rule forbids. */
static struct error *explain(struct error *error, pid_t pid)
{
	bool vague =
		error && (error->kind == ERROR_NO_SUCH_PROCESS || error->kind == ERROR_PERMISSION);
	struct error *better = vague ? capture_check_access(pid) : NULL;
	if (!better)
		return error;
	error_destroy(error);
	return better;
}

static struct error *open_target(struct making *making)
{
	pid_t pid = making->capture->pid;
	making->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (making->pidfd < 0)
		return error_create(ERROR_NO_SUCH_PROCESS, errno, NULL,
			"cannot watch process %d: %s", pid, strerror(errno));
	return proc_open(pid, "pagemap", O_RDONLY, &making->pagemap_fd);
}

static struct error *read_threads(struct making *making)
{
	pid_t pid = making->capture->pid;
	char path[PROC_NAME_BYTES];
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *folder = opendir(path);
	if (!folder)
		return error_create(
			ERROR_NO_SUCH_PROCESS, errno, NULL, "process %d has ended", pid);
	for (struct dirent *entry; (entry = readdir(folder));) {
		if (entry->d_name[0] == '.')
			continue;
		_cleanup_free_ char *status = NULL;
		snprintf(path, sizeof(path), "task/%.20s/status", entry->d_name);
		struct error *error = proc_read(pid, path, &status, NULL);
		making->n_threads++;
		uint64_t mode = error ? 0 : proc_number(status, "Seccomp:", 10);
		making->has_filter |= mode == 1 || mode == 2;
		error_destroy(error); /* that thread has ended */
	}
	closedir(folder);
	return NULL;
}

static bool same_link(pid_t pid, const char *first, const char *second)
{
	char path[PROC_NAME_BYTES], a[64] = "", b[64] = "";
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, first);
	bool has_both = readlink(path, a, sizeof(a) - 1) > 0;
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, second);
	has_both = readlink(path, b, sizeof(b) - 1) > 0 && has_both;
	return !has_both || strcmp(a, b) == 0;
}

/* Whether a copy can be made without harm; a warning says why not. */
static struct error *choose_method(struct making *making, const struct capture_options *options)
{
	struct capture *capture = making->capture;
	char reason[128];
	making->want_clone = !(options && options->no_clone);
	if (!making->want_clone)
		return NULL;
	if (!same_link(capture->pid, "ns/pid", "ns/pid_for_children"))
		snprintf(
			reason, sizeof(reason), "its children are born into another pid namespace");
	else if (figures_copy_fits(capture->pid, making->private_bytes, reason, sizeof(reason)))
		return NULL;
	making->want_clone = false;
	return capture_add_warning(capture, "stopped_while_copied",
		"the process stood still while its memory was copied: %s", reason);
}

static void count_private(struct making *making)
{
	for (size_t i = 0; i < making->before.n; i++) {
		const uint64_t *content = making->before_plan.data[i].content;
		for (uint64_t j = 0; content && j < map_n_words(&making->before.data[i]); j++)
			making->private_bytes += 4096 * (uint64_t)__builtin_popcountll(content[j]);
	}
}

/* Those parts of the live target that a copy lacks, as many as are quickly looked up. */
static struct error *choose_live_ranges(struct making *making)
{
	uint64_t budget = MAX(LIVE_PAUSE_BYTES, making->private_bytes / LIVE_PAUSE_SHARE);
	making->ranges = calloc(making->before.n + 1, sizeof(making->ranges[0]));
	if (!making->ranges)
		return &error_no_memory;
	vec_foreach (&making->before, map) {
		bool absent = map->flags & (MAP_IS_SHARED | MAP_NO_FORK | MAP_FORK_WIPE);
		if (!absent || map->flags & (MAP_RAW | MAP_IS_HUGETLB) ||
			map->resident_bytes > budget || !map->resident_bytes)
			continue;
		budget -= map->resident_bytes;
		making->ranges[making->n_ranges++] =
			(struct freeze_range){.begin = map->start, .end = map->end};
	}
	return NULL;
}

static struct error *start_guardian(struct making *making)
{
	struct freezer_request request = {
		.pid = making->capture->pid,
		.pidfd = making->pidfd,
		.want_clone = making->want_clone,
		.suspend_seccomp = making->has_filter,
		.n_threads = making->n_threads,
		.ranges = making->ranges,
		.n_ranges = making->n_ranges,
	};
	return freezer_start(&request, &making->freezer);
}

/*
 * If memory runs out now it is whymem that goes. The guardian, which holds the
 * target's life in its hands, is forked before this.
 */
static void offer_to_oom_killer(struct making *making)
{
	struct error *error = proc_read(getpid(), "oom_score_adj", &making->oom_score, NULL);
	error_destroy(error);
	FILE *file = error ? NULL : fopen("/proc/self/oom_score_adj", "w");
	if (!file)
		return;
	fputs("1000", file);
	fclose(file);
}

static void withdraw_from_oom_killer(struct making *making)
{
	FILE *file = making->oom_score ? fopen("/proc/self/oom_score_adj", "w") : NULL;
	if (!file)
		return;
	fputs(making->oom_score, file);
	fclose(file);
}

/* All that can be done while the target runs. */
static struct error *prepare(struct making *making, const struct capture_options *options)
{
	struct capture *capture = making->capture;
	struct error *error = open_target(making);
	if (!error)
		error = program_read_name(capture->pid, capture->program, sizeof(capture->program));
	if (!error)
		error = program_read_start(capture->pid, &capture->started_unix_ns);
	if (!error)
		error = map_list_read(capture->pid, "smaps", &making->before);
	if (!error)
		error = read_threads(making);
	if (!error)
		error = mem_init(&capture->mem);
	if (!error)
		error = image_prepare(capture, &making->before, &making->before_plan);
	if (!error)
		error = residency_read_before(
			making->pagemap_fd, &making->before, &making->before_plan);
	if (error)
		return error;
	count_private(making);
	error = kinship_read(capture->pid, making->pagemap_fd, &making->before, &capture->kinship);
	if (!error)
		error = figures_check_own_room(capture->pid, making->private_bytes);
	if (!error)
		error = choose_method(making, options);
	if (!error)
		error = choose_live_ranges(making);
	if (!error)
		error = start_guardian(making);
	if (error)
		return error;
	offer_to_oom_killer(making);
	making->postpones =
		options && options->keep_clone && making->want_clone && pagemap_knows_zero();
	error = image_populate(
		&capture->mem, &making->before, &making->before_plan, making->postpones);
	if (error)
		return error;
	descriptors_read(capture->pid, &capture->descriptors);
	return figures_read(capture->pid, &capture->memory);
}

static struct error *warn_of_method(struct making *making)
{
	static const char text[] = "the process stood still while its memory was copied: %s%s";
	const struct freeze *freeze = making->freezer.freeze;
	const char *reason = NULL, *detail = "";
	switch (freeze->clone) {
	case CLONE_MADE:
	case CLONE_NOT_WANTED:
		return NULL;
	case CLONE_FORBIDDEN:
		reason = "it runs under a seccomp filter, which only root may suspend";
		break;
	case CLONE_NO_THREAD:
		reason = "none of its threads could make a copy";
		break;
	case CLONE_REFUSED:
		reason = "the kernel refused to make a copy: ";
		detail = strerror(freeze->clone_errno);
		break;
	}
	return capture_add_warning(making->capture, "stopped_while_copied", text, reason, detail);
}

static struct error *warn_of_losses(struct making *making, const struct image_copy_result *copied)
{
	struct capture *capture = making->capture;
	const struct freeze *freeze = making->freezer.freeze;
	struct error *error = warn_of_method(making);
	if (!error && copied->n_lost_pages)
		error = capture_add_warning(capture, "unreadable_pages",
			"%llu pages of the process could not be read",
			(unsigned long long)copied->n_lost_pages);
	/* A kept copy may be gone after all that was wanted of it was read. */
	bool is_short = freeze->target_died || freeze->stalled;
	if (!error && (copied->source_died || (is_short && !making->postpones))) {
		capture->complete = false;
		error = capture_add_warning(capture, "incomplete_capture", "%s",
			freeze->stalled ? "whymem stood still itself, so the process was released "
					  "before all of it was copied"
					: "the process ended before all of it was copied");
	}
	if (!error && freeze->zombie_left)
		error = capture_add_warning(capture, "copy_not_reaped",
			"the dead copy %d stays a zombie until process %d ends: no thread of it "
			"could "
			"be stopped",
			freeze->copy, capture->pid);
	if (!error && !pagemap_knows_zero())
		error = capture_add_warning(capture, "zero_page_estimated",
			"this kernel does not tell pages of zeros from memory that was never "
			"written; "
			"up to the resident size of each map they are counted as resident");
	return error;
}

static struct error *take_threads(struct making *making)
{
	struct capture *capture = making->capture;
	const struct freeze *freeze = making->freezer.freeze;
	for (size_t i = 0; i < freeze->n_threads; i++) {
		const struct tracee *tracee = &freeze->threads[i];
		if (!tracee->stack_pointer)
			continue;
		struct thread *thread = vec_add(&capture->threads);
		if (!thread)
			return &error_no_memory;
		thread->tid = tracee->tid;
		thread->stack_pointer = tracee->stack_pointer;
		thread->thread_pointer = tracee->thread_pointer;
		char path[PROC_NAME_BYTES];
		_cleanup_free_ char *name = NULL;
		snprintf(path, sizeof(path), "task/%d/comm", tracee->tid);
		struct error *error = proc_read(capture->pid, path, &name, NULL);
		if (!error)
			snprintf(thread->name, sizeof(thread->name), "%.*s",
				(int)strcspn(name, "\n"), name);
		error_destroy(error); /* a thread that has ended since has no name */
	}
	return NULL;
}

/* What must be read while the frozen process exists. */
static struct error *read_frozen(struct making *making, struct image_copy_result *copied)
{
	struct freezer *freezer = &making->freezer;
	struct capture *capture = making->capture;
	struct error *error = map_list_read(freezer->held, "maps", &making->now);
	if (!error && !making->now.n)
		error = error_create(
			ERROR_NO_SUCH_PROCESS, ESRCH, NULL, "nothing is mapped any more");
	if (!error)
		error = residency_complete_maps(freezer, &making->before, &making->now);
	if (!error)
		error = image_update(capture, &making->before, &making->before_plan, &making->now,
			&making->plan);
	if (!error)
		error = residency_read_frozen(
			freezer, &making->before, &making->now, &making->plan);
	if (!error)
		error = image_copy(freezer, &capture->mem, &making->now, &making->plan,
			making->postpones, copied);
	return error;
}

static void mark_stacks(struct capture *capture)
{
	vec_foreach (&capture->threads, thread) {
		struct map *map = (struct map *)capture_find_map(capture, thread->stack_pointer);
		if (map && !(map->flags & MAP_IS_HEAP))
			map->flags |= MAP_IS_STACK;
	}
}

static void finish(struct making *making)
{
	struct capture *capture = making->capture;
	const struct freeze *freeze = making->freezer.freeze;
	for (size_t i = 0; i < making->now.n; i++) {
		struct map *map = &making->now.data[i];
		if (making->plan.data[i].content)
			map->flags |= MAP_IN_IMAGE;
	}
	capture->memory.rss_bytes = residency_finish(&making->before, &making->now);
	vec_foreach (&making->now, map)
		map->flags &= ~(uint32_t)MAP_INNER_FLAGS;
	capture->maps.data = making->now.data;
	capture->maps.n = making->now.n;
	capture->maps.capacity = making->now.capacity;
	making->now = (struct map_list){0};
	capture->method = freeze->copy ? CAPTURE_CLONE : CAPTURE_STOP;
	capture->pause_ns = freeze->pause_ns;
	capture->captured_unix_ns = freeze->frozen_unix_ns;
	mark_stacks(capture);
}

/* What was held is gone: who ended it? */
static struct error *explain_loss(struct making *making, struct error *error)
{
	const struct freeze *freeze = making->freezer.freeze;
	if (error->kind != ERROR_NO_SUCH_PROCESS)
		return error;
	error_destroy(error);
	if (freeze->stalled)
		return error_create(ERROR_INTERNAL, 0, "try again without suspending whymem",
			"whymem stood still for so long that process %d was released", freeze->pid);
	if (freeze->target_died || !freeze->copy)
		return error_create(ERROR_EXITING, 0, "name another process",
			"process %d ended while it was captured", freeze->pid);
	return error_create(ERROR_OUT_OF_MEMORY, 0, "free some memory, then try again",
		"the copy of process %d was killed before it was read, probably by the "
		"out-of-memory "
		"killer; the process itself runs on",
		freeze->pid);
}

static void *tick(void *arg)
{
	struct ticker *ticker = arg;
	pthread_mutex_lock(&ticker->lock);
	while (!ticker->is_over) {
		struct timespec next;
		clock_gettime(CLOCK_REALTIME, &next);
		next.tv_sec++;
		pthread_cond_timedwait(&ticker->stop, &ticker->lock, &next);
		freezer_tick(ticker->freezer);
	}
	pthread_mutex_unlock(&ticker->lock);
	return NULL;
}

static struct error *ticker_start(struct ticker *ticker, struct freezer *freezer)
{
	ticker->freezer = freezer;
	pthread_mutex_init(&ticker->lock, NULL);
	pthread_cond_init(&ticker->stop, NULL);
	int code = pthread_create(&ticker->thread, NULL, tick, ticker);
	if (code)
		return error_create(ERROR_INTERNAL, code, "raise the limit of processes",
			"cannot start a thread: %s", strerror(code));
	ticker->is_started = true;
	return NULL;
}

static void ticker_stop(struct ticker *ticker)
{
	if (!ticker->is_started)
		return;
	pthread_mutex_lock(&ticker->lock);
	ticker->is_over = true;
	pthread_cond_signal(&ticker->stop);
	pthread_mutex_unlock(&ticker->lock);
	pthread_join(ticker->thread, NULL);
	pthread_cond_destroy(&ticker->stop);
	pthread_mutex_destroy(&ticker->lock);
	ticker->is_started = false;
}

/* As much as this part of the image is kept when it need not be. */
#define KEPT_SHARE 2

static struct error *postpone(struct making *making, const struct image_copy_result *copied)
{
	struct image_source *source = &making->source;
	source->freezer = &making->freezer;
	source->maps = making->now;
	source->plan = &making->plan;
	source->n_lost_pages = copied->n_lost_pages;
	source->source_died = copied->source_died;
	struct error *error =
		image_postpone(&making->capture->mem, source, making->private_bytes / KEPT_SHARE);
	return error ? error : ticker_start(&making->ticker, &making->freezer);
}

static struct error *make(struct making *making, const struct capture_options *options)
{
	struct image_copy_result copied = {0};
	struct error *error = prepare(making, options);
	if (!error)
		error = residency_read_before(
			making->pagemap_fd, &making->before, &making->before_plan);
	if (!error)
		error = freezer_freeze(&making->freezer);
	if (error)
		return error;
	making->postpones &= making->freezer.freeze->copy != 0;
	error = read_frozen(making, &copied);
	if (!error && making->postpones)
		error = postpone(making, &copied);
	struct error *released =
		error || !making->postpones ? freezer_release(&making->freezer) : NULL;
	if (error) {
		error_destroy(released);
		return explain_loss(making, error);
	}
	if (!released)
		released = take_threads(making);
	if (released)
		return released;
	finish(making);
	return making->postpones ? NULL : warn_of_losses(making, &copied);
}

static void making_destroy(struct making *making)
{
	ticker_stop(&making->ticker);
	freezer_destroy(&making->freezer);
	withdraw_from_oom_killer(making);
	free(making->oom_score);
	image_plan_deinit(&making->before_plan);
	image_plan_deinit(&making->plan);
	map_list_deinit(&making->before);
	map_list_deinit(&making->now);
	free(making->ranges);
	cleanup_close(&making->pidfd);
	cleanup_close(&making->pagemap_fd);
	free(making);
}

struct error *capture_create(pid_t pid, const struct capture_options *options, struct capture **ret)
{
	struct error *error = capture_check_access(pid);
	if (error)
		return error;
	struct capture *capture = calloc(1, sizeof(*capture));
	struct making *making = calloc(1, sizeof(*making));
	if (!capture || !making) {
		free(capture);
		free(making);
		return &error_no_memory;
	}
	capture->pid = pid;
	capture->complete = true;
	pagemap_init();
	*making = (struct making){.capture = capture, .pidfd = -1, .pagemap_fd = -1};
	error = explain(make(making, options), pid);
	if (!error && making->postpones)
		capture->making = making;
	else
		making_destroy(making);
	if (error) {
		capture_destroy(capture);
		return error;
	}
	*ret = capture;
	return NULL;
}

/* A kept copy shares what the process shares, and outlives it. */
bool capture_read_shared(const struct capture *capture, addr_t address, void *ret, uint64_t n_bytes)
{
	const struct making *making = capture->making;
	pid_t pid = making ? making->freezer.held : capture->pid;
	for (uint64_t done = 0; done < n_bytes;) {
		struct iovec host = {(char *)ret + done, n_bytes - done};
		struct iovec target = {(void *)(uintptr_t)(address + done), n_bytes - done};
		ssize_t got = process_vm_readv(pid, &host, 1, &target, 1, 0);
		if (got <= 0 && making)
			got = pread(making->freezer.mem_fd, host.iov_base, host.iov_len,
				(off_t)(address + done));
		if (got <= 0)
			return false;
		done += (uint64_t)got;
	}
	return true;
}

struct error *capture_let_go(struct capture *capture)
{
	struct making *making = capture->making;
	if (!making)
		return NULL;
	capture->making = NULL;
	ticker_stop(&making->ticker);
	mem_bring_no_more(&capture->mem);
	struct image_copy_result copied = {making->source.n_lost_pages, making->source.source_died};
	struct error *error = freezer_release(&making->freezer);
	if (!error)
		error = warn_of_losses(making, &copied);
	making_destroy(making);
	return error;
}

void capture_destroy(struct capture *capture)
{
	error_destroy(capture_let_go(capture)); /* nobody reads what it would say */
	vec_foreach (&capture->maps, map) {
		free(map->path);
		free(map->resident);
	}
	vec_deinit(&capture->maps);
	vec_deinit(&capture->threads);
	vec_deinit(&capture->warnings);
	vec_deinit(&capture->kinship.copies);
	mem_deinit(&capture->mem);
	free(capture);
}
