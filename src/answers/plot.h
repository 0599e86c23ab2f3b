/*
 * Memory over time becomes a document: runs, their curves with every sample
 * that is left of them, and the calls of functions. Times in it are since 1970;
 * a run begins with its first sample or call.
 */
#ifndef WHYMEM_ANSWERS_PLOT_H
#define WHYMEM_ANSWERS_PLOT_H

#include "base/document.h"
#include "trace/recording.h"

struct plot_options {
	const char *figure; /* rss, pss, uss; NULL: a file does not tell */
	const char *title;  /* NULL: the command */
	bool has_window;
	uint64_t window_begin_ns, window_end_ns; /* since the beginning of a run */
	bool flame, slope, only_peak;            /* how it shall be shown */
};

/* USAGE when there is nothing in the window. */
struct error *answer_plot(
	const struct recording *recording, const struct plot_options *options, struct row *root);

/* Adds to `warnings` what the recording does not tell. */
void plot_warn(const struct recording *recording, struct table *warnings);

#endif
