/*
 * Text of the target becomes text that may be shown: valid UTF-8 for JSON;
 * printable characters of the terminal's set for the screen. Counts columns.
 */
#ifndef WHYMEM_UTF8_H
#define WHYMEM_UTF8_H

#include "base/base.h"

/*
 * The character at `text` (NUL-terminated) and its length in bytes. What is no
 * valid UTF-8 (overlong forms and surrogates included) is U+FFFD, one byte long.
 */
uint32_t utf8_decode(const char *text, size_t *n_ret);

/* Writes `c` to `to` (at least 4 bytes) without a NUL; returns the bytes written. */
size_t utf8_encode(uint32_t c, char *to);

/* A copy with U+FFFD for everything undecodable; NULL when memory ran out. */
char *utf8_clean(const char *text);

/*
 * A copy fit for a terminal: control characters and those that change the
 * direction of text become \xNN or \uNNNN; so does, unless `unicode`, all that
 * is not ASCII. NULL when memory ran out.
 */
char *utf8_printable(const char *text, bool unicode);

/* Columns of a terminal that printable `text` takes. */
unsigned utf8_width(const char *text);

/* The longest prefix of `text` of at most `width` columns: its bytes; its columns in `ret`. */
size_t utf8_prefix(const char *text, unsigned width, unsigned *ret);

/* Where the longest suffix of at most `width` columns begins. */
size_t utf8_suffix(const char *text, unsigned width);

#endif
