/*
 * A plot document as curves over the time since each run began, with the axes
 * that fit them: what the terminal and the pictures draw.
 */
#ifndef WHYMEM_CHART_H
#define WHYMEM_CHART_H

#include "base/document.h"
#include "base/vec.h"
#include "view/number.h"

struct chart_point {
	double at; /* seconds since the run began */
	double n_bytes;
};

struct curve {
	const struct row *row;          /* of `series` */
	const struct row *run;          /* of `runs` */
	VEC(struct chart_point) points; /* by time */
};

/* Marks stand at the multiples of `step`. */
struct axis {
	double low, high, step;
	double unit; /* what the labels count: bytes or seconds */
	const char *unit_name;
};

struct chart {
	const struct table *runs, *spans;
	VEC(struct curve) curves;
	struct axis time, bytes;
};

/* With about so many marks. False when memory ran out. */
bool chart_read(
	const struct row *root, unsigned n_time_marks, unsigned n_bytes_marks, struct chart *ret);
void chart_deinit(struct chart *chart);

/* The first mark, and how many there are. */
double axis_first(const struct axis *axis);
unsigned axis_count(const struct axis *axis);

/* The value of a mark in units: "0", "2.5", "1 500". */
struct number axis_label(const struct axis *axis, double value);

/* Where a value stands: 0 at the low end, 1 at the high one. */
double axis_place(const struct axis *axis, double value);

/* "a.dat", "child 4242", "together": what a curve is. Freed by the caller; may be NULL. */
char *curve_name(const struct chart *chart, const struct curve *curve);

/* The time of a cell of `row`, in seconds since the run began. */
double run_seconds(const struct row *run, const struct row *row, const char *name);

/* The run that the row belongs to. */
const struct row *chart_run(const struct chart *chart, const struct row *row);

/* What the calls of a function have in common. */
struct function {
	const char *name; /* of the document */
	int64_t n_calls, delta_bytes, peak_bytes;
	double seconds;
};

struct functions {
	VEC(struct function) all; /* that with the highest peak first */
};

/* False when memory ran out. */
bool chart_functions(const struct chart *chart, struct functions *ret);

/* The number of levels on which calls stand. */
int64_t chart_levels(const struct chart *chart);

/* What a growing curve is, in a sentence; freed by the caller; may be NULL. */
char *slope_text(const struct row *series);

#endif
