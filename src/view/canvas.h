/*
 * What a picture is drawn on: lines, boxes and words at pixels from the upper
 * left corner, as an SVG file or as a PNG. All that is drawn goes into the sink.
 *
 * A PNG needs the library cairo, which is loaded when the first one is drawn:
 * whymem itself runs without it.
 */
#ifndef WHYMEM_CANVAS_H
#define WHYMEM_CANVAS_H

#include "base/error.h"
#include "view/sink.h"

struct canvas;

struct canvas_point {
	double x, y;
};

enum canvas_anchor { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END };

struct pen {
	uint32_t colour; /* 0xrrggbb */
	double width;
	bool is_dashed;
};

struct lettering {
	uint32_t colour;
	double size;
	enum canvas_anchor anchor;
	bool is_bold;
};

struct canvas_kind {
	void (*line)(struct canvas *canvas, const struct canvas_point *points, size_t n,
		const struct pen *pen);
	/* The inside of the line; the opacity is from 0 to 1. */
	void (*area)(struct canvas *canvas, const struct canvas_point *points, size_t n,
		uint32_t colour, double opacity);
	/* `text` is printable; `y` is that of the line on which it stands. */
	void (*text)(struct canvas *canvas, double x, double y, const struct lettering *lettering,
		const char *text);
	void (*end)(struct canvas *canvas);
};

struct canvas {
	const struct canvas_kind *kind;
	struct sink *sink;
	double width, height;
	void *context;
};

struct error *canvas_begin_svg(struct sink *sink, double width, double height, struct canvas *ret);
/* UNREADABLE_FILE without cairo. */
struct error *canvas_begin_png(struct sink *sink, double width, double height, struct canvas *ret);

/* Finishes the picture; failures are the sink's. */
void canvas_end(struct canvas *canvas);

void canvas_line(struct canvas *canvas, double x1, double y1, double x2, double y2, struct pen pen);
void canvas_box(struct canvas *canvas, double x, double y, double width, double height,
	uint32_t colour, double opacity);
/* Makes `text` printable, and cuts it where it is wider than `width`. */
void canvas_text(struct canvas *canvas, double x, double y, double width,
	struct lettering lettering, const char *text);

#endif
