/*
 * Allocators that are recognised but not walked: by the libraries that are
 * mapped, or by what Python's own allocators were set to.
 */
#include "heap/regions.h"

/*
 * Libraries that bring a malloc of their own. To add one: its name, up to where
 * versions of it differ.
 */
static const struct {
	const char *library, *name;
} libraries[] = {
	{"libjemalloc.so", "jemalloc"}, {"libtcmalloc.so", "tcmalloc"},
	{"libtcmalloc_minimal.so", "tcmalloc"}, {"libtcmalloc_and_profiler.so", "tcmalloc"},
	{"libtcmalloc_minimal_debug.so", "tcmalloc"}, {"libtcmalloc_debug.so", "tcmalloc"},
	{"libmimalloc.so", "mimalloc"}, {"libmimalloc-secure.so", "mimalloc"},
	{"libmimalloc-debug.so", "mimalloc"}, {"libsnmallocshim", "snmalloc"},
	{"librpmalloc", "rpmalloc"}, {"libhoard.so", "hoard"}, {"libtbbmalloc.so", "tbbmalloc"},
	{"ld-musl-", "musl"},
	{"libarrow.so", "arrow"}, /* holds jemalloc or mimalloc for its buffers */
};

static const char *find_library(const struct capture *capture)
{
	vec_foreach (&capture->maps, map) {
		const char *slash = strrchr(map->path, '/');
		for (size_t i = 0; slash && i < ARRAY_SIZE(libraries); i++)
			if (!strncmp(slash + 1, libraries[i].library, strlen(libraries[i].library)))
				return libraries[i].name;
	}
	return NULL;
}

/*
 * PYTHONMALLOC=mimalloc: the functions of the three domains differ from each
 * other and none has a context (pymalloc: mem and obj are equal; malloc: all
 * are; hooks: contexts). Objects/obmalloc.c, 3.13 on; PyMemAllocatorEx is {ctx,
 * malloc, calloc, realloc, free}.
 */
static bool python_uses_mimalloc(const struct cpython *cpython)
{
	const struct layout *layout = cpython->layout;
	if (layout->PyRuntimeState.allocators_standard == LAYOUT_ABSENT ||
		layout->PyInterpreterState.obmalloc == LAYOUT_ABSENT)
		return false;
	addr_t domains = cpython->runtime + layout->PyRuntimeState.allocators_standard;
	addr_t functions[3];
	for (unsigned i = 0; i < 3; i++) {
		if (mem_word(cpython->mem, domains + 40 * i))
			return false;
		functions[i] = mem_word(cpython->mem, domains + 40 * i + 8);
	}
	return functions[0] && functions[1] && functions[2] && functions[0] != functions[1] &&
	       functions[1] != functions[2] && functions[0] != functions[2];
}

const char *foreign_find(const struct cpython *cpython)
{
	if (python_uses_mimalloc(cpython))
		return "mimalloc";
	return find_library(cpython->capture);
}
