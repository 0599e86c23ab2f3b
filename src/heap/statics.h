/*
 * The data of programs: where ELF modules of a target keep variables (.data and
 * .bss, initialised or not), and the Python objects that lie in them.
 */
#ifndef WHYMEM_HEAP_STATICS_H
#define WHYMEM_HEAP_STATICS_H

#include "base/vec.h"
#include "cpython/cpython.h"

struct static_region {
	addr_t begin, end;     /* 8-aligned */
	const struct map *map; /* a mapping of the module; names it */
	bool is_interpreter;
	bool is_libc; /* the C library or its loader */
};

struct statics {
	VEC(struct static_region) regions; /* by address, disjoint */
};

struct error *statics_find(const struct cpython *cpython, struct statics *ret);
/* The data of that module (NULL: of none) holds nothing: it is a tracer's. */
void statics_leave_out(struct statics *statics, const struct map *module);
void statics_deinit(struct statics *statics);

/* The region that holds `address`, or NULL. */
const struct static_region *statics_region(const struct statics *statics, addr_t address);

#endif
