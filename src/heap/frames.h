/*
 * What a frame holds, as edges of whatever stands for the frame: a frame
 * object, a generator, a synthetic node.
 */
#ifndef WHYMEM_HEAP_FRAMES_H
#define WHYMEM_HEAP_FRAMES_H

#include "heap/state.h"

/* Locals, cells and what is certain of the value stack. */
void frames_walk_slots(struct walk *walk, const struct frame *frame);

/* Slots of the value stack that may be in use: edges that believe_roots() has to check. */
void frames_walk_doubtful(struct walk *walk, const struct frame *frame);

/* frames_walk_slots() and the other references an interpreter frame (3.11+) owns. */
void frames_walk_owned(struct walk *walk, const struct frame *frame);

/*
 * Before the image is given back: what frames and generators read of code
 * objects is pinned, names of files are read.
 */
struct error *frames_prepare(struct heap *heap);

#endif
