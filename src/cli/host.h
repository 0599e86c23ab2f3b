/*
 * What of this host and of our own rights decides whether a process can be read,
 * as rows of whymem doctor.
 */
#ifndef WHYMEM_HOST_H
#define WHYMEM_HOST_H

#include "base/document.h"

/* One row of `checks`: ok is 1, 0, or -1 for a mere note. A NULL remedy is null. */
void add_check(struct table *checks, const char *id, int ok, const char *remedy, const char *format,
	...) __attribute__((format(printf, 5, 6)));

void add_host_checks(struct table *checks);

#endif
