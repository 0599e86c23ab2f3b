/*
 * The program of `whymem plot SCRIPT`: sampled from its beginning to its end;
 * if asked for, with the agent in it, which tells when functions ran.
 */
#ifndef WHYMEM_PLOT_PROGRAM_H
#define WHYMEM_PLOT_PROGRAM_H

#include "cli/command.h"
#include "cli/sampler.h"
#include "trace/lines.h"

struct plot_program {
	const struct request *request;
	int wait_status;
	struct lines lines; /* without memory: no calls were asked for */
};

struct sampler_options plot_sampling(const struct request *request);

/* NO_SUCH_PROCESS when there is no sample. */
struct error *plot_check_samples(const struct run *run);

/* `run` may be NULL: memory ran out. `status_ret` is as of program_run(). */
struct error *plot_sample_program(struct plot_program *plot, struct run *run, int *status_ret);
void plot_program_deinit(struct plot_program *plot);

#endif
