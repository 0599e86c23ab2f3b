#include "view/picture.h"

#include "view/number.h"
#include "view/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TITLE_WIDTH 40 /* longer names are cut in the middle */

static char *format(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *format(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	return n < 0 ? NULL : text;
}

/* `text` is freed. */
static char *shorten(char *text)
{
	if (!text || utf8_width(text) <= TITLE_WIDTH)
		return text;
	unsigned used;
	size_t head = utf8_prefix(text, TITLE_WIDTH / 2, &used);
	char *cut =
		format("%.*s...%s", (int)head, text, text + utf8_suffix(text, TITLE_WIDTH / 2 - 3));
	free(text);
	return cut;
}

static bool is_called(const struct row *node, const char *type)
{
	return !strcmp(row_text(node, "type", ""), type);
}

char *node_title(const struct row *node, bool with_items)
{
	const char *type = row_text(node, "type", "?"), *name = row_text(node, "name", NULL);
	int64_t n_items = row_int(node, "item_count", -1);
	if (name && *name == '<')
		return format("%s", name);
	if (name)
		return format("%s %s", is_called(node, "type") ? "class" : type, name);
	if (n_items >= 0 && with_items)
		return format("%s, %s items", type, number_count(n_items).text);
	return format("%s", type);
}

static char *size_line(const struct row *node)
{
	int64_t n = row_int(node, "object_count", 0), bytes = row_int(node, "retained_bytes", 0);
	struct number size = number_mib(bytes, mib_digits(bytes));
	if (n > 1)
		return format("%s objects, %s MiB", number_count(n).text, size.text);
	return format("%s MiB", size.text);
}

struct picture_text picture_node(const struct row *node)
{
	int64_t n_hidden = row_int(node, "hidden_ref_count", 0);
	return (struct picture_text){
		.line = {shorten(node_title(node, true)), size_line(node),
			n_hidden ? format("%s more references", number_count(n_hidden).text)
				 : NULL},
		.is_bold = strcmp(row_text(node, "kind", ""), "object") != 0,
	};
}

void picture_text_deinit(struct picture_text *text)
{
	for (size_t i = 0; i < PICTURE_LINES; i++)
		free(text->line[i]);
}

char *picture_label(const struct row *edge)
{
	const char *label = row_text(edge, "label", NULL);
	int64_t n = row_int(edge, "ref_count", 1);
	if (!label)
		return format("<%s references>", number_count(n).text);
	return shorten(
		n > 1 ? format("%s x %s", label, number_count(n).text) : format("%s", label));
}

void picture_escape(struct sink *sink, const char *text)
{
	char *printable = utf8_printable(text, true);
	if (!printable)
		sink_fail(sink, ENOMEM);
	for (const char *at = printable; at && *at; at++) {
		if (*at == '<')
			sink_puts(sink, "&lt;");
		else if (*at == '>')
			sink_puts(sink, "&gt;");
		else if (*at == '&')
			sink_puts(sink, "&amp;");
		else if (*at == '"')
			sink_puts(sink, "&quot;");
		else
			sink_write(sink, at, 1);
	}
	free(printable);
}
