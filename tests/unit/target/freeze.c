/*
 * freeze [--no-clone] [--check BEGIN N_BYTES SEED] PID
 *
 * Captures a process and prints what it found as one JSON object. With
 * --check, tells whether the frozen bytes at BEGIN are those of the pattern
 * that a test program wrote there: word i is SEED + i.
 */
#include "target/capture.h"

#include "base/cleanup.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

struct check {
	uint64_t begin, n_bytes, seed;
};

static double milliseconds(uint64_t nanoseconds)
{
	return (double)nanoseconds / 1e6;
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void print_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar((unsigned char)*text < ' ' ? ' ' : *text);
	}
	putchar('"');
}

static void print_error(const struct error *error)
{
	printf("{\"error\": \"%s\", \"text\": ", error_kind_name(error->kind));
	print_text(error->text);
	printf(", \"remedy\": ");
	print_text(error->remedy);
	printf("}\n");
}

static bool has_pattern(const struct capture *capture, const struct check *check)
{
	for (uint64_t i = 0; i < check->n_bytes / 8; i++) {
		uint64_t word;
		if (!mem_read_u64(&capture->mem, check->begin + i * 8, &word) ||
			word != check->seed + i)
			return false;
	}
	return true;
}

static void print_capture(
	const struct capture *capture, const struct check *check, uint64_t elapsed)
{
	const struct memory_figures *memory = &capture->memory;
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("{\"pid\": %d, \"program\": ", capture->pid);
	print_text(capture->program);
	printf(", \"method\": \"%s\", \"complete\": %s, \"pause_ms\": %.3f, \"elapsed_ms\": %.3f",
		capture->method == CAPTURE_CLONE ? "clone" : "stop",
		capture->complete ? "true" : "false", milliseconds(capture->pause_ns),
		milliseconds(elapsed));
	printf(", \"rss\": %" PRIu64 ", \"pss\": %" PRIu64 ", \"uss\": %" PRIu64
	       ", \"swap\": %" PRIu64 ", \"page_tables\": %" PRIu64 ", \"hugetlb\": %" PRIu64,
		memory->rss_bytes, memory->pss_bytes, memory->uss_bytes, memory->swap_bytes,
		memory->page_table_bytes, memory->hugetlb_bytes);
	printf(", \"cgroup_limit\": %" PRIu64 ", \"cgroup_used\": %" PRIu64 ", \"own_peak\": %ld",
		memory->cgroup_limit_bytes, memory->cgroup_used_bytes, usage.ru_maxrss * 1024);
	printf(", \"started_unix_ns\": %" PRIu64 ", \"captured_unix_ns\": %" PRIu64
	       ", \"maps\": %zu, \"threads\": [",
		capture->started_unix_ns, capture->captured_unix_ns, capture->maps.n);
	vec_foreach (&capture->threads, thread) {
		printf("%s{\"tid\": %d, \"name\": ", thread == capture->threads.data ? "" : ", ",
			thread->tid);
		print_text(thread->name);
		printf(", \"sp\": %" PRIu64 ", \"tp\": %" PRIu64 "}", thread->stack_pointer,
			thread->thread_pointer);
	}
	printf("], \"warnings\": [");
	vec_foreach (&capture->warnings, warning) {
		printf("%s{\"id\": \"%s\", \"text\": ",
			warning == capture->warnings.data ? "" : ", ", warning->id);
		print_text(warning->text);
		printf("}");
	}
	printf("]");
	if (check->n_bytes)
		printf(", \"pattern\": %s", has_pattern(capture, check) ? "true" : "false");
	printf("}\n");
}

int main(int argc, char **argv)
{
	struct capture_options options = {0};
	struct check check = {0};
	int at = 1;
	for (; at < argc && argv[at][0] == '-'; at++) {
		if (strcmp(argv[at], "--no-clone") == 0) {
			options.no_clone = true;
		} else if (strcmp(argv[at], "--check") == 0 && at + 3 < argc) {
			check.begin = strtoull(argv[++at], NULL, 0);
			check.n_bytes = strtoull(argv[++at], NULL, 0);
			check.seed = strtoull(argv[++at], NULL, 0);
		}
	}
	if (at + 1 != argc) {
		fputs("usage: freeze [--no-clone] [--check BEGIN N_BYTES SEED] PID\n", stderr);
		return 2;
	}
	struct capture *capture;
	uint64_t started = now_ns();
	struct error *error = capture_create(atoi(argv[at]), &options, &capture);
	if (error) {
		print_error(error);
		error_destroy(error);
		return 3;
	}
	print_capture(capture, &check, now_ns() - started);
	capture_destroy(capture);
	return 0;
}
