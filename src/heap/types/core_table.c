/*
 * The walkers of the interpreter's own types, as one array.
 */
#include "heap/types/core.h"

#define HOLDS_NOTHING(name) {name, NULL, NULL},
#define WALKER(name, walk) {name, walk, NULL},
#define WALKER_AND_SIZE(name, walk, size) {name, walk, size},
#define SIZE(name, size) {name, NULL, size},

const struct type_walker core_walkers[] = {
	CORE_TYPES(HOLDS_NOTHING, WALKER, WALKER_AND_SIZE, SIZE)};

const size_t n_core_walkers = ARRAY_SIZE(core_walkers);
