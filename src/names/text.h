/*
 * Text that grows. Adding never fails visibly: when memory runs out the text is
 * marked, and text_finish() reports it.
 */
#ifndef WHYMEM_TEXT_H
#define WHYMEM_TEXT_H

#include "base/cleanup.h"
#include "base/error.h"

struct text {
	char *data; /* NUL-terminated; NULL while empty */
	size_t n, capacity;
	bool failed;
};

void text_deinit(struct text *text);

void text_add(struct text *text, const char *bytes, size_t n);
void text_add_string(struct text *text, const char *string);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Shortens to `n` bytes. */
void text_cut(struct text *text, size_t n);

static inline const char *text_get(const struct text *text)
{
	return text->data ? text->data : "";
}

/* NULL, or OUT_OF_MEMORY when something could not be added. */
struct error *text_finish(const struct text *text);

#define _cleanup_text_ _cleanup_(text_deinit)

#endif
