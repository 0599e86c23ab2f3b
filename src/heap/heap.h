/*
 * One walk over a captured interpreter: its memory becomes rows, edges and
 * facts of a snapshot.
 *
 *	blocks -> classify -> number -> walk every object (edges, claims, facts)
 *	       -> roots -> native memory -> account
 *
 * The last room that touches bytes of the target.
 */
#ifndef WHYMEM_HEAP_H
#define WHYMEM_HEAP_H

#include "cpython/cpython.h"
#include "snap/snapshot.h"

/*
 * Walks the heap of `capture`. The image is released while it is walked: only
 * the figures of `capture` are of use afterwards.
 */
struct error *heap_walk(struct capture *capture, struct snapshot **ret);

#endif
