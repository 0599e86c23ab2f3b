/*
 * The tables of tracemalloc, wherever they are found in the interpreter's
 * variables: their blocks belong to the tracer.
 */
#ifndef WHYMEM_HEAP_TRACER_H
#define WHYMEM_HEAP_TRACER_H

#include "heap/blocks.h"
#include "heap/statics.h"

void tracer_claim(
	const struct cpython *cpython, const struct statics *statics, struct blocks *blocks);

#endif
