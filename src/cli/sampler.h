/*
 * A process, and if asked for its children, sampled at even times: nothing runs
 * in them and nothing stops them.
 *
 *	struct sampler sampler;
 *	error = sampler_begin(&sampler, pid, &options);
 *	... when sampler.timer can be read:
 *	error = sampler_take(&sampler);
 *	error = sampler_end(&sampler, &run);
 *
 * The times are those of a clock that nobody sets: they do not drift, and a
 * sample that could not be taken in time is left out and counted.
 */
#ifndef WHYMEM_SAMPLER_H
#define WHYMEM_SAMPLER_H

#include "target/usage.h"
#include "trace/recording.h"

struct sampler_options {
	enum usage_figure figure;
	uint64_t interval_ns, for_ns; /* 0: to its end */
	bool with_children;
};

struct sampled_child {
	pid_t pid;
	int folder;
	size_t series; /* of the run; SIZE_MAX: it has none of its own */
	bool has_ended;
};

struct sampler {
	struct sampler_options options;
	int timer, folder;
	uint64_t until_ns;                  /* of the clock */
	uint64_t unix_ns;                   /* to be added to the clock's time */
	uint64_t begin_peak_bytes;          /* the kernel's, when sampling began */
	VEC(struct sampled_child) children; /* alive */
	struct run run; /* its first series is the process, its second the total */
	bool has_ended; /* the process, or the time to sample it; the timer is still then */
};

struct error *sampler_begin(
	struct sampler *sampler, pid_t pid, const struct sampler_options *options);
struct error *sampler_take(struct sampler *sampler);

/* Hands over what was sampled. */
struct run sampler_end(struct sampler *sampler);

#endif
