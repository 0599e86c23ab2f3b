#include "view/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#define REPLACEMENT 0xfffd
#define ESCAPE_BYTES 10 /* of the longest: \U0010ffff */

/* Length of the sequence that `first` begins, 0 when it begins none. */
static size_t sequence_bytes(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

uint32_t utf8_decode(const char *text, size_t *n_ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	static const uint8_t payload[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const uint8_t *p = (const uint8_t *)text;
	size_t n = sequence_bytes(*p);
	*n_ret = 1;
	uint32_t c = *p & payload[n];
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return REPLACEMENT;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (!n || c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return REPLACEMENT;
	*n_ret = n;
	return c;
}

size_t utf8_encode(uint32_t c, char *to)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i; i--, c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)((0xf00 >> n & 0xff) | c);
	return n;
}

char *utf8_clean(const char *text)
{
	char *clean = malloc(strlen(text) * 3 + 1);
	if (!clean)
		return NULL;
	char *to = clean;
	for (size_t n; *text; text += n)
		to += utf8_encode(utf8_decode(text, &n), to);
	*to = '\0';
	return clean;
}

/* Characters that would move the cursor, start a command or reorder the line. */
static bool is_dangerous(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static bool is_shown(uint32_t c, bool unicode)
{
	if (is_dangerous(c))
		return false;
	return c < 0x80 || (unicode && wcwidth((wchar_t)c) >= 0);
}

static size_t escape(uint32_t c, char *to)
{
	const char *format = c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x";
	return (size_t)snprintf(to, ESCAPE_BYTES + 1, format, c);
}

char *utf8_printable(const char *text, bool unicode)
{
	char *printable = malloc(strlen(text) * ESCAPE_BYTES + 1);
	if (!printable)
		return NULL;
	char *to = printable;
	for (size_t n; *text; text += n) {
		uint32_t c = utf8_decode(text, &n);
		if (c == REPLACEMENT && !unicode)
			c = '?';
		to += is_shown(c, unicode) ? utf8_encode(c, to) : escape(c, to);
	}
	*to = '\0';
	return printable;
}

static unsigned character_width(uint32_t c)
{
	int width = c < 0x80 ? 1 : wcwidth((wchar_t)c);
	return width < 0 ? 1 : (unsigned)width;
}

unsigned utf8_width(const char *text)
{
	unsigned width = 0;
	for (size_t n; *text; text += n)
		width += character_width(utf8_decode(text, &n));
	return width;
}

size_t utf8_prefix(const char *text, unsigned width, unsigned *ret)
{
	size_t at = 0;
	unsigned used = 0;
	while (text[at]) {
		size_t n;
		unsigned more = character_width(utf8_decode(text + at, &n));
		if (used + more > width)
			break;
		used += more;
		at += n;
	}
	*ret = used;
	return at;
}

size_t utf8_suffix(const char *text, unsigned width)
{
	unsigned left = utf8_width(text);
	size_t at = 0;
	while (text[at] && left > width) {
		size_t n;
		left -= character_width(utf8_decode(text + at, &n));
		at += n;
	}
	return at;
}
