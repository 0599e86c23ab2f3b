#include "view/canvas.h"

#include "base/cleanup.h"
#include "view/utf8.h"

#include <errno.h>

/* Of monospaced letters, whatever the font. */
#define LETTER_WIDTH 0.61

void canvas_end(struct canvas *canvas)
{
	canvas->kind->end(canvas);
}

void canvas_line(struct canvas *canvas, double x1, double y1, double x2, double y2, struct pen pen)
{
	const struct canvas_point points[] = {{x1, y1}, {x2, y2}};
	canvas->kind->line(canvas, points, ARRAY_SIZE(points), &pen);
}

void canvas_box(struct canvas *canvas, double x, double y, double width, double height,
	uint32_t colour, double opacity)
{
	const struct canvas_point points[] = {
		{x, y}, {x + width, y}, {x + width, y + height}, {x, y + height}};
	canvas->kind->area(canvas, points, ARRAY_SIZE(points), colour, opacity);
}

void canvas_text(struct canvas *canvas, double x, double y, double width,
	struct lettering lettering, const char *text)
{
	_cleanup_free_ char *printable = utf8_printable(text, true);
	if (!printable) {
		sink_fail(canvas->sink, ENOMEM);
		return;
	}
	unsigned used, room = (unsigned)MAX(width / (lettering.size * LETTER_WIDTH), 0);
	if (utf8_width(printable) > room) {
		if (room < 3)
			return;
		printable[utf8_prefix(printable, room - 2, &used)] = '\0';
		char *cut = NULL;
		if (asprintf(&cut, "%s..", printable) < 0) {
			sink_fail(canvas->sink, ENOMEM);
			return;
		}
		free(printable);
		printable = cut;
	}
	canvas->kind->text(canvas, x, y, &lettering, printable);
}
