/*
 * Which functions of a program are to be watched, by what the user named.
 */
#ifndef WHYMEM_WATCHED_H
#define WHYMEM_WATCHED_H

#include "trace/lines.h"

/*
 * The table of lines for a program with its choices: `functions` and `modules`
 * are lists with commas or NULL; when both are, what is decorated, else all of
 * the program's own file. `words` are the arguments of execvp(). `command_ret` is
 * the text of -c when there is one. Also after an error `ret` is to be closed.
 */
struct error *lines_watch(const char *functions, const char *modules, char **words,
	struct lines *ret, const char **command_ret);

/* In the new process, before it becomes the program (program.h): the agent gets the table. */
struct error *lines_offer(const struct lines *lines);

#endif
