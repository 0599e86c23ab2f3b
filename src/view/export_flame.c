/*
 * A flame graph as SVG: a box for each call, as wide as what it and all it
 * called had of the value that the order is by, below the box of its caller.
 * Colours tell whose code it is. A click makes a box as wide as the picture,
 * Search marks boxes: by a script in the picture, which asks nobody for anything.
 *
 * A box is an <svg> of its own, so that its text ends where it does. Boxes that
 * would be too narrow to be seen are left out.
 */
#include "view/export.h"

#include "base/cleanup.h"
#include "view/number.h"
#include "view/picture.h"

#include <errno.h>
#include <inttypes.h>

#define BOX_HEIGHT 18
#define TOP_HEIGHT 54
#define WIDTH 1200
#define PARTS_MIN 4000 /* a box has at least this part of the whole */
#define LEVELS_MAX 400
#define PER_MILLION 1e6

static const char *const values[TRACE_KEYS] = {
	[TRACE_KEY_PEAK] = "alive at the peak",
	[TRACE_KEY_LIVE] = "alive at the end",
	[TRACE_KEY_ALLOCATED] = "allocated",
	[TRACE_KEY_COUNT] = "allocations",
	[TRACE_KEY_TEMPORARY] = "temporary allocations",
};

static const char style[] =
	"<style>\n"
	"text{font:12px monospace;fill:#1d2939;pointer-events:none}\n"
	".title{font-weight:bold;font-size:14px}.hint{fill:#667085}\n"
	".button{pointer-events:all;cursor:pointer;fill:#3538cd}\n"
	"rect{stroke:#fff;stroke-width:1}.box{cursor:pointer}\n"
	".root rect{fill:#e4e7ec}.application rect{fill:#fdb022}.package rect{fill:#7cd4fd}\n"
	".library rect{fill:#d0d5dd}.none rect{fill:#c3b5fd}\n"
	".box:hover rect{stroke:#1d2939}.found rect{fill:#f670c7}.aside{opacity:.5}\n"
	"</style>\n";

/*
 * Places are shares of the whole: data-x and data-w, in millionths. A zoom shows
 * the boxes inside of one as shares of it, and its callers over the whole width.
 */
static const char script[] =
	"<script><![CDATA[\n"
	"(function () {\n"
	"var all = Array.prototype.slice.call(document.querySelectorAll('.box'));\n"
	"function n(box, key) { return +box.getAttribute(key); }\n"
	"function zoom(to) {\n"
	"  var x = n(to, 'data-x'), w = n(to, 'data-w'), y = n(to, 'y');\n"
	"  all.forEach(function (box) {\n"
	"    var bx = n(box, 'data-x'), bw = n(box, 'data-w');\n"
	"    var above = n(box, 'y') < y && bx <= x && bx + bw >= x + w;\n"
	"    var inside = n(box, 'y') >= y && bx >= x && bx + bw <= x + w;\n"
	"    box.style.display = above || inside ? '' : 'none';\n"
	"    box.classList.toggle('aside', above);\n"
	"    box.setAttribute('x', above ? 0 : (bx - x) * 100 / w + '%');\n"
	"    box.setAttribute('width', above ? '100%' : bw * 100 / w + '%');\n"
	"  });\n"
	"}\n"
	"function search() {\n"
	"  var word = prompt('Which functions or files?') || '', sum = 0, ends = 0;\n"
	"  all.forEach(function (box) {\n"
	"    var text = box.querySelector('title').textContent;\n"
	"    var found = word && text.toLowerCase().indexOf(word.toLowerCase()) >= 0;\n"
	"    box.classList.toggle('found', !!found);\n"
	"    if (found && n(box, 'data-y') && !inFound(box)) sum += n(box, 'data-value');\n"
	"  });\n"
	"  var whole = n(all[0], 'data-value') || 1;\n"
	"  document.getElementById('found').textContent =\n"
	"    word ? (100 * sum / whole).toFixed(1) + ' % in ' + word : '';\n"
	"}\n"
	"function inFound(box) {\n"
	"  var x = n(box, 'data-x'), w = n(box, 'data-w'), y = n(box, 'data-y');\n"
	"  return all.some(function (other) {\n"
	"    return other.classList.contains('found') && n(other, 'data-y') < y &&\n"
	"      n(other, 'data-x') <= x && n(other, 'data-x') + n(other, 'data-w') >= x + w;\n"
	"  });\n"
	"}\n"
	"all.forEach(function (box) {\n"
	"  box.addEventListener('click', function () { zoom(box); });\n"
	"});\n"
	"document.getElementById('search').addEventListener('click', search);\n"
	"document.getElementById('reset').addEventListener('click', function () {\n"
	"  zoom(all[0]);\n"
	"});\n"
	"})();\n"
	"]]></script>\n";

struct box {
	double x;       /* where it begins, as a share of the whole */
	double next;    /* where its next child begins */
	uint32_t level; /* of the root 0 */
};

struct flame {
	const struct trace_tree *tree;
	struct sink *sink;
	struct box *boxes; /* by node */
	uint64_t whole;
	uint32_t n_levels;
};

static uint64_t value_of(const struct flame *flame, uint32_t node)
{
	const struct trace_tree *tree = flame->tree;
	return trace_totals_get(&tree->nodes.data[node].whole, tree->options.key);
}

static bool is_drawn(const struct flame *flame, uint32_t node)
{
	return value_of(flame, node) > flame->whole / PARTS_MIN &&
	       flame->boxes[flame->tree->nodes.data[node].parent].level < LEVELS_MAX;
}

/* The next box in preorder; 0 at the end. Children are in the order of their size. */
static uint32_t next_box(const struct flame *flame, uint32_t node)
{
	const struct trace_tree_node *nodes = flame->tree->nodes.data;
	uint32_t child = nodes[node].first_child;
	if (child && is_drawn(flame, child))
		return child;
	for (; node; node = nodes[node].parent) {
		uint32_t sibling = nodes[node].next_sibling;
		if (sibling && is_drawn(flame, sibling))
			return sibling;
	}
	return 0;
}

static void place(struct flame *flame, uint32_t node)
{
	struct box *box = &flame->boxes[node];
	struct box *above = &flame->boxes[flame->tree->nodes.data[node].parent];
	if (node) {
		*box = (struct box){.x = above->next, .level = above->level + 1};
		above->next += (double)value_of(flame, node) / (double)flame->whole;
	}
	box->next = box->x;
	flame->n_levels = MAX(flame->n_levels, box->level + 1);
}

static const char *owner_name(const struct flame *flame, uint32_t node)
{
	static const char *const names[] = {[TRACE_OWNER_APPLICATION] = "application",
		[TRACE_OWNER_PACKAGE] = "package",
		[TRACE_OWNER_LIBRARY] = "library",
		[TRACE_OWNER_NONE] = "none"};
	const struct trace_tree *tree = flame->tree;
	uint32_t at = tree->nodes.data[node].place;
	return at == TRACE_PLACE_ROOT ? "root"
				      : names[tree->places.owner[tree->places.frames.data[at]]];
}

/* "12.3 MiB alive at the peak", "1 203 441 allocations". */
static void write_value(const struct flame *flame, uint64_t value)
{
	enum trace_key key = flame->tree->options.key;
	bool is_count = key == TRACE_KEY_COUNT || key == TRACE_KEY_TEMPORARY;
	struct number number =
		is_count ? number_count((int64_t)value)
			 : number_mib((int64_t)value, mib_digits((int64_t)flame->whole));
	picture_escape(flame->sink, number.text);
	sink_printf(flame->sink, "%s%s", is_count ? " " : " MiB ", values[key]);
}

/* "load (app.py:12)" of "load (/srv/app.py:12)". */
static void write_short(struct sink *sink, const char *label)
{
	const char *bracket = strchr(label, '('), *slash = strrchr(label, '/');
	bool has_folder = bracket && slash > bracket;
	_cleanup_free_ char *head =
		strndup(label, has_folder ? (size_t)(bracket + 1 - label) : strlen(label));
	if (!head)
		sink_fail(sink, ENOMEM);
	picture_escape(sink, head ? head : "");
	if (has_folder)
		picture_escape(sink, slash + 1);
}

static void draw(struct flame *flame, uint32_t node)
{
	const struct box *box = &flame->boxes[node];
	uint64_t value = value_of(flame, node);
	double share = flame->whole ? (double)value / (double)flame->whole : 1;
	_cleanup_free_ char *label = export_label(flame->tree, node);
	sink_printf(flame->sink,
		"<svg class=\"box %s\" x=\"%.4f%%\" y=\"%u\" width=\"%.4f%%\" height=\"%u\" "
		"data-x=\"%.0f\" data-w=\"%.0f\" data-y=\"%u\" data-value=\"%" PRIu64 "\"><title>",
		owner_name(flame, node), box->x * 100, TOP_HEIGHT + box->level * BOX_HEIGHT,
		share * 100, BOX_HEIGHT, box->x * PER_MILLION, share * PER_MILLION, box->level,
		value);
	picture_escape(flame->sink, label ? label : "?");
	sink_puts(flame->sink, ": ");
	write_value(flame, value);
	sink_puts(flame->sink, ", ");
	picture_escape(flame->sink, number_percent((int64_t)value, (int64_t)flame->whole).text);
	sink_puts(flame->sink,
		"</title><rect width=\"100%\" height=\"100%\"/><text x=\"3\" y=\"13\">");
	write_short(flame->sink, label ? label : "?");
	sink_puts(flame->sink, "</text></svg>\n");
}

static void draw_head(const struct flame *flame)
{
	const struct trace_tree *tree = flame->tree;
	const char *name = snapshot_string(tree->snapshot, tree->trace->command);
	unsigned height = TOP_HEIGHT + flame->n_levels * BOX_HEIGHT + 6;
	sink_printf(flame->sink,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100%%\" height=\"%u\" "
		"style=\"min-width:%upx\">\n",
		height, WIDTH / 2);
	sink_puts(flame->sink, style);
	sink_puts(flame->sink, "<rect width=\"100%\" height=\"100%\" style=\"fill:#fff\"/>\n"
			       "<text class=\"title\" x=\"6\" y=\"20\">");
	picture_escape(flame->sink, *name ? name : "whymem run");
	sink_puts(flame->sink, ": ");
	write_value(flame, flame->whole);
	sink_puts(flame->sink,
		"</text>\n<text class=\"button\" id=\"search\" x=\"6\" y=\"42\">Search</text>"
		"<text class=\"button\" id=\"reset\" x=\"70\" y=\"42\">Whole</text>"
		"<text class=\"hint\" id=\"found\" x=\"130\" y=\"42\"></text>\n");
}

struct error *export_flame(const struct trace_tree *tree, struct sink *sink)
{
	struct flame flame = {
		.tree = tree,
		.sink = sink,
		.boxes = calloc(tree->nodes.n, sizeof(*flame.boxes)),
		.whole = trace_totals_get(&tree->nodes.data[0].whole, tree->options.key),
	};
	if (!flame.boxes)
		return &error_no_memory;
	place(&flame, 0);
	for (uint32_t node = 0; (node = next_box(&flame, node));)
		place(&flame, node);
	draw_head(&flame);
	draw(&flame, 0);
	for (uint32_t node = 0; (node = next_box(&flame, node));)
		draw(&flame, node);
	sink_puts(sink, script);
	sink_puts(sink, "</svg>\n");
	free(flame.boxes);
	return NULL;
}
