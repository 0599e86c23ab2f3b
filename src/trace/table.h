/*
 * The shared table of a traced process: what the agent writes and the reader
 * reads. One sealed memfd that the agent makes and whymem holds too, so that it
 * outlives the process however that ends; sized once, never grown, untouched
 * pages cost nothing. Numbers are of the host's byte order.
 *
 *	OFFSET	SIZE		DESCRIPTION
 *	0	4096		struct trace_header
 *	4096	64 a node	struct trace_counters: hot, one cache line each
 *	...	16 a node	struct trace_node: the tree of stacks
 *	...	16 a code	struct trace_code
 *	...	TEXT_BYTES	texts: u32 length, bytes, padded to 4; offset 0 is none
 *
 * A stack is a node: the innermost frame, whose parent is the stack below it;
 * below the outermost frame is the root of its thread, which names the thread.
 * Nodes, codes and texts are complete before their count covers them, and
 * never change afterwards; counters change all the time.
 *
 * Sizes are those the program asked for. A realloc is a free and an allocation.
 */
#ifndef WHYMEM_TABLE_H
#define WHYMEM_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define TRACE_MAGIC 0x3265636172546d57ull /* "WmTrace2" */
#define TRACE_HEADER_BYTES 4096
#define TRACE_NODES (1u << 20)
#define TRACE_CODES (1u << 16)
#define TRACE_THREADS 256u         /* names of threads; further ones share a root */
#define TRACE_DEPTH_MAX (1u << 16) /* frames of a stack that are told apart */
#define TRACE_TEXT_BYTES (64u << 20)

/* A frame before 3.11 that runs no instruction yet, such as that of a generator closed at once. */
#define TRACE_NOT_STARTED UINT32_MAX

enum {
	TRACE_NODE_UNTRACED, /* the tag of blocks that nobody counted */
	TRACE_NODE_NATIVE,   /* no Python frame: start of the interpreter, threads of C libraries */
	TRACE_NODE_OVERFLOW, /* stacks that found no place in the table */
	TRACE_NODE_FIRST,
};

#define TRACE_REFUSED_STATUS 125 /* of a process that must be traced and cannot */

enum trace_state {
	TRACE_STATE_NONE, /* nothing is counted yet */
	TRACE_STATE_TRACING,
	TRACE_STATE_ENDING, /* the interpreter began to end: counters stand still */
};

struct trace_header {
	uint64_t magic;
	uint32_t state; /* enum trace_state */
	uint32_t pid;
	uint32_t version; /* PY_VERSION_HEX */
	uint32_t n_nodes, n_codes, n_text_bytes;
	uint32_t n_cut_stacks; /* new stacks of which only the innermost frames are known */
	uint32_t now;   /* trace_now(); written by the reader, too, for as long as there is one */
	uint64_t epoch; /* raised by the first free after a new peak */
	uint64_t live_bytes;
	uint64_t peak_bytes; /* before the free that raised the epoch: live_bytes may be above it */
	uint64_t uncounted_count, uncounted_bytes; /* tags or mappings found no room */
	uint32_t misses_reports;                   /* memory that libraries report is not counted */
	uint32_t parent_pid;  /* of the process that forked or started this one */
	uint32_t failed_node; /* of the last allocation that failed; 0: none did */
	uint32_t failed_count;
	uint64_t failed_bytes; /* what it asked for */
	/* Written by the reader: it wants to look at the process once more than that is alive. */
	uint64_t look_at_bytes; /* UINT64_MAX: it does not */
	char command[1024];     /* as /proc/PID/cmdline, blanks between the words */
	char allocator[128];    /* the library that has malloc(), when it is not libc */
};

/* The time of tags, 30 bits that begin anew after 124 days; of CLOCK_MONOTONIC. */
#define TRACE_NS_PER_TICK 10000000

static inline uint32_t trace_now(uint64_t monotonic_ns)
{
	return monotonic_ns / TRACE_NS_PER_TICK & 0x3fffffff;
}

static inline struct trace_header trace_header_new(void)
{
	return (struct trace_header){
		.magic = TRACE_MAGIC,
		.n_nodes = TRACE_NODE_FIRST,
		.n_codes = 1,
		.n_text_bytes = 4,
		.epoch = 1,
		.look_at_bytes = UINT64_MAX,
	};
}

/*
 * What is alive is the difference: `freed` of a forked child begins below zero,
 * by what it was born with.
 */
struct trace_counters {
	uint64_t allocated_bytes, allocation_count;
	uint64_t freed_bytes, freed_count;
	uint64_t peak_bytes;      /* alive when the epoch below began */
	uint64_t epoch;           /* that of the last change; when older than the header's the */
				  /* part of the peak is what is alive */
	uint64_t temporary_count; /* freed before the same thread allocated again */
	uint64_t inherited_count; /* alive when the process was forked */
};

struct trace_node {
	uint32_t parent;      /* 0: root of a thread */
	uint32_t code;        /* 0: it found no place */
	uint32_t instruction; /* byte offset in the code, or TRACE_NOT_STARTED: the first line */
	uint32_t thread;      /* of a root: its name, a text; 0 for frames */
};

struct trace_code {
	uint32_t file, name, lines; /* offsets of texts; `lines` is co_linetable */
	uint32_t first_line;
};

#define TRACE_COUNTERS_AT ((uint64_t)TRACE_HEADER_BYTES)
#define TRACE_NODES_AT (TRACE_COUNTERS_AT + (uint64_t)TRACE_NODES * sizeof(struct trace_counters))
#define TRACE_CODES_AT (TRACE_NODES_AT + (uint64_t)TRACE_NODES * sizeof(struct trace_node))
#define TRACE_TEXT_AT (TRACE_CODES_AT + (uint64_t)TRACE_CODES * sizeof(struct trace_code))
#define TRACE_FILE_BYTES (TRACE_TEXT_AT + TRACE_TEXT_BYTES)

/* Bytes or a count alive; a reader may see a free before the allocation. */
static inline uint64_t trace_alive(uint64_t allocated, uint64_t freed)
{
	return (int64_t)(allocated - freed) < 0 ? 0 : allocated - freed;
}

static inline uint64_t trace_live_bytes(const struct trace_counters *counters)
{
	return trace_alive(counters->allocated_bytes, counters->freed_bytes);
}

static inline uint64_t trace_live_count(const struct trace_counters *counters)
{
	return trace_alive(counters->allocation_count, counters->freed_count);
}

/* The peak is now: what a stack has alive is its part of it. */
static inline bool trace_is_at_peak(const struct trace_header *header)
{
	return header->live_bytes > header->peak_bytes;
}

static inline uint64_t trace_part_of_peak(
	const struct trace_header *header, const struct trace_counters *counters)
{
	bool changed = !trace_is_at_peak(header) && counters->epoch == header->epoch;
	return changed ? counters->peak_bytes : trace_live_bytes(counters);
}

_Static_assert(sizeof(struct trace_header) <= TRACE_HEADER_BYTES, "the header is one page");
_Static_assert(sizeof(struct trace_counters) == 64, "counters are one cache line");

#endif
