/*
 * Documents and errors leave the program here, and nowhere else.
 */
#ifndef WHYMEM_OUTPUT_H
#define WHYMEM_OUTPUT_H

#include "cli/command.h"
#include "view/sink.h"

#define EXIT_DONE 0
#define EXIT_EXPECTATION 1
#define EXIT_USAGE 2
#define EXIT_UNREADABLE 3
/* Of a command that runs a program, when it is whymem that failed; as of env(1). */
#define EXIT_OWN_FAILURE 125

/* A document with the keys that every one begins with. */
struct error *document_begin(struct document *document, const struct command *command);

/* Can the files that the request names be written? Asked before a program runs for hours. */
struct error *output_check(const struct request *request);

/* Prints the document as the request asks for. */
struct error *output_document(const struct request *request, const struct document *document);

/* Where a finished document goes: the file `path`. Progress ends. */
struct error *output_open(struct sink *sink, const char *path, const struct document *document);

/* The same to standard error, unless the request names a file or wants JSON. */
struct error *output_beside_program(const struct request *request, const struct document *document);

/* sink_close(), with standard output told apart from the other errors. */
struct error *output_close(struct sink *sink);

/*
 * Prints `error` once (also frees it) and returns the exit status for it. Ends
 * the program by SIGPIPE when the reader of the output went away.
 */
int output_error(const struct request *request, struct error *error);

/* A closed pipe and a limit of the file size shall be errors of writing, no sudden death. */
void signals_init(void);

#endif
