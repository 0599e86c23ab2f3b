/*
 * The lines of a source file.
 */
#ifndef WHYMEM_SOURCE_TEXT_H
#define WHYMEM_SOURCE_TEXT_H

#include "base/vec.h"

struct source_text {
	char *text;
	VEC(const char *) lines;
};

/* What cannot be read, or is no regular file of a sensible size, has no lines. */
void source_text_read(const char *path, struct source_text *ret);
void source_text_copy(const char *text, struct source_text *ret);
void source_text_deinit(struct source_text *source);

/* Line `number`, from 1 on, without its end; NULL when there is none. */
const char *source_text_line(const struct source_text *source, uint64_t number);

#endif
