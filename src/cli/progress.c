#include "cli/progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FIRST_SHOWN_MS 1000
#define STEP_MS 200

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool is_running, must_stop;
	_Atomic(const char *) phase;
} progress = {.lock = PTHREAD_MUTEX_INITIALIZER, .phase = "starting"};

static struct timespec after_ms(struct timespec from, long ms)
{
	from.tv_sec += ms / 1000;
	from.tv_nsec += ms % 1000 * 1000000;
	if (from.tv_nsec >= 1000000000) {
		from.tv_sec++;
		from.tv_nsec -= 1000000000;
	}
	return from;
}

static void show(long elapsed_ms)
{
	char line[160];
	int n = snprintf(line, sizeof(line), "\r\033[Kwhymem: %s, %ld.%ld s",
		atomic_load(&progress.phase), elapsed_ms / 1000, elapsed_ms % 1000 / 100);
	if (n > 0 && write(STDERR_FILENO, line, MIN((size_t)n, sizeof(line) - 1)) < 0)
		return; /* nobody reads: the answer matters, not this line */
}

static void *run(void *unused)
{
	struct timespec began;
	clock_gettime(CLOCK_MONOTONIC, &began);
	pthread_mutex_lock(&progress.lock);
	bool is_shown = false;
	for (long ms = FIRST_SHOWN_MS; !progress.must_stop;) {
		struct timespec until = after_ms(began, ms);
		if (!pthread_cond_timedwait(&progress.changed, &progress.lock, &until))
			continue;
		show(ms);
		is_shown = true;
		ms += STEP_MS;
	}
	pthread_mutex_unlock(&progress.lock);
	if (is_shown && write(STDERR_FILENO, "\r\033[K", 4) < 0)
		return NULL;
	return unused;
}

/* Signals are for the main thread. */
static int create_thread(void)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	int failure = pthread_create(&progress.thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failure;
}

void progress_start(void)
{
	pthread_condattr_t attributes;
	if (progress.is_running || !isatty(STDERR_FILENO))
		return;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&progress.changed, &attributes);
	pthread_condattr_destroy(&attributes);
	progress.must_stop = false;
	progress.is_running = !create_thread();
}

void progress_phase(const char *phase)
{
	atomic_store(&progress.phase, phase);
}

void progress_stop(void)
{
	if (!progress.is_running)
		return;
	pthread_mutex_lock(&progress.lock);
	progress.must_stop = true;
	pthread_cond_signal(&progress.changed);
	pthread_mutex_unlock(&progress.lock);
	pthread_join(progress.thread, NULL);
	pthread_cond_destroy(&progress.changed);
	progress.is_running = false;
}
