/* What the files about holders share. */
#ifndef WHYMEM_HOLDERS_INT_H
#define WHYMEM_HOLDERS_INT_H

#include "analysis/account.h"
#include "analysis/groups.h"

/* Adds a placement as a holder; takes its path over. */
struct error *holders_add_placed(struct holders *holders, struct placement *placement);

/*
 * Adds groups where they stand. A namespace is no holder any more when a group of
 * `least` bytes in it is.
 */
struct error *holders_name_groups(struct holders *holders, struct analysis *analysis,
	const struct groups *groups, uint64_t least);

#endif
