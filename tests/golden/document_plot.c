#include "answers/plot.h"
#include "documents.h"

#include <stdlib.h>

#define BEGUN_NS UINT64_C(1769973600000000000)
#define TENTH_NS UINT64_C(100000000)
#define MIB (UINT64_C(1) << 20)

static void must(bool is_done)
{
	if (!is_done)
		abort();
}

static void add_samples(struct series *series, uint64_t least_mib, uint64_t step)
{
	for (uint64_t i = 0; i < 100; i++) {
		uint64_t size = (least_mib + i * step % 97) * MIB;
		must(!timeline_add(&series->timeline, BEGUN_NS + i * TENTH_NS, size));
	}
}

static void add_call(struct run *run, const char *function, uint64_t begin, uint64_t end)
{
	struct span *span = vec_add(&run->spans);
	*span = (struct span){.function = strdup(function),
		.begin_ns = BEGUN_NS + begin * TENTH_NS,
		.end_ns = BEGUN_NS + end * TENTH_NS,
		.begin_bytes = 30 * MIB,
		.end_bytes = (30 + end - begin) * MIB};
}

static void fill_plot(struct row *root, const struct plot_options *options, bool with_children)
{
	struct recording recording = {0};
	struct run *run = vec_add(&recording.runs);
	*run = (struct run){.command = strdup("python3 job.py --fast"),
		.interval_ns = TENTH_NS,
		.n_late = 3,
		.kernel_peak_bytes = 142 * MIB};
	add_samples(run_add_series(run, SERIES_PROCESS, 4242), 30, 1);
	if (with_children) {
		add_samples(run_add_series(run, SERIES_TOTAL, 0), 50, 2);
		add_samples(run_add_series(run, SERIES_CHILD, 4243), 20, 1);
	}
	add_call(run, "main", 2, 97);
	add_call(run, "load", 5, 30);
	add_call(run, "load", 45, 60);
	must(!run_nest_spans(run));
	row_set_int(root, "schema", 1);
	row_set_text(root, "command", "plot");
	row_set_null(root, "target");
	struct row *capture = row_add_row(root, "capture");
	row_set_text(capture, "method", "sampled");
	row_set_bool(capture, "complete", false);
	plot_warn(&recording, row_add_table(capture, "warnings"));
	row_set_null(root, "exit");
	must(!answer_plot(&recording, options, root));
	recording_deinit(&recording);
}

void fill_plot_curve(struct row *root)
{
	fill_plot(root, &(struct plot_options){.figure = "rss", .slope = true}, false);
}

void fill_plot_children(struct row *root)
{
	const struct plot_options options = {.figure = "pss",
		.title = "Jobs of the night",
		.has_window = true,
		.window_begin_ns = 1000000000,
		.window_end_ns = 8000000000,
		.flame = true};
	fill_plot(root, &options, true);
}
