/*
 * damage [-v] PID FIRST N: the memory of a process, damaged in N ways, is
 * walked, analysed, asked everything and written to a file and read again:
 * errors are fine; a crash, a hang or a contradiction in the snapshot is not.
 *
 * Damage number i is always the same for the same memory. Each is done in a
 * child of its own, in which the image is a copy; what cannot be seen in the
 * child's exit, its sanitizers say. Prints one line of JSON; exits with 1 when
 * a child failed.
 */
#include "analysis/analysis.h"
#include "answers/answers.h"
#include "base/cleanup.h"
#include "heap/heap.h"
#include "snap/file.h"
#include "target/capture.h"
#include "view/view.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

#define PAGE_BYTES 4096u
#define SECONDS_MAX (IS_SANITIZED ? 120 : 30)
#define BYTES_MAX (2ull << 30)
#define HOLES_MAX 2

enum { DONE_ANSWERED = 0, DONE_REFUSED = 10, DONE_CONTRADICTS = 11 };

struct image {
	struct capture *capture;
	VEC(addr_t) pages; /* written by the target */
	uint64_t random;
	unsigned n_holes;
};

/* ---- what is damaged ---- */

/* xorshift64*: the same on every machine. */
static uint64_t any(struct image *image, uint64_t below)
{
	image->random ^= image->random >> 12;
	image->random ^= image->random << 25;
	image->random ^= image->random >> 27;
	return (image->random * 0x2545f4914f6cdd1dull >> 11) % below;
}

static addr_t any_page(struct image *image)
{
	for (;;) {
		addr_t page = image->pages.data[any(image, image->pages.n)];
		if (mem_has_range(&image->capture->mem, page, PAGE_BYTES))
			return page;
	}
}

static addr_t any_word(struct image *image)
{
	return any_page(image) + any(image, PAGE_BYTES / 8) * 8;
}

static void put(addr_t address, uint64_t word)
{
	memcpy(mem_host(address), &word, sizeof(word));
}

static bool is_pointer(const struct image *image, uint64_t word)
{
	return word > PAGE_BYTES && mem_at(&image->capture->mem, word, 1);
}

/* From `address` on the next word that is (or is not) a pointer; pages without one are common. */
static bool find_word(const struct image *image, bool pointer, addr_t *address)
{
	for (unsigned i = 0; i < 64; i++, *address += 8) {
		uint64_t word = mem_word(&image->capture->mem, *address);
		if (*address % PAGE_BYTES == 0 && i)
			return false;
		if (word && is_pointer(image, word) == pointer)
			return true;
	}
	return false;
}

static uint64_t odd_number(struct image *image)
{
	static const uint64_t odd[] = {0, 1, 2, 255, INT32_MAX, UINT32_MAX, 1ull << 32, 1ull << 47,
		INT64_MAX, 1ull << 63, UINT64_MAX, UINT64_MAX - 7, UINT64_MAX / 8, 1ull << 60};
	return odd[any(image, ARRAY_SIZE(odd))];
}

static void damage_words(struct image *image)
{
	addr_t at = any_word(image);
	put(at, any(image, 2) ? odd_number(image) : any(image, UINT64_MAX));
}

static void damage_bits(struct image *image)
{
	addr_t at = any_word(image);
	put(at, mem_word(&image->capture->mem, at) ^ 1ull << any(image, 64));
}

/* A pointer goes where another one goes, or a little beside it. */
static void damage_pointers(struct image *image)
{
	addr_t at = any_word(image), other = any_word(image);
	if (!find_word(image, true, &at) || !find_word(image, true, &other))
		return;
	static const int beside[] = {0, 0, 0, 8, -8, 1, 16, 4096};
	put(at, mem_word(&image->capture->mem, other) +
			(uint64_t)beside[any(image, ARRAY_SIZE(beside))]);
}

/* A pointer goes to where it stands: rings and shared parts. */
static void damage_rings(struct image *image)
{
	addr_t at = any_word(image);
	if (find_word(image, true, &at))
		put(at, at - any(image, 8) * 8);
}

/* Counts and lengths. */
static void damage_numbers(struct image *image)
{
	addr_t at = any_word(image);
	if (!find_word(image, false, &at))
		return;
	uint64_t word = mem_word(&image->capture->mem, at);
	put(at, any(image, 2) ? odd_number(image) : word << any(image, 40));
}

static void damage_zeros(struct image *image)
{
	memset(mem_host(any_page(image)), 0, PAGE_BYTES);
}

static void damage_copies(struct image *image)
{
	addr_t from = any_page(image), to = any_page(image);
	memmove(mem_host(to), mem_host(from), PAGE_BYTES);
}

/* A part of the memory was not captured. */
static void damage_holes(struct image *image)
{
	uint64_t chunk = any_page(image) >> MEM_CHUNK_BITS;
	if (any(image, 16) || image->n_holes == HOLES_MAX)
		return;
	image->n_holes++;
	image->capture->mem.present[chunk] = MEM_ABSENT;
	munmap(mem_host(chunk << MEM_CHUNK_BITS), MEM_CHUNK_BYTES);
}

static void damage_maps(struct image *image)
{
	struct map *map = &image->capture->maps.data[any(image, image->capture->maps.n)];
	if (any(image, 16))
		return;
	if (any(image, 2))
		map->flags ^= 1u << any(image, 10);
	else
		map->end = map->start + (map->end - map->start) / PAGE_BYTES / 2 * PAGE_BYTES +
			   PAGE_BYTES;
}

static const struct damage {
	const char *name;
	void (*damage)(struct image *);
} damages[] = {
	{"words", damage_words},
	{"bits", damage_bits},
	{"pointers", damage_pointers},
	{"rings", damage_rings},
	{"numbers", damage_numbers},
	{"zeros", damage_zeros},
	{"copies", damage_copies},
	{"holes", damage_holes},
	{"maps", damage_maps},
};

/* Damages of one sort, or (every fourth) of all: some 1, 8, 64, 512 or 4096 of them. */
static void damage_image(struct image *image, uint64_t number)
{
	image->random = number * 0x9e3779b97f4a7c15ull + 1;
	const struct damage *damage = &damages[number % ARRAY_SIZE(damages)];
	uint64_t n = 1ull << 3 * any(image, 5);
	bool all = any(image, 4) == 0;
	for (uint64_t i = 0; i < n; i++)
		(all ? &damages[any(image, ARRAY_SIZE(damages))] : damage)->damage(image);
}

/* ---- what is done with it ---- */

static bool swallow(void *arg, const char *line)
{
	*(uint64_t *)arg += strlen(line);
	return true;
}

typedef struct error *(*answer_fn)(struct analysis *, const struct answer_options *, struct row *);

static struct error *ask(struct analysis *analysis, const char *command, answer_fn answer,
	const struct answer_options *options)
{
	static struct sink sink;
	struct document document;
	_cleanup_close_ int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct error *error = document_init(&document);
	if (!error) {
		row_set_text(document.root, "command", command);
		error = answer(analysis, options, document.root);
	}
	if (!error)
		error = document_finish(&document);
	if (!error) {
		sink_init_fd(&sink, fd);
		view_json(document.root, &sink);
		struct page page = {&sink, {80, 24, false, true}, 0};
		view_text(document.root, &page);
		error = sink_close(&sink);
	}
	document_deinit(&document);
	return error;
}

static struct error *ask_everything(const struct snapshot *snapshot)
{
	static const struct answer_options plain = {.top = 20}, all = {.retained = true},
					   by_owner = {.by = "owner", .top = 20},
					   by_module = {.by = "module"},
					   by_via = {.by = "via",
						   .only = "~held-by:dict",
						   .top = 20},
					   why_dict = {.query = "dict", .top = 5},
					   why_else = {.query = "size:>64",
						   .avoid = "dict",
						   .top = 5},
					   refs = {.query = "dict", .top = 20, .depth = 3},
					   refs_back = {.query = "str", .back = true, .depth = 2},
					   refs_to = {.query = "dict", .to = "str", .top = 9},
					   refs_from = {.query = "str", .chain = true, .top = 9};
	static const struct {
		const char *command;
		answer_fn answer;
		const struct answer_options *options;
	} questions[] = {
		{"explain", answer_explain, &plain},
		{"types", answer_types, &all},
		{"dups", answer_dups, &all},
		{"types", answer_types, &by_owner},
		{"types", answer_types, &by_module},
		{"types", answer_types, &by_via},
		{"retained", answer_retained, &plain},
		{"why", answer_why, &why_dict},
		{"why", answer_why, &why_else},
		{"refs", answer_refs, &refs},
		{"refs", answer_refs, &refs_back},
		{"refs", answer_refs, &refs_to},
		{"refs", answer_refs, &refs_from},
		{"native", answer_native, &plain},
		{"garbage", answer_garbage, &plain},
	};
	struct analysis *analysis;
	struct error *error = analysis_create(snapshot, &analysis);
	if (error)
		return error;
	for (size_t i = 0; !error && i < ARRAY_SIZE(questions); i++)
		error = ask(
			analysis, questions[i].command, questions[i].answer, questions[i].options);
	uint64_t n_bytes = 0;
	if (!error)
		error = answer_rows(analysis, &plain, swallow, &n_bytes);
	analysis_destroy(analysis);
	return error;
}

static struct error *keep_and_read(const struct snapshot *snapshot)
{
	char path[64];
	snprintf(path, sizeof(path), "/tmp/whymem-damage-%d", getpid());
	struct snapshot *again = NULL;
	struct error *error = snapshot_write(snapshot, path);
	if (!error)
		error = snapshot_read(path, &again);
	unlink(path);
	if (again)
		snapshot_destroy(again);
	return error;
}

static int tell(struct error *error, int status)
{
	fprintf(stderr, "damage: %s: %s\n", error_kind_name(error->kind), error->text);
	error_destroy(error);
	return status;
}

static int use(struct image *image)
{
	struct snapshot *snapshot;
	struct error *error = heap_walk(image->capture, &snapshot);
	if (error)
		return tell(
			error, error->kind == ERROR_CORRUPT_FILE ? DONE_CONTRADICTS : DONE_REFUSED);
	error = ask_everything(snapshot);
	if (!error)
		error = keep_and_read(snapshot);
	snapshot_destroy(snapshot);
	capture_destroy(image->capture);
	vec_deinit(&image->pages);
	return error ? tell(error, DONE_CONTRADICTS) : DONE_ANSWERED;
}

/* ---- the children ---- */

static uint64_t resident_bytes(pid_t pid)
{
	char path[32];
	unsigned long long n_pages = 0;
	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	FILE *file = fopen(path, "re");
	if (file) {
		if (fscanf(file, "%*u %llu", &n_pages) != 1)
			n_pages = 0;
		fclose(file);
	}
	return n_pages * PAGE_BYTES;
}

/* Waits for a child; one that takes more memory than any damage explains is killed. */
static int watch(pid_t pid, struct rusage *ret)
{
	int status;
	while (wait4(pid, &status, WNOHANG, ret) == 0) {
		if (resident_bytes(pid) > BYTES_MAX)
			kill(pid, SIGKILL);
		usleep(2000);
	}
	return status;
}

static int use_damaged(struct image *image, uint64_t number, struct rusage *ret)
{
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		struct rlimit no_core = {0, 0};
		setrlimit(RLIMIT_CORE, &no_core);
		alarm(SECONDS_MAX);
		damage_image(image, number);
		exit(use(image));
	}
	return pid > 0 ? watch(pid, ret) : -1;
}

static bool is_content(const struct capture *capture, const struct map *map, addr_t page)
{
	static const uint8_t zeros[PAGE_BYTES];
	const void *bytes = mem_at(&capture->mem, page, PAGE_BYTES);
	return bytes &&
	       map->resident[(page - map->start) / PAGE_BYTES / 64] >>
			       (page - map->start) / PAGE_BYTES % 64 &
		       1 &&
	       memcmp(bytes, zeros, PAGE_BYTES) != 0;
}

/* The image stays with us alone, unless it is told to come along to children. */
static struct error *image_open(pid_t pid, struct image *ret)
{
	struct error *error = capture_create(pid, NULL, &ret->capture);
	if (error)
		return error;
	vec_foreach (&ret->capture->maps, map) {
		if (!(map->flags & MAP_IN_IMAGE))
			continue;
		addr_t begin = align_down(map->start, MEM_CHUNK_BYTES);
		madvise(mem_host(begin), align_up(map->end, MEM_CHUNK_BYTES) - begin, MADV_DOFORK);
		for (addr_t page = map->start; map->flags & MAP_WRITE && page < map->end;
			page += PAGE_BYTES) {
			if (!is_content(ret->capture, map, page))
				continue;
			addr_t *added = vec_add(&ret->pages);
			if (!added)
				return &error_no_memory;
			*added = page;
		}
	}
	return NULL;
}

static int usage(void)
{
	fputs("usage: damage [-v] PID FIRST N\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	if (argc != 4 + verbose)
		return usage();
	argv += verbose;
	struct image image = {0};
	struct error *error = image_open(atoi(argv[1]), &image);
	if (error)
		return tell(error, 3);
	uint64_t first = strtoull(argv[2], NULL, 10), n = strtoull(argv[3], NULL, 10);
	uint64_t n_answered = 0, n_refused = 0, n_failed = 0;
	for (uint64_t i = first; i < first + n; i++) {
		struct rusage used = {0};
		int status = use_damaged(&image, i, &used);
		int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		bool failed = code != DONE_ANSWERED && code != DONE_REFUSED;
		if (failed || verbose)
			fprintf(stderr, "damage %llu (%s): %s %d, %ld ms, %ld kB\n",
				(unsigned long long)i, damages[i % ARRAY_SIZE(damages)].name,
				code < 0 ? "signal" : "exit", code < 0 ? WTERMSIG(status) : code,
				used.ru_utime.tv_sec * 1000 + used.ru_utime.tv_usec / 1000,
				used.ru_maxrss);
		n_failed += failed;
		n_refused += code == DONE_REFUSED;
		n_answered += code == DONE_ANSWERED;
	}
	printf("{\"answered\": %llu, \"refused\": %llu, \"failed\": %llu}\n",
		(unsigned long long)n_answered, (unsigned long long)n_refused,
		(unsigned long long)n_failed);
	capture_destroy(image.capture);
	vec_deinit(&image.pages);
	return n_failed != 0;
}
