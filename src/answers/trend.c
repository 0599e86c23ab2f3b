/*
 * The verdict of growth: what grew steadily, by more than noise, and still does;
 * how fast, and how long until the limit of its control group.
 */
#include "answers/growth.h"

#include <inttypes.h>
#include <stdlib.h>

/*
 * Less is noise: of a process of any size, and a share of all its memory. What a
 * holder retains is exact; in three captures only its own size is the measure.
 */
#define NOISE_MIN (256u << 10)
#define NOISE_MIN_PART (1u << 20) /* of a part of the account: pages come and go */
#define NOISE_SHARE 200
#define NOISE_SHARE_HOLDER 1000

/* The second half has at least this share of the rate over all: else the growth is over. */
#define STEADY_SHARE 4

/* A step back by more than this share of all growth is no dip. */
#define DIP_SHARE 20

/* Another cause is the main one when it grew this many times as much as any holder. */
#define CAUSE_FACTOR 2

#define HOUR_NS (3600.0 * 1e9)

static const struct {
	const char *parts[2];
	const char *kind, *text;
} causes[CAUSE_COUNT] = {
	[CAUSE_LIVE] = {{"objects.live", "native.owned"}, "growing_leak",
		"live objects of many holders"},
	[CAUSE_GARBAGE] = {{"objects.garbage", NULL}, "garbage",
		"garbage (unreachable cycles that are not collected)"},
	[CAUSE_FREE] = {{"free", "overhead"}, "allocator", "free memory that the allocators keep"},
	[CAUSE_NATIVE] = {{"native.unowned", "native.foreign"}, "growing_leak",
		"native memory that no Python object owns"},
	[CAUSE_SHARED] = {{"shared", NULL}, "shared", "shared memory"},
	[CAUSE_FILES] = {{"files", NULL}, "file_cache",
		"mapped files (the kernel can take their clean pages back)"},
	[CAUSE_TRACER] = {{"tracer", NULL}, "tracer", "the tables of an allocation tracer"},
};

/* ---- readings ---- */

static int compare_holders(const void *a, const void *b)
{
	const struct reading_holder *left = a, *right = b;
	return left->key < right->key ? -1 : left->key > right->key;
}

struct error *readings_add(struct readings *readings, const struct moment *moment)
{
	struct reading reading = {
		.unix_ns = moment->captured_unix_ns,
		.total_bytes = moment->total_bytes,
		.holders = calloc(moment->holders.n + 1, sizeof(*reading.holders)),
	};
	struct reading *slot = reading.holders ? vec_add(readings) : NULL;
	if (!slot) {
		free(reading.holders);
		return &error_no_memory;
	}
	for (unsigned i = 0; i < CAUSE_COUNT; i++)
		for (unsigned j = 0; j < 2 && causes[i].parts[j]; j++)
			reading.cause_bytes[i] += account_get(&moment->account, causes[i].parts[j]);
	vec_foreach (&moment->holders, row) {
		struct standing standing = moment_standing(moment, row, false);
		reading.holders[reading.n_holders++] = (struct reading_holder){
			row->key, standing.n ? standing.n_bytes : row->n_bytes};
	}
	qsort(reading.holders, reading.n_holders, sizeof(*reading.holders), compare_holders);
	*slot = reading;
	return NULL;
}

void readings_deinit(struct readings *readings)
{
	vec_foreach (readings, reading)
		free(reading->holders);
	vec_deinit(readings);
}

/* ---- series ---- */

struct point {
	uint64_t unix_ns, n_bytes;
};

struct series {
	struct point *data;
	size_t n, capacity;
};

static bool add_point(struct series *series, uint64_t unix_ns, uint64_t n_bytes)
{
	struct point *point = vec_add(series);
	if (point)
		*point = (struct point){unix_ns, n_bytes};
	return point;
}

static double rate_between(const struct point *from, const struct point *to)
{
	return (double)(int64_t)(to->n_bytes - from->n_bytes) /
	       (double)(to->unix_ns - from->unix_ns);
}

/* Does it grow without going back, and lately about as fast as before? */
static bool is_steady(const struct series *series)
{
	const struct point *points = series->data;
	if (series->n < 2)
		return false;
	const struct point *first = points, *last = &points[series->n - 1];
	if (last->n_bytes <= first->n_bytes)
		return false;
	uint64_t dip = (last->n_bytes - first->n_bytes) / DIP_SHARE;
	for (size_t i = 1; i < series->n; i++)
		if (points[i].n_bytes + dip < points[i - 1].n_bytes ||
			points[i].unix_ns <= points[i - 1].unix_ns)
			return false;
	const struct point *middle = &points[(series->n - 1) / 2];
	return rate_between(middle, last) * STEADY_SHARE >= rate_between(first, last);
}

/* The ends are known exactly; a capture between them may not have the row. */
static bool is_steady_holder(
	const struct readings *readings, const struct change *change, bool *no_memory_ret)
{
	struct series series = {0};
	bool ok = true;
	for (size_t i = 0; ok && i < readings->n; i++) {
		const struct reading *reading = &readings->data[i];
		struct reading_holder key = {.key = change->row->key};
		const struct reading_holder *found = bsearch(
			&key, reading->holders, reading->n_holders, sizeof(key), compare_holders);
		if (i == 0)
			ok = add_point(&series, reading->unix_ns, change->before_bytes);
		else if (i + 1 == readings->n)
			ok = add_point(&series, reading->unix_ns, change->after_bytes);
		else if (found)
			ok = add_point(&series, reading->unix_ns, found->n_bytes);
	}
	bool is = ok && is_steady(&series);
	*no_memory_ret |= !ok;
	vec_deinit(&series);
	return is;
}

static bool is_steady_cause(const struct readings *readings, enum cause cause, bool *no_memory_ret)
{
	struct series series = {0};
	bool ok = true;
	for (size_t i = 0; ok && i < readings->n; i++)
		ok = add_point(
			&series, readings->data[i].unix_ns, readings->data[i].cause_bytes[cause]);
	bool is = ok && is_steady(&series);
	*no_memory_ret |= !ok;
	vec_deinit(&series);
	return is;
}

/* ---- words ---- */

static void add_size(struct text *text, int64_t n_bytes)
{
	double size = (double)n_bytes;
	double magnitude = size < 0 ? -size : size;
	if (magnitude < 100 << 10)
		text_format(text, "%.1f KiB", size / 1024);
	else if (magnitude < 10ll << 30)
		text_format(
			text, magnitude < 100 << 20 ? "%.1f MiB" : "%.0f MiB", size / (1 << 20));
	else
		text_format(text, "%.0f GiB", size / (1 << 30));
}

static void add_duration(struct text *text, double seconds)
{
	if (seconds < 1)
		text_format(text, "%.1f s", seconds);
	else if (seconds < 120)
		text_format(text, "%.0f s", seconds);
	else if (seconds < 2 * 3600)
		text_format(text, "%.0f min", seconds / 60);
	else if (seconds < 48 * 3600)
		text_format(text, "%.0f h", seconds / 3600);
	else
		text_format(text, "%.0f days", seconds / 86400);
}

/* ---- judging ---- */

struct growth {
	struct trend *trend;
	const struct readings *readings;
	const struct changes *holders;
	const struct moment *first, *last;
	double span_ns; /* from the first to the last capture; 0: they do not follow each other */
	uint64_t noise;
	bool failed;
};

static int64_t total_growth(const struct growth *growth)
{
	return (int64_t)(growth->last->total_bytes - growth->first->total_bytes);
}

static int64_t cause_growth(const struct growth *growth, enum cause cause)
{
	const struct readings *readings = growth->readings;
	return (int64_t)(readings->data[readings->n - 1].cause_bytes[cause] -
			 readings->data[0].cause_bytes[cause]);
}

static enum cause largest_cause(const struct growth *growth)
{
	enum cause largest = CAUSE_LIVE;
	for (enum cause i = 0; i < CAUSE_COUNT; i++)
		if (cause_growth(growth, i) > cause_growth(growth, largest))
			largest = i;
	return largest;
}

static int64_t noise_of(const struct growth *growth, const struct change *change)
{
	uint64_t whole = growth->readings->n > 2 ? change->before_bytes / NOISE_SHARE
						 : growth->first->total_bytes / NOISE_SHARE_HOLDER;
	return (int64_t)MAX(whole, NOISE_MIN);
}

/* Does `change` say more about a leak than `other`? One with a bound ends by itself. */
static bool is_worse(const struct change *change, const struct change *other)
{
	if (!other || change->row->is_bounded != other->row->is_bounded)
		return !other || !change->row->is_bounded;
	return change_bytes(change) > change_bytes(other);
}

/* The worst holder of those that grow steadily, or NULL. */
static const struct change *growing_holder(struct growth *growth)
{
	const struct change *worst = NULL;
	vec_foreach (growth->holders, change)
		if (change_bytes(change) >= noise_of(growth, change) && is_worse(change, worst) &&
			is_steady_holder(growth->readings, change, &growth->failed))
			worst = change;
	return worst;
}

static void set_rate(struct growth *growth, int64_t n_bytes)
{
	struct trend *trend = growth->trend;
	const struct moment *last = growth->last;
	trend->has_rate = true;
	trend->rate_bytes_per_hour = (int64_t)((double)n_bytes / growth->span_ns * HOUR_NS);
	text_format(&trend->text, " in ");
	add_duration(&trend->text, growth->span_ns / 1e9);
	text_add_string(&trend->text, " (");
	add_size(&trend->text, trend->rate_bytes_per_hour);
	text_add_string(&trend->text, "/h)");
	int64_t of_all = total_growth(growth) > 0 ? total_growth(growth) : n_bytes;
	uint64_t used = last->used_bytes != UINT64_MAX ? last->used_bytes : last->total_bytes;
	if (last->limit_bytes == UINT64_MAX || of_all <= 0)
		return;
	uint64_t left = last->limit_bytes > used ? last->limit_bytes - used : 0;
	double seconds = (double)left / ((double)of_all / growth->span_ns) / 1e9;
	trend->limit_seconds_left = seconds < 1e18 ? (uint64_t)seconds : UINT64_MAX;
}

static void add_limit(const struct growth *growth)
{
	struct trend *trend = growth->trend;
	if (trend->limit_seconds_left == UINT64_MAX)
		return;
	text_add_string(&trend->text, "; its limit of ");
	add_size(&trend->text, (int64_t)growth->last->limit_bytes);
	text_add_string(&trend->text, " is reached in ");
	add_duration(&trend->text, (double)trend->limit_seconds_left);
}

static void tell_holder(struct growth *growth, const struct change *change)
{
	struct trend *trend = growth->trend;
	const struct moment_row *row = change->row;
	trend->kind = row->is_bounded ? "bounded_cache" : "growing_leak";
	trend->part = "objects.live";
	trend->path = change->path;
	trend->n_bytes = (uint64_t)change_bytes(change);
	text_format(&trend->text, "%s grows: ", change->path);
	add_size(&trend->text, change_bytes(change));
	set_rate(growth, change_bytes(change));
	if (change->before_count != UINT64_MAX && change->after_count != UINT64_MAX &&
		change->before_count != change->after_count)
		text_format(&trend->text, ", %s %" PRIu64 " to %" PRIu64,
			row->is_group ? "objects" : "entries", change->before_count,
			change->after_count);
	if (row->is_bounded)
		text_format(&trend->text, "; it is bounded: %" PRIu64 " at most", row->bound);
	else
		add_limit(growth);
}

static void tell_cause(struct growth *growth, enum cause cause)
{
	struct trend *trend = growth->trend;
	trend->kind = causes[cause].kind;
	trend->part = causes[cause].parts[0];
	trend->n_bytes = (uint64_t)cause_growth(growth, cause);
	text_format(&trend->text, "%s: ", causes[cause].text);
	add_size(&trend->text, cause_growth(growth, cause));
	text_add_string(&trend->text, " more");
	set_rate(growth, cause_growth(growth, cause));
	if (cause == CAUSE_LIVE && growth->holders->n &&
		change_bytes(&growth->holders->data[0]) > 0)
		text_format(&trend->text, "; the largest is %s", growth->holders->data[0].path);
	add_limit(growth);
}

/* Nothing that is proved to grow: what the last capture alone says. */
static void tell_last(struct growth *growth)
{
	struct trend *trend = growth->trend;
	const struct moment *last = growth->last;
	trend->kind = last->verdict_kind;
	trend->part = last->verdict_part;
	trend->path = last->verdict_path;
	trend->n_bytes = last->verdict_bytes;
	text_format(&trend->text, "; %s", last->verdict_text);
}

static void add_difference(struct text *text, int64_t n_bytes)
{
	add_size(text, llabs(n_bytes));
	text_add_string(text, n_bytes < 0 ? " less" : " more");
}

/* Two processes: what differs, which proves no growth. */
static void tell_difference(struct growth *growth)
{
	struct trend *trend = growth->trend;
	const struct moment *last = growth->last;
	const struct change *top = growth->holders->n ? &growth->holders->data[0] : NULL;
	trend->kind = last->verdict_kind;
	trend->part = last->verdict_part;
	trend->path = top ? top->path : NULL;
	trend->n_bytes = top ? top->after_bytes : last->verdict_bytes;
	text_add_string(&trend->text, "in the second process ");
	if (top && change_bytes(top)) {
		text_format(&trend->text, "%s holds ", top->path);
		add_difference(&trend->text, change_bytes(top));
		text_add_string(&trend->text, ", and ");
	}
	text_add_string(&trend->text, "all memory is ");
	add_difference(&trend->text, total_growth(growth));
	text_add_string(&trend->text, " (two processes cannot prove growth)");
}

static void tell_steady(struct growth *growth)
{
	struct trend *trend = growth->trend;
	const struct change *top = growth->holders->n ? &growth->holders->data[0] : NULL;
	if (growth->span_ns > 0 && top && change_bytes(top) >= noise_of(growth, top)) {
		text_format(&trend->text, "%s grew by ", top->path);
		add_size(&trend->text, change_bytes(top));
		text_add_string(&trend->text, ", but not steadily");
	} else if (growth->span_ns <= 0) {
		text_add_string(&trend->text,
			"the second capture is not the later one: memory differs by ");
		add_size(&trend->text, total_growth(growth));
	} else {
		text_add_string(&trend->text, "nothing grows: memory changed by ");
		add_size(&trend->text, total_growth(growth));
	}
	if (growth->span_ns > 0) {
		text_add_string(&trend->text, " in ");
		add_duration(&trend->text, growth->span_ns / 1e9);
	}
	tell_last(growth);
}

static void judge(struct growth *growth)
{
	if (!moment_is_same_process(growth->first, growth->last)) {
		tell_difference(growth);
		return;
	}
	if (growth->span_ns <= 0) {
		tell_steady(growth);
		return;
	}
	const struct change *holder = growing_holder(growth);
	enum cause cause = largest_cause(growth);
	int64_t n_bytes = cause_growth(growth, cause);
	bool is_cause = n_bytes >= (int64_t)growth->noise &&
			is_steady_cause(growth->readings, cause, &growth->failed);
	if (is_cause && cause != CAUSE_LIVE && holder &&
		n_bytes < CAUSE_FACTOR * change_bytes(holder))
		is_cause = false;
	if (holder && (!is_cause || cause == CAUSE_LIVE))
		tell_holder(growth, holder);
	else if (is_cause)
		tell_cause(growth, cause);
	else
		tell_steady(growth);
}

struct error *trend_init(struct trend *trend, const struct readings *readings,
	const struct changes *holders, const struct moment *first, const struct moment *last)
{
	*trend = (struct trend){.limit_seconds_left = UINT64_MAX};
	struct growth growth = {
		.trend = trend,
		.readings = readings,
		.holders = holders,
		.first = first,
		.last = last,
		.noise = MAX(first->total_bytes / NOISE_SHARE, NOISE_MIN_PART),
	};
	if (last->captured_unix_ns > first->captured_unix_ns)
		growth.span_ns = (double)(last->captured_unix_ns - first->captured_unix_ns);
	judge(&growth);
	return growth.failed ? &error_no_memory : text_finish(&trend->text);
}

void trend_deinit(struct trend *trend)
{
	text_deinit(&trend->text);
}
