/* Does anything limit how large a container gets? */
#ifndef WHYMEM_BOUNDS_H
#define WHYMEM_BOUNDS_H

#include "analysis/analysis.h"

enum bound {
	BOUND_NONE_KNOWN, /* no container that grows by use, or a short one */
	BOUND_UNBOUNDED,
	BOUND_BOUNDED,
};

enum bound container_bound(const struct snapshot *snapshot, uint32_t node);

#endif
