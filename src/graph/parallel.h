/*
 * How many threads a loop is worth.
 */
#ifndef WHYMEM_GRAPH_PARALLEL_H
#define WHYMEM_GRAPH_PARALLEL_H

#include "base/workers.h"

/* Steps per thread below which another thread is not worth its start. */
#define STEPS_PER_WORKER (1u << 17)

static inline unsigned workers_for(uint64_t n_steps)
{
	return (unsigned)MIN(workers_count(), n_steps / STEPS_PER_WORKER + 1);
}

#endif
