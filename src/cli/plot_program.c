#include "cli/plot_program.h"

#include "cli/program.h"
#include "cli/run.h"
#include "cli/watched.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

static enum usage_figure figure_of(const struct request *request)
{
	int figure = USAGE_RSS;
	while (request->figure && strcmp(request->figure, usage_names[figure]) != 0)
		figure++;
	return (enum usage_figure)figure;
}

struct sampler_options plot_sampling(const struct request *request)
{
	return (struct sampler_options){.figure = figure_of(request),
		.interval_ns = request->interval_ns,
		.for_ns = request->for_ns,
		.with_children = request->children};
}

struct error *plot_check_samples(const struct run *run)
{
	if (run->series.n && run->series.data[0].timeline.n_samples)
		return NULL;
	return error_create(ERROR_NO_SUCH_PROCESS, ESRCH, "sample more often: --interval 1ms",
		"it ended before the first sample");
}

/* ---- the program while it runs ---- */

struct sampled {
	struct program program;
	struct sampler sampler;
	struct sampler_options options;
	struct error *error; /* the first of the sampler's */
	struct lines *lines; /* NULL: it runs without the agent */
	struct tracer tracer;
};

static struct error *watch(int set, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};
	if (!epoll_ctl(set, EPOLL_CTL_ADD, fd, &event))
		return NULL;
	return error_create(ERROR_INTERNAL, errno, NULL, "cannot wait for the next sample: %s",
		strerror(errno));
}

static struct error *sampled_prepare(void *context)
{
	struct sampled *sampled = context;
	struct error *error = sampled->lines ? lines_offer(sampled->lines) : NULL;
	return error || !sampled->lines ? error : tracer_prepare(&sampled->tracer);
}

static void sampled_on_start(void *context, pid_t pid)
{
	struct sampled *sampled = context;
	tracer_start(&sampled->tracer, pid);
	sampled->error = sampler_begin(&sampled->sampler, pid, &sampled->options);
	if (!sampled->error)
		sampled->error = watch(sampled->program.watched_fd, sampled->sampler.timer);
}

static void sampled_on_readable(void *context)
{
	struct sampled *sampled = context;
	if (sampled->lines)
		tracer_receive(&sampled->tracer);
	if (!sampled->error && sampled->sampler.timer >= 0)
		sampled->error = sampler_take(&sampled->sampler);
}

static void sampled_on_tick(void *context, pid_t pid)
{
	struct sampled *sampled = context;
	(void)pid;
	if (sampled->lines)
		tracer_tick(&sampled->tracer);
}

/* ---- calls ---- */

/* The curve at that time: the last sample before it. */
static uint64_t bytes_at(const struct run *run, uint64_t at_ns)
{
	uint64_t n_bytes = 0;
	vec_foreach (&run->series.data[0].timeline.buckets, bucket) {
		if (bucket->first_ns > at_ns)
			break;
		n_bytes = bucket->last_bytes;
	}
	return n_bytes;
}

static struct error *add_call(
	struct run *run, const struct lines *lines, const struct lines_call *call, uint64_t unix_ns)
{
	struct span *span = vec_add(&run->spans);
	if (!span)
		return &error_no_memory;
	span->function = lines_function_name(lines, call->function);
	span->begin_ns = call->span.begin_ns + unix_ns;
	span->end_ns = MAX(call->span.end_ns, call->span.begin_ns) + unix_ns;
	return span->function ? NULL : &error_no_memory;
}

/* What the process told is resident memory; other figures are those of the curve. */
static void measure_call(struct span *span, const struct run *run, const struct lines_call *call,
	enum usage_figure figure)
{
	bool is_told = figure == USAGE_RSS && call->span.begin_resident_bytes &&
		       call->span.end_resident_bytes;
	span->begin_bytes =
		is_told ? call->span.begin_resident_bytes : bytes_at(run, span->begin_ns);
	span->end_bytes = is_told ? call->span.end_resident_bytes : bytes_at(run, span->end_ns);
}

static struct error *add_calls(const struct sampled *sampled, uint64_t unix_ns, struct run *run)
{
	struct lines_calls calls = {0};
	struct error *error = lines_calls_read(sampled->lines, &calls);
	vec_foreach (&calls.calls, call) {
		if (!error)
			error = add_call(run, sampled->lines, call, unix_ns);
		if (!error)
			measure_call(&run->spans.data[run->spans.n - 1], run, call,
				sampled->options.figure);
	}
	run->n_hidden_spans += calls.n_dropped;
	lines_calls_deinit(&calls);
	run_limit(run);
	return error ? error : run_nest_spans(run);
}

/* ---- */

/* The words of the command, with spaces between. */
static char *join_words(char **words)
{
	char *text = NULL;
	size_t n;
	FILE *stream = open_memstream(&text, &n);
	if (!stream)
		return NULL;
	for (size_t i = 0; words[i]; i++)
		fprintf(stream, "%s%s", i ? " " : "", words[i]);
	fclose(stream);
	return text;
}

static struct error *begin_calls(struct sampled *sampled, struct plot_program *plot)
{
	const struct request *request = plot->request;
	const char *command;
	if (!request->spans && !request->functions && !request->modules)
		return NULL;
	struct error *error = lines_watch(request->functions, request->modules,
		sampled->program.arguments, &plot->lines, &command);
	if (!error)
		error = tracer_begin(request, &sampled->tracer);
	if (error)
		return error;
	sampled->lines = &plot->lines;
	sampled->program.tick_ns = LINES_TICK_NS;
	sampled->tracer.follows_children = false;
	return watch(sampled->program.watched_fd, sampled->tracer.inbox.fd);
}

static struct error *run_sampled(
	struct sampled *sampled, struct plot_program *plot, struct run *run, int *status_ret)
{
	struct error *error = program_run(&sampled->program, &plot->wait_status, status_ret);
	uint64_t unix_ns = sampled->sampler.unix_ns;
	*run = sampler_end(&sampled->sampler);
	run->command = join_words(sampled->program.arguments);
	if (error) {
		error_destroy(sampled->error);
		return error;
	}
	error = sampled->error ? sampled->error : plot_check_samples(run);
	if (error || !sampled->lines)
		return error;
	tracer_tick(&sampled->tracer);
	error = run_check(&sampled->tracer);
	return error ? error : add_calls(sampled, unix_ns, run);
}

struct error *plot_sample_program(struct plot_program *plot, struct run *run, int *status_ret)
{
	struct sampled sampled = {.options = plot_sampling(plot->request),
		.sampler = {.timer = -1, .folder = -1},
		.program = {.arguments = program_arguments(plot->request),
			.context = &sampled,
			.prepare = sampled_prepare,
			.on_start = sampled_on_start,
			.on_tick = sampled_on_tick,
			.tick_ns = PROGRAM_TICK_NS,
			.on_readable = sampled_on_readable,
			.watched_fd = epoll_create1(EPOLL_CLOEXEC)}};
	struct error *error = run && sampled.program.arguments && sampled.program.watched_fd >= 0
				      ? begin_calls(&sampled, plot)
				      : &error_no_memory;
	if (!error)
		error = run_sampled(&sampled, plot, run, status_ret);
	free(sampled.program.arguments);
	if (sampled.program.watched_fd >= 0)
		close(sampled.program.watched_fd);
	tracer_end(&sampled.tracer);
	return error;
}

void plot_program_deinit(struct plot_program *plot)
{
	lines_close(&plot->lines);
}
