/*
 * A picture as PNG, by cairo. Its functions are those of its documentation
 * (they have not changed since version 1.2); the library is loaded here alone,
 * because a tool that shall start at once on a server links no graphics.
 */
#include "view/canvas.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#define LIBRARY "libcairo.so.2"
#define SCALE 2 /* pixels for each pixel of the drawing: sharp on today's screens */
#define FORMAT_RGB24 1
#define WEIGHT_NORMAL 0
#define WEIGHT_BOLD 1
#define STATUS_WRITE_ERROR 11

typedef struct surface surface_t;
typedef struct cairo cairo_t;

struct text_extents {
	double x_bearing, y_bearing, width, height, x_advance, y_advance;
};

/* The name in the library, its result, its arguments. */
#define FUNCTIONS(X)                                                                               \
	X(image_surface_create, surface_t *, (int format, int width, int height))                  \
	X(surface_destroy, void, (surface_t *))                                                    \
	X(surface_write_to_png_stream, int,                                                        \
		(surface_t *, int (*write)(void *, const unsigned char *, unsigned), void *))      \
	X(create, cairo_t *, (surface_t *))                                                        \
	X(destroy, void, (cairo_t *))                                                              \
	X(status, int, (cairo_t *))                                                                \
	X(scale, void, (cairo_t *, double, double))                                                \
	X(move_to, void, (cairo_t *, double, double))                                              \
	X(line_to, void, (cairo_t *, double, double))                                              \
	X(close_path, void, (cairo_t *))                                                           \
	X(stroke, void, (cairo_t *))                                                               \
	X(fill, void, (cairo_t *))                                                                 \
	X(paint, void, (cairo_t *))                                                                \
	X(set_source_rgba, void, (cairo_t *, double, double, double, double))                      \
	X(set_line_width, void, (cairo_t *, double))                                               \
	X(set_dash, void, (cairo_t *, const double *, int, double))                                \
	X(select_font_face, void, (cairo_t *, const char *, int, int))                             \
	X(set_font_size, void, (cairo_t *, double))                                                \
	X(text_extents, void, (cairo_t *, const char *, struct text_extents *))                    \
	X(show_text, void, (cairo_t *, const char *))

static struct {
	void *handle;
#define X(name, result, arguments) result(*name) arguments;
	FUNCTIONS(X)
#undef X
} cairo;

struct png {
	surface_t *surface;
	cairo_t *context;
};

static struct error *load_cairo(void)
{
	if (cairo.handle)
		return NULL;
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	bool is_whole = handle;
#define X(name, result, arguments)                                                                 \
	is_whole = is_whole && (cairo.name = (result(*) arguments)dlsym(handle, "cairo_" #name));
	FUNCTIONS(X)
#undef X
	if (is_whole) {
		cairo.handle = handle;
		return NULL;
	}
	if (handle)
		dlclose(handle);
	return error_create(ERROR_UNREADABLE_FILE, 0,
		"install the library cairo (libcairo2), or write an SVG file, which needs nothing",
		"cannot draw a PNG without " LIBRARY);
}

/* ---- drawing ---- */

static void set_colour(cairo_t *context, uint32_t colour, double opacity)
{
	cairo.set_source_rgba(context, (colour >> 16 & 0xff) / 255.0, (colour >> 8 & 0xff) / 255.0,
		(colour & 0xff) / 255.0, opacity);
}

static void trace_path(cairo_t *context, const struct canvas_point *points, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(i ? cairo.line_to : cairo.move_to)(context, points[i].x, points[i].y);
}

static void draw_line(
	struct canvas *canvas, const struct canvas_point *points, size_t n, const struct pen *pen)
{
	static const double dashes[] = {5, 4};
	cairo_t *context = ((struct png *)canvas->context)->context;
	set_colour(context, pen->colour, 1);
	cairo.set_line_width(context, pen->width);
	cairo.set_dash(context, dashes, pen->is_dashed ? ARRAY_SIZE(dashes) : 0, 0);
	trace_path(context, points, n);
	cairo.stroke(context);
}

static void draw_area(struct canvas *canvas, const struct canvas_point *points, size_t n,
	uint32_t colour, double opacity)
{
	cairo_t *context = ((struct png *)canvas->context)->context;
	set_colour(context, colour, opacity);
	trace_path(context, points, n);
	cairo.close_path(context);
	cairo.fill(context);
}

static void draw_text(struct canvas *canvas, double x, double y, const struct lettering *lettering,
	const char *text)
{
	cairo_t *context = ((struct png *)canvas->context)->context;
	struct text_extents extents;
	cairo.select_font_face(
		context, "monospace", 0, lettering->is_bold ? WEIGHT_BOLD : WEIGHT_NORMAL);
	cairo.set_font_size(context, lettering->size);
	cairo.text_extents(context, text, &extents);
	if (lettering->anchor != ANCHOR_START)
		x -= extents.x_advance / (lettering->anchor == ANCHOR_MIDDLE ? 2 : 1);
	set_colour(context, lettering->colour, 1);
	cairo.move_to(context, x, y);
	cairo.show_text(context, text);
}

static int write_bytes(void *sink, const unsigned char *bytes, unsigned n)
{
	sink_write(sink, bytes, n);
	return ((struct sink *)sink)->failure ? STATUS_WRITE_ERROR : 0;
}

static void end(struct canvas *canvas)
{
	struct png *png = canvas->context;
	bool has_failed =
		cairo.status(png->context) ||
		cairo.surface_write_to_png_stream(png->surface, write_bytes, canvas->sink);
	if (has_failed)
		sink_fail(canvas->sink, ENOMEM);
	cairo.destroy(png->context);
	cairo.surface_destroy(png->surface);
	free(png);
}

struct error *canvas_begin_png(struct sink *sink, double width, double height, struct canvas *ret)
{
	static const struct canvas_kind kind = {draw_line, draw_area, draw_text, end};
	struct error *error = load_cairo();
	if (error)
		return error;
	struct png *png = malloc(sizeof(*png));
	if (!png)
		return &error_no_memory;
	png->surface = cairo.image_surface_create(
		FORMAT_RGB24, (int)(width * SCALE), (int)(height * SCALE));
	png->context = cairo.create(png->surface);
	cairo.scale(png->context, SCALE, SCALE);
	set_colour(png->context, 0xffffff, 1);
	cairo.paint(png->context);
	*ret = (struct canvas){
		.kind = &kind, .sink = sink, .width = width, .height = height, .context = png};
	return NULL;
}
