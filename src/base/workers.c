#include "base/workers.h"

#include <pthread.h>
#include <sched.h>

struct job {
	worker_fn fn;
	void *arg;
	uint64_t begin, end;
	struct error *error;
	pthread_t thread;
	unsigned worker;
	bool started;
};

unsigned workers_count(void)
{
	cpu_set_t allowed;
	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return 1;
	return MIN(MAX((unsigned)CPU_COUNT(&allowed), 1), WORKERS_MAX);
}

static void *run_job(void *arg)
{
	struct job *job = arg;
	job->error = job->fn(job->arg, job->worker, job->begin, job->end);
	return NULL;
}

struct error *workers_run(unsigned n_workers, uint64_t n, worker_fn fn, void *arg)
{
	assert(n_workers >= 1 && n_workers <= WORKERS_MAX);
	struct job jobs[WORKERS_MAX];
	for (unsigned i = 0; i < n_workers; i++) {
		jobs[i] = (struct job){.fn = fn, .arg = arg, .worker = i};
		jobs[i].begin = (uint64_t)((unsigned __int128)n * i / n_workers);
		jobs[i].end = (uint64_t)((unsigned __int128)n * (i + 1) / n_workers);
		bool last = i + 1 == n_workers;
		jobs[i].started =
			!last && !pthread_create(&jobs[i].thread, NULL, run_job, &jobs[i]);
		if (!jobs[i].started)
			run_job(&jobs[i]);
	}
	struct error *first = NULL;
	for (unsigned i = 0; i < n_workers; i++) {
		if (jobs[i].started)
			pthread_join(jobs[i].thread, NULL);
		if (!first)
			first = jobs[i].error;
		else
			error_destroy(jobs[i].error);
	}
	return first;
}
