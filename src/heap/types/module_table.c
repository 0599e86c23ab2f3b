/*
 * The walkers of C modules' types, as one array.
 */
#include "heap/types/modules.h"

#define HOLDS_NOTHING(name) {name, NULL, NULL},
#define WALKER(name, walk) {name, walk, NULL},
#define WALKER_AND_SIZE(name, walk, size) {name, walk, size},
#define SIZE(name, size) {name, NULL, size},

const struct type_walker module_walkers[] = {
	MODULE_TYPES(HOLDS_NOTHING, WALKER, WALKER_AND_SIZE, SIZE)};

const size_t n_module_walkers = ARRAY_SIZE(module_walkers);
