/*
 * The agent: lives inside of a traced process (LD_PRELOAD), counts what is
 * allocated by stack into the shared table (trace/table.h), and leaves the
 * program as it is: no allocator is replaced, no block gets a header, no Python
 * code runs, nothing is allocated through what is counted.
 *
 *	hooks.c		where events come from: malloc family, PyMem_SetAllocator
 *	python.c	which Python this is: version, layout, symbols
 *	stacks.c	the frames of the thread become a node of the table
 *	count.c		events become counters; per-block tags
 *	shadow.c	tags of blocks: one word for each 16 bytes of address (trace/tags.h)
 *
 * Everything runs on the program's own threads. A lock guards all but the walk of
 * frames: a thread walks its own. Processes with one thread take no lock.
 */
#ifndef WHYMEM_AGENT_H
#define WHYMEM_AGENT_H

#include "base/base.h"
#include "cpython/layout.h"
#include "trace/table.h"
#include "trace/tags.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* ---- the table, mapped ---- */

struct table {
	struct trace_header *header;
	struct trace_counters *counters;
	struct trace_node *nodes;
	struct trace_code *codes;
	char *texts;
};

extern struct table table;

/*
 * Are events counted? In a page that a forked child gets as zeros: the table
 * belongs to one process alone.
 */
extern volatile uint32_t *is_counting;

/* ---- python.c ---- */

struct python {
	struct layout layout;
	uint32_t version;
	unsigned minor;
	const void *code_type;
	const void *volatile *finalizing; /* not NULL once the interpreter ends */
	void *(*thread_state)(void);      /* of the holder of the GIL */
	void *(*own_thread_state)(void);  /* of this thread, with or without the GIL */
	void (*get_allocator)(int domain, void *allocator);
	void (*set_allocator)(int domain, void *allocator);
};

extern struct python python;

/* NULL, or why this process cannot be traced; *is_python_ret: is it one at all? */
const char *python_find(bool *is_python_ret);

/* ---- shadow.c ---- */

/* The first word of the block at `address`, or NULL where no block was ever tagged. */
uint32_t *shadow_find(uintptr_t address);
/* Also makes room; NULL when there is no memory. Under the lock. */
uint32_t *shadow_get(uintptr_t address);
/* Room for the size of a large block; false when there is none. Under the lock. */
bool shadow_make_room(uintptr_t block);
/* The size of a large block, in the room made for it. */
void shadow_set_size(uintptr_t block, uint64_t n_bytes);
/* The size of a block with this first word. */
uint64_t shadow_size(uintptr_t block, uint32_t tag);
/* Readers from outside find the tags from now on. */
void shadow_announce(void);

/* ---- stacks.c ---- */

/* Hash of the frames of this thread, innermost `frame` first. */
uint64_t stack_hash(const char *frame);
/* Their node. Under the lock. */
uint32_t stack_node(const char *frame, uint64_t hash);
/*
 * The innermost frame of this thread, or NULL. Without the GIL its frames stand
 * still while it is in C code; only who holds the GIL can be found faster.
 */
const char *stack_frame(bool holds_gil);
/* A code object that the table knows was freed. Under the lock. */
void stack_forget_code(uintptr_t code);

/* ---- count.c ---- */

void count_allocation(void *block, size_t n_bytes, bool holds_gil);
/* Before a block is given back, so that nobody else can have its address yet. */
void count_free(void *block);
/* Before a block is resized; and to undo that when it failed. */
uint64_t count_take(void *block);
void count_put_back(void *block, uint64_t tag);

/* ---- hooks.c ---- */

void hooks_find(void);
void hooks_install(void);

#endif
