#include "cli/sampler.h"

#include "base/clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { PROCESS, TOTAL, OTHERS }; /* series */

/* ---- begin and end ---- */

/* The first sample is due at once. */
static struct error *start_timer(struct sampler *sampler)
{
	uint64_t now = monotonic_ns(), interval = sampler->options.interval_ns;
	const struct itimerspec times = {
		.it_value = {(time_t)(now / 1000000000), (long)(now % 1000000000)},
		.it_interval = {(time_t)(interval / 1000000000), (long)(interval % 1000000000)}};
	sampler->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (sampler->timer < 0 || timerfd_settime(sampler->timer, TFD_TIMER_ABSTIME, &times, NULL))
		return error_create(
			ERROR_INTERNAL, errno, NULL, "cannot set a timer: %s", strerror(errno));
	sampler->unix_ns = unix_ns() - now;
	sampler->until_ns = sampler->options.for_ns ? now + sampler->options.for_ns : UINT64_MAX;
	return NULL;
}

static void stop(struct sampler *sampler)
{
	const struct itimerspec never = {0};
	sampler->has_ended = true;
	timerfd_settime(sampler->timer, 0, &never, NULL);
}

struct error *sampler_begin(
	struct sampler *sampler, pid_t pid, const struct sampler_options *options)
{
	*sampler = (struct sampler){.options = *options, .timer = -1, .folder = -1};
	sampler->run.interval_ns = options->interval_ns;
	if (options->with_children && !usage_knows_children())
		return error_create(ERROR_INTERNAL, 0, "leave --children out",
			"this kernel does not tell which children a process has "
			"(CONFIG_PROC_CHILDREN)");
	struct error *error = usage_open(pid, &sampler->folder);
	if (error)
		return error;
	if (!run_add_series(&sampler->run, SERIES_PROCESS, pid) ||
		!run_add_series(&sampler->run, SERIES_TOTAL, 0))
		return &error_no_memory;
	sampler->begin_peak_bytes = usage_read_peak(sampler->folder);
	return start_timer(sampler);
}

/* Of a process that had no children the total says nothing new. */
static void drop_total(struct run *run)
{
	if (run->series.n != OTHERS || run->n_hidden_children)
		return;
	timeline_deinit(&run->series.data[TOTAL].timeline);
	run->series.n = TOTAL;
}

struct run sampler_end(struct sampler *sampler)
{
	struct run run = sampler->run;
	vec_foreach (&sampler->children, child)
		close(child->folder);
	vec_deinit(&sampler->children);
	if (sampler->timer >= 0)
		close(sampler->timer);
	if (sampler->folder >= 0)
		close(sampler->folder);
	drop_total(&run);
	run_limit(&run);
	sampler->run = (struct run){0};
	return run;
}

/* ---- children ---- */

static bool is_known(const struct sampler *sampler, pid_t pid)
{
	vec_foreach (&sampler->children, child) {
		if (child->pid == pid)
			return true;
	}
	return false;
}

static bool is_alive(const struct sampler *sampler, size_t series)
{
	vec_foreach (&sampler->children, child) {
		if (child->series == series)
			return true;
	}
	return false;
}

static uint64_t peak_of(const struct series *series)
{
	const struct bucket *peak = timeline_peak(&series->timeline);
	return peak ? peak->most_bytes : 0;
}

/* The smallest of the children that ended, or SIZE_MAX. */
static size_t least_series(const struct sampler *sampler)
{
	size_t least = SIZE_MAX;
	for (size_t i = OTHERS; i < sampler->run.series.n; i++) {
		const struct series *series = &sampler->run.series.data[i];
		if (is_alive(sampler, i))
			continue;
		if (least == SIZE_MAX ||
			peak_of(series) < peak_of(&sampler->run.series.data[least]))
			least = i;
	}
	return least;
}

/* When all places are taken a child takes that of one that ended, or none. */
static struct error *give_series(struct sampler *sampler, struct sampled_child *child)
{
	struct run *run = &sampler->run;
	if (run->series.n < OTHERS + CHILDREN_MAX) {
		child->series = run->series.n;
		return run_add_series(run, SERIES_CHILD, child->pid) ? NULL : &error_no_memory;
	}
	run->n_hidden_children++;
	child->series = least_series(sampler);
	if (child->series == SIZE_MAX)
		return NULL;
	struct series *series = &run->series.data[child->series];
	timeline_deinit(&series->timeline);
	series->timeline.n_per_bucket = series->timeline.n_samples = 0;
	series->pid = child->pid;
	return NULL;
}

static struct error *add_child(struct sampler *sampler, pid_t pid)
{
	int folder;
	struct error *error = usage_open(pid, &folder);
	if (error) {
		bool is_gone = error->kind == ERROR_NO_SUCH_PROCESS;
		if (is_gone)
			error_destroy(error);
		return is_gone ? NULL : error;
	}
	struct sampled_child *child = vec_add(&sampler->children);
	if (!child) {
		close(folder);
		return &error_no_memory;
	}
	*child = (struct sampled_child){.pid = pid, .folder = folder, .series = SIZE_MAX};
	return give_series(sampler, child);
}

static struct error *add_children_of(struct sampler *sampler, int folder)
{
	struct pids pids = {0};
	struct error *error = usage_children(folder, &pids);
	vec_foreach (&pids.all, pid) {
		if (!error && !is_known(sampler, *pid))
			error = add_child(sampler, *pid);
	}
	vec_deinit(&pids.all);
	return error;
}

/* Children once seen stay, also when their parent ends before them. */
static struct error *find_children(struct sampler *sampler)
{
	struct error *error = add_children_of(sampler, sampler->folder);
	for (size_t i = 0; !error && i < sampler->children.n; i++)
		error = add_children_of(sampler, sampler->children.data[i].folder);
	return error;
}

static void drop_ended(struct sampler *sampler)
{
	size_t n = 0;
	vec_foreach (&sampler->children, child) {
		if (child->has_ended)
			close(child->folder);
		else
			sampler->children.data[n++] = *child;
	}
	sampler->children.n = n;
}

/* ---- samples ---- */

static struct error *add_sample(struct sampler *sampler, size_t series, uint64_t n_bytes)
{
	uint64_t at_ns = monotonic_ns() + sampler->unix_ns;
	return timeline_add(&sampler->run.series.data[series].timeline, at_ns, n_bytes);
}

static struct error *take_children(struct sampler *sampler, uint64_t *total)
{
	struct error *error = find_children(sampler);
	vec_foreach (&sampler->children, child) {
		uint64_t n_bytes;
		enum usage_result result =
			usage_read(child->folder, sampler->options.figure, &n_bytes);
		child->has_ended = result == USAGE_ENDED;
		if (result == USAGE_REFUSED)
			sampler->run.n_unknown_samples++;
		if (error || result != USAGE_READ)
			continue;
		*total += n_bytes;
		if (child->series != SIZE_MAX)
			error = add_sample(sampler, child->series, n_bytes);
	}
	drop_ended(sampler);
	return error;
}

static struct error *take_all(struct sampler *sampler, uint64_t own_bytes)
{
	uint64_t total = own_bytes;
	struct error *error = add_sample(sampler, PROCESS, own_bytes);
	if (!error && sampler->options.figure == USAGE_RSS) {
		uint64_t peak = usage_read_peak(sampler->folder);
		if (peak != UINT64_MAX && peak > sampler->begin_peak_bytes)
			sampler->run.kernel_peak_bytes = peak;
	}
	if (error || !sampler->options.with_children)
		return error;
	error = take_children(sampler, &total);
	return error ? error : add_sample(sampler, TOTAL, total);
}

static struct error *refused(const struct sampler *sampler)
{
	return error_create(ERROR_PERMISSION, EACCES,
		"run whymem as root or as the user of the process, or leave --of out: RSS may be "
		"read by all",
		"may not read the %s of process %d", usage_names[sampler->options.figure],
		sampler->run.series.data[PROCESS].pid);
}

struct error *sampler_take(struct sampler *sampler)
{
	uint64_t n_due, n_bytes;
	if (read(sampler->timer, &n_due, sizeof(n_due)) != sizeof(n_due))
		return NULL;
	if (monotonic_ns() > sampler->until_ns) {
		stop(sampler);
		return NULL;
	}
	sampler->run.n_late += n_due - 1;
	switch (usage_read(sampler->folder, sampler->options.figure, &n_bytes)) {
	case USAGE_READ:
		return take_all(sampler, n_bytes);
	case USAGE_ENDED:
		stop(sampler);
		return NULL;
	case USAGE_REFUSED:
		break;
	}
	if (!sampler->run.series.data[PROCESS].timeline.n_samples)
		return refused(sampler);
	sampler->run.n_unknown_samples++;
	return NULL;
}
