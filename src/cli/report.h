/* The report of a trace, just recorded or out of a file: a document, a picture, an export. */
#ifndef WHYMEM_REPORT_H
#define WHYMEM_REPORT_H

#include "cli/command.h"

/* `--format` and what goes with it are as a report takes them. USAGE. */
struct error *report_check(const struct request *request);

/* Beside what the program printed; with --from to standard output. */
struct error *report_show(const struct request *request, const struct snapshot *snapshot);

/* The trace of a file. */
struct error *report_from_file(const struct request *request, int *status_ret);

#endif
