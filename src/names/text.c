#include "names/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void text_deinit(struct text *text)
{
	free(text->data);
	*text = (struct text){0};
}

static bool reserve(struct text *text, size_t n)
{
	if (text->failed)
		return false;
	if (text->capacity - text->n > n)
		return true;
	size_t capacity = MAX(text->capacity * 2, align_up(text->n + n + 1, 64));
	char *data = realloc(text->data, capacity);
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->capacity = capacity;
	return true;
}

void text_add(struct text *text, const char *bytes, size_t n)
{
	if (!reserve(text, n))
		return;
	memcpy(text->data + text->n, bytes, n);
	text->n += n;
	text->data[text->n] = '\0';
}

void text_add_string(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...)
{
	char small[256];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	if (n < 0) {
		text->failed = true;
	} else if ((size_t)n < sizeof(small)) {
		text_add(text, small, (size_t)n);
	} else if (reserve(text, (size_t)n)) {
		va_start(args, format);
		vsnprintf(text->data + text->n, (size_t)n + 1, format, args);
		va_end(args);
		text->n += (size_t)n;
	}
}

void text_cut(struct text *text, size_t n)
{
	if (n < text->n) {
		text->n = n;
		text->data[n] = '\0';
	}
}

struct error *text_finish(const struct text *text)
{
	return text->failed ? &error_no_memory : NULL;
}
