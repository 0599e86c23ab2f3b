/*
 * What the reports of traced programs share.
 */
#ifndef WHYMEM_RUN_H
#define WHYMEM_RUN_H

#include "cli/tracer.h"

/* NULL, or why the program was not traced. */
struct error *run_check(const struct tracer *tracer);

/* Fills `status` and `signal`, by what waitpid() told. */
void run_fill_exit(struct row *row, int wait_status);

#endif
