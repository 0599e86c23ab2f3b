/*
 * The types of _elementtree and pyexpat.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

/* The lowest bit of `text` and `tail` says that a list of strings is still to be joined. */
static void walk_joined(struct walk *walk, addr_t object, uint32_t offset, const char *name)
{
	addr_t word = field_word(walk_mem(walk), object, offset);
	if (!(word & 1))
		walk_field(walk, EDGE_ATTR_STATIC, name, object, offset);
	else
		walk_edge(walk, EDGE_SCAN, offset, word & ~1ull);
}

static addr_t element_extra(const struct cpython *cpython, addr_t object)
{
	const struct layout *layout = cpython->layout;
	if (layout->ElementObjectExtra.n_bytes == LAYOUT_ABSENT)
		return 0;
	return field_word(cpython->mem, object, layout->ElementObject.extra);
}

/* Children have a block of their own when they do not fit into `_children`; else 0. */
static addr_t element_children(const struct cpython *cpython, addr_t extra)
{
	const struct layout *layout = cpython->layout;
	addr_t children = field_word(cpython->mem, extra, layout->ElementObjectExtra.children);
	return children == extra + layout->ElementObjectExtra._children ? 0 : children;
}

void walk_element(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, ATTR(ElementObject, tag, "tag"), PART(ElementObject, extra));
	FIELD_TABLE(extra_fields, ATTR(ElementObjectExtra, attrib, "attrib"));
	const struct layout *layout = walk_layout(walk);
	const struct mem *mem = walk_mem(walk);
	if (!fields_walk(
		    walk, object, type, layout->ElementObject.n_bytes, fields, ARRAY_SIZE(fields)))
		return;
	walk_joined(walk, object, layout->ElementObject.text, "text");
	walk_joined(walk, object, layout->ElementObject.tail, "tail");
	addr_t extra = element_extra(walk_cpython(walk), object);
	if (!extra)
		return;
	fields_walk_struct(walk, extra, extra_fields, ARRAY_SIZE(extra_fields));
	addr_t block = element_children(walk_cpython(walk), extra);
	if (block)
		walk_part(walk, block);
	uint64_t n = field_word(mem, extra, layout->ElementObjectExtra.length);
	walk_items(walk, field_word(mem, extra, layout->ElementObjectExtra.children), n);
	walk_container_facts(walk, n, field_word(mem, extra, layout->ElementObjectExtra.allocated));
}

uint64_t size_element(const struct cpython *cpython, addr_t object, const struct type_info *type)
{
	const struct layout *layout = cpython->layout;
	addr_t extra = element_extra(cpython, object);
	if (!extra)
		return size_of_body(type);
	uint64_t n_bytes = size_of_body(type) + layout->ElementObjectExtra.n_bytes;
	if (element_children(cpython, extra))
		n_bytes += size_of_items(
			field_word(cpython->mem, extra, layout->ElementObjectExtra.allocated), 8);
	return n_bytes;
}

STRUCT_WALKER(walk_tree_builder, TreeBuilderObject, HIDDEN(TreeBuilderObject, root),
	HIDDEN(TreeBuilderObject, this), HIDDEN(TreeBuilderObject, last),
	HIDDEN(TreeBuilderObject, last_for_tail), HIDDEN(TreeBuilderObject, data),
	HIDDEN(TreeBuilderObject, stack), HIDDEN(TreeBuilderObject, element_factory),
	HIDDEN(TreeBuilderObject, comment_factory), HIDDEN(TreeBuilderObject, pi_factory),
	HIDDEN(TreeBuilderObject, events_append), HIDDEN(TreeBuilderObject, start_event_obj),
	HIDDEN(TreeBuilderObject, end_event_obj), HIDDEN(TreeBuilderObject, start_ns_event_obj),
	HIDDEN(TreeBuilderObject, end_ns_event_obj), HIDDEN(TreeBuilderObject, comment_event_obj),
	HIDDEN(TreeBuilderObject, pi_event_obj))

STRUCT_WALKER(walk_xml_parser, XMLParserObject, TREE(XMLParserObject, parser),
	ATTR(XMLParserObject, target, "target"), ATTR(XMLParserObject, entity, "entity"),
	HIDDEN(XMLParserObject, names), HIDDEN(XMLParserObject, handle_start_ns),
	HIDDEN(XMLParserObject, handle_end_ns), HIDDEN(XMLParserObject, handle_start),
	HIDDEN(XMLParserObject, handle_data), HIDDEN(XMLParserObject, handle_end),
	HIDDEN(XMLParserObject, handle_comment), HIDDEN(XMLParserObject, handle_pi),
	HIDDEN(XMLParserObject, handle_doctype), HIDDEN(XMLParserObject, handle_close),
	HIDDEN(XMLParserObject, elementtree_module))

/* Modules/pyexpat.c, enum HandlerTypes: members before _DummyDecl, 3.9-3.15. */
#define EXPAT_HANDLERS 22

void walk_expat_parser(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, TREE(xmlparseobject, itself), HIDDEN(xmlparseobject, parent),
		NATIVE(xmlparseobject, buffer), ATTR(xmlparseobject, intern, "intern"),
		NATIVE(xmlparseobject, handlers));
	const struct layout *layout = walk_layout(walk);
	if (!fields_walk(
		    walk, object, type, layout->xmlparseobject.n_bytes, fields, ARRAY_SIZE(fields)))
		return;
	addr_t handlers = field_word(walk_mem(walk), object, layout->xmlparseobject.handlers);
	if (handlers)
		walk_items(walk, handlers, EXPAT_HANDLERS);
}
