/*
 * The walker of a type by the type's name.
 *
 * To add a type of a C module: a line in modules.h; of the interpreter: in
 * core.h. Walkers stand in the file of their family.
 */
#include "heap/types/core.h"
#include "heap/types/modules.h"

static const struct type_walker *find(const struct type_walker *walkers, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(walkers[i].name, name))
			return &walkers[i];
	return NULL;
}

const struct type_walker *type_walker_find(const char *name)
{
	const struct type_walker *found = find(core_walkers, n_core_walkers, name);
	return found ? found : find(module_walkers, n_module_walkers, name);
}
