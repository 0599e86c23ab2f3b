/*
 * Types of small modules around the system: os, abc, cProfile.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

STRUCT_WALKER(walk_dir_entry, DirEntry, ATTR(DirEntry, name, "name"), ATTR(DirEntry, path, "path"),
	HIDDEN(DirEntry, stat), HIDDEN(DirEntry, lstat))

STRUCT_WALKER(walk_scandir, ScandirIterator, HIDDEN(ScandirIterator, path_object),
	HIDDEN(ScandirIterator, path_cleanup), NATIVE(ScandirIterator, dirp))

STRUCT_WALKER(walk_abc_data, abc_data, HIDDEN(abc_data, _abc_registry),
	HIDDEN(abc_data, _abc_cache), HIDDEN(abc_data, _abc_negative_cache))

STRUCT_WALKER(walk_profiler, ProfilerObject, TREE(ProfilerObject, profilerEntries),
	TREE(ProfilerObject, currentProfilerContext), TREE(ProfilerObject, freelistProfilerContext),
	HIDDEN(ProfilerObject, externalTimer), HIDDEN(ProfilerObject, missing))
