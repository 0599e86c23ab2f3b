#include "target/image.h"

#include "base/cleanup.h"
#include "base/workers.h"
#include "target/runs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* A chunk with this many content pages of its 512 gets a huge page. */
#define DENSE_PAGES 448
#define POPULATE_PAGES 2048
#define READ_BYTES (4ull << 20) /* at once */

void image_plan_deinit(struct image_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		free(plan->data[i].content);
	free(plan->data);
	*plan = (struct image_plan){0};
}

static bool is_wanted(const struct map *map)
{
	const uint32_t unwanted =
		MAP_IS_SHARED | MAP_IS_SPECIAL | MAP_NO_FORK | MAP_FORK_WIPE | MAP_RAW;
	return map->flags & MAP_READ && !(map->flags & unwanted) &&
	       map->end <= 1ull << MEM_ADDRESS_BITS;
}

/* A file is opened once for all of its maps, which follow each other. */
struct open_file {
	int fd;
	uint64_t device, inode, n_bytes;
};

static bool open_file_of(struct capture *capture, const struct map *map, struct open_file *file)
{
	if (file->inode == map->inode && file->device == map->device)
		return file->fd >= 0;
	cleanup_close(&file->fd);
	*file = (struct open_file){-1, map->device, map->inode, 0};
	struct error *error = capture_open_file(capture, map, &file->fd);
	struct stat stat;
	if (!error && fstat(file->fd, &stat) == 0)
		file->n_bytes = (uint64_t)stat.st_size;
	error_destroy(error);
	return !error;
}

/* What lies behind the end of the file stays zero. */
static struct error *map_file(
	struct capture *capture, const struct map *map, struct open_file *file, bool *ret)
{
	*ret = map->inode && open_file_of(capture, map, file);
	if (!*ret || map->offset >= file->n_bytes)
		return NULL;
	uint64_t n_bytes = MIN(map->end - map->start, file->n_bytes - map->offset);
	return mem_map_file(&capture->mem, map->start, n_bytes, file->fd, map->offset);
}

static struct error *prepare_map(struct capture *capture, const struct map *map,
	struct open_file *file, struct image_map *plan)
{
	if (!is_wanted(map))
		return NULL;
	plan->content = calloc(map_n_words(map), sizeof(uint64_t));
	if (!plan->content)
		return &error_no_memory;
	struct error *error = mem_add(&capture->mem, map->start, map->end);
	return error ? error : map_file(capture, map, file, &plan->has_file);
}

static struct error *plan_create(size_t n, struct image_plan *ret)
{
	ret->data = calloc(n + 1, sizeof(ret->data[0]));
	ret->n = ret->data ? n : 0;
	return ret->data ? NULL : &error_no_memory;
}

struct error *image_prepare(
	struct capture *capture, const struct map_list *maps, struct image_plan *ret)
{
	struct open_file file = {.fd = -1};
	struct image_plan plan;
	struct error *error = plan_create(maps->n, &plan);
	for (size_t i = 0; !error && i < maps->n; i++)
		error = prepare_map(capture, &maps->data[i], &file, &plan.data[i]);
	cleanup_close(&file.fd);
	if (error)
		image_plan_deinit(&plan);
	else
		*ret = plan;
	return error;
}

static bool is_same(const struct map *a, const struct map *b)
{
	return a->start == b->start && a->end == b->end && map_same_backing(a, b);
}

/* A file that is no longer mapped must not show through. */
static struct error *clear_stale_file(struct capture *capture, const struct map_list *before,
	const struct image_plan *before_plan, const struct map *map)
{
	for (size_t i = 0; i < before->n; i++) {
		const struct map *old = &before->data[i];
		addr_t begin = MAX(old->start, map->start), end = MIN(old->end, map->end);
		if (begin >= end || !before_plan->data[i].has_file)
			continue;
		struct error *error = mem_clear(&capture->mem, begin, end);
		if (error)
			return error;
	}
	return NULL;
}

struct error *image_update(struct capture *capture, const struct map_list *before,
	const struct image_plan *before_plan, const struct map_list *now, struct image_plan *ret)
{
	struct open_file file = {.fd = -1};
	struct image_plan plan;
	struct error *error = plan_create(now->n, &plan);
	size_t old = 0;
	for (size_t i = 0; !error && i < now->n; i++) {
		const struct map *map = &now->data[i];
		while (old < before->n && before->data[old].start < map->start)
			old++;
		bool same = old < before->n && is_same(map, &before->data[old]) &&
			    is_wanted(map) == is_wanted(&before->data[old]);
		if (same && before_plan->data[old].content) {
			plan.data[i].has_file = before_plan->data[old].has_file;
			plan.data[i].content = calloc(map_n_words(map), sizeof(uint64_t));
			error = plan.data[i].content ? NULL : &error_no_memory;
		} else if (!same && is_wanted(map)) {
			error = mem_add(&capture->mem, map->start, map->end);
			if (!error)
				error = clear_stale_file(capture, before, before_plan, map);
			if (!error)
				error = prepare_map(capture, map, &file, &plan.data[i]);
		}
	}
	cleanup_close(&file.fd);
	if (error)
		image_plan_deinit(&plan);
	else
		*ret = plan;
	return error;
}

/* Bits of the 512 pages of a chunk from `first` on. */
static uint64_t count_chunk(const uint64_t *content, uint64_t first)
{
	uint64_t n = 0, shift = first % 64;
	const uint64_t *words = content + first / 64;
	for (size_t i = 0; i < 8; i++) {
		uint64_t word = words[i] >> shift;
		if (shift)
			word |= words[i + 1] << (64 - shift);
		n += (uint64_t)__builtin_popcountll(word);
	}
	return n;
}

/* Asks for huge pages where nearly all of a chunk will be filled. */
static void advise_huge_pages(const struct map *map, const uint64_t *content)
{
	addr_t at = align_up(map->start, MEM_CHUNK_BYTES), dense_from = at;
	for (; at + MEM_CHUNK_BYTES <= map->end; at += MEM_CHUNK_BYTES) {
		if (count_chunk(content, (at - map->start) / 4096) >= DENSE_PAGES)
			continue;
		if (at > dense_from)
			madvise(mem_host(dense_from), at - dense_from, MADV_HUGEPAGE);
		dense_from = at + MEM_CHUNK_BYTES;
	}
	if (at > dense_from)
		madvise(mem_host(dense_from), at - dense_from, MADV_HUGEPAGE);
}

#define SLICE_PAGES (MEM_CHUNK_BYTES / 4096)

/* Adds the runs of [begin, end) of a map, which lies in one chunk. */
static struct error *add_slice(const struct map *map, const uint64_t *content, addr_t begin,
	addr_t end, struct run_list *runs)
{
	uint64_t bits[SLICE_PAGES / 64] = {0}, first = (begin - map->start) / 4096;
	uint64_t n_pages = (end - begin) / 4096;
	assert(n_pages <= SLICE_PAGES);
	for (uint64_t i = 0; i < n_pages; i++) {
		uint64_t bit = content[(first + i) / 64] >> (first + i) % 64 & 1;
		bits[i / 64] |= bit << i % 64;
	}
	return run_list_add(runs, begin, bits, n_pages);
}

/* Adds the runs of a map that cannot come later. */
static struct error *add_early_runs(const struct mem *mem, const struct map *map,
	const uint64_t *content, struct run_list *runs)
{
	struct error *error = NULL;
	for (addr_t at = map->start, next; !error && at < map->end; at = next) {
		next = MIN(map->end, align_down(at, MEM_CHUNK_BYTES) + MEM_CHUNK_BYTES);
		if (!mem_may_come_later(mem, at))
			error = add_slice(map, content, at, next, runs);
	}
	return error;
}

static struct error *list_runs(const struct mem *mem, const struct map_list *maps,
	const struct image_plan *plan, bool postpones, struct run_list *ret)
{
	struct run_list runs = {0};
	struct error *error = NULL;
	for (size_t i = 0; !error && i < maps->n; i++) {
		const struct map *map = &maps->data[i];
		const uint64_t *content = plan->data[i].content;
		if (!content)
			continue;
		if (!postpones)
			advise_huge_pages(map, content);
		error = postpones ? add_early_runs(mem, map, content, &runs)
				  : run_list_add(&runs, map->start, content, map_n_pages(map));
	}
	if (error)
		vec_deinit(&runs);
	else
		*ret = runs;
	return error;
}

/* Where the system cannot provide pages ahead they come with the first write. */
static struct error *populate_part(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	struct run_cursor cursor = run_cursor_at(arg, begin, end);
	for (struct run run; run_cursor_next(&cursor, &run);)
		madvise(mem_host(run.address), run.n_pages * 4096, MADV_POPULATE_WRITE);
	return NULL;
}

struct error *image_populate(const struct mem *mem, const struct map_list *maps,
	const struct image_plan *plan, bool postpones)
{
	struct run_list runs;
	struct error *error = list_runs(mem, maps, plan, postpones, &runs);
	if (error)
		return error;
	unsigned n_workers = runs.n_pages < POPULATE_PAGES ? 1 : MIN(workers_count(), 2);
	error = workers_run(n_workers, runs.n_pages, populate_part, &runs);
	vec_deinit(&runs);
	return error;
}

struct copy_job {
	struct freezer *freezer;
	const struct run_list *runs;
	_Atomic uint64_t n_lost_pages;
	_Atomic bool source_died;
};

/*
 * From /proc/PID/mem, which the guardian opened, so that no rule refuses. Not by
 * process_vm_readv(): that makes the kernel copy each page that the clone shares
 * with the process, so that the process would cost its memory twice.
 */
static void read_pages(struct copy_job *job, addr_t address, uint64_t n_bytes)
{
	while (n_bytes && !job->source_died) {
		ssize_t got = pread(job->freezer->mem_fd, mem_host(address),
			MIN(n_bytes, READ_BYTES), (off_t)address);
		/* The file of a process that has ended is empty. */
		if (got == 0 || (got < 0 && errno == ESRCH)) {
			job->source_died = true;
		} else if (got < 0 && errno != EINTR) {
			job->n_lost_pages++;
			got = 4096;
		}
		address += MAX(got, 0);
		n_bytes -= (uint64_t)MAX(got, 0);
		freezer_tick(job->freezer);
	}
}

static struct error *copy_part(void *arg, unsigned worker, uint64_t begin, uint64_t end)
{
	(void)worker;
	struct copy_job *job = arg;
	struct run_cursor cursor = run_cursor_at(job->runs, begin, end);
	for (struct run run; run_cursor_next(&cursor, &run);)
		read_pages(job, run.address, run.n_pages * 4096);
	return NULL;
}

struct error *image_copy(struct freezer *freezer, const struct mem *mem,
	const struct map_list *maps, const struct image_plan *plan, bool postpones,
	struct image_copy_result *ret)
{
	struct run_list runs;
	struct error *error = list_runs(mem, maps, plan, postpones, &runs);
	if (error)
		return error;
	struct copy_job job = {.freezer = freezer, .runs = &runs};
	unsigned n_workers = runs.n_pages < POPULATE_PAGES ? 1 : MIN(workers_count(), 2);
	error = workers_run(n_workers, runs.n_pages, copy_part, &job);
	vec_deinit(&runs);
	*ret = (struct image_copy_result){job.n_lost_pages, job.source_died};
	return error;
}

static struct error *list_chunk(
	const struct image_source *source, addr_t chunk, struct run_list *runs)
{
	struct error *error = NULL;
	addr_t end = chunk + MEM_CHUNK_BYTES;
	for (size_t i = maps_after(source->maps.data, source->maps.n, chunk);
		!error && i < source->maps.n; i++) {
		const struct map *map = &source->maps.data[i];
		if (map->start >= end)
			break;
		if (source->plan->data[i].content)
			error = add_slice(map, source->plan->data[i].content,
				MAX(map->start, chunk), MIN(map->end, end), runs);
	}
	return error;
}

static void bring_chunk(void *arg, addr_t chunk)
{
	struct image_source *source = arg;
	struct run_list runs = {0};
	struct copy_job job = {.freezer = source->freezer, .runs = &runs};
	struct error *error = list_chunk(source, chunk, &runs);
	if (runs.n_pages >= DENSE_PAGES)
		madvise(mem_host(chunk), MEM_CHUNK_BYTES, MADV_HUGEPAGE);
	if (!error && !source->source_died)
		error = populate_part(&runs, 0, 0, runs.n_pages);
	if (!error && !source->source_died)
		error = copy_part(&job, 0, 0, runs.n_pages);
	if (error)
		job.n_lost_pages = SLICE_PAGES;
	error_destroy(error);
	source->n_lost_pages += job.n_lost_pages;
	if (job.source_died)
		source->source_died = true;
	vec_deinit(&runs);
}

struct error *image_postpone(struct mem *mem, struct image_source *source, uint64_t max_bytes)
{
	struct error *error = mem_bring_later(mem, bring_chunk, source, max_bytes);
	if (error)
		return error;
	for (size_t i = 0; i < source->maps.n; i++) {
		const struct map *map = &source->maps.data[i];
		addr_t at = align_down(map->start, MEM_CHUNK_BYTES);
		for (; source->plan->data[i].content && at < map->end; at += MEM_CHUNK_BYTES)
			if (mem_may_come_later(mem, at))
				mem_postpone(mem, at);
	}
	return NULL;
}
