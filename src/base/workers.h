/*
 * Work split over the processors by contiguous ranges.
 *
 * The ranges depend on `n` and the worker count only, and each worker writes
 * only what belongs to its range: so results never depend on timing.
 */
#ifndef WHYMEM_WORKERS_H
#define WHYMEM_WORKERS_H

#include "base/error.h"

#define WORKERS_MAX 64

/* Processors that this process may use, at least 1, at most WORKERS_MAX. */
unsigned workers_count(void);

/*
 * Calls fn(arg, worker, begin, end) for each of `n_workers` consecutive ranges
 * of [0, n), each in a thread of its own; the caller's thread takes the last.
 * Returns the error of the lowest worker that failed.
 */
typedef struct error *(*worker_fn)(void *arg, unsigned worker, uint64_t begin, uint64_t end);
struct error *workers_run(unsigned n_workers, uint64_t n, worker_fn fn, void *arg);

#endif
