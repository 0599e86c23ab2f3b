/*
 * Where whymem receives the tables of traced processes: a socket in a folder
 * that nobody else may enter.
 *
 * What comes is not trusted: only processes of the same user (or of root), only
 * sealed files of the right size.
 */
#ifndef WHYMEM_INBOX_H
#define WHYMEM_INBOX_H

#include "trace/handover.h"
#include "trace/trace.h"

#include <sys/types.h>

struct inbox {
	int fd; /* an epoll set: to be polled */
	int door;
	char folder[100];
	char socket[108]; /* as sun_path */
};

struct letter {
	pid_t pid;          /* of the sender, as the kernel says */
	struct trace trace; /* of a TABLE; to be closed by who took it */
	enum trace_message_kind kind;
	int waiting; /* of one that waits: until this is closed; else -1 */
	char text[sizeof(((struct trace_message *)0)->text)];
};

/* Also takes folders away that killed runs of the same user left. */
struct error *inbox_open(struct inbox *ret);
/* Also takes the folder away. Does nothing to an inbox of zeros. */
void inbox_close(struct inbox *inbox);

/* The next letter; false when there is none now. Bad ones are thrown away. */
bool inbox_take(const struct inbox *inbox, struct letter *ret);

#endif
