/*
 * How a traced process gives its table to whymem: it makes the memfd itself,
 * connects to the socket that the environment names, sends one message, and
 * goes on without an answer. So nobody ever waits for whymem; when it is gone,
 * nothing is counted. But for a process that waits to be looked at: ten seconds at
 * most after one of a few failed allocations, five when memory runs short.
 *
 * The environment of the program has one variable more until the agent takes
 * it away:
 *
 *	WHYMEM_TRACE=PID CHILDREN SOCKET [=PRELOAD]
 *
 * PID is that of the process which must be traced (0: none must), CHILDREN is 1
 * when its children are to be followed, SOCKET a path without blanks, PRELOAD the
 * user's own LD_PRELOAD, when there is one. Whoever sets the variable for a
 * new program otherwise, keeps us from following it.
 */
#ifndef WHYMEM_HANDOVER_H
#define WHYMEM_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#define TRACE_VARIABLE "WHYMEM_TRACE"

#define TRACE_MESSAGE_MAGIC 0x314d6563617254ull /* "TraceM1" */

enum trace_message_kind {
	TRACE_MESSAGE_TABLE,    /* with the descriptor of a table */
	TRACE_MESSAGE_UNTRACED, /* a Python that is not traced; `text` says why */
	TRACE_MESSAGE_REFUSED,  /* the same of the process that must be traced: it has ended */
	/* The process waits until the connection is closed: */
	TRACE_MESSAGE_FAILED, /* an allocation failed; `text` is the how many-th */
	TRACE_MESSAGE_SHORT,  /* it has as much alive as whymem asked to be told of */
};

static inline bool trace_message_waits(enum trace_message_kind kind)
{
	return kind == TRACE_MESSAGE_FAILED || kind == TRACE_MESSAGE_SHORT;
}

struct trace_message {
	uint64_t magic;
	uint32_t kind; /* enum trace_message_kind */
	uint32_t unused;
	char text[240];
};

#endif
