#include "trace/growth.h"

#include "base/keymap.h"

#define STEADY_PARTS 8 /* of the window, of which each has more than the one before */
#define STEADY_SAMPLES_MIN 16
#define STEADY_BYTES_MIN (64 << 10)
#define LEVELS_MAX (1u << 26) /* more than any trace has: a file that says so is damaged */

static uint32_t trace_number(const struct snapshot *snapshot, const struct snap_trace *trace)
{
	return (uint32_t)(trace - snapshot->traces.data);
}

/* The first moment of trace `number`, and the one behind its last; equal when it has none. */
static void find_moments(
	const struct snapshot *snapshot, uint32_t number, uint32_t *begin_ret, uint32_t *end_ret)
{
	const struct snap_trace_moment *moments = snapshot->trace_moments.data;
	uint32_t begin = 0, n = (uint32_t)snapshot->trace_moments.n;
	while (begin < n && moments[begin].trace < number)
		begin++;
	uint32_t end = begin;
	while (end < n && moments[end].trace == number)
		end++;
	*begin_ret = begin;
	*end_ret = end;
}

static uint32_t last_before(
	const struct snapshot *snapshot, uint32_t begin, uint32_t end, uint64_t time_ns)
{
	uint32_t found = begin;
	for (uint32_t i = begin; i < end; i++)
		if (snapshot->trace_moments.data[i].time_ns <= time_ns)
			found = i;
	return found;
}

bool trace_window_find(const struct snapshot *snapshot, const struct snap_trace *trace,
	uint64_t begin_ns, uint64_t end_ns, struct trace_window *ret)
{
	uint32_t begin, end;
	find_moments(snapshot, trace_number(snapshot, trace), &begin, &end);
	if (begin == end)
		return false;
	uint32_t first = last_before(snapshot, begin, end, begin_ns);
	uint32_t last = last_before(snapshot, begin, end, end_ns);
	const struct snap_trace_moment *moments = snapshot->trace_moments.data;
	*ret = (struct trace_window){
		.first = first,
		.last = last,
		.begin_ns = moments[first].time_ns,
		.end_ns = moments[last].time_ns,
		.begin_bytes = moments[first].live_bytes,
		.end_bytes = moments[last].live_bytes,
	};
	return true;
}

uint64_t trace_peak_time(const struct snapshot *snapshot, const struct snap_trace *trace)
{
	uint32_t begin, end;
	find_moments(snapshot, trace_number(snapshot, trace), &begin, &end);
	const struct snap_trace_moment *moments = snapshot->trace_moments.data, *most = NULL;
	for (uint32_t i = begin; i < end; i++)
		if (!most || moments[i].live_bytes > most->live_bytes)
			most = &moments[i];
	return most ? most->time_ns : UINT64_MAX;
}

const struct snap_trace_level *trace_levels_at(
	const struct snapshot *snapshot, uint32_t moment, size_t *n_ret)
{
	const struct snap_trace_level *levels = snapshot->trace_levels.data;
	size_t low = partition_point(i, 0, snapshot->trace_levels.n, levels[i].moment < moment),
	       begin;
	begin = low;
	while (low < snapshot->trace_levels.n && levels[low].moment == moment)
		low++;
	*n_ret = low - begin;
	return levels + begin;
}

/* ---- changes ---- */

/* The levels of frames in a window, a row each: of the frame, by sample. */
struct curves {
	const struct trace_window *window;
	const struct snap_trace_moment *moments; /* of the window */
	size_t n_samples;
	struct keymap frames;
	VEC(uint64_t) levels;
};

/* The level of a frame in sample `i`, its row made when it is new. */
static struct error *set_level(
	struct curves *curves, const struct snap_trace_level *level, size_t i)
{
	size_t row = keymap_add(&curves->frames, level->frame);
	if (row == KEYMAP_FULL)
		return &error_no_memory;
	if ((row + 1) * curves->n_samples > LEVELS_MAX)
		return error_create(
			ERROR_CORRUPT_FILE, 0, NULL, "the trace has more samples than can be");
	while (curves->levels.n < (row + 1) * curves->n_samples) {
		uint64_t *added = vec_add(&curves->levels);
		if (!added)
			return &error_no_memory;
	}
	curves->levels.data[row * curves->n_samples + i] = level->live_bytes;
	return NULL;
}

static struct error *read_curves(const struct snapshot *snapshot, struct curves *curves)
{
	struct error *error = NULL;
	for (size_t i = 0; !error && i < curves->n_samples; i++) {
		size_t n;
		const struct snap_trace_level *levels =
			trace_levels_at(snapshot, curves->window->first + (uint32_t)i, &n);
		for (size_t j = 0; !error && j < n; j++)
			error = set_level(curves, &levels[j], i);
	}
	return error;
}

/* Bytes a second of the straight line with the least squares. */
static int64_t slope_of(const struct curves *curves, const uint64_t *levels)
{
	double mean_time = 0, mean_level = 0, products = 0, squares = 0;
	double n = (double)curves->n_samples;
	for (size_t i = 0; i < curves->n_samples; i++) {
		mean_time += (double)curves->moments[i].time_ns / n;
		mean_level += (double)levels[i] / n;
	}
	for (size_t i = 0; i < curves->n_samples; i++) {
		double time = (double)curves->moments[i].time_ns - mean_time;
		products += time * ((double)levels[i] - mean_level);
		squares += time * time;
	}
	return squares > 0 ? (int64_t)(products / squares * 1e9) : 0;
}

/* Did the least of each part of the window rise above that of the part before? */
static bool is_steady(const struct curves *curves, const uint64_t *levels)
{
	uint64_t before = 0, first = 0;
	size_t n = curves->n_samples;
	if (n < STEADY_SAMPLES_MIN)
		return false;
	for (size_t part = 0; part < STEADY_PARTS; part++) {
		size_t begin = n * part / STEADY_PARTS, end = n * (part + 1) / STEADY_PARTS;
		uint64_t least = UINT64_MAX;
		for (size_t i = begin; i < end; i++)
			least = MIN(least, levels[i]);
		if (part && least <= before)
			return false;
		first = part ? first : least;
		before = least;
	}
	return before - first >= STEADY_BYTES_MIN;
}

static int compare_changes(const void *a, const void *b)
{
	const struct trace_change *left = a, *right = b;
	int64_t left_bytes = (int64_t)(left->end_bytes - left->begin_bytes);
	int64_t right_bytes = (int64_t)(right->end_bytes - right->begin_bytes);
	if (left_bytes != right_bytes)
		return left_bytes > right_bytes ? -1 : 1;
	return (left->frame > right->frame) - (left->frame < right->frame);
}

static struct error *read_changes(const struct curves *curves, struct trace_changes *ret)
{
	for (size_t row = 0; row < curves->frames.keys.n; row++) {
		const uint64_t *levels = curves->levels.data + row * curves->n_samples;
		struct trace_change *change = vec_add(ret);
		if (!change)
			return &error_no_memory;
		*change = (struct trace_change){
			.frame = (uint32_t)curves->frames.keys.data[row],
			.begin_bytes = levels[0],
			.end_bytes = levels[curves->n_samples - 1],
			.bytes_per_second = slope_of(curves, levels),
			.is_steady = is_steady(curves, levels),
		};
	}
	if (ret->n)
		qsort(ret->data, ret->n, sizeof(*ret->data), compare_changes);
	return NULL;
}

struct error *trace_changes_read(const struct snapshot *snapshot, const struct trace_window *window,
	struct trace_changes *ret)
{
	struct curves curves = {
		.window = window,
		.moments = snapshot->trace_moments.data + window->first,
		.n_samples = window->last - window->first + 1,
	};
	struct trace_changes changes = {0};
	struct error *error = read_curves(snapshot, &curves);
	if (!error)
		error = read_changes(&curves, &changes);
	keymap_deinit(&curves.frames);
	vec_deinit(&curves.levels);
	if (error)
		vec_deinit(&changes);
	else
		*ret = changes;
	return error;
}
