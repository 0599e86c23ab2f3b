/*
 * Tables of tracers: those of tracemalloc, wherever they are found in the
 * interpreter's variables, and what the agent of `whymem run` mapped.
 */
#ifndef WHYMEM_HEAP_TRACER_H
#define WHYMEM_HEAP_TRACER_H

#include "heap/blocks.h"
#include "heap/statics.h"

void tracer_claim(
	const struct cpython *cpython, const struct statics *statics, struct blocks *blocks);

/*
 * What variables of the agent of `whymem run` point at and nobody claimed is the
 * agent's: its indexes, lists that each begin with a link to the next.
 */
void tracer_claim_agent(struct blocks *blocks, const struct mem *mem);

#endif
