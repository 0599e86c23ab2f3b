/*
 * whymem plot: memory over time. A process is sampled until it ends, until
 * Ctrl-C or as long as asked for; a program (cli/plot_program.h) from its
 * beginning to its end; recordings of mprof are read.
 */
#include "answers/plot.h"
#include "answers/lines.h"
#include "base/clock.h"
#include "cli/output.h"
#include "cli/plot_program.h"
#include "cli/process.h"
#include "cli/program.h"
#include "cli/progress.h"
#include "trace/mprof.h"
#include "view/chart_picture.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a process ---- */

static volatile sig_atomic_t is_interrupted;

static void interrupt(int number)
{
	(void)number;
	is_interrupted = true;
}

static const int interrupts[] = {SIGINT, SIGTERM};

/* These end the sampling, not whymem: what there is will be shown. */
static void signals_begin(sigset_t *before_ret)
{
	sigset_t set;
	struct sigaction action = {.sa_handler = interrupt};
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(interrupts); i++)
		sigaddset(&set, interrupts[i]);
	sigprocmask(SIG_BLOCK, &set, before_ret);
	for (size_t i = 0; i < ARRAY_SIZE(interrupts); i++)
		sigaction(interrupts[i], &action, NULL);
}

static void signals_end(const sigset_t *before)
{
	for (size_t i = 0; i < ARRAY_SIZE(interrupts); i++)
		signal(interrupts[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, before, NULL);
}

struct watched {
	struct sampler sampler;
	int process; /* a pidfd, or -1 where the kernel has none */
	sigset_t signals;
};

/* Until the next sample is due; false when there shall be no more. */
static bool wait_for_sample(const struct watched *watched)
{
	sigset_t waiting = watched->signals;
	for (size_t i = 0; i < ARRAY_SIZE(interrupts); i++)
		sigdelset(&waiting, interrupts[i]);
	struct pollfd polled[] = {{.fd = watched->sampler.timer, .events = POLLIN},
		{.fd = watched->process, .events = POLLIN}};
	uint64_t now = monotonic_ns(), until = watched->sampler.until_ns;
	uint64_t left = until > now ? until - now : 0;
	struct timespec timeout = {(time_t)(left / 1000000000), (long)(left % 1000000000)};
	int n = ppoll(polled, ARRAY_SIZE(polled), &timeout, &waiting);
	if (n < 0)
		return errno == EINTR && !is_interrupted;
	return n && !polled[1].revents;
}

static struct error *watch(struct watched *watched)
{
	struct error *error = NULL;
	while (!error && !watched->sampler.has_ended && wait_for_sample(watched))
		error = sampler_take(&watched->sampler);
	return error;
}

/* The words of the command, with spaces between; NULL when they are not known. */
static char *command_of(pid_t pid)
{
	size_t n = 0;
	char *words = process_read(pid, "cmdline", &n);
	if (!words)
		return NULL;
	while (n && !words[n - 1])
		n--;
	for (size_t i = 0; i < n; i++)
		words[i] = words[i] ? words[i] : ' ';
	return words;
}

static struct error *sample_process(const struct request *request, struct recording *recording)
{
	pid_t pid;
	struct watched watched = {.process = -1};
	const struct sampler_options options = plot_sampling(request);
	struct error *error = parse_pid(request->operands[0], &pid);
	if (error)
		return error;
	struct run *run = vec_add(&recording->runs);
	if (!run)
		return &error_no_memory;
	watched.process = (int)syscall(SYS_pidfd_open, pid, 0);
	signals_begin(&watched.signals);
	progress_phase("sampling");
	error = sampler_begin(&watched.sampler, pid, &options);
	watched.sampler.run.command = command_of(pid);
	if (!error)
		error = watch(&watched);
	signals_end(&watched.signals);
	*run = sampler_end(&watched.sampler);
	if (watched.process >= 0)
		close(watched.process);
	return error ? error : plot_check_samples(run);
}

/* ---- recordings ---- */

static struct error *read_files(const struct request *request, struct recording *recording)
{
	struct error *error = NULL;
	for (unsigned i = 0; !error && i < request->n_operands; i++)
		error = mprof_read(request->operands[i], recording);
	return error;
}

/* ---- the document ---- */

enum source { SOURCE_PROCESS, SOURCE_PROGRAM, SOURCE_FILES };

struct plot {
	const struct request *request;
	enum source source;
	struct recording recording;
	struct plot_program program;
};

static void fill_capture(struct row *root, const struct plot *plot)
{
	bool is_complete = true;
	vec_foreach (&plot->recording.runs, run)
		is_complete = is_complete && !run->is_cut && !run->n_late;
	row_set_null(root, "target");
	struct row *capture = row_add_row(root, "capture");
	row_set_text(capture, "method", plot->source == SOURCE_FILES ? "file" : "sampled");
	row_set_bool(capture, "complete", is_complete);
	struct table *warnings = row_add_table(capture, "warnings");
	plot_warn(&plot->recording, warnings);
	if (plot->program.lines.memory)
		lines_warn(lines_header(&plot->program.lines), warnings);
}

static void fill_exit(struct row *root, const struct plot *plot)
{
	if (plot->source != SOURCE_PROGRAM) {
		row_set_null(root, "exit");
		return;
	}
	int status = plot->program.wait_status;
	struct row *row = row_add_row(root, "exit");
	row_set_u64(row, "status", WIFEXITED(status) ? (uint64_t)WEXITSTATUS(status) : UINT64_MAX);
	row_set_u64(row, "signal", WIFSIGNALED(status) ? (uint64_t)WTERMSIG(status) : UINT64_MAX);
}

typedef struct error *(*write_fn)(const struct row *root, struct sink *sink);

/* What the name of the file asks for; NULL: the screen, or JSON. */
static write_fn writer_of(const char *path)
{
	static const struct {
		const char *ending;
		write_fn write;
	} writers[] = {
		{".dat", plot_write_dat}, {".svg", plot_write_svg}, {".png", plot_write_png}};
	size_t n = path ? strlen(path) : 0;
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		if (n >= 4 && !strcmp(path + n - 4, writers[i].ending))
			return writers[i].write;
	}
	return NULL;
}

static struct error *write_file(const char *path, write_fn write, const struct document *document)
{
	static struct sink sink;
	struct error *error = output_open(&sink, path, document);
	if (error)
		return error;
	error = write(document->root, &sink);
	if (!error)
		return output_close(&sink);
	sink_abandon(&sink);
	return error;
}

/* A picture or a recording goes into its file; JSON may then still go to standard output. */
static struct error *output(const struct plot *plot, const struct document *document)
{
	const struct request *request = plot->request;
	bool is_program = plot->source == SOURCE_PROGRAM;
	write_fn write = writer_of(request->output);
	if (!write)
		return (is_program ? output_beside_program : output_document)(request, document);
	struct error *error = write_file(request->output, write, document);
	if (error || !request->json)
		return error;
	struct request to_stdout = *request;
	to_stdout.output = NULL;
	return output_document(&to_stdout, document);
}

static struct error *show(const struct plot *plot)
{
	const struct request *request = plot->request;
	const struct plot_options options = {
		.figure = plot->source == SOURCE_FILES ? NULL
						       : usage_names[plot_sampling(request).figure],
		.title = request->title,
		.has_window = request->has_window,
		.window_begin_ns = request->window_begin_ns,
		.window_end_ns = request->window_end_ns,
		.flame = request->flame,
		.slope = request->slope,
		.only_peak = request->peak,
	};
	struct document document;
	struct error *error = document_begin(&document, request->command);
	if (!error) {
		fill_capture(document.root, plot);
		fill_exit(document.root, plot);
		error = answer_plot(&plot->recording, &options, document.root);
	}
	if (!error)
		error = output(plot, &document);
	document_deinit(&document);
	return error;
}

/* ---- */

static struct error *plot_program(struct plot *plot, int *status_ret)
{
	const struct request *request = plot->request;
	plot->source = SOURCE_PROGRAM;
	struct error *error = program_check(request, status_ret);
	if (error)
		return error;
	error = plot_sample_program(&plot->program, vec_add(&plot->recording.runs), status_ret);
	if (!error)
		error = show(plot);
	if (!error)
		*status_ret = program_status(plot->program.wait_status);
	return error;
}

/* What cannot be had of what is there already. */
static struct error *check_request(const struct request *request, enum source source)
{
	bool asks_calls = request->spans || request->functions || request->modules;
	bool asks_samples = request->children || request->for_ns || request->figure;
	if (source == SOURCE_PROCESS && request->n_operands > 1)
		return error_create(ERROR_USAGE, 0,
			"whymem plot PID --children, or one whymem plot -o FILE.dat each",
			"one process at a time: '%s' is too many", request->operands[1]);
	if (asks_calls)
		return error_create(ERROR_USAGE, 0, "whymem plot --calls SCRIPT",
			"only of a program that whymem starts it is known when functions ran");
	if (asks_samples && source == SOURCE_FILES)
		return error_create(ERROR_USAGE, 0, "leave --children, --for and --of out",
			"a recording holds what was sampled, nothing else");
	return NULL;
}

static struct error *plot_what_is_there(struct plot *plot)
{
	const struct request *request = plot->request;
	if (!request->n_operands)
		return error_create(ERROR_USAGE, 0,
			"whymem plot PID, whymem plot SCRIPT as in python SCRIPT, or whymem plot "
			"FILE.dat",
			"say what to plot");
	bool is_process = is_digits(request->operands[0]);
	plot->source = is_process ? SOURCE_PROCESS : SOURCE_FILES;
	struct error *error = check_request(request, plot->source);
	if (!error)
		error = is_process ? sample_process(request, &plot->recording)
				   : read_files(request, &plot->recording);
	return error ? error : show(plot);
}

struct error *run_plot(const struct request *request, int *status_ret)
{
	struct plot plot = {
		.request = request, .program = {.request = request, .lines = {.fd = -1}}};
	*status_ret = EXIT_DONE;
	struct error *error =
		request->program ? plot_program(&plot, status_ret) : plot_what_is_there(&plot);
	recording_deinit(&plot.recording);
	plot_program_deinit(&plot.program);
	return error;
}
