/*
 * The shared table of `whymem lines`: which functions to watch (written by
 * whymem), what their lines did and when they ran (written by the agent). A
 * sealed memfd like that of trace/table.h: it outlives the process, it is sized
 * once, and pages that nobody touched cost nothing.
 *
 *	OFFSET	SIZE			DESCRIPTION
 *	0	LINES_HEADER_BYTES	struct lines_header
 *	...	64 a function		struct lines_function
 *	...	64 a line		struct lines_line
 *	...	64 a span		struct lines_span: a ring
 *	...	LINES_TEXT_BYTES	texts, each ended by a zero byte; offset 0 is none
 *
 * Functions and texts are complete before their count covers them.
 *
 * Bytes are those asked for, as in trace/table.h. What a line allocated and
 * freed is what its own thread did while the line was open: what it called is
 * included, what other threads did is not. A suspended generator or coroutine
 * has no open line.
 */
#ifndef WHYMEM_LINES_TABLE_H
#define WHYMEM_LINES_TABLE_H

#include <stdint.h>

#define LINES_MAGIC 0x3173656e694c6d57ull /* "WmLines1" */
#define LINES_VARIABLE "WHYMEM_LINES"     /* environment of the target: the descriptor */

/* So often whymem sets the clock of the trace table: what is resident is looked at as often. */
#define LINES_TICK_NS 10000000

#define LINES_HEADER_BYTES (1u << 16)
#define LINES_CHOICES 64
#define LINES_NAME_BYTES 256
#define LINES_FUNCTIONS (1u << 14)
#define LINES_LINES (1u << 19)
#define LINES_SPANS (1u << 14)
#define LINES_TEXT_BYTES (8u << 20)

enum lines_place {
	LINES_FILE,   /* the file of `device` and `inode`, called `place` */
	LINES_ZIP,    /* `place` in the archive of `device` and `inode` */
	LINES_TEXT,   /* code that came from no file: "<string>", "<stdin>" */
	LINES_MODULE, /* the module of that name; "pkg.*": all modules of a package */
};

/* What is to be watched: a function, or all of a file. */
struct lines_choice {
	uint32_t kind;       /* enum lines_place */
	uint32_t is_default; /* only while the program decorates nothing with @profile */
	uint64_t device, inode;
	char place[LINES_NAME_BYTES];
	char function[LINES_NAME_BYTES]; /* "function", "Class.method"; empty: all */
};

struct lines_header {
	uint64_t magic;
	uint32_t n_choices;
	uint32_t pid; /* of the process that took the table, 0: none did */
	uint32_t n_functions, n_lines, n_text_bytes;
	uint32_t n_decorated;      /* functions given to @profile */
	uint32_t n_lost_functions; /* found no place in the table */
	uint32_t lost_events;      /* the program set a trace function, which ended ours */
	uint64_t n_deep_calls;     /* too deep in other watched functions */
	uint64_t n_spans;          /* ever: span i lies in place i % LINES_SPANS */
	char failure[256];         /* why lines could not be watched, empty: they are */
	struct lines_choice choices[LINES_CHOICES];
};

enum lines_flag {
	LINES_DECORATED = 1, /* by @profile */
	LINES_DEFAULT = 2,   /* chosen by a default choice alone */
	LINES_NAMED = 4,     /* itself, not with all of its file */
	LINES_TOPLEVEL = 8,  /* the statements of a module: its lines lie between functions */
};

struct lines_function {
	uint32_t file, name; /* offsets of texts */
	uint32_t first_line, n_lines;
	uint32_t first; /* its place among the lines */
	uint32_t flags; /* enum lines_flag */
	uint64_t call_count;
	uint64_t unused[4];
};

struct lines_line {
	uint64_t occurrence_count;
	int64_t increment_bytes;  /* allocated minus freed, over all occurrences */
	uint64_t allocated_bytes; /* gross */
	uint64_t peak_bytes;      /* most that one occurrence had more than when it began */
	uint64_t mem_bytes;       /* most that the process had alive when the line ended */
	uint64_t resident_bytes;  /* most that was resident then; 0: never looked at */
	uint32_t has_code, unused;
	uint64_t unused_too;
};

/* A call of a function, from its start (or resumption) to its end (or suspension). */
struct lines_span {
	uint32_t function;                                 /* index + 1; 0: not written yet */
	uint32_t thread;                                   /* its id for the kernel */
	uint64_t begin_ns, end_ns;                         /* CLOCK_MONOTONIC */
	uint64_t begin_bytes, end_bytes;                   /* alive in the process */
	uint64_t begin_resident_bytes, end_resident_bytes; /* sampled: up to 10 ms old */
	uint64_t unused;
};

#define LINES_FUNCTIONS_AT ((uint64_t)LINES_HEADER_BYTES)
#define LINES_LINES_AT                                                                             \
	(LINES_FUNCTIONS_AT + (uint64_t)LINES_FUNCTIONS * sizeof(struct lines_function))
#define LINES_SPANS_AT (LINES_LINES_AT + (uint64_t)LINES_LINES * sizeof(struct lines_line))
#define LINES_TEXT_AT (LINES_SPANS_AT + (uint64_t)LINES_SPANS * sizeof(struct lines_span))
#define LINES_FILE_BYTES (LINES_TEXT_AT + LINES_TEXT_BYTES)

_Static_assert(sizeof(struct lines_header) <= LINES_HEADER_BYTES, "choices fit in the header");
_Static_assert(sizeof(struct lines_function) == 64, "one cache line");
_Static_assert(sizeof(struct lines_line) == 64, "one cache line");
_Static_assert(sizeof(struct lines_span) == 64, "one cache line");

#endif
