/*
 * A picture of references as SVG. Levels are columns from left to right in the
 * direction of the references; a box stands in the middle of its children. The
 * references over which boxes were found are solid lines, other ones dashed.
 *
 * Texts are set in a monospaced font, so that their width is known.
 */
#include "view/picture.h"
#include "view/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CHAR_WIDTH 7.2 /* of 12 px monospaced */
#define LINE_HEIGHT 16
#define PADDING 8
#define MARGIN 16
#define GAP_LEAST 56
#define ROW_GAP 14
#define LEVELS_MAX 1000
#define SIDE_BEND 32

struct box {
	const struct row *node;
	struct picture_text text;
	uint32_t parent; /* UINT32_MAX: none */
	uint32_t column;
	uint32_t n_children;
	double x, y, width, height; /* y of the middle */
	double children_y;          /* sum over those placed */
};

struct drawing {
	struct sink *sink;
	const struct table *edges;
	struct box *boxes; /* a parent before its children */
	size_t n;
	uint32_t n_columns;
	double column_x[LEVELS_MAX], column_width[LEVELS_MAX];
	double gap[LEVELS_MAX], side[LEVELS_MAX]; /* to the left of a column */
	double width, height;
	bool is_mirrored; /* children to the left of their parents */
};

/* ---- layout ---- */

static double text_width(const char *text)
{
	return text ? utf8_width(text) * CHAR_WIDTH : 0;
}

static void measure_box(struct box *box)
{
	box->height = 2 * PADDING - 4;
	for (size_t i = 0; i < PICTURE_LINES; i++) {
		box->width = MAX(box->width, text_width(box->text.line[i]) + 2 * PADDING);
		box->height += box->text.line[i] ? LINE_HEIGHT : 0;
	}
}

static bool make_boxes(struct drawing *drawing, const struct table *nodes)
{
	drawing->n = picture_rows(nodes);
	drawing->boxes = calloc(drawing->n + 1, sizeof(*drawing->boxes));
	if (!drawing->boxes)
		return false;
	uint32_t deepest = 0;
	for (size_t i = 0; i < drawing->n; i++) {
		const struct row *node = nodes->rows.data[i];
		struct box *box = &drawing->boxes[i];
		int64_t parent = row_int(node, "parent", -1);
		*box = (struct box){.node = node,
			.text = picture_node(node),
			.parent = parent < 0 || (size_t)parent >= i ? UINT32_MAX : (uint32_t)parent,
			.column = (uint32_t)MIN(row_int(node, "depth", 0), LEVELS_MAX - 1)};
		if (box->parent != UINT32_MAX)
			drawing->boxes[box->parent].n_children++;
		deepest = MAX(deepest, box->column);
		measure_box(box);
	}
	drawing->n_columns = deepest + 1;
	for (size_t i = 0; i < drawing->n && drawing->is_mirrored; i++)
		drawing->boxes[i].column = deepest - drawing->boxes[i].column;
	return true;
}

static bool is_tree_edge(const struct row *edge, const struct box *from, const struct box *to)
{
	return row_int(edge, "is_tree", 1) && from->column < to->column;
}

/* Between boxes of one column: drawn on their left. */
static bool is_side_edge(const struct box *from, const struct box *to)
{
	return from != to && from->column == to->column;
}

typedef void (*edge_fn)(struct drawing *drawing, const struct row *edge, const struct box *from,
	const struct box *to);

static void each_edge(struct drawing *drawing, edge_fn each)
{
	for (size_t i = 0; i < picture_rows(drawing->edges); i++) {
		const struct row *edge = drawing->edges->rows.data[i];
		size_t from = (size_t)row_int(edge, "from", -1),
		       to = (size_t)row_int(edge, "to", -1);
		if (from < drawing->n && to < drawing->n)
			each(drawing, edge, &drawing->boxes[from], &drawing->boxes[to]);
	}
}

/* Gaps are as wide as the labels in them; gap[0] is the margin. */
static void measure_edge(struct drawing *drawing, const struct row *edge, const struct box *from,
	const struct box *to)
{
	char *label = picture_label(edge);
	double width = text_width(label);
	if (is_tree_edge(edge, from, to))
		drawing->gap[to->column] = MAX(drawing->gap[to->column], width + 32);
	if (is_side_edge(from, to))
		drawing->side[to->column] = MAX(drawing->side[to->column], width + SIDE_BEND);
	free(label);
}

static void place_columns(struct drawing *drawing)
{
	for (size_t i = 0; i < drawing->n; i++) {
		const struct box *box = &drawing->boxes[i];
		drawing->column_width[box->column] =
			MAX(drawing->column_width[box->column], box->width);
	}
	for (uint32_t c = 1; c < drawing->n_columns; c++)
		drawing->gap[c] = GAP_LEAST;
	each_edge(drawing, measure_edge);
	double x = MARGIN;
	for (uint32_t c = 0; c < drawing->n_columns; c++) {
		x += drawing->gap[c] + drawing->side[c];
		drawing->column_x[c] = x;
		x += drawing->column_width[c];
	}
	drawing->width = x + MARGIN;
}

/* The box that follows in preorder, where children stand in order of their numbers. */
struct preorder {
	uint32_t *first, *next; /* by box: first child, next sibling; UINT32_MAX */
	uint32_t top;           /* first of those without a parent */
};

static bool preorder_init(struct preorder *order, const struct drawing *drawing)
{
	order->first = calloc(drawing->n + 1, sizeof(uint32_t));
	order->next = calloc(drawing->n + 1, sizeof(uint32_t));
	if (!order->first || !order->next)
		return false;
	order->top = UINT32_MAX;
	for (size_t i = drawing->n; i--;)
		order->first[i] = UINT32_MAX;
	for (size_t i = drawing->n; i--;) {
		uint32_t parent = drawing->boxes[i].parent;
		uint32_t *list = parent == UINT32_MAX ? &order->top : &order->first[parent];
		order->next[i] = *list;
		*list = (uint32_t)i;
	}
	return true;
}

static uint32_t preorder_next(
	const struct preorder *order, const struct drawing *drawing, uint32_t at)
{
	if (order->first[at] != UINT32_MAX)
		return order->first[at];
	while (order->next[at] == UINT32_MAX) {
		at = drawing->boxes[at].parent;
		if (at == UINT32_MAX)
			return at;
	}
	return order->next[at];
}

/* Boxes without children stand below each other in preorder. */
static bool place_rows(struct drawing *drawing)
{
	struct preorder order = {0};
	bool ok = preorder_init(&order, drawing);
	double y = MARGIN;
	for (uint32_t i = ok ? order.top : UINT32_MAX; i != UINT32_MAX;
		i = preorder_next(&order, drawing, i)) {
		struct box *box = &drawing->boxes[i];
		if (box->n_children)
			continue;
		box->y = y + box->height / 2;
		y += box->height + ROW_GAP;
	}
	for (size_t i = drawing->n; ok && i--;) {
		struct box *box = &drawing->boxes[i];
		if (box->n_children)
			box->y = box->children_y / box->n_children;
		if (box->parent != UINT32_MAX)
			drawing->boxes[box->parent].children_y += box->y;
		box->x = drawing->column_x[box->column];
		y = MAX(y, box->y + box->height / 2 + ROW_GAP);
	}
	drawing->height = y - ROW_GAP + MARGIN;
	free(order.first);
	free(order.next);
	return ok;
}

/* ---- drawing ---- */

static void draw_text(
	const struct drawing *drawing, double x, double y, const char *attributes, const char *text)
{
	sink_printf(drawing->sink, "<text x=\"%.1f\" y=\"%.1f\"%s>", x, y, attributes);
	picture_escape(drawing->sink, text);
	sink_puts(drawing->sink, "</text>\n");
}

static void draw_box(const struct drawing *drawing, const struct box *box)
{
	const char *kind = row_text(box->node, "kind", "object");
	double top = box->y - box->height / 2;
	sink_printf(drawing->sink,
		"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
		"rx=\"5\"/>\n",
		!strcmp(kind, "target") ? "target"
		: !strcmp(kind, "root") ? "root"
					: "object",
		box->x, top, box->width, box->height);
	double y = top + PADDING + 9;
	for (size_t i = 0; i < PICTURE_LINES; i++) {
		if (!box->text.line[i])
			continue;
		bool is_bold = !i && box->text.is_bold;
		draw_text(drawing, box->x + PADDING, y,
			is_bold ? " class=\"bold\""
			: i     ? " class=\"dim\""
				: "",
			box->text.line[i]);
		y += LINE_HEIGHT;
	}
}

/* Written on a white edge, so that lines do not cross it. */
static void draw_label(
	const struct drawing *drawing, double x, double y, const char *anchor, const char *text)
{
	static const char *const classes[] = {"halo", "label"};
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		char attributes[64];
		snprintf(attributes, sizeof(attributes), " class=\"%s\" text-anchor=\"%s\"",
			classes[i], anchor);
		draw_text(drawing, x, y, attributes, text);
	}
}

struct curve {
	double x[4], y[4]; /* begin, two points that it bends to, end */
	double label_x, label_y;
	const char *anchor;
};

/* From the right side to the left side; the label beside the box that was found. */
static struct curve tree_curve(
	const struct drawing *drawing, const struct box *from, const struct box *to)
{
	double x1 = from->x + from->width, x2 = to->x - 2, middle = (x1 + x2) / 2;
	struct curve curve = {.x = {x1, middle, middle, x2}, .y = {from->y, from->y, to->y, to->y}};
	curve.label_x = drawing->is_mirrored ? x1 + 4 : x2 - 8;
	curve.label_y = (drawing->is_mirrored ? from->y : to->y) - 4;
	curve.anchor = drawing->is_mirrored ? "start" : "end";
	return curve;
}

static struct curve side_curve(const struct box *from, const struct box *to)
{
	double bend = from->x - SIDE_BEND;
	return (struct curve){
		.x = {from->x, bend, bend, to->x - 2},
		.y = {from->y, from->y, to->y, to->y},
		.label_x = from->x - SIDE_BEND * 0.75,
		.label_y = (from->y + to->y) / 2 + 4,
		.anchor = "end",
	};
}

/* Over the boxes; from a box to itself beside its middle. */
static struct curve arc_curve(const struct box *from, const struct box *to)
{
	double x1 = from->x + from->width * (from == to ? 0.75 : 0.5);
	double x2 = to->x + to->width * (from == to ? 0.25 : 0.5);
	double y1 = from->y - from->height / 2, y2 = to->y - to->height / 2 - 2;
	double top = MIN(y1, y2) - ROW_GAP;
	return (struct curve){
		.x = {x1, x1, x2, x2},
		.y = {y1, top, top, y2},
		.label_x = (x1 + x2) / 2,
		.label_y = (y1 + y2 + 6 * top) / 8 - 2,
		.anchor = "middle",
	};
}

static struct curve curve_of(const struct drawing *drawing, const struct row *edge,
	const struct box *from, const struct box *to)
{
	if (is_tree_edge(edge, from, to))
		return tree_curve(drawing, from, to);
	return is_side_edge(from, to) ? side_curve(from, to) : arc_curve(from, to);
}

static void draw_line(struct drawing *drawing, const struct row *edge, const struct box *from,
	const struct box *to)
{
	struct curve curve = curve_of(drawing, edge, from, to);
	sink_printf(drawing->sink,
		"<path class=\"%s\" d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f\"/>\n",
		is_tree_edge(edge, from, to) ? "edge" : "other", curve.x[0], curve.y[0], curve.x[1],
		curve.y[1], curve.x[2], curve.y[2], curve.x[3], curve.y[3]);
}

static void draw_name(struct drawing *drawing, const struct row *edge, const struct box *from,
	const struct box *to)
{
	struct curve curve = curve_of(drawing, edge, from, to);
	char *label = picture_label(edge);
	if (label)
		draw_label(drawing, curve.label_x, curve.label_y, curve.anchor, label);
	else
		sink_fail(drawing->sink, ENOMEM);
	free(label);
}

static void draw(struct drawing *drawing)
{
	sink_printf(drawing->sink,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\">\n",
		drawing->width, drawing->height, drawing->width, drawing->height);
	sink_puts(drawing->sink,
		"<style>\n"
		"text{font-family:monospace;font-size:12px;fill:#1d2939}\n"
		".bold{font-weight:bold}.dim{fill:#667085}.label,.halo{font-size:11px}"
		".label{fill:#344054}.halo{fill:#fff;stroke:#fff;stroke-width:4px}\n"
		"rect{fill:#fff;stroke:#98a2b3}.target{fill:#fff3c4;stroke:#b54708}"
		".root{fill:#eef4ff;stroke:#3538cd;stroke-width:2}\n"
		"path{fill:none;stroke:#98a2b3;marker-end:url(#arrow)}.other{stroke-dasharray:4 "
		"3}\n"
		"</style>\n"
		"<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" "
		"markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">"
		"<path d=\"M0 0L8 4L0 8z\" style=\"fill:#98a2b3;stroke:none;marker-end:none\"/>"
		"</marker></defs>\n"
		"<rect width=\"100%\" height=\"100%\" style=\"stroke:none\"/>\n");
	each_edge(drawing, draw_line);
	for (size_t i = 0; i < drawing->n; i++)
		draw_box(drawing, &drawing->boxes[i]);
	each_edge(drawing, draw_name);
	sink_puts(drawing->sink, "</svg>\n");
}

void view_svg(const struct row *root, struct sink *sink)
{
	struct drawing *drawing = calloc(1, sizeof(*drawing));
	if (!drawing) {
		sink_fail(sink, ENOMEM);
		return;
	}
	drawing->sink = sink;
	drawing->edges = row_table(root, "edges");
	drawing->is_mirrored = !strcmp(row_text(root, "direction", ""), "back");
	bool ok = make_boxes(drawing, row_table(root, "nodes"));
	if (ok)
		place_columns(drawing);
	ok = ok && place_rows(drawing);
	if (ok)
		draw(drawing);
	else
		sink_fail(sink, ENOMEM);
	for (size_t i = 0; drawing->boxes && i < drawing->n; i++)
		picture_text_deinit(&drawing->boxes[i].text);
	free(drawing->boxes);
	free(drawing);
}
