/*
 * A picture of references in the language of Graphviz:
 *
 *	whymem refs SRC TARGET --dot refs.dot; dot -Tpdf refs.dot -o refs.pdf
 */
#include "view/picture.h"

#include <stdlib.h>

static void show_node(const struct row *node, struct sink *sink)
{
	struct picture_text text = picture_node(node);
	bool is_target = !strcmp(row_text(node, "kind", ""), "target");
	sink_printf(sink, "  n%lld [label=<", (long long)row_int(node, "id", 0));
	for (size_t i = 0; i < PICTURE_LINES; i++) {
		if (!text.line[i])
			continue;
		bool is_bold = !i && text.is_bold;
		sink_puts(sink, is_bold ? "<b>" : "");
		picture_escape(sink, text.line[i]);
		sink_puts(sink, is_bold ? "</b>" : "");
		sink_puts(sink, "<br align=\"left\"/>");
	}
	sink_printf(sink, ">%s];\n", is_target ? ", fillcolor=\"#fff3c4\"" : "");
	picture_text_deinit(&text);
}

static void show_edge(const struct row *edge, struct sink *sink)
{
	char *label = picture_label(edge);
	sink_printf(sink, "  n%lld -> n%lld [label=<", (long long)row_int(edge, "from", 0),
		(long long)row_int(edge, "to", 0));
	picture_escape(sink, label ? label : "");
	sink_printf(sink, ">%s];\n", row_int(edge, "is_tree", 1) ? "" : ", style=dashed");
	free(label);
}

void view_dot(const struct row *root, struct sink *sink)
{
	const struct table *nodes = row_table(root, "nodes"), *edges = row_table(root, "edges");
	sink_puts(sink, "digraph references {\n"
			"  rankdir=LR;\n"
			"  node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", "
			"fontname=\"monospace\", fontsize=11];\n"
			"  edge [fontname=\"monospace\", fontsize=10, color=\"#667085\"];\n");
	for (size_t i = 0; i < picture_rows(nodes); i++)
		show_node(nodes->rows.data[i], sink);
	for (size_t i = 0; i < picture_rows(edges); i++)
		show_edge(edges->rows.data[i], sink);
	sink_puts(sink, "}\n");
}
