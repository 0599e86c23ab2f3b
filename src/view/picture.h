/*
 * Pictures of references: the rows of a `refs` document as boxes and arrows,
 * written for Graphviz or, laid out here, as SVG.
 */
#ifndef WHYMEM_PICTURE_H
#define WHYMEM_PICTURE_H

#include "base/document.h"
#include "view/sink.h"

void view_dot(const struct row *root, struct sink *sink);
void view_svg(const struct row *root, struct sink *sink);

/* ---- what both share ---- */

#define PICTURE_LINES 3

/* The lines of a node's box, each to be freed; NULL: no such line, or memory ran out. */
struct picture_text {
	char *line[PICTURE_LINES];
	bool is_bold; /* the first one */
};

struct picture_text picture_node(const struct row *node);
void picture_text_deinit(struct picture_text *text);

/* "[*] x 1 200", to be freed. */
char *picture_label(const struct row *edge);

/* Characters of markup escaped, what cannot be shown replaced. */
void picture_escape(struct sink *sink, const char *text);

/* What a node is called: "module app", "dict, 2 000 items" or, without items, "dict". */
char *node_title(const struct row *node, bool with_items);

static inline size_t picture_rows(const struct table *table)
{
	return table ? table->rows.n : 0;
}

#endif
