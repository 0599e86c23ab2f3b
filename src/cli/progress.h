/*
 * One line on stderr that tells what takes so long: from the second second on,
 * and only where stderr is a terminal.
 */
#ifndef WHYMEM_PROGRESS_H
#define WHYMEM_PROGRESS_H

#include "base/base.h"

void progress_start(void);

/* What is being done now: a string literal such as "walking the heap". */
void progress_phase(const char *phase);

/* Removes the line. Safe without progress_start(). */
void progress_stop(void);

#endif
