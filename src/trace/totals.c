#include "trace/trace.h"

static const char *const key_names[TRACE_KEYS] = {
	"peak", "live", "allocated", "count", "temporary"};

const char *trace_key_name(enum trace_key key)
{
	return key_names[key];
}

bool trace_key_find(const char *name, enum trace_key *ret)
{
	for (unsigned i = 0; i < TRACE_KEYS; i++) {
		if (strcmp(key_names[i], name) != 0)
			continue;
		*ret = (enum trace_key)i;
		return true;
	}
	return false;
}

struct trace_totals trace_totals_of(const struct snap_trace_node *node)
{
	return (struct trace_totals){
		.allocated_bytes = node->allocated_bytes,
		.allocation_count = node->allocation_count,
		.live_bytes = node->live_bytes,
		.live_count = node->live_count,
		.peak_bytes = node->peak_bytes,
		.temporary_count = node->temporary_count,
		.timed_count = node->timed_count,
		.alive_us = node->alive_us,
	};
}

void trace_totals_add(struct trace_totals *to, const struct trace_totals *from)
{
	to->allocated_bytes += from->allocated_bytes;
	to->allocation_count += from->allocation_count;
	to->live_bytes += from->live_bytes;
	to->live_count += from->live_count;
	to->peak_bytes += from->peak_bytes;
	to->temporary_count += from->temporary_count;
	to->timed_count += from->timed_count;
	to->alive_us += from->alive_us;
}

void trace_totals_subtract(struct trace_totals *from, const struct trace_totals *what)
{
	from->allocated_bytes -= what->allocated_bytes;
	from->allocation_count -= what->allocation_count;
	from->live_bytes -= what->live_bytes;
	from->live_count -= what->live_count;
	from->peak_bytes -= what->peak_bytes;
	from->temporary_count -= what->temporary_count;
	from->timed_count -= what->timed_count;
	from->alive_us -= what->alive_us;
}

uint64_t trace_totals_lifetime(const struct trace_totals *totals)
{
	bool is_known = totals->timed_count && totals->timed_count == totals->allocation_count &&
			totals->alive_us;
	return is_known ? (uint64_t)((double)totals->alive_us * 1000 / (double)totals->timed_count)
			: UINT64_MAX;
}

uint64_t trace_totals_get(const struct trace_totals *totals, enum trace_key key)
{
	switch (key) {
	case TRACE_KEY_PEAK:
		return totals->peak_bytes;
	case TRACE_KEY_LIVE:
		return totals->live_bytes;
	case TRACE_KEY_ALLOCATED:
		return totals->allocated_bytes;
	case TRACE_KEY_COUNT:
		return totals->allocation_count;
	case TRACE_KEY_TEMPORARY:
		return totals->temporary_count;
	case TRACE_KEYS:
		break;
	}
	return 0;
}

bool trace_totals_is_empty(const struct trace_totals *totals)
{
	return !totals->allocation_count && !totals->live_count && !totals->live_bytes &&
	       !totals->peak_bytes;
}

int trace_totals_compare(
	const struct trace_totals *left, const struct trace_totals *right, enum trace_key key)
{
	const enum trace_key keys[] = {key, TRACE_KEY_PEAK, TRACE_KEY_ALLOCATED};
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		uint64_t a = trace_totals_get(left, keys[i]), b = trace_totals_get(right, keys[i]);
		if (a != b)
			return a > b ? -1 : 1;
	}
	return 0;
}
