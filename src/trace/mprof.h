/*
 * The files of memory_profiler's mprof ("mprofile_20260131120000.dat"): lines of
 * text, sizes in MiB, times in seconds since 1970.
 *
 *	CMDLINE <the command>
 *	MEM <size> <time>                                          of the process, or of all
 *	CHLD <pid> <size> <time>                                   behind the MEM of its moment
 *	FUNC <name> <size> <time> <size> <time> [<level>]          at the beginning, at the end
 *
 * A run begins with CMDLINE; but the command is written when mprof's buffer is
 * full, functions when the program ends: so what stands before the first
 * CMDLINE belongs to the first run, and functions to the run in whose time they
 * began. Lines that begin with another word in capitals are of no version known.
 */
#ifndef WHYMEM_MPROF_H
#define WHYMEM_MPROF_H

#include "trace/recording.h"

/* Does the file look as if mprof had written it? */
bool mprof_is_recording(const char *path);

/* Adds the runs of the file. UNREADABLE_FILE, CORRUPT_FILE with the number of the line. */
struct error *mprof_read(const char *path, struct recording *recording);

#endif
