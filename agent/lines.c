/*
 * Each thread has a stack of the watched frames that run on it, each with the
 * line that is open in it. A line is closed by the next one, or when its frame
 * ends or is suspended; what the thread allocated and freed meanwhile is the
 * line's, whoever did it below.
 *
 * In a recursion the same line is open more than once. Only the outermost one
 * adds up, so that nothing is counted twice: a line is covered while a frame
 * runs on top of the one that it is open in.
 */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

enum {
	FRAMES = 1 << 15,       /* watched frames of a thread */
	NO_LINE = 0,            /* lines begin at 1 */
	SPANS_BACKED = 64,      /* at once */
	SAMPLE_BYTES = 1 << 20, /* so much more or less alive: look at once */
};

struct open_frame {
	const void *frame;
	struct watched *watched;
	uint32_t line; /* place in the table, or NO_LINE */
	uint32_t unused;
	uint64_t allocated_bytes; /* tally.* when the line began */
	int64_t live_bytes;
	int64_t outer_peak_bytes;
	uint64_t begin_ns, begin_bytes, begin_resident_bytes;
};

struct thread {
	uint32_t n_frames;
	struct open_frame frames[FRAMES];
	uint32_t line_covers[LINES_LINES];
	uint32_t function_depths[LINES_FUNCTIONS];
};

struct lines_table lines;
THREAD_LOCAL struct tally tally;
bool is_watching_lines;

/* In a page that a forked child gets as zeros. */
static volatile uint32_t *is_on;
static pthread_key_t thread_key;
static THREAD_LOCAL struct thread *this_thread;

struct watched watched_codes[WATCHED_SLOTS];
static uint32_t n_watched;

static uint32_t sampled_now;
static uint64_t sampled_live_bytes, resident_bytes;

bool lines_are_on(void)
{
	return likely(*is_on) && likely(!*python.finalizing);
}

bool lines_back(const void *at, uint64_t n_bytes)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = align_down((uintptr_t)at, page);
	int failure = errno;
	bool is_backed =
		!madvise((void *)from, (uintptr_t)at + n_bytes - from, MADV_POPULATE_WRITE) ||
		errno == EINVAL;
	errno = failure;
	return is_backed;
}

/* ---- watched code ---- */

static struct watched *watched_slot(const object *code)
{
	for (uint64_t slot = (uintptr_t)code * 0x9e3779b97f4a7c15ull >> 40;; slot++) {
		struct watched *watched = &watched_codes[slot % WATCHED_SLOTS];
		if (watched->code == code || !watched->code)
			return watched;
	}
}

struct watched *lines_find(const object *code)
{
	struct watched *watched = watched_slot(code);
	return watched->code ? watched : NULL;
}

struct watched *lines_add(const object *code)
{
	struct watched *watched = watched_slot(code);
	if (!watched->code && n_watched == WATCHED_SLOTS / 2)
		return NULL;
	n_watched += !watched->code;
	watched->code = code;
	return watched;
}

/* ---- threads ---- */

/* Memory of ours is not the program's: not by the hooks. */
static void *map(size_t n_bytes)
{
	void *memory = sys_mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static void thread_end(void *thread)
{
	this_thread = NULL;
	syscall(SYS_munmap, thread, sizeof(struct thread));
}

static struct thread *thread_get(void)
{
	if (unlikely(!this_thread)) {
		this_thread = map(sizeof(struct thread));
		if (this_thread)
			pthread_setspecific(thread_key, this_thread);
	}
	return this_thread;
}

uint64_t lines_discount(const void *block)
{
	if (tally.last_block != block)
		return 0;
	tally.last_block = NULL;
	tally.allocated_bytes -= tally.last_bytes;
	tally.peak_bytes = tally.last_peak_bytes;
	return tally.last_bytes;
}

/* ---- time and residency ---- */

static uint64_t now_ns(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void read_resident(void)
{
	char text[128];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	char *at = strchr(text, ' ');
	if (at)
		resident_bytes = strtoull(at, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void sample(uint64_t live_bytes)
{
	uint64_t change = live_bytes - sampled_live_bytes + SAMPLE_BYTES;
	if (likely(table.header->now == sampled_now) && likely(change <= 2ull * SAMPLE_BYTES))
		return;
	sampled_now = table.header->now;
	sampled_live_bytes = live_bytes;
	read_resident();
}

/* ---- lines ---- */

/* Is it open in a frame below the one that runs? */
static bool is_covered(const struct thread *thread, uint32_t line)
{
	return unlikely(thread->n_frames > 1) && thread->line_covers[line];
}

static void open_line(struct open_frame *open, uint32_t line, uint64_t extra)
{
	open->line = line;
	open->allocated_bytes = tally.allocated_bytes;
	open->live_bytes = tally.live_bytes - (int64_t)extra;
	open->outer_peak_bytes = tally.peak_bytes;
	tally.peak_bytes = open->live_bytes;
}

static void close_line(struct thread *thread, struct open_frame *open, uint64_t extra)
{
	if (open->line == NO_LINE)
		return;
	struct lines_line *line = &lines.lines[open->line];
	uint64_t live_bytes = count_live_bytes() - extra;
	if (!is_covered(thread, open->line)) {
		line->increment_bytes += tally.live_bytes - (int64_t)extra - open->live_bytes;
		line->allocated_bytes += tally.allocated_bytes - open->allocated_bytes;
	}
	sample(live_bytes);
	int64_t peak_bytes = MAX(tally.peak_bytes, open->live_bytes) - open->live_bytes;
	line->peak_bytes = MAX(line->peak_bytes, (uint64_t)peak_bytes);
	line->mem_bytes = MAX(line->mem_bytes, live_bytes);
	line->resident_bytes = MAX(line->resident_bytes, resident_bytes);
	tally.peak_bytes = MAX(tally.peak_bytes, open->outer_peak_bytes);
	open->line = NO_LINE;
}

/* The place of `line` in the table, or NO_LINE. */
static uint32_t place_of(const struct watched *watched, int line)
{
	const struct lines_function *function = &lines.functions[watched->function];
	uint32_t index = (uint32_t)line - function->first_line;
	return line > 0 && index < function->n_lines ? function->first + index : NO_LINE;
}

/* ---- frames ---- */

static void write_span(const struct open_frame *open)
{
	uint64_t n = lines.header->n_spans;
	struct lines_span *span = &lines.spans[n % LINES_SPANS];
	if (n < LINES_SPANS && n % SPANS_BACKED == 0 &&
		!lines_back(span, SPANS_BACKED * sizeof(*span)))
		return;
	span->function = 0;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	span->thread = (uint32_t)syscall(SYS_gettid);
	span->begin_ns = open->begin_ns;
	span->end_ns = now_ns();
	span->begin_bytes = open->begin_bytes;
	span->end_bytes = count_live_bytes();
	span->begin_resident_bytes = open->begin_resident_bytes;
	span->end_resident_bytes = resident_bytes;
	__atomic_store_n(&span->function, open->watched->function + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&lines.header->n_spans, n + 1, __ATOMIC_RELEASE);
}

static void begin_span(struct open_frame *open)
{
	open->begin_bytes = count_live_bytes();
	sample(open->begin_bytes);
	open->begin_ns = now_ns();
	open->begin_resident_bytes = resident_bytes;
}

static void push(const struct line_event *event, uint32_t line)
{
	struct thread *thread = thread_get();
	if (!thread || thread->n_frames == FRAMES) {
		lines.header->n_deep_calls++;
		return;
	}
	if (thread->n_frames)
		thread->line_covers[thread->frames[thread->n_frames - 1].line]++;
	struct open_frame *open = &thread->frames[thread->n_frames++];
	*open = (struct open_frame){.frame = event->frame, .watched = event->watched};
	if (!event->watched->is_part && !thread->function_depths[event->watched->function]++)
		begin_span(open);
	if (line != NO_LINE)
		open_line(open, line, event->extra);
}

static void pop(struct thread *thread, uint64_t extra)
{
	struct open_frame *open = &thread->frames[thread->n_frames - 1];
	close_line(thread, open, extra);
	if (!open->watched->is_part && !--thread->function_depths[open->watched->function])
		write_span(open);
	if (--thread->n_frames)
		thread->line_covers[thread->frames[thread->n_frames - 1].line]--;
}

static bool is_of(const struct open_frame *open, const struct line_event *event)
{
	return open->frame == event->frame && open->watched == event->watched;
}

/* As find_open(); what is above it ended without a word. */
static __attribute__((noinline)) struct open_frame *find_below(
	struct thread *thread, const struct line_event *event)
{
	uint32_t n = thread->n_frames;
	while (n && !is_of(&thread->frames[n - 1], event))
		n--;
	if (!n)
		return NULL;
	while (thread->n_frames > n)
		pop(thread, event->extra);
	return &thread->frames[n - 1];
}

/* The open frame of the event; NULL when it is not open. */
static inline struct open_frame *find_open(struct thread *thread, const struct line_event *event)
{
	if (unlikely(!thread || !thread->n_frames))
		return NULL;
	struct open_frame *innermost = &thread->frames[thread->n_frames - 1];
	return likely(is_of(innermost, event)) ? innermost : find_below(thread, event);
}

void lines_start(const struct line_event *event)
{
	lines.functions[event->watched->function].call_count += !event->watched->is_part;
	push(event, NO_LINE);
}

void lines_resume(const struct line_event *event, int line)
{
	push(event, place_of(event->watched, line));
}

void lines_line(const struct line_event *event, int line)
{
	uint32_t place = place_of(event->watched, line);
	struct open_frame *open = find_open(this_thread, event);
	if (!open) {
		push(event, NO_LINE);
		open = find_open(this_thread, event);
	}
	if (!open)
		return;
	close_line(this_thread, open, event->extra);
	if (place == NO_LINE)
		return;
	bool is_inside = event->watched->is_part && is_covered(this_thread, place);
	lines.lines[place].occurrence_count += !is_inside;
	open_line(open, place, event->extra);
}

void lines_stop(const struct line_event *event)
{
	if (find_open(this_thread, event))
		pop(this_thread, event->extra);
}

/* ---- begin ---- */

static const char *open_table(int fd)
{
	char *at = sys_mmap(NULL, LINES_FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	uint32_t nobody = 0;
	if (at == MAP_FAILED)
		return "the table of lines cannot be mapped";
	lines = (struct lines_table){
		.header = (struct lines_header *)at,
		.functions = (struct lines_function *)(at + LINES_FUNCTIONS_AT),
		.lines = (struct lines_line *)(at + LINES_LINES_AT),
		.spans = (struct lines_span *)(at + LINES_SPANS_AT),
		.texts = at + LINES_TEXT_AT,
	};
	if (lines.header->magic != LINES_MAGIC)
		return "the table of lines is none";
	if (__atomic_compare_exchange_n(&lines.header->pid, &nobody, (uint32_t)getpid(), false,
		    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return NULL;
	syscall(SYS_munmap, at, LINES_FILE_BYTES);
	lines = (struct lines_table){0};
	return "another process has the table of lines";
}

static const char *begin(void)
{
	long page = sysconf(_SC_PAGESIZE);
	void *flag = map((size_t)page);
	if (!flag || madvise(flag, (size_t)page, MADV_WIPEONFORK) ||
		pthread_key_create(&thread_key, thread_end))
		return "there is no memory for it";
	is_on = flag;
	const char *failure = capi_find();
	if (!failure)
		failure = lines_choose_begin();
	if (failure)
		return failure;
	*is_on = 1;
	is_watching_lines = true;
	return NULL;
}

void lines_begin(void)
{
	const char *variable = getenv(LINES_VARIABLE);
	if (!variable)
		return;
	int fd = atoi(variable);
	const char *failure = open_table(fd);
	close(fd);
	unsetenv(LINES_VARIABLE);
	if (!failure)
		failure = begin();
	if (failure && lines.header)
		snprintf(lines.header->failure, sizeof(lines.header->failure), "%s", failure);
}
