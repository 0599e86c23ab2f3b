/*
 * The tables of offsets: which builds there are, and which serves a target.
 *
 * A stored table holds the complement of each number, so that what its file
 * does not name (zero) comes out as LAYOUT_ABSENT.
 */
#ifndef WHYMEM_LAYOUTS_H
#define WHYMEM_LAYOUTS_H

#include "base/base.h"
#include "cpython/layout.h"

#define AT(offset) (~(uint32_t)(offset))

/* Behind `n_mutexes` pthread_mutex_t: 40 bytes on x86-64, 48 on aarch64 (glibc). */
#if defined(__aarch64__)
#define BEHIND(n_mutexes, offset) AT((offset) + 8 * (n_mutexes))
#else
#define BEHIND(n_mutexes, offset) AT(offset)
#endif

/*
 * Fills `ret` with the table of 3.`minor`.`micro` (returns true), else with that
 * of the nearest micro version, else of the newest of the nearest minor version.
 */
bool layouts_find(unsigned minor, unsigned micro, bool debug_build, struct layout *ret);

#endif
