/*
 * A worker and its parent become: what kinds of private memory the worker has,
 * and what of it are copies of pages that it once shared with its parent.
 */
#ifndef WHYMEM_CLI_WORKERS_H
#define WHYMEM_CLI_WORKERS_H

#include "base/base.h"

#include <sys/types.h>

/* Kinds of mappings; X(id, name) */
#define KINDS(X)                                                                                   \
	X(HEAP, "heap")           /* [heap]: malloc */                                             \
	X(ANONYMOUS, "anonymous") /* arenas of pymalloc and malloc, large blocks */                \
	X(FILES, "files")                                                                          \
	X(STACKS, "stack")                                                                         \
	X(SHARED, "shared")

enum memory_kind {
#define X(id, name) KIND_##id,
	KINDS(X)
#undef X
		KIND_COUNT,
};

extern const char *const memory_kind_names[KIND_COUNT];

/* Private bytes of `pid` by kind; false when they may not be read. */
bool private_bytes_read(pid_t pid, uint64_t ret[KIND_COUNT]);

/*
 * Bytes of private pages of `child` that stand where `parent` has memory of its
 * own, in mappings that both have: what fork() once shared and writing to it
 * (reference counts, mostly) has copied. SIZE_UNKNOWN when not permitted.
 */
uint64_t copied_bytes_read(pid_t parent, pid_t child);

#endif
