#include "trace/recording.h"

static void series_deinit(struct series *series)
{
	timeline_deinit(&series->timeline);
}

static void run_deinit(struct run *run)
{
	vec_foreach (&run->series, series)
		series_deinit(series);
	vec_foreach (&run->spans, span)
		free(span->function);
	vec_deinit(&run->series);
	vec_deinit(&run->spans);
	free(run->command);
	free(run->file);
}

void recording_deinit(struct recording *recording)
{
	vec_foreach (&recording->runs, run)
		run_deinit(run);
	vec_deinit(&recording->runs);
}

struct series *run_add_series(struct run *run, enum series_kind kind, pid_t pid)
{
	struct series *series = vec_add(&run->series);
	if (series)
		*series = (struct series){.kind = kind,
			.pid = pid,
			.timeline.n_buckets_max =
				kind == SERIES_CHILD ? CHILD_BUCKETS : TIMELINE_BUCKETS};
	return series;
}

/* ---- limits ---- */

static uint64_t peak_bytes(const struct series *series)
{
	const struct bucket *peak = timeline_peak(&series->timeline);
	return peak ? peak->most_bytes : 0;
}

/* The process, the total, then children, the largest first. */
static int compare_series(const void *left, const void *right)
{
	const struct series *a = left, *b = right;
	uint64_t peak_a = peak_bytes(a), peak_b = peak_bytes(b);
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (peak_a != peak_b)
		return peak_a < peak_b ? 1 : -1;
	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

/* The longest first. */
static int compare_lengths(const void *left, const void *right)
{
	const struct span *a = left, *b = right;
	uint64_t length_a = a->end_ns - a->begin_ns, length_b = b->end_ns - b->begin_ns;
	if (length_a != length_b)
		return length_a < length_b ? 1 : -1;
	return a->begin_ns < b->begin_ns ? -1 : a->begin_ns > b->begin_ns;
}

void run_limit(struct run *run)
{
	if (run->series.n)
		qsort(run->series.data, run->series.n, sizeof(struct series), compare_series);
	size_t n_others = 0;
	while (n_others < run->series.n && run->series.data[n_others].kind != SERIES_CHILD)
		n_others++;
	while (run->series.n > n_others + CHILDREN_MAX) {
		series_deinit(&run->series.data[--run->series.n]);
		run->n_hidden_children++;
	}
	if (run->spans.n > SPANS_MAX)
		qsort(run->spans.data, run->spans.n, sizeof(struct span), compare_lengths);
	while (run->spans.n > SPANS_MAX) {
		free(run->spans.data[--run->spans.n].function);
		run->n_hidden_spans++;
	}
}

/* ---- levels ---- */

static int compare_spans(const void *left, const void *right)
{
	const struct span *a = left, *b = right;
	if (a->begin_ns != b->begin_ns)
		return a->begin_ns < b->begin_ns ? -1 : 1;
	return a->end_ns < b->end_ns   ? 1
	       : a->end_ns > b->end_ns ? -1
				       : strcmp(a->function, b->function);
}

/* The level of a span is the first at which nothing runs when it begins. */
struct error *run_nest_spans(struct run *run)
{
	if (!run->spans.n)
		return NULL;
	VEC(uint64_t) ends = {0}; /* by level: when the last one on it ends */
	struct error *error = NULL;
	qsort(run->spans.data, run->spans.n, sizeof(struct span), compare_spans);
	vec_foreach (&run->spans, span) {
		size_t level = 0;
		while (level < ends.n && ends.data[level] > span->begin_ns)
			level++;
		uint64_t *end = level < ends.n ? &ends.data[level] : vec_add(&ends);
		if (!end) {
			error = &error_no_memory;
			break;
		}
		*end = span->end_ns;
		span->level = (uint32_t)level;
	}
	vec_deinit(&ends);
	return error;
}
