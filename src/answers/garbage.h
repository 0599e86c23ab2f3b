/* Unreachable objects, for `whymem garbage` and the first screen. */
#ifndef WHYMEM_GARBAGE_H
#define WHYMEM_GARBAGE_H

#include "answers/account.h"

/* Adds a finding when garbage is a part of the memory worth speaking of. */
struct error *garbage_finding(
	struct analysis *analysis, const struct account *account, struct table *findings);

#endif
