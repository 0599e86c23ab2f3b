/*
 * A picture as SVG: one file that needs nothing else.
 */
#include "view/canvas.h"
#include "view/picture.h"

static void write_points(struct sink *sink, const struct canvas_point *points, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sink_printf(sink, "%s%.1f,%.1f", i ? " " : "", points[i].x, points[i].y);
}

static void draw_line(
	struct canvas *canvas, const struct canvas_point *points, size_t n, const struct pen *pen)
{
	sink_puts(canvas->sink, "<polyline points=\"");
	write_points(canvas->sink, points, n);
	sink_printf(canvas->sink, "\" fill=\"none\" stroke=\"#%06x\" stroke-width=\"%.1f\"%s/>\n",
		pen->colour, pen->width, pen->is_dashed ? " stroke-dasharray=\"5 4\"" : "");
}

static void draw_area(struct canvas *canvas, const struct canvas_point *points, size_t n,
	uint32_t colour, double opacity)
{
	sink_puts(canvas->sink, "<polygon points=\"");
	write_points(canvas->sink, points, n);
	sink_printf(canvas->sink, "\" fill=\"#%06x\" fill-opacity=\"%.2f\"/>\n", colour, opacity);
}

static void draw_text(struct canvas *canvas, double x, double y, const struct lettering *lettering,
	const char *text)
{
	static const char *const anchors[] = {
		[ANCHOR_START] = "start", [ANCHOR_MIDDLE] = "middle", [ANCHOR_END] = "end"};
	sink_printf(canvas->sink,
		"<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.0f\" fill=\"#%06x\" "
		"text-anchor=\"%s\"%s>",
		x, y, lettering->size, lettering->colour, anchors[lettering->anchor],
		lettering->is_bold ? " font-weight=\"bold\"" : "");
	picture_escape(canvas->sink, text);
	sink_puts(canvas->sink, "</text>\n");
}

static void end(struct canvas *canvas)
{
	sink_puts(canvas->sink, "</svg>\n");
}

struct error *canvas_begin_svg(struct sink *sink, double width, double height, struct canvas *ret)
{
	static const struct canvas_kind kind = {draw_line, draw_area, draw_text, end};
	*ret = (struct canvas){.kind = &kind, .sink = sink, .width = width, .height = height};
	sink_printf(sink,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\" font-family=\"monospace\">\n",
		width, height, width, height);
	return NULL;
}
