#include "trace/history.h"

#include "base/clock.h"

#define PARTS_MIN 500   /* a place that is followed had at least this part of all */
#define BYTES_MIN 16384 /* and at least that */
#define TIMES_THE_COST 50

struct error *trace_history_create(
	uint64_t now_ns, uint64_t interval_ns, struct trace_history **ret)
{
	struct trace_history *history = calloc(1, sizeof(*history));
	struct history_place *places = calloc(HISTORY_PLACES, sizeof(*places));
	if (!history || !places) {
		free(history);
		free(places);
		return &error_no_memory;
	}
	history->places = places;
	history->began_ns = history->next_ns = now_ns;
	history->interval_ns = interval_ns;
	*ret = history;
	return NULL;
}

void trace_history_destroy(struct trace_history *history)
{
	if (!history)
		return;
	free(history->places);
	keymap_deinit(&history->codes);
	vec_deinit(&history->place_of);
	vec_deinit(&history->lives);
	vec_deinit(&history->first_node);
	vec_deinit(&history->followed);
	vec_deinit(&history->sums);
	free(history);
}

/* ---- places ---- */

/* Nodes without code are places of their own kind: threads, no Python frame, no place. */
static uint64_t key_of(const struct trace *trace, uint32_t node)
{
	const struct trace_node *nodes =
		(const struct trace_node *)(trace->memory + TRACE_NODES_AT);
	if (node < TRACE_NODE_FIRST)
		return (uint64_t)1 << 63 | node;
	const struct trace_node it = nodes[node];
	return (uint64_t)it.code << 32 | (it.code ? it.instruction : 0);
}

static bool add_node(struct trace_history *history, const struct trace *trace, uint32_t node)
{
	uint32_t place = keymap_add(&history->codes, key_of(trace, node));
	uint32_t *slot = place == KEYMAP_FULL ? NULL : vec_add(&history->place_of);
	struct history_life *life = vec_add(&history->lives);
	if (!slot || !life)
		return false;
	*slot = place;
	*life = (struct history_life){0};
	if (place < history->first_node.n)
		return true;
	uint32_t *first = vec_add(&history->first_node);
	uint32_t *followed = vec_add(&history->followed);
	uint64_t *sum = vec_add(&history->sums);
	if (!first || !followed || !sum)
		return false;
	*first = node;
	return true;
}

/* Nodes never change once they are there. */
static bool add_nodes(struct trace_history *history, const struct trace *trace)
{
	uint32_t n = MIN(trace_header(trace)->n_nodes, TRACE_NODES);
	bool ok = true;
	while (ok && history->place_of.n < n)
		ok = add_node(history, trace, (uint32_t)history->place_of.n);
	return ok;
}

/* Gives the place the room of the smallest one that is followed, when that was smaller. */
static struct history_place *replace_smallest(struct trace_history *history, uint64_t n_bytes)
{
	struct history_place *least = history->places;
	for (size_t i = 1; i < history->n_places; i++)
		if (history->places[i].most_bytes < least->most_bytes)
			least = &history->places[i];
	if (least->most_bytes >= n_bytes)
		return NULL;
	for (size_t i = 0; i < history->followed.n; i++)
		if (history->followed.data[i] == (uint32_t)(least - history->places) + 1)
			history->followed.data[i] = 0;
	memset(least, 0, sizeof(*least));
	return least;
}

static struct history_place *follow(struct trace_history *history, uint32_t place, uint64_t n_bytes)
{
	bool has_room = history->n_places < HISTORY_PLACES;
	struct history_place *followed = has_room ? &history->places[history->n_places++]
						  : replace_smallest(history, n_bytes);
	if (!followed)
		return NULL;
	followed->node = history->first_node.data[place];
	history->followed.data[place] = (uint32_t)(followed - history->places) + 1;
	return followed;
}

/* ---- samples ---- */

static uint64_t sum_up(struct trace_history *history, const struct trace *trace)
{
	const struct trace_counters *counters =
		(const struct trace_counters *)(trace->memory + TRACE_COUNTERS_AT);
	uint64_t whole = 0;
	memset(history->sums.data, 0, history->sums.n * sizeof(*history->sums.data));
	for (size_t node = TRACE_NODE_NATIVE; node < history->place_of.n; node++) {
		uint64_t n_bytes = trace_live_bytes(&counters[node]);
		history->sums.data[history->place_of.data[node]] += n_bytes;
		whole += n_bytes;
	}
	return whole;
}

static void forget_half(struct trace_history *history)
{
	size_t n = history->n_samples / 2;
	for (size_t i = 0; i < n; i++) {
		history->time_ns[i] = history->time_ns[2 * i + 1];
		history->live_bytes[i] = history->live_bytes[2 * i + 1];
	}
	for (size_t place = 0; place < history->n_places; place++) {
		uint64_t *levels = history->places[place].live_bytes;
		for (size_t i = 0; i < n; i++)
			levels[i] = levels[2 * i + 1];
	}
	history->n_samples = n;
	uint64_t gap = (history->time_ns[n - 1] - history->time_ns[0]) / (n - 1);
	history->interval_ns = MAX(history->interval_ns * 2, gap);
}

/* Between two looks the number of blocks goes straight from one to the other. */
static void add_lives(struct trace_history *history, const struct trace *trace, uint64_t time_us)
{
	const struct trace_counters *counters =
		(const struct trace_counters *)(trace->memory + TRACE_COUNTERS_AT);
	uint64_t elapsed_us = time_us - MIN(time_us, history->looked_us);
	if (history->is_over)
		return;
	history->is_over = trace_header(trace)->state == TRACE_STATE_ENDING;
	history->looked_us = time_us;
	history->n_looks++;
	for (size_t node = TRACE_NODE_NATIVE; node < history->lives.n; node++) {
		struct history_life *life = &history->lives.data[node];
		uint64_t live_count = trace_live_count(&counters[node]);
		life->alive_us += (life->live_count + live_count) * elapsed_us / 2;
		life->live_count = live_count;
	}
}

static void take_sample(struct trace_history *history, const struct trace *trace, uint64_t now_ns)
{
	if (history->n_samples == HISTORY_SAMPLES)
		forget_half(history);
	size_t sample = history->n_samples++;
	uint64_t whole = sum_up(history, trace), least = MAX(whole / PARTS_MIN, BYTES_MIN);
	history->time_ns[sample] = now_ns - MIN(history->began_ns, now_ns);
	history->live_bytes[sample] = whole;
	for (size_t i = 0; i < history->n_places; i++)
		history->places[i].live_bytes[sample] = 0;
	for (uint32_t place = 0; place < history->sums.n; place++) {
		uint64_t n_bytes = history->sums.data[place];
		uint32_t number = history->followed.data[place];
		struct history_place *followed = number ? &history->places[number - 1] : NULL;
		if (!followed && n_bytes >= least)
			followed = follow(history, place, n_bytes);
		if (!followed)
			continue;
		followed->live_bytes[sample] = n_bytes;
		followed->most_bytes = MAX(followed->most_bytes, n_bytes);
	}
}

void trace_history_sample(
	struct trace_history *history, const struct trace *trace, uint64_t now_ns, bool always)
{
	if (history->failed || (!always && now_ns < history->next_ns))
		return;
	uint64_t began_ns = monotonic_ns();
	if (!add_nodes(history, trace)) {
		history->failed = true;
		return;
	}
	take_sample(history, trace, now_ns);
	add_lives(history, trace, (now_ns - MIN(history->began_ns, now_ns)) / 1000);
	uint64_t cost_ns = (monotonic_ns() - began_ns) * TIMES_THE_COST;
	history->next_ns = now_ns + MAX(history->interval_ns, cost_ns);
}
