/*
 * Captures child processes whose memory is known to the page, in both ways.
 */
#include "target/capture.h"

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include <cmocka.h>

enum { N_PAGES = 600, N_SHARED = 256, N_FILE = 64, N_THREADS = 3 };

static const struct capture_options by_clone = {0}, by_stop = {.no_clone = true};

static struct capture *captured(pid_t pid, const struct capture_options *options)
{
	struct capture *capture = NULL;
	struct error *error = capture_create(pid, options, &capture);
	if (error)
		print_message("%s; remedy: %s\n", error->text, error->remedy);
	assert_null(error);
	assert_non_null(capture);
	assert_true(capture->complete);
	assert_int_equal(capture->method, options->no_clone ? CAPTURE_STOP : CAPTURE_CLONE);
	assert_int_equal(capture->warnings.n, 0);
	return capture;
}

/* The child runs, has no tracer and no child processes. */
static void check_left_alone(pid_t pid)
{
	char path[64], text[4096] = "", *tracer;
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	int fd = open(path, O_RDONLY);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	tracer = strstr(text, "TracerPid:");
	assert_int_equal(atoi(tracer + 10), 0);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	fd = open(path, O_RDONLY);
	if (fd >= 0) {
		assert_int_equal(read(fd, text, sizeof(text)), 0);
		close(fd);
	}
}

/* Rss of smaps_rollup, in bytes. */
static uint64_t kernel_rss(pid_t pid)
{
	char path[64], line[256];
	unsigned long long kilobytes = 0;
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file) &&
		sscanf(line, "Rss: %llu", &kilobytes) != 1)
		;
	if (file)
		fclose(file);
	return kilobytes * 1024;
}

struct areas {
	addr_t mixed, zeros, shared, file, unreadable;
	int memfd;
	pid_t threads[N_THREADS];
};

static pthread_barrier_t all_started;

static void *wait_in_thread(void *arg)
{
	pthread_setname_np(pthread_self(), "named");
	*(pid_t *)arg = (pid_t)syscall(SYS_gettid);
	pthread_barrier_wait(&all_started);
	for (;;)
		pause();
	return NULL;
}

static char *fresh_area(size_t n_pages, int kind, int fd)
{
	char *area = mmap(NULL, n_pages * 4096, PROT_READ | PROT_WRITE, kind, fd, 0);
	if (area == MAP_FAILED)
		_exit(97);
	madvise(area, n_pages * 4096, MADV_NOHUGEPAGE);
	return area;
}

static void fill_page(char *page, uint64_t seed)
{
	for (uint64_t i = 0; i < 512; i++)
		((uint64_t *)page)[i] = seed * 512 + i;
}

/* A private mapping of a file: every fourth page is written, every fourth read. */
static char *file_area(void)
{
	char name[] = "/tmp/whymem-test-XXXXXX", page[4096];
	int fd = mkstemp(name);
	for (size_t i = 0; i < N_FILE; i++) {
		memset(page, (int)i + 1, sizeof(page));
		if (write(fd, page, sizeof(page)) != sizeof(page))
			_exit(96);
	}
	char *area = mmap(NULL, N_FILE * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	madvise(area, N_FILE * 4096, MADV_RANDOM);
	for (size_t i = 0; i < N_FILE; i += 4) {
		fill_page(area + i * 4096, 1000 + i);
		(void)((volatile char *)area)[(i + 1) * 4096];
	}
	unlink(name);
	return area;
}

static void known_memory(int fd)
{
	struct areas areas = {.memfd = memfd_create("shared", 0)};
	pthread_barrier_init(&all_started, NULL, N_THREADS + 1);
	for (size_t i = 0; i < N_THREADS; i++) {
		pthread_t thread;
		pthread_create(&thread, NULL, wait_in_thread, &areas.threads[i]);
	}
	pthread_barrier_wait(&all_started);
	char *mixed = fresh_area(N_PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	char *zeros = fresh_area(N_PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	mprotect(zeros + N_PAGES / 2 * 4096, 4096, PROT_NONE);
	if (ftruncate(areas.memfd, N_SHARED * 4096) < 0)
		_exit(95);
	char *shared = fresh_area(N_SHARED, MAP_SHARED, areas.memfd);
	for (size_t i = 0; i < N_PAGES; i += 2) {
		fill_page(mixed + i * 4096, i);
		(void)((volatile char *)zeros)[i == N_PAGES / 2 ? 0 : i * 4096];
	}
	for (size_t i = 0; i < 10; i++)
		shared[i * 4096] = 1;
	areas.mixed = (uintptr_t)mixed;
	areas.zeros = (uintptr_t)zeros;
	areas.shared = (uintptr_t)shared;
	areas.file = (uintptr_t)file_area();
	child_tell(fd, &areas, sizeof(areas));
	for (;;)
		pause();
}

static bool is_resident(const struct capture *capture, addr_t address)
{
	return capture_resident(capture, address, 1);
}

static void check_bytes(const struct capture *capture, const struct areas *areas)
{
	for (size_t i = 0; i < N_PAGES; i++) {
		const uint64_t *page = mem_at(&capture->mem, areas->mixed + i * 4096, 4096);
		assert_non_null(page);
		for (uint64_t word = 0; word < 512; word++)
			assert_int_equal(page[word], i % 2 ? 0 : i * 512 + word);
	}
	for (size_t i = 0; i < N_FILE; i++) {
		const uint64_t *page = mem_at(&capture->mem, areas->file + i * 4096, 4096);
		assert_non_null(page);
		uint64_t clean = 0x0101010101010101 * (i + 1);
		for (uint64_t word = 0; word < 512; word++)
			assert_int_equal(page[word], i % 4 ? clean : (1000 + i) * 512 + word);
	}
}

static void check_residency(const struct capture *capture, const struct areas *areas)
{
	for (size_t i = 0; i < N_PAGES; i++) {
		assert_int_equal(is_resident(capture, areas->mixed + i * 4096), i % 2 == 0);
		assert_false(is_resident(capture, areas->zeros + i * 4096));
	}
	for (size_t i = 0; i < N_SHARED; i++)
		assert_int_equal(is_resident(capture, areas->shared + i * 4096), i < 10);
	for (size_t i = 0; i < N_FILE; i++) {
		if (i % 4 < 2)
			assert_true(is_resident(capture, areas->file + i * 4096));
	}
	assert_int_equal(capture_resident(capture, areas->mixed + 100, 2 * 4096), 4096);
	assert_int_equal(
		capture_resident(capture, areas->mixed, N_PAGES * 4096), N_PAGES / 2 * 4096);
	const struct map *shared = capture_find_map(capture, areas->shared);
	assert_int_equal(shared->flags & (MAP_IS_SHARED | MAP_IN_IMAGE), MAP_IS_SHARED);
	assert_int_equal(shared->resident_bytes, 10 * 4096);
}

static void check_sums(const struct capture *capture)
{
	uint64_t rss = 0;
	addr_t behind = 0;
	vec_foreach (&capture->maps, map) {
		uint64_t pages = 0;
		assert_true(map->start >= behind);
		behind = map->end;
		for (uint64_t i = 0; i * 64 * 4096 < map->end - map->start; i++)
			pages += (uint64_t)__builtin_popcountll(map->resident[i]);
		assert_int_equal(pages * 4096, map->resident_bytes);
		rss += map->resident_bytes;
	}
	const struct memory_figures *memory = &capture->memory;
	assert_int_equal(memory->rss_bytes, rss);
	/* A process that ends gives back its pages and its page tables one after the other. */
	assert_true(memory->page_table_bytes > 0);
	assert_true(memory->page_table_bytes == UINT64_MAX || memory->page_table_bytes < rss ||
		    !capture->complete);
	assert_true(capture->pause_ns > 0 && capture->captured_unix_ns > capture->started_unix_ns);
}

static void check_threads(const struct capture *capture, const struct areas *areas, pid_t pid)
{
	assert_int_equal(capture->threads.n, N_THREADS + 1);
	for (size_t i = 0; i <= N_THREADS; i++) {
		const struct thread *found = NULL;
		pid_t tid = i < N_THREADS ? areas->threads[i] : pid;
		vec_foreach (&capture->threads, thread)
			found = thread->tid == tid ? thread : found;
		assert_non_null(found);
		const struct map *stack = capture_find_map(capture, found->stack_pointer);
		assert_non_null(stack);
		assert_true(stack->flags & MAP_IS_STACK && stack->flags & MAP_IN_IMAGE);
		assert_true(
			found->thread_pointer && capture_find_map(capture, found->thread_pointer));
		/* The first word of glibc's thread block, and the third, are its own address. */
		assert_int_equal(
			mem_word(&capture->mem, found->thread_pointer + 16), found->thread_pointer);
		if (i < N_THREADS)
			assert_string_equal(found->name, "named");
	}
}

static void check_known_memory(const struct capture_options *options)
{
	struct areas areas;
	struct child child = child_start(known_memory, &areas, sizeof(areas));
	struct capture *capture = captured(child.pid, options);
	capture_destroy(capture);
	char path[64];
	struct stat before, after;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", child.pid, areas.memfd);
	assert_int_equal(stat(path, &before), 0);
	uint64_t rss = kernel_rss(child.pid);
	capture = captured(child.pid, options);
	check_bytes(capture, &areas);
	check_residency(capture, &areas);
	check_sums(capture);
	check_threads(capture, &areas, child.pid);
	const struct memory_figures *memory = &capture->memory;
	assert_int_equal(memory->rss_bytes, rss);
	assert_true(memory->uss_bytes <= memory->pss_bytes && memory->pss_bytes <= rss);
	assert_int_equal(kernel_rss(child.pid), rss);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_blocks, after.st_blocks);
	check_left_alone(child.pid);
	capture_destroy(capture);
	child_end(&child);
}

static void test_known_memory_by_clone(void **state)
{
	(void)state;
	check_known_memory(&by_clone);
}

static void test_known_memory_by_stop(void **state)
{
	(void)state;
	check_known_memory(&by_stop);
}

static void test_the_image_of_nothing(void **state)
{
	(void)state;
	struct areas areas;
	struct child child = child_start(known_memory, &areas, sizeof(areas));
	struct capture *capture = captured(child.pid, &by_clone);
	assert_null(mem_at(&capture->mem, 8, 8));
	assert_null(mem_at(&capture->mem, areas.shared - (areas.shared & 0xfff) + (1ull << 45), 8));
	assert_null(capture_find_map(capture, 8));
	assert_null(capture_find_map(capture, UINT64_MAX));
	assert_int_equal(capture_resident(capture, 0, UINT64_MAX), capture->memory.rss_bytes);
	child_end(&child);
	capture_destroy(capture);
}

/* Files of our own program, the ELF header included. */
static void test_files_of_maps(void **state)
{
	(void)state;
	struct areas areas;
	struct child child = child_start(known_memory, &areas, sizeof(areas));
	struct capture *capture = captured(child.pid, &by_clone);
	bool has_program = false;
	vec_foreach (&capture->maps, map) {
		int fd = -1;
		if (!map->inode || map->flags & MAP_IS_SHARED)
			continue;
		struct error *error = capture_open_file(capture, map, &fd);
		if (map->flags & MAP_IS_DELETED) {
			error_destroy(error);
		} else {
			assert_null(error);
			has_program |= strstr(map->path, "test_target_capture") && !map->offset &&
				       memcmp(mem_host(map->start), "\177ELF", 4) == 0;
		}
		if (fd >= 0)
			close(fd);
	}
	assert_true(has_program);
	struct map wrong = *capture_find_map(capture, (uintptr_t)test_files_of_maps);
	int fd = -1;
	wrong.inode++;
	wrong.start = 4096;
	struct error *error = capture_open_file(capture, &wrong, &fd);
	assert_non_null(error);
	assert_int_equal(error->kind, ERROR_UNREADABLE_FILE);
	error_destroy(error);
	child_end(&child);
	capture_destroy(capture);
}

static volatile sig_atomic_t n_sigchld, captures_are_over;

static void count_sigchld(int number)
{
	(void)number;
	n_sigchld++;
}

static void end_of_captures(int number)
{
	(void)number;
	captures_are_over = 1;
}

/* What the parent of our copy sees of it: a signal, a child, a changed disposition. */
static void watch_for_traces(int fd)
{
	char seen;
	signal(SIGCHLD, count_sigchld);
	signal(SIGTRAP, SIG_IGN);
	signal(SIGUSR1, end_of_captures);
	child_tell(fd, &seen, 1);
	while (!captures_are_over)
		usleep(20000);
	struct sigaction trap;
	sigaction(SIGTRAP, NULL, &trap);
	errno = 0;
	seen = n_sigchld || waitpid(-1, NULL, __WALL | WNOHANG) != -1 || errno != ECHILD ||
	       trap.sa_handler != SIG_IGN;
	child_tell(fd, &seen, 1);
	pause();
}

static void test_no_trace_in_the_target(void **state)
{
	(void)state;
	char seen;
	struct child child = child_start(watch_for_traces, &seen, 1);
	for (int i = 0; i < 5; i++)
		capture_destroy(captured(child.pid, &by_clone));
	kill(child.pid, SIGUSR1);
	assert_int_equal(read(child.facts, &seen, 1), 1);
	assert_int_equal(seen, 0);
	child_end(&child);
}

static void test_a_stopped_process_stays_stopped(void **state)
{
	(void)state;
	struct areas areas;
	struct child child = child_start(known_memory, &areas, sizeof(areas));
	int status;
	kill(child.pid, SIGSTOP);
	assert_int_equal(waitpid(child.pid, &status, WUNTRACED), child.pid);
	capture_destroy(captured(child.pid, &by_clone));
	capture_destroy(captured(child.pid, &by_stop));
	assert_int_equal(child_state(child.pid), 'T');
	kill(child.pid, SIGCONT);
	for (int i = 0; i < 100 && child_state(child.pid) != 'S'; i++)
		usleep(10000);
	assert_int_equal(child_state(child.pid), 'S');
	child_end(&child);
}

static void wait_in_vfork(int fd)
{
	char ready = 1;
	child_tell(fd, &ready, 1);
	if (vfork() == 0) {
		const struct timespec while_tested = {8, 0};
		nanosleep(&while_tested, NULL);
		_exit(0);
	}
	pause();
}

static void test_a_thread_that_cannot_be_stopped(void **state)
{
	(void)state;
	char ready;
	struct child child = child_start(wait_in_vfork, &ready, 1);
	for (int i = 0; i < 200 && child_state(child.pid) != 'D'; i++)
		usleep(10000);
	assert_int_equal(child_state(child.pid), 'D');
	struct capture *capture = NULL;
	struct error *error = capture_create(child.pid, NULL, &capture);
	assert_non_null(error);
	assert_int_equal(error->kind, ERROR_UNSTOPPABLE);
	error_destroy(error);
	assert_int_equal(child_state(child.pid), 'D');
	child_end(&child);
}

/* Dies at any moment of the capture. */
static void test_a_target_that_is_killed(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++) {
		struct areas areas;
		struct child child = child_start(known_memory, &areas, sizeof(areas));
		pid_t killer = fork();
		if (killer == 0) {
			usleep((useconds_t)i * 1500);
			kill(child.pid, SIGKILL);
			_exit(0);
		}
		struct capture *capture = NULL;
		struct error *error =
			capture_create(child.pid, i % 2 ? &by_stop : &by_clone, &capture);
		if (error) {
			assert_true(error->kind == ERROR_EXITING ||
				    error->kind == ERROR_NO_SUCH_PROCESS);
			error_destroy(error);
		} else {
			check_sums(capture);
			capture_destroy(capture);
		}
		waitpid(killer, NULL, 0);
		child_end(&child);
	}
}

/* Memory comes and goes under our hands. */
static void change_maps(int fd)
{
	char ready = 1;
	uint64_t *constant = (uint64_t *)fresh_area(64, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	for (size_t i = 0; i < 64; i++)
		fill_page((char *)constant + i * 4096, i);
	child_tell(fd, &constant, sizeof(constant));
	for (unsigned round = 0;; round++) {
		size_t n_bytes = (1 + round % 200) * 65536;
		char *area = mmap(
			NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(area, (int)round, n_bytes);
		ready += area[n_bytes - 1];
		munmap(area, n_bytes);
	}
}

static void test_changing_maps(void **state)
{
	(void)state;
	addr_t constant;
	struct child child = child_start(change_maps, &constant, sizeof(constant));
	for (int i = 0; i < 20; i++) {
		struct capture *capture = captured(child.pid, i % 2 ? &by_stop : &by_clone);
		for (uint64_t word = 0; word < 64 * 512; word++)
			assert_int_equal(mem_word(&capture->mem, constant + word * 8), word);
		check_sums(capture);
		capture_destroy(capture);
	}
	child_end(&child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_memory_by_clone),
		cmocka_unit_test(test_known_memory_by_stop),
		cmocka_unit_test(test_the_image_of_nothing),
		cmocka_unit_test(test_files_of_maps),
		cmocka_unit_test(test_no_trace_in_the_target),
		cmocka_unit_test(test_a_stopped_process_stays_stopped),
		cmocka_unit_test(test_a_thread_that_cannot_be_stopped),
		cmocka_unit_test(test_a_target_that_is_killed),
		cmocka_unit_test(test_changing_maps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
