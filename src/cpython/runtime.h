/*
 * Internal to this room: the steps of cpython_open().
 *
 *	discover.c	modules of the target -> candidates: where a runtime may lie, its version
 *	adopt.c		candidate -> offsets that fit it: table, debug offsets, probes
 *	verify.c	candidate and offsets -> struct cpython, or what does not hold
 */
#ifndef WHYMEM_CPYTHON_RUNTIME_H
#define WHYMEM_CPYTHON_RUNTIME_H

#include "cpython/cpython.h"
#include "target/module.h"

#define SCAN_MAX (64ull << 20) /* bytes of a segment to look through for a runtime */

struct python_version {
	unsigned minor, micro;
	bool micro_known;
	bool free_threaded;
	uint32_t hex; /* PY_VERSION_HEX */
	char text[32];
};

struct candidate {
	const struct capture *capture;
	struct module *module;
	addr_t runtime;         /* _PyRuntime */
	uint64_t runtime_bytes; /* its size; 0: unknown */
	struct python_version version;
	bool debug_build;
};

/*
 * Reads the version of the Python in `module`; `runtime` may be 0. False when
 * nothing tells it.
 */
bool read_version(const struct mem *mem, const struct module *module, addr_t runtime,
	struct python_version *ret);

/* Is this the start of a _Py_DebugOffsets (3.13 on)? */
bool has_cookie(const struct mem *mem, addr_t runtime);

/*
 * Where a runtime of this layout lies in the writable data of `module`, found
 * by the shape of its list of interpreters; or 0.
 */
addr_t scan_for_runtime(
	const struct mem *mem, const struct module *module, const struct layout *layout);

/* The offsets for `candidate`: false in *exact_ret when they are another version's. */
void choose_layout(const struct candidate *candidate, struct layout *ret, bool *exact_ret);

/* Offset of the first GC list in `layout` as interpreter `main` has it, probed. */
bool probe_generations(const struct mem *mem, addr_t main, struct layout *layout);

/*
 * Moves the members at the end of the runtime state, which depend on the number
 * of static strings and on the C library, to where interpreter `main` shows them.
 */
void place_end_of_runtime(
	const struct mem *mem, addr_t runtime, addr_t main, struct layout *layout);

/*
 * Checks the structures of `candidate` against `layout` and fills `ret` in.
 * Returns NULL, or what does not hold, as a phrase.
 */
const char *verify_runtime(
	const struct candidate *candidate, const struct layout *layout, struct cpython *ret);

#endif
