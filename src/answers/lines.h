/*
 * What the lines of watched functions did, beside their source.
 */
#ifndef WHYMEM_ANSWER_LINES_H
#define WHYMEM_ANSWER_LINES_H

#include "base/document.h"
#include "trace/lines.h"

/* Fills `functions`. `command` is the source of "<string>", or NULL. */
void answer_lines(const struct lines_report *report, const char *command, struct row *root);

/* Adds to `warnings` what the report does not cover. */
void lines_warn(const struct lines_header *header, struct table *warnings);

#endif
